//! `kundportal region-lock`: whether what is about to be deployed stays where the register of sub-processors allows.

use std::{fs, io::Write as _, path::PathBuf, sync::Arc};

use kundportal_domain::{
    stockholm,
    sub_processors::{Regions, Register, check_snapshot},
};
use kundportal_store::{Clock, SystemClock};

/// What is asked of the region lock.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Holds the predicted resources of `bicep snapshot` against the register
    Check {
        /// The snapshot
        snapshot: PathBuf,
        /// Another register than the one within this program, such as a proposed one
        #[arg(long, value_name = "FILE")]
        register: Option<PathBuf>,
    },
}

/// Does what is asked. The error says every reason, a line each.
pub(crate) fn run(command: Command) -> Result<(), String> {
    let Command::Check { snapshot, register } = command;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let regions = Regions::embedded().map_err(|error| error.sentences().join("\n"))?;
    let register = match register {
        None => Register::embedded().cloned(),
        Some(path) => Register::parse(&read(&path)?, regions),
    };
    let register = register.map_err(|error| error.sentences().join("\n"))?;
    register.check_on(stockholm::date_of(clock.now())).map_err(|error| error.sentences().join("\n"))?;
    let lock = register.region_lock();
    let number = check_snapshot(read(&snapshot)?.as_bytes(), lock, regions)
        .map_err(|refusals| format!("{}: {}", snapshot.display(), refusals.join("\n")))?;
    let said = lock.sentence(&format!("{number} predicted resources are where they may be"));
    writeln!(std::io::stdout(), "{said}").map_err(|error| format!("Nothing can be written: {error}."))
}

fn read(path: &PathBuf) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
