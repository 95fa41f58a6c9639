//! What retention costs in transactions with storage: counted, not timed.

use std::fmt::Write as _;

use crate::{
    office::STORED,
    retention::{CATEGORIES, Count, count},
};

/// Each category with what it costs.
pub(crate) async fn measure() -> Vec<(&'static str, Count)> {
    let mut counts = Vec::new();
    for category in CATEGORIES {
        counts.push((category.name, count(category).await));
    }
    counts
}

pub(crate) fn table(counts: &[(&'static str, Count)]) -> String {
    let mut table = String::new();
    if counts.is_empty() {
        return table;
    }
    let [few, many] = STORED;
    let _ = writeln!(
        table,
        "| category | an item | a run | blobs that go with an item | the same with {many} of each kind stored as with {few} |\n|---|---|---|---|---|"
    );
    for (name, Count { each, run, blobs, whatever_is_stored }) in counts {
        let same = if *whatever_is_stored { "yes" } else { "no" };
        let _ = writeln!(table, "| {name} | {each} | {run} | {blobs} | {same} |");
    }
    table
}
