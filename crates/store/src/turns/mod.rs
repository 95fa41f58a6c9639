//! Port calls that wait for their turn, so that an interleaving of several callers follows from a seed.
//!
//! Between [`Turns::race`]'s beginning and end every call through an [`InTurns`] waits. Once each racer is either at a call
//! or done, one of the waiting calls is chosen by the seed and carried through; then all wait for the next choice. On a
//! store in memory and a runtime of one thread the same seed leads to the same order of calls; on one with threads of its
//! own too, as long as nobody waits for anything but their turn.
//!
//! A racer that waits for something else (a pause of its own, a lock that somebody at a call holds) is waited for, and
//! after the patience that was given the others go on without it.

mod decorator;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    sync::{Notify, oneshot},
    task,
};

use crate::Call;
pub use decorator::InTurns;

/// How often a choice lets everybody run on first: a caller may make several calls at once.
const SETTLING: usize = 4;

/// Who may go when, shared by any number of [`InTurns`] decorators. Outside a race nobody waits.
#[derive(Clone)]
pub struct Turns(Arc<Shared>);

struct Shared {
    patience: Duration,
    race: Mutex<Option<Race>>,
    changed: Notify,
    /// Somebody has come to a call, or is done.
    came: Notify,
    trace: Mutex<Vec<String>>,
}

/// A task that makes calls; none where a future runs outside any.
type Caller = Option<task::Id>;

struct Race {
    chance: Chance,
    /// Of 16 choices, how many stay with the caller of the last one.
    staying: u64,
    last: Option<usize>,
    racers: usize,
    /// Racers that are not done.
    racing: usize,
    /// Whether a chosen call is being carried out.
    busy: bool,
    /// The callers in the order in which they came.
    callers: Vec<Caller>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    caller: usize,
    call: String,
    go: oneshot::Sender<()>,
}

impl Turns {
    /// Nobody waits. `patience`: how long a racer may be elsewhere before the others go on without it; longer than any pause
    /// that a racer makes on its own.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self(Arc::new(Shared {
            patience,
            race: Mutex::default(),
            changed: Notify::new(),
            came: Notify::new(),
            trace: Mutex::default(),
        }))
    }

    /// Runs futures that make calls, each one call at a time or several, in an order that follows from the seed; answers
    /// what they came to. Each begins once those before it have come to their first call, so that they are told apart by
    /// their places and not by chance. A racer that begins no call, or none any more, is waited for.
    pub async fn race<T>(
        &self,
        seed: u64,
        racers: impl IntoIterator<Item = impl Future<Output = T>>,
    ) -> Vec<T> {
        let racers: Vec<_> = racers.into_iter().collect();
        let mut chance = Chance(seed);
        let staying = [0, 8, 15][usize::try_from(chance.below(3)).unwrap_or_default()];
        let race = Race {
            chance,
            staying,
            last: None,
            racers: racers.len(),
            racing: racers.len(),
            busy: false,
            callers: Vec::new(),
            waiting: Vec::new(),
        };
        self.trace().clear();
        *self.lock() = Some(race);
        let _over = Over(self);
        let all = join_all(racers.into_iter().enumerate().map(|(place, racer)| async move {
            self.wait_for_those_before(place).await;
            let outcome = racer.await;
            if let Some(race) = self.lock().as_mut() {
                race.racing -= 1;
            }
            self.0.changed.notify_one();
            self.0.came.notify_waiters();
            outcome
        }));
        let (all, ()) = futures_util::future::join(all, self.choose()).await;
        all
    }

    /// The calls of the last race in the order of their turns, for the message of a test that fails.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.trace().clone()
    }

    /// Comes back once so many racers are at a call or done.
    async fn wait_for_those_before(&self, place: usize) {
        loop {
            let somebody = self.0.came.notified();
            let come = self.lock().as_ref().map_or(place, Race::come);
            if come >= place {
                return;
            }
            somebody.await;
        }
    }

    /// Gives turns until every racer is done.
    async fn choose(&self) {
        let mut alone = false;
        loop {
            let ready = match self.lock().as_ref() {
                None => return,
                Some(race) if race.racing == 0 => return,
                Some(race) => race.is_ready(alone),
            };
            if ready {
                for _ in 0..SETTLING {
                    task::yield_now().await;
                }
                if let Some(race) = self.lock().as_mut()
                    && race.is_ready(alone)
                    && let Some(call) = race.next()
                {
                    self.trace().push(call);
                }
                alone = false;
                continue;
            }
            alone = tokio::time::timeout(self.0.patience, self.0.changed.notified()).await.is_err();
        }
    }

    /// Waits for the turn of a call; whoever holds what it answers has it. None outside a race.
    async fn turn(&self, call: &Call) -> Option<Turn> {
        self.turn_of(task::try_id(), call).await
    }

    /// The same for a call that this caller has made.
    async fn turn_of(&self, caller: Caller, call: &Call) -> Option<Turn> {
        let turn = {
            let mut race = self.lock();
            let race = race.as_mut()?;
            let (go, turn) = oneshot::channel();
            let caller = race.place(caller);
            race.waiting.push(Waiting {
                caller,
                call: format!("{caller} {:?} {}", call.kind, call.name),
                go,
            });
            turn
        };
        self.0.changed.notify_one();
        self.0.came.notify_waiters();
        // An error is the end of the race.
        turn.await.ok()?;
        Some(Turn(self.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Race>> {
        self.0.race.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trace(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Race {
    /// Whether all is at rest, so that the next turn can be given; `alone`: those who are elsewhere have been waited for.
    fn is_ready(&self, alone: bool) -> bool {
        let waiting = self.waiting_callers();
        !self.busy && waiting > 0 && (alone || waiting >= self.racing)
    }

    fn waiting_callers(&self) -> usize {
        let waiting = self.waiting.iter().filter(|waiting| !waiting.go.is_closed());
        waiting.map(|waiting| waiting.caller).collect::<BTreeSet<usize>>().len()
    }

    /// How many have made a call or are done. Before all have, nobody's call is carried out.
    fn come(&self) -> usize {
        self.callers.len() + self.racers.saturating_sub(self.racing)
    }

    fn place(&mut self, caller: Caller) -> usize {
        self.callers.iter().position(|known| *known == caller).unwrap_or_else(|| {
            self.callers.push(caller);
            self.callers.len() - 1
        })
    }

    /// Lets one of the waiting calls go; which.
    fn next(&mut self) -> Option<String> {
        loop {
            self.waiting.retain(|waiting| !waiting.go.is_closed());
            let stays = self.chance.below(16) < self.staying;
            let of_last = |waiting: &&Waiting| stays && Some(waiting.caller) == self.last;
            let same = self.waiting.iter().filter(of_last).count();
            let places: Vec<usize> = (0..self.waiting.len())
                .filter(|place| same == 0 || self.waiting.get(*place).as_ref().is_some_and(of_last))
                .collect();
            let chosen = usize::try_from(self.chance.below(places.len() as u64)).ok()?;
            let Waiting { caller, call, go } = self.waiting.remove(*places.get(chosen)?);
            // Whoever has gone away meanwhile has no turn.
            if go.send(()).is_ok() {
                self.busy = true;
                self.last = Some(caller);
                return Some(call);
            }
        }
    }
}

/// The turn of a call, which ends when this is dropped.
struct Turn(Turns);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(race) = self.0.lock().as_mut() {
            race.busy = false;
        }
        self.0.0.changed.notify_one();
    }
}

/// Ends a race, however it ends: whoever still waits goes on.
struct Over<'a>(&'a Turns);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): chance that is the same for the same seed, on every machine and in every version.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(limit).unwrap_or_default()
    }
}
