//! Signatures, and what is particular to those made in a key vault.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use kundportal_store::{Faults, Faulty, LocalSigner, PublicKey, Signer};
use serde_json::json;

use crate::vault::{Vault, Whim};

/// A signer, fresh, that has one retired key.
pub(crate) struct Subject {
    signer: Arc<dyn Signer>,
    retired: PublicKey,
}

fn pair() -> Vec<u8> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    pair.to_pkcs8v1().unwrap().as_ref().to_vec()
}

async fn subject(make: impl FnOnce(Vec<PublicKey>) -> Arc<dyn Signer>) -> Subject {
    let retired = LocalSigner::new(&pair(), Vec::new()).unwrap().key().await.unwrap();
    // Named twice by mistake.
    Subject { signer: make(vec![retired.clone(), retired.clone()]), retired }
}

pub(crate) async fn local() -> Subject {
    subject(|retired| Arc::new(LocalSigner::new(&pair(), retired).unwrap())).await
}

pub(crate) async fn faulty() -> Subject {
    let faulty = |retired| Faulty::new(LocalSigner::new(&pair(), retired).unwrap(), Faults::new());
    subject(|retired| Arc::new(faulty(retired))).await
}

pub(crate) async fn key_vault() -> Subject {
    subject(|retired| Arc::new(Vault::new().signer(retired))).await
}

pub(crate) async fn what_is_signed_is_verified_by_another_library(subject: Subject) {
    let signer = subject.signer;
    let key = signer.key().await.unwrap();
    let other = DecodingKey::from_ec_components(&key.x(), &key.y()).unwrap();
    for message in [Vec::new(), b"en rad\n".to_vec(), vec![7; 100_000]] {
        let signature = signer.sign(&message).await.unwrap();
        assert!(key.verifies(&message, &signature));
        let verifies = |message: &[u8], signature: &[u8]| {
            let signature = BASE64URL_NOPAD.encode(signature);
            jsonwebtoken::crypto::verify(&signature, message, &other, Algorithm::ES256).unwrap_or(false)
        };
        assert!(verifies(&message, &signature));
        let mut longer = message.clone();
        longer.push(b'x');
        assert!(!verifies(&longer, &signature));
        assert!(!subject.retired.verifies(&message, &signature));
    }
}

pub(crate) async fn the_key_stays_the_same_and_comes_before_retired_ones_each_once(subject: Subject) {
    let signer = subject.signer;
    let key = signer.key().await.unwrap();
    signer.sign(b"something").await.unwrap();
    assert_eq!(signer.key().await.unwrap(), key);
    assert_eq!(signer.keys().await.unwrap(), [key, subject.retired]);
}

pub(crate) async fn many_may_sign_at_once(subject: Subject) {
    let signing = (0..20).map(|number: u8| {
        let signer = Arc::clone(&subject.signer);
        tokio::spawn(async move { (number, signer.sign(&[number]).await.unwrap()) })
    });
    let key = subject.signer.key().await.unwrap();
    for signed in futures_util::future::join_all(signing).await {
        let (number, signature) = signed.unwrap();
        assert!(key.verifies(&[number], &signature));
    }
}

#[tokio::test]
async fn a_vault_gets_the_hash_alone_and_is_asked_for_its_key_once() {
    let vault = Vault::new();
    let signer = vault.signer(Vec::new());
    assert!(vault.asked().is_empty(), "before anything is signed");
    let message = b"a message that nobody else sees";
    for _ in 0..3 {
        signer.sign(message).await.unwrap();
    }
    let asked = vault.asked();
    let names: Vec<_> = asked.iter().map(|(name, _)| name.as_str()).collect();
    let sign = "POST /keys/packages/v1/sign";
    assert_eq!(names, ["GET /keys/packages/v1", sign, sign, sign]);
    let hash = BASE64URL_NOPAD.encode(digest(&SHA256, message).as_ref());
    for (_, body) in &asked[1..] {
        assert_eq!(*body, json!({"alg": "ES256", "value": hash}));
    }
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_fails_for_a_moment_is_asked_again() {
    let vault = Vault::new();
    vault.plan([Whim::Refuse(503), Whim::Refuse(429), Whim::Refuse(500)]);
    let signer = vault.signer(Vec::new());
    let signature = signer.sign(b"a").await.unwrap();
    assert!(signer.key().await.unwrap().verifies(b"a", &signature));
    assert_eq!(vault.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_is_down_is_given_up_in_a_bounded_time_and_asked_again_later() {
    for whims in
        [vec![Whim::Refuse(503); 4], vec![Whim::Hang], vec![Whim::Refuse(403)], vec![Whim::Refuse(404)]]
    {
        let vault = Vault::new();
        let signer = vault.signer(Vec::new());
        vault.plan(whims.clone());
        let begun = tokio::time::Instant::now();
        signer.sign(b"a").await.expect_err("nothing was signed");
        assert!(begun.elapsed() <= Duration::from_secs(21), "{whims:?}: {:?}", begun.elapsed());
        signer.sign(b"a").await.unwrap();
        // Also where the key is known already.
        vault.plan(whims.clone());
        let begun = tokio::time::Instant::now();
        signer.sign(b"a").await.expect_err("nothing was signed");
        assert!(begun.elapsed() <= Duration::from_secs(21), "{whims:?}: {:?}", begun.elapsed());
        signer.sign(b"a").await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_signature_of_the_key_is_never_given_out() {
    let vault = Vault::new();
    let signer = vault.signer(Vec::new());
    vault.plan([Whim::GiveRsa]);
    let error = signer.key().await.unwrap_err();
    assert!(format!("{error:?}").contains("no key of ES256"), "{error:?}");
    signer.key().await.unwrap();
    vault.plan([Whim::SignWithAnother]);
    let error = signer.sign(b"a").await.unwrap_err();
    assert!(format!("{error:?}").contains("no signature of its key"), "{error:?}");
}
