//! What proves something: access tokens, keys of issuers, links in mails, signed URLs.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use kundportal_store::{
    BlobPath, Container, EmailClaim, OidcIssuer, SignedAccess, SigningKey, UrlSigner, foreign,
};
use serde_json::json;

use crate::world::{World, block_on};

/// The time in all of them.
const NOW: i64 = 1_772_438_400;

/// A token's parts are all of it; what it claims counts only for its issuer, within its time, about somebody.
///
/// An input with a line break is a header and claims before they are encoded.
pub(crate) fn token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let encoded = text.split_once('\n').map(|(header, claims)| {
        let [header, claims] = [header, claims].map(|part| BASE64URL_NOPAD.encode(part.as_bytes()));
        format!("{header}.{claims}.c2lnbmF0dXJl")
    });
    let text = encoded.as_deref().unwrap_or(text);
    let now = Timestamp::from_second(NOW).expect("a time");
    let Some((key, issuer, parts)) = foreign::token(text) else { return };
    assert!(!key.is_empty());
    assert_eq!(parts.join("."), text);
    for email_claim in [EmailClaim::None, EmailClaim::VerifiedEmail, EmailClaim::Named("emails".to_owned())] {
        let trusted = OidcIssuer {
            issuer: "https://issuer.example.com".to_owned(),
            audience: "portal".to_owned(),
            tenants: Some(vec!["nord".to_owned()]),
            email_claim,
            operator: false,
            allow_http_loopback: false,
        };
        let Some(claims) = foreign::claims(text, &trusted, now) else { continue };
        assert_eq!(issuer.as_ref(), Some(&trusted.issuer));
        assert_eq!((&claims.issuer, &claims.tenants), (&trusted.issuer, &trusted.tenants));
        assert!(!claims.subject.reveal().is_empty() && claims.subject.reveal().len() <= 255);
        assert!(!claims.operator, "only the operator's issuer names operators");
        assert!(
            claims.auth_time.is_none_or(|at| at.as_second() <= NOW + 60),
            "a sign-in that is yet to come"
        );
        assert!(claims.email.is_none() || trusted.email_claim != EmailClaim::None);
        let stranger = OidcIssuer { issuer: "https://other.example.com".to_owned(), ..trusted };
        assert!(foreign::claims(text, &stranger, now).is_none());
    }
}

/// No set of keys takes an arbitrary text for a signature.
pub(crate) fn key_set(bytes: &[u8]) {
    assert!(!foreign::verifies(bytes, "e30.e30", "c2lnbmF0dXJl"));
    assert!(!foreign::verifies(bytes, "e30.e30", &BASE64URL_NOPAD.encode(&[1; 64])));
    assert!(!foreign::verifies(bytes, "", ""));
}

/// A link in a mail is ours as it was made, and no other text is: whatever is made of a good token leads nowhere.
pub(crate) fn link(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let world = World::new();
    let token = world.fill(text);
    let body = json!({"token": token}).to_string();
    for (line, good) in [
        ("- POST /api/invites/lookup", world.name("token")),
        ("maja POST /api/email-changes/confirm", world.name("change")),
    ] {
        let request =
            format!("{line}\ncontent-type: application/json\ncontent-length: {}\n\n{body}", body.len());
        let Some(request) = world.request(&request) else { return };
        let status = block_on(world.ask(request)).status().as_u16();
        assert_eq!(status, if token == good { 200 } else { 404 });
    }
}

/// A signed URL allows what it was made for until it expires, and a text that nobody signed allows nothing.
///
/// An input of several lines is the name, the disposition and the type of a URL to be signed; one line is asked for as it is.
pub(crate) fn signed_url(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let signer = UrlSigner::new(SigningKey::new(&[7; 32]), "http://localhost/dev/storage");
    let at = |second| Timestamp::from_second(second).expect("a time");
    let mut lines = text.splitn(3, '\n');
    let (Some(name), Some(disposition), Some(kind)) = (lines.next(), lines.next(), lines.next()) else {
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            assert!(signer.verify(method, text, at(NOW)).is_none(), "nobody signed it");
        }
        return;
    };
    let path = BlobPath::new(Container::new("tenant-nord"), name);
    let asked = |url: &str| url.strip_prefix("http://localhost").expect("the base").to_owned();
    let download = asked(signer.download(&path, at(NOW), disposition, kind).url.reveal());
    let Some(SignedAccess::Download { path: found, content_disposition, content_type }) =
        signer.verify("GET", &download, at(NOW - 1))
    else {
        panic!("what was signed is allowed");
    };
    assert_eq!(
        (found, content_disposition.reveal().as_str(), content_type.as_str()),
        (path.clone(), disposition, kind)
    );
    let upload = asked(signer.upload(&path, at(NOW)).url.reveal());
    assert!(
        matches!(signer.verify("PUT", &upload, at(NOW - 1)), Some(SignedAccess::Upload { path: found }) if found == path)
    );
    for (method, url, now) in
        [("GET", &download, NOW), ("PUT", &upload, NOW), ("PUT", &download, 0), ("GET", &upload, 0)]
    {
        assert!(signer.verify(method, url, at(now)).is_none(), "too late, or something else");
    }
}
