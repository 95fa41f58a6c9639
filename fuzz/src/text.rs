//! Text that people write, and names of files.

use std::str::FromStr;

use kundportal_domain::{
    CommentText, CompanyName, ContentType, FileName, InviteMessage, Namer, OrganisationNumber, PersonName,
    Reason, ThreadName,
    archive_name::{MAX_BYTES, MAX_UTF16, safe_name},
};

/// Whatever is kept is within its limit and read again as it is.
fn kept<T: FromStr>(text: &str, most_characters: usize, as_str: impl Fn(&T) -> &str) -> Option<T> {
    let kept = text.parse::<T>().ok()?;
    let written = as_str(&kept);
    assert!(!written.is_empty() && written.chars().count() <= most_characters);
    let again = written.parse::<T>().ok().expect("what is kept is read again");
    assert_eq!(as_str(&again), written);
    Some(kept)
}

/// One line has no control characters, so that it cannot end a header, a log line or a row.
fn is_one_line(text: &str) {
    assert!(
        !text
            .chars()
            .any(|character| character.is_control() || "\u{2028}\u{2029}\u{202e}".contains(character))
    );
}

pub(crate) fn texts(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for name in [
        kept(text, PersonName::MAX_LENGTH, PersonName::as_str).map(|name| name.as_str().to_owned()),
        kept(text, CompanyName::MAX_LENGTH, CompanyName::as_str).map(|name| name.as_str().to_owned()),
        kept(text, ThreadName::MAX_LENGTH, ThreadName::as_str).map(|name| name.as_str().to_owned()),
    ]
    .into_iter()
    .flatten()
    {
        is_one_line(&name);
    }
    kept(text, CommentText::MAX_LENGTH, CommentText::as_str);
    kept(text, Reason::MAX_LENGTH, Reason::as_str);
    if let Some(message) = kept(text, InviteMessage::MAX_LENGTH, InviteMessage::as_str) {
        let plain = message.as_str().to_lowercase();
        assert!(!plain.contains("://") && !plain.contains("www."), "a link");
    }
    kept(text, 64, OrganisationNumber::as_str);
    if let Some(media_type) = kept(text, ContentType::MAX_LENGTH, ContentType::as_str) {
        http::HeaderValue::from_str(media_type.as_str()).expect("it goes into a header");
        assert!(media_type.as_str().starts_with(media_type.essence()));
    }
    if let Some(name) = kept(text, FileName::MAX_LENGTH, FileName::as_str) {
        is_one_line(name.as_str());
        assert!(!name.as_str().contains(['/', '\\']));
    }
    archive_names(text);
}

/// Names in an archive lead nowhere else, and no two are the same.
fn archive_names(text: &str) {
    let safe = safe_name(text);
    assert!(!safe.is_empty() && safe.len() <= MAX_BYTES && safe.encode_utf16().count() <= MAX_UTF16);
    assert!(
        !safe.contains(['/', '\\', ':', '\0'])
            && !safe.starts_with(['.', '-', ' '])
            && !safe.ends_with(['.', ' '])
    );
    assert_eq!(safe_name(&safe), safe);
    let mut namer = Namer::new();
    let mut given = std::collections::BTreeSet::new();
    for part in text.split('\n').take(20).chain([text, text]) {
        let name = namer.name(part);
        assert!(name.len() <= MAX_BYTES && !name.contains(['/', '\\']));
        assert!(given.insert(name.to_lowercase()), "two files of one name");
    }
}
