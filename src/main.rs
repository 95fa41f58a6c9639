//! Kundportal: composition root and command line.
//!
//! Started by the Functions host, which says so by a variable, it is the custom handler. Otherwise it is the local run,
//! in builds that have it.

mod config;
#[cfg(feature = "dev")]
mod dev;
mod environment;
#[cfg(feature = "faults")]
mod faults;
mod handler;
mod host_json;
mod index;
mod region_lock;
mod signing;
mod storage;
mod verify_package;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser;

use environment::Environment;

/// A customer-portal back end that is GDPR-complete by construction.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[cfg(feature = "dev")]
    #[command(flatten)]
    local_run: dev::Options,
}

/// What an operator runs beside the service.
#[derive(clap::Subcommand)]
enum Command {
    /// The indexes by which everything is found
    #[command(subcommand)]
    Index(index::Command),
    /// Where anything may be deployed
    #[command(subcommand)]
    RegionLock(region_lock::Command),
    /// Checks offline that an access package is whole and signed
    VerifyPackage(verify_package::Options),
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let environment = Environment::of_process();
    // Where the log cannot be written, nothing is said of it: standard error may be as full as it is.
    tracing_subscriber::fmt().with_target(false).with_ansi(false).log_internal_errors(false).init();
    match run(command_line, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Does what an operator asks for.
async fn command(command: Command, environment: &Environment) -> Result<(), String> {
    match command {
        Command::Index(command) => index::run(command, environment).await,
        Command::RegionLock(command) => region_lock::run(command),
        Command::VerifyPackage(options) => verify_package::run(&options),
    }
}

#[cfg(feature = "dev")]
#[tokio::main]
async fn run(command_line: CommandLine, environment: &Environment) -> Result<(), String> {
    dev::refuse_on_azure(environment)?;
    if let Some(asked) = command_line.command {
        return command(asked, environment).await;
    }
    match handler::port(environment) {
        Some(port) => {
            dev::follow_parent(environment);
            handler::serve(port?, environment).await
        }
        None => dev::run(command_line.local_run, environment).await,
    }
}

#[cfg(not(feature = "dev"))]
#[tokio::main]
async fn run(command_line: CommandLine, environment: &Environment) -> Result<(), String> {
    if let Some(asked) = command_line.command {
        return command(asked, environment).await;
    }
    match handler::port(environment) {
        Some(port) => handler::serve(port?, environment).await,
        None => Err("This build is the handler of a Functions app, which the host starts; the local run is not in it.".to_owned()),
    }
}
