//! Files by the period that the tenant chose.

use kundportal_domain::{FileId, records::FileMeta, retention::Item};
use kundportal_store::StoreError;

use super::{Next, Run};
use crate::{
    due::DueItem,
    layout::RefKind,
    people::RACES,
    problem::{Problem, ProblemType},
};

impl Run<'_> {
    /// Everything that the description leads to goes before it, so that whoever resumes still finds it; the content, found
    /// by the id alone, goes after.
    pub(super) async fn file(&mut self, due: &DueItem, id: FileId) -> Result<Next, Problem> {
        for _ in 0..RACES {
            let Some((file, etag)) = self.app.read::<FileMeta>(&self.layout.file_meta(id)).await? else {
                self.app.unmark(&self.layout.file_content(id)).await?;
                return Ok(Next::Done);
            };
            let reference = |author| self.layout.reference(author, RefKind::File, &id.to_string());
            let entry = self.layout.customer_file(file.customer, id);
            let references = file.author.map(reference);
            if let Some(next) = self.kept(&Item::from(&file), file.author).await? {
                // A purge that was begun by other rules and cut short took these away.
                for path in references.iter().chain([&entry]) {
                    self.app.mark(path).await?;
                }
                return Ok(next);
            }
            self.audit("retention", due, file.author).await?;
            for path in [&entry].into_iter().chain(&references) {
                self.app.unmark(path).await?;
            }
            match self.app.blobs().delete(&self.layout.file_meta(id), Some(&etag)).await {
                Ok(()) | Err(StoreError::NotFound) => {
                    self.app.unmark(&self.layout.file_content(id)).await?;
                    return Ok(Next::Done);
                }
                Err(StoreError::PreconditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }
}
