//! Time and chance from the operating system: the one place where they enter.

use jiff::Timestamp;

use crate::{Clock, Entropy};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter through which time is injected everywhere else"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The cryptographic generator of aws-lc, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter through which chance is injected everywhere else"
    )]
    #[expect(clippy::expect_used, reason = "aws-lc ends the process itself when the system has no entropy")]
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the system has entropy");
    }
}
