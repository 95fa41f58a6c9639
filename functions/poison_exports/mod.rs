//! Queue `exports-poison`: packages that could not be written.

pub(crate) use crate::stuck::run;
