//! A claim that a run wrote for a person as she was, when it was ended before it looked at her again.

use kundportal_store::{CallKind, Matching, Moment};
use serde_json::json;

use crate::{
    rebuild::all,
    scene::Scene,
    support::{Portal, User},
};

const OLD: &str = "kim@example.com";
const NEW: &str = "kim.ny@example.com";

impl Scene {
    /// Somebody changes to an address and confirms it.
    async fn change_address(&self, user: &User, email: &str) {
        let portal = &self.portal;
        portal.as_(user).patch(&self.tenant.path("/profile"), json!({"email": email})).await.expect(200);
        portal.pump_all().await;
        let token = portal.mail_token(email, "#email=");
        portal.as_(user).post("/api/email-changes/confirm", json!({"token": token})).await.expect(200);
        portal.pump_all().await;
    }

    /// Whom an address leads to.
    async fn found_by(&self, email: &str) -> Option<String> {
        let by = self.portal.as_(&self.tenant.administrator);
        let found = by.post(&self.tenant.path("/users/search"), json!({"email": email})).await.expect(200);
        found.items().first().map(|found| found["id"].as_str().expect("an id").to_owned())
    }

    async fn rebuild(&self) {
        let tally = self.portal.rebuild_index(&all()).await.expect("a rebuild");
        assert!(tally.is_complete(), "{tally:?}");
    }
}

/// Kim gives up her address while a run is about to claim it for her, and the run is ended before it looks at her again. The
/// name of the claim, which leads to nobody.
async fn ended() -> (Scene, String) {
    let scene = Scene::set(Portal::start().await).await;
    let claims: Vec<_> = scene.indexes().await.into_iter().collect();
    let claims = claims.into_iter().filter(|(name, user)| {
        name.starts_with("tenant-t1/index/email/") && user.as_ref() == scene.kim.id.as_bytes()
    });
    let [claim] = &claims.map(|(name, _)| name).collect::<Vec<_>>()[..] else { panic!("one address") };
    scene.remove(claim).await;
    scene.portal.advance_hours(1);
    let name = claim.strip_prefix("tenant-t1/").expect("the tenant's");
    let faults = scene.portal.faults();
    let writing = faults.pause(Matching::any().kind(CallKind::Put).name(name), Moment::Before);
    let change = async {
        writing.reached().await;
        scene.change_address(&scene.kim, NEW).await;
        faults.fail_always(Matching::any().kind(CallKind::List), Moment::Before);
        writing.release();
    };
    let options = all();
    let (ended, ()) = tokio::join!(scene.portal.rebuild_index(&options), change);
    ended.expect_err("it was ended");
    faults.clear();
    let claim = claim.clone();
    assert!(scene.indexes().await.contains_key(&claim), "the run has written it");
    (scene, claim)
}

#[tokio::test]
async fn a_claim_that_an_ended_run_wrote_stays_until_a_later_run_and_finds_nobody_meanwhile() {
    let (scene, claim) = ended().await;
    // The run goes on. Somebody may just be about to get what is claimed.
    scene.rebuild().await;
    assert!(scene.indexes().await.contains_key(&claim), "it is young");
    assert_eq!(scene.found_by(OLD).await, None);
    assert_eq!(scene.found_by(NEW).await.as_ref(), Some(&scene.kim.id));
    scene.portal.advance_hours(1);
    scene.rebuild().await;
    assert!(!scene.indexes().await.contains_key(&claim), "nothing leads to it");
    scene.fits_together().await;
    assert_eq!(scene.found_by(NEW).await.as_ref(), Some(&scene.kim.id));
}

#[tokio::test]
async fn a_claim_that_an_ended_run_wrote_gives_way_to_whoever_gets_the_address() {
    let (scene, claim) = ended().await;
    scene.change_address(&scene.lisa, OLD).await;
    let taken = |indexes: std::collections::BTreeMap<String, bytes::Bytes>| indexes.get(&claim).cloned();
    assert_eq!(taken(scene.indexes().await).as_deref(), Some(scene.lisa.id.as_bytes()));
    // Neither the run that goes on nor a later one takes it back.
    for _ in 0..2 {
        scene.rebuild().await;
        assert_eq!(taken(scene.indexes().await).as_deref(), Some(scene.lisa.id.as_bytes()));
        scene.fits_together().await;
        scene.portal.advance_hours(1);
    }
    assert_eq!(scene.found_by(OLD).await.as_ref(), Some(&scene.lisa.id));
}
