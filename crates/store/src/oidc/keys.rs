//! One issuer's keys, kept: when they are fetched, and what an outage means.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    config::OidcIssuer,
    fetch::{FetchError, Fetcher},
    jwks::{KeySet, VerifyingKey},
};
use crate::TokenError;

/// For an unknown key the issuer is asked at most once in this time, whoever sends how many such tokens.
const BETWEEN_FETCHES: SignedDuration = SignedDuration::from_mins(5);
/// As long as no key was ever had: an outage at the start must not become five minutes of it.
const BETWEEN_FIRST_TRIES: SignedDuration = SignedDuration::from_secs(5);
/// Keys this old are fetched again though they are known, so that a withdrawn key does not count for ever.
const LONGEST_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// What happened the last time the issuer was asked.
#[derive(Clone, Copy)]
struct Attempt {
    at: Timestamp,
    failed: bool,
}

/// The keys of one issuer.
pub(super) struct IssuerKeys {
    issuer: OidcIssuer,
    fetcher: Arc<Fetcher>,
    known: RwLock<Known>,
    /// Held while the issuer is asked: who needs a key meanwhile waits for that answer and asks no second time.
    attempt: Arc<Mutex<Option<Attempt>>>,
}

#[derive(Default)]
struct Known {
    keys: KeySet,
    fetched_at: Option<Timestamp>,
}

impl IssuerKeys {
    pub(super) fn new(issuer: OidcIssuer, fetcher: Arc<Fetcher>) -> Self {
        Self { issuer, fetcher, known: RwLock::default(), attempt: Arc::default() }
    }

    /// The key of this name for this algorithm.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] when the issuer has no such key, [`TokenError::Unavailable`] when that key was never
    /// had and the issuer cannot be asked.
    pub(super) async fn get(
        self: &Arc<Self>,
        id: &str,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Arc<VerifyingKey>, TokenError> {
        let (known, fetched_at) = self.known(id, algorithm);
        if let Some(key) = known {
            if fetched_at.is_none_or(|at| apart(now, at) >= LONGEST_KEPT)
                && let Ok(attempt) = Arc::clone(&self.attempt).try_lock_owned()
                && self.may_ask(*attempt, now)
            {
                // Withdrawn keys go by this. An outage leaves the known ones in force.
                let _outcome = self.ask(attempt, now).await;
                return self.known(id, algorithm).0.ok_or(TokenError::Invalid);
            }
            return Ok(key);
        }
        let attempt = Arc::clone(&self.attempt).lock_owned().await;
        if self.may_ask(*attempt, now) {
            self.ask(attempt, now).await.map_err(unavailable)?;
        } else if attempt.is_some_and(|attempt| attempt.failed) {
            return Err(unavailable(FetchError::NotYetAgain));
        }
        self.known(id, algorithm).0.ok_or(TokenError::Invalid)
    }

    fn known(&self, id: &str, algorithm: Algorithm) -> (Option<Arc<VerifyingKey>>, Option<Timestamp>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.keys.get(id, algorithm), known.fetched_at)
    }

    fn may_ask(&self, last: Option<Attempt>, now: Timestamp) -> bool {
        let ever_had = self.known.read().unwrap_or_else(PoisonError::into_inner).fetched_at.is_some();
        let pause = if ever_had { BETWEEN_FETCHES } else { BETWEEN_FIRST_TRIES };
        last.is_none_or(|last| apart(now, last.at) >= pause)
    }

    /// Asks the issuer in a task of its own: a caller who goes away, on purpose perhaps, breaks nothing off.
    async fn ask(
        self: &Arc<Self>,
        mut attempt: OwnedMutexGuard<Option<Attempt>>,
        now: Timestamp,
    ) -> Result<(), FetchError> {
        *attempt = Some(Attempt { at: now, failed: true });
        let issuer = Arc::clone(self);
        let task = tokio::spawn(async move {
            let newer = issuer.fetcher.keys(&issuer.issuer).await.inspect_err(|error| {
                tracing::warn!(
                    issuer = issuer.issuer.issuer,
                    error = error as &dyn std::error::Error,
                    "an issuer's keys could not be fetched"
                );
            })?;
            let mut known = issuer.known.write().unwrap_or_else(PoisonError::into_inner);
            *known = Known { keys: known.keys.renewed_by(newer), fetched_at: Some(now) };
            drop(known);
            *attempt = Some(Attempt { at: now, failed: false });
            Ok(())
        });
        task.await.unwrap_or(Err(FetchError::BrokenOff))
    }
}

/// Time between two moments, in whichever order: after a clock was set back the pause ends as well.
fn apart(a: Timestamp, b: Timestamp) -> SignedDuration {
    a.duration_since(b).abs()
}

fn unavailable(error: FetchError) -> TokenError {
    TokenError::Unavailable(Box::new(error))
}
