//! Keyed hashes (HMAC-SHA-256): names of index entries, links in mails, cursors. Never a bare hash of personal data.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

/// Keys of one purpose, the current one first. A look-up tries each, a new name is made with the first.
#[derive(Clone)]
pub struct Keys {
    keys: Vec<(String, hmac::Key)>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// Why configured keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `version:base64`, separated by commas.
    #[error("is not of the form version:base64[,version:base64]")]
    Form,
    /// Fewer than 32 bytes, or all bytes the same.
    #[error("holds a key that is too weak (32 random bytes are needed)")]
    Weak,
}

impl Keys {
    /// Reads `version:base64`, the current key first, the previous one after a comma.
    ///
    /// # Errors
    /// [`KeyError`], which never holds any part of a key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let keys = text.split(',').map(Self::parse_one).collect::<Result<Vec<_>, _>>()?;
        let distinct = keys.iter().map(|(version, _)| version).collect::<std::collections::BTreeSet<_>>();
        if keys.len() > 2 || distinct.len() != keys.len() { Err(KeyError::Form) } else { Ok(Self { keys }) }
    }

    fn parse_one(text: &str) -> Result<(String, hmac::Key), KeyError> {
        let (version, key) = text.trim().split_once(':').ok_or(KeyError::Form)?;
        let key = data_encoding::BASE64.decode(key.as_bytes()).map_err(|_| KeyError::Form)?;
        if !is_version(version) {
            return Err(KeyError::Form);
        }
        if key.len() < 32 || key.iter().all(|byte| Some(byte) == key.first()) {
            return Err(KeyError::Weak);
        }
        Ok((version.to_owned(), hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The name of these parts under the current key: `version-hexadecimal`.
    pub(crate) fn name(&self, purpose: Purpose, parts: &[&str]) -> String {
        self.names(purpose, parts).next().unwrap_or_default()
    }

    /// The names of these parts under each key, the current one first.
    pub(crate) fn names<'a>(
        &'a self,
        purpose: Purpose,
        parts: &'a [&str],
    ) -> impl Iterator<Item = String> + 'a {
        self.keys.iter().map(move |(version, key)| {
            format!("{version}-{}", HEXLOWER.encode(sign(key, purpose, parts).as_ref()))
        })
    }

    /// The version of the current key.
    pub(crate) fn current(&self) -> &str {
        self.keys.first().map_or("", |(version, _)| version)
    }

    /// What a name in storage says of the key that it was made with.
    pub(crate) fn key_of<'a>(&self, name: &'a str) -> KeyOfName<'a> {
        let is_hash = |hash: &str| hash.len() == 64 && HEXLOWER.decode(hash.as_bytes()).is_ok();
        match name.split_once('-').filter(|(version, hash)| is_version(version) && is_hash(hash)) {
            None => KeyOfName::None,
            Some((version, _)) if version == self.current() => KeyOfName::Current,
            Some((version, _)) if self.keys.iter().any(|(known, _)| known == version) => KeyOfName::Other,
            Some((version, _)) => KeyOfName::Unknown(version),
        }
    }

    /// A short proof of these parts for a link: 128 bits of the HMAC.
    pub(crate) fn proof(&self, purpose: Purpose, parts: &[&str]) -> String {
        self.proofs(purpose, parts).next().unwrap_or_default()
    }

    /// Whether the proof is one of these parts, under any of the keys, in constant time.
    pub(crate) fn proves(&self, purpose: Purpose, parts: &[&str], proof: &str) -> bool {
        self.proofs(purpose, parts)
            .any(|own| constant_time::verify_slices_are_equal(own.as_bytes(), proof.as_bytes()).is_ok())
    }

    fn proofs<'a>(&'a self, purpose: Purpose, parts: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        self.keys
            .iter()
            .map(move |(_, key)| BASE64URL_NOPAD.encode(&sign(key, purpose, parts).as_ref()[..16]))
    }

    /// A number of six digits that only whoever holds the key can know, under each key, the current one first.
    pub(crate) fn digits<'a>(&'a self, parts: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        self.keys.iter().map(move |(_, key)| {
            let tag = sign(key, Purpose::Code, parts);
            let number =
                tag.as_ref().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            format!("{:06}", number % 1_000_000)
        })
    }
}

/// Which key a name was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOfName<'a> {
    /// The current one.
    Current,
    /// Another that is configured.
    Other,
    /// One that is not configured: its version.
    Unknown(&'a str),
    /// None: no program makes such a name.
    None,
}

fn is_version(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// What a keyed hash is for: the same parts give another hash for each.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Identity,
    Email,
    CustomerName,
    Thread,
    IdempotencyKey,
    Content,
    Invite,
    EmailChange,
    Code,
    Cursor,
}

/// HMAC over the purpose and the parts, each with its length before it, so that no two lists of parts look alike.
fn sign(key: &hmac::Key, purpose: Purpose, parts: &[&str]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(&[purpose as u8]);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.sign()
}

/// SHA-256 as bytes arrive.
pub(crate) struct Sha256(digest::Context);

impl Sha256 {
    pub(crate) fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Of bytes that are at hand, in lower-case hexadecimal.
    pub(crate) fn of(bytes: &[u8]) -> String {
        let mut sha256 = Self::new();
        sha256.update(bytes);
        sha256.finish()
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In lower-case hexadecimal.
    pub(crate) fn finish(self) -> String {
        HEXLOWER.encode(self.0.finish().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: &str, byte: u8) -> String {
        let mut bytes = [byte; 32];
        bytes[0] = byte.wrapping_add(1);
        format!("{version}:{}", data_encoding::BASE64.encode(&bytes))
    }

    #[test]
    fn a_rotated_key_still_finds_what_the_previous_one_named() {
        let old = Keys::parse(&key("1", 7)).expect("keys");
        let new = Keys::parse(&format!("{},{}", key("2", 9), key("1", 7))).expect("keys");
        let name = old.name(Purpose::Email, &["a@example.se"]);
        assert_ne!(new.name(Purpose::Email, &["a@example.se"]), name);
        assert!(new.names(Purpose::Email, &["a@example.se"]).any(|other| other == name));
        assert!(new.proves(Purpose::Invite, &["x"], &old.proof(Purpose::Invite, &["x"])));
        let code = old.digits(&["x"]).next();
        assert!(new.digits(&["x"]).any(|digits| Some(digits) == code));
    }

    #[test]
    fn parts_and_purposes_do_not_run_into_each_other() {
        let keys = Keys::parse(&key("1", 7)).expect("keys");
        assert_ne!(keys.name(Purpose::Email, &["ab", "c"]), keys.name(Purpose::Email, &["a", "bc"]));
        assert_ne!(keys.name(Purpose::Email, &["a"]), keys.name(Purpose::Thread, &["a"]));
    }

    #[test]
    fn weak_or_garbled_keys_are_refused() {
        let zeros = format!("1:{}", data_encoding::BASE64.encode(&[0; 32]));
        let short = format!("1:{}", data_encoding::BASE64.encode(b"short"));
        for (text, error) in
            [("", KeyError::Form), ("1", KeyError::Form), (&zeros, KeyError::Weak), (&short, KeyError::Weak)]
        {
            assert_eq!(Keys::parse(text).map(|_| ()), Err(error), "{text}");
        }
        assert!(Keys::parse(&format!("{},{}", key("1", 7), key("1", 9))).is_err());
    }
}
