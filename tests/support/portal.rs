//! One running portal.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use data_encoding::BASE64;
use jiff::Timestamp;
use kundportal_functions::{
    Adapters, App, ClientIp, Concurrency, DirectUploads, FrontEnd, Keys, Limits, PackageLimits, Place,
    Settings, StoragePlace,
    index_rebuild::{self, Options, Tally},
};
use kundportal_store::{
    AzureBlobs, AzureConnection, BlobPath, BlobStore, BlobStoreExt as _, Clock as _, Counting, Counts,
    EmbeddedStore, Enqueued, Faults, Faulty, FixedClock, InTurns, LocalSigner, Mail, MemoryMailer,
    MemoryQueue, MemoryStore, Queue, SeededEntropy, SigningKey, Turns,
};
use tempfile::TempDir;

use super::{
    azurite::Azurite,
    issuer::Issuer,
    on_account::Queues,
    served::{self, Account, Process},
};

/// The key that signs packages, from RFC 7515, A.3: no secret.
pub(super) const PACKAGE_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIffH1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt";

/// Where the portal keeps its blobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Storage {
    Memory,
    /// The store of the local run, in a folder of its own.
    Embedded,
    /// An account of Azurite. Messages and mail are in memory, as with the others.
    Azure,
}

impl Storage {
    /// Those that cost nothing to start.
    pub(crate) const ALL: [Self; 2] = [Self::Memory, Self::Embedded];
}

pub(super) enum Store {
    Memory(Arc<MemoryStore>),
    Embedded(Box<EmbeddedStore>, TempDir),
    Azure(Arc<AzureBlobs>, AzureConnection),
    /// Blobs and messages of handlers that are processes of their own.
    Account(Box<Account>),
}

/// What several handler processes share.
pub(super) struct World {
    pub(super) store: Store,
    queue: Arc<MemoryQueue>,
    /// Where messages go instead, if they go to an account.
    pub(super) queues: Option<Arc<Queues>>,
    mailer: Arc<MemoryMailer>,
    pub(super) clock: Arc<FixedClock>,
    pub(super) issuer: Arc<Issuer>,
    counts: Counts,
    faults: Faults,
    turns: Turns,
    waiting: Mutex<Vec<(Timestamp, Enqueued)>>,
    mails: Mutex<Vec<Mail>>,
    pub(super) settings: Settings,
    signer: Arc<LocalSigner>,
    pub(super) invocations: AtomicU64,
    pub(super) client: reqwest::Client,
    /// How handlers are started that are processes of their own.
    pub(super) served: Option<served::Setting>,
}

/// The real routes on a socket, over stores that show what they hold, at a time that stands still until it is moved.
pub(crate) struct Portal {
    pub(super) world: Arc<World>,
    url: String,
    /// The handler, where it is a process of its own.
    pub(super) process: Option<Process>,
}

impl Portal {
    /// On memory.
    pub(crate) async fn start() -> Self {
        Self::start_on(Storage::Memory).await
    }

    pub(crate) async fn start_on(storage: Storage) -> Self {
        Self::start_with(storage, |_| {}).await
    }

    /// With changed settings.
    pub(crate) async fn start_with(storage: Storage, change: impl FnOnce(&mut Settings)) -> Self {
        // Shown with a test that fails. Several portals of a process share it.
        let _ = tracing_subscriber::fmt().with_test_writer().with_ansi(false).without_time().try_init();
        // A Monday morning in Sweden.
        let clock = Arc::new(FixedClock::new("2026-03-02T08:00:00Z".parse().expect("a time")));
        let store = match storage {
            Storage::Memory => Store::Memory(Arc::new(MemoryStore::new(clock.clone()))),
            Storage::Embedded => {
                let folder = TempDir::new().expect("a folder");
                let entropy = Arc::new(SeededEntropy::new(2));
                let key = SigningKey::new(&[3; 32]);
                let base = "http://storage.invalid";
                let store = EmbeddedStore::open(folder.path(), key, base, clock.clone(), entropy);
                Store::Embedded(Box::new(store.expect("an embedded store")), folder)
            }
            Storage::Azure => {
                let config = Azurite::shared().account();
                let connection = AzureConnection::new(&config.credential).expect("a connection");
                Store::Azure(Arc::new(connection.blobs(&config).expect("a store")), connection)
            }
        };
        let issuer = Arc::new(Issuer::start().await);
        let mut world = World::new(store, clock, issuer);
        change(&mut world.settings);
        Self::serve(Arc::new(world), 1).await
    }

    /// Another handler process on the same storage, queues and mail, with memories of its own.
    pub(crate) async fn another_process(&self) -> Self {
        if self.process.is_some() {
            return Self::over_a_process(Arc::clone(&self.world)).await;
        }
        self.redeployed(|_| {}).await
    }

    /// Over a handler that the world says how to start.
    pub(super) async fn over_a_process(world: Arc<World>) -> Self {
        let process = Process::start(&world).await;
        Self { url: process.url().to_owned(), world, process: Some(process) }
    }

    /// Another handler process on the same storage, queues and mail, deployed with changed settings.
    pub(crate) async fn redeployed(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.world.settings.clone();
        change(&mut settings);
        // No two have the same: they would make the same identifiers.
        let seed = 1_000_000 + self.world.invocations.fetch_add(1, Ordering::Relaxed);
        Self::serve_with(Arc::clone(&self.world), seed, settings).await
    }

    pub(super) async fn serve(world: Arc<World>, seed: u64) -> Self {
        let settings = world.settings.clone();
        Self::serve_with(world, seed, settings).await
    }

    async fn serve_with(world: Arc<World>, seed: u64, settings: Settings) -> Self {
        let app = world.app(seed, settings);
        let listener =
            tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(kundportal_functions::serve(listener, app));
        Self { world, url, process: None }
    }

    /// Makes the indexes again, as `kundportal index rebuild` does, in this process.
    pub(crate) async fn rebuild_index(&self, options: &Options) -> Result<Tally, String> {
        self.rebuild_index_with(|_| {}, options).await
    }

    /// The same with changed settings.
    pub(crate) async fn rebuild_index_with(
        &self,
        change: impl FnOnce(&mut Settings),
        options: &Options,
    ) -> Result<Tally, String> {
        let mut settings = self.world.settings.clone();
        change(&mut settings);
        index_rebuild::run(&self.world.app(77, settings), options, &|_| ()).await
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.world.client
    }

    pub(crate) fn clock(&self) -> &FixedClock {
        &self.world.clock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Lets hours go by.
    pub(crate) fn advance_hours(&self, hours: u64) {
        self.world.clock.advance(Duration::from_hours(hours));
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        &self.world.issuer
    }

    /// Transactions with storage since the last time they were taken.
    pub(crate) fn counts(&self) -> &Counts {
        &self.world.counts
    }

    /// Requests that went to Azurite for blobs, every try counted.
    pub(crate) fn requests(&self) -> u64 {
        match &self.world.store {
            Store::Azure(_, connection) => connection.requests(),
            Store::Memory(_) | Store::Embedded(..) | Store::Account(_) => 0,
        }
    }

    /// What is to go wrong in storage, queues and mail.
    pub(crate) fn faults(&self) -> &Faults {
        &self.world.faults
    }

    /// Who may go when in storage, queues and mail.
    pub(crate) fn turns(&self) -> &Turns {
        &self.world.turns
    }

    pub(crate) fn next_invocation(&self) -> String {
        let number = self.world.invocations.fetch_add(1, Ordering::Relaxed);
        format!("00000000-0000-4000-8000-{number:012x}")
    }

    /// Storage itself, past counting and faults.
    pub(crate) fn blobs(&self) -> Arc<dyn BlobStore> {
        self.world.blobs()
    }

    /// Every blob by `container/name`: what remains.
    pub(crate) async fn dump(&self) -> BTreeMap<String, Bytes> {
        let containers = match &self.world.store {
            Store::Memory(store) => return store.dump(None),
            Store::Embedded(store, _) => store.containers().await,
            Store::Azure(store, _) => store.containers().await,
            Store::Account(account) => account.blobs.containers().await,
        };
        let store = self.blobs();
        let mut all = BTreeMap::new();
        for container in containers.expect("containers") {
            let mut from = None;
            loop {
                let page = store.list(&container, "", from.as_ref(), 5_000).await.expect("a page");
                for entry in page.entries {
                    let path = BlobPath::new(container.clone(), entry.name);
                    let (bytes, _) = store.get_bytes(&path, u64::MAX).await.expect("a blob");
                    all.insert(path.to_string(), bytes);
                }
                match page.next {
                    Some(next) => from = Some(next),
                    None => break,
                }
            }
        }
        all
    }

    /// The names of what remains.
    pub(crate) async fn names(&self) -> Vec<String> {
        self.dump().await.into_keys().collect()
    }

    /// Every mail sent so far, oldest first.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        if self.process.is_some() {
            return self.world.sent();
        }
        let mut mails = self.world.mails.lock().expect("the mails");
        mails.extend(self.world.mailer.drain());
        mails.clone()
    }

    /// Messages that are visible now, and others with the time from which they will be.
    pub(crate) fn take_messages(&self) -> (Vec<Enqueued>, Vec<(Timestamp, Enqueued)>) {
        let now = self.now();
        let mut waiting = std::mem::take(&mut *self.world.waiting.lock().expect("the messages"));
        waiting.extend(self.world.queue.drain().into_iter().map(|message| (now + message.delay, message)));
        if self.process.is_some() {
            waiting.extend(self.world.received(now).into_iter().map(|message| (now, message)));
        }
        if let Some(queues) = &self.world.queues {
            waiting.extend(queues.received().into_iter().map(|message| (now, message)));
        }
        let (visible, hidden): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(at, _)| *at <= now);
        (visible.into_iter().map(|(_, message)| message).collect(), hidden)
    }

    pub(crate) fn put_back(&self, messages: Vec<(Timestamp, Enqueued)>) {
        self.world.waiting.lock().expect("the messages").extend(messages);
    }

    /// Puts a message into a queue, as if it had come back to it.
    pub(crate) fn put_in_queue(&self, queue: &str, message: &str) {
        let message =
            Enqueued { queue: queue.to_owned(), message: message.to_owned(), delay: Duration::ZERO };
        self.put_back(vec![(self.now(), message)]);
    }

    /// Loses every message that waits, as queues may: markers alone must be enough.
    pub(crate) fn lose_messages(&self) -> Vec<Enqueued> {
        let (mut lost, hidden) = self.take_messages();
        lost.extend(hidden.into_iter().map(|(_, message)| message));
        lost
    }
}

impl World {
    pub(super) fn new(store: Store, clock: Arc<FixedClock>, issuer: Arc<Issuer>) -> Self {
        Self {
            store,
            queue: Arc::new(MemoryQueue::new()),
            queues: None,
            mailer: Arc::new(MemoryMailer::new()),
            clock,
            settings: settings(&issuer),
            signer: Arc::new(signer()),
            issuer,
            counts: Counts::new(),
            faults: Faults::new(),
            turns: Turns::new(Duration::from_secs(2)),
            waiting: Mutex::default(),
            mails: Mutex::default(),
            invocations: AtomicU64::new(1),
            client: client(usize::MAX),
            served: None,
        }
    }

    /// What a handler in this process works with.
    fn app(&self, seed: u64, settings: Settings) -> App {
        let counted = Counting::new(self.blobs(), self.counts.clone());
        let queue: Arc<dyn Queue> = match &self.queues {
            Some(queues) => Arc::clone(queues) as Arc<dyn Queue>,
            None => Arc::clone(&self.queue) as Arc<dyn Queue>,
        };
        let queue = Counting::new(queue, self.counts.clone());
        let mailer = Faulty::new(Arc::clone(&self.mailer), self.faults.clone());
        let adapters = Adapters {
            blobs: Arc::new(InTurns::new(Faulty::new(counted, self.faults.clone()), self.turns.clone())),
            queue: Arc::new(InTurns::new(Faulty::new(queue, self.faults.clone()), self.turns.clone())),
            mailer: Arc::new(InTurns::new(mailer, self.turns.clone())),
            clock: self.clock.clone(),
            entropy: Arc::new(SeededEntropy::new(seed)),
            tokens: Arc::new(self.issuer.verifier()),
            signer: Arc::new(Faulty::new(self.signer.clone(), self.faults.clone())),
        };
        App::new(adapters, settings)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        match &self.store {
            Store::Memory(store) => Arc::clone(store) as Arc<dyn BlobStore>,
            Store::Embedded(store, _) => Arc::new(EmbeddedStore::clone(store)),
            Store::Azure(store, _) => Arc::clone(store) as Arc<dyn BlobStore>,
            Store::Account(account) => Arc::clone(&account.blobs) as Arc<dyn BlobStore>,
        }
    }
}

/// A client that keeps so many connections that nobody uses.
pub(super) fn client(kept: usize) -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_mins(1))
        .pool_max_idle_per_host(kept)
        .build()
        .expect("a client")
}

fn signer() -> LocalSigner {
    let key = BASE64.decode(PACKAGE_KEY.as_bytes()).expect("Base64");
    LocalSigner::new(&key, Vec::new()).expect("a key")
}

fn settings(issuer: &Issuer) -> Settings {
    let keys = |first: u8| {
        let key: Vec<u8> = (0..32).map(|byte| byte ^ first).collect();
        Keys::parse(&format!("1:{}", BASE64.encode(&key))).expect("keys")
    };
    Settings {
        index_keys: keys(0x55),
        link_keys: keys(0xaa),
        portal_url: "https://portal.example.com/api/portal/".to_owned(),
        mail_domain: "portal.example.com".to_owned(),
        client_ip: ClientIp::Header("client-ip".to_owned()),
        front_end: FrontEnd {
            issuer: issuer.url(super::Speaker::Main),
            client_id: "portal".to_owned(),
            scopes: vec!["openid".to_owned()],
        },
        // Enough for every test but the one that is about it.
        limits: Limits { email_changes_a_day: 1_000, ..Limits::default() },
        concurrency: Concurrency::default(),
        packages: PackageLimits::default(),
        direct_uploads: DirectUploads::default(),
        region: Some("swedencentral".to_owned()),
        version: "0.0.0-test".to_owned(),
        place: Place::Deployed {
            runs_in: Some("Sweden Central".to_owned()),
            primary: Some("swedencentral".to_owned()),
            storage: vec![StoragePlace {
                region: "swedencentral".to_owned(),
                sku: "Standard_ZRS".to_owned(),
            }],
        },
        mail_by: None,
        register: Arc::new(super::register::example()),
    }
}
