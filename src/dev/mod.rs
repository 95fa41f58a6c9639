//! The local run: everything at one address, with nothing to install or configure. Absent from the deployed executable.

mod app_settings;
mod connection;
mod demo;
mod ending;
mod folder;
mod front;
mod host;
mod issuer;
mod keys;
mod parent;
mod port;
mod reply;
mod server;
mod storage;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    sync::Arc,
};

use data_encoding::BASE64;
use kundportal_store::{EmbeddedStore, SigningKey, SystemClock, SystemEntropy};
use tokio::net::TcpListener;

use ending::Ending;
use folder::Folder;
use front::Front;
use host::{Cors, Function, Host, HostSettings, Messages, Parts, ThisExecutable};
use issuer::Issuer;
use keys::Keys;

pub(crate) use parent::follow as follow_parent;

use crate::{config, environment::Environment, host_json::HOST_JSON, storage::AzureStorage};

/// Where data of the local run lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Storage {
    /// In a database in the data folder.
    Embedded,
    /// In storage accounts, Azurite's or real ones, which variables name; keys, mail and timers stay in the data folder.
    Azure,
}

impl Storage {
    /// As options and variables name it.
    fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Azure => "azure",
        }
    }
}

/// How the local run is asked for.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Folder of the data; it is made where it is missing.
    #[arg(long, default_value = ".kundportal", value_name = "FOLDER")]
    data_dir: PathBuf,
    /// Port on localhost at the first start, 7071 unless given; the folder keeps it.
    #[arg(long)]
    port: Option<u16>,
    /// Start without demo data.
    #[arg(long)]
    empty: bool,
    /// Where data lie.
    #[arg(long, value_enum, default_value_t = Storage::Embedded)]
    storage: Storage,
}

/// A build for development takes tokens from whoever asks: it must not serve anybody but its developer.
pub(crate) fn refuse_on_azure(environment: &Environment) -> Result<(), String> {
    match environment.names().find(|name| name.starts_with("WEBSITE_")) {
        Some(name) => Err(format!(
            "This is a development build: it does not start on Azure (the variable {name} is set)."
        )),
        None => Ok(()),
    }
}

/// Serves until Ctrl-C or SIGTERM. The error is a sentence for the terminal.
pub(crate) async fn run(options: Options, environment: &Environment) -> Result<(), String> {
    let mut ending = Ending::listen().map_err(|error| format!("Signals cannot be received: {error}."))?;
    let folder = Folder::open(&options.data_dir).map_err(|error| error.to_string())?;
    folder.belongs_to(options.storage.name()).map_err(|error| error.to_string())?;
    let (listener, port) = port::listen(&folder, options.port).await?;
    let local = Local::start(&folder, port, options.storage, environment).await?;
    // The folder is ours alone, so nobody is at work any more on what a run that was killed had taken out of its queues.
    local.store.queue().release_all().await.map_err(|error| {
        format!("The data folder {} cannot be written: {error}.", folder.path().display())
    })?;
    let ended = local.serve(listener, &mut ending, &folder, options.empty).await;
    local.stop().await;
    ended
}

/// The deployed functions; in a test build that of the tests too, where it is asked for.
#[cfg_attr(not(feature = "faults"), expect(unused_variables, reason = "asks for no other"))]
fn functions(environment: &Environment) -> impl Iterator<Item = &'static kundportal_functions::Function> {
    let deployed = kundportal_functions::FUNCTIONS.iter();
    #[cfg(feature = "faults")]
    let deployed =
        deployed.chain(crate::faults::asked_for(environment).then_some(&kundportal_functions::TEST_FUNCTION));
    deployed
}

/// Where the host takes messages out. In storage queues it makes those that are missing, as the infrastructure does when
/// deployed.
async fn messages(
    storage: Storage,
    store: &EmbeddedStore,
    queues: impl Iterator<Item = &str>,
    environment: &Environment,
) -> Result<Arc<dyn Messages>, String> {
    if storage == Storage::Embedded {
        return Ok(Arc::new(store.queue()));
    }
    let storage = config::read(environment, AzureStorage::read).map_err(|problems| problems.to_string())?;
    let (_, queue) = storage.open()?;
    for name in queues {
        queue.create(name).await.map_err(|error| {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            format!("The queues in storage cannot be made: {error} ({cause}).")
        })?;
    }
    Ok(Arc::new(Arc::new(queue)))
}

/// The parts of a local run.
struct Local {
    address: String,
    host: Arc<Host>,
    front: Arc<Front>,
    store: EmbeddedStore,
}

impl Local {
    async fn start(
        folder: &Folder,
        port: u16,
        storage: Storage,
        environment: &Environment,
    ) -> Result<Self, String> {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let keys = Keys::open(folder, &*entropy).map_err(|error| {
            format!("The keys in the data folder {} cannot be read: {error}.", folder.path().display())
        })?;
        let address = format!("http://localhost:{port}");
        let signing = BASE64
            .decode(keys.url_signing.as_bytes())
            .map_err(|_| format!("The keys in the data folder {} are damaged.", folder.path().display()))?;
        let store = EmbeddedStore::open(
            folder.path(),
            SigningKey::new(&signing),
            format!("{address}/dev/storage"),
            clock.clone(),
            entropy.clone(),
        )
        .map_err(|error| error.to_string())?;
        let issuer = Issuer::new(format!("{address}/dev/oidc"), &keys).map_err(|error| {
            format!("The keys in the data folder {} are damaged: {error}.", folder.path().display())
        })?;
        let settings = HostSettings::parse(HOST_JSON)?;
        let functions = functions(environment)
            .map(|function| {
                Function::parse(function.name, &function.manifest().to_string(), &settings.route_prefix)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("A function cannot be served: {error}."))?;
        let queues = functions.iter().filter_map(Function::queue);
        let messages = messages(storage, &store, queues, environment).await?;
        let launcher = ThisExecutable::new(app_settings::of(&address, folder, &keys, storage, environment))
            .map_err(|error| format!("This program cannot find itself: {error}."))?;
        let cors = Cors::new(environment.list("KUNDPORTAL_CORS_ORIGINS"));
        let host = Host::start(Parts {
            functions,
            settings,
            cors: cors.clone(),
            launcher: Arc::new(launcher),
            messages,
            timer_file: folder.file("timers.json"),
            clock: clock.clone(),
            entropy,
        })
        .map_err(|error| format!("No port is free for the handler: {error}."))?;
        let host = Arc::new(host);
        let front = Front { host: Arc::clone(&host), store: store.clone(), cors, issuer, clock };
        Ok(Self { address, host, front: Arc::new(front), store })
    }

    /// Serves until asked to end, or until the host ends by its own rules.
    async fn serve(
        &self,
        listener: TcpListener,
        ending: &mut Ending,
        folder: &Folder,
        empty: bool,
    ) -> Result<(), String> {
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(server::serve(listener, Arc::clone(&self.front), async {
            let _ = ended.await;
        }));
        let outcome = tokio::select! {
            () = ending.asked() => Ok(()),
            outcome = self.work(folder, empty) => outcome,
        };
        drop(end);
        let _ = server.await;
        outcome
    }

    /// Everything but answering: brings the handler messages and timers, makes the demo data, greets.
    async fn work(&self, folder: &Folder, empty: bool) -> Result<(), String> {
        self.host.ready().await?;
        let _triggers = self.host.serve_triggers();
        let greeting = async {
            let nobody = empty && !demo::is_there(folder);
            if !nobody {
                self.make_demo_data(folder).await;
            }
            self.greet(nobody).map_err(|error| format!("The terminal cannot be written: {error}."))?;
            std::future::pending().await
        };
        tokio::select! {
            refused = greeting => refused,
            reason = self.host.given_up() => Err(reason),
        }
    }

    /// Makes what is missing of the demo data. Without them everything else works.
    async fn make_demo_data(&self, folder: &Folder) {
        if demo::is_there(folder) {
            return;
        }
        tracing::info!("the demo data are being made");
        if let Err(error) = demo::make(folder, &self.address).await {
            tracing::warn!(%error, "the demo data are not complete; the next start goes on with them");
        }
    }

    fn greet(&self, nobody: bool) -> io::Result<()> {
        let mut terminal = io::stdout().lock();
        writeln!(terminal, "Kundportal is running at {}", self.address)?;
        if nobody {
            demo::introduce_nobody(&mut terminal, &self.address)?;
        } else {
            demo::introduce(&mut terminal, &self.address)?;
        }
        terminal.flush()
    }

    async fn stop(&self) {
        self.host.stop().await;
        if let Err(error) = self.store.checkpoint().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the database was not tidied up");
        }
    }
}
