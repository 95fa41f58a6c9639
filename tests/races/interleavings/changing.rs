//! Races for one object.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Race, Racer, asks, assert_statuses, delete, patch, post, put};
use crate::{
    leaving::PNG,
    support::{Answer, Caller, User},
};

const CONFIRM: &str = "/api/email-changes/confirm";

pub(super) async fn three_changes_of_different_members(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile");
    let answers = race
        .answers([
            patch(scene.portal.as_(&member), &path, json!({"name": "Maja Berg"})),
            patch(scene.other.as_(&member), &path, json!({"phone": "070-1740605"})),
            patch(scene.portal.as_(&member), &path, json!({"locale": "en"})),
        ])
        .await;
    assert_statuses(&answers, [200; 3]);
    race.settle().await;
    let profile = scene.portal.as_(&member).get(&path).await.expect(200);
    assert_eq!(
        (profile.at("/name"), profile.at("/phone"), profile.at("/locale")),
        (json!("Maja Berg"), json!("+46701740605"), json!("en"))
    );
}

pub(super) async fn two_changes_of_one_version(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile");
    let etag = scene.portal.as_(&member).get(&path).await.expect(200).etag();
    let answers = race
        .answers([
            patch(scene.portal.as_(&member).if_match(&etag), &path, json!({"name": "Ett"})),
            patch(scene.other.as_(&member).if_match(&etag), &path, json!({"name": "Två"})),
        ])
        .await;
    assert_statuses(&answers, [200, 412]);
    race.settle().await;
    let name = scene.portal.as_(&member).get(&path).await.expect(200).at("/name");
    assert_eq!(name, if answers[0].status == 200 { "Ett" } else { "Två" });
}

/// An administrator corrects what the person does not change, at the same time.
pub(super) async fn a_correction_and_a_change_of_ones_own(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile");
    let correction = json!({"profile": {"name": "Maja Berg"}, "reason": "Nytt efternamn"});
    let answers = race
        .answers([
            patch(scene.portal.as_(&member), &path, json!({"phone": "070-1740605"})),
            patch(scene.administrator(), &scene.path(&format!("/users/{}", member.id)), correction),
        ])
        .await;
    assert_statuses(&answers, [200, 200]);
    race.settle().await;
    let profile = scene.portal.as_(&member).get(&path).await.expect(200);
    assert_eq!((profile.at("/name"), profile.at("/phone")), (json!("Maja Berg"), json!("+46701740605")));
    let told = scene.portal.mails_to(&member.email);
    assert_eq!(told.iter().filter(|mail| mail.text.reveal().contains("Nytt efternamn")).count(), 1);
}

async fn against_each_other(race: &Race, change: Value) {
    let scene = &race.scene;
    let first = scene.tenant.administrator.clone();
    let second = scene.portal.join(&scene.tenant, "bo@example.com", "administrator", None).await;
    let of = |user: &User| scene.path(&format!("/users/{}", user.id));
    let [one, other] = race
        .answers([
            patch(scene.portal.as_(&first), &of(&second), change.clone()),
            patch(scene.other.as_(&second), &of(&first), change),
        ])
        .await;
    let (won, lost, remaining) = if one.status == 200 { (one, other, &first) } else { (other, one, &second) };
    won.expect(200);
    let said = (lost.status, lost.problem());
    let allowed = [
        (409, "last-administrator"),
        (403, "forbidden"),
        (403, "user-deactivated"),
        (409, "conflict"),
        (412, "precondition-failed"),
    ];
    assert!(allowed.iter().any(|(status, problem)| said == (*status, (*problem).to_owned())), "{said:?}");
    race.settle().await;
    let users = scene.portal.as_(remaining).get(&scene.path("/users")).await.expect(200).items();
    let active = |user: &&Value| user["role"] == "administrator" && user["status"] == "active";
    assert_eq!(users.iter().filter(active).count(), 1, "{users:#?}");
}

pub(super) async fn two_administrators_demote_each_other(race: &Race) {
    against_each_other(race, json!({"role": "dataProtectionOfficer"})).await;
}

pub(super) async fn two_administrators_deactivate_each_other(race: &Race) {
    against_each_other(race, json!({"status": "deactivated"})).await;
}

/// Each of two administrators gives up the office.
pub(super) async fn two_administrators_resign(race: &Race) {
    let scene = &race.scene;
    let first = scene.tenant.administrator.clone();
    let second = scene.portal.join(&scene.tenant, "bo@example.com", "administrator", None).await;
    let of = |user: &User| scene.path(&format!("/users/{}", user.id));
    let resigned = json!({"role": "dataProtectionOfficer"});
    let answers = race
        .answers([
            patch(scene.portal.as_(&first), &of(&first), resigned.clone()),
            patch(scene.other.as_(&second), &of(&second), resigned),
        ])
        .await;
    assert_statuses(&answers, [200, 409]);
    race.settle().await;
}

async fn asks_for(race: &Race, user: &User, email: &str) -> Value {
    let scene = &race.scene;
    let path = scene.path("/profile");
    scene.portal.as_(user).patch(&path, json!({ "email": email })).await.expect(200);
    scene.portal.pump_all().await;
    json!({"token": scene.portal.mail_token(email, "#email=")})
}

pub(super) async fn two_users_confirm_one_address(race: &Race) {
    let scene = &race.scene;
    let (maja, sam) = (scene.member("maja@example.com").await, scene.member("sam@example.com").await);
    let one = asks_for(race, &maja, "delad@example.com").await;
    let other = asks_for(race, &sam, "delad@example.com").await;
    let answers = race
        .answers([post(scene.portal.as_(&maja), CONFIRM, one), post(scene.other.as_(&sam), CONFIRM, other)])
        .await;
    assert_statuses(&answers, [200, 409]);
    race.settle().await;
}

/// Two users take each other's address: neither is free before the other has left it.
pub(super) async fn two_users_exchange_their_addresses(race: &Race) {
    let scene = &race.scene;
    let (maja, sam) = (scene.member("maja@example.com").await, scene.member("sam@example.com").await);
    let one = asks_for(race, &maja, "sam@example.com").await;
    let other = asks_for(race, &sam, "maja@example.com").await;
    let answers = race
        .answers([post(scene.portal.as_(&maja), CONFIRM, one), post(scene.other.as_(&sam), CONFIRM, other)])
        .await;
    assert_statuses(&answers, [409, 409]);
    race.settle().await;
}

async fn email(race: &Race, user: &User) -> Value {
    let path = race.scene.path("/profile");
    race.scene.portal.as_(user).get(&path).await.expect(200).at("/email")
}

/// What is taken back does not take effect, and what has taken effect cannot be taken back.
pub(super) async fn confirming_and_taking_back(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let token = asks_for(race, &member, "ny@example.com").await;
    let [confirmed, cancelled] = race
        .answers([
            post(scene.portal.as_(&member), CONFIRM, token),
            delete(scene.other.as_(&member), &scene.path("/profile/email-change")),
        ])
        .await;
    let both = (confirmed.status, cancelled.status);
    assert!([(200, 404), (404, 204)].contains(&both), "{both:?}");
    race.settle().await;
    let expected = if confirmed.status == 200 { "ny@example.com" } else { "maja@example.com" };
    assert_eq!(email(race, &member).await, expected);
}

pub(super) async fn confirming_and_asking_for_another_address(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let token = asks_for(race, &member, "ny@example.com").await;
    let [confirmed, asked] = race
        .answers([
            post(scene.portal.as_(&member), CONFIRM, token),
            patch(scene.other.as_(&member), &scene.path("/profile"), json!({"email": "annan@example.com"})),
        ])
        .await;
    assert_eq!(asked.expect(200).at("/pendingEmail"), "annan@example.com");
    race.settle().await;
    let expected = match confirmed.status {
        200 => "ny@example.com",
        404 => "maja@example.com",
        _ => panic!("{}", confirmed.text()),
    };
    assert_eq!(email(race, &member).await, expected);
}

/// One link is opened twice.
pub(super) async fn confirming_twice(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let token = asks_for(race, &member, "ny@example.com").await;
    let answers = race
        .answers([
            post(scene.portal.as_(&member), CONFIRM, token.clone()),
            post(scene.other.as_(&member), CONFIRM, token),
        ])
        .await;
    assert_statuses(&answers, [200, 200]);
    race.settle().await;
    assert_eq!(email(race, &member).await, "ny@example.com");
}

fn put_picture<'a>(caller: Caller<'a>, path: &str) -> Racer<'a> {
    let path = path.to_owned();
    asks(async move { caller.send_bytes(Method::PUT, &path, "image/png", PNG).await })
}

pub(super) async fn two_pictures(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile/picture");
    let answers = race
        .answers([
            put_picture(scene.portal.as_(&member), &path),
            put_picture(scene.other.as_(&member), &path),
        ])
        .await;
    assert_statuses(&answers, [200, 200]);
    race.settle().await;
    scene.portal.as_(&member).get(&path).await.expect(200);
}

pub(super) async fn a_picture_and_its_removal(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile/picture");
    let caller = scene.portal.as_(&member);
    caller.send_bytes(Method::PUT, &path, "image/png", PNG).await.expect(200);
    let answers = race
        .answers([put_picture(scene.portal.as_(&member), &path), delete(scene.other.as_(&member), &path)])
        .await;
    assert_statuses(&answers, [200, 204]);
    race.settle().await;
}

async fn commented(race: &Race, author: &User, thread: &str) -> Answer {
    let scene = &race.scene;
    let body = json!({"customer": scene.customer, "thread": thread, "text": "Hej"});
    scene.portal.as_(author).post(&scene.path("/comments"), body).await.expect(201)
}

pub(super) async fn editing_and_removing_a_comment(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path =
        scene.path(&format!("/comments/{}", commented(race, &member, "Leverans").await.text_at("/id")));
    let [edited, removed] = race
        .answers([
            patch(scene.portal.as_(&member), &path, json!({"text": "Hej då"})),
            delete(scene.administrator(), &path),
        ])
        .await;
    removed.expect(204);
    assert!([200, 404].contains(&edited.status), "{}", edited.text());
    race.settle().await;
    scene
        .portal
        .as_(&member)
        .get(&scene.path(&format!("/threads?customer={}", scene.customer)))
        .await
        .expect(200);
}

pub(super) async fn two_edits_of_one_comment(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path =
        scene.path(&format!("/comments/{}", commented(race, &member, "Leverans").await.text_at("/id")));
    let answers = race
        .answers([
            patch(scene.portal.as_(&member), &path, json!({"text": "Ett"})),
            patch(scene.other.as_(&member), &path, json!({"text": "Två"})),
        ])
        .await;
    // The later one overwrites what it has seen, or is told that there is something it has not.
    assert!(answers.iter().any(|answer| answer.status == 200));
    assert!(answers.iter().all(|answer| [200, 412].contains(&answer.status)));
    race.settle().await;
}

/// The last comment of a thread goes while another is written in it.
pub(super) async fn a_comment_and_the_removal_of_the_last_one(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path =
        scene.path(&format!("/comments/{}", commented(race, &member, "Leverans").await.text_at("/id")));
    let body = json!({"customer": scene.customer, "thread": "Leverans", "text": "Tack"});
    let answers = race
        .answers([
            post(scene.portal.as_(&member), &scene.path("/comments"), body),
            delete(scene.other.as_(&member), &path),
        ])
        .await;
    assert_statuses(&answers, [201, 204]);
    race.settle().await;
    let threads = scene.path(&format!("/threads?customer={}", scene.customer));
    assert_eq!(scene.portal.as_(&member).get(&threads).await.expect(200).items().len(), 1);
}

/// Both comments of a thread go.
pub(super) async fn two_removals_in_one_thread(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let one = scene.path(&format!("/comments/{}", commented(race, &member, "Leverans").await.text_at("/id")));
    let other =
        scene.path(&format!("/comments/{}", commented(race, &member, "Leverans").await.text_at("/id")));
    let answers = race
        .answers([delete(scene.portal.as_(&member), &one), delete(scene.other.as_(&member), &other)])
        .await;
    assert_statuses(&answers, [204, 204]);
    race.settle().await;
    let threads = scene.path(&format!("/threads?customer={}", scene.customer));
    assert_eq!(scene.portal.as_(&member).get(&threads).await.expect(200).items().len(), 0);
}

pub(super) async fn changing_and_ending_a_membership(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/customers/{}/users/{}", scene.customer, member.id));
    let [changed, ended] = race
        .answers([
            put(
                scene.portal.as_(&scene.tenant.administrator),
                &path,
                json!({"role": "customerAdministrator"}),
            ),
            delete(scene.administrator(), &path),
        ])
        .await;
    ended.expect(204);
    assert!([200, 404].contains(&changed.status), "{}", changed.text());
    race.settle().await;
}

/// Another period is chosen while a file and a comment are put there by a process that knows the former one.
pub(super) async fn choosing_a_period_and_adding(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let forever = json!({"retention": {"files": "untilClosure", "comments": "untilClosure"}});
    scene.administrator().patch(&scene.path(""), forever).await.expect(200);
    scene.portal.pump_all().await;
    scene.portal.advance_hours(1);
    // It remembers this for a minute.
    scene.portal.as_(&member).get(&scene.path("/profile")).await.expect(200);
    let period = json!({"retention": {"files": "P1M", "comments": "P1M"}});
    let comment = json!({"customer": scene.customer, "thread": "Leverans", "text": "Hej"});
    let files = scene.path(&format!("/files?customer={}", scene.customer));
    let answers = race
        .answers([
            patch(scene.administrator(), &scene.path(""), period),
            super::upload(scene.portal.as_(&member), &files, "innehåll"),
            post(scene.portal.as_(&member), &scene.path("/comments"), comment),
        ])
        .await;
    assert_statuses(&answers, [200, 201, 201]);
    race.settle().await;
}

/// One administrator gives a customer another name, and one the former name.
pub(super) async fn two_names_of_one_customer(race: &Race) {
    let scene = &race.scene;
    let path = scene.path(&format!("/customers/{}", scene.customer));
    let answers = race
        .answers([
            patch(scene.portal.as_(&scene.tenant.administrator), &path, json!({"name": "Kund B AB"})),
            patch(scene.administrator(), &path, json!({"name": "Kund C AB"})),
            patch(scene.administrator(), &path, json!({"name": "Kund A AB"})),
        ])
        .await;
    assert_statuses(&answers, [200; 3]);
    race.settle().await;
    let customers = scene.administrator().get(&scene.path("/customers")).await.expect(200).items();
    let name = customers[0]["name"].as_str().expect("a name");
    // By its name it is found.
    let row = format!("email,name,role,customer\nny@example.com,Ny,member,{name}\n");
    let import = scene.path("/invites/import?dryRun=true");
    let rows = scene.administrator().send_bytes(Method::POST, &import, "text/csv", row).await.expect(200);
    assert_eq!(rows.at("/rows/0/status"), "wouldCreate", "{}", rows.text());
}

/// One administrator makes another, and gives up the office.
pub(super) async fn appointing_and_resigning(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let of = |user: &User| scene.path(&format!("/users/{}", user.id));
    let administrator = &scene.tenant.administrator;
    let [appointed, resigned] = race
        .answers([
            patch(scene.portal.as_(administrator), &of(&member), json!({"role": "administrator"})),
            patch(scene.administrator(), &of(administrator), json!({"role": "member"})),
        ])
        .await;
    let both = (appointed.status, resigned.status);
    assert!([(200, 200), (200, 409), (403, 409)].contains(&both), "{both:?}");
    race.settle().await;
}
