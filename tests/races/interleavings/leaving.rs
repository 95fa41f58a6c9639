//! Races with those who go, and with what goes.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::{
    Outcome, Race, Racer, asks, assert_statuses, delete, patch, post, post_empty, pump, timer, upload,
};
use crate::{
    leaving::PNG,
    support::{Answer, User},
};

pub(super) fn deactivate<'a>(race: &'a Race, user: &User) -> Racer<'a> {
    let path = race.scene.path(&format!("/users/{}", user.id));
    patch(race.scene.administrator(), &path, json!({"status": "deactivated"}))
}

fn files(race: &Race) -> String {
    race.scene.path(&format!("/files?customer={}", race.scene.customer))
}

async fn has_uploaded(race: &Race, user: &User) -> String {
    let caller = race.scene.portal.as_(user).header("content-disposition", "attachment; filename=a.txt");
    caller.send_bytes(Method::POST, &files(race), "text/plain", "innehåll").await.expect(201).text_at("/id")
}

async fn has_commented(race: &Race, user: &User) -> String {
    let body = json!({"customer": race.scene.customer, "thread": "Leverans", "text": "Hej"});
    let caller = race.scene.portal.as_(user);
    caller.post(&race.scene.path("/comments"), body).await.expect(201).text_at("/id")
}

/// How many files a customer has, and that the answer is what the outcome of an upload says.
pub(super) async fn assert_files(race: &Race, expected: usize) {
    let files = race.scene.administrator().get(&files(race)).await.expect(200).items();
    assert_eq!(files.len(), expected);
}

pub(super) async fn deactivating_and_uploading(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let [uploaded, deactivated] = race
        .answers([upload(scene.portal.as_(&member), &files(race), "innehåll"), deactivate(race, &member)])
        .await;
    deactivated.expect(200);
    assert!([201, 403, 409].contains(&uploaded.status), "{}", uploaded.text());
    race.settle().await;
    assert_files(race, usize::from(uploaded.status == 201)).await;
}

pub(super) async fn deactivating_and_commenting(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let body = json!({"customer": scene.customer, "thread": "Leverans", "text": "Hej"});
    let [written, deactivated] = race
        .answers([post(scene.portal.as_(&member), &scene.path("/comments"), body), deactivate(race, &member)])
        .await;
    deactivated.expect(200);
    assert!([201, 403, 409].contains(&written.status), "{}", written.text());
    race.settle().await;
    let threads = scene.path(&format!("/threads?customer={}", scene.customer));
    let threads = scene.administrator().get(&threads).await.expect(200).items();
    assert_eq!(threads.len(), usize::from(written.status == 201));
}

/// One's own data are one's own when one is deactivated too.
pub(super) async fn deactivating_and_all_that_is_ones_own(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let caller = scene.portal.as_(&member);
    let path = scene.path("/profile/picture");
    let answers = race
        .answers([
            deactivate(race, &member),
            asks(async move { caller.send_bytes(Method::PUT, &path, "image/png", PNG).await }),
            patch(scene.other.as_(&member), &scene.path("/profile"), json!({"name": "Maja Berg"})),
            post(scene.portal.as_(&member), &scene.path("/requests"), json!({"kind": "access"})),
        ])
        .await;
    assert_statuses(&answers, [200, 200, 200, 201]);
    race.settle().await;
    let profile = scene.portal.as_(&member).get(&scene.path("/profile")).await.expect(200);
    assert_eq!(profile.at("/name"), "Maja Berg");
    assert!(profile.at("/picture/href").is_string());
}

pub(super) async fn deactivating_and_reactivating(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/users/{}", member.id));
    let answers = race
        .answers([
            deactivate(race, &member),
            patch(scene.portal.as_(&scene.tenant.administrator), &path, json!({"status": "active"})),
        ])
        .await;
    assert_statuses(&answers, [200, 200]);
    race.settle().await;
}

pub(super) async fn ending_a_membership_and_uploading(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/customers/{}/users/{}", scene.customer, member.id));
    let [uploaded, ended] = race
        .answers([
            upload(scene.portal.as_(&member), &files(race), "innehåll"),
            delete(scene.administrator(), &path),
        ])
        .await;
    ended.expect(204);
    assert!([201, 403, 404, 409].contains(&uploaded.status), "{}", uploaded.text());
    race.settle().await;
    assert_files(race, usize::from(uploaded.status == 201)).await;
}

pub(super) async fn two_delete_one_file(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/files/{}", has_uploaded(race, &member).await));
    let answers =
        race.answers([delete(scene.portal.as_(&member), &path), delete(scene.administrator(), &path)]).await;
    assert!(answers.iter().any(|answer| answer.status == 204));
    assert!(answers.iter().all(|answer| [204, 404].contains(&answer.status)));
    race.settle().await;
    assert_files(race, 0).await;
}

pub(super) async fn deleting_a_file_and_its_package(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/files/{}", has_uploaded(race, &member).await));
    let request = asks_for_access(race, &member).await;
    let [deleted, _] = race.between([delete(scene.other.as_(&member), &path), pump(&scene.portal)]).await;
    deleted.answer().expect(204);
    race.settle().await;
    assert_files(race, 0).await;
    scene.portal.as_(&member).get(&format!("{request}/package")).await.expect(200);
}

async fn asks_for_access(race: &Race, member: &User) -> String {
    let caller = race.scene.portal.as_(member);
    let answer = caller.post(&race.scene.path("/requests"), json!({"kind": "access"})).await.expect(201);
    race.scene.path(&format!("/requests/{}", answer.text_at("/id")))
}

pub(super) async fn withdrawing_and_writing_the_package(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let request = asks_for_access(race, &member).await;
    let withdrawal = post_empty(scene.other.as_(&member), &format!("{request}/withdrawal"));
    let [withdrawn, _] = race.between([withdrawal, pump(&scene.portal)]).await;
    let withdrawn = withdrawn.answer();
    race.settle().await;
    let case = scene.portal.as_(&member).get(&request).await.expect(200);
    let package = scene.portal.as_(&member).get(&format!("{request}/package")).await;
    match withdrawn.status {
        200 => {
            assert_eq!(case.at("/state"), "withdrawn");
            package.expect(404);
        }
        409 => {
            assert_eq!(
                (withdrawn.problem().as_str(), case.text_at("/state").as_str()),
                ("request-closed", "fulfilled")
            );
            package.expect(200);
        }
        _ => panic!("{}", withdrawn.text()),
    }
}

pub(super) async fn asking_for_access_twice(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/requests");
    let for_them = json!({"kind": "access", "subject": member.id, "channel": "phone"});
    let answers = race
        .answers([
            post(scene.portal.as_(&member), &path, json!({"kind": "access"})),
            post(scene.administrator(), &path, for_them),
        ])
        .await;
    assert_statuses(&answers, [201, 409]);
    race.settle().await;
    assert_eq!(scene.portal.as_(&member).get(&path).await.expect(200).items().len(), 1);
}

/// A deactivated member of whom everything is kept that there can be, at the time at which the account goes.
async fn about_to_go(race: &Race) -> User {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    has_uploaded(race, &member).await;
    has_commented(race, &member).await;
    let caller = scene.portal.as_(&member);
    caller.send_bytes(Method::PUT, &scene.path("/profile/picture"), "image/png", PNG).await.expect(200);
    scene
        .administrator()
        .patch(&scene.path(&format!("/users/{}", member.id)), json!({"status": "deactivated"}))
        .await
        .expect(200);
    scene.portal.pump_all().await;
    scene.portal.clock().set(time("2026-05-31T07:00:00Z"));
    member
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(super) async fn has_profile(race: &Race, member: &User) -> bool {
    race.scene.names("/profile.json").await.iter().any(|name| name.contains(&member.id))
}

/// That the account is there, or nothing of it.
async fn assert_is_there(race: &Race, member: &User, is_there: bool) {
    let profile = race.scene.portal.as_(member).get(&race.scene.path("/profile")).await;
    profile.expect(if is_there { 200 } else { 404 });
    let names = race.scene.names(&member.id).await;
    let own: Vec<_> =
        names.iter().filter(|name| !name.starts_with("audit-") && !name.contains("/due/")).collect();
    assert_eq!(own.is_empty(), !is_there, "{own:#?}");
}

pub(super) async fn removing_and_reactivating(race: &Race) {
    let scene = &race.scene;
    let member = about_to_go(race).await;
    let path = scene.path(&format!("/users/{}", member.id));
    let [reactivated, _] = race
        .between([
            patch(scene.administrator(), &path, json!({"status": "active"})),
            timer(&scene.portal, "retention"),
        ])
        .await;
    let reactivated = reactivated.answer();
    assert!([200, 404].contains(&reactivated.status), "{}", reactivated.text());
    race.settle().await;
    assert_is_there(race, &member, reactivated.status == 200).await;
}

/// Two hosts run retention while the person asks for access and changes what is theirs.
pub(super) async fn removing_and_using_what_is_ones_own(race: &Race) {
    let scene = &race.scene;
    let member = about_to_go(race).await;
    let [changed, asked, ..] = race
        .between([
            patch(scene.other.as_(&member), &scene.path("/profile"), json!({"name": "Maja Berg"})),
            post(scene.portal.as_(&member), &scene.path("/requests"), json!({"kind": "access"})),
            timer(&scene.portal, "retention"),
            timer(&scene.other, "retention"),
        ])
        .await;
    let (changed, asked) = (changed.answer(), asked.answer());
    assert!([200, 404, 412].contains(&changed.status), "{}", changed.text());
    assert!([201, 404].contains(&asked.status), "{}", asked.text());
    race.settle().await;
    let is_there = has_profile(race, &member).await;
    assert_is_there(race, &member, is_there).await;
    // Who has asked for access is answered before the account goes.
    if asked.status == 201 && !is_there {
        let path = scene.path(&format!("/requests/{}", asked.text_at("/id")));
        assert_eq!(scene.administrator().get(&path).await.expect(200).at("/state"), "fulfilled");
    }
}

/// What the person wrote for others is removed by an administrator while its author is taken off it.
pub(super) async fn removing_an_author_and_what_they_wrote(race: &Race) {
    let scene = &race.scene;
    let member = about_to_go(race).await;
    let list = |path: String| async move {
        let items = scene.administrator().get(&path).await.expect(200).items();
        items[0]["id"].as_str().expect("an id").to_owned()
    };
    let file = list(files(race)).await;
    let comment = list(scene.path(&format!("/comments?customer={}&thread=Leverans", scene.customer))).await;
    let outcomes = race
        .between([
            delete(scene.administrator(), &scene.path(&format!("/files/{file}"))),
            delete(
                scene.portal.as_(&scene.tenant.administrator),
                &scene.path(&format!("/comments/{comment}")),
            ),
            timer(&scene.portal, "retention"),
        ])
        .await;
    for outcome in outcomes {
        if let Outcome::Answered(answer) = outcome {
            answer.expect(204);
        }
    }
    race.settle().await;
    assert_files(race, 0).await;
    assert_is_there(race, &member, false).await;
}

/// The account goes once its package is there, and not before.
pub(super) async fn removing_and_writing_the_package(race: &Race) {
    let scene = &race.scene;
    let member = about_to_go(race).await;
    let request = asks_for_access(race, &member).await;
    race.between([pump(&scene.other), timer(&scene.portal, "retention")]).await;
    race.settle().await;
    let case = scene.administrator().get(&request).await.expect(200);
    assert_eq!(case.at("/state"), "fulfilled", "{}", case.text());
}

/// Somebody invites the person again by the address that becomes free.
pub(super) async fn removing_and_inviting_again(race: &Race) {
    let scene = &race.scene;
    let member = about_to_go(race).await;
    let again = crate::double_of(&member);
    scene.portal.invite(&scene.tenant, &again, "member", Some(&scene.customer)).await.expect(201);
    let token = json!({"token": scene.portal.invite_token(&again.email)});
    let [accepted, _] = race
        .between([
            post(scene.other.as_(&again), "/api/invites/accept", token),
            timer(&scene.portal, "retention"),
        ])
        .await;
    let accepted = accepted.answer();
    if accepted.status != 200 {
        assert_eq!((accepted.status, accepted.problem().as_str()), (409, "email-taken"));
    }
    race.settle().await;
    assert_is_there(race, &member, false).await;
    let profile = scene.portal.as_(&again).get(&scene.path("/profile")).await;
    profile.expect(if accepted.status == 200 { 200 } else { 404 });
}

/// A member who has not used the portal for so long that the account goes today, and was warned.
pub(super) async fn idle(race: &Race) -> User {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    has_uploaded(race, &member).await;
    for day in ["2028-02-24", "2028-03-02"] {
        scene.portal.clock().set(time(&format!("{day}T08:00:00Z")));
        scene.administrator().get(&scene.path("/profile")).await.expect(200);
        if day == "2028-02-24" {
            scene.portal.timer("retention").await;
            scene.portal.timer("waiting_work").await;
        }
    }
    member
}

/// Whoever comes back at the last moment keeps the account, or comes too late.
pub(super) async fn removing_and_coming_back(race: &Race) {
    let scene = &race.scene;
    let member = idle(race).await;
    let [uploaded, _] = race
        .between([
            upload(scene.other.as_(&member), &files(race), "ett till"),
            timer(&scene.portal, "retention"),
        ])
        .await;
    let uploaded = uploaded.answer();
    assert!([201, 404, 409].contains(&uploaded.status), "{}", uploaded.text());
    race.settle().await;
    let is_there = has_profile(race, &member).await;
    assert!(is_there || uploaded.status != 201, "an account went that was being used");
    assert_is_there(race, &member, is_there).await;
}

/// The same with a new sign-in, for somebody who has lost theirs.
pub(super) async fn removing_and_binding_anew(race: &Race) {
    let scene = &race.scene;
    let member = idle(race).await;
    let path = scene.path(&format!("/users/{}/reinvite", member.id));
    scene.administrator().post_empty(&path).await.expect(201);
    scene.portal.pump_all().await;
    let token = json!({"token": scene.portal.invite_token(&member.email)});
    let double = crate::double_of(&member);
    let [accepted, _] = race
        .between([
            post(scene.other.as_(&double), "/api/invites/accept", token),
            timer(&scene.portal, "retention"),
        ])
        .await;
    let accepted: Answer = accepted.answer();
    assert!([200, 404].contains(&accepted.status), "{}", accepted.text());
    race.settle().await;
    assert_is_there(race, &member, false).await;
    // A new sign-in brings back nobody.
    scene.portal.as_(&double).get(&scene.path("/profile")).await.expect(404);
}

/// Somebody who is idle accepts a further invitation at the last moment.
pub(super) async fn removing_and_accepting_another_invitation(race: &Race) {
    let scene = &race.scene;
    let member = idle(race).await;
    let second = scene.portal.customer(&scene.tenant, "Kund B AB").await;
    scene.portal.invite(&scene.tenant, &member, "member", Some(&second)).await.expect(201);
    let token = json!({"token": scene.portal.invite_token(&member.email)});
    let [accepted, _] = race
        .between([
            post(scene.other.as_(&member), "/api/invites/accept", token),
            timer(&scene.portal, "retention"),
        ])
        .await;
    let accepted = accepted.answer();
    race.settle().await;
    assert!([200, 404, 409].contains(&accepted.status), "{}", accepted.text());
}
