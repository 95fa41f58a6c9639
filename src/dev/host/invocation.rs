//! The identifier of one invocation, the same through all its re-sends.

use std::fmt;

use data_encoding::HEXLOWER;
use kundportal_store::Entropy;

/// A UUID of version 4 (RFC 9562, 5.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct InvocationId([u8; 16]);

impl InvocationId {
    /// A new one.
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = HEXLOWER.encode(&self.0);
        let mut start = 0;
        for (place, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            if place > 0 {
                f.write_str("-")?;
            }
            f.write_str(hex.get(start..start + length).unwrap_or_default())?;
            start += length;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_a_uuid_of_version_4() {
        let id = InvocationId::new(&kundportal_store::SystemEntropy).to_string();
        let parts: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]));
    }
}
