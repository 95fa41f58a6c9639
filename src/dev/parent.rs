//! The bond between the local run and its handler.

use std::io::Read as _;

use super::host::END_WITH_INPUT;
use crate::environment::Environment;

/// In a handler that a local run started: ends the process when its standard input does, and leaves Ctrl-C to the
/// parent, which the terminal tells as well.
pub(crate) fn follow(environment: &Environment) {
    if environment.get(END_WITH_INPUT).is_none() {
        return;
    }
    tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    std::thread::spawn(|| {
        let mut input = std::io::stdin().lock();
        let mut buffer = [0; 64];
        while input.read(&mut buffer).is_ok_and(|read| read > 0) {}
        std::process::exit(0);
    });
}
