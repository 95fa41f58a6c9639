//! What two do at once, in two handler processes on one store: one wins, the other gets a clear answer, and what remains is
//! as if one had come after the other.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod accepting;
mod changing;
mod interleavings;
mod leaving;
#[path = "../support/mod.rs"]
mod support;
mod uploads;

use kundportal_functions::Settings;
use kundportal_store::{Faults, Matching, Moment};
use support::{Answer, Person, Portal, Storage, Tenant, User};

/// Each race, on each store.
macro_rules! on_each_store {
    ($($module:ident::$race:ident),* $(,)?) => {
        mod on_memory { $(#[tokio::test] async fn $race() { super::$module::$race(super::Storage::Memory).await; })* }
        mod on_the_embedded_store { $(#[tokio::test] async fn $race() { super::$module::$race(super::Storage::Embedded).await; })* }
    };
}

on_each_store! {
    accepting::two_people_with_one_invitation_and_one_gets_in,
    accepting::whoever_accepts_twenty_times_at_once_is_one_user,
    accepting::whoever_was_stopped_before_the_commit_point_loses,
    accepting::one_person_with_two_invitations_is_one_user_with_both,
    accepting::an_invitation_is_taken_back_while_it_is_accepted,
    accepting::a_tenants_name_is_given_once,
    accepting::one_key_makes_one_invitation,
    changing::two_browsers_edit_one_profile_and_the_later_one_is_told,
    changing::changes_of_different_members_are_both_kept,
    changing::many_changes_of_one_profile_are_all_kept,
    changing::two_administrators_demote_each_other_and_one_remains,
    changing::two_administrators_deactivate_each_other_and_one_remains,
    changing::two_people_take_one_address_and_one_gets_it,
    changing::two_edits_of_one_comment_and_the_later_one_is_told,
    changing::one_key_makes_one_file,
    leaving::a_deactivation_meets_an_upload_before_its_commit_point,
    leaving::a_deactivation_meets_an_upload_after_its_commit_point,
    leaving::a_membership_ends_while_a_file_is_uploaded,
    leaving::a_deactivation_meets_a_comment,
    leaving::a_deactivation_meets_a_picture,
    leaving::a_request_is_withdrawn_while_its_package_is_made,
    leaving::a_file_is_deleted_twice_at_once,
    leaving::one_removal_is_delivered_twice_at_once,
    uploads::a_worker_looks_while_another_completes_the_upload,
    uploads::two_uploads_are_announced_where_one_more_may_be_open,
}

/// Two processes on one store, with a tenant and a customer.
pub(crate) struct Scene {
    portal: Portal,
    other: Portal,
    tenant: Tenant,
    customer: String,
}

impl Scene {
    async fn set(storage: Storage) -> Self {
        Self::set_with(storage, |_| {}, |_| {}).await
    }

    /// Each process with settings of its own.
    async fn set_with(
        storage: Storage,
        change: impl FnOnce(&mut Settings),
        change_other: impl FnOnce(&mut Settings),
    ) -> Self {
        let portal = Portal::start_with(storage, change).await;
        let other = portal.redeployed(change_other).await;
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund A AB").await;
        Self { portal, other, tenant, customer }
    }

    async fn member(&self, email: &str) -> User {
        self.portal.member(&self.tenant, &self.customer, email).await
    }

    /// The administrator, at the other process.
    fn administrator(&self) -> support::Caller<'_> {
        self.other.as_(&self.tenant.administrator)
    }

    fn path(&self, rest: &str) -> String {
        self.tenant.path(rest)
    }

    fn faults(&self) -> &Faults {
        self.portal.faults()
    }

    /// The names that remain, of those that contain a part.
    async fn names(&self, part: &str) -> Vec<String> {
        self.portal.names().await.into_iter().filter(|name| name.contains(part)).collect()
    }

    /// Brings to its end whatever anybody left half done: lost messages and killed processes included.
    async fn settle(&self) {
        self.portal.pump().await;
        self.portal.advance_hours(1);
        self.portal.timer("waiting_work").await;
        assert_eq!(self.names("platform/work/").await, Vec::<String>::new(), "work remains");
    }
}

/// A write to a name that contains this, before it has its effect.
fn before_put(faults: &Faults, name: &str) -> kundportal_store::Pause {
    faults.pause(Matching::any().kind(kundportal_store::CallKind::Put).name(name), Moment::Before)
}

/// The statuses of two answers, the lower one first.
fn statuses(one: &Answer, other: &Answer) -> (u16, u16) {
    (one.status.min(other.status), one.status.max(other.status))
}

/// The same address, as another issuer's account would prove it.
fn double_of(person: &Person) -> Person {
    Person { sub: format!("{}-again", person.sub), ..person.clone() }
}
