//! Verified tokens, remembered: a signature is checked once per token, not once per request.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;

use super::{jwks::VerifyingKey, token::Period};
use crate::Claims;

/// SHA-256 of a token: the token itself is not kept.
pub(super) type Digest = [u8; 32];

/// What was verified.
pub(super) struct Verified {
    pub(super) claims: Claims,
    pub(super) period: Period,
    /// Goes when the issuer withdraws the key, and the token with it.
    pub(super) key: Weak<VerifyingKey>,
}

/// Verified tokens of the last time, at most so many: two halves, of which the older is forgotten when the newer is
/// full. What is used moves to the newer one.
pub(super) struct VerifiedTokens {
    half: usize,
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    newer: HashMap<Digest, Arc<Verified>>,
    older: HashMap<Digest, Arc<Verified>>,
}

impl Halves {
    fn put(&mut self, digest: Digest, verified: Arc<Verified>, half: usize) {
        if self.newer.len() >= half {
            self.older = mem::take(&mut self.newer);
        }
        self.newer.insert(digest, verified);
    }
}

impl VerifiedTokens {
    pub(super) fn new(most: usize) -> Self {
        Self { half: (most / 2).max(1), halves: Mutex::default() }
    }

    pub(super) fn digest(token: &str) -> Digest {
        let mut bytes = Digest::default();
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        bytes
    }

    /// What the token says, if it was verified and still counts.
    pub(super) fn get(&self, digest: &Digest, now: Timestamp) -> Option<Claims> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let verified = if let Some(verified) = halves.newer.get(digest) {
            Arc::clone(verified)
        } else {
            let verified = halves.older.remove(digest)?;
            halves.put(*digest, Arc::clone(&verified), self.half);
            verified
        };
        if verified.period.ends_by(now) || verified.key.strong_count() == 0 {
            halves.newer.remove(digest);
            return None;
        }
        drop(halves);
        verified.period.contains(now).then(|| verified.claims.clone())
    }

    pub(super) fn put(&self, digest: Digest, verified: Verified) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.put(digest, Arc::new(verified), self.half);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.newer.len() + halves.older.len()
    }
}
