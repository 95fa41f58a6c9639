//! One target under libFuzzer: the one that the variable `KUNDPORTAL_FUZZ_TARGET` names; `list` names them all.
#![no_main]

use std::sync::OnceLock;

use kundportal_fuzz::{TARGETS, Target, target};

static CHOSEN: OnceLock<&'static Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: begin(), |bytes: &[u8]| (CHOSEN.get_or_init(|| target(&asked_for())).check)(bytes));

#[expect(clippy::disallowed_methods, reason = "the arguments of this program are libFuzzer's")]
fn asked_for() -> String {
    std::env::var("KUNDPORTAL_FUZZ_TARGET").unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the list is what was asked for")]
fn begin() {
    // libFuzzer's own hook ends the process with any panic. Some are caught and are no defect: decoders of pictures may panic.
    // One that reaches libFuzzer is one, and ends the process too.
    let _ = std::panic::take_hook();
    if asked_for() == "list" {
        for target in TARGETS {
            println!("{} {}", target.name, target.longest);
        }
        std::process::exit(0);
    }
}
