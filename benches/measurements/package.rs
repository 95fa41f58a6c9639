//! An access package of many files, against `zip -0` of the same files.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use kundportal_store::{BlobPath, Container};
use tempfile::TempDir;

use crate::{
    by_turns,
    figures::{Goal, Row},
    machine,
    program::{self, Stage},
    support::{give_file, package::ask},
    upload::noise,
};

/// Length of each file.
const FILE_MIB: usize = 16;
const MIB: usize = 1024 * 1024;
/// How often memory is looked at.
const EVERY: Duration = Duration::from_millis(5);

/// Ends everything where `zip` is missing, before much time has gone.
pub(crate) fn require_zip() {
    let found = Command::new("zip").arg("-v").stdout(Stdio::null()).status();
    assert!(found.is_ok_and(|status| status.success()), "`zip` is missing: install the Debian package `zip`");
}

pub(crate) async fn measure(rounds: usize, mebibytes: usize) -> Vec<Row> {
    let stage = Stage::open().await;
    let folder = TempDir::new_in(program::folder()).expect("a folder");
    let files = folder.path().join("files");
    fs::create_dir(&files).expect("a folder");
    for number in 0..mebibytes / FILE_MIB {
        let content = noise(FILE_MIB * MIB + number);
        fs::write(files.join(format!("{number}.bin")), &content).expect("a file");
        let name = format!("{number}.bin");
        give_file(&stage.portal, &stage.tenant, &stage.customer, &stage.people[0], number, &name, content)
            .await;
    }
    let mut grown = Vec::new();
    let runtime = tokio::runtime::Handle::current();
    let found = tokio::task::block_in_place(|| {
        let figure = || {
            let (seconds, growth) = runtime.block_on(package(&stage));
            grown.push(growth);
            seconds
        };
        let floor = || zip(folder.path());
        by_turns::measure(rounds, figure, floor, floor)
    });
    let most = grown.iter().copied().fold(0.0, f64::max);
    let show = |seconds: f64| format!("{seconds:.2} s");
    let what = format!("access package of {mebibytes} MiB of files, embedded store");
    vec![
        Row {
            what: what.clone(),
            figure: show(found.figure),
            floor: format!("{} (`zip -0`)", show(found.floor)),
            ratio: Some(found.ratio),
            noise: Some(found.noise),
            goal: Goal::AtMost(1.2),
        },
        Row {
            what: format!("{what}: growth of resident memory"),
            figure: format!("{most:.1} MiB"),
            floor: "–".to_owned(),
            ratio: None,
            noise: None,
            goal: Goal::MebibytesAtMost(64.0, most),
        },
    ]
}

/// Writes a package and removes it again: how long, and how much more memory was resident meanwhile.
async fn package(stage: &Stage) -> (f64, f64) {
    let portal = &stage.portal;
    program::now(portal);
    let request = ask(portal, &stage.tenant, &stage.people[0]).await;
    program::now(portal);
    let watch = Watch::begin(portal.process_id());
    let begun = Instant::now();
    portal.pump_all().await;
    let seconds = begun.elapsed().as_secs_f64();
    let growth = watch.end();
    let path = stage.tenant.path(&format!("/requests/{request}"));
    let case = portal.as_(&stage.people[0]).get(&path).await.expect(200);
    assert_eq!(case.text_at("/state"), "fulfilled");
    let container = Container::new(format!("tenant-{}", stage.tenant.id));
    let package = BlobPath::new(container, format!("requests/{request}/package.zip"));
    portal.blobs().delete(&package, None).await.expect("a package");
    (seconds, growth)
}

fn zip(folder: &Path) -> f64 {
    let archive = folder.join("floor.zip");
    let begun = Instant::now();
    let mut command = Command::new("zip");
    command.args(["-0", "-q", "-r", "floor.zip", "files"]).current_dir(folder);
    assert!(command.status().expect("zip").success());
    let seconds = begun.elapsed().as_secs_f64();
    fs::remove_file(archive).expect("an archive");
    seconds
}

/// Looks at a process's memory over and over.
struct Watch {
    before: f64,
    over: Arc<AtomicBool>,
    sampler: thread::JoinHandle<f64>,
}

impl Watch {
    fn begin(process: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let sampler = thread::spawn(move || {
            let mut most = 0.0_f64;
            while !ends.load(Ordering::Relaxed) {
                most = most.max(machine::resident(process));
                thread::sleep(EVERY);
            }
            most
        });
        Self { before: machine::resident(process), over, sampler }
    }

    fn end(self) -> f64 {
        self.over.store(true, Ordering::Relaxed);
        self.sampler.join().expect("the samples") - self.before
    }
}
