//! Queue `retention-poison`: days of a tenant's retention that could not be brought to their end.

pub(crate) use crate::stuck::run;
