//! Which issuers count, and for what.

use std::{collections::HashSet, net::IpAddr};

use kundportal_domain::TenantId;
use reqwest::Url;
use serde::Deserialize;

/// One issuer whose access tokens count, as the configuration names it in JSON (camelCase).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OidcIssuer {
    /// Its `iss`, compared byte for byte; its keys are found below it (`OpenID` Connect Discovery 1.0, 4).
    pub issuer: String,
    /// What `aud` must be or contain: the name of this API at the issuer. Never the client id of a front end, which
    /// is the audience of ID tokens.
    pub audience: String,
    /// The tenants for which it may speak; absent means all, empty none.
    #[serde(default)]
    pub tenants: Option<Vec<String>>,
    /// What proves an e-mail address.
    #[serde(default)]
    pub email_claim: EmailClaim,
    /// Whether its `roles` claim may name somebody `Operator`. At most one issuer's may.
    #[serde(default)]
    pub operator: bool,
    /// Lets keys be fetched over plain HTTP from a loopback host. For the local run.
    #[serde(default)]
    pub allow_http_loopback: bool,
}

/// The claim by which an issuer vouches for an e-mail address.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmailClaim {
    /// None: whoever accepts an invitation is also sent a one-time code.
    #[default]
    None,
    /// `email`, where `email_verified` is `true` (`OpenID` Connect Core 1.0, 5.1).
    VerifiedEmail,
    /// A claim that counts by itself, by name: an address, or a list of addresses of which the first is taken.
    Named(String),
}

/// The configured issuers cannot be used. Names the rule and the issuer's place in the list, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OidcConfigError {
    /// `issuer` is no URL of the form that `OpenID` Connect Discovery asks for.
    #[error(
        "issuer {0}: `issuer` is not an https URL without user, query and fragment (http: loopback only, and only if `allowHttpLoopback`)"
    )]
    Url(usize),
    /// `audience` is empty.
    #[error("issuer {0}: `audience` is empty")]
    Audience(usize),
    /// `tenants` holds something that is no tenant id.
    #[error("issuer {0}: `tenants` holds something that is not a tenant id")]
    Tenant(usize),
    /// Two issuers have the same name.
    #[error("issuer {0}: named twice")]
    Twice(usize),
    /// More than one issuer may name operators.
    #[error("issuer {0}: a second one with `operator`")]
    SecondOperator(usize),
}

/// Checks what the types do not.
pub(super) fn check(issuers: &[OidcIssuer]) -> Result<(), OidcConfigError> {
    let mut names = HashSet::new();
    let mut operators = 0;
    for (place, issuer) in issuers.iter().enumerate() {
        let url = fetchable(&issuer.issuer, issuer.allow_http_loopback).ok_or(OidcConfigError::Url(place))?;
        if url.query().is_some() {
            return Err(OidcConfigError::Url(place));
        }
        if issuer.audience.is_empty() {
            return Err(OidcConfigError::Audience(place));
        }
        if issuer.tenants.iter().flatten().any(|tenant| tenant.parse::<TenantId>().is_err()) {
            return Err(OidcConfigError::Tenant(place));
        }
        if !names.insert(&issuer.issuer) {
            return Err(OidcConfigError::Twice(place));
        }
        operators += usize::from(issuer.operator);
        if operators > 1 {
            return Err(OidcConfigError::SecondOperator(place));
        }
    }
    Ok(())
}

/// The URL, if keys may be fetched from it.
pub(super) fn fetchable(url: &str, allow_http_loopback: bool) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let secure = match url.scheme() {
        "https" => url.has_host(),
        "http" => allow_http_loopback && url.host_str().is_some_and(is_loopback),
        _ => false,
    };
    (bare && secure).then_some(url)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
