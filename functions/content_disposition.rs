//! `Content-Disposition` both ways: the name of an upload, and the header of a download (RFC 6266, RFC 8187).

use std::fmt::Write as _;

use kundportal_domain::{FileName, TextError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Longest header that is read, in bytes: the longest name, each of its characters four bytes, percent-encoded, twice.
const LONGEST: usize = 8 * 1024;

/// What may stand in an RFC 8187 value as it is: `attr-char`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Why an upload has no name. Names the rule, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DispositionError {
    /// There is no header, or it has neither `filename*` nor `filename`.
    #[error("Content-Disposition must name the file: attachment; filename*=UTF-8''…")]
    Absent,
    /// The header cannot be read by RFC 6266 and RFC 8187.
    #[error("Content-Disposition must be readable by RFC 6266: attachment; filename*=UTF-8''…")]
    Malformed,
    /// The header has more bytes than are read.
    #[error("Content-Disposition must have at most {LONGEST} bytes")]
    TooLong,
    /// The name breaks a rule for names.
    #[error("the file's name {0}")]
    Name(TextError),
}

/// The file's name by the upload's header: `filename*` where there is one, else `filename`.
///
/// A plain `filename` with a `%` is taken as it is written; one beyond ASCII must be UTF-8, as browsers send it.
pub fn file_name(header: Option<&[u8]>) -> Result<FileName, DispositionError> {
    let header = header.ok_or(DispositionError::Absent)?;
    if header.len() > LONGEST {
        return Err(DispositionError::TooLong);
    }
    let header = std::str::from_utf8(header).map_err(|_| DispositionError::Malformed)?;
    let mut rest = Parser { rest: header };
    rest.token().ok_or(DispositionError::Malformed)?;
    let (mut plain, mut extended) = (None, None);
    while let Some((name, value)) = rest.parameter()? {
        let place = match name.to_ascii_lowercase().as_str() {
            "filename" => &mut plain,
            "filename*" => &mut extended,
            _ => continue,
        };
        // RFC 6266, 4.1: a parameter occurs once.
        if place.replace(value).is_some() {
            return Err(DispositionError::Malformed);
        }
    }
    let name = match (extended, plain) {
        (Some(value), _) => decode_extended(&value)?,
        (None, Some(value)) => value,
        (None, None) => return Err(DispositionError::Absent),
    };
    name.parse().map_err(DispositionError::Name)
}

/// The header of a download: ASCII only, with a plain fallback for readers that know no `filename*`.
#[must_use]
pub fn attachment(name: &FileName) -> String {
    let name = name.as_str();
    // Neither quotes nor backslashes nor percent signs: readers disagree about all three (RFC 6266, appendix D).
    let is_plain = |character: char| {
        matches!(character, ' '..='~')
            && !matches!(character, '"' | '\\' | '%' | '/' | ':' | '*' | '?' | '<' | '>' | '|')
    };
    let fallback: String =
        name.chars().map(|character| if is_plain(character) { character } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{fallback}\"");
    if fallback != name {
        // Writing to a string cannot fail.
        let _ = write!(header, "; filename*=UTF-8''{}", utf8_percent_encode(name, ESCAPED));
    }
    header
}

/// RFC 8187, 3.2.1: charset, language, percent-encoded value.
fn decode_extended(value: &str) -> Result<String, DispositionError> {
    let malformed = DispositionError::Malformed;
    let mut parts = value.splitn(3, '\'');
    let (Some(charset), Some(_language), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(malformed);
    };
    if !encoded.is_ascii() || !has_whole_escapes(encoded) {
        return Err(malformed);
    }
    let decoded = percent_decode_str(encoded);
    if charset.eq_ignore_ascii_case("utf-8") {
        decoded.decode_utf8().map(Into::into).map_err(|_| malformed)
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        // RFC 5987, which RFC 8187 replaces, knew this one too; its bytes are Unicode's first 256 characters.
        Ok(decoded.map(char::from).collect())
    } else {
        Err(malformed)
    }
}

/// Whether each `%` starts an escape of two hexadecimal digits.
fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        digits.next().is_some_and(|byte| byte.is_ascii_hexdigit())
            && digits.next().is_some_and(|byte| byte.is_ascii_hexdigit())
    })
}

/// Reads a header from the left.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// The next parameter, or nothing at the end. Empty ones (`;;`, a last `;`) are passed over.
    fn parameter(&mut self) -> Result<Option<(&'a str, String)>, DispositionError> {
        let malformed = DispositionError::Malformed;
        loop {
            self.skip_space();
            if self.rest.is_empty() {
                return Ok(None);
            }
            self.expect(';')?;
            self.skip_space();
            if self.rest.is_empty() || self.rest.starts_with(';') {
                continue;
            }
            let name = self.token().ok_or(malformed)?;
            self.skip_space();
            self.expect('=')?;
            self.skip_space();
            let value = if let Some(quoted) = self.rest.strip_prefix('"') {
                self.rest = quoted;
                self.quoted()?
            } else {
                self.until(|character| matches!(character, ';' | ' ' | '\t' | '"')).to_owned()
            };
            return Ok(Some((name, value)));
        }
    }

    /// RFC 9110, 5.6.2.
    fn token(&mut self) -> Option<&'a str> {
        self.skip_space();
        let token = self
            .until(|character| !(character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)));
        (!token.is_empty()).then_some(token)
    }

    /// The rest of a quoted string (RFC 9110, 5.6.4), whose opening quote is read.
    fn quoted(&mut self) -> Result<String, DispositionError> {
        let mut value = String::new();
        let mut characters = self.rest.chars();
        loop {
            let character = characters.next().ok_or(DispositionError::Malformed)?;
            match character {
                '"' => break,
                '\\' => value.push(characters.next().ok_or(DispositionError::Malformed)?),
                character => value.push(character),
            }
        }
        self.rest = characters.as_str();
        Ok(value)
    }

    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn expect(&mut self, character: char) -> Result<(), DispositionError> {
        self.rest = self.rest.strip_prefix(character).ok_or(DispositionError::Malformed)?;
        Ok(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: &str) -> Result<String, DispositionError> {
        file_name(Some(header.as_bytes())).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_name_is_read_in_each_of_its_forms() {
        for (header, name) in [
            ("attachment; filename*=UTF-8''avtal%20%C3%A5%C3%A4%C3%B6.pdf", "avtal åäö.pdf"),
            ("attachment; filename*=utf-8'sv'%E2%82%AC.txt", "€.txt"),
            ("attachment; filename*=ISO-8859-1''%E5r.txt", "år.txt"),
            ("attachment; filename=avtal.pdf", "avtal.pdf"),
            ("attachment; filename=\"avtal 1.pdf\"", "avtal 1.pdf"),
            (r#"attachment; filename="a \"b\"; c.pdf""#, "a \"b\"; c.pdf"),
            ("attachment; filename=\"100%25.txt\"", "100%25.txt"),
            ("attachment; filename=\"åäö.txt\"", "åäö.txt"),
            ("attachment; filename=\"x.txt\"; filename*=UTF-8''%C3%A5.txt", "å.txt"),
            ("attachment; filename*=UTF-8''%C3%A5.txt; filename=x.txt", "å.txt"),
            ("ATTACHMENT ;FileName* = UTF-8''a.txt ;; size=3;", "a.txt"),
            ("form-data; name=\"file\"; filename=\"a.txt\"", "a.txt"),
            ("attachment; filename*=UTF-8''..%2F..%2Fa.txt", "a.txt"),
            ("attachment; filename*=UTF-8''it's.txt", "it's.txt"),
        ] {
            assert_eq!(read(header).as_deref(), Ok(name), "{header}");
        }
    }

    #[test]
    fn without_a_name_there_is_an_error() {
        assert_eq!(file_name(None).err(), Some(DispositionError::Absent));
        assert_eq!(read("attachment"), Err(DispositionError::Absent));
        assert_eq!(read("attachment; size=3"), Err(DispositionError::Absent));
        for empty in
            ["attachment; filename=\"\"", "attachment; filename*=UTF-8''", "attachment; filename=\"../\""]
        {
            assert_eq!(read(empty), Err(DispositionError::Name(TextError::Empty)), "{empty}");
        }
        let long = format!("attachment; filename={}", "x".repeat(256));
        assert_eq!(read(&long), Err(DispositionError::Name(TextError::TooLong { max: 255 })));
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_bounded() {
        for header in [
            "",
            ";",
            "; filename=a",
            "attachment filename=a",
            "attachment; filename",
            "attachment; =a",
            "attachment; filename=\"a",
            r#"attachment; filename="a\"#,
            "attachment; filename=\"a\"b",
            "attachment; filename=a; filename=b",
            "attachment; filename*=a.txt",
            "attachment; filename*=UTF-8'a.txt",
            "attachment; filename*=UTF-8''%C3",
            "attachment; filename*=UTF-8''%ZZ",
            "attachment; filename*=UTF-8''a%2",
            "attachment; filename*=UTF-8''å",
            "attachment; filename*=UTF-16''a",
            "attachment; filename=a b",
        ] {
            assert_eq!(read(header), Err(DispositionError::Malformed), "{header}");
        }
        let latin = file_name(Some(b"attachment; filename=\"\xe5.txt\""));
        assert_eq!(latin.err(), Some(DispositionError::Malformed));
        let longest = format!("attachment; filename=a{}", ";".repeat(LONGEST - 22));
        assert_eq!(read(&longest).as_deref(), Ok("a"));
        assert_eq!(read(&format!("{longest};")), Err(DispositionError::TooLong));
    }

    #[test]
    fn the_longest_name_fits_the_header() {
        let name: FileName = "\u{1f600}".repeat(FileName::MAX_LENGTH).parse().expect("a name");
        assert_eq!(read(&attachment(&name)).as_deref(), Ok(name.as_str()));
    }

    #[test]
    fn a_download_has_a_fallback_and_the_name_itself() {
        let header = |name: &str| attachment(&name.parse().expect("a name"));
        assert_eq!(header("avtal 1.pdf"), "attachment; filename=\"avtal 1.pdf\"");
        assert_eq!(header("år.pdf"), "attachment; filename=\"_r.pdf\"; filename*=UTF-8''%C3%A5r.pdf");
        assert_eq!(
            header("a\"b;%.txt"),
            "attachment; filename=\"a_b;_.txt\"; filename*=UTF-8''a%22b%3B%25.txt"
        );
    }

    proptest! {
        #[test]
        fn a_name_goes_out_in_ascii_and_comes_back(text in "\\PC{1,80}|(?s).{1,80}|[\"\\\\%;'*= a-c]{1,40}") {
            if let Ok(name) = text.parse::<FileName>() {
                let header = attachment(&name);
                prop_assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')));
                prop_assert_eq!(read(&header), Ok(name.as_str().to_owned()));
            }
        }

        #[test]
        fn no_header_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            text in "attachment;( ?filename\\*?=[\"\\\\%;'*= a-cUTF8-]{0,20};?){0,3}",
        ) {
            for header in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(name) = file_name(Some(header)) {
                    prop_assert!(!name.as_str().is_empty());
                }
            }
        }
    }
}
