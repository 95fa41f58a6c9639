//! What a run found out in numbers: `tests/run` and `tests/long` print it below their results.

use std::{fs, path::Path};

/// Notes one line under a name, which replaces what an earlier run noted there.
pub(crate) fn figure(name: &str, line: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
    fs::create_dir_all(&folder).expect("a folder for figures");
    fs::write(folder.join(name), format!("{line}\n")).expect("a figure is noted");
}
