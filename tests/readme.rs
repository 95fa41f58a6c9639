//! What the pages say, held against the program: the tour of the README, word for word, and the names of settings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where a promise is broken"
)]

#[path = "support/azurite.rs"]
mod azurite;
#[path = "local_run/process.rs"]
#[allow(dead_code, reason = "the local run's own tests use the rest")]
mod process;

use std::{collections::BTreeSet, fs, path::Path, process::Command, time::Duration};

use azurite::Azurite;
use process::LocalRun;

/// Variables that only the program sets, for itself, and those of the test build.
const OWN: [&str; 5] = [
    "KUNDPORTAL_DEV_END_WITH_INPUT",
    "KUNDPORTAL_STORAGE",
    "KUNDPORTAL_TEST_CLOCK",
    "KUNDPORTAL_TEST_FAULT",
    "KUNDPORTAL_TEST_FAULTS",
];

/// Every variable that the program's text names.
fn variables(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder").flatten() {
        if entry.path().is_dir() {
            variables(&entry.path(), found);
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let names = text.split('"').filter(|part| part.starts_with("KUNDPORTAL_"));
        found.extend(
            names.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_')).map(str::to_owned),
        );
    }
}

#[test]
fn the_operations_page_names_every_setting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/operations.md")).expect("the page");
    let mut named = BTreeSet::new();
    variables(&root.join("src"), &mut named);
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !OWN.contains(&name.as_str()) && !page.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_readme_names_every_command_of_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("the README");
    let mut named = 0;
    let mut groups = vec![Vec::new()];
    while let Some(group) = groups.pop() {
        let help = Command::new(env!("CARGO_BIN_EXE_kundportal")).args(&group).arg("--help").output();
        let help = String::from_utf8(help.expect("the program").stdout).expect("text");
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names: Vec<_> = commands
            .take_while(|line| line.starts_with("  "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        if names.is_empty() {
            let command = format!("`kundportal {}`", group.join(" "));
            assert!(readme.contains(&command), "{command}");
            named += 1;
        }
        groups.extend(names.into_iter().map(|name| [&group[..], &[name.to_owned()]].concat()));
    }
    assert!(named >= 3, "{named}");
}

/// A command and what it is said to print.
struct Step {
    command: String,
    output: String,
}

fn tour() -> Vec<Step> {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README");
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match (inside, line) {
            (_, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) if line.starts_with("$ ") => {
                steps.push(Step { command: line[2..].to_owned(), output: String::new() });
            }
            (true, line) => {
                let step = steps.last_mut().expect("a command before its output");
                step.output.extend([line, "\n"]);
            }
            _ => {}
        }
    }
    steps
}

#[tokio::test]
async fn the_tour_prints_what_the_readme_says() {
    take_the_tour(&[], &[]).await;
}

#[tokio::test]
async fn the_tour_prints_the_same_on_azurite() {
    let settings = Azurite::shared().settings();
    let variables: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    take_the_tour(&["--storage", "azure"], &variables).await;
}

/// Gives the tour's commands to a shell, and compares what they print.
async fn take_the_tour(arguments: &[&str], variables: &[(&str, &str)]) {
    let steps = tour();
    assert!(steps.len() > 20, "the tour is gone");
    let folder = tempfile::tempdir().expect("a folder");
    let run = LocalRun::start_in(&folder.path().join("data"), arguments, variables).await;
    let mark = |number: usize| format!("---- {number}");
    let mut script = String::from("exec 2>&1\n");
    for (number, step) in steps.iter().enumerate() {
        let command = step.command.replace("http://localhost:7071", &run.address);
        script.extend(["echo '", &mark(number), "'\n", &command, "\nprintf '\\n'\n"]);
    }
    let shell = tokio::process::Command::new("bash")
        .arg("-c")
        .arg(script)
        .current_dir(folder.path())
        .env("LC_ALL", "C.UTF-8")
        .kill_on_drop(true)
        .output();
    let output =
        tokio::time::timeout(Duration::from_mins(5), shell).await.expect("in time").expect("a shell");
    let mut rest = String::from_utf8(output.stdout).expect("text");
    for (number, step) in steps.iter().enumerate() {
        let start = format!("{}\n", mark(number));
        rest =
            rest.strip_prefix(&start).unwrap_or_else(|| panic!("before {}: {rest}", step.command)).to_owned();
        let end = rest.find(&mark(number + 1)).unwrap_or(rest.len());
        // One line break is the script's own; another is missing where the output ends without one.
        let said = rest[..end].trim_end_matches('\n').to_owned();
        assert_eq!(said, step.output.trim_end_matches('\n'), "$ {}", step.command);
        rest = rest[end..].to_owned();
    }
    run.signal("INT");
    assert!(run.ended().await.success());
}
