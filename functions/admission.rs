//! Who may send and fetch how much at once.
//!
//! An exchange whose body comes or goes slowly holds memory, a place in the host and often a file, for minutes. So there are only
//! so many places for each kind of exchange, no caller has more than a quarter of them, and no tenant more than three quarters:
//! whoever holds everything that they can leaves room for the others. Who finds no place is told so at once (503), before
//! anything of their body is read.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kundportal_domain::TenantId;

use crate::{
    operation::{Operation, RequestBody, Success},
    problem::{Problem, ProblemType},
    settings::Concurrency,
};

/// When to try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Exchanges that take about the same of what there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// JSON in, or a profile picture out.
    Small,
    /// A body that is held in memory as a whole and costs work: a picture to be decoded, an import.
    Held,
    /// A body that goes into storage as it comes.
    Upload,
    /// Content that comes out of storage as it is read.
    Download,
}

impl Kind {
    /// What an operation is by its entry in the table; none where neither body is of any length.
    pub(crate) fn of(operation: &Operation) -> Option<Self> {
        match (&operation.request, &operation.success) {
            (RequestBody::Stream(_), _) => Some(Self::Upload),
            (RequestBody::Bytes(_), _) => Some(Self::Held),
            (_, Success::Bytes { ranges: true, .. }) => Some(Self::Download),
            (_, Success::Bytes { ranges: false, .. })
            | (RequestBody::Json(_) | RequestBody::MergePatch(_), _) => Some(Self::Small),
            (RequestBody::Empty, _) => None,
        }
    }
}

/// Who asks, by what their places are counted.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    caller: String,
    within: String,
}

impl Party {
    /// Whoever has a valid token, by the keyed hash of who they are; outside any tenant.
    pub(crate) fn identity(name: &str) -> Self {
        Self { caller: name.to_owned(), within: "-".to_owned() }
    }

    /// The same as a user of a tenant.
    pub(crate) fn user(name: &str, tenant: &TenantId) -> Self {
        Self { caller: name.to_owned(), within: tenant.to_string() }
    }

    /// Somebody without a token, by the address; one network is one caller in IPv6. All of them together count as one tenant.
    pub(crate) fn nobody(address: Option<IpAddr>) -> Self {
        let caller = match address {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
            Some(IpAddr::V4(address)) => address.to_string(),
            None => String::new(),
        };
        Self { caller, within: String::new() }
    }
}

/// The places of a process. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Admission(Arc<[Gate; 4]>);

#[derive(Debug)]
struct Gate {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    callers: HashMap<String, usize>,
    within: HashMap<String, usize>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Admission,
    kind: Kind,
    party: Party,
}

impl Admission {
    pub(crate) fn new(concurrency: &Concurrency) -> Self {
        let gate = |most| Gate { most, taken: Mutex::default() };
        let Concurrency { small_bodies, held_bodies, uploads, downloads, .. } = *concurrency;
        Self(Arc::new([gate(small_bodies), gate(held_bodies), gate(uploads), gate(downloads)]))
    }

    fn gate(&self, kind: Kind) -> &Gate {
        let [small, held, uploads, downloads] = &*self.0;
        match kind {
            Kind::Small => small,
            Kind::Held => held,
            Kind::Upload => uploads,
            Kind::Download => downloads,
        }
    }

    /// A place for one exchange, or 503 at once.
    pub(crate) fn enter(&self, kind: Kind, party: Party) -> Result<Place, Problem> {
        let gate = self.gate(kind);
        let mut taken = gate.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |map: &HashMap<String, usize>, key: &str| map.get(key).copied().unwrap_or_default();
        let full = taken.all >= gate.most
            || of(&taken.callers, &party.caller) >= gate.most.div_ceil(4)
            || of(&taken.within, &party.within) >= (gate.most * 3).div_ceil(4);
        if full {
            tracing::warn!(?kind, taken = taken.all, "no place is free for the caller");
            return Err(Problem { retry_after: Some(RETRY_AFTER), ..ProblemType::Unavailable.into() });
        }
        taken.all += 1;
        *taken.callers.entry(party.caller.clone()).or_default() += 1;
        *taken.within.entry(party.within.clone()).or_default() += 1;
        drop(taken);
        Ok(Place { admission: self.clone(), kind, party })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.admission.gate(self.kind).taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Taken { all, callers, within } = &mut *taken;
        *all = all.saturating_sub(1);
        for (map, key) in [(callers, &self.party.caller), (within, &self.party.within)] {
            let left = map.get(key).map_or(0, |count| count.saturating_sub(1));
            if left == 0 {
                map.remove(key);
            } else if let Some(count) = map.get_mut(key) {
                *count = left;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(uploads: usize) -> Admission {
        Admission::new(&Concurrency { uploads, ..Concurrency::default() })
    }

    fn user(name: &str, tenant: &str) -> Party {
        Party::user(name, &tenant.parse().expect("a tenant"))
    }

    /// As many places as this party gets.
    fn all_of(admission: &Admission, party: &Party) -> Vec<Place> {
        std::iter::from_fn(|| admission.enter(Kind::Upload, party.clone()).ok()).collect()
    }

    #[test]
    fn a_caller_gets_a_quarter_and_a_tenant_three_quarters() {
        let admission = admission(16);
        let callers: Vec<_> =
            ["a", "b", "c"].iter().map(|name| all_of(&admission, &user(name, "t1"))).collect();
        assert_eq!(callers.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 4]);
        assert_eq!(all_of(&admission, &user("d", "t1")).len(), 0, "the tenant has its share");
        assert_eq!(all_of(&admission, &user("e", "t2")).len(), 4, "another one has room");
    }

    #[test]
    fn a_place_that_is_left_is_free_again() {
        let admission = admission(4);
        let place = admission.enter(Kind::Upload, user("a", "t1")).expect("a place");
        let refused = admission.enter(Kind::Upload, user("a", "t1")).expect_err("a quarter is one");
        assert!(refused.is(ProblemType::Unavailable) && refused.retry_after.is_some());
        drop(place);
        drop(admission.enter(Kind::Upload, user("a", "t1")).expect("a place"));
        let taken = admission.gate(Kind::Upload).taken.lock().expect("the places");
        assert_eq!((taken.all, taken.callers.len(), taken.within.len()), (0, 0, 0), "nothing is remembered");
    }

    #[test]
    fn a_single_place_can_be_had() {
        let admission = admission(1);
        assert_eq!(all_of(&admission, &user("a", "t1")).len(), 1);
    }

    #[test]
    fn kinds_do_not_take_places_from_each_other() {
        let admission = admission(1);
        let _upload = admission.enter(Kind::Upload, user("a", "t1")).expect("a place");
        assert!(admission.enter(Kind::Small, user("a", "t1")).is_ok());
    }

    #[test]
    fn without_a_token_a_network_is_one_caller() {
        let party = |address: &str| Party::nobody(address.parse().ok()).caller;
        assert_eq!(party("2001:db8:1:2::1"), party("2001:db8:1:2:ffff::9"));
        assert_ne!(party("2001:db8:1:2::1"), party("2001:db8:1:3::1"));
        assert_ne!(party("192.0.2.1"), party("192.0.2.2"));
    }
}
