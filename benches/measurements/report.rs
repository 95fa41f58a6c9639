//! `docs/measurements.md`: the tables, and what others have written between its marks.

use std::{fmt::Write as _, fs, path::PathBuf};

use kundportal_store::{Clock as _, SystemClock};

use crate::{
    figures::{HEADING, Row},
    machine,
    retention::Count,
    transactions,
};

/// Parts of the page that stay as they are.
const KEPT: [&str; 3] = ["remarks", "transactions", "reliability"];

pub(crate) fn write(rows: &[Row], counts: &[(&'static str, Count)], rounds: usize) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/measurements.md");
    let before = fs::read_to_string(&path).unwrap_or_default();
    let [remarks, fixed, reliability] = KEPT.map(|name| kept(&before, name));
    let day = today();
    let mut page = format!(
        "# Measurements\n\n\
         `cargo bench` measures and writes this page. Each figure stands beside its floor: the least that the same thing can take,\n\
         built and measured in the same run, by turns ({rounds} rounds or more). A ratio is the median of the rounds' ratios, with\n\
         the interval that holds the true one in 95 of 100 runs. *Noise* is the ratio of the floor with itself, measured the same way.\n\
         A goal is met where the whole interval meets it. It needs `zip` (Debian package of that name), Azurite\n\
         (`. tests/tools.sh && install_azurite`), a machine that does nothing else, and about fifteen minutes.\n\n{} On {day}.\n\n{HEADING}\n",
        machine::description()
    );
    for row in rows {
        let _ = writeln!(page, "{}", row.line());
    }
    let _ = write!(
        page,
        "\n{remarks}\n\n## Transactions with storage\n\n{fixed}\n\n{}\n## Reliability\n\n{reliability}\n",
        transactions::table(counts)
    );
    fs::write(&path, page).expect("the page");
    println!("written: docs/measurements.md");
}

fn today() -> String {
    SystemClock.now().to_string().chars().take(10).collect()
}

/// What stands between two marks, with them.
fn kept(page: &str, name: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let found = page.find(&begin).and_then(|from| {
        let length = page[from..].find(&end)?;
        Some(page[from..from + length + end.len()].to_owned())
    });
    found.unwrap_or_else(|| format!("{begin}\n{end}"))
}
