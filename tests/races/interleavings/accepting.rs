//! Races for a way in.

use serde_json::{Value, json};

use super::{Outcome, Race, assert_statuses, delete, patch, post, post_empty, timer_at};
use crate::{
    double_of,
    support::{Answer, Person, User},
};

const ACCEPT: &str = "/api/invites/accept";

/// Invites somebody as a member; the invitation's id, and its token as it is sent.
async fn invited(race: &Race, person: &Person, customer: &str) -> (String, Value) {
    let scene = &race.scene;
    let invite = scene.portal.invite(&scene.tenant, person, "member", Some(customer)).await.expect(201);
    (invite.text_at("/id"), json!({"token": scene.portal.invite_token(&person.email)}))
}

/// That the person is a user, or none.
async fn assert_is_user(race: &Race, person: &Person, is_one: bool) -> Option<Answer> {
    let profile = race.scene.portal.as_(person).get(&race.scene.path("/profile")).await;
    if is_one {
        return Some(profile.expect(200));
    }
    profile.expect(404);
    None
}

/// That of two one is a user, and the other was told why not.
async fn assert_one_is_user(race: &Race, people: [&Person; 2], answers: &[Answer; 2], problem: &str) {
    assert_statuses(answers, [200, 409]);
    race.settle().await;
    for (person, answer) in people.into_iter().zip(answers) {
        if answer.status == 409 {
            assert_eq!(answer.problem(), problem);
        }
        assert_is_user(race, person, answer.status == 200).await;
    }
}

/// Two accounts of one mailbox, each with an invitation of its own.
pub(super) async fn two_identities_with_one_address(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let double = double_of(&person);
    let (_, first) = invited(race, &person, &scene.customer).await;
    let (_, second) = invited(race, &person, &scene.customer).await;
    let answers = race
        .answers([
            post(scene.portal.as_(&person), ACCEPT, first),
            post(scene.other.as_(&double), ACCEPT, second),
        ])
        .await;
    assert_one_is_user(race, [&person, &double], &answers, "email-taken").await;
}

pub(super) async fn two_identities_with_one_invitation(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let double = double_of(&person);
    let (_, token) = invited(race, &person, &scene.customer).await;
    let answers = race
        .answers([
            post(scene.portal.as_(&person), ACCEPT, token.clone()),
            post(scene.other.as_(&double), ACCEPT, token),
        ])
        .await;
    assert_one_is_user(race, [&person, &double], &answers, "invite-accepted").await;
}

pub(super) async fn three_identities_with_two_invitations(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let people = [person.clone(), double_of(&person), double_of(&double_of(&person))];
    let (_, first) = invited(race, &person, &scene.customer).await;
    let (_, second) = invited(race, &person, &scene.customer).await;
    let answers = race
        .answers([
            post(scene.portal.as_(&people[0]), ACCEPT, first),
            post(scene.other.as_(&people[1]), ACCEPT, second.clone()),
            post(scene.portal.as_(&people[2]), ACCEPT, second),
        ])
        .await;
    assert_statuses(&answers, [200, 409, 409]);
    race.settle().await;
    for (person, answer) in people.iter().zip(&answers) {
        assert_is_user(race, person, answer.status == 200).await;
    }
}

pub(super) async fn one_identity_with_two_invitations(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let second = scene.portal.customer(&scene.tenant, "Kund B AB").await;
    let (_, one) = invited(race, &person, &scene.customer).await;
    let (_, other) = invited(race, &person, &second).await;
    let [one, other] = race
        .answers([
            post(scene.portal.as_(&person), ACCEPT, one),
            post(scene.other.as_(&person), ACCEPT, other),
        ])
        .await;
    assert_eq!(one.expect(200).text_at("/user"), other.expect(200).text_at("/user"));
    race.settle().await;
    let profile = assert_is_user(race, &person, true).await.expect("a profile");
    assert_eq!(profile.at("/customers").as_array().expect("a list").len(), 2, "{}", profile.text());
}

pub(super) async fn one_identity_with_one_invitation(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let (_, token) = invited(race, &person, &scene.customer).await;
    let answers = race
        .answers([
            post(scene.portal.as_(&person), ACCEPT, token.clone()),
            post(scene.other.as_(&person), ACCEPT, token.clone()),
            post(scene.portal.as_(&person), ACCEPT, token.clone()),
        ])
        .await;
    assert_statuses(&answers, [200; 3]);
    assert!(answers.iter().all(|answer| answer.text_at("/user") == answers[0].text_at("/user")));
    race.settle().await;
    assert_is_user(race, &person, true).await;
}

pub(super) async fn revoking_and_accepting(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let (id, token) = invited(race, &person, &scene.customer).await;
    let [accepted, revoked] = race
        .answers([
            post(scene.portal.as_(&person), ACCEPT, token),
            delete(scene.administrator(), &scene.path(&format!("/invites/{id}"))),
        ])
        .await;
    race.settle().await;
    match (accepted.status, revoked.status) {
        (200, 409) => assert_eq!(revoked.problem(), "invite-accepted"),
        (409, 204) => assert_eq!(accepted.problem(), "invite-revoked"),
        other => panic!("{other:?}: {} {}", accepted.text(), revoked.text()),
    }
    assert_is_user(race, &person, accepted.status == 200).await;
}

pub(super) async fn resending_and_accepting(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let (id, token) = invited(race, &person, &scene.customer).await;
    let [accepted, resent] = race
        .answers([
            post(scene.portal.as_(&person), ACCEPT, token),
            post_empty(scene.administrator(), &scene.path(&format!("/invites/{id}/resend"))),
        ])
        .await;
    race.settle().await;
    match (accepted.status, resent.status) {
        (200, 409) => assert_eq!(resent.problem(), "invite-accepted"),
        // The link was void by then.
        (404, 200) => assert_eq!(resent.at("/resends"), 1),
        other => panic!("{other:?}: {} {}", accepted.text(), resent.text()),
    }
    assert_is_user(race, &person, accepted.status == 200).await;
}

pub(super) async fn resending_and_revoking(race: &Race) {
    let scene = &race.scene;
    let (id, _) = invited(race, &Person::new("ny@example.com"), &scene.customer).await;
    let path = scene.path(&format!("/invites/{id}"));
    let [resent, revoked] = race
        .answers([
            post_empty(scene.portal.as_(&scene.tenant.administrator), &format!("{path}/resend")),
            delete(scene.administrator(), &path),
        ])
        .await;
    revoked.expect(204);
    if resent.status != 200 {
        resent.expect_problem(409, "invite-revoked");
    }
    race.settle().await;
}

/// Two people send it again, and one of them is delivered twice by the host.
pub(super) async fn resending_three_times(race: &Race) {
    let scene = &race.scene;
    let (id, _) = invited(race, &Person::new("ny@example.com"), &scene.customer).await;
    let path = scene.path(&format!("/invites/{id}/resend"));
    let invocation = scene.portal.next_invocation();
    let one = || scene.portal.as_(&scene.tenant.administrator).invocation(&invocation);
    let other = scene.other.as_(&scene.tenant.administrator).invocation(&invocation);
    let answers = race
        .answers([
            post_empty(one(), &path),
            post_empty(other, &path),
            post_empty(scene.other.as_(&scene.tenant.administrator), &path),
        ])
        .await;
    assert_statuses(&answers, [200; 3]);
    race.settle().await;
    let pending = scene.administrator().get(&scene.path("/invites")).await.expect(200).items();
    assert_eq!(pending[0]["resends"], 2);
}

/// Somebody who is a user takes the address to which somebody else accepts an invitation.
pub(super) async fn confirming_and_accepting_one_address(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let person = Person::new("delad@example.com");
    let (_, token) = invited(race, &person, &scene.customer).await;
    let change = json!({"email": person.email});
    scene.portal.as_(&member).patch(&scene.path("/profile"), change).await.expect(200);
    scene.portal.pump_all().await;
    let confirmation = json!({"token": scene.portal.mail_token(&person.email, "#email=")});
    let answers = race
        .answers([
            post(scene.portal.as_(&member), "/api/email-changes/confirm", confirmation),
            post(scene.other.as_(&person), ACCEPT, token),
        ])
        .await;
    assert_statuses(&answers, [200, 409]);
    for lost in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(lost.problem(), "email-taken");
    }
    race.settle().await;
    assert_is_user(race, &person, answers[1].status == 200).await;
}

/// At the moment at which it expires, an invitation is accepted by whoever is a moment early.
pub(super) async fn expiring_and_accepting(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let (_, token) = invited(race, &person, &scene.customer).await;
    scene.portal.clock().set("2026-03-09T07:59:59Z".parse().expect("a time"));
    let [accepted, _] = race
        .between([
            post(scene.other.as_(&person), ACCEPT, token),
            timer_at(&scene.portal, "retention", "2026-03-09T08:00:00Z"),
        ])
        .await;
    let accepted = accepted.answer();
    if accepted.status != 200 {
        assert_eq!((accepted.status, accepted.problem().as_str()), (409, "invite-expired"));
    }
    race.settle().await;
    assert_is_user(race, &person, accepted.status == 200).await;
}

pub(super) async fn expiring_and_resending(race: &Race) {
    let scene = &race.scene;
    let (id, _) = invited(race, &Person::new("ny@example.com"), &scene.customer).await;
    scene.portal.clock().set("2026-03-09T07:59:59Z".parse().expect("a time"));
    let [resent, _] = race
        .between([
            post_empty(scene.administrator(), &scene.path(&format!("/invites/{id}/resend"))),
            timer_at(&scene.portal, "retention", "2026-03-09T08:00:00Z"),
        ])
        .await;
    let resent = resent.answer();
    let status = if resent.status == 200 { "pending" } else { "expired" };
    if resent.status != 200 {
        resent.expect_problem(409, "invite-expired");
    }
    race.settle().await;
    let path = scene.path(&format!("/invites?status={status}"));
    assert_eq!(scene.administrator().get(&path).await.expect(200).items().len(), 1);
}

/// A user is deactivated while they accept a further invitation.
pub(super) async fn deactivating_and_accepting(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let second = scene.portal.customer(&scene.tenant, "Kund B AB").await;
    let (_, token) = invited(race, &member, &second).await;
    let [accepted, deactivated] = race
        .answers([
            post(scene.portal.as_(&member), ACCEPT, token),
            patch(
                scene.administrator(),
                &scene.path(&format!("/users/{}", member.id)),
                json!({"status": "deactivated"}),
            ),
        ])
        .await;
    deactivated.expect(200);
    if accepted.status != 200 {
        assert_eq!((accepted.status, accepted.problem().as_str()), (403, "user-deactivated"));
    }
    race.settle().await;
    let profile = assert_is_user(race, &member, true).await.expect("a profile");
    let customers = profile.at("/customers").as_array().map_or(0, Vec::len);
    assert_eq!(customers, if accepted.status == 200 { 2 } else { 1 });
}

/// A membership ends while its person accepts another invitation to it.
pub(super) async fn ending_a_membership_and_accepting_another(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let (_, token) = invited(race, &member, &scene.customer).await;
    let path = scene.path(&format!("/customers/{}/users/{}", scene.customer, member.id));
    let answers = race
        .answers([post(scene.portal.as_(&member), ACCEPT, token), delete(scene.administrator(), &path)])
        .await;
    assert_statuses(&answers, [200, 204]);
    race.settle().await;
    assert_is_user(race, &member, true).await;
}

async fn reinvited(race: &Race, member: &User) -> Value {
    let scene = &race.scene;
    let path = scene.path(&format!("/users/{}/reinvite", member.id));
    scene.administrator().post_empty(&path).await.expect(201);
    scene.portal.pump_all().await;
    json!({"token": scene.portal.invite_token(&member.email)})
}

/// Two new sign-ins for one user who has lost theirs.
pub(super) async fn two_identities_for_one_user(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let token = reinvited(race, &member).await;
    let people = [double_of(&member), double_of(&double_of(&member))];
    let answers = race
        .answers([
            post(scene.portal.as_(&people[0]), ACCEPT, token.clone()),
            post(scene.other.as_(&people[1]), ACCEPT, token),
        ])
        .await;
    assert_one_is_user(race, [&people[0], &people[1]], &answers, "invite-accepted").await;
    assert_is_user(race, &member, false).await;
}

/// A new sign-in for a user who uses the former one at the same time.
pub(super) async fn binding_anew_and_using_the_former_sign_in(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let token = reinvited(race, &member).await;
    let double = double_of(&member);
    let outcomes = race
        .between([
            post(scene.portal.as_(&double), ACCEPT, token),
            patch(scene.other.as_(&member), &scene.path("/profile"), json!({"name": "Maja Berg"})),
        ])
        .await;
    let [accepted, patched] = outcomes.map(Outcome::answer);
    accepted.expect(200);
    race.settle().await;
    let profile = assert_is_user(race, &double, true).await.expect("a profile");
    match patched.status {
        200 => assert_eq!(profile.at("/name"), "Maja Berg"),
        404 => assert_ne!(profile.at("/name"), "Maja Berg"),
        _ => panic!("{}", patched.text()),
    }
    assert_is_user(race, &member, false).await;
}
