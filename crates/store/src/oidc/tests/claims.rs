//! Claims and configuration.

use serde_json::{Value, json};

use super::*;
use crate::{EmailClaim, OidcConfigError};

async fn verdict(changes: Value) -> Result<Claims, TokenError> {
    let issuer = StandIn::start().await;
    verdict_at(configured(&issuer), &issuer, &claims_with(&issuer, changes), now()).await
}

#[tokio::test]
async fn a_good_token_says_who_and_when() {
    let issuer = StandIn::start().await;
    let claims = verdict_at(configured(&issuer), &issuer, &good_claims(&issuer), now()).await.expect("good");
    assert_eq!(claims.issuer, issuer.url);
    assert_eq!(claims.subject.reveal(), "person-1");
    assert_eq!(claims.auth_time, Some(later(-10)));
    assert!(claims.email.is_none() && !claims.operator && claims.tenants.is_none());
}

#[tokio::test]
async fn the_audience_is_ours_or_contains_ours() {
    assert!(verdict(json!({"aud": ["other", AUDIENCE]})).await.is_ok());
    for aud in
        [json!("other"), json!(format!("{AUDIENCE}/")), json!(["other"]), json!([]), json!(null), json!(7)]
    {
        assert_invalid(&verdict(json!({"aud": aud})).await);
    }
}

#[tokio::test]
async fn another_issuer_never_counts_and_makes_nobody_fetch() {
    let issuer = StandIn::start().await;
    let trailing_slash = format!("{}/", issuer.url);
    for iss in [json!("https://id.example.com"), json!(trailing_slash), json!(null), json!([issuer.url])] {
        let claims = claims_with(&issuer, json!({"iss": iss}));
        assert_invalid(&verdict_at(configured(&issuer), &issuer, &claims, now()).await);
    }
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn a_token_ends_at_exp_and_a_minute_remembered_or_not() {
    let issuer = StandIn::start().await;
    let key = ec_key("ec-1");
    issuer.publish(&[&key]);
    let token = key.token(&good_claims(&issuer));
    let remembering = verifier(configured(&issuer));
    assert!(remembering.verify(&token, later(3600 + 59)).await.is_ok());
    assert_invalid(&remembering.verify(&token, later(3600 + 60)).await);
    assert_invalid(&verifier(configured(&issuer)).verify(&token, later(3600 + 60)).await);
}

#[tokio::test]
async fn exp_is_required_and_a_number() {
    for exp in [json!(null), json!("1900000000"), json!(true), json!(1e300)] {
        assert_invalid(&verdict(json!({"exp": exp})).await);
    }
    let fraction = Value::from(1_800_000_100.5);
    assert!(verdict(json!({"exp": fraction})).await.is_ok());
}

#[tokio::test]
async fn a_token_from_more_than_a_minute_ahead_does_not_count_yet() {
    for name in ["nbf", "iat", "auth_time"] {
        assert!(verdict(json!({name: now().as_second() + 60})).await.is_ok(), "{name}");
        assert_invalid(&verdict(json!({name: now().as_second() + 61})).await);
        assert_invalid(&verdict(json!({name: "soon"})).await);
    }
    assert!(verdict(json!({"nbf": null, "iat": null, "auth_time": null})).await.is_ok());
}

#[tokio::test]
async fn a_remembered_token_does_not_count_before_its_time_either() {
    let issuer = StandIn::start().await;
    let key = ec_key("ec-1");
    issuer.publish(&[&key]);
    let (token, verifier) = (key.token(&good_claims(&issuer)), verifier(configured(&issuer)));
    assert!(verifier.verify(&token, now()).await.is_ok());
    assert_invalid(&verifier.verify(&token, later(-61)).await);
}

#[tokio::test]
async fn a_sign_in_time_is_auth_time_and_never_iat() {
    let claims = verdict(json!({"auth_time": null})).await.expect("good");
    assert_eq!(claims.auth_time, None);
}

#[tokio::test]
async fn somebody_is_named() {
    for sub in [json!(null), json!(""), json!(17), json!("x".repeat(256))] {
        assert_invalid(&verdict(json!({"sub": sub})).await);
    }
}

#[tokio::test]
async fn an_id_token_or_logout_token_is_no_access_token() {
    for name in ["nonce", "at_hash", "c_hash", "s_hash", "events"] {
        assert_invalid(&verdict(json!({name: "x"})).await);
    }
    assert_invalid(&verdict(json!({"typ": "ID"})).await);
    assert_invalid(&verdict(json!({"typ": "Refresh"})).await);
    assert!(verdict(json!({"typ": "Bearer"})).await.is_ok());
}

async fn email(claim: EmailClaim, changes: Value) -> Option<String> {
    let issuer = StandIn::start().await;
    let config = OidcIssuer { email_claim: claim, ..configured(&issuer) };
    let claims = verdict_at(config, &issuer, &claims_with(&issuer, changes), now()).await.expect("good");
    claims.email.map(|email| email.reveal().as_str().to_owned())
}

#[tokio::test]
async fn an_address_is_proven_by_the_configured_claim_only() {
    let address = || Some("kim@example.com".to_owned());
    let standard = || json!({"email": "kim@example.com", "email_verified": true});
    assert_eq!(email(EmailClaim::None, standard()).await, None);
    assert_eq!(email(EmailClaim::VerifiedEmail, standard()).await, address());
    for verified in [json!(false), json!("true"), json!(1), json!(null)] {
        let changes = json!({"email": "kim@example.com", "email_verified": verified});
        assert_eq!(email(EmailClaim::VerifiedEmail, changes).await, None);
    }
    assert_eq!(
        email(EmailClaim::VerifiedEmail, json!({"email": "no address", "email_verified": true})).await,
        None
    );
    let named = || EmailClaim::Named("verified_primary_email".to_owned());
    assert_eq!(email(named(), standard()).await, None);
    assert_eq!(email(named(), json!({"verified_primary_email": "kim@example.com"})).await, address());
    assert_eq!(
        email(named(), json!({"verified_primary_email": ["kim@example.com", "b@example.com"]})).await,
        address()
    );
}

#[tokio::test]
async fn operator_is_who_the_one_issuer_says_is_one() {
    let issuer = StandIn::start().await;
    let roles = |roles: Value| claims_with(&issuer, json!({"roles": roles}));
    let trusted = || OidcIssuer { operator: true, ..configured(&issuer) };
    let operator =
        async |config, claims| verdict_at(config, &issuer, &claims, now()).await.expect("good").operator;
    assert!(operator(trusted(), roles(json!(["Reader", "Operator"]))).await);
    assert!(!operator(configured(&issuer), roles(json!(["Operator"]))).await);
    assert!(!operator(trusted(), roles(json!(["operator"]))).await);
    assert!(!operator(trusted(), roles(json!("Operator of trains"))).await);
    assert!(!operator(trusted(), roles(json!(null))).await);
}

#[tokio::test]
async fn an_issuers_tenants_come_from_the_configuration() {
    let issuer = StandIn::start().await;
    let config = OidcIssuer { tenants: Some(vec!["north".to_owned()]), ..configured(&issuer) };
    let claims = claims_with(&issuer, json!({"tenants": ["south"]}));
    let claims = verdict_at(config, &issuer, &claims, now()).await.expect("good");
    assert_eq!(claims.tenants, Some(vec!["north".to_owned()]));
}

#[test]
fn a_configuration_names_what_is_wrong_with_it() {
    let read = |json: Value| -> Vec<OidcIssuer> { serde_json::from_value(json).expect("readable") };
    let check = |json: Value| OidcVerifier::new(read(json)).err();
    let one = |issuer: &str| json!([{"issuer": issuer, "audience": "a", "allowHttpLoopback": true}]);
    for good in [
        "https://id.example.com/t/v2.0",
        "http://127.0.0.1:7071/dev/oidc",
        "http://localhost",
        "http://[::1]:1",
    ] {
        assert_eq!(check(one(good)), None, "{good}");
    }
    for bad in [
        "http://id.example.com",
        "http://127.0.0.1.example.com",
        "https://u:p@id.example.com",
        "ftp://localhost",
        "https://id.example.com?x",
        "https://id.example.com#x",
        "id.example.com",
        "",
    ] {
        assert_eq!(check(one(bad)), Some(OidcConfigError::Url(0)), "{bad}");
    }
    let plain = json!([{"issuer": "http://127.0.0.1:7071", "audience": "a"}]);
    assert_eq!(check(plain), Some(OidcConfigError::Url(0)));
    let (a, b) = ("https://a.example.com", "https://b.example.com");
    assert_eq!(check(json!([{"issuer": a, "audience": ""}])), Some(OidcConfigError::Audience(0)));
    assert_eq!(
        check(json!([{"issuer": a, "audience": "a", "tenants": ["North"]}])),
        Some(OidcConfigError::Tenant(0))
    );
    assert_eq!(
        check(json!([{"issuer": a, "audience": "a"}, {"issuer": a, "audience": "b"}])),
        Some(OidcConfigError::Twice(1))
    );
    assert_eq!(
        check(
            json!([{"issuer": a, "audience": "a", "operator": true}, {"issuer": b, "audience": "a", "operator": true}])
        ),
        Some(OidcConfigError::SecondOperator(1))
    );
}

#[test]
fn email_claims_are_configured_by_name() {
    let read = |json: Value| serde_json::from_value::<EmailClaim>(json).expect("readable");
    assert_eq!(read(json!("none")), EmailClaim::None);
    assert_eq!(read(json!("verifiedEmail")), EmailClaim::VerifiedEmail);
    assert_eq!(read(json!({"named": "upn"})), EmailClaim::Named("upn".to_owned()));
    let misspelt = json!({"issuer": "https://a.example.com", "audience": "a", "operatr": true});
    assert!(serde_json::from_value::<OidcIssuer>(misspelt).is_err());
}
