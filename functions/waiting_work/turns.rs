//! Whose turn it is when more waits than one run can look at: every kind of work of every tenant has its share, and which of it
//! comes is chosen by chance, anew in each run. So nothing has to be remembered from run to run, and nothing that waits is kept
//! from its turn by what waits before it.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher as _},
};

use jiff::civil::Date;
use kundportal_domain::TenantId;

/// Where a marker lies. Ordered by age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) day: Date,
    pub(super) tenant: TenantId,
    pub(super) id: String,
}

impl Place {
    /// What kind of work it is: an id begins with it.
    pub(super) fn kind(&self) -> &str {
        self.id.split('-').next().unwrap_or_default()
    }
}

/// The markers of one kind and tenant, each under a number that chance gives it.
type Group = BTreeSet<(u64, Place)>;

/// Markers by kind and tenant, in all no more than twice as many as a run can look at.
pub(super) struct Turns {
    most: usize,
    seed: u64,
    met: usize,
    kept: usize,
    groups: HashMap<(String, TenantId), Group>,
}

impl Turns {
    /// For a run that can look at so many.
    pub(super) fn new(most: usize, seed: u64) -> Self {
        Self { most, seed, met: 0, kept: 0, groups: HashMap::new() }
    }

    pub(super) fn add(&mut self, place: Place) {
        self.met += 1;
        self.keep(place);
        // Whose turn it is not among these has none among more: whatever else comes is only put before it.
        if self.kept > 2 * self.most {
            for place in self.first() {
                self.keep(place);
            }
        }
    }

    fn keep(&mut self, place: Place) {
        let number = self.chance(&place);
        let group = self.groups.entry((place.kind().to_owned(), place.tenant.clone())).or_default();
        self.kept += usize::from(group.insert((number, place)));
    }

    /// How many were added.
    pub(super) fn met(&self) -> usize {
        self.met
    }

    /// Those whose turn it is, the oldest first.
    pub(super) fn take(mut self) -> Vec<Place> {
        let mut taken = self.first();
        taken.sort_unstable();
        taken
    }

    /// Takes out all that are kept, and gives back those whose turn it is: all if they are few enough, else one of each group,
    /// then another of each, and so on.
    fn first(&mut self) -> Vec<Place> {
        self.kept = 0;
        let mut all = Vec::new();
        for (key, group) in std::mem::take(&mut self.groups) {
            // A number of the group's own: the smallest of its places' is the smaller, the more of them there are.
            let number = self.chance(&key);
            all.extend(group.into_iter().enumerate().map(|(round, (_, place))| (round, number, place)));
        }
        all.sort_unstable();
        all.into_iter().take(self.most).map(|(.., place)| place).collect()
    }

    fn chance(&self, what: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, what).hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(tenant: &str, id: &str) -> Place {
        let tenant = tenant.parse().expect("a tenant");
        Place { day: jiff::civil::date(2026, 3, 2), tenant, id: id.to_owned() }
    }

    /// A thousand mails of one tenant, and an upload and a mail of others.
    fn met(most: usize, seed: u64) -> Turns {
        let mut turns = Turns::new(most, seed);
        for n in 0..1_000 {
            turns.add(place("acme", &format!("mail-{n:04}")));
        }
        turns.add(place("borg", "mail-last"));
        turns.add(place("acme", "upload-last"));
        turns
    }

    #[test]
    fn every_kind_of_every_tenant_has_its_share() {
        for seed in 0..50 {
            let taken = met(10, seed).take();
            assert_eq!(taken.len(), 10);
            assert!(taken.is_sorted());
            assert!(taken.contains(&place("borg", "mail-last")), "seed {seed}");
            assert!(taken.contains(&place("acme", "upload-last")), "seed {seed}");
        }
    }

    #[test]
    fn what_fits_into_a_run_is_taken_whole_and_the_oldest_first() {
        let turns = met(1_002, 1);
        assert_eq!(turns.met(), 1_002);
        let taken = turns.take();
        assert_eq!(taken.len(), 1_002);
        assert_eq!(taken[0], place("acme", "mail-0000"));
        assert!(taken.is_sorted());
    }

    #[test]
    fn where_there_are_more_groups_than_a_run_can_look_at_a_small_one_comes_as_often_as_a_large_one() {
        let mut taken = [0; 10];
        for seed in 0..1_000 {
            let mut turns = Turns::new(2, seed);
            for (tenant, many) in (0..10).zip([1, 50].into_iter().cycle()) {
                for n in 0..many {
                    turns.add(place(&format!("tenant-{tenant}"), &format!("mail-{n}")));
                }
            }
            for place in turns.take() {
                let number = place.tenant.as_str().trim_start_matches("tenant-");
                taken[number.parse::<usize>().expect("a number")] += 1;
            }
        }
        assert_eq!(taken.iter().sum::<usize>(), 2_000);
        assert!(taken.iter().all(|number| (150..250).contains(number)), "{taken:?}");
    }

    #[test]
    fn no_more_is_kept_than_two_runs_can_look_at_and_the_same_have_their_turn() {
        for seed in 0..50 {
            let (mut turns, mut unbounded) = (Turns::new(10, seed), Turns::new(10, seed));
            for (tenant, n) in (0..40).flat_map(|tenant| (0..tenant).map(move |n| (tenant, n))) {
                let place = place(&format!("tenant-{tenant}"), &format!("mail-{n}"));
                turns.add(place.clone());
                unbounded.keep(place);
                assert!(turns.kept <= 20 && turns.groups.len() <= 20);
            }
            assert_eq!((turns.met(), unbounded.kept), (780, 780));
            assert_eq!(turns.take(), unbounded.take(), "seed {seed}");
        }
    }
}
