//! The served program: the handler as a process of its own on an embedded store, started the host's way.
//!
//! Everything that works on a [`Portal`] works on this one too: people, tenants, messages ([`Portal::pump`]), timers,
//! mails, [`Portal::dump`]. The test plays the host: it takes messages out of the embedded queue and delivers them. It needs
//! the test build (`cargo test --features faults`); a test binary that uses it names that in the root `Cargo.toml`:
//! `required-features = ["faults"]`.
//!
//! ```ignore
//! let portal = Portal::start_served().await;                  // its folder is in memory where the machine has such a place
//! let tenant = portal.tenant("t1").await;
//! let other = portal.another_process().await;                 // a second handler on the same folder
//! let portal = Portal::start_served_on_azurite(&[]).await;    // blobs and messages in an account of Azurite
//! portal.kill();                                              // kill -9
//! portal.revive().await;                                      // as the host starts it again, at the same address
//! portal.plan(fault(3, "after", "kill")).await;               // ends in the midst of the third call to a port
//! let answer = portal.as_(&user).attempt(Method::GET, "/api/me", |request| request).await;   // an error: no answer
//! portal.calls().await;                                       // the calls to ports since they were taken last
//! let snapshot = portal.snapshot().await;                     // ends the handler and keeps what is stored
//! let again = Portal::start_from(&snapshot).await;            // any number of them, each on a copy of its own
//! ```
//!
//! Time stands still until the test moves it, as on every other portal: the handler reads it from a file.

mod account;
mod process;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

pub(crate) use account::{Account, make_queues, received};
use process::command;
pub(crate) use process::{Process, free_port};

use data_encoding::BASE64;
use jiff::Timestamp;
use kundportal_store::{
    AzureConfig, AzureQueue, Clock as _, EmbeddedStore, Enqueued, FixedClock, Mail, SigningKey,
    SystemEntropy, embedded::SentMail,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    azurite::Azurite,
    issuer::{Issuer, Speaker},
    portal::{PACKAGE_KEY, Portal, Store, World, client},
};

const SIGNING_KEY: [u8; 32] = [3; 32];
const SIGNED_URL_BASE: &str = "http://storage.invalid";
const CLOCK: &str = "clock";

/// How handlers of a world are started.
pub(crate) struct Setting {
    variables: Vec<(String, String)>,
    told: Mutex<Option<Timestamp>>,
    /// The clock and the log, which have room where the store has none.
    aside: TempDir,
    /// Whether the limit of a file's size is an error, as a quota's, and not the end of the handler.
    has_quota: bool,
}

/// What was stored at a moment, and who had vouched for whom.
pub(crate) struct Snapshot {
    folder: TempDir,
    issuer: Arc<Issuer>,
    now: Timestamp,
    invocations: u64,
    variables: Vec<(String, String)>,
}

/// A fault for [`Portal::plan`]: at the `nth` call from now on, `"before"`, `"after"` or `"midway"`; `"fail"`, `"failAlways"`
/// or `"kill"`. Fields `kind` and `name` may be added, see `src/faults.rs`.
pub(crate) fn fault(nth: usize, moment: &str, action: &str) -> Value {
    json!({"nth": nth, "moment": moment, "action": action})
}

/// A folder of its own, in memory where there is such a place: nothing here is about what a machine's crash leaves.
pub(crate) fn temporary_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a folder")
}

impl Portal {
    /// Over a handler in a process of its own.
    pub(crate) async fn start_served() -> Self {
        Self::start_served_with(&[]).await
    }

    /// With further environment variables.
    pub(crate) async fn start_served_with(variables: &[(&str, &str)]) -> Self {
        let variables =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let issuer = Arc::new(Issuer::start().await);
        let now = "2026-03-02T08:00:00Z".parse().expect("a time");
        Self::over_folder(temporary_folder(), issuer, now, 1, variables, false).await
    }

    /// With blobs and messages in an account of Azurite, and mail in the folder's outbox.
    pub(crate) async fn start_served_on_azurite(variables: &[(&str, &str)]) -> Self {
        let azurite = Azurite::shared();
        let account = azurite.account();
        let settings = azurite.settings_of(&account);
        let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
        let all = settings.chain([("KUNDPORTAL_STORAGE", "azure")]).chain(variables.iter().copied());
        let variables = all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let issuer = Arc::new(Issuer::start().await);
        let now = "2026-03-02T08:00:00Z".parse().expect("a time");
        Self::over(temporary_folder(), Some(account), issuer, now, 1, variables, false).await
    }

    /// With its folder on disk, for what is too much for memory.
    pub(crate) async fn start_served_on_disk() -> Self {
        Self::start_served_below(&std::env::temp_dir()).await
    }

    /// The same, with the folder below another one.
    pub(crate) async fn start_served_below(parent: &Path) -> Self {
        let issuer = Arc::new(Issuer::start().await);
        let now = "2026-03-02T08:00:00Z".parse().expect("a time");
        let folder = TempDir::new_in(parent).expect("a folder");
        Self::over_folder(folder, issuer, now, 1, Vec::new(), false).await
    }

    /// With its folder on a disk of the test's own; `prlimit --fsize` is its quota.
    pub(crate) async fn start_served_in(folder: TempDir) -> Self {
        let issuer = Arc::new(Issuer::start().await);
        let now = "2026-03-02T08:00:00Z".parse().expect("a time");
        Self::over_folder(folder, issuer, now, 1, Vec::new(), true).await
    }

    /// On a copy of what was stored.
    pub(crate) async fn start_from(snapshot: &Snapshot) -> Self {
        let folder = temporary_folder();
        copy(snapshot.folder.path(), folder.path());
        let issuer = Arc::clone(&snapshot.issuer);
        let variables = snapshot.variables.clone();
        Self::over_folder(folder, issuer, snapshot.now, snapshot.invocations, variables, false).await
    }

    async fn over_folder(
        folder: TempDir,
        issuer: Arc<Issuer>,
        now: Timestamp,
        invocations: u64,
        extra: Vec<(String, String)>,
        has_quota: bool,
    ) -> Self {
        Self::over(folder, None, issuer, now, invocations, extra, has_quota).await
    }

    /// With blobs and messages in the account, if there is one.
    async fn over(
        folder: TempDir,
        account: Option<AzureConfig>,
        issuer: Arc<Issuer>,
        now: Timestamp,
        invocations: u64,
        extra: Vec<(String, String)>,
        has_quota: bool,
    ) -> Self {
        let aside = temporary_folder();
        let clock = Arc::new(FixedClock::new(now));
        let store = EmbeddedStore::open(
            folder.path(),
            SigningKey::new(&SIGNING_KEY),
            SIGNED_URL_BASE,
            clock.clone(),
            Arc::new(SystemEntropy),
        );
        let mut variables = app_settings(folder.path(), aside.path(), &issuer);
        variables.extend(extra);
        let store = store.expect("an embedded store");
        let store = match account {
            None => Store::Embedded(Box::new(store), folder),
            Some(account) => Store::Account(Box::new(Account::open(account, store, folder).await)),
        };
        let mut world = World::new(store, clock, issuer);
        world.invocations = invocations.into();
        // A handler that was killed takes its connections with it.
        world.client = client(0);
        world.served = Some(Setting { variables, told: Mutex::default(), aside, has_quota });
        Self::over_a_process(Arc::new(world)).await
    }

    /// Ends the handler, and keeps what is stored. Every message must have been delivered.
    pub(crate) async fn snapshot(self) -> Snapshot {
        let (waiting, hidden) = self.take_messages();
        assert!(waiting.is_empty() && hidden.is_empty(), "messages wait: {waiting:?} {hidden:?}");
        self.kill();
        let (store, _) = self.world.embedded();
        assert!(store.checkpoint().await.expect("a checkpoint"), "somebody else has the store open");
        let folder = temporary_folder();
        copy(self.world.folder(), folder.path());
        Snapshot {
            folder,
            issuer: Arc::clone(&self.world.issuer),
            now: self.now(),
            invocations: self.world.invocations.load(Ordering::Relaxed),
            variables: self.world.setting().variables.iter().skip(FIXED).cloned().collect(),
        }
    }

    /// The folder of the store.
    pub(crate) fn folder(&self) -> &Path {
        self.world.folder()
    }

    /// Kills the handler, without warning. What is in flight breaks off.
    pub(crate) fn kill(&self) {
        self.process().kill();
    }

    /// Starts the handler after it was killed, and kills it again without waiting for its answer.
    pub(crate) async fn stumble(&self, after: Duration) {
        self.process().restart(&self.world);
        tokio::time::sleep(after).await;
        self.kill();
    }

    /// Starts the handler again if it has ended, or ends now; false where it goes on.
    pub(crate) async fn revive(&self) -> bool {
        match &self.process {
            Some(process) => process.revive(&self.world).await,
            None => false,
        }
    }

    /// Ends the handler without warning, and starts it with variables of its own.
    pub(crate) async fn reconfigure(&self, variables: &[(&str, &str)]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.process().reconfigure(&self.world, variables.iter().map(owned).collect()).await;
    }

    /// Runs a command of the program beside the handlers, with their settings and these: whether it ended well, and what it said.
    pub(crate) async fn run_command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
        self.world.tell_time();
        let mut command = command(&self.world, 0);
        command.env_remove("FUNCTIONS_CUSTOMHANDLER_PORT").args(arguments).envs(variables.iter().copied());
        command.stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it was waited for");
        let output = output.expect("the program");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// How a handler on this folder is started, with no output anywhere.
    pub(crate) fn handler(&self, port: u16) -> Command {
        let mut command = command(&self.world, port);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The handler's process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process().lock().id()
    }

    /// Plans a fault in the handler.
    pub(crate) async fn plan(&self, fault: Value) {
        let asked = self.client().post(format!("{}/api/test/faults", self.url())).body(fault.to_string());
        let answer = asked.send().await.expect("an answer");
        assert_eq!(answer.status(), 204, "{fault}");
    }

    /// Forgets what was planned.
    pub(crate) async fn forget_faults(&self) {
        let asked = self.client().delete(format!("{}/api/test/faults", self.url()));
        assert_eq!(asked.send().await.expect("an answer").status(), 204);
    }

    /// The calls to ports since they were taken last: `Put platform/…`.
    pub(crate) async fn calls(&self) -> Vec<String> {
        let asked = self.client().post(format!("{}/api/test/calls", self.url()));
        let calls: Vec<Value> = asked.send().await.expect("an answer").json().await.expect("a list of calls");
        let text = |call: &Value, field: &str| call[field].as_str().unwrap_or_default().to_owned();
        calls.iter().map(|call| format!("{} {}", text(call, "kind"), text(call, "name"))).collect()
    }

    /// The queues, where handlers of their own keep messages on Azurite: for a test that plays the host itself.
    pub(crate) fn queue_on_azurite(&self) -> AzureQueue {
        match &self.world.store {
            Store::Account(account) => account.queue(),
            Store::Memory(_) | Store::Embedded(..) | Store::Azure(..) => panic!("messages are elsewhere"),
        }
    }

    /// How often each mail was sent that handlers of their own sent, by its Message-ID.
    pub(crate) fn times_sent(&self) -> BTreeMap<String, u32> {
        self.world.times_sent()
    }

    /// What the handlers have written to their log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.world.aside().join("handler.log")).unwrap_or_default()
    }

    /// Shows the handler the time, where it has to be told.
    pub(super) fn tell_time(&self) {
        if self.process.is_some() {
            self.world.tell_time();
        }
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("a handler in a process of its own")
    }
}

impl World {
    fn embedded(&self) -> (&EmbeddedStore, &Path) {
        match &self.store {
            Store::Embedded(store, folder) => (store, folder.path()),
            Store::Account(account) => (&account.beside, account.folder.path()),
            Store::Memory(_) | Store::Azure(..) => panic!("a store that no other process can open"),
        }
    }

    fn folder(&self) -> &Path {
        self.embedded().1
    }

    fn aside(&self) -> &Path {
        self.setting().aside.path()
    }

    fn setting(&self) -> &Setting {
        self.served.as_ref().expect("how handlers are started")
    }

    fn tell_time(&self) {
        let now = self.clock.now();
        let mut told = self.setting().told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == Some(now) {
            return;
        }
        let file = self.aside().join(CLOCK);
        let draft = self.aside().join("clock.draft");
        fs::write(&draft, now.to_string()).expect("the time is written");
        fs::rename(draft, file).expect("the time is shown");
        *told = Some(now);
    }

    /// How often each mail in the outbox was sent, by its Message-ID.
    fn times_sent(&self) -> BTreeMap<String, u32> {
        let outbox = self.embedded().0.outbox();
        let mails = elsewhere(async move { outbox.list().await }).expect("the outbox");
        mails.into_iter().map(|mail| (mail.message_id, mail.times)).collect()
    }

    /// Every mail in the outbox, oldest first.
    pub(super) fn sent(&self) -> Vec<Mail> {
        let outbox = self.embedded().0.outbox();
        let mut mails: Vec<_> = elsewhere(async move { outbox.list().await }).expect("the outbox");
        mails.reverse();
        let mail = |SentMail { message_id, to, subject, text, html, .. }: SentMail| Mail {
            message_id,
            to: kundportal_domain::Personal::new(to.reveal().parse().expect("an address")),
            subject,
            text,
            html,
        };
        mails.into_iter().map(mail).collect()
    }

    /// Takes every visible message out of the queues.
    pub(super) fn received(&self, now: Timestamp) -> Vec<Enqueued> {
        if let Store::Account(account) = &self.store {
            return account.received();
        }
        let queue = self.embedded().0.queue();
        elsewhere(async move {
            let mut received = Vec::new();
            for name in queue.visible_queues(now).await? {
                while let Some(message) = queue.receive(&name, Duration::from_mins(10), now).await? {
                    queue.delete(&message.id, &message.pop_receipt).await?;
                    let delay = Duration::ZERO;
                    received.push(Enqueued { queue: name.clone(), message: message.text, delay });
                }
            }
            Ok::<_, kundportal_store::StoreError>(received)
        })
        .expect("the queues")
    }
}

/// Waits on a thread of its own, since whoever asks may be in a runtime and cannot wait there.
fn elsewhere<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::thread::spawn(move || runtime().block_on(work)).join().expect("it comes to an end")
}

/// How many of the variables are every portal's.
const FIXED: usize = 20;

fn app_settings(folder: &Path, aside: &Path, issuer: &Issuer) -> Vec<(String, String)> {
    let key = |first: u8| {
        let key: Vec<u8> = (0..32).map(|byte| byte ^ first).collect();
        format!("1:{}", BASE64.encode(&key))
    };
    let path = |path: PathBuf| path.display().to_string();
    let settings: [(&str, String); FIXED] = [
        ("FUNCTIONS_WORKER_RUNTIME", "custom".to_owned()),
        ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", "00000000-0000-4000-8000-000000000001".to_owned()),
        ("KUNDPORTAL_DEV_END_WITH_INPUT", "1".to_owned()),
        ("KUNDPORTAL_TEST_FAULTS", "1".to_owned()),
        ("KUNDPORTAL_TEST_CLOCK", path(aside.join(CLOCK))),
        ("KUNDPORTAL_DATA_DIR", path(folder.to_owned())),
        ("KUNDPORTAL_SIGNED_URL_BASE", SIGNED_URL_BASE.to_owned()),
        ("KUNDPORTAL_SIGNED_URL_KEY", BASE64.encode(&SIGNING_KEY)),
        ("KUNDPORTAL_SIGNING_KEY", PACKAGE_KEY.to_owned()),
        ("KUNDPORTAL_INDEX_KEYS", key(0x55)),
        ("KUNDPORTAL_LINK_KEYS", key(0xaa)),
        ("KUNDPORTAL_PORTAL_URL", "https://portal.example.com/api/portal/".to_owned()),
        ("KUNDPORTAL_MAIL_DOMAIN", "portal.example.com".to_owned()),
        ("KUNDPORTAL_CLIENT_IP_HEADER", "client-ip".to_owned()),
        ("KUNDPORTAL_ISSUERS", issuer.configuration().to_string()),
        ("KUNDPORTAL_FRONT_END_ISSUER", issuer.url(Speaker::Main)),
        ("KUNDPORTAL_FRONT_END_CLIENT_ID", "portal".to_owned()),
        ("KUNDPORTAL_MAX_EMAIL_CHANGES_A_DAY", "100".to_owned()),
        ("KUNDPORTAL_REGION", "swedencentral".to_owned()),
        ("KUNDPORTAL_STORAGE_PLACES", "swedencentral/Standard_ZRS".to_owned()),
    ];
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Copies a store whose processes have ended.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("contents")).expect("a folder");
    fs::copy(from.join("store.sqlite3"), to.join("store.sqlite3")).expect("the database");
    for file in fs::read_dir(from.join("contents")).expect("the contents") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join("contents").join(file.file_name())).expect("a content");
    }
}
