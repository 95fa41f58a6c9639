//! Answers that anybody may keep: which of several forms is wanted (RFC 9110, 12.5.1), and whether the caller has it (13).

use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{
    context::Context,
    keys::Sha256,
    respond::{self, Answer},
};

/// Longest `Accept` that is looked at, in bytes: browsers send a tenth of it.
const MAX_ACCEPT: usize = 2_000;
/// What nobody has to ask for again.
const KEPT: &str = "public, max-age=300";

/// Whether HTML is wanted rather than JSON. Whoever wants neither, or says nothing that can be read, gets JSON.
pub(crate) fn wants_html(context: &Context) -> bool {
    let accept = context.header(header::ACCEPT.as_str()).filter(|accept| accept.len() <= MAX_ACCEPT);
    accept.is_some_and(|accept| quality(accept, "text", "html") > quality(accept, "application", "json"))
}

/// The quality of a media type, in thousandths: that of the range that names it most exactly.
fn quality(accept: &str, kind: &str, subtype: &str) -> u16 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (range_kind, range_subtype) = parts.next()?.split_once('/')?;
        let exactness = match (range_kind, range_subtype) {
            ("*", "*") => 0,
            (found, "*") if found.eq_ignore_ascii_case(kind) => 1,
            (found, sub) if found.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some((exactness, weight.map_or(Some(1_000), thousandths)?))
    });
    ranges.max_by_key(|(exactness, _)| *exactness).map_or(0, |(_, quality)| quality)
}

/// `0.8` as 800.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let decimals: u16 = format!("{decimals:0<3}").parse().ok().filter(|_| is_number)?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1_000),
        _ => None,
    }
}

/// A body that does not depend on who asks; 304 without it where the caller has it already. Its tag alone says so: what changes
/// twice a day has no date that could.
pub(crate) fn kept(context: &Context, media_type: &'static str, body: String) -> Answer {
    let tag = format!("\"{}\"", Sha256::of(body.as_bytes()));
    let has_it = has(context, &tag);
    let mut answer = if has_it { Answer::default() } else { Answer::new(body.into()) };
    if has_it {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    let headers: &mut HeaderMap = answer.headers_mut();
    respond::set(headers, header::ETAG, &tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language"));
    answer
}

fn has(context: &Context, tag: &str) -> bool {
    let same = |known: &str| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag;
    let tags = context.header(header::IF_NONE_MATCH.as_str());
    tags.is_some_and(|tags| tags.split(',').map(str::trim).any(same))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_that_names_a_type_most_exactly_decides() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, html, json) in [
            (browser, 1_000, 800),
            ("*/*", 1_000, 1_000),
            ("application/json", 0, 1_000),
            ("text/*;q=0.5, text/html;q=0.1, */*;q=0", 100, 0),
            ("text/html; level=1; q=0.3", 300, 0),
            ("text/html;q=1.5", 0, 0),
            ("text/html;q=0.1234", 0, 0),
            ("text/html;q=1.000", 1_000, 0),
            ("", 0, 0),
            (",;,/;q=", 0, 0),
        ] {
            assert_eq!(quality(accept, "text", "html"), html, "{accept}");
            assert_eq!(quality(accept, "application", "json"), json, "{accept}");
        }
    }
}
