//! Kundportal.
fn main() {}
