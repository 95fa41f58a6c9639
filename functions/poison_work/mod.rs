//! Queue `work-poison`: work that could not be brought to its end.

pub(crate) use crate::stuck::run;
