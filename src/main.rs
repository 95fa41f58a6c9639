//! Kundportal: composition root and command line.

#[cfg(feature = "dev")]
mod dev;
mod environment;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser;

use environment::Environment;

/// A customer-portal back end that is GDPR-complete by construction.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    #[cfg(feature = "dev")]
    #[command(flatten)]
    local_run: dev::Options,
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let environment = Environment::of_process();
    tracing_subscriber::fmt().with_target(false).with_ansi(false).init();
    match run(command_line, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(command_line: CommandLine, environment: &Environment) -> Result<(), String> {
    dev::run(command_line.local_run, environment).await
}
