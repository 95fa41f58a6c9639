//! A local run in a process of its own.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// Longer than any start should take on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// A local run that has said where it is.
pub(crate) struct LocalRun {
    child: Child,
    pub(crate) address: String,
}

/// The program with this folder, a free port, and arguments.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kundportal"));
    command
        .arg("--data-dir")
        .arg(folder)
        .args(["--port", "0"])
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// What is left when the program does not start: its exit code and what it said on standard error.
pub(crate) async fn refusal(mut command: Command) -> (Option<i32>, String) {
    let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

impl LocalRun {
    /// Starts one without demo data and waits until it says where it is.
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::start_with(folder, &["--empty"]).await
    }

    /// Starts one with these arguments and waits until it says where it is.
    pub(crate) async fn start_with(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_in(folder, arguments, &[]).await
    }

    /// The same with these variables.
    pub(crate) async fn start_in(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = program(folder, arguments);
        command.envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = timeout(PATIENCE, async {
            while let Some(line) = output.next_line().await.unwrap() {
                if let Some(address) = line.strip_prefix("Kundportal is running at ") {
                    return Some(address.to_owned());
                }
            }
            None
        });
        let Some(address) = address.await.unwrap() else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
            panic!("it did not start: {said}");
        };
        // A pipe that nobody reads fills up, and then whoever writes to it waits for ever.
        let mut errors = child.stderr.take().unwrap();
        tokio::spawn(async move { tokio::io::copy(&mut errors, &mut tokio::io::sink()).await });
        tokio::spawn(async move { while output.next_line().await.is_ok_and(|line| line.is_some()) {} });
        Self { child, address }
    }

    /// The answer to a GET.
    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("{}{path}", self.address)).await.unwrap()
    }

    /// The answer to a POST of JSON.
    pub(crate) async fn post(&self, path: &str, json: &serde_json::Value) -> reqwest::Response {
        reqwest::Client::new().post(format!("{}{path}", self.address)).json(json).send().await.unwrap()
    }

    /// The process of the handler, once there is one other than `not`.
    pub(crate) async fn handler(&self, not: Option<u32>) -> u32 {
        let parent = self.child.id().unwrap();
        timeout(PATIENCE, async {
            loop {
                let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
                let all = std::fs::read_dir(format!("/proc/{parent}/task"))
                    .unwrap()
                    .flatten()
                    .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
                let mut ids: Vec<u32> = all
                    .chain(children.ok())
                    .flat_map(|ids| ids.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>())
                    .collect();
                ids.dedup();
                if let Some(id) = ids.into_iter().find(|id| Some(*id) != not) {
                    return id;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap()
    }

    /// Sends a signal to the local run.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id().unwrap(), name);
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = std::process::Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until a process is gone.
pub(crate) async fn gone(process: u32) {
    let there = || {
        std::fs::read_to_string(format!("/proc/{process}/stat"))
            .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
    };
    for _ in 0..500 {
        if !there() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("process {process} goes on");
}
