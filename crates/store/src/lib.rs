//! Ports of the customer portal, and their adapters.

mod oidc;
mod ports;

pub use oidc::{EmailClaim, OidcConfigError, OidcIssuer, OidcVerifier};
pub use ports::*;
