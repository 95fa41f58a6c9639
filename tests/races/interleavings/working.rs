//! Races between those who bring work to its end: timers, workers, repeated deliveries.

use reqwest::Method;
use serde_json::json;

use super::{Outcome, Race, Racer, asks, assert_statuses, delete, deliver, post, post_empty, timer, upload};
use crate::support::{Caller, Person, User};

fn files(race: &Race) -> String {
    race.scene.path(&format!("/files?customer={}", race.scene.customer))
}

async fn has_uploaded(race: &Race, user: &User) -> String {
    let caller = race.scene.portal.as_(user).header("content-disposition", "attachment; filename=a.txt");
    caller.send_bytes(Method::POST, &files(race), "text/plain", "innehåll").await.expect(201).text_at("/id")
}

/// Work of every kind waits, and its messages are lost; two hosts come to it at once.
pub(super) async fn two_timers(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let administrator = scene.administrator();
    let invite =
        json!({"email": "ny@example.com", "name": "Ny", "role": "member", "customer": scene.customer});
    administrator.post(&scene.path("/invites"), invite).await.expect(201);
    scene.portal.as_(&member).post(&scene.path("/requests"), json!({"kind": "access"})).await.expect(201);
    scene
        .portal
        .as_(&member)
        .patch(&scene.path("/profile"), json!({"email": "ny2@example.com"}))
        .await
        .expect(200);
    scene.portal.lose_messages();
    scene.portal.advance_hours(1);
    race.between([timer(&scene.portal, "waiting_work"), timer(&scene.other, "waiting_work")]).await;
    race.settle().await;
    for (email, mark) in [("ny@example.com", "#invite="), ("ny2@example.com", "#email=")] {
        let mails = scene.portal.mails_to(email);
        let ids: std::collections::BTreeSet<_> = mails.iter().map(|mail| &mail.message_id).collect();
        assert_eq!(ids.len(), 1, "each mail has one name, however often it was sent");
        scene.portal.mail_token(email, mark);
    }
}

/// Everything that can be due is, and two hosts come to it at once.
pub(super) async fn two_retention_timers(race: &Race) {
    let scene = &race.scene;
    let period = json!({"retention": {"files": "P1M", "comments": "P1M"}});
    scene.administrator().patch(&scene.path(""), period).await.expect(200);
    scene.portal.pump_all().await;
    scene.portal.advance_hours(1);
    let member = scene.member("maja@example.com").await;
    has_uploaded(race, &member).await;
    let comment = json!({"customer": scene.customer, "thread": "Leverans", "text": "Hej"});
    scene.portal.as_(&member).post(&scene.path("/comments"), comment).await.expect(201);
    scene
        .portal
        .invite(&scene.tenant, &Person::new("ny@example.com"), "member", Some(&scene.customer))
        .await
        .expect(201);
    scene.portal.as_(&member).post(&scene.path("/requests"), json!({"kind": "access"})).await.expect(201);
    scene.portal.pump_all().await;
    scene.portal.advance_hours(24 * 60);
    race.between([timer(&scene.portal, "retention"), timer(&scene.other, "retention")]).await;
    race.settle().await;
    for part in ["/files/", "/comments/", "package", "/invites/"] {
        let left = scene.names(part).await;
        assert!(
            left.iter().all(|name| name.contains("invites/expired")
                || name.contains("/invites/inv_")
                || name.contains("/invite/")),
            "{left:?}"
        );
    }
}

/// A file goes by its period while its uploader, and then an administrator, remove it.
pub(super) async fn retention_and_deleting(race: &Race) {
    let scene = &race.scene;
    let period = json!({"retention": {"files": "P1M", "comments": "P1M"}});
    scene.administrator().patch(&scene.path(""), period).await.expect(200);
    scene.portal.pump_all().await;
    scene.portal.advance_hours(1);
    let member = scene.member("maja@example.com").await;
    let file = has_uploaded(race, &member).await;
    let comment = json!({"customer": scene.customer, "thread": "Leverans", "text": "Hej"});
    let comment =
        scene.portal.as_(&member).post(&scene.path("/comments"), comment).await.expect(201).text_at("/id");
    scene.portal.advance_hours(24 * 40);
    let again = json!({"customer": scene.customer, "thread": "Leverans", "text": "Tack"});
    let outcomes = race
        .between([
            delete(scene.other.as_(&member), &scene.path(&format!("/files/{file}"))),
            delete(scene.administrator(), &scene.path(&format!("/comments/{comment}"))),
            post(scene.other.as_(&member), &scene.path("/comments"), again),
            timer(&scene.portal, "retention"),
        ])
        .await;
    for outcome in outcomes {
        if let Outcome::Answered(answer) = outcome {
            assert!([201, 204, 404].contains(&answer.status), "{}", answer.text());
        }
    }
    race.settle().await;
    let threads = scene.path(&format!("/threads?customer={}", scene.customer));
    assert_eq!(scene.administrator().get(&threads).await.expect(200).items().len(), 1);
}

/// The queue gives one message to two workers.
pub(super) async fn two_workers_on_each_message(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    has_uploaded(race, &member).await;
    let invite =
        json!({"email": "ny@example.com", "name": "Ny", "role": "member", "customer": scene.customer});
    scene.administrator().post(&scene.path("/invites"), invite).await.expect(201);
    scene.portal.as_(&member).post(&scene.path("/requests"), json!({"kind": "access"})).await.expect(201);
    scene
        .portal
        .as_(&member)
        .patch(&scene.path("/profile"), json!({"email": "ny2@example.com"}))
        .await
        .expect(200);
    let messages = scene.portal.lose_messages();
    assert!(messages.len() >= 3, "{messages:?}");
    race.between([deliver(&scene.portal, messages.clone()), deliver(&scene.other, messages)]).await;
    race.settle().await;
    let requests = scene.portal.as_(&member).get(&scene.path("/requests")).await.expect(200).items();
    assert_eq!(requests[0]["state"], "fulfilled");
    scene.portal.mail_token("ny@example.com", "#invite=");
    scene.portal.mail_token("ny2@example.com", "#email=");
}

/// The host delivers one DELETE again and again, at both handlers.
pub(super) async fn eight_deliveries_of_a_removal(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/files/{}", has_uploaded(race, &member).await));
    let invocation = scene.portal.next_invocation();
    let deliveries: [Racer<'_>; 8] = std::array::from_fn(|number| {
        let portal = if number % 2 == 0 { &scene.portal } else { &scene.other };
        delete(portal.as_(&member).invocation(&invocation), &path)
    });
    let answers = race.answers(deliveries).await;
    assert_statuses(&answers, [204; 8]);
    race.settle().await;
}

/// The same of a membership's end, a revocation and a change of address taken back.
pub(super) async fn deliveries_of_three_other_removals(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let invite = scene
        .portal
        .invite(&scene.tenant, &Person::new("ny@example.com"), "member", Some(&scene.customer))
        .await
        .expect(201);
    scene
        .portal
        .as_(&member)
        .patch(&scene.path("/profile"), json!({"email": "ny2@example.com"}))
        .await
        .expect(200);
    scene.portal.pump_all().await;
    let invite = scene.path(&format!("/invites/{}", invite.text_at("/id")));
    let membership = scene.path(&format!("/customers/{}/users/{}", scene.customer, member.id));
    let change = scene.path("/profile/email-change");
    let ids: [String; 3] = std::array::from_fn(|_| scene.portal.next_invocation());
    let deliveries: [Racer<'_>; 6] = std::array::from_fn(|number| {
        let portal = if number % 2 == 0 { &scene.portal } else { &scene.other };
        let (caller, path): (Caller<'_>, _) = match number / 2 {
            0 => (portal.as_(&scene.tenant.administrator), &invite),
            1 => (portal.as_(&scene.tenant.administrator), &membership),
            _ => (portal.as_(&member), &change),
        };
        delete(caller.invocation(&ids[number / 2]), path)
    });
    let answers = race.answers(deliveries).await;
    assert_statuses(&answers, [204; 6]);
    race.settle().await;
}

/// A POST without a body takes its invocation as its key: ten deliveries make one file.
pub(super) async fn ten_deliveries_of_an_empty_file(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let invocation = scene.portal.next_invocation();
    let deliveries: [Racer<'_>; 10] = std::array::from_fn(|number| {
        let portal = if number % 2 == 0 { &scene.portal } else { &scene.other };
        let caller = portal
            .as_(&member)
            .invocation(&invocation)
            .header("content-disposition", "attachment; filename=tom.txt");
        let path = files(race);
        asks(async move { caller.post_empty(&path).await })
    });
    let answers = race.answers(deliveries).await;
    // Whoever comes while another is at it is told so.
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{answers:?}");
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    race.settle().await;
    let there = scene.portal.as_(&member).get(&files(race)).await.expect(200).items();
    assert_eq!(there.len(), 1);
    assert!(!made.is_empty());
    assert!(made.iter().all(|answer| answer.at("/id") == there[0]["id"]));
}

pub(super) async fn ten_deliveries_of_an_invitation_to_sign_in_anew(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/users/{}/reinvite", member.id));
    let invocation = scene.portal.next_invocation();
    let deliveries: [Racer<'_>; 10] = std::array::from_fn(|number| {
        let portal = if number % 2 == 0 { &scene.portal } else { &scene.other };
        post_empty(portal.as_(&scene.tenant.administrator).invocation(&invocation), &path)
    });
    let answers = race.answers(deliveries).await;
    assert_statuses(&answers, [201; 10]);
    race.settle().await;
    let pending = scene.administrator().get(&scene.path("/invites")).await.expect(200).items();
    assert_eq!(pending.len(), 1);
}

/// One key, three uploads.
pub(super) async fn three_uploads_with_one_key(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    let answers = race
        .answers([
            upload(scene.portal.as_(&member).key("k"), &files(race), "innehåll"),
            upload(scene.other.as_(&member).key("k"), &files(race), "innehåll"),
            upload(scene.portal.as_(&member).key("k"), &files(race), "innehåll"),
        ])
        .await;
    assert!(answers.iter().any(|answer| answer.status == 201), "{answers:?}");
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{answers:?}");
    race.settle().await;
    assert_eq!(scene.portal.as_(&member).get(&files(race)).await.expect(200).items().len(), 1);
}

/// What a list showed is noted by two timers at once, and by the worker of a package.
pub(super) async fn two_timers_note_what_a_list_showed(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    scene.administrator().get(&scene.path("/users")).await.expect(200);
    scene.portal.as_(&member).post(&scene.path("/requests"), json!({"kind": "access"})).await.expect(201);
    race.between([
        timer(&scene.portal, "activity"),
        timer(&scene.other, "activity"),
        super::pump(&scene.portal),
    ])
    .await;
    race.settle().await;
    let lookups = scene.portal.as_(&member).get(&scene.path("/profile/lookups")).await.expect(200).items();
    assert_eq!(lookups.len(), 1, "{lookups:?}");
}

/// Somebody signs in once, and is seen for the first time by both handlers in the same moment.
pub(super) async fn one_sign_in_at_two_handlers(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    scene.portal.advance_hours(2);
    let path = scene.path("/profile");
    let (one, other) = (scene.portal.as_(&member), scene.other.as_(&member));
    let (first, second) = (path.clone(), path.clone());
    let answers = race
        .answers([asks(async move { one.get(&first).await }), asks(async move { other.get(&second).await })])
        .await;
    assert_statuses(&answers, [200, 200]);
    race.settle().await;
}

/// The message of an invitation comes again while the invitation is accepted, and another's while it is taken back.
pub(super) async fn closing_invitations_whose_messages_come_again(race: &Race) {
    let scene = &race.scene;
    let person = Person::new("ny@example.com");
    let mut ids = Vec::new();
    for email in [&person.email, "annan@example.com"] {
        let invite = json!({"email": email, "name": "Ny", "role": "member", "customer": scene.customer});
        ids.push(
            scene.administrator().post(&scene.path("/invites"), invite).await.expect(201).text_at("/id"),
        );
    }
    let messages = scene.portal.lose_messages();
    for message in messages.clone() {
        assert!(scene.portal.deliver(message).await.succeeded());
    }
    // The workers have come to their ends and the marker went, unless the host has killed them right before.
    let again = scene.path(&format!("/invites/{}/resend", ids[1]));
    scene.administrator().post_empty(&again).await.expect(200);
    let token = json!({"token": scene.portal.invite_token(&person.email)});
    let [accepted, revoked, ..] = race
        .between([
            post(scene.other.as_(&person), "/api/invites/accept", token),
            delete(scene.administrator(), &scene.path(&format!("/invites/{}", ids[1]))),
            deliver(&scene.portal, messages),
            super::pump(&scene.other),
        ])
        .await;
    accepted.answer().expect(200);
    revoked.answer().expect(204);
    race.settle().await;
}

/// One file of rows is imported twice at once.
pub(super) async fn two_imports_of_one_file(race: &Race) {
    let scene = &race.scene;
    let rows = format!(
        "email,name,role,customer\nett@example.com,Ett,member,{0}\ntva@example.com,Två,member,{0}\n",
        scene.customer
    );
    let import = |portal| {
        let caller = crate::support::Portal::as_(portal, &scene.tenant.administrator);
        let (path, rows) = (scene.path("/invites/import"), rows.clone());
        asks(async move { caller.send_bytes(Method::POST, &path, "text/csv", rows).await })
    };
    let answers = race.answers([import(&scene.portal), import(&scene.other)]).await;
    assert_statuses(&answers, [200, 200]);
    race.settle().await;
    let pending = scene.administrator().get(&scene.path("/invites")).await.expect(200).items();
    assert_eq!(pending.len(), 2);
}

/// Two hosts warn somebody of the end of their idle account: the warning is noted, and is sent.
pub(super) async fn two_timers_warn_an_idle_member(race: &Race) {
    let scene = &race.scene;
    let member = scene.member("maja@example.com").await;
    scene.portal.clock().set("2028-02-01T08:00:00Z".parse().expect("a time"));
    scene.administrator().get(&scene.path("/profile")).await.expect(200);
    race.between([timer(&scene.portal, "retention"), timer(&scene.other, "retention")]).await;
    race.settle().await;
    let mails = scene.portal.mails_to(&member.email);
    let warnings = mails.iter().filter(|mail| mail.message_id.contains("idle-warning"));
    let ids: std::collections::BTreeSet<_> = warnings.map(|mail| &mail.message_id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}
