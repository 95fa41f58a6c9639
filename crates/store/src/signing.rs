//! URLs that carry their own permission, for stores that the program serves itself.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use kundportal_domain::Personal;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{BlobPath, Container, SignedUrl};

/// Everything but the unreserved characters of RFC 3986, 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secret that signs URLs. Processes that share a store share it.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// A key from at least 32 unpredictable bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// What a signed URL allows.
#[derive(Clone, Debug)]
pub enum SignedAccess {
    /// To write the blob.
    Upload {
        /// The blob.
        path: BlobPath,
    },
    /// To read the blob, as an attachment.
    Download {
        /// The blob.
        path: BlobPath,
        /// For the answer's `Content-Disposition`; may hold a file's name.
        content_disposition: Personal<String>,
        /// For the answer's `Content-Type`.
        content_type: String,
    },
}

/// What the signature covers.
struct Grant<'a> {
    method: &'static str,
    path: &'a BlobPath,
    expires: i64,
    disposition: &'a str,
    content_type: &'a str,
}

impl Grant<'_> {
    /// Each part with its length before it, so that no two grants read the same.
    fn message(&self) -> Vec<u8> {
        let expires = self.expires.to_string();
        let parts = [
            "kundportal signed url 1",
            self.method,
            self.path.container.as_str(),
            &self.path.name,
            &expires,
            self.disposition,
            self.content_type,
        ];
        parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat()).collect()
    }
}

/// Makes signed URLs below one address and checks them.
#[derive(Clone, Debug)]
pub struct UrlSigner {
    key: SigningKey,
    base_url: String,
}

impl UrlSigner {
    /// `base_url` without a trailing slash, such as `http://localhost:7071/dev/storage`.
    #[must_use]
    pub fn new(key: SigningKey, base_url: impl Into<String>) -> Self {
        Self { key, base_url: base_url.into() }
    }

    /// A URL to write the blob with one PUT.
    #[must_use]
    pub fn upload(&self, path: &BlobPath, expires_at: Timestamp) -> SignedUrl {
        self.sign(&Grant {
            method: "PUT",
            path,
            expires: expires_at.as_second(),
            disposition: "",
            content_type: "",
        })
    }

    /// A URL for reading the blob as an attachment.
    #[must_use]
    pub fn download(
        &self,
        path: &BlobPath,
        expires_at: Timestamp,
        content_disposition: &str,
        content_type: &str,
    ) -> SignedUrl {
        self.sign(&Grant {
            method: "GET",
            path,
            expires: expires_at.as_second(),
            disposition: content_disposition,
            content_type,
        })
    }

    fn sign(&self, grant: &Grant<'_>) -> SignedUrl {
        let escape = |text| utf8_percent_encode(text, ESCAPED);
        let signature = BASE64URL_NOPAD.encode(hmac::sign(&self.key.0, &grant.message()).as_ref());
        let name =
            grant.path.name.split('/').map(|part| escape(part).to_string()).collect::<Vec<_>>().join("/");
        let answer = match grant.method {
            "GET" => {
                format!("&disposition={}&type={}", escape(grant.disposition), escape(grant.content_type))
            }
            _ => String::new(),
        };
        let (container, expires) = (grant.path.container.as_str(), grant.expires);
        let url =
            format!("{}/{container}/{name}?expires={expires}{answer}&signature={signature}", self.base_url);
        SignedUrl {
            url: Personal::new(url),
            method: grant.method,
            headers: Vec::new(),
            expires_at: Timestamp::from_second(grant.expires).unwrap_or(Timestamp::MIN),
        }
    }

    /// What a request may do, by its method and its path and query as received: nothing unless this signer made the
    /// URL for that method and it has not expired. HEAD may do what GET may.
    #[must_use]
    pub fn verify(&self, method: &str, path_and_query: &str, now: Timestamp) -> Option<SignedAccess> {
        let method = match method {
            "GET" | "HEAD" => "GET",
            "PUT" => "PUT",
            _ => return None,
        };
        let (path, query) = path_and_query.split_once('?')?;
        let (container, name) = path.strip_prefix(self.base_path())?.strip_prefix('/')?.split_once('/')?;
        let path = BlobPath::new(Container::new(container), decode(name)?);
        let (mut expires, mut disposition, mut content_type, mut signature) = (None, None, None, None);
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=')?;
            let slot = match key {
                "expires" => &mut expires,
                "disposition" => &mut disposition,
                "type" => &mut content_type,
                "signature" => &mut signature,
                _ => return None,
            };
            if slot.replace(decode(value)?).is_some() {
                return None;
            }
        }
        let expires: i64 = expires?.parse().ok()?;
        let (disposition, content_type) = (disposition.unwrap_or_default(), content_type.unwrap_or_default());
        let grant =
            Grant { method, path: &path, expires, disposition: &disposition, content_type: &content_type };
        let signature = BASE64URL_NOPAD.decode(signature?.as_bytes()).ok()?;
        hmac::verify(&self.key.0, &grant.message(), &signature).ok()?;
        (now < Timestamp::from_second(expires).ok()?).then_some(())?;
        Some(match method {
            "PUT" => SignedAccess::Upload { path },
            _ => {
                SignedAccess::Download { path, content_disposition: Personal::new(disposition), content_type }
            }
        })
    }

    /// The path of the base URL: what follows scheme and authority.
    fn base_path(&self) -> &str {
        let rest = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("")
    }
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://localhost:7071/dev/storage";

    fn signer() -> UrlSigner {
        UrlSigner::new(SigningKey::new(&[7; 32]), BASE)
    }

    fn path() -> BlobPath {
        BlobPath::new(Container::new("tenant-one"), "files/å 1?&=%2F/content")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn requested(url: &SignedUrl) -> String {
        url.url.reveal().strip_prefix("http://localhost:7071").expect("the base").to_owned()
    }

    #[test]
    fn a_signed_download_is_allowed_until_it_expires() {
        let url = signer().download(&path(), at(100), "attachment; filename*=UTF-8''%C3%A5", "text/plain");
        let asked = requested(&url);
        let Some(SignedAccess::Download { path: found, content_disposition, content_type }) =
            signer().verify("GET", &asked, at(99))
        else {
            panic!("not allowed: {asked}");
        };
        assert_eq!(found, path());
        assert_eq!(content_disposition.reveal(), "attachment; filename*=UTF-8''%C3%A5");
        assert_eq!(content_type, "text/plain");
        assert!(signer().verify("HEAD", &asked, at(99)).is_some());
        assert!(signer().verify("GET", &asked, at(100)).is_none());
    }

    #[test]
    fn a_signed_upload_allows_nothing_but_the_upload() {
        let asked = requested(&signer().upload(&path(), at(100)));
        assert!(matches!(signer().verify("PUT", &asked, at(1)), Some(SignedAccess::Upload { .. })));
        for method in ["GET", "HEAD", "DELETE", "POST", "put"] {
            assert!(signer().verify(method, &asked, at(1)).is_none(), "{method}");
        }
    }

    #[test]
    fn whatever_is_changed_in_a_signed_url_voids_it() {
        let asked = requested(&signer().download(&path(), at(100), "attachment", "text/plain"));
        for (from, to) in [
            ("tenant-one", "tenant-two"),
            ("files", "subjects"),
            ("expires=100", "expires=101"),
            ("disposition=attachment", "disposition=inline"),
            ("type=text%2Fplain", "type=text%2Fhtml"),
            ("&type", "&type=a&type"),
            ("signature=", "signature=A"),
            ("&signature=", "&else=1&signature="),
            ("/dev/storage", ""),
        ] {
            let changed = asked.replacen(from, to, 1);
            assert_ne!(changed, asked, "{from}");
            assert!(signer().verify("GET", &changed, at(1)).is_none(), "{from}");
        }
        let other = UrlSigner::new(SigningKey::new(&[8; 32]), BASE);
        assert!(other.verify("GET", &asked, at(1)).is_none());
        for nonsense in ["", "?", "/dev/storage", "/dev/storage/a/b?expires=1", "/dev/storage/a/b?signature"]
        {
            assert!(signer().verify("GET", nonsense, at(1)).is_none(), "{nonsense}");
        }
    }

    #[test]
    fn a_key_does_not_print() {
        assert!(!format!("{:?}", signer()).contains('7'.to_string().repeat(3).as_str()));
        assert!(format!("{:?}", SigningKey::new(&[7; 32])).ends_with("(…)"));
    }
}
