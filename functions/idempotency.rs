//! Requests that come again: by the caller's `Idempotency-Key`, or because the host delivers a request without a body again
//! when the connection to the handler broke.

use std::{fmt::Display, str::FromStr};

use kundportal_domain::{
    RetentionRules,
    retention::{Item, due_day},
};
use kundportal_store::{BlobPath, Condition, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    auth::{Identity, User},
    context::Context,
    due::DueItem,
    keys::{Names, Purpose, Sha256},
    layout::on_platform,
    problem::{Problem, ProblemType},
};

/// What lies at a key.
#[derive(Serialize, Deserialize)]
struct Claimed {
    id: String,
    /// Keyed hash of what was sent.
    content: String,
}

impl Context {
    /// The id of what is to be created: a new one, or the one that the same key got before. Without a key it is new, except
    /// that a POST without a body takes the invocation id as its key. Another content under the same key is 422.
    pub(crate) async fn claim<Id: FromStr + Display>(
        &self,
        user: &User,
        content: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        self.claim_as(user, content, content.is_empty(), new).await
    }

    /// The same for a body that is read as it comes: `declared` is what its headers say of it. The caller compares the
    /// content itself at the end.
    pub(crate) async fn claim_streamed<Id: FromStr + Display>(
        &self,
        user: &User,
        declared: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        self.claim_as(user, declared, self.has_no_body(), new).await
    }

    /// Whether nobody else can be at work on the same id: neither the caller nor the host can have sent this request before.
    pub(crate) fn is_unkeyed(&self) -> bool {
        self.header("idempotency-key").is_none() && !self.has_no_body()
    }

    async fn claim_as<Id: FromStr + Display>(
        &self,
        user: &User,
        content: &[u8],
        empty: bool,
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        let Some(names) = self.key_names(&user.id().to_string(), empty)? else { return Ok(new()) };
        self.claim_for_user(user, &names, content, new).await
    }

    async fn claim_for_user<Id: FromStr + Display>(
        &self,
        user: &User,
        names: &Names,
        content: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        let used = Item::IdempotencyKey { used_at: self.now() };
        if let Some(day) = due_day(&used, &RetentionRules::default()) {
            for hash in names.claimed() {
                let due = DueItem::Key { user: user.id(), hash: hash.clone() };
                self.app.mark_due(&user.tenant.id, day, due).await?;
            }
        }
        self.claim_at(names, |hash| user.layout.key(user.id(), hash), content, new).await
    }

    /// The id of what one row of a file creates: the same row of the same file, sent again by the same person within the
    /// key's lifetime, gets the same. `sha256` is the file's.
    pub(crate) async fn claim_row<Id: FromStr + Display>(
        &self,
        user: &User,
        sha256: &str,
        row: usize,
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        let parts = [self.operation.id, &user.id().to_string(), sha256, &row.to_string()];
        let names = self.app.settings().index_keys.names(Purpose::IdempotencyKey, &parts);
        self.claim_for_user(user, &names, sha256.as_bytes(), new).await
    }

    /// The same for the operator, who is no user of the tenant.
    pub(crate) async fn claim_as_operator<Id: FromStr + Display>(
        &self,
        operator: &Identity,
        content: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        // Not by a name of theirs: that is another one under another key.
        let operator = format!("{} {}", operator.claims.issuer, operator.claims.subject.reveal());
        match self.key_names(&operator, content.is_empty())? {
            Some(names) => self.claim_at(&names, on_platform::key, content, new).await,
            None => Ok(new()),
        }
    }

    /// Remembers that this very invocation is about to remove something, so that a repeated delivery that finds it gone is
    /// answered like the first.
    pub(crate) async fn remember_removal(&self, user: &User) -> Result<(), Problem> {
        self.claim(user, &[], || user.id()).await.map(drop)
    }

    /// Whether this invocation has removed something before.
    pub(crate) async fn has_removed(&self, user: &User) -> Result<bool, Problem> {
        let Some(names) = self.key_names(&user.id().to_string(), true)? else { return Ok(false) };
        for hash in names.claimed() {
            if self.app.exists(&user.layout.key(user.id(), hash)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn key_names(&self, owner: &str, empty: bool) -> Result<Option<Names>, Problem> {
        let key = match self.header("idempotency-key") {
            Some(key) if (1..=200).contains(&key.len()) => key,
            Some(_) => return Err(Problem::invalid("#Idempotency-Key", "must have 1 to 200 characters")),
            None if empty && !self.invocation.is_empty() => &self.invocation,
            None => return Ok(None),
        };
        let mut parts = vec![self.operation.id, owner, key];
        parts.extend(self.parameters.iter().map(|(_, value)| value.as_str()));
        Ok(Some(self.app.settings().index_keys.names(Purpose::IdempotencyKey, &parts)))
    }

    /// Under each key that counts, the current one last: whoever has that has the id.
    async fn claim_at<Id: FromStr + Display>(
        &self,
        names: &Names,
        at: impl Fn(&str) -> BlobPath,
        content: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        let digest = Sha256::of(content);
        let content = self.app.settings().index_keys.names(Purpose::Content, &[&self.query, &digest]);
        let mut claimed = Claimed { id: new().to_string(), content: content.current.clone() };
        for path in names.claimed().map(|name| at(name)) {
            match self.app.write(&path, &claimed, Condition::IfAbsent).await {
                Ok(_) => continue,
                Err(StoreError::AlreadyExists) => {}
                Err(error) => return Err(error.into()),
            }
            let (earlier, _) = self.app.read::<Claimed>(&path).await?.ok_or(ProblemType::Conflict)?;
            if !content.contains(&earlier.content) {
                return Err(ProblemType::IdempotencyMismatch.into());
            }
            claimed.id = earlier.id;
        }
        claimed.id.parse().map_err(|_| Problem::internal("an idempotency key does not hold an id"))
    }
}
