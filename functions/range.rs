//! `Range` of a download (RFC 9110, 14): one range of bytes, or the whole.

use std::ops::Range;

use http::header;

use crate::{
    context::Context,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

/// What of a content to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// All of it, with 200.
    Full,
    /// These bytes, with 206. Never empty, never beyond the end.
    Partial(Range<u64>),
    /// Nothing: 416, with `Content-Range: bytes */<size>`.
    Unsatisfiable,
}

/// What a GET asks for of a content of `size` bytes with the version `etag` (without quotes).
///
/// Other units, several ranges and what cannot be read are ignored, as RFC 9110, 14.2 allows: many small ranges are an
/// attack (RFC 9110, 17.15). `if_range` with any other version, a weak one, or a date asks for the whole (RFC 9110,
/// 13.1.5; dates are not given out).
#[must_use]
pub fn select(range: Option<&str>, if_range: Option<&str>, etag: &str, size: u64) -> Selected {
    let same_version = if_range.is_none_or(|condition| {
        let quoted = condition.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        quoted == Some(etag)
    });
    match range.and_then(ByteRange::parse) {
        Some(asked) if same_version => asked.of(size),
        _ => Selected::Full,
    }
}

/// `Content-Range` of a partial answer.
#[must_use]
pub fn content_range(part: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1))
}

/// The answer to a range that lies wholly outside of a content of `size` bytes: 416 with `Content-Range: bytes */<size>`.
pub(crate) fn unsatisfiable(context: &Context, size: u64) -> Answer {
    let problem = Problem::from(ProblemType::RangeNotSatisfiable);
    let mut answer = problem.to_response(context.locale(), &context.invocation);
    respond::set(answer.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
    answer
}

/// One range as it is written.
#[derive(Clone, Copy)]
enum ByteRange {
    /// `first-` or `first-last`, the last one included.
    From { first: u64, last: Option<u64> },
    /// `-length`: the end.
    Suffix { length: u64 },
}

impl ByteRange {
    /// `None` for what is to be ignored.
    fn parse(header: &str) -> Option<Self> {
        let (unit, range) = header.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim_matches([' ', '\t']).split_once('-')?;
        match (first, last) {
            ("", length) => Some(Self::Suffix { length: number(length)? }),
            (first, "") => Some(Self::From { first: number(first)?, last: None }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                // RFC 9110, 14.1.2: such a range is invalid, and an invalid field is ignored.
                (first <= last).then_some(Self::From { first, last: Some(last) })
            }
        }
    }

    fn of(self, size: u64) -> Selected {
        let part = match self {
            Self::From { first, last } => first..last.map_or(size, |last| last.saturating_add(1).min(size)),
            Self::Suffix { length } => size.saturating_sub(length)..size,
        };
        if part.is_empty() { Selected::Unsatisfiable } else { Selected::Partial(part) }
    }
}

/// Digits only, without sign; more than fit are as many as there can be.
fn number(digits: &str) -> Option<u64> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn selected(range: &str, size: u64) -> Selected {
        select(Some(range), None, "v1", size)
    }

    #[test]
    fn one_range_is_answered_and_cut_to_the_content() {
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..100),
            ("bytes=10-19", 10..20),
            ("bytes=99-", 99..100),
            ("bytes=90-1000", 90..100),
            ("bytes=90-99999999999999999999999", 90..100),
            ("bytes=-1", 99..100),
            ("bytes=-100", 0..100),
            ("bytes=-1000", 0..100),
            ("Bytes= 5-6 ", 5..7),
        ] {
            assert_eq!(selected(range, 100), Selected::Partial(part), "{range}");
        }
    }

    #[test]
    fn a_range_wholly_outside_cannot_be_satisfied() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=99999999999999999999999-", "bytes=-0"] {
            assert_eq!(selected(range, 100), Selected::Unsatisfiable, "{range}");
        }
        for range in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            assert_eq!(selected(range, 0), Selected::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn what_is_not_one_range_of_bytes_gives_the_whole() {
        assert_eq!(select(None, None, "v1", 100), Selected::Full);
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=5-4",
            "bytes=+1-2",
            "bytes=1--2",
            "bytes=1 -2",
            "bytes=0-1,2-3",
            "bytes=0-1,",
            "lines=0-1",
            "=0-1",
            "bytes=0x1-2",
            "bytes=١-٢",
        ] {
            assert_eq!(selected(range, 100), Selected::Full, "{range}");
        }
    }

    #[test]
    fn a_range_holds_for_the_version_it_was_made_for_only() {
        let with = |if_range: &str| select(Some("bytes=0-9"), Some(if_range), "v1", 100);
        assert_eq!(with("\"v1\""), Selected::Partial(0..10));
        for other in ["\"v2\"", "W/\"v1\"", "v1", "\"", "", "*", "Tue, 24 Nov 2026 12:00:00 GMT"] {
            assert_eq!(with(other), Selected::Full, "{other}");
        }
        assert_eq!(select(Some("bytes=100-"), Some("\"v2\""), "v1", 100), Selected::Full);
    }

    #[test]
    fn the_answer_names_the_part_with_its_last_byte() {
        assert_eq!(content_range(&(10..20), 100), "bytes 10-19/100");
    }

    proptest! {
        #[test]
        fn whatever_is_asked_the_part_lies_within(range in "(bytes=)?[0-9,\\- ]{0,24}|\\PC{0,24}", size: u64) {
            if let Selected::Partial(part) = selected(&range, size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
