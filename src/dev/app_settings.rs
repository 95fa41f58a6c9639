//! The app settings of the local run: what the platform's configuration is for a deployed app.

use serde_json::json;

use super::{Storage, folder::Folder, issuer::AUDIENCE, keys::Keys};
use crate::{environment::Environment, storage::STORAGE};

/// What the handler gets beside the environment of this process. Variables that are set there go first, except those
/// that say where this folder's data are.
pub(crate) fn of(
    address: &str,
    folder: &Folder,
    keys: &Keys,
    storage: Storage,
    environment: &Environment,
) -> Vec<(String, String)> {
    let issuer = format!("{address}/dev/oidc");
    let issuers = json!([{
        "issuer": issuer, "audience": AUDIENCE, "emailClaim": "verifiedEmail", "operator": true, "allowHttpLoopback": true,
    }]);
    let fixed = [
        (STORAGE, storage.name().to_owned()),
        ("KUNDPORTAL_DATA_DIR", folder.path().display().to_string()),
        ("KUNDPORTAL_SIGNED_URL_BASE", format!("{address}/dev/storage")),
        ("KUNDPORTAL_SIGNED_URL_KEY", keys.url_signing.clone()),
    ];
    let defaults = [
        ("KUNDPORTAL_INDEX_KEYS", format!("dev:{}", keys.index)),
        ("KUNDPORTAL_LINK_KEYS", format!("dev:{}", keys.mail_token)),
        ("KUNDPORTAL_SIGNING_KEY", keys.package_signing.clone()),
        ("KUNDPORTAL_PORTAL_URL", format!("{address}/api/portal/")),
        ("KUNDPORTAL_ISSUERS", issuers.to_string()),
        ("KUNDPORTAL_FRONT_END_ISSUER", issuer),
        ("KUNDPORTAL_FRONT_END_CLIENT_ID", "kundportal-front-end".to_owned()),
        ("KUNDPORTAL_FRONT_END_SCOPES", "openid,email,profile".to_owned()),
        ("KUNDPORTAL_MAIL_DOMAIN", "kundportal.example.com".to_owned()),
        ("KUNDPORTAL_CLIENT_IP_HEADER", "x-forwarded-for".to_owned()),
        ("KUNDPORTAL_TRUSTED_PROXIES", "1".to_owned()),
    ];
    let defaults = defaults.into_iter().filter(|(name, _)| environment.get(name).is_none());
    fixed.into_iter().chain(defaults).map(|(name, value)| (name.to_owned(), value)).collect()
}
