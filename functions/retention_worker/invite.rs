//! Invitations: a pending one whose time is up expires, for good; the record of a closed one goes.

use kundportal_domain::{
    InviteId,
    records::{Invite, InviteStatus},
    retention::{Decision, Item, due_day},
};
use kundportal_store::StoreError;

use super::{Next, Run};
use crate::{
    context::if_unchanged,
    due::DueItem,
    invites,
    layout::RefKind,
    people::{RACES, email_names},
    problem::{Problem, ProblemType},
};

impl Run<'_> {
    pub(super) async fn invite(&mut self, due: &DueItem, id: InviteId) -> Result<Next, Problem> {
        let path = self.layout.invite(id);
        for _ in 0..RACES {
            let Some((mut invite, etag)) = self.app.read::<Invite>(&path).await? else {
                return Ok(Next::Done);
            };
            let user = invite.acceptance.as_ref().map(|acceptance| acceptance.user);
            let changed = match self.decide(&Item::from(&invite), user).await? {
                Decision::Keep { recheck } => {
                    if invite.status != InviteStatus::Pending {
                        // Whoever closed it may have been cut short.
                        invites::index(self.app, &self.layout, &invite).await?;
                    }
                    return Ok(recheck.into());
                }
                Decision::Expire => {
                    self.audit("retentionExpiry", due, user).await?;
                    invite.close(InviteStatus::Expired, self.app.now());
                    let record_due = due_day(&Item::from(&invite), &self.rules);
                    if let Some(day) = record_due {
                        self.app.mark_due(&self.tenant, day, due).await?;
                    }
                    let written = self.app.write(&path, &invite, if_unchanged(&etag)).await;
                    match written {
                        Ok(_) => {
                            invites::index(self.app, &self.layout, &invite).await?;
                            return Ok(Next::Done);
                        }
                        Err(error) => error,
                    }
                }
                Decision::Purge | Decision::Warn(_) => {
                    self.audit("retention", due, user).await?;
                    self.unindex(&invite).await?;
                    match self.app.blobs().delete(&path, Some(&etag)).await {
                        Ok(()) | Err(StoreError::NotFound) => return Ok(Next::Done),
                        Err(error) => error,
                    }
                }
            };
            match changed {
                StoreError::PreconditionFailed => {}
                error => return Err(error.into()),
            }
        }
        Err(ProblemType::PreconditionFailed.into())
    }

    /// Removes all that names a closed invitation.
    pub(super) async fn unindex(&self, invite: &Invite) -> Result<(), Problem> {
        let (id, status) = (invite.id, invite.status);
        self.app.unmark(&self.layout.invite_in(status, id)).await?;
        if let Some(customer) = invite.customer {
            self.app.unmark(&self.layout.customer_invite(customer, status, id)).await?;
        }
        if status != InviteStatus::Accepted {
            for email in email_names(self.app, invite.email.reveal()).all() {
                self.app.unmark(&self.layout.email_invite(email, id)).await?;
            }
        }
        let accepted = invite.acceptance.as_ref().map(|acceptance| acceptance.user);
        for user in accepted.into_iter().chain(invite.rebinds.filter(|user| Some(*user) != accepted)) {
            self.app.unmark(&self.layout.reference(user, RefKind::Invite, &id.to_string())).await?;
        }
        Ok(())
    }
}
