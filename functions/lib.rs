//! Functions.

pub mod content_disposition;
pub mod csv_import;
pub mod picture;
pub mod range;
