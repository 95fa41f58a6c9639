//! Packages, seven days after they were ready, and cases, three years after they were closed.

use jiff::Timestamp;
use kundportal_domain::{
    RequestId,
    records::{Case, CaseEvent, CaseEventKind},
    retention::Item,
};
use kundportal_store::StoreError;

use super::{Next, Run};
use crate::{
    context::if_unchanged,
    due::DueItem,
    export_worker::drop_package,
    people::RACES,
    problem::{Problem, ProblemType},
};

/// Takes out of a case what a closed one is kept without: the package, and the free text. True when that changed something.
pub(super) fn strip(case: &mut Case, now: Timestamp) -> bool {
    let had_text = case.details.take().is_some();
    let had_package = case.package.take().is_some();
    if had_package {
        case.events.push(CaseEvent { at: now, kind: CaseEventKind::PackageRemoved });
    }
    had_text || had_package
}

impl Run<'_> {
    /// The case says first that the package is gone; then it goes. A package of an open case stays, whether it is whole or
    /// not.
    pub(super) async fn package(&mut self, due: &DueItem, id: RequestId) -> Result<Next, Problem> {
        let path = self.layout.case(id);
        for _ in 0..RACES {
            let Some((mut case, etag)) = self.app.read::<Case>(&path).await? else {
                drop_package(self.app, &self.layout, id).await?;
                return Ok(Next::Done);
            };
            self.note(&case);
            let Some(item) = Item::package(&case) else {
                if case.state.is_closed() {
                    drop_package(self.app, &self.layout, id).await?;
                    return Ok(Next::Done);
                }
                let review = self.rules.review_protected.add_to(self.app.today());
                return Ok(Next::LookAgain(review));
            };
            if let Some(next) = self.kept(&item, Some(case.subject)).await? {
                return Ok(next);
            }
            self.audit("retention", due, [case.subject]).await?;
            strip(&mut case, self.app.now());
            match self.app.write(&path, &case, if_unchanged(&etag)).await {
                Ok(_) => {
                    drop_package(self.app, &self.layout, id).await?;
                    return Ok(Next::Done);
                }
                Err(StoreError::PreconditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    fn note(&mut self, case: &Case) {
        if case.state.is_closed() {
            self.closed.insert(case.id);
        }
    }

    /// The package went long ago; a case that says otherwise takes it along.
    pub(super) async fn case(&mut self, due: &DueItem, id: RequestId) -> Result<Next, Problem> {
        let path = self.layout.case(id);
        let Some((case, _)) = self.app.read::<Case>(&path).await? else { return Ok(Next::Done) };
        self.note(&case);
        if let Some(next) = self.kept(&Item::from(&case), Some(case.subject)).await? {
            return Ok(next);
        }
        self.audit("retention", due, [case.subject]).await?;
        if case.package.is_some() {
            drop_package(self.app, &self.layout, id).await?;
        }
        self.app.unmark(&self.layout.request_entry(id)).await?;
        self.app.unmark(&self.layout.request_reference(case.subject, id)).await?;
        self.app.unmark(&path).await?;
        Ok(Next::Done)
    }
}
