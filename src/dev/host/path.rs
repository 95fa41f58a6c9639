//! What becomes of a request's path on its way through the host: decoded and resolved for routing, then encoded anew.

/// Characters that the host's proxy leaves as they are; everything else, `%` among it, is percent-encoded.
const PLAIN: &[u8] = b"!$&'()*+,-./:;=@_~";

/// A path that the host refuses with 400.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadPath;

/// A request's path as the host routes it: percent-encoded UTF-8 is decoded, except `%2F`, and dot segments are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoutedPath(String);

impl RoutedPath {
    /// Reads the path of a request line.
    pub(crate) fn parse(raw: &str) -> Result<Self, BadPath> {
        if !raw.starts_with('/') || !raw.is_ascii() {
            return Err(BadPath);
        }
        let decoded = decode(raw.as_bytes());
        if decoded.contains('\0') {
            return Err(BadPath);
        }
        Ok(Self(without_dots(&decoded)))
    }

    /// What routes are compared with.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as the handler gets it. What was not decoded is encoded again: `%2F` becomes `%252F`.
    pub(crate) fn forwarded(&self) -> String {
        let mut path = String::with_capacity(self.0.len());
        for &byte in self.0.as_bytes() {
            if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
                path.push(char::from(byte));
            } else {
                path.push('%');
                path.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
            }
        }
        path
    }
}

/// Decodes each run of escapes as far as it is UTF-8; what is not, and every `%2F`, stays as it was written.
fn decode(raw: &[u8]) -> String {
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(&first) = rest.first() {
        if let Some((character, length)) = escaped_character(rest) {
            decoded.push(character);
            rest = rest.get(length..).unwrap_or_default();
        } else {
            decoded.push(char::from(first));
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    decoded
}

/// The character that the escapes at the start stand for, and how many bytes they take.
fn escaped_character(text: &[u8]) -> Option<(char, usize)> {
    let mut bytes = [0_u8; 4];
    for count in 1..=bytes.len() {
        *bytes.get_mut(count - 1)? = escaped_byte(text.get((count - 1) * 3..)?)?;
        if let Ok(text) = std::str::from_utf8(bytes.get(..count)?) {
            let character = text.chars().next()?;
            return (character != '/').then_some((character, count * 3));
        }
    }
    None
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// RFC 3986, 5.2.4, except that `..` never removes the root.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(raw: &str) -> String {
        RoutedPath::parse(raw).unwrap().forwarded()
    }

    #[test]
    fn an_encoded_slash_arrives_encoded_twice_like_one_that_was_so_already() {
        assert_eq!(forwarded("/api/a%2Fb"), "/api/a%252Fb");
        assert_eq!(forwarded("/api/a%252Fb"), "/api/a%252Fb");
        assert_eq!(forwarded("/api/..%2fz"), "/api/..%252fz");
    }

    #[test]
    fn other_escapes_are_decoded_and_encoded_where_they_must_be() {
        assert_eq!(
            forwarded("/t%C3%A5/c%20d/e+f//g%25h/%7Etilde/x%3Ay@z;p=1"),
            "/t%C3%A5/c%20d/e+f//g%25h/~tilde/x:y@z;p=1"
        );
    }

    #[test]
    fn escapes_that_are_not_utf_8_stay_as_they_were_written() {
        assert_eq!(forwarded("/a%FFb"), "/a%25FFb");
        assert_eq!(forwarded("/a%C3"), "/a%25C3");
        assert_eq!(forwarded("/a%zz%"), "/a%25zz%25");
    }

    #[test]
    fn dot_segments_are_resolved_and_never_leave_the_root() {
        assert_eq!(forwarded("/a/b/../c/./d"), "/a/c/d");
        assert_eq!(forwarded("/a/%2e%2e/%2E%2E/c"), "/c");
        assert_eq!(forwarded("/../../x"), "/x");
        assert_eq!(forwarded("/a/b/.."), "/a/");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        assert_eq!(RoutedPath::parse("/å"), Err(BadPath));
        assert_eq!(RoutedPath::parse("/a%00"), Err(BadPath));
        assert_eq!(RoutedPath::parse("*"), Err(BadPath));
    }
}
