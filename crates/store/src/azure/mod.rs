//! Azure Blob Storage and Storage Queues, by the official crates.
//!
//! - One HTTP client and one credential serve every call of a connection; no key or secret is configured.
//! - Tries, pauses and time-outs are the SDK's own, bounded ([`client`]); a call ends within about half a minute whatever storage does.
//! - An answer may be lost after its effect, and the SDK's next try then meets what the first one did. Such a refusal is
//!   never reported as somebody else's: conditional writes carry a random mark, by which their own effect is known again.

mod blobs;
mod client;
mod connection;
mod download;
mod failure;
#[cfg(feature = "emulator")]
mod hosting;
mod listing;
#[cfg(test)]
mod lost_answers;
mod queue;
mod signed;
mod upload;

pub use blobs::AzureBlobs;
#[cfg(feature = "emulator")]
pub use connection::EmulatorToken;
pub use connection::{AzureConfig, AzureConfigError, AzureConnection, AzureCredential, check_service_url};
#[cfg(feature = "emulator")]
pub use hosting::TakenMessage;
pub use queue::{AzureQueue, MessageEncoding};
