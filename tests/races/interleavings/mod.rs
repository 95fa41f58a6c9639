//! Races in hundreds of orders: two handlers on one store, whose calls to storage, queues and mail go one at a time in an
//! order that follows from a seed. What the contenders are told, and what remains once everything has come to rest, must be
//! as if one had come after the other.
//!
//! `KUNDPORTAL_INTERLEAVINGS` says how many orders of each race are tried, `KUNDPORTAL_SEED` which is the first. A test that
//! fails prints what to type to see the same again.

mod accepting;
mod changing;
mod contenders;
mod keys;
mod leaving;
mod objecting;
mod tally;
mod uploading;
mod working;

use std::{collections::BTreeSet, env, pin::Pin};

use kundportal_functions::Keys;

use super::{Scene, Storage};
use crate::support::{Answer, Portal};

pub(crate) use contenders::{
    Outcome, Racer, asks, delete, deliver, patch, post, post_empty, pump, put, timer, timer_at, upload,
};

/// Orders of each race unless somebody says otherwise.
const INTERLEAVINGS: u64 = 8;
/// Every so many orders the store is the one of the local run.
const EMBEDDED: u64 = 4;

/// Every race, each a test that goes through many orders.
macro_rules! interleavings {
    ($($module:ident::$race:ident),* $(,)?) => {
        mod orders {
            $(#[tokio::test] async fn $race() {
                super::run(stringify!($race), |race| Box::pin(super::$module::$race(race))).await;
            })*
        }
    };
}

interleavings! {
    accepting::two_identities_with_one_address,
    accepting::two_identities_with_one_invitation,
    accepting::three_identities_with_two_invitations,
    accepting::one_identity_with_two_invitations,
    accepting::one_identity_with_one_invitation,
    accepting::revoking_and_accepting,
    accepting::resending_and_accepting,
    accepting::resending_and_revoking,
    accepting::resending_three_times,
    accepting::confirming_and_accepting_one_address,
    accepting::expiring_and_accepting,
    accepting::expiring_and_resending,
    accepting::deactivating_and_accepting,
    accepting::ending_a_membership_and_accepting_another,
    accepting::two_identities_for_one_user,
    accepting::binding_anew_and_using_the_former_sign_in,
    changing::three_changes_of_different_members,
    changing::two_changes_of_one_version,
    changing::a_correction_and_a_change_of_ones_own,
    changing::two_administrators_demote_each_other,
    changing::two_administrators_deactivate_each_other,
    changing::two_administrators_resign,
    changing::two_users_confirm_one_address,
    changing::two_users_exchange_their_addresses,
    changing::confirming_and_taking_back,
    changing::confirming_and_asking_for_another_address,
    changing::confirming_twice,
    changing::two_pictures,
    changing::a_picture_and_its_removal,
    changing::editing_and_removing_a_comment,
    changing::two_edits_of_one_comment,
    changing::a_comment_and_the_removal_of_the_last_one,
    changing::two_removals_in_one_thread,
    changing::changing_and_ending_a_membership,
    changing::choosing_a_period_and_adding,
    changing::two_names_of_one_customer,
    changing::appointing_and_resigning,
    leaving::removing_and_accepting_another_invitation,
    working::closing_invitations_whose_messages_come_again,
    working::two_imports_of_one_file,
    working::two_timers_warn_an_idle_member,
    leaving::deactivating_and_uploading,
    leaving::deactivating_and_commenting,
    leaving::deactivating_and_all_that_is_ones_own,
    leaving::deactivating_and_reactivating,
    leaving::ending_a_membership_and_uploading,
    leaving::two_delete_one_file,
    leaving::deleting_a_file_and_its_package,
    leaving::withdrawing_and_writing_the_package,
    leaving::asking_for_access_twice,
    leaving::removing_and_reactivating,
    leaving::removing_and_using_what_is_ones_own,
    leaving::removing_an_author_and_what_they_wrote,
    leaving::removing_and_writing_the_package,
    leaving::removing_and_inviting_again,
    leaving::removing_and_coming_back,
    leaving::removing_and_binding_anew,
    objecting::two_administrators_object_to_one_sub_processor,
    objecting::objecting_twice_with_one_key,
    uploading::completing_twice_while_it_is_checked,
    uploading::two_workers_check_one_upload,
    uploading::deactivating_and_completing,
    uploading::ending_a_membership_and_checking,
    uploading::removing_the_file_and_checking,
    uploading::sending_again_and_checking,
    uploading::retention_and_completing,
    uploading::removing_an_idle_account_and_announcing,
    uploading::removing_an_idle_account_and_checking,
    working::two_timers,
    working::two_retention_timers,
    working::retention_and_deleting,
    working::two_workers_on_each_message,
    working::eight_deliveries_of_a_removal,
    working::deliveries_of_three_other_removals,
    working::ten_deliveries_of_an_empty_file,
    working::ten_deliveries_of_an_invitation_to_sign_in_anew,
    working::three_uploads_with_one_key,
    working::two_timers_note_what_a_list_showed,
    working::one_sign_in_at_two_handlers,
}

/// One race in one order.
pub(crate) struct Race {
    pub(crate) scene: Scene,
    seed: u64,
    /// The keys with which the indexes are made again in the end, where the handlers have different ones.
    keys: Option<Keys>,
}

impl Race {
    async fn prepare(seed: u64) -> Self {
        Self { scene: Scene::set(storage(seed)).await, seed, keys: None }
    }

    /// Lets all of them go at once. None is told that the portal has failed, and no message is given up.
    pub(crate) async fn between<const N: usize>(&self, contenders: [Racer<'_>; N]) -> [Outcome; N] {
        let outcomes = self.scene.portal.turns().race(self.seed, contenders).await;
        for outcome in &outcomes {
            match outcome {
                Outcome::Answered(answer) => {
                    assert!(answer.status < 500, "{}: {}", answer.asked, answer.text());
                }
                Outcome::Delivered(deliveries) => {
                    assert!(deliveries.iter().all(super::support::Delivery::succeeded), "{deliveries:?}");
                }
            }
        }
        outcomes.try_into().unwrap_or_else(|_| panic!("as many outcomes as contenders"))
    }

    /// The same between requests alone; what they are answered.
    pub(crate) async fn answers<const N: usize>(&self, contenders: [Racer<'_>; N]) -> [Answer; N] {
        self.between(contenders).await.map(Outcome::answer)
    }

    /// Brings everything to its end, whoever was to do it, and sees that all of it fits together.
    pub(crate) async fn settle(&self) {
        // Work that was waiting for somebody who has come to an end may have announced more.
        for _ in 0..3 {
            self.scene.portal.pump_all().await;
            self.scene.portal.advance_hours(1);
            self.scene.portal.timer("waiting_work").await;
        }
        if let Some(keys) = &self.keys {
            keys::unite(&self.scene, keys).await;
        }
        self.scene.portal.assert_consistent(&self.scene.tenant.id).await;
    }
}

/// Panics unless the answers are, in whichever order, these statuses.
#[track_caller]
pub(crate) fn assert_statuses<const N: usize>(answers: &[Answer; N], expected: [u16; N]) {
    let (mut are, mut ought) = (answers.each_ref().map(|answer| answer.status), expected);
    are.sort_unstable();
    ought.sort_unstable();
    let said: Vec<_> = answers.iter().map(|answer| format!("{}: {}", answer.asked, answer.text())).collect();
    assert_eq!(are, ought, "{said:#?}");
}

fn storage(seed: u64) -> Storage {
    if seed.is_multiple_of(EMBEDDED) { Storage::Embedded } else { Storage::Memory }
}

/// Goes through the orders of a race.
async fn run(name: &str, race: impl Fn(&Race) -> Pin<Box<dyn Future<Output = ()> + '_>>) {
    let (first, number) = (number("KUNDPORTAL_SEED", 1), number("KUNDPORTAL_INTERLEAVINGS", INTERLEAVINGS));
    for seed in first..first + number {
        let prepared = Race::prepare(seed).await;
        let told = ToldIfItFails { name, seed, portal: &prepared.scene.portal };
        race(&prepared).await;
        drop(told);
    }
    tally::note(name, first, number);
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says so")]
fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// What to type to see the same again, and the order in which everybody went.
struct ToldIfItFails<'a> {
    name: &'a str,
    seed: u64,
    portal: &'a Portal,
}

impl Drop for ToldIfItFails<'_> {
    #[expect(clippy::print_stderr, reason = "a test that fails says how to repeat it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("calls of the contenders, each by its number:");
            for call in self.portal.turns().calls() {
                eprintln!("  {call}");
            }
            eprintln!(
                "to repeat it: KUNDPORTAL_SEED={} KUNDPORTAL_INTERLEAVINGS=1 cargo test --features faults --test races orders::{}",
                self.seed, self.name
            );
        }
    }
}

/// The calls of one order, with all that is made anew for each issuer of tokens blacked out.
async fn calls(seed: u64) -> Vec<String> {
    let race = Race::prepare(seed).await;
    accepting::two_identities_with_one_address(&race).await;
    let calls = race.scene.portal.turns().calls();
    calls.into_iter().map(|call| call.split('/').map(blacked_out).collect::<Vec<_>>().join("/")).collect()
}

fn blacked_out(part: &str) -> &str {
    if part.starts_with("1-") { "*" } else { part }
}

#[tokio::test]
async fn a_seed_repeats_its_order() {
    let mut orders = BTreeSet::new();
    for seed in 1..=6 {
        let order = calls(seed).await;
        assert!(order.len() > 20, "{order:#?}");
        assert_eq!(order, calls(seed).await, "seed {seed}");
        orders.insert(order);
    }
    assert!(orders.len() > 3, "the orders differ");
}
