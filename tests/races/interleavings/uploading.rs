//! Races with direct uploads on their way to files.

use kundportal_store::BlobStoreExt as _;
use serde_json::json;

use super::{
    Race, Racer, assert_statuses, delete, deliver,
    leaving::{assert_files, deactivate, has_profile, idle},
    post, post_empty, pump, timer,
};
use crate::support::User;

const CONTENT: &str = "innehåll";

fn announcement(race: &Race) -> serde_json::Value {
    json!({
        "name": "a.txt", "contentType": "text/plain", "size": CONTENT.len(), "customer": race.scene.customer,
    })
}

/// An upload that was announced and sent.
async fn has_sent(race: &Race, user: &User) -> String {
    let scene = &race.scene;
    let begun = scene.portal.as_(user).post(&scene.path("/files/uploads"), announcement(race)).await;
    let id = begun.expect(201).text_at("/id");
    scene.portal.send_straight(&scene.tenant, &id, CONTENT).await;
    id
}

/// The same, said to be complete.
async fn has_completed(race: &Race, user: &User) -> String {
    let id = has_sent(race, user).await;
    race.scene.portal.as_(user).post_empty(&complete_path(race, &id)).await.expect(202);
    id
}

fn complete_path(race: &Race, id: &str) -> String {
    race.scene.path(&format!("/files/uploads/{id}/complete"))
}

fn complete<'a>(race: &'a Race, user: &User, id: &str) -> Racer<'a> {
    post_empty(race.scene.portal.as_(user), &complete_path(race, id))
}

/// What the person is told of an upload; `404` where there is none.
async fn state(race: &Race, user: &User, id: &str) -> String {
    let answer = race.scene.portal.as_(user).get(&race.scene.path(&format!("/files/uploads/{id}"))).await;
    if answer.status == 200 { answer.text_at("/state") } else { answer.status.to_string() }
}

pub(super) async fn completing_twice_while_it_is_checked(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let id = has_sent(race, &member).await;
    let [one, other, ..] = race
        .between([
            complete(race, &member, &id),
            post_empty(scene.other.as_(&member), &complete_path(race, &id)),
            pump(&scene.portal),
            pump(&scene.other),
        ])
        .await;
    assert_statuses(&[one.answer(), other.answer()], [202, 202]);
    race.settle().await;
    assert_files(race, 1).await;
    assert_eq!(state(race, &member, &id).await, "complete");
}

pub(super) async fn two_workers_check_one_upload(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let id = has_completed(race, &member).await;
    let messages = scene.portal.lose_messages();
    race.between([
        deliver(&scene.portal, messages.clone()),
        deliver(&scene.other, messages),
        timer(&scene.portal, "waiting_work"),
    ])
    .await;
    race.settle().await;
    assert_files(race, 1).await;
    assert_eq!(state(race, &member, &id).await, "complete");
}

pub(super) async fn deactivating_and_completing(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let id = has_sent(race, &member).await;
    let [completed, deactivated, _] =
        race.between([complete(race, &member, &id), deactivate(race, &member), pump(&scene.other)]).await;
    deactivated.answer().expect(200);
    let completed = completed.answer();
    assert!([202, 403].contains(&completed.status), "{}", completed.text());
    race.settle().await;
    let back = json!({"status": "active"});
    scene.administrator().patch(&scene.path(&format!("/users/{}", member.id)), back).await.expect(200);
    let state = state(race, &member, &id).await;
    assert!(["complete", "refused", "open"].contains(&state.as_str()), "{state}");
    assert!(state != "open" || completed.status == 403, "it was said to be complete, and is open");
    assert_files(race, usize::from(state == "complete")).await;
}

pub(super) async fn ending_a_membership_and_checking(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let id = has_completed(race, &member).await;
    let path = scene.path(&format!("/customers/{}/users/{}", scene.customer, member.id));
    let [ended, _] = race.between([delete(scene.administrator(), &path), pump(&scene.portal)]).await;
    ended.answer().expect(204);
    race.settle().await;
    // A file of a customer that one does not belong to any more does not exist.
    let state = state(race, &member, &id).await;
    assert!(["404", "refused"].contains(&state.as_str()), "{state}");
    assert_files(race, usize::from(state == "404")).await;
}

/// Its person knows the file's id from the start, and may remove it in the moment in which it is there.
pub(super) async fn removing_the_file_and_checking(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let id = has_completed(race, &member).await;
    let path = scene.path(&format!("/files/{id}"));
    let messages = scene.portal.lose_messages();
    let [first, second, ..] = race
        .between([
            delete(scene.other.as_(&member), &path),
            delete(scene.administrator(), &path),
            deliver(&scene.portal, messages.clone()),
            deliver(&scene.other, messages),
        ])
        .await;
    let answers = [first.answer(), second.answer()];
    assert!(answers.iter().all(|answer| [204, 404].contains(&answer.status)), "{answers:?}");
    race.settle().await;
    let removed = answers.iter().any(|answer| answer.status == 204);
    assert_files(race, usize::from(!removed)).await;
    assert_eq!(state(race, &member, &id).await, if removed { "404" } else { "complete" });
}

/// Whoever has the URL sends something else, as long, while the worker reads.
pub(super) async fn sending_again_and_checking(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let id = has_sent(race, &member).await;
    let other = race.scene.portal.blobs();
    let staged = kundportal_store::BlobPath::new(
        kundportal_store::Container::new("staging"),
        format!("{}/{id}", scene.tenant.id),
    );
    let again: Racer<'_> = Box::pin(async move {
        let written = other.put_bytes(&staged, "annat!!!!".into(), kundportal_store::Condition::Always).await;
        assert!(written.is_ok(), "{written:?}");
        super::Outcome::Delivered(Vec::new())
    });
    let [completed, ..] = race.between([complete(race, &member, &id), again, pump(&scene.portal)]).await;
    completed.answer().expect(202);
    race.settle().await;
    let state = state(race, &member, &id).await;
    assert!(["complete", "refused"].contains(&state.as_str()), "{state}");
    assert_files(race, usize::from(state == "complete")).await;
}

pub(super) async fn retention_and_completing(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let id = has_sent(race, &member).await;
    scene.portal.advance_hours(24);
    let [completed, ..] = race
        .between([
            complete(race, &member, &id),
            timer(&scene.other, "retention"),
            timer(&scene.portal, "retention"),
        ])
        .await;
    let completed = completed.answer();
    assert!([202, 404, 409].contains(&completed.status), "{}", completed.text());
    race.settle().await;
    let is_complete = completed.status == 202;
    assert_eq!(state(race, &member, &id).await, if is_complete { "complete" } else { "404" });
    assert_files(race, usize::from(is_complete)).await;
}

pub(super) async fn removing_an_idle_account_and_announcing(race: &Race) {
    let scene = &race.scene;
    let member = idle(race).await;
    let [announced, _] = race
        .between([
            post(scene.other.as_(&member), &scene.path("/files/uploads"), announcement(race)),
            timer(&scene.portal, "retention"),
        ])
        .await;
    let announced = announced.answer();
    assert!([201, 404, 409].contains(&announced.status), "{}", announced.text());
    race.settle().await;
    let is_there = has_profile(race, &member).await;
    assert!(is_there || announced.status != 201, "an account went that was being used");
}

/// What was sent before the account went becomes a file without an author, or none.
pub(super) async fn removing_an_idle_account_and_checking(race: &Race) {
    let scene = &race.scene;
    let member = idle(race).await;
    // The message is late; the person has not been there since.
    let path = scene.path("/files/uploads");
    let id = has_completed(race, &member).await;
    let messages = scene.portal.lose_messages();
    scene.portal.clock().set("2030-04-02T08:00:00Z".parse().expect("a time"));
    scene.administrator().get(&scene.path("/profile")).await.expect(200);
    race.between([deliver(&scene.other, messages), timer(&scene.portal, "retention")]).await;
    race.settle().await;
    let left = scene.portal.as_(&member).get(&format!("{path}/{id}")).await;
    assert!([200, 404].contains(&left.status), "{}", left.text());
    let names = scene.names("staging/").await;
    assert!(names.is_empty(), "{names:?}");
}
