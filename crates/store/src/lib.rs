//! Ports of the customer portal, and their adapters.

mod ports;

pub use ports::*;
