//! Values out of text: accepted ones are within their limits, and read again as they are kept.

use std::num::NonZeroUsize;

use kundportal_domain::{
    Category, CommentId, EmailAddress, FileId, Locale, Period, PhoneNumber, RecordId, RetentionChoice,
    TenantId, UserId, client_ip,
};
use kundportal_functions::{Keys, foreign};

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// An address is kept in one spelling, has no room for a second header line, and its hint does not give it away.
pub(crate) fn email(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok(address) = text.parse::<EmailAddress>() else { return };
    let kept = address.as_str();
    assert!(kept.len() <= 254 && !kept.chars().any(char::is_control), "no such address is kept");
    assert_eq!(kept.parse::<EmailAddress>().expect("it is read again").as_str(), kept);
    let canonical = address.canonical();
    let again: EmailAddress = canonical.parse().expect("the canonical form is an address");
    assert_eq!(again.canonical(), canonical);
    let (local, domain) = kept.rsplit_once('@').expect("both parts");
    assert!(!local.is_empty() && domain.contains('.'));
    assert!(address.hint().chars().count() <= 6 + domain.len());
    let json = serde_json::to_string(&address).expect("JSON");
    assert_eq!(serde_json::from_str::<EmailAddress>(&json).expect("it is stored").as_str(), kept);
}

/// A number is E.164, read again as it is, also from storage, and shown with the same digits.
pub(crate) fn phone(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok(number) = text.parse::<PhoneNumber>() else { return };
    let kept = number.as_str();
    let digits = kept.strip_prefix('+').expect("a plus");
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(kept.parse::<PhoneNumber>().expect("it is read again").as_str(), kept);
    let json = serde_json::to_string(&number).expect("JSON");
    assert_eq!(serde_json::from_str::<PhoneNumber>(&json).expect("it is stored").as_str(), kept);
    let shown: String = number.international().chars().filter(char::is_ascii_digit).collect();
    assert_eq!(shown, digits);
}

/// An identifier has one spelling, and a name that sorts the other way round leads back to it.
pub(crate) fn identifiers(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    one_spelling::<TenantId>(text);
    one_spelling::<UserId>(text);
    one_spelling::<FileId>(text);
    one_spelling::<Category>(text);
    if let Ok(id) = text.parse::<CommentId>() {
        assert_eq!(CommentId::from_inverted(&id.inverted()), Ok(id));
        let _ = id.created_at();
    }
    if let Ok(id) = RecordId::from_inverted(text) {
        assert_eq!(id.inverted(), text);
    }
    if let Ok(period) = text.parse::<Period>() {
        assert_eq!(period.to_string().parse(), Ok(period));
        let day = jiff::civil::date(2026, 3, 31);
        assert!(period.add_to(day) > day && period.subtract_from(day) < day);
    }
    if let Ok(choice) = text.parse::<RetentionChoice>() {
        assert_eq!(choice.to_string().parse(), Ok(choice));
    }
    if let Ok(due) = foreign::due_item(text) {
        assert_eq!(due, text);
    }
}

fn one_spelling<T: std::str::FromStr + ToString>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text);
    }
}

/// A language comes out whatever is asked for, and an address is one only where a proxy that is trusted wrote it.
pub(crate) fn headers(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let locale = Locale::from_accept_language(text);
    assert!(Locale::ALL.contains(&locale));
    // A wish that is stronger than all others is granted.
    assert_eq!(Locale::from_accept_language(&format!("{},{text}", locale.as_str())), locale);
    if let Some(address) = client_ip::from_single(text) {
        assert_eq!(client_ip::from_single(&address.to_string()), Some(address));
        assert_eq!(client_ip::from_forwarded_for(text, NonZeroUsize::MIN), Some(address));
    }
    for trusted in [1, 2, 3].into_iter().filter_map(NonZeroUsize::new) {
        let Some(address) = client_ip::from_forwarded_for(text, trusted) else { continue };
        // Whatever stands to the left of the trusted entries is the caller's own text and changes nothing.
        let forged = format!("203.0.113.99, {text}");
        assert_eq!(client_ip::from_forwarded_for(&forged, trusted), Some(address));
    }
}

/// Keys are of 32 bytes or more, and an error holds no part of one.
pub(crate) fn index_keys(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match Keys::parse(text) {
        Ok(keys) => {
            assert!(text.len() >= 2 + 44 && text.split(',').count() <= 2);
            assert_eq!(format!("{keys:?}"), "Keys(…)");
        }
        Err(error) => assert!(error.to_string().len() < 80),
    }
}
