//! Texts in pieces: what is the same in each run, new identifiers, times.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use kundportal_store::Mail;

use crate::{remains::written, support::Portal};

/// A part of a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Piece {
    Text(String),
    /// An identifier that the run made, by its number.
    New(usize),
    Time(Timestamp),
}

/// What was there before the operation.
pub(crate) struct Known {
    since: Timestamp,
    blobs: BTreeMap<String, Bytes>,
    mails: BTreeSet<(String, String)>,
    names: BTreeSet<String>,
}

impl Known {
    pub(crate) async fn of(portal: &Portal) -> Self {
        let (since, blobs) = (portal.now(), portal.dump().await);
        let mails = portal.mails().iter().map(written).collect();
        let nothing = Self { since, blobs: BTreeMap::new(), mails: BTreeSet::new(), names: BTreeSet::new() };
        let mut reader = Reader::new(&nothing);
        for (name, content) in &blobs {
            reader.read(name);
            if let Ok(text) = std::str::from_utf8(content) {
                reader.read(text);
            }
        }
        let names = reader.new.into_keys().collect();
        Self { since, blobs, mails, names }
    }

    /// The names of the blobs.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &String> {
        self.blobs.keys()
    }

    pub(crate) fn has(&self, name: &str, content: &Bytes) -> bool {
        self.blobs.get(name) == Some(content)
    }

    pub(crate) fn has_mail(&self, mail: &Mail) -> bool {
        self.mails.contains(&written(mail))
    }
}

/// Takes texts of one run apart.
pub(crate) struct Reader<'a> {
    known: &'a Known,
    new: BTreeMap<String, usize>,
}

const ULID: usize = 26;
/// `1-` and an HMAC in hexadecimal.
const HASH: usize = 66;
/// A time in Sweden, as people read it.
const LOCAL: &str = "%Y-%m-%d %H:%M";
const LOCAL_LENGTH: usize = 16;
const INVOCATION: &str = "00000000-0000-4000-8000-";

impl<'a> Reader<'a> {
    pub(crate) fn new(known: &'a Known) -> Self {
        Self { known, new: BTreeMap::new() }
    }

    pub(crate) fn number_of_new(&self) -> usize {
        self.new.len()
    }

    /// The pieces of a text.
    pub(crate) fn read(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let before = plain.chars().next_back();
            let (piece, length) = match self.found(rest, before, &plain) {
                Some((Piece::Text(text), length)) => {
                    plain.push_str(&text);
                    rest = &rest[length..];
                    continue;
                }
                Some(found) => found,
                None => {
                    plain.push(first);
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
            };
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            // What follows is looked at as if nothing stood before it.
            pieces.push(piece);
            rest = &rest[length..];
        }
        pieces.push(Piece::Text(plain));
        pieces
    }

    /// What the text begins with that is not plain, and its length.
    fn found(&mut self, text: &str, before: Option<char>, plain: &str) -> Option<(Piece, usize)> {
        if before.is_some_and(|before| before.is_ascii_alphanumeric()) {
            return None;
        }
        let word = |allowed: fn(char) -> bool| text.find(|c| !allowed(c)).map_or(text, |end| &text[..end]);
        if text.starts_with(INVOCATION) {
            return Some((Piece::Text("<invocation>".to_owned()), INVOCATION.len() + 12));
        }
        let name = word(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        if name.len() == ULID
            && let Some(plain) = upright(name)
        {
            return Some((self.identifier(plain), ULID));
        }
        let hash = word(|c| c.is_ascii_hexdigit() || c == '-');
        if hash.len() == HASH && (plain.ends_with("/keys/") || is_key_of_user(plain)) {
            return Some((self.identifier(hash.to_owned()), HASH));
        }
        let time = word(|c| c.is_ascii_digit() || ":-.TZ".contains(c));
        if let Some(at) = Some(time).filter(|time| time.contains('T')).and_then(|time| time.parse().ok()) {
            let piece = if at < self.known.since { Piece::Text(time.to_owned()) } else { Piece::Time(at) };
            return Some((piece, time.len()));
        }
        if let Some(local) = text.get(..LOCAL_LENGTH)
            && let Ok(local) = jiff::civil::DateTime::strptime(LOCAL, local)
            && let Ok(zoned) = local.in_tz("Europe/Stockholm")
            && zoned.timestamp() >= self.known.since
        {
            return Some((Piece::Time(zoned.timestamp()), LOCAL_LENGTH));
        }
        if ["#invite=", "#email="].iter().any(|mark| plain.ends_with(mark)) {
            let token = word(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            let inner = String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()?;
            let (of, _proof) = inner.rsplit_once('/')?;
            let id = of.split(['/', '_']).find(|part| part.len() == ULID)?;
            let piece = self.identifier(id.to_owned());
            return Some(match piece {
                Piece::Text(_) => (Piece::Text(of.to_owned()), token.len()),
                piece => (piece, token.len()),
            });
        }
        None
    }

    fn identifier(&mut self, name: String) -> Piece {
        if self.known.names.contains(&name) {
            return Piece::Text(name);
        }
        let next = self.new.len();
        Piece::New(*self.new.entry(name).or_insert(next))
    }
}

/// Whether what stands before is the way to an idempotency key's due marker: `…/key/usr_…/`.
fn is_key_of_user(before: &str) -> bool {
    let mut parts = before.rsplit('/');
    parts.next() == Some("")
        && parts.next().is_some_and(|part| part.starts_with("usr_"))
        && parts.next() == Some("key")
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn number(name: &str) -> Option<u128> {
    let digits = name.bytes().map(|byte| ALPHABET.iter().position(|known| *known == byte));
    if name.len() != ULID || name.as_bytes().first()? > &b'7' {
        return None;
    }
    digits.into_iter().try_fold(0_u128, |number, digit| Some(number << 5 | digit? as u128))
}

fn spelled(number: u128) -> String {
    (0..ULID).rev().map(|place| char::from(ALPHABET[(number >> (5 * place) & 31) as usize])).collect()
}

/// The identifier itself, where a name has its inverse: times are in this century.
fn upright(name: &str) -> Option<String> {
    let number = number(name)?;
    let is_inverse = number >> 127 == 1;
    Some(spelled(if is_inverse { !number } else { number }))
}

/// The inverse of an identifier without its prefix, as names have it, or back.
pub(crate) fn inverse(name: &str) -> String {
    spelled(!number(name).expect("an identifier"))
}
