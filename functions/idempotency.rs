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
    auth::User,
    context::Context,
    due::DueItem,
    keys::{Purpose, Sha256},
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
        let Some(hash) = self.key_hash(&user.id().to_string(), empty)? else { return Ok(new()) };
        self.claim_for_user(user, &hash, content, new).await
    }

    async fn claim_for_user<Id: FromStr + Display>(
        &self,
        user: &User,
        hash: &str,
        content: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        let path = user.layout.key(user.id(), hash);
        let used = Item::IdempotencyKey { used_at: self.now() };
        if let Some(day) = due_day(&used, &RetentionRules::default()) {
            self.app
                .mark_due(&user.tenant.id, day, DueItem::Key { user: user.id(), hash: hash.to_owned() })
                .await?;
        }
        self.claim_at(&path, content, new).await
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
        let hash = self.app.settings().index_keys.name(Purpose::IdempotencyKey, &parts);
        self.claim_for_user(user, &hash, sha256.as_bytes(), new).await
    }

    /// The same for the operator, who is no user of the tenant.
    pub(crate) async fn claim_as_operator<Id: FromStr + Display>(
        &self,
        operator: &str,
        content: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        match self.key_hash(operator, content.is_empty())? {
            Some(hash) => self.claim_at(&on_platform::key(&hash), content, new).await,
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
        match self.key_hash(&user.id().to_string(), true)? {
            Some(hash) => Ok(self.app.exists(&user.layout.key(user.id(), &hash)).await?),
            None => Ok(false),
        }
    }

    fn key_hash(&self, owner: &str, empty: bool) -> Result<Option<String>, Problem> {
        let key = match self.header("idempotency-key") {
            Some(key) if (1..=200).contains(&key.len()) => key,
            Some(_) => return Err(Problem::invalid("#Idempotency-Key", "must have 1 to 200 characters")),
            None if empty && !self.invocation.is_empty() => &self.invocation,
            None => return Ok(None),
        };
        let mut parts = vec![self.operation.id, owner, key];
        parts.extend(self.parameters.iter().map(|(_, value)| value.as_str()));
        Ok(Some(self.app.settings().index_keys.name(Purpose::IdempotencyKey, &parts)))
    }

    async fn claim_at<Id: FromStr + Display>(
        &self,
        path: &BlobPath,
        content: &[u8],
        new: impl FnOnce() -> Id,
    ) -> Result<Id, Problem> {
        let digest = Sha256::of(content);
        let content = self.app.settings().index_keys.name(Purpose::Content, &[&self.query, &digest]);
        let id = new();
        let claimed = Claimed { id: id.to_string(), content };
        match self.app.write(path, &claimed, Condition::IfAbsent).await {
            Ok(_) => return Ok(id),
            Err(StoreError::AlreadyExists) => {}
            Err(error) => return Err(error.into()),
        }
        let (earlier, _) = self.app.read::<Claimed>(path).await?.ok_or(ProblemType::Conflict)?;
        if earlier.content != claimed.content {
            return Err(ProblemType::IdempotencyMismatch.into());
        }
        earlier.id.parse().map_err(|_| Problem::internal("an idempotency key does not hold an id"))
    }
}
