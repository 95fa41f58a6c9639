//! Headers, algorithms, keys, signatures.

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use super::{issuer::*, *};
use crate::oidc::{LONGEST_TOKEN, jwks::KeySet};

async fn verdict(issuer: &StandIn, token: &str) -> Result<Claims, TokenError> {
    verifier(configured(issuer)).verify(token, now()).await
}

/// The verdict on a good token whose header has members replaced.
async fn with_header(changes: &[(&str, Value)]) -> Result<Claims, TokenError> {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    let mut header = key.header();
    for (name, value) in changes {
        header[*name] = value.clone();
    }
    verdict(&issuer, &key.token_with(&header, &good_claims(&issuer))).await
}

#[tokio::test]
async fn rs256_and_es256_count() {
    let (issuer, rsa, ec) = (StandIn::start().await, rsa_key("rsa-1"), ec_key("ec-1"));
    issuer.publish(&[&rsa, &ec]);
    let verifier = verifier(configured(&issuer));
    assert!(verifier.verify(&rsa.token(&good_claims(&issuer)), now()).await.is_ok());
    assert!(verifier.verify(&ec.token(&good_claims(&issuer)), now()).await.is_ok());
}

#[tokio::test]
async fn another_keys_signature_does_not_count() {
    let (issuer, published, other) = (StandIn::start().await, ec_key("ec-1"), ec_key("ec-1"));
    issuer.publish(&[&published]);
    assert_invalid(&verdict(&issuer, &other.token(&good_claims(&issuer))).await);
}

#[tokio::test]
async fn changed_claims_break_the_signature() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    let token = key.token(&good_claims(&issuer));
    let signature = token.rsplit('.').next().expect("a signature");
    let changed = unsigned(&key.header(), &claims_with(&issuer, json!({"sub": "person-2"})));
    let verifier = verifier(configured(&issuer));
    assert!(verifier.verify(&token, now()).await.is_ok());
    assert_invalid(&verifier.verify(&format!("{changed}.{signature}"), now()).await);
    assert_invalid(&verifier.verify(&format!("{changed}."), now()).await);
}

#[tokio::test]
async fn no_algorithm_but_the_two_counts() {
    for alg in ["none", "None", "HS256", "RS384", "RS512", "PS256", "ES384", "EdDSA", "es256", ""] {
        assert_invalid(&with_header(&[("alg", json!(alg))]).await);
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let (issuer, rsa) = (StandIn::start().await, rsa_key("rsa-1"));
    issuer.publish(&[&rsa]);
    for secret in [rsa.jwk["n"].to_string(), rsa.jwk.to_string()] {
        let signed = unsigned(&json!({"alg": "HS256", "kid": "rsa-1"}), &good_claims(&issuer));
        let key = EncodingKey::from_secret(secret.as_bytes());
        let signature = crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).expect("a signature");
        assert_invalid(&verdict(&issuer, &format!("{signed}.{signature}")).await);
    }
}

#[tokio::test]
async fn a_key_serves_the_algorithm_of_its_type_only() {
    let (issuer, rsa, ec) = (StandIn::start().await, rsa_key("rsa-1"), ec_key("ec-1"));
    issuer.publish(&[&rsa, &ec]);
    for (key, alg) in [(&rsa, "ES256"), (&ec, "RS256")] {
        let header = json!({"alg": alg, "kid": key.jwk["kid"]});
        assert_invalid(&verdict(&issuer, &key.token_with(&header, &good_claims(&issuer))).await);
    }
}

#[tokio::test]
async fn a_key_must_be_named() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    for header in
        [json!({"alg": "ES256"}), json!({"alg": "ES256", "kid": ""}), json!({"alg": "ES256", "kid": 1})]
    {
        assert_invalid(&verdict(&issuer, &key.token_with(&header, &good_claims(&issuer))).await);
    }
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn the_type_is_that_of_an_access_token_or_says_nothing() {
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", "jwt"] {
        assert!(with_header(&[("typ", json!(typ))]).await.is_ok(), "{typ}");
    }
    assert!(with_header(&[("typ", Value::Null)]).await.is_ok());
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "id_token", ""] {
        assert_invalid(&with_header(&[("typ", json!(typ))]).await);
    }
}

#[tokio::test]
async fn a_key_in_the_header_is_never_used_and_an_extension_refused() {
    let (issuer, published, own) = (StandIn::start().await, ec_key("ec-1"), ec_key("own"));
    issuer.publish(&[&published]);
    let leads = format!("{}/elsewhere", issuer.url);
    let header = json!({"alg": "ES256", "kid": "own", "jwk": own.jwk, "jku": leads, "x5u": leads});
    assert_invalid(&verdict(&issuer, &own.token_with(&header, &good_claims(&issuer))).await);
    assert_eq!(issuer.other_reads(), 0);
    assert!(with_header(&[("jku", json!(leads))]).await.is_ok());
    assert_invalid(&with_header(&[("crit", json!(["b64"])), ("b64", json!(false))]).await);
    assert_invalid(&with_header(&[("crit", json!([]))]).await);
}

#[tokio::test]
async fn what_is_no_token_is_refused_without_a_fetch() {
    let issuer = StandIn::start().await;
    let deep = encode("[".repeat(10_000).as_bytes());
    let header = encode(br#"{"alg":"ES256","kid":"k"}"#);
    let texts = [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "å.å.å",
        "e30.e30.e30",
        "e30=.e30=.",
        &format!("{header}.{deep}.e30"),
    ];
    for text in texts {
        assert_invalid(&verdict(&issuer, text).await);
    }
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn a_token_of_more_than_16_kib_is_not_looked_at() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    let padded = |length: usize| key.token(&claims_with(&issuer, json!({"pad": "x".repeat(length)})));
    let shortest = padded(0).len();
    let (fits, too_long) =
        (padded((LONGEST_TOKEN - shortest) * 3 / 4 - 3), padded((LONGEST_TOKEN - shortest) * 3 / 4 + 3));
    assert!(fits.len() <= LONGEST_TOKEN && too_long.len() > LONGEST_TOKEN);
    assert!(verdict(&issuer, &fits).await.is_ok());
    assert_invalid(&verdict(&issuer, &too_long).await);
}

#[test]
fn only_signing_keys_of_enough_strength_are_used() {
    let usable = |key: &Key, name: &str, value: Value| {
        let mut jwk = key.jwk.clone();
        jwk[name] = value;
        KeySet::from_json(json!({"keys": [jwk]}).to_string().as_bytes()).is_ok()
    };
    let (ec, rsa) = (ec_key("key"), rsa_key("key"));
    let modulus = |leading_zeros: usize, bits: usize| {
        let mut bytes = vec![0; leading_zeros];
        bytes.extend([0xff].repeat(bits / 8));
        json!(encode(&bytes))
    };
    for (key, name, value) in [
        (&ec, "use", Value::Null),
        (&ec, "key_ops", json!(["verify"])),
        (&ec, "alg", Value::Null),
        (&rsa, "n", modulus(1, 2048)),
        (&rsa, "n", modulus(0, 8192)),
    ] {
        assert!(usable(key, name, value.clone()), "{name} {value}");
    }
    for (key, name, value) in [
        (&ec, "use", json!("enc")),
        (&ec, "key_ops", json!(["encrypt"])),
        (&ec, "alg", json!("ES384")),
        (&ec, "crv", json!("P-384")),
        (&ec, "x", json!(encode(&[1; 31]))),
        (&ec, "kid", json!("")),
        (&ec, "kid", Value::Null),
        (&rsa, "alg", json!("PS256")),
        (&rsa, "kty", json!("oct")),
        (&rsa, "n", modulus(0, 1024)),
        (&rsa, "n", modulus(128, 1024)),
        (&rsa, "n", modulus(0, 2040)),
        (&rsa, "n", modulus(0, 8200)),
        (&rsa, "n", json!("not base64url!")),
        (&rsa, "e", Value::Null),
    ] {
        assert!(!usable(key, name, value.clone()), "{name} {value}");
    }
}

#[tokio::test]
async fn a_point_beside_the_curve_verifies_nothing() {
    let (issuer, mut key) = (StandIn::start().await, ec_key("ec-1"));
    key.jwk["x"] = json!(encode(&[1; 32]));
    issuer.publish(&[&key]);
    assert_invalid(&verdict(&issuer, &key.token(&good_claims(&issuer))).await);
}
