//! The name that a file has for people.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{TextError, fits_one_line, schema, text_type};

/// A file's name as its uploader gave it, shown to people and never used as a path by this program. Kept letter by letter
/// (not composed, not trimmed inside), but for folders before it, which go as in browsers, for control characters and ones
/// that reverse the reading order, which go, and for white space around it. A name for an archive is made of it by
/// [`archive_name`](crate::archive_name).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// Most characters.
    pub const MAX_LENGTH: usize = 255;
    const DESCRIPTION: &'static str = "A file's name; folders before it are left out.";

    fn parse(text: &str) -> Result<String, TextError> {
        // The last 255 characters hold the name; a long path before it does no harm, but is not worth looking at.
        if text.len() > 64 * Self::MAX_LENGTH {
            return Err(TextError::TooLong { max: Self::MAX_LENGTH });
        }
        let visible: String = text.chars().filter(|character| fits_one_line(*character)).collect();
        let name = visible.rsplit(['/', '\\']).next().unwrap_or_default();
        let name =
            name.trim_matches(|character: char| character.is_whitespace() || super::is_invisible(character));
        if name.chars().all(|character| character == '.') {
            return Err(TextError::Empty);
        }
        if name.chars().count() > Self::MAX_LENGTH {
            return Err(TextError::TooLong { max: Self::MAX_LENGTH });
        }
        Ok(name.to_owned())
    }
}

text_type!(FileName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_without_folders_and_without_what_controls() {
        let read = |text: &str| text.parse::<FileName>().map(|name| name.as_str().to_owned());
        for (text, name) in [
            ("avtal.pdf", "avtal.pdf"),
            ("../../å|ä?.pdf", "å|ä?.pdf"),
            (r"C:\Users\kim\avtal.pdf", "avtal.pdf"),
            ("CON.txt", "CON.txt"),
            (" a  b.txt ", "a  b.txt"),
            ("a\0b\r\n.txt", "ab.txt"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("A\u{30a}.txt", "A\u{30a}.txt"),
            (".gitignore", ".gitignore"),
            ("100%.txt", "100%.txt"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(name), "{text}");
        }
        for empty in ["", " ", "a/", "..", "../..", ".", "\0", "\u{200b}"] {
            assert_eq!(read(empty), Err(TextError::Empty));
        }
        assert!(read(&format!("{}/{}", "d".repeat(300), "å".repeat(255))).is_ok());
        assert_eq!(read(&"å".repeat(256)), Err(TextError::TooLong { max: 255 }));
        assert_eq!(read(&"a/".repeat(1_000_000)), Err(TextError::TooLong { max: 255 }));
    }
}
