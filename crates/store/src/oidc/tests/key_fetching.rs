//! When and how keys are fetched, and what is remembered.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{issuer::*, *};

async fn token_of(
    issuer: &StandIn,
    verifier: &OidcVerifier,
    key: &Key,
    seconds: i64,
) -> Result<Claims, TokenError> {
    // Another subject each time, so that nothing is answered from memory.
    let claims =
        claims_with(issuer, json!({"sub": format!("person-{seconds}"), "exp": now().as_second() + 90_000}));
    verifier.verify(&key.token(&claims), later(seconds)).await
}

#[tokio::test]
async fn nothing_is_fetched_before_the_first_token_and_once_for_many() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    let verifier = verifier(configured(&issuer));
    assert_eq!(issuer.fetches(), 0);
    for second in 0..20 {
        assert!(token_of(&issuer, &verifier, &key, second).await.is_ok());
    }
    assert_eq!((issuer.fetches(), issuer.key_reads()), (1, 1));
}

#[tokio::test]
async fn a_storm_of_unknown_keys_makes_one_fetch_in_five_minutes() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    let verifier = verifier(configured(&issuer));
    assert!(token_of(&issuer, &verifier, &key, 0).await.is_ok());
    for second in 1..300 {
        let stranger = ec_key(&format!("unknown-{second}"));
        assert_invalid(&token_of(&issuer, &verifier, &stranger, second).await);
    }
    assert_eq!(issuer.fetches(), 1);
    for second in 300..320 {
        assert_invalid(&token_of(&issuer, &verifier, &ec_key("unknown"), second).await);
    }
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn those_who_wait_for_the_same_keys_share_one_fetch() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    let slowly = Answer { after: Duration::from_millis(100), ..Answer::json(&json!({"keys": [key.jwk]})) };
    issuer.answer_keys(slowly);
    let verifier = Arc::new(verifier(configured(&issuer)));
    let tasks: Vec<_> = (0..50)
        .map(|person| {
            let token = key.token(&claims_with(&issuer, json!({"sub": format!("person-{person}")})));
            let verifier = Arc::clone(&verifier);
            tokio::spawn(async move { verifier.verify(&token, now()).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("finished").is_ok());
    }
    assert_eq!((issuer.fetches(), issuer.key_reads()), (1, 1));
}

#[tokio::test]
async fn a_caller_who_goes_away_breaks_no_fetch_off() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    let slowly = Answer { after: Duration::from_millis(50), ..Answer::json(&json!({"keys": [key.jwk]})) };
    issuer.answer_keys(slowly);
    let verifier = verifier(configured(&issuer));
    let impatient =
        tokio::time::timeout(Duration::from_millis(10), token_of(&issuer, &verifier, &key, 0)).await;
    assert!(impatient.is_err());
    assert!(token_of(&issuer, &verifier, &key, 1).await.is_ok());
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_and_the_old_one_no_longer_counts() {
    let (issuer, old, new) = (StandIn::start().await, ec_key("old"), ec_key("new"));
    issuer.publish(&[&old]);
    let verifier = verifier(configured(&issuer));
    let remembered = old.token(&claims_with(&issuer, json!({"sub": "remembered"})));
    assert!(verifier.verify(&remembered, now()).await.is_ok());
    issuer.publish(&[&new]);
    assert!(verifier.verify(&remembered, later(300)).await.is_ok());
    assert!(token_of(&issuer, &verifier, &new, 301).await.is_ok());
    assert_invalid(&token_of(&issuer, &verifier, &old, 302).await);
    assert_invalid(&verifier.verify(&remembered, later(303)).await);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn a_key_that_stays_keeps_what_is_remembered() {
    let (issuer, stays, new) = (StandIn::start().await, ec_key("stays"), ec_key("new"));
    issuer.publish(&[&stays]);
    let verifier = verifier(configured(&issuer));
    let remembered = stays.token(&good_claims(&issuer));
    assert!(verifier.verify(&remembered, now()).await.is_ok());
    issuer.publish(&[&new, &stays]);
    assert!(token_of(&issuer, &verifier, &new, 300).await.is_ok());
    assert!(verifier.verified.get(&super::super::VerifiedTokens::digest(&remembered), later(301)).is_some());
}

#[tokio::test]
async fn another_key_under_an_old_name_replaces_it_within_the_hour() {
    let (issuer, old, new) = (StandIn::start().await, ec_key("same"), ec_key("same"));
    issuer.publish(&[&old]);
    let verifier = verifier(configured(&issuer));
    assert!(token_of(&issuer, &verifier, &old, 0).await.is_ok());
    issuer.publish(&[&new]);
    assert!(token_of(&issuer, &verifier, &old, 3599).await.is_ok());
    assert_invalid(&token_of(&issuer, &verifier, &old, 3600).await);
    assert!(token_of(&issuer, &verifier, &new, 3601).await.is_ok());
}

#[tokio::test]
async fn an_outage_leaves_known_keys_in_force_and_the_unknown_unanswered() {
    let (issuer, known, new) = (StandIn::start().await, ec_key("known"), ec_key("new"));
    issuer.publish(&[&known]);
    let verifier = verifier(configured(&issuer));
    assert!(token_of(&issuer, &verifier, &known, 0).await.is_ok());
    issuer.answer_discovery(Answer::status(503));
    for second in [300, 301, 599] {
        assert_unavailable(&token_of(&issuer, &verifier, &new, second).await);
        assert!(token_of(&issuer, &verifier, &known, second).await.is_ok());
    }
    assert_eq!(issuer.fetches(), 2);
    for second in [4000, 8000, 80_000] {
        assert!(token_of(&issuer, &verifier, &known, second).await.is_ok());
    }
    assert_eq!(issuer.fetches(), 5);
}

#[tokio::test]
async fn an_outage_at_the_start_is_over_when_the_issuer_is_back() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.answer_keys(Answer::status(500));
    let verifier = verifier(configured(&issuer));
    for second in [0, 1, 4] {
        assert_unavailable(&token_of(&issuer, &verifier, &key, second).await);
    }
    assert_eq!(issuer.fetches(), 1);
    issuer.publish(&[&key]);
    assert!(token_of(&issuer, &verifier, &key, 5).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_unavailable() {
    let issuer = StandIn::start().await;
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let config = OidcIssuer { issuer: format!("http://{nobody}"), ..configured(&issuer) };
    let token = ec_key("ec-1").token(&claims_with(&issuer, json!({"iss": config.issuer})));
    assert_unavailable(&verifier(config).verify(&token, now()).await);
}

#[tokio::test]
async fn a_clock_set_back_neither_asks_at_once_nor_never_again() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    let verifier = verifier(configured(&issuer));
    let claims = claims_with(&issuer, json!({"nbf": null, "iat": null, "auth_time": null}));
    assert!(verifier.verify(&key.token(&claims), now()).await.is_ok());
    let unknown = ec_key("unknown").token(&claims);
    assert_invalid(&verifier.verify(&unknown, later(-299)).await);
    assert_eq!(issuer.fetches(), 1);
    assert_invalid(&verifier.verify(&unknown, later(-300)).await);
    assert_eq!(issuer.fetches(), 2);
}

/// The verdict where the issuer publishes a good key, but not as it should.
async fn spoilt(spoil: impl FnOnce(&StandIn, &Key)) -> (Result<Claims, TokenError>, StandIn) {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    spoil(&issuer, &key);
    let verifier =
        OidcVerifier::with_limits(vec![configured(&issuer)], Duration::from_millis(400), 10).expect("usable");
    (verifier.verify(&key.token(&good_claims(&issuer)), now()).await, issuer)
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let to = |issuer: &StandIn, path: &str| Answer {
        location: Some(format!("{}/{path}", issuer.url)),
        ..Answer::status(302)
    };
    let (verdict, issuer) = spoilt(|issuer, _| issuer.answer_keys(to(issuer, "elsewhere"))).await;
    assert_unavailable(&verdict);
    assert_eq!(issuer.other_reads(), 0);
    let (verdict, issuer) = spoilt(|issuer, _| issuer.answer_discovery(to(issuer, "elsewhere"))).await;
    assert_unavailable(&verdict);
    assert_eq!((issuer.other_reads(), issuer.key_reads()), (0, 0));
}

#[tokio::test]
async fn an_answer_of_more_than_256_kib_is_not_read() {
    let padded =
        |key: &Key, length: usize| Answer::json(&json!({"pad": "x".repeat(length), "keys": [key.jwk]}));
    let (verdict, _) = spoilt(|issuer, key| issuer.answer_keys(padded(key, 255 * 1024))).await;
    assert!(verdict.is_ok());
    let (verdict, _) = spoilt(|issuer, key| issuer.answer_keys(padded(key, 256 * 1024))).await;
    assert_unavailable(&verdict);
}

#[tokio::test]
async fn a_slow_issuer_is_not_waited_for() {
    let slow = |answer| Answer { after: Duration::from_mins(1), ..answer };
    let (verdict, _) =
        spoilt(|issuer, key| issuer.answer_keys(slow(Answer::json(&json!({"keys": [key.jwk]}))))).await;
    assert_unavailable(&verdict);
}

#[tokio::test]
async fn a_discovery_document_must_be_this_issuers() {
    for other in ["https://id.example.com".to_owned(), String::new()] {
        let (verdict, issuer) = spoilt(|issuer, _| {
            let document = json!({"issuer": other, "jwks_uri": format!("{}/keys", issuer.url)});
            issuer.answer_discovery(Answer::json(&document));
        })
        .await;
        assert_unavailable(&verdict);
        assert_eq!(issuer.key_reads(), 0);
    }
}

#[tokio::test]
async fn keys_come_by_https_or_from_loopback() {
    for address in ["http://id.example.com/keys", "ftp://127.0.0.1/keys", "file:///etc/hosts", "keys"] {
        let (verdict, _) = spoilt(|issuer, _| {
            issuer.answer_discovery(Answer::json(&json!({"issuer": issuer.url, "jwks_uri": address})));
        })
        .await;
        let Err(TokenError::Unavailable(cause)) = verdict else { panic!("{address}: {verdict:?}") };
        assert!(cause.to_string().contains("may be fetched from"), "{address}: {cause}");
    }
}

#[tokio::test]
async fn a_set_without_a_usable_key_is_an_outage() {
    for keys in [
        json!({"keys": []}),
        json!({}),
        json!([]),
        json!({"keys": [{"kty": "oct", "k": "AA", "kid": "ec-1"}, 7]}),
    ] {
        let (verdict, _) = spoilt(|issuer, _| issuer.answer_keys(Answer::json(&keys))).await;
        assert_unavailable(&verdict);
    }
    let (verdict, _) =
        spoilt(|issuer, key| issuer.answer_keys(Answer::json(&json!({"keys": [7, {}, key.jwk]})))).await;
    assert!(verdict.is_ok());
}

#[tokio::test]
async fn no_more_tokens_are_remembered_than_allowed_and_those_in_use_are() {
    let (issuer, key) = (StandIn::start().await, ec_key("ec-1"));
    issuer.publish(&[&key]);
    let verifier =
        OidcVerifier::with_limits(vec![configured(&issuer)], Duration::from_secs(5), 10).expect("usable");
    let used = key.token(&claims_with(&issuer, json!({"sub": "in use"})));
    let digest = super::super::VerifiedTokens::digest(&used);
    assert!(verifier.verify(&used, now()).await.is_ok());
    for second in 0..100 {
        assert!(token_of(&issuer, &verifier, &key, second).await.is_ok());
        assert!(verifier.verified.len() <= 10);
        assert!(verifier.verified.get(&digest, now()).is_some(), "forgotten at {second}");
    }
}

#[tokio::test]
async fn an_issuers_keys_are_its_own() {
    let (north, south) = (StandIn::start().await, StandIn::start().await);
    let (north_key, south_key) = (ec_key("same"), ec_key("same"));
    north.publish(&[&north_key]);
    south.publish(&[&south_key]);
    let verifier = OidcVerifier::new(vec![configured(&north), configured(&south)]).expect("usable");
    assert!(verifier.verify(&north_key.token(&good_claims(&north)), now()).await.is_ok());
    assert!(verifier.verify(&south_key.token(&good_claims(&south)), now()).await.is_ok());
    assert_invalid(&verifier.verify(&south_key.token(&good_claims(&north)), now()).await);
}

#[tokio::test]
async fn errors_say_nothing_of_the_person() {
    let (verdict, _) = spoilt(|issuer, _| issuer.answer_discovery(Answer::status(500))).await;
    let said = format!("{verdict:?} {}", verdict.as_ref().expect_err("unavailable"));
    assert!(!said.contains("person-1"), "{said}");
    let (verdict, _) = spoilt(|_, _| ()).await;
    assert!(!format!("{verdict:?}").contains("person-1"));
}
