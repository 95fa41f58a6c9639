//! The custom handler: what the Functions host starts and asks.

use std::{net::Ipv4Addr, panic, sync::Arc};

use kundportal_functions::{Adapters, App};
use kundportal_store::{Clock, Mailer, SystemClock, SystemEntropy};
use tokio::net::TcpListener;

#[cfg(feature = "faults")]
use crate::faults;
use crate::{config::Config, environment::Environment};

/// The variables by which the host names the port, the newer one first.
const PORTS: [&str; 2] = ["FUNCTIONS_CUSTOMHANDLER_PORT", "FUNCTIONS_HTTPWORKER_PORT"];

/// The port that the host wants answers on; none where no host started this process.
pub(crate) fn port(environment: &Environment) -> Option<Result<u16, String>> {
    let (name, value) = PORTS.iter().find_map(|name| Some((name, environment.get(name)?)))?;
    Some(value.parse().map_err(|_| format!("{name} is not the number of a port.")))
}

/// Says of a panic where it was and not what it says, which may hold anything: what is written to the error stream reaches
/// the platform's log.
fn keep_panics_quiet() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location();
        let (file, line) = (place.map(panic::Location::file), place.map(panic::Location::line));
        tracing::error!(file, line, "a panic was caught");
    }));
}

/// Serves the functions until the process is ended. The error is for the log.
pub(crate) async fn serve(port: u16, environment: &Environment) -> Result<(), String> {
    keep_panics_quiet();
    let (clock, entropy) = (clock(environment), Arc::new(SystemEntropy));
    let config = Config::read(environment, clock.clone()).map_err(|problems| problems.to_string())?;
    let storage = config.storage.open(clock.clone(), entropy.clone())?;
    let mailer: Arc<dyn Mailer> = match (config.mailer, storage.outbox) {
        (Some(mailer), _) => Arc::new(mailer),
        (None, Some(outbox)) => outbox,
        (None, None) => {
            return Err("The configuration cannot be used:\n  KUNDPORTAL_SMTP_URL is missing".to_owned());
        }
    };
    let adapters = Adapters {
        blobs: storage.blobs,
        queue: storage.queue,
        mailer,
        clock,
        entropy,
        tokens: Arc::new(config.tokens),
        signer: config.signer.open()?,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| format!("Port {port} cannot be used: {error}."))?;
    #[cfg(feature = "faults")]
    if faults::asked_for(environment) {
        faults::serve(listener, adapters, config.settings).await;
        return Ok(());
    }
    kundportal_functions::serve(listener, App::new(adapters, config.settings)).await;
    Ok(())
}

/// The machine's time; in the test build the test's, where it asks for that.
#[cfg_attr(not(feature = "faults"), expect(unused_variables, reason = "says nothing of the time"))]
pub(crate) fn clock(environment: &Environment) -> Arc<dyn Clock> {
    #[cfg(feature = "faults")]
    if let Some(clock) = faults::clock(environment) {
        return clock;
    }
    Arc::new(SystemClock)
}
