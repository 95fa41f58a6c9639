//! The table: every row, every step, every way.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use futures_util::{StreamExt as _, stream};

use crate::{
    coverage,
    driver::{Case, Undisturbed},
    rows::rows,
    support::figure,
};

/// One case alone: what a failure prints. `*` instead of a case is all those of a row.
const CASE: &str = "KUNDPORTAL_FAULT_CASE";
/// Which share of the steps is gone through, up to 1, which is all (`tests/long`); each step that is, in all its ways.
const SHARE: &str = "KUNDPORTAL_FAULT_SHARE";
/// The share where nobody says which.
const USUAL: f64 = 0.25;
/// By which the share is chosen: the same steps each time unless another number is given.
const SEED: &str = "KUNDPORTAL_FAULT_SEED";

/// Which cases are wanted.
struct Wanted {
    row: Option<String>,
    case: Option<Case>,
    share: f64,
    seed: u64,
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says so")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Wanted {
    fn by_environment() -> Self {
        let one = variable(CASE);
        let one = one.as_ref().map(|text| text.split_once(' ').expect("a case and the name of a row"));
        Self {
            row: one.map(|(_, row)| row.to_owned()),
            case: one.filter(|(case, _)| *case != "*").map(|(case, _)| case.parse().expect("a case")),
            share: variable(SHARE).map_or(USUAL, |share| share.parse().expect("a share as 0.25")),
            seed: variable(SEED).map_or(2, |seed| seed.parse().expect("a number")),
        }
    }

    fn has_row(&self, name: &str) -> bool {
        self.row.as_ref().is_none_or(|row| row == name)
    }

    fn has(&self, name: &str, case: Case) -> bool {
        if self.row.is_some() {
            return self.case.is_none_or(|wanted| wanted == case);
        }
        let mut hasher = DefaultHasher::new();
        (self.seed, name, case.step).hash(&mut hasher);
        let chance = u32::try_from(hasher.finish() >> 32).unwrap_or(0);
        f64::from(chance) <= self.share * f64::from(u32::MAX)
    }
}

fn at_once() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from) + 1
}

/// Lets every row that is wanted run undisturbed.
async fn undisturbed(wanted: &Wanted) -> Vec<Arc<Undisturbed>> {
    let (snapshot, scene, rows) = rows().await;
    let rows: Vec<_> = rows.into_iter().filter(|row| wanted.has_row(row.name)).collect();
    assert!(!rows.is_empty(), "no such row");
    let running = stream::iter(rows).map(|row| Undisturbed::run(Arc::new(row)));
    let rows: Vec<_> = running.buffer_unordered(at_once()).map(Arc::new).collect().await;
    if wanted.row.is_none() {
        coverage::check(&rows, &snapshot, &scene).await;
    }
    rows
}

/// What is wrong in a case, with the line by which it is repeated.
async fn failure(row: Arc<Undisturbed>, case: Case) -> Option<String> {
    let name = row.row.name;
    let call = row.calls.get(case.step - 1).cloned().unwrap_or_default();
    // A panic is a failure of the case too.
    let ran = tokio::spawn(async move { row.failures(case).await }).await;
    let wrong = ran.unwrap_or_else(|error| vec![error.to_string()]);
    (!wrong.is_empty()).then(|| format!("{CASE}='{case} {name}' ({call})\n  {}", wrong.join("\n  ")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_every_operation_may_fail_or_be_the_last_one_of_the_process() {
    let wanted = Wanted::by_environment();
    let rows = undisturbed(&wanted).await;
    let cases = rows.iter().flat_map(|row| row.cases().into_iter().map(|case| (Arc::clone(row), case)));
    let cases: Vec<_> = cases.filter(|(row, case)| wanted.has(row.row.name, *case)).collect();
    let number = cases.len();
    assert!(number > 0, "no such case");
    let failures = stream::iter(cases).map(|(row, case)| failure(row, case)).buffer_unordered(at_once());
    let failures: Vec<_> = failures.filter_map(std::future::ready).collect().await;
    assert!(
        failures.is_empty(),
        "{} of {number} cases end otherwise than undisturbed ({SHARE}={} {SEED}={}):\n{}",
        failures.len(),
        wanted.share,
        wanted.seed,
        failures.join("\n")
    );
    if wanted.row.is_none() {
        let steps: usize = rows.iter().map(|row| row.calls.len()).sum();
        let (rows, share) = (rows.len(), wanted.share);
        let of =
            if share < 1.0 { format!(" ({share} of all, {SEED}={})", wanted.seed) } else { String::new() };
        figure(
            "fault table",
            &format!(
                "fault table: {rows} operations, {steps} steps, {number} cases{of} (before, after, kill), all equal to the \
                 undisturbed end state"
            ),
        );
    }
}
