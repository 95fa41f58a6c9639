//! `kundportal region-lock`: whether what is about to be deployed stays where the register of sub-processors
//! allows, and whether that register goes on from what it was.

use std::{fs, io::Write as _, path::PathBuf, sync::Arc};

use jiff::civil::Date;
use kundportal_domain::{
    stockholm,
    sub_processors::{Regions, Register, RegisterError, check_snapshot},
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
    /// Holds the register against an earlier state of it: what was said once stays said
    History {
        /// The earlier register, such as that of the commit before, or of what is deployed
        earlier: PathBuf,
        /// Another register than the one within this program, such as a proposed one
        #[arg(long, value_name = "FILE")]
        register: Option<PathBuf>,
        /// The first day that a new revision may be of
        #[arg(long, value_name = "DAY")]
        not_before: Option<Date>,
    },
}

/// Does what is asked. The error says every reason, a line each.
pub(crate) fn run(command: Command) -> Result<(), String> {
    let regions = Regions::embedded().map_err(|error| lines(&error))?;
    let said = match command {
        Command::Check { snapshot, register } => {
            let register = self::register(register, regions)?;
            let lock = register.region_lock();
            let number = check_snapshot(read(&snapshot)?.as_bytes(), lock, regions)
                .map_err(|refusals| format!("{}: {}", snapshot.display(), refusals.join("\n")))?;
            lock.sentence(&format!("{number} predicted resources are where they may be"))
        }
        Command::History { earlier, register, not_before } => {
            let register = self::register(register, regions)?;
            let new = register.since(&read(&earlier)?, not_before).map_err(|error| lines(&error))?;
            let number = register.revision();
            format!(
                "revision {number} of the register of sub-processors goes on from the earlier one: {new} new"
            )
        }
    };
    writeln!(std::io::stdout(), "{said}").map_err(|error| format!("Nothing can be written: {error}."))
}

/// The register within this program, or another; none from the future.
fn register(other: Option<PathBuf>, regions: &Regions) -> Result<Register, String> {
    let register = match other {
        None => Register::embedded().cloned(),
        Some(path) => Register::parse(&read(&path)?, regions),
    };
    let register = register.map_err(|error| lines(&error))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    register.check_on(stockholm::date_of(clock.now())).map_err(|error| lines(&error))?;
    Ok(register)
}

fn lines(error: &RegisterError) -> String {
    error.sentences().join("\n")
}

fn read(path: &PathBuf) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
