//! Keyed hashes (HMAC-SHA-256): names of index entries, links in mails, cursors. Never a bare hash of personal data.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

/// Keys of one purpose. New names are made with the current one; a look-up tries each. Beside it there may be one other:
///
/// - the **previous** one, while its names are being replaced. Names that decide between two who want the same are claimed under
///   it too, and before the current one, so that a process for which it still is the current one sees the claim;
/// - or the **coming** one, before it becomes current: nothing is named with it yet, and what others have named is found.
///
/// So a change of the current key goes through processes that all know both, whichever they name with.
#[derive(Clone)]
pub struct Keys {
    current: (String, hmac::Key),
    other: Option<(Age, (String, hmac::Key))>,
}

/// What a key that is not the current one is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Previous,
    Coming,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// Why configured keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `version:base64`, perhaps with another one after a comma.
    #[error("is not of the form version:base64[,[+]version:base64]")]
    Form,
    /// Fewer than 32 bytes, or all bytes the same.
    #[error("holds a key that is too weak (32 random bytes are needed)")]
    Weak,
}

impl Keys {
    /// Reads `version:base64`, the current key, and after a comma the previous one, or, with `+` before it, the coming one.
    ///
    /// # Errors
    /// [`KeyError`], which never holds any part of a key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (current, other) = match text.split_once(',') {
            Some((current, other)) => (current, Some(other.trim())),
            None => (text, None),
        };
        let current = Self::parse_one(current)?;
        let other = other.map(|other| match other.strip_prefix('+') {
            Some(coming) => Ok((Age::Coming, Self::parse_one(coming)?)),
            None => Ok((Age::Previous, Self::parse_one(other)?)),
        });
        let other = other.transpose()?;
        if other.as_ref().is_some_and(|(_, (version, _))| *version == current.0) {
            return Err(KeyError::Form);
        }
        Ok(Self { current, other })
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

    /// Every key, the current one first.
    fn all(&self) -> impl Iterator<Item = &(String, hmac::Key)> {
        [&self.current].into_iter().chain(self.other.as_ref().map(|(_, key)| key))
    }

    fn of_age(&self, age: Age) -> Option<&(String, hmac::Key)> {
        self.other.as_ref().filter(|(own, _)| *own == age).map(|(_, key)| key)
    }

    /// The name of these parts under the current key: `version-hexadecimal`.
    pub(crate) fn name(&self, purpose: Purpose, parts: &[&str]) -> String {
        name(&self.current, purpose, parts)
    }

    /// The names of these parts under each key, the current one first.
    pub(crate) fn names(&self, purpose: Purpose, parts: &[&str]) -> Names {
        Names {
            current: self.name(purpose, parts),
            previous: self.of_age(Age::Previous).map(|key| name(key, purpose, parts)),
            coming: self.of_age(Age::Coming).map(|key| name(key, purpose, parts)),
        }
    }

    /// What the keys are, without the keys: `k2,k1`.
    pub(crate) fn versions(&self) -> String {
        let other = match &self.other {
            None => String::new(),
            Some((Age::Previous, (version, _))) => format!(",{version}"),
            Some((Age::Coming, (version, _))) => format!(",+{version}"),
        };
        format!("{}{other}", self.current.0)
    }

    /// What a name in storage says of the key that it was made with.
    pub(crate) fn key_of<'a>(&self, name: &'a str) -> KeyOfName<'a> {
        let is_hash = |hash: &str| hash.len() == 64 && HEXLOWER.decode(hash.as_bytes()).is_ok();
        match name.split_once('-').filter(|(version, hash)| is_version(version) && is_hash(hash)) {
            None => KeyOfName::None,
            Some((version, _)) if version == self.current.0 => KeyOfName::Current,
            Some((version, _)) => match &self.other {
                Some((Age::Previous, (other, _))) if version == other => KeyOfName::Previous,
                Some((Age::Coming, (other, _))) if version == other => KeyOfName::Coming,
                _ => KeyOfName::Unknown(version),
            },
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
        self.all().map(move |(_, key)| BASE64URL_NOPAD.encode(&sign(key, purpose, parts).as_ref()[..16]))
    }

    /// A number of six digits that only whoever holds the key can know, under each key, the current one first.
    pub(crate) fn digits<'a>(&'a self, parts: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        self.all().map(move |(_, key)| {
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
    /// The one before.
    Previous,
    /// The next one.
    Coming,
    /// One that is not configured: its version.
    Unknown(&'a str),
    /// None: no program makes such a name.
    None,
}

/// The names of the same parts under each key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) current: String,
    pub(crate) previous: Option<String>,
    pub(crate) coming: Option<String>,
}

impl Names {
    /// All of them, the current one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        [&self.current].into_iter().chain(&self.previous).chain(&self.coming)
    }

    /// Where to look something up. What is brought from under another key to the current one is written before it is removed, so
    /// whoever came too early for the one and too late for the other finds it at the second look.
    pub(crate) fn looked_up(&self) -> impl Iterator<Item = &String> {
        let is_alone = self.previous.is_none() && self.coming.is_none();
        self.all().chain((!is_alone).then_some(&self.current))
    }

    /// In the order of their keys' ages. A claim is made under all but the coming one, in this order.
    pub(crate) fn by_age(&self) -> impl Iterator<Item = &String> {
        self.claimed().chain(&self.coming)
    }

    /// What is claimed where a name decides between two, in this order.
    pub(crate) fn claimed(&self) -> impl DoubleEndedIterator<Item = &String> {
        self.previous.iter().chain([&self.current])
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.all().any(|own| own == name)
    }
}

fn name((version, key): &(String, hmac::Key), purpose: Purpose, parts: &[&str]) -> String {
    format!("{version}-{}", HEXLOWER.encode(sign(key, purpose, parts).as_ref()))
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

    /// Of bytes that are at hand.
    pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
        let digest = digest::digest(&digest::SHA256, bytes);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        bytes
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
        assert!(new.names(Purpose::Email, &["a@example.se"]).contains(&name));
        assert!(new.proves(Purpose::Invite, &["x"], &old.proof(Purpose::Invite, &["x"])));
        let code = old.digits(&["x"]).next();
        assert!(new.digits(&["x"]).any(|digits| Some(digits) == code));
    }

    #[test]
    fn a_coming_key_names_nothing_and_finds_what_it_named() {
        let (first, second) = (key("1", 7), key("2", 9));
        let before = Keys::parse(&format!("{first},+{second}")).expect("keys");
        let after = Keys::parse(&format!("{second},{first}")).expect("keys");
        let (one, two) = (before.names(Purpose::Email, &["a"]), after.names(Purpose::Email, &["a"]));
        assert_eq!(one.claimed().collect::<Vec<_>>(), [&one.current]);
        assert_eq!(one.coming.as_ref(), Some(&two.current));
        assert_eq!(two.claimed().collect::<Vec<_>>(), [&one.current, &two.current]);
        assert!(one.by_age().eq(two.by_age()));
        assert_eq!((before.versions(), after.versions()), ("1,+2".to_owned(), "2,1".to_owned()));
        assert_eq!(two.looked_up().collect::<Vec<_>>(), [&two.current, &one.current, &two.current]);
        assert_eq!(before.key_of(&two.current), KeyOfName::Coming);
        assert_eq!(after.key_of(&one.current), KeyOfName::Previous);
        assert_eq!(Keys::parse(&second).expect("keys").key_of(&one.current), KeyOfName::Unknown("1"));
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
        assert!(Keys::parse(&format!("{},{},{}", key("1", 7), key("2", 9), key("3", 11))).is_err());
        assert!(Keys::parse(&format!("+{}", key("1", 7))).is_err());
    }
}
