//! What keeps items that are due: a row under an open access request is not purged before the request is closed.

use kundportal_domain::{RequestId, UserId, records::Case, retention::Protection};

use super::Run;
use crate::{
    layout::{self, RefKind},
    problem::Problem,
};

impl Run<'_> {
    /// What protects everything of a person; asked once for each person and message.
    pub(super) async fn protection(&mut self, user: UserId) -> Result<Option<Protection>, Problem> {
        if let Some(known) = self.protected.get(&user) {
            return Ok(*known);
        }
        let open = self.has_open_request(user).await?.then_some(Protection::OpenRequest);
        self.protected.insert(user, open);
        Ok(open)
    }

    /// Whether a request of the person is not closed. What this run has seen closed stays so.
    pub(super) async fn has_open_request(&self, user: UserId) -> Result<bool, Problem> {
        let prefix = layout::references(user, RefKind::Request);
        for name in self.app.names(self.layout.container(), &prefix).await? {
            let Some(request) = request_of(&name).filter(|request| !self.closed.contains(request)) else {
                continue;
            };
            let case = self.app.read::<Case>(&self.layout.case(request)).await?;
            if case.is_some_and(|(case, _)| case.subject == user && !case.state.is_closed()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The request that a reference names: the newest first.
pub(super) fn request_of(name: &str) -> Option<RequestId> {
    RequestId::from_inverted(name).ok().or_else(|| name.parse().ok())
}
