//! The rebuild itself.

use kundportal_functions::index_rebuild::{Conflict, Options};
use kundportal_store::{CallKind, Matching, Moment};
use serde_json::{Value, json};

use crate::{
    damage::foreign_hash,
    scene::Scene,
    support::{Portal, Storage, figure},
};

pub(crate) fn all() -> Options {
    Options::default()
}

#[tokio::test]
async fn whatever_is_lost_or_planted_the_indexes_become_what_they_were() {
    for storage in Storage::ALL {
        let scene = Scene::set(Portal::start_on(storage).await).await;
        let indexes = scene.indexes().await;
        for lost in 0..4 {
            let of_kind = |name: &str| name.contains("/identity/") || name.contains("memberships");
            scene
                .lose(&indexes, |place, name| match lost {
                    0 => place % 2 == 0,
                    1 => place % 2 == 1,
                    2 => of_kind(name),
                    _ => true,
                })
                .await;
            if lost < 3 {
                scene.plant(&indexes).await;
            }
            scene.portal.advance_hours(1);
            let tally = scene.portal.rebuild_index(&all()).await.expect("a rebuild");
            assert!(tally.is_complete(), "{tally:?}");
            assert_eq!(scene.indexes().await, indexes, "{storage:?}, {lost}");
            scene.fits_together().await;
        }
        scene.is_in_use().await;
    }
}

#[tokio::test]
async fn each_object_is_read_once() {
    let scene = Scene::set(Portal::start().await).await;
    scene.portal.advance_hours(1);
    let objects = scene.objects().await;
    let _ = scene.portal.faults().take_calls();
    let tally = scene.portal.rebuild_index(&all()).await.expect("a rebuild");
    let calls = scene.portal.faults().take_calls();
    for object in &objects {
        let reads = calls.iter().filter(|call| call.kind == CallKind::Get && call.name == *object);
        assert_eq!(reads.count(), 1, "{object}");
    }
    assert_eq!(tally.objects, objects.len() as u64);
    assert_eq!(tally.removed, 0, "nothing was there in vain");
    let of = |kind| calls.iter().filter(|call| call.kind == kind).count();
    figure(
        "a rebuild of the indexes",
        &format!(
            "{} objects: {} reads, {} writes, {} lists, {} removals",
            objects.len(),
            of(CallKind::Get) + of(CallKind::Properties),
            of(CallKind::Put),
            of(CallKind::List),
            of(CallKind::Delete)
        ),
    );
}

#[tokio::test]
async fn whichever_call_fails_the_next_run_brings_it_to_the_same_end() {
    let scene = Scene::set(Portal::start().await).await;
    let indexes = scene.indexes().await;
    let damage = async || {
        scene.lose(&indexes, |place, _| place % 3 == 0).await;
        scene.plant(&indexes).await;
        scene.portal.advance_hours(1);
    };
    damage().await;
    let _ = scene.portal.faults().take_calls();
    scene.portal.rebuild_index(&all()).await.expect("a rebuild");
    let calls = scene.portal.faults().take_calls().len();
    let mut resumed = 0;
    for step in 1..=calls {
        // As if the process had ended: whatever it does after the step comes to nothing either.
        for moment in [Moment::Before, Moment::After] {
            damage().await;
            let faults = scene.portal.faults();
            faults.fail(Matching::any().nth(step), moment);
            faults.fail_always(Matching::any().nth(step + 1), Moment::Before);
            let ended = scene.portal.rebuild_index(&all()).await;
            faults.clear();
            // The calls of another run come in another order where several are made at once: it may be one shorter.
            if ended.is_err() {
                resumed += 1;
            }
            let tally = scene.portal.rebuild_index(&all()).await.expect("a rebuild");
            assert!(tally.is_complete(), "step {step} {moment:?}: {tally:?}");
            assert_eq!(scene.indexes().await, indexes, "step {step} {moment:?}");
        }
    }
    assert!(resumed >= 2 * calls - 8, "{resumed} of {calls} steps were cut short");
    scene.fits_together().await;
    figure(
        "a rebuild that fails",
        &format!("{resumed} endings at {calls} steps, each resumed to the same end"),
    );
}

/// The run is ended after it wrote an entry for an object as it was a moment ago, and before it looked at the object again.
#[tokio::test]
async fn what_a_run_that_was_ended_wrote_for_an_earlier_version_goes_in_the_next_one() {
    let scene = Scene::set(Portal::start().await).await;
    scene.portal.advance_hours(1);
    let faults = scene.portal.faults();
    let entry = Matching::any().kind(CallKind::Put).name(&scene.customer);
    let writing = faults.pause(entry, Moment::Before);
    let rename = async {
        writing.reached().await;
        let by = scene.portal.as_(&scene.tenant.administrator);
        let customer = scene.tenant.path(&format!("/customers/{}", scene.customer));
        by.patch(&customer, json!({"name": "Nordan AB"})).await.expect(200);
        faults.fail_always(Matching::any().kind(CallKind::List), Moment::Before);
        writing.release();
    };
    let options = all();
    let (ended, ()) = tokio::join!(scene.portal.rebuild_index(&options), rename);
    ended.expect_err("it was ended");
    faults.clear();
    assert!(scene.portal.rebuild_index(&all()).await.expect("a rebuild").is_complete());
    scene.fits_together().await;
}

#[tokio::test]
async fn an_address_that_two_users_have_is_reported_and_left_to_a_person() {
    let scene = Scene::set(Portal::start().await).await;
    let path = format!("tenant-t1/subjects/{}/profile.json", scene.kim.id);
    let dump = scene.portal.dump().await;
    let mut profile: Value = serde_json::from_slice(&dump[&path]).expect("a profile");
    profile["email"] = crate::scene::LISAS_NEW.into();
    scene.put(&path, &profile.to_string()).await;
    scene.portal.advance_hours(1);
    let tally = scene.portal.rebuild_index(&all()).await.expect("a rebuild");
    assert!(!tally.is_complete());
    let id = |text: &str| text.parse().expect("an id");
    let conflict = Conflict::Address(id(&scene.lisa.id), id(&scene.kim.id));
    assert_eq!(tally.conflicts.into_iter().collect::<Vec<_>>(), [conflict]);
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_reported_and_stops_nothing() {
    let scene = Scene::set(Portal::start().await).await;
    let mut indexes = scene.indexes().await;
    let comment = scene.objects().await.into_iter().find(|name| name.contains("/comments/")).expect("one");
    scene.put(&comment, "{").await;
    scene.lose(&indexes, |_, name| !name.contains("/thread")).await;
    scene.portal.advance_hours(1);
    let tally = scene.portal.rebuild_index(&all()).await.expect("a rebuild");
    assert!(!tally.is_complete());
    let name = comment.strip_prefix("tenant-t1/").expect("the tenant's");
    assert!(tally.failures.iter().any(|failure| failure.starts_with(name)), "{tally:?}");
    // What leads to it stays until somebody has looked.
    let found = scene.indexes().await;
    indexes.retain(|name, _| !found.contains_key(name));
    assert_eq!(indexes.len(), 0, "{indexes:?}");
}

#[tokio::test]
async fn what_is_under_a_key_that_the_run_does_not_know_stays_until_the_key_is_said_to_be_retired() {
    let scene = Scene::set(Portal::start().await).await;
    let indexes = scene.indexes().await;
    let hash = foreign_hash("0");
    let foreign = [
        format!("tenant-t1/index/identity/{hash}"),
        format!("tenant-t1/index/email/{hash}/invite/inv_01arz3ndektsv4rrffq69g5fav"),
        format!("tenant-t1/threads/{}/{hash}.json", scene.customer),
        format!("platform/memberships/{hash}/t1"),
    ];
    for name in &foreign {
        scene.put(name, &scene.kim.id).await;
    }
    scene.portal.advance_hours(1);
    let tally = scene.portal.rebuild_index(&all()).await.expect("a rebuild");
    assert!(tally.is_complete());
    assert_eq!(tally.unknown_keys.into_iter().collect::<Vec<_>>(), [("0".to_owned(), 4)]);
    let found = scene.indexes().await;
    assert!(foreign.iter().all(|name| found.contains_key(name)));
    let retired = Options { retired_keys: vec!["0".to_owned()], ..Options::default() };
    let tally = scene.portal.rebuild_index(&retired).await.expect("a rebuild");
    assert_eq!((tally.removed, tally.unknown_keys.len()), (4, 0));
    assert_eq!(scene.indexes().await, indexes);
}

#[tokio::test]
async fn one_tenant_is_rebuilt_by_itself_and_one_that_is_not_there_is_none() {
    let scene = Scene::set(Portal::start().await).await;
    let other = scene.portal.tenant("t2").await;
    scene.portal.pump_all().await;
    let indexes = scene.indexes().await;
    scene.lose(&indexes, |_, name| name.ends_with("/t1") || name.contains("/identity/")).await;
    scene.portal.advance_hours(1);
    let one = |id: &str| Options { tenant: Some(id.parse().expect("an id")), ..Options::default() };
    scene.portal.rebuild_index(&one("t2")).await.expect("a rebuild");
    scene.portal.as_(&scene.kim).get(&scene.tenant.path("/profile")).await.expect(404);
    scene.portal.as_(&other.administrator).get(&other.path("/profile")).await.expect(200);
    scene.portal.rebuild_index(&one("t1")).await.expect("a rebuild");
    assert_eq!(scene.indexes().await, indexes);
    let none = scene.portal.rebuild_index(&one("t3")).await;
    assert_eq!(none, Err("There is no such tenant.".to_owned()));
    assert!(!scene.portal.names().await.iter().any(|name| name.contains("index-rebuild")));
}
