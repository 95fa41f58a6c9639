//! Names that storage takes: those that Azure Blob Storage takes, so that no adapter is more lenient than another.

use crate::{BlobPath, Container, StoreError};

/// A name that breaks the rules of storage: an error of the program, never of its user.
#[derive(Debug, thiserror::Error)]
#[error("storage takes no such name")]
struct Refused;

/// 3 to 63 characters of `[a-z0-9-]`, beginning and ending with a letter or digit, without two hyphens in a row.
pub(crate) fn check_container(container: &Container) -> Result<(), StoreError> {
    let name = container.as_str();
    let good = (3..=63).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.as_bytes().windows(2).any(|two| two == b"--");
    good.then_some(()).ok_or_else(|| StoreError::broken(Refused))
}

/// 1 to 1,024 characters in at most 254 parts, and not ending in a dot or a slash. No control characters, no backslash, which
/// storage takes for a slash, and none that XML has no way to write, in which storage lists names.
pub(crate) fn check(path: &BlobPath) -> Result<(), StoreError> {
    check_container(&path.container)?;
    let name = &path.name;
    let (characters, slashes) = (name.chars().count(), name.bytes().filter(|byte| *byte == b'/').count());
    let refused = name.chars().any(|one| one.is_control() || matches!(one, '\\' | '\u{fffe}' | '\u{ffff}'));
    let good = (1..=1024).contains(&characters) && slashes < 254 && !refused && !name.ends_with(['.', '/']);
    good.then_some(()).ok_or_else(|| StoreError::broken(Refused))
}
