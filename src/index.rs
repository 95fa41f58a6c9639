//! `kundportal index`: run by an operator, with the app's settings, beside the service.

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use async_trait::async_trait;
use kundportal_domain::TenantId;
use kundportal_functions::{
    Adapters, App,
    index_rebuild::{self, Options},
};
use kundportal_store::{Mail, MailError, Mailer, SystemEntropy};

#[cfg(feature = "faults")]
use crate::faults;
use crate::{config::Config, environment::Environment, handler};

/// What is to be done with the indexes.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Makes every index again from the objects, under the current key, while the portal is in use
    ///
    /// Entries that no object leads to, or that are under the previous key, go. It may be ended at any time: run again, it goes
    /// on where it stopped.
    Rebuild {
        /// One tenant; all without it
        #[arg(long, value_name = "ID")]
        tenant: Option<TenantId>,
        /// Version of an index key that no instance has any more: what is named with it goes too
        #[arg(long = "retired-key", value_name = "VERSION")]
        retired_keys: Vec<String>,
    },
}

/// Does it. The error is a sentence for the terminal.
pub(crate) async fn run(command: Command, environment: &Environment) -> Result<(), String> {
    let Command::Rebuild { tenant, retired_keys } = command;
    let (clock, entropy) = (handler::clock(environment), Arc::new(SystemEntropy));
    let config = Config::read(environment, clock.clone()).map_err(|problems| problems.to_string())?;
    let storage = config.storage.open(clock.clone(), entropy.clone())?;
    let adapters = Adapters {
        #[cfg(feature = "faults")]
        blobs: faults::planned(environment, storage.blobs)?,
        #[cfg(not(feature = "faults"))]
        blobs: storage.blobs,
        queue: storage.queue,
        mailer: Arc::new(NoMail),
        clock,
        entropy,
        tokens: Arc::new(config.tokens),
        signer: config.signer.open()?,
    };
    let app = App::new(adapters, config.settings);
    let options = Options { tenant, retired_keys };
    let tally = index_rebuild::run(&app, &options, &say).await?;
    say(&format!("in all: {}", tally.in_words()));
    if tally.is_complete() { Ok(()) } else { Err("Not everything could be done: see above.".to_owned()) }
}

/// A line for whoever runs it. Nobody may be there to read it.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Indexes mail nobody.
struct NoMail;

#[async_trait]
impl Mailer for NoMail {
    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        Err(MailError::Refused("this command sends no mail".into()))
    }
}
