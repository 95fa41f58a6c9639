//! Comments by the period that the tenant chose, and a thread with its last one.

use kundportal_domain::{CommentId, CustomerId, records::Comment, retention::Item};
use kundportal_store::{BlobStoreExt as _, StoreError};

use super::{Next, Run};
use crate::{
    due::DueItem,
    layout::{self, RefKind},
    people::RACES,
    problem::{Problem, ProblemType},
    threads,
};

impl Run<'_> {
    /// As with files, all that the comment leads to goes before it.
    pub(super) async fn comment(&mut self, due: &DueItem, id: CommentId) -> Result<Next, Problem> {
        let path = self.layout.comment(id);
        for _ in 0..RACES {
            let Some((comment, etag)) = self.app.read::<Comment>(&path).await? else { return Ok(Next::Done) };
            let customer = comment.customer;
            let names = threads::hashes(self.app, customer, comment.thread.reveal());
            let reference = |author| self.layout.reference(author, RefKind::Comment, &id.to_string());
            let reference = comment.author.map(reference);
            if let Some(next) = self.kept(&Item::from(&comment), comment.author).await? {
                // A purge that was begun by other rules and cut short took these away.
                if let Some(path) = &reference {
                    self.app.mark(path).await?;
                }
                threads::enter(self.app, &self.layout, &comment).await?;
                return Ok(next);
            }
            self.audit("retention", due, comment.author).await?;
            for hash in names.all() {
                let entry = self.layout.thread_comment(customer, hash, id);
                let begun = !self.app.blobs().delete_if_exists(&entry).await?;
                self.end_thread(customer, hash, begun).await?;
            }
            if let Some(path) = &reference {
                self.app.unmark(path).await?;
            }
            match self.app.blobs().delete(&path, Some(&etag)).await {
                Ok(()) | Err(StoreError::NotFound) => return Ok(Next::Done),
                Err(StoreError::PreconditionFailed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    /// Removes a thread without entries. While there are some, whoever removes the last one does; a purge that was `begun` before
    /// may have removed the thread over one that came meanwhile.
    async fn end_thread(&self, customer: CustomerId, hash: &str, begun: bool) -> Result<(), Problem> {
        let prefix = layout::thread_comments(customer, hash);
        let page = self.app.list(self.layout.container(), &prefix, None, 1).await?;
        if page.entries.is_empty() {
            threads::end(self.app, &self.layout, customer, hash).await
        } else if begun {
            threads::settle(self.app, &self.layout, customer, hash).await
        } else {
            Ok(())
        }
    }
}
