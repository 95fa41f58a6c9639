//! A disk that can be filled: a small one of its own where this machine lets us have one, else a quota of the system.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::support::Portal;

/// MiB of the small disk.
const SIZE: usize = 32;

/// A place for a store.
pub(crate) enum Disk {
    /// A file system of its own, in memory.
    Small { mount: PathBuf, _at: TempDir },
    /// Whatever the folder is on: no file that the handler writes may grow.
    Quota,
}

fn root(command: &[&str]) -> Option<Output> {
    let run = |command: &[&str]| Command::new(command[0]).args(&command[1..]).output().ok();
    let done = |output: &Output| output.status.success();
    run(command).filter(done).or_else(|| run(&[&["sudo", "-n"], command].concat()).filter(done))
}

impl Disk {
    /// A small disk if there is a way to have one; else the quota.
    pub(crate) fn new() -> Self {
        let at = TempDir::new().expect("a folder");
        let mount = at.path().to_owned();
        let options = format!("size={SIZE}m,mode=0777");
        let path = mount.to_str().expect("UTF-8");
        match root(&["mount", "-t", "tmpfs", "-o", &options, "kundportal-test", path]) {
            Some(_) => Self::Small { mount, _at: at },
            None => Self::Quota,
        }
    }

    /// A folder on it.
    pub(crate) fn folder(&self) -> TempDir {
        match self {
            Self::Small { mount, .. } => TempDir::new_in(mount),
            Self::Quota => TempDir::new(),
        }
        .expect("a folder")
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Small { .. } => "a file system without room",
            Self::Quota => "a quota",
        }
    }

    /// Whether a removal finds room that was kept for it: a quota counts that too.
    pub(crate) fn has_reserve(&self) -> bool {
        matches!(self, Self::Small { .. })
    }

    /// Takes all room, down to the last byte.
    pub(crate) fn fill(&self, portal: &Portal) {
        // So that the write-ahead log has no room that it holds already.
        let database = rusqlite::Connection::open(portal.folder().join("store.sqlite3")).expect("a database");
        let busy = || database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        while busy().expect("a checkpoint") {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        match self {
            Self::Small { mount, .. } => {
                let mut filler = File::options()
                    .create(true)
                    .append(true)
                    .open(filler(mount))
                    .expect("a file that takes all room");
                for size in [64 * 1024, 4096, 1] {
                    while filler.write_all(&vec![1; size]).is_ok() {}
                }
            }
            Self::Quota => limit(portal, "0"),
        }
    }

    /// There is room again.
    pub(crate) fn free(&self, portal: &Portal) {
        match self {
            Self::Small { mount, .. } => std::fs::remove_file(filler(mount)).expect("it was full"),
            Self::Quota => limit(portal, "unlimited"),
        }
    }
}

fn filler(mount: &Path) -> PathBuf {
    mount.join("filler")
}

fn limit(portal: &Portal, size: &str) {
    let process = format!("--pid={}", portal.process_id());
    let done = Command::new("prlimit").args([&process, &format!("--fsize={size}:")]).status();
    assert!(done.expect("prlimit").success());
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small { mount, .. } = self {
            let _ = root(&["umount", "-l", mount.to_str().unwrap_or_default()]);
        }
    }
}
