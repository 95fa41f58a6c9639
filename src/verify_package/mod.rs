//! `verify-package`: whether an access package is whole and signed, without asking anybody. In every build.

mod bag;
mod signature;

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufReader, Write as _},
    path::{Path, PathBuf},
};

use kundportal_store::PublicKey;

use bag::{Bag, LONGEST_SIGNED};

/// Most bytes of a key set.
const LONGEST_KEYS: u64 = 1024 * 1024;
/// Faults that are told one by one.
const MOST_FAULTS: usize = 20;

/// What is asked for.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// The package, as it was fetched.
    package: PathBuf,
    /// The public keys: what `GET /api/keys` answers.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
}

/// Says what was checked. The error is what is wrong, a line for each.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let keys = keys(&options.keys)?;
    let package = options.package.display();
    let file = File::open(&options.package).map_err(|error| format!("{package} cannot be read: {error}."))?;
    let mut faults = Faults::default();
    let checked = check(file, &keys, &mut faults);
    match checked {
        Some((key, bag)) if faults.all == 0 => writeln!(
            io::stdout(),
            "The package {} is whole and signed: {} files with {} bytes, by the key {key}.",
            bag.name(),
            bag.files,
            bag.bytes
        )
        .map_err(|error| format!("Nothing can be written: {error}.")),
        _ => Err(faults.said(&options.package)),
    }
}

/// The key that signed, and what was counted; none where it makes no sense to go on.
fn check(file: File, keys: &[PublicKey], faults: &mut Faults) -> Option<(String, Bag)> {
    let mut bag = faults.of(Bag::open(file))?;
    let manifest = faults.of(bag.whole("tagmanifest-sha256.txt", LONGEST_SIGNED))?;
    let key = match faults.of(bag.whole("signature.jws", 2 * LONGEST_SIGNED)) {
        Some(jws) => faults.of(signature::check(&jws, &manifest, keys)),
        None => None,
    };
    bag.check(&manifest, faults);
    key.map(|key| (key, bag))
}

fn keys(path: &Path) -> Result<Vec<PublicKey>, String> {
    let shown = path.display();
    let length = std::fs::metadata(path).map_err(|error| format!("{shown} cannot be read: {error}."))?.len();
    if length > LONGEST_KEYS {
        return Err(format!("{shown} is too long for a key set."));
    }
    let json = std::fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}."))?;
    PublicKey::from_set(&json).map_err(|rule| format!("{shown} {rule}."))
}

/// What is wrong.
#[derive(Default)]
struct Faults {
    told: Vec<String>,
    all: usize,
}

impl Faults {
    /// A fault may quote a name of the archive, which may hold what a terminal obeys.
    fn add(&mut self, fault: impl AsRef<str>) {
        self.all += 1;
        if self.told.len() < MOST_FAULTS {
            let plain = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
            self.told.push(fault.as_ref().chars().map(plain).collect());
        }
    }

    /// What there is, or else a fault.
    fn of<T>(&mut self, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|fault| self.add(fault)).ok()
    }

    fn said(&self, package: &Path) -> String {
        let mut text = format!("{} is not as it was signed:", package.display());
        for fault in &self.told {
            let _ = write!(text, "\n  {fault}");
        }
        if self.all > self.told.len() {
            let _ = write!(text, "\n  and {} more", self.all - self.told.len());
        }
        text
    }
}

/// The archive, read from a file.
type Archive = zip::ZipArchive<BufReader<File>>;

/// Why an entry, or all of them, cannot be read.
fn broken(name: &str, error: impl Into<io::Error>) -> String {
    format!("{name} is damaged: {}", error.into())
}
