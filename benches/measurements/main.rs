//! What the program takes of the machine, each figure beside its floor: the least that the same thing can take, measured in the
//! same run, by turns. `cargo bench` prints the table and writes `docs/measurements.md`; nothing here passes or fails.
//!
//! `cargo bench -- --only start,profile --rounds 5` measures less, and then writes nothing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends with what is missing"
)]

mod azurite;
mod bare_reads;
mod by_turns;
mod figures;
mod floor;
mod generator;
mod machine;
#[path = "../../tests/transactions/office.rs"]
mod office;
mod package;
mod program;
mod report;
mod requests;
#[path = "../../tests/transactions/retention.rs"]
mod retention;
mod start;
#[path = "../../tests/support/mod.rs"]
mod support;
mod transactions;
mod upload;

use clap::{Parser, Subcommand};
use figures::Row;
use tracing_subscriber::filter::LevelFilter;

/// Measures the program against floors.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Options {
    /// Part of this program that is run as a process of its own.
    #[command(subcommand)]
    part: Option<Part>,
    /// How often each figure and its floor are measured, by turns.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// How much goes into an access package.
    #[arg(long, default_value_t = 1024)]
    package_mib: usize,
    /// How large an uploaded file is.
    #[arg(long, default_value_t = 64)]
    upload_mib: usize,
    /// Some of start, memory, profile, azurite, upload, package, transactions.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// `cargo bench` says so; it means nothing.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Part {
    /// Answers with a file's bytes, as plainly as may be.
    Floor(floor::Options),
    /// Reads blobs as plainly as may be.
    BareReads(bare_reads::Options),
    /// Asks as fast as it is answered.
    Generate(generator::Options),
}

fn main() {
    let options = Options::parse();
    // What servers within this process say is nobody's to read.
    let _ = tracing_subscriber::fmt().with_max_level(LevelFilter::OFF).try_init();
    match options.part {
        Some(Part::Floor(options)) => floor::serve(&options),
        Some(Part::BareReads(options)) => bare_reads::serve(&options),
        Some(Part::Generate(options)) => generator::run(&options),
        None => measure(&options),
    }
}

fn measure(options: &Options) {
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    if wanted("package") {
        package::require_zip();
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut rows: Vec<Row> = Vec::new();
    let mut show = |found: Vec<Row>| {
        for row in &found {
            println!("{}", row.line());
        }
        rows.extend(found);
    };
    println!("{}", machine::description());
    println!("{}", figures::HEADING);
    if ["start", "memory", "profile", "azurite"].into_iter().any(wanted) {
        let stage = runtime.block_on(program::Stage::open());
        if wanted("start") {
            show(start::measure(&stage, options.rounds));
        }
        if wanted("memory") {
            show(requests::memory(&stage));
        }
        if wanted("profile") {
            show(requests::profile(&stage, options.rounds));
        }
        if wanted("azurite") {
            show(azurite::profile(&stage, &runtime, options.rounds));
        }
    }
    if wanted("upload") {
        let stage = runtime.block_on(program::Stage::open());
        show(upload::measure(&stage, options.rounds, options.upload_mib));
    }
    if wanted("package") {
        show(runtime.block_on(package::measure(options.rounds, options.package_mib)));
    }
    let counts = if wanted("transactions") { runtime.block_on(transactions::measure()) } else { Vec::new() };
    println!("{}", transactions::table(&counts));
    if options.only.is_empty() {
        report::write(&rows, &counts, options.rounds);
    }
}
