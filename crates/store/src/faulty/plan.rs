//! Which calls fail or wait, and when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

/// The kinds of calls to ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallKind {
    /// A container is made.
    CreateContainer,
    /// A container is deleted.
    DeleteContainer,
    /// A blob is read.
    Get,
    /// A blob is written.
    Put,
    /// A blob is deleted or discarded.
    Delete,
    /// A blob is asked for its properties.
    Properties,
    /// A page of names is listed.
    List,
    /// A URL for an upload or a download is signed.
    Sign,
    /// A message is sent.
    Enqueue,
    /// A mail is sent.
    Send,
    /// The key that signs is asked for, or something is signed with it.
    Signature,
}

/// A call as it was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What it does.
    pub kind: CallKind,
    /// On what: `container/name`, `container/prefix`, a container, a queue, a mail's Message-ID, or
    /// `key` and `sign` of a signer.
    pub name: String,
}

/// Where in a call something happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// Before the call has any effect.
    Before,
    /// After its whole effect, before the caller learns of it.
    After,
    /// Of a blob that is read: after the first piece of its body. No other call ever gets there.
    Midway,
}

/// Which calls are meant: all, unless narrowed.
#[derive(Clone, Debug, Default)]
pub struct Matching {
    kind: Option<CallKind>,
    part: Option<String>,
    skipped: usize,
}

impl Matching {
    /// Every call.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Calls of one kind.
    #[must_use]
    pub fn kind(mut self, kind: CallKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Calls whose name contains `part`.
    #[must_use]
    pub fn name(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }

    /// Only from the `n`-th such call on, counted from 1 and from when this was planned.
    #[must_use]
    pub fn nth(mut self, n: usize) -> Self {
        self.skipped = n.saturating_sub(1);
        self
    }

    fn fits(&self, call: &Call, moment: Moment) -> bool {
        (moment != Moment::Midway || call.kind == CallKind::Get)
            && self.kind.is_none_or(|kind| kind == call.kind)
            && self.part.as_ref().is_none_or(|part| call.name.contains(part))
    }
}

enum Action {
    Fail,
    Wait(Pause),
    Run(fn()),
}

struct Rule {
    matching: Matching,
    moment: Moment,
    action: Action,
    repeated: bool,
}

#[derive(Default)]
struct Plan {
    rules: Vec<Rule>,
    calls: Vec<Call>,
}

/// What is to go wrong, shared by any number of [`Faulty`](crate::Faulty) decorators: a call is counted over all.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first matching call fails, once.
    pub fn fail(&self, matching: Matching, moment: Moment) {
        self.plan(matching, moment, Action::Fail, false);
    }

    /// The `n`-th call of all from now on fails, counted from 1.
    pub fn fail_nth(&self, n: usize, moment: Moment) {
        self.fail(Matching::any().nth(n), moment);
    }

    /// Every matching call fails until [`Faults::clear`].
    pub fn fail_always(&self, matching: Matching, moment: Moment) {
        self.plan(matching, moment, Action::Fail, true);
    }

    /// When the first matching call gets there, `then` runs, in the midst of it: to end the process, for instance.
    pub fn run(&self, matching: Matching, moment: Moment, then: fn()) {
        self.plan(matching, moment, Action::Run(then), false);
    }

    /// The first matching call waits there until it is released.
    #[must_use]
    pub fn pause(&self, matching: Matching, moment: Moment) -> Pause {
        let pause = Pause::new();
        self.plan(matching, moment, Action::Wait(pause.clone()), false);
        pause
    }

    /// Forgets what was planned. Calls that wait already go on waiting.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// Takes out the calls made so far, failed ones included: how many steps an operation has, and which.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    fn plan(&self, matching: Matching, moment: Moment, action: Action, repeated: bool) {
        self.lock().rules.push(Rule { matching, moment, action, repeated });
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What becomes of a call that begins now.
    pub(super) fn begin(&self, call: Call) -> Fate {
        let mut plan = self.lock();
        let mut fate = Fate::default();
        plan.rules.retain_mut(|rule| {
            if !rule.matching.fits(&call, rule.moment) {
                return true;
            }
            if let Some(left) = rule.matching.skipped.checked_sub(1) {
                rule.matching.skipped = left;
                return true;
            }
            let step = match rule.moment {
                Moment::Before => &mut fate.before,
                Moment::After => &mut fate.after,
                Moment::Midway => &mut fate.midway,
            };
            match &rule.action {
                Action::Fail => step.fails = true,
                Action::Wait(pause) => step.pauses.push(pause.clone()),
                Action::Run(then) => step.runs.push(*then),
            }
            rule.repeated
        });
        plan.calls.push(call);
        fate
    }
}

/// What a call meets at each moment.
#[derive(Default)]
pub(super) struct Fate {
    pub(super) before: Step,
    pub(super) after: Step,
    pub(super) midway: Step,
}

/// What a call meets at one moment: first it waits, then something runs, then it may fail.
#[derive(Default)]
pub(super) struct Step {
    pauses: Vec<Pause>,
    runs: Vec<fn()>,
    fails: bool,
}

impl Step {
    pub(super) async fn passes(&self) -> bool {
        for pause in &self.pauses {
            pause.hold().await;
        }
        for run in &self.runs {
            run();
        }
        !self.fails
    }
}

/// A point at which a call waits for the test.
#[derive(Clone, Debug)]
pub struct Pause {
    reached: Arc<Semaphore>,
    released: Arc<Semaphore>,
}

impl Pause {
    fn new() -> Self {
        Self { reached: Arc::new(Semaphore::new(0)), released: Arc::new(Semaphore::new(0)) }
    }

    /// Comes back when the call has got there; at once when it already has.
    pub async fn reached(&self) {
        let _closed_or_permit = self.reached.acquire().await.map(drop);
    }

    /// Lets the call go on, also one that has not got there yet.
    pub fn release(&self) {
        self.released.close();
    }

    async fn hold(&self) {
        self.reached.close();
        let _closed = self.released.acquire().await.map(drop);
    }
}
