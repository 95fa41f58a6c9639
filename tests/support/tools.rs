//! Programs that other people wrote, which check what ours made.

use std::{path::Path, process::Command};

/// A program of the Python tools that `tests/run` installs. A test that needs one fails without it.
#[track_caller]
pub(crate) fn python_tool(name: &str) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin").join(name);
    assert!(path.exists(), "{name} is missing: tests/run installs it");
    Command::new(path)
}

/// Runs a program; panics with what it said unless it was content.
#[track_caller]
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said}");
    said
}
