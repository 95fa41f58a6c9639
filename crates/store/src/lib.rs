//! Ports of the customer portal, and their adapters.
//!
//! The ports (such as [`BlobStore`]) promise in prose; `tests/conformance` holds every adapter to each promise.

mod aside;
mod azure;
mod conditions;
mod counting;
#[cfg(feature = "embedded")]
pub mod embedded;
mod faulty;
mod fixed;
mod key_vault;
mod local_signer;
mod memory;
mod names;
mod oidc;
mod ports;
mod public_key;
mod removal;
mod shared;
mod signing;
mod smtp;
mod system;
mod turns;

pub use aside::Aside;
pub use azure::{
    AzureBlobs, AzureConfig, AzureConfigError, AzureConnection, AzureCredential, AzureQueue, MessageEncoding,
    check_service_url,
};
#[cfg(feature = "emulator")]
pub use azure::{EmulatorToken, TakenMessage};
use conditions::{LIST_LIMIT, MESSAGE_LIMIT, cut};
pub use counting::{Counting, Counts, Tally};
#[cfg(feature = "embedded")]
pub use embedded::{EmbeddedQueue, EmbeddedStore, OpenError, Outbox};
pub use faulty::{Call, CallKind, Faults, Faulty, Matching, Moment, Pause};
pub use fixed::{FixedClock, SeededEntropy};
pub use key_vault::{KeyVaultKey, KeyVaultKeyError, KeyVaultSigner};
pub use local_signer::{LocalSigner, SigningKeyError};
pub use memory::{Enqueued, MemoryMailer, MemoryQueue, MemoryStore};
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use oidc::foreign;
pub use oidc::{EmailClaim, OidcConfigError, OidcIssuer, OidcVerifier};
pub use ports::*;
pub use public_key::{PublicKey, PublicKeyError};
pub use removal::as_removal;
pub use signing::{SignedAccess, SigningKey, UrlSigner};
pub use smtp::{SmtpConfigError, SmtpMailer, SmtpUrl};
pub use system::{SystemClock, SystemEntropy};
pub use turns::{InTurns, Turns};
