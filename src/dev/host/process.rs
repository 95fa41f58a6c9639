//! The handler as a process of its own: this executable, started the host's way.

use std::{io, path::PathBuf, process::Stdio};

use async_trait::async_trait;
use tokio::process::{Child, ChildStdin, Command};

use super::worker::{Launcher, Process};

/// Told to the handler of a development build: end when standard input does, so that nobody is left behind by a parent
/// that was killed.
pub(crate) const END_WITH_INPUT: &str = "KUNDPORTAL_DEV_END_WITH_INPUT";

/// Starts this executable as the handler.
pub(crate) struct ThisExecutable {
    executable: PathBuf,
    app_root: PathBuf,
    settings: Vec<(String, String)>,
}

impl ThisExecutable {
    /// With these app settings beside the environment of this process.
    pub(crate) fn new(settings: Vec<(String, String)>) -> io::Result<Self> {
        let executable = std::env::current_exe()?;
        Ok(Self { executable, app_root: std::env::current_dir()?, settings })
    }
}

#[async_trait]
impl Launcher for ThisExecutable {
    async fn launch(&self, port: u16, worker_id: &str) -> io::Result<Box<dyn Process>> {
        let port = port.to_string();
        let mut command = Command::new(&self.executable);
        // A terminal's Ctrl-C is for the local run, which ends the handler when what is in flight is done.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("FUNCTIONS_WORKER_RUNTIME", "custom")
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", &port)
            .env("FUNCTIONS_HTTPWORKER_PORT", &port)
            .env("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", worker_id)
            .env("FUNCTIONS_HTTPWORKER_ID", worker_id)
            .env("FUNCTIONS_APP_ROOT_PATH", &self.app_root)
            .env(END_WITH_INPUT, "1")
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take();
        Ok(Box::new(ChildProcess { child, _input: input }))
    }
}

/// Its input stays open as long as this lives.
struct ChildProcess {
    child: Child,
    _input: Option<ChildStdin>,
}

#[async_trait]
impl Process for ChildProcess {
    async fn exit(&mut self) -> Option<i32> {
        self.child.wait().await.ok().and_then(|status| status.code())
    }

    async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }
}
