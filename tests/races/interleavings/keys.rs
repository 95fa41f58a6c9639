//! The same races while the index key is being changed: the two handlers have different keys, as in each step of a change one
//! has been started anew and the other has not.

use kundportal_functions::{Keys, Settings, index_rebuild::Options};

use super::{Race, Scene, ToldIfItFails, number, storage, tally};

/// Orders of each race in each step of a change.
const INTERLEAVINGS: u64 = 2;

macro_rules! while_the_key_is_changed {
    ($($module:ident::$race:ident),* $(,)?) => {
        mod while_the_key_is_changed {
            $(#[tokio::test] async fn $race() {
                super::run(stringify!($race), |race| Box::pin(super::super::$module::$race(race))).await;
            })*
        }
    };
}

while_the_key_is_changed! {
    accepting::two_identities_with_one_address,
    accepting::two_identities_with_one_invitation,
    accepting::three_identities_with_two_invitations,
    accepting::one_identity_with_two_invitations,
    accepting::one_identity_with_one_invitation,
    accepting::revoking_and_accepting,
    accepting::confirming_and_accepting_one_address,
    accepting::expiring_and_accepting,
    accepting::two_identities_for_one_user,
    accepting::binding_anew_and_using_the_former_sign_in,
    changing::two_users_confirm_one_address,
    changing::two_users_exchange_their_addresses,
    changing::confirming_twice,
    changing::editing_and_removing_a_comment,
    changing::a_comment_and_the_removal_of_the_last_one,
    changing::two_removals_in_one_thread,
    changing::two_names_of_one_customer,
    leaving::deactivating_and_commenting,
    leaving::removing_and_inviting_again,
    leaving::removing_and_coming_back,
    leaving::removing_and_binding_anew,
    leaving::removing_an_author_and_what_they_wrote,
    working::two_workers_on_each_message,
    working::two_imports_of_one_file,
    working::three_uploads_with_one_key,
}

/// A key by its number.
fn key(number: u8) -> String {
    let bytes: Vec<u8> = (0..32).map(|byte| byte ^ (number << 5)).collect();
    format!("{number}:{}", data_encoding::BASE64.encode(&bytes))
}

/// What one handler has and the other, in each step, and what the indexes are made again with then.
fn steps() -> [(String, String, String); 3] {
    let (old, new) = (key(1), key(2));
    let (coming, previous) = (format!("{old},+{new}"), format!("{new},{old}"));
    [
        (old, coming.clone(), coming.clone()),
        (coming, previous.clone(), previous.clone()),
        (previous.clone(), new, previous),
    ]
}

fn parsed(keys: &str) -> Keys {
    Keys::parse(keys).expect("keys")
}

async fn run(name: &str, race: impl Fn(&Race) -> std::pin::Pin<Box<dyn Future<Output = ()> + '_>>) {
    let (first, number) = (number("KUNDPORTAL_SEED", 1), number("KUNDPORTAL_INTERLEAVINGS", INTERLEAVINGS));
    for seed in first..first + number {
        for (one, other, united) in steps() {
            // Whoever was there first is the other one in every second order.
            let (one, other) = if seed.is_multiple_of(2) { (other, one) } else { (one, other) };
            let with = |keys: String| move |settings: &mut Settings| settings.index_keys = parsed(&keys);
            let scene = Scene::set_with(storage(seed), with(one), with(other)).await;
            let prepared = Race { scene, seed, keys: Some(parsed(&united)) };
            let name = format!("while_the_key_is_changed::{name}");
            let told = ToldIfItFails { name: &name, seed, portal: &prepared.scene.portal };
            race(&prepared).await;
            drop(told);
        }
    }
    tally::note(&format!("keys-{name}"), first, number * steps().len() as u64);
}

/// Brings everything under one key, so that it can be seen whether it fits together.
pub(super) async fn unite(scene: &Scene, keys: &Keys) {
    scene.portal.advance_hours(1);
    let change = |settings: &mut Settings| settings.index_keys = keys.clone();
    let tally = scene.portal.rebuild_index_with(change, &Options::default()).await.expect("a rebuild");
    assert!(tally.is_complete(), "{tally:?}");
}
