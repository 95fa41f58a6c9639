//! Races for one object.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, Storage, before_put, statuses, support::User};

pub(crate) async fn two_browsers_edit_one_profile_and_the_later_one_is_told(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile");
    for round in 0..4 {
        let etag = scene.portal.as_(&member).get(&path).await.expect(200).etag();
        let one = scene.portal.as_(&member).if_match(&etag);
        let other = scene.other.as_(&member).if_match(&etag);
        let names = [format!("Ett {round}"), format!("Två {round}")];
        let (one, other) = tokio::join!(
            one.patch(&path, json!({"name": names[0]})),
            other.patch(&path, json!({"name": names[1]}))
        );
        assert_eq!(statuses(&one, &other), (200, 412), "{} {}", one.text(), other.text());
        let winner = if one.status == 200 { &names[0] } else { &names[1] };
        let profile = scene.portal.as_(&member).get(&path).await.expect(200);
        assert_eq!(profile.at("/name"), **winner);
    }
}

pub(crate) async fn changes_of_different_members_are_both_kept(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile");
    // The first one has read, and is stopped before it writes; then the second one writes.
    let pause = before_put(scene.faults(), "profile.json");
    let one = scene.portal.as_(&member);
    let race = async {
        pause.reached().await;
        let other = scene.other.as_(&member).patch(&path, json!({"phone": "070-1740605"})).await;
        pause.release();
        other
    };
    let (one, other) = tokio::join!(one.patch(&path, json!({"name": "Maja Berg"})), race);
    one.expect(200);
    other.expect(200);
    let profile = scene.portal.as_(&member).get(&path).await.expect(200);
    assert_eq!((profile.at("/name"), profile.at("/phone")), (json!("Maja Berg"), json!("+46701740605")));
}

async fn two_administrators(scene: &Scene) -> (User, User) {
    let second = scene.portal.join(&scene.tenant, "bo@example.com", "administrator", None).await;
    (scene.tenant.administrator.clone(), second)
}

async fn against_each_other(storage: Storage, change: Value) {
    let scene = Scene::set(storage).await;
    let (first, second) = two_administrators(&scene).await;
    let of = |user: &User| scene.path(&format!("/users/{}", user.id));
    let (one, other) = (scene.portal.as_(&first), scene.other.as_(&second));
    let (first_path, second_path) = (of(&first), of(&second));
    let (one, other) =
        tokio::join!(one.patch(&second_path, change.clone()), other.patch(&first_path, change));
    let (won, lost) = if one.status == 200 { (&one, &other) } else { (&other, &one) };
    assert_eq!(won.status, 200, "{} {}", one.text(), other.text());
    // Either the loser is no administrator any more when it is looked at, or would leave none.
    assert!(
        [
            (409, "last-administrator"),
            (403, "forbidden"),
            (403, "user-deactivated"),
            (412, "precondition-failed")
        ]
        .contains(&(lost.status, lost.problem().as_str())),
        "{}",
        lost.text()
    );
    scene.settle().await;
    let remaining = if one.status == 200 { &first } else { &second };
    let users = scene.portal.as_(remaining).get(&scene.path("/users")).await.expect(200).items();
    let active: Vec<_> =
        users.iter().filter(|user| user["role"] == "administrator" && user["status"] == "active").collect();
    assert_eq!(active.len(), 1, "{users:#?}");
    assert_eq!(active[0]["id"], *remaining.id);
}

pub(crate) async fn many_changes_of_one_profile_are_all_kept(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let path = scene.path("/profile");
    let changes = (0..40).map(|round| {
        let portal = if round % 2 == 0 { &scene.portal } else { &scene.other };
        let change = match round % 4 {
            0 => json!({"name": format!("Maja {round}")}),
            1 => json!({"phone": format!("070-17406{}", 10 + round)}),
            2 => json!({"locale": "en"}),
            _ => json!({"supplementaryStatement": format!("Uttalande {round}")}),
        };
        let (caller, path) = (portal.as_(&member), &path);
        async move { caller.patch(path, change).await.status }
    });
    let statuses = futures_util::future::join_all(changes).await;
    assert_eq!(statuses, vec![200; 40]);
    let profile = scene.portal.as_(&member).get(&path).await.expect(200);
    assert!(
        profile.text_at("/name").starts_with("Maja ") && profile.text_at("/phone").starts_with("+4670174")
    );
    assert!(profile.text_at("/supplementaryStatement").starts_with("Uttalande "));
    assert_eq!(profile.at("/locale"), "en");
}

pub(crate) async fn two_administrators_demote_each_other_and_one_remains(storage: Storage) {
    for _ in 0..3 {
        against_each_other(storage, json!({"role": "dataProtectionOfficer"})).await;
    }
}

pub(crate) async fn two_administrators_deactivate_each_other_and_one_remains(storage: Storage) {
    for _ in 0..3 {
        against_each_other(storage, json!({"status": "deactivated"})).await;
    }
}

pub(crate) async fn two_people_take_one_address_and_one_gets_it(storage: Storage) {
    let scene = Scene::set(storage).await;
    let (maja, sam) = (scene.member("maja@example.com").await, scene.member("sam@example.com").await);
    let path = scene.path("/profile");
    let mut tokens = Vec::new();
    for person in [&maja, &sam] {
        let answer =
            scene.portal.as_(person).patch(&path, json!({"email": "delad@example.com"})).await.expect(200);
        assert_eq!(answer.at("/pendingEmail"), "delad@example.com");
        scene.portal.pump_all().await;
        tokens.push(json!({"token": scene.portal.mail_token("delad@example.com", "#email=")}));
    }
    let (one, other) = (scene.portal.as_(&maja), scene.other.as_(&sam));
    let (one, other) = tokio::join!(
        one.post("/api/email-changes/confirm", tokens[0].clone()),
        other.post("/api/email-changes/confirm", tokens[1].clone())
    );
    assert_eq!(statuses(&one, &other), (200, 409), "{} {}", one.text(), other.text());
    let lost = if one.status == 200 { other } else { one };
    lost.expect_problem(409, "email-taken");
    scene.settle().await;
    let search = json!({"email": "delad@example.com"});
    let found = scene
        .portal
        .as_(&scene.tenant.administrator)
        .post(&scene.path("/users/search"), search)
        .await
        .expect(200);
    assert_eq!(found.items().len(), 1);
}

pub(crate) async fn two_edits_of_one_comment_and_the_later_one_is_told(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let body = json!({"customer": scene.customer, "thread": "Leverans", "text": "Hej"});
    let comment = scene.portal.as_(&member).post(&scene.path("/comments"), body).await.expect(201);
    let (etag, path) = (comment.etag(), scene.path(&format!("/comments/{}", comment.text_at("/id"))));
    let (one, other) = (scene.portal.as_(&member).if_match(&etag), scene.other.as_(&member).if_match(&etag));
    let (one, other) =
        tokio::join!(one.patch(&path, json!({"text": "Ett"})), other.patch(&path, json!({"text": "Två"})));
    assert_eq!(statuses(&one, &other), (200, 412), "{} {}", one.text(), other.text());
}

/// While one upload is on its way, another with its key is told that it is; once it is through, that it has been made.
pub(crate) async fn one_key_makes_one_file(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/files?customer={}", scene.customer));
    let caller = |portal| {
        super::support::Portal::as_(portal, &member)
            .key("k")
            .header("content-disposition", "attachment; filename=a.txt")
    };
    let (one, other) = (caller(&scene.portal), caller(&scene.other));
    let (one, other) = tokio::join!(
        one.send_bytes(Method::POST, &path, "text/plain", "samma"),
        other.send_bytes(Method::POST, &path, "text/plain", "samma")
    );
    let made: Vec<_> = [one, other].into_iter().filter(|answer| answer.status != 409).collect();
    let ids: Vec<_> = made.into_iter().map(|answer| answer.expect(201).text_at("/id")).collect();
    assert!(!ids.is_empty(), "both were told that the other was faster");
    let again = caller(&scene.other).send_bytes(Method::POST, &path, "text/plain", "samma").await.expect(201);
    assert!(ids.iter().all(|id| *id == again.text_at("/id")), "{ids:?}");
    scene.settle().await;
    assert_eq!(scene.portal.as_(&member).get(&path).await.expect(200).items().len(), 1);
    caller(&scene.portal)
        .send_bytes(Method::POST, &path, "text/plain", "en annan")
        .await
        .expect_problem(422, "idempotency-mismatch");
}
