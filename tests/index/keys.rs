//! Bringing everything from one key to another, and back.

use std::collections::BTreeMap;

use bytes::Bytes;
use kundportal_functions::{Keys, Settings, index_rebuild::Options};
use kundportal_store::{Matching, Moment};

use crate::{
    office::key,
    scene::Scene,
    support::{Portal, Storage, figure},
};

fn with(keys: &str) -> impl FnOnce(&mut Settings) {
    let keys = Keys::parse(keys).expect("keys");
    move |settings| settings.index_keys = keys
}

async fn set() -> Scene {
    let portal = Box::pin(Portal::start_with(Storage::Memory, with(&key(1)))).await;
    Box::pin(Scene::set(portal)).await
}

fn assert_under(version: &str, indexes: &BTreeMap<String, Bytes>) {
    let keyed: Vec<_> =
        indexes.keys().filter(|name| name.contains("/k1-") || name.contains("/k2-")).collect();
    assert!(keyed.len() > 15, "{keyed:?}");
    let other: Vec<_> = keyed.into_iter().filter(|name| !name.contains(&format!("/{version}-"))).collect();
    assert_eq!(other, [""; 0], "not under {version}");
}

#[tokio::test]
async fn a_change_of_the_key_can_be_taken_back() {
    let scene = set().await;
    let indexes = scene.indexes().await;
    let (coming, previous) = (format!("{},+{}", key(1), key(2)), format!("{},{}", key(2), key(1)));
    let before = scene.portal.redeployed(with(&coming)).await;
    let after = scene.portal.redeployed(with(&previous)).await;
    for _ in 0..2 {
        scene.portal.advance_hours(1);
        scene.portal.rebuild_index_with(with(&previous), &Options::default()).await.expect("a rebuild");
        assert_under("k2", &scene.indexes().await);
        scene.is_in_use_at(&before).await;
        scene.is_in_use_at(&after).await;
        let only = scene.portal.redeployed(with(&key(2))).await;
        scene.is_in_use_at(&only).await;
        scene.portal.advance_hours(1);
        scene.portal.rebuild_index_with(with(&coming), &Options::default()).await.expect("a rebuild");
        assert_eq!(scene.indexes().await, indexes);
        scene.is_in_use_at(&before).await;
        scene.is_in_use_at(&after).await;
        scene.is_in_use().await;
    }
    scene.fits_together().await;
}

#[tokio::test]
async fn wherever_it_stops_on_the_way_to_another_key_nobody_is_locked_out() {
    let scene = set().await;
    let (first, second) = (key(1), key(2));
    // On the way from the second to the first, and from the first to the second: with either one as the current key.
    let ways = [
        [format!("{second},+{first}"), format!("{first},{second}")],
        [format!("{first},+{second}"), format!("{second},{first}")],
    ];
    let mut handlers = Vec::new();
    for keys in ways.iter().flatten() {
        handlers.push(scene.portal.redeployed(with(keys)).await);
    }
    let mut step = 0;
    let mut stopped = 0;
    loop {
        step += 1;
        // There and back again.
        let way = step % 2;
        let (keys, handlers) = (&ways[way][1], &handlers[2 * way..2 * way + 2]);
        scene.portal.advance_hours(1);
        let faults = scene.portal.faults();
        let moment = if step % 4 < 2 { Moment::Before } else { Moment::After };
        faults.fail(Matching::any().nth(step), moment);
        faults.fail_always(Matching::any().nth(step + 1), Moment::Before);
        let outcome = scene.portal.rebuild_index_with(with(keys), &Options::default()).await;
        faults.clear();
        let ends = outcome.is_ok();
        if !ends {
            stopped += 1;
            for handler in handlers {
                scene.is_in_use_at(handler).await;
            }
            let again = scene.portal.rebuild_index_with(with(keys), &Options::default()).await;
            assert!(again.expect("a rebuild").is_complete());
        }
        assert_under(["k1", "k2"][way], &scene.indexes().await);
        scene.is_in_use_at(&handlers[1]).await;
        if ends {
            break;
        }
    }
    scene.fits_together().await;
    assert!(stopped > 100, "{stopped}");
    figure("a rebuild that stops between two keys", &format!("{stopped} steps, and everybody in at each"));
}
