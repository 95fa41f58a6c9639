//! Direct uploads that have become no file, and what was sent for them.

use kundportal_domain::{FileId, UserId, records::Upload, retention::Item};
use kundportal_store::StoreError;

use super::{Next, Run};
use crate::{
    due::DueItem,
    files,
    people::RACES,
    problem::{Problem, ProblemType},
};

impl Run<'_> {
    /// By now no URL works any more by which something could be sent. Where the file is there the record is gone; what was sent
    /// after it was checked goes all the same.
    pub(super) async fn upload(&mut self, due: &DueItem, user: UserId, id: FileId) -> Result<Next, Problem> {
        let path = self.layout.upload(user, id);
        for _ in 0..RACES {
            if let Some((upload, etag)) = self.app.read::<Upload>(&path).await? {
                if let Some(next) = self.kept(&Item::from(&upload), Some(user)).await? {
                    return Ok(next);
                }
                if files::is_being_checked(&upload, self.app.now()) {
                    return Ok(Next::LookAgain(self.app.today()));
                }
                self.audit("retention", due, [user]).await?;
                match self.app.blobs().delete(&path, Some(&etag)).await {
                    Ok(()) | Err(StoreError::NotFound) => {}
                    // Its person, or a worker, was faster.
                    Err(StoreError::PreconditionFailed) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
            files::abandon(self.app, &self.tenant, user, id).await?;
            return Ok(Next::Done);
        }
        Err(ProblemType::PreconditionFailed.into())
    }
}
