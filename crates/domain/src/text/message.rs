//! The inviter's own words in an invitation.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Rule, TextError, schema, text_type};

/// A message from whoever invites: plain text without links, so that nobody sends other people's mail links through the
/// portal. Lines are kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InviteMessage(String);

impl InviteMessage {
    /// Most characters.
    pub const MAX_LENGTH: usize = 500;
    const DESCRIPTION: &'static str = "Plain text without links; lines are kept.";

    fn parse(text: &str) -> Result<String, TextError> {
        let text = Rule { max: Self::MAX_LENGTH, lines: true }.read(text)?;
        if has_link(&text) { Err(TextError::Link) } else { Ok(text) }
    }
}

text_type!(InviteMessage);

/// Whether a mail program would make a link of a part of the text: a scheme, `www.`, or a domain with a path, port, query
/// or fragment. Invisible characters do not hide a link, nor do the other full stops and slashes that browsers understand.
fn has_link(text: &str) -> bool {
    let plain: String =
        text.chars().filter(|c| !super::is_invisible(*c)).map(plain).collect::<String>().to_lowercase();
    if plain.contains("://") || plain.contains("www.") {
        return true;
    }
    plain.split(|c: char| c.is_whitespace() || "<>()[]{}\"'`,;|".contains(c)).any(|word| {
        ["http:", "https:", "mailto:", "javascript:", "data:"].iter().any(|scheme| word.starts_with(scheme))
            || word
                .match_indices(['/', '?', '#', ':'])
                .any(|(place, mark)| is_domain(&word[..place]) && continues(mark, &word[place + 1..]))
    })
}

fn plain(character: char) -> char {
    match character {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' => '.',
        '\u{ff0f}' | '\u{2044}' | '\u{2215}' | '\\' => '/',
        '\u{ff1a}' => ':',
        '\u{ff1f}' => '?',
        '\u{ff03}' => '#',
        '\u{ff57}' => 'w',
        other => other,
    }
}

/// Whether a text ends like a host name: two labels or more, the last one of two letters or more; or four numbers.
fn is_domain(text: &str) -> bool {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '.' | '-'))
        .last()
        .map_or(text.len(), |(place, _)| place);
    let labels: Vec<&str> = text[start..].split('.').collect();
    let Some((top, others)) = labels.split_last() else { return false };
    if labels.iter().any(|label| label.is_empty()) || others.is_empty() {
        return false;
    }
    let numeric = |label: &&str| label.len() <= 3 && label.bytes().all(|byte| byte.is_ascii_digit());
    (top.chars().count() >= 2 && top.chars().all(char::is_alphabetic))
        || top.starts_with("xn--")
        || (labels.len() == 4 && labels.iter().all(numeric))
}

/// A slash makes a path by itself; a question mark, hash or colon may just end a sentence.
fn continues(mark: &str, rest: &str) -> bool {
    let next = rest.chars().next();
    match mark {
        "/" => true,
        ":" => next.is_some_and(|c| c.is_ascii_digit()),
        _ => next.is_some_and(char::is_alphanumeric),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, TextError> {
        text.parse::<InviteMessage>().map(|message| message.as_str().to_owned())
    }

    #[test]
    fn plain_words_pass() {
        for text in [
            "Hej!\n\nVälkommen till vår portal, vi ses kl. 14.30 på Storgatan 1/2.",
            "Ring 070-174 06 05 eller skriv till kim@example.se.",
            "Avtalet gäller t.ex. och/eller bl.a. 1.5/2 delar. Kommer ni? Ja: tack.",
            "Läs mer på example.se",
            "Kommer ni kl.fem? Hälsningar",
        ] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
        assert!(read(&"å".repeat(500)).is_ok());
        assert_eq!(read(&"å".repeat(501)), Err(TextError::TooLong { max: 500 }));
    }

    #[test]
    fn links_are_refused_however_they_are_written() {
        for text in [
            "se http://example.se",
            "se HTTPS://example.se",
            "http:example.se",
            "(www.example.se)",
            "WWW.EXAMPLE.SE",
            "example.se/a",
            "se example.se/",
            "exempel.xn--p1ai/a",
            "räksmörgås.se/a",
            "example.se:8080",
            "example.se?a=1",
            "example.se#a",
            "192.0.2.1/a",
            "exa\u{200b}mple.se\u{200b}/a",
            "example\u{3002}se\u{ff0f}a",
            "example.se\\a",
            "mailto:kim@example.se",
            "[här](javascript:x)",
            "ftp://example.se",
        ] {
            assert_eq!(read(text), Err(TextError::Link), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_ado(text in "[a-zåäö0-9.:/?# -]{0,40}|.{0,100}") {
            let _ = read(&text);
        }
    }
}
