//! Signed URLs.

use std::time::Duration;

use kundportal_store::SignedAccess;

use crate::stores::{Subject, at, start};

pub(crate) async fn a_signed_url_names_method_and_expiry(subject: Subject) {
    let expires = start() + Duration::from_mins(5);
    let upload = subject.store.signed_upload_url(&at("file"), expires).await.unwrap();
    let download =
        subject.store.signed_download_url(&at("file"), expires, "attachment", "a/b").await.unwrap();
    assert_eq!((upload.method, download.method), ("PUT", "GET"));
    assert_eq!((upload.expires_at, download.expires_at), (expires, expires));
    assert!(!format!("{upload:?}", upload = upload.url).contains("http"));
}

pub(crate) async fn a_signed_url_allows_what_it_was_made_for(subject: Subject) {
    let verify = &subject.served().verify;
    let expires = start() + Duration::from_mins(5);
    let path = at("files/å b?.pdf");
    let upload = subject.store.signed_upload_url(&path, expires).await.unwrap();
    let disposition = "attachment; filename*=UTF-8''%C3%A5.pdf";
    let download =
        subject.store.signed_download_url(&path, expires, disposition, "application/pdf").await.unwrap();
    let asked = |url: &str| {
        let rest = url.split_once("://").unwrap().1;
        rest[rest.find('/').unwrap()..].to_owned()
    };
    let (upload, download) = (asked(upload.url.reveal()), asked(download.url.reveal()));
    assert!(
        matches!(verify("PUT", &upload, start()), Some(SignedAccess::Upload { path: found }) if found == path)
    );
    let Some(SignedAccess::Download { path: found, content_disposition, content_type }) =
        verify("GET", &download, start())
    else {
        panic!("not allowed");
    };
    assert_eq!((found, content_disposition.reveal().as_str()), (path, disposition));
    assert_eq!(content_type, "application/pdf");
    assert!(verify("GET", &upload, start()).is_none());
    assert!(verify("PUT", &download, start()).is_none());
    assert!(verify("PUT", &upload, expires).is_none());
}
