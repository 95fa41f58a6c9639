//! Azurite, the emulator of Azure Storage: started by the first test of a process that needs it, ended with the process.
//!
//! `tests/tools.sh` installs it below `target/tools/azurite`; where it is missing the test fails and says so. Each taker gets
//! an account of its own, which is empty and which nobody else sees.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use kundportal_store::{AzureConfig, AzureCredential};

/// More than the tests of one process take.
const ACCOUNTS: usize = 500;

/// A running Azurite, over HTTPS with a certificate made for it.
pub(crate) struct Azurite {
    /// Its standard input is a pipe that closes when this process ends, however it ends: `start.js` ends then.
    _process: Child,
    folder: tempfile::TempDir,
    blob_origin: String,
    queue_origin: String,
    taken: AtomicUsize,
}

impl Azurite {
    /// The one of this process. It holds everything in memory.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Azurite> = OnceLock::new();
        SHARED.get_or_init(Self::in_memory)
    }

    /// One of the test's own, which ends when it is dropped, and with it what it holds: Azurite forgets nothing before.
    pub(crate) fn in_memory() -> Self {
        Self::start(&["--inMemoryPersistence"])
    }

    #[allow(dead_code, reason = "each test binary uses its own part of it")]
    /// One that keeps its data in a folder, for bodies larger than memory. It ends when it is dropped.
    pub(crate) fn on_disk() -> Self {
        Self::start(&[])
    }

    fn start(options: &[&str]) -> Self {
        let project = project();
        let modules = project.join("target/tools/azurite/node_modules");
        let node = modules.join("node/bin/node");
        assert!(node.is_file(), "Azurite is missing: `. tests/tools.sh && install_azurite` installs it");
        let folder = tempfile::tempdir().expect("a folder");
        certificate(folder.path());
        let accounts: Vec<_> = (0..ACCOUNTS).map(|number| format!("test{number}:AAAA")).collect();
        let errors = fs::File::create(folder.path().join("errors")).expect("a file");
        let mut process = Command::new(node)
            .arg(project.join("tests/azurite/start.js"))
            .args(["--silent", "--disableTelemetry", "--oauth", "basic"])
            .args(["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"])
            .args(["--cert", "cert.pem", "--key", "key.pem"])
            .args(options)
            .current_dir(folder.path())
            .env("NODE_PATH", &modules)
            .env("AZURITE_ACCOUNTS", accounts.join(";"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("Azurite starts");
        let said = BufReader::new(process.stdout.take().expect("what Azurite says"));
        let (listening, heard) = mpsc::channel();
        // Reads on to the end, so that Azurite never waits for its output to be taken.
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if let Some((service, origin)) = line.split_once(" service is successfully listening at ") {
                    let _ = listening.send((service.to_owned(), origin.to_owned()));
                }
            }
        });
        let origin = |service: &str| {
            let (named, origin) =
                heard.recv_timeout(Duration::from_mins(2)).expect("Azurite listens within two minutes");
            assert_eq!(named, format!("Azurite {service}"));
            origin
        };
        let (blob_origin, queue_origin) = (origin("Blob"), origin("Queue"));
        Self { _process: process, folder, blob_origin, queue_origin, taken: AtomicUsize::new(0) }
    }

    /// An account that nobody else has.
    pub(crate) fn account(&self) -> AzureConfig {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        assert!(number < ACCOUNTS, "more accounts than Azurite was started with");
        let certificate = fs::read(self.certificate()).expect("the certificate");
        AzureConfig {
            blob_url: format!("{}/test{number}", self.blob_origin),
            queue_url: format!("{}/test{number}", self.queue_origin),
            account: None,
            credential: AzureCredential::Emulator { certificate },
        }
    }

    /// The variables by which the program finds an account that nobody else has.
    #[allow(dead_code, reason = "each test binary uses its own part of it")]
    pub(crate) fn settings(&self) -> [(&'static str, String); 3] {
        self.settings_of(&self.account())
    }

    /// The same for an account that somebody has taken.
    #[allow(dead_code, reason = "each test binary uses its own part of it")]
    pub(crate) fn settings_of(&self, account: &AzureConfig) -> [(&'static str, String); 3] {
        [
            ("KUNDPORTAL_AZURITE_CERTIFICATE", self.certificate().display().to_string()),
            ("DataStorage__blobServiceUri", account.blob_url.clone()),
            ("AzureWebJobsStorage__queueServiceUri", account.queue_url.clone()),
        ]
    }

    /// The certificate that it shows, as a file.
    #[allow(dead_code, reason = "each test binary uses its own part of it")]
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}

/// The folder of the workspace, from whichever of its packages a test is.
fn project() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = package.ancestors().find(|folder| folder.join("tests/azurite/start.js").is_file());
    found.expect("the folder of the workspace").to_owned()
}

/// A key and a certificate for it, for two days: nobody trusts it but who is given it.
fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=azurite"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
