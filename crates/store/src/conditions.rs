//! Rules that every adapter decides alike.

use std::ops::Range;

use bytes::Bytes;

use crate::{Condition, ETag, StoreError};

/// The longest page of a listing, as in Azure.
pub(crate) const LIST_LIMIT: usize = 5_000;

/// The longest message in bytes, 48 KiB: what remains of Azure's 64 KiB after base64.
pub(crate) const MESSAGE_LIMIT: usize = 48 * 1024;

impl Condition {
    /// Whether a write may go on where the blob has this version, or none.
    pub(crate) fn check(&self, present: Option<&ETag>) -> Result<(), StoreError> {
        match (self, present) {
            (Self::Always, _) | (Self::IfAbsent, None) => Ok(()),
            (Self::IfAbsent, Some(_)) => Err(StoreError::AlreadyExists),
            (Self::IfMatch(wanted), Some(present)) if wanted == present => Ok(()),
            (Self::IfMatch(_), _) => Err(StoreError::PreconditionFailed),
        }
    }
}

/// The part of a content of `size` bytes that an asked range stands for.
pub(crate) fn within(size: u64, range: Option<Range<u64>>) -> Result<Range<u64>, StoreError> {
    match range {
        None => Ok(0..size),
        Some(range) if range.start >= size => Err(StoreError::RangeNotSatisfiable { size }),
        Some(range) => Ok(range.start..range.end.clamp(range.start, size)),
    }
}

/// That part of bytes in memory, without copying.
pub(crate) fn cut(bytes: &Bytes, range: Option<Range<u64>>) -> Result<(Range<u64>, Bytes), StoreError> {
    let range = within(bytes.len() as u64, range)?;
    let index = |at: u64| usize::try_from(at).map_err(StoreError::broken);
    let part = bytes.slice(index(range.start)?..index(range.end)?);
    Ok((range, part))
}
