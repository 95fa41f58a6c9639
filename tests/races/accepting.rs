//! Races for a way in.

use serde_json::json;

use super::{
    Scene, Storage, before_put, double_of, statuses,
    support::{Person, Portal},
};

pub(crate) async fn two_people_with_one_invitation_and_one_gets_in(storage: Storage) {
    let scene = Scene::set(storage).await;
    for round in 0..4 {
        let person = Person::new(&format!("ny{round}@example.com"));
        let double = double_of(&person);
        scene.portal.invite(&scene.tenant, &person, "member", Some(&scene.customer)).await.expect(201);
        let token = json!({"token": scene.portal.invite_token(&person.email)});
        let (one, other) = (scene.portal.as_(&person), scene.other.as_(&double));
        let (one, other) = tokio::join!(
            one.post("/api/invites/accept", token.clone()),
            other.post("/api/invites/accept", token.clone())
        );
        assert_eq!(statuses(&one, &other), (200, 409), "{} {}", one.text(), other.text());
        let (winner, loser) = if one.status == 200 { (&person, &double) } else { (&double, &person) };
        let lost = if one.status == 200 { other } else { one };
        lost.expect_problem(409, "invite-accepted");
        scene.settle().await;
        scene.portal.as_(winner).get(&scene.path("/profile")).await.expect(200);
        scene.portal.as_(loser).get(&scene.path("/profile")).await.expect(404);
    }
    let users = scene.portal.as_(&scene.tenant.administrator).get(&scene.path("/users")).await.expect(200);
    assert_eq!(users.items().len(), 5, "the administrator and the winner of each round");
}

pub(crate) async fn whoever_accepts_twenty_times_at_once_is_one_user(storage: Storage) {
    let scene = Scene::set(storage).await;
    let person = Person::new("ny@example.com");
    scene.portal.invite(&scene.tenant, &person, "member", Some(&scene.customer)).await.expect(201);
    let token = json!({"token": scene.portal.invite_token(&person.email)});
    let tries = (0..20).map(|round| {
        let portal = if round % 2 == 0 { &scene.portal } else { &scene.other };
        let (caller, token) = (portal.as_(&person), token.clone());
        async move { caller.post("/api/invites/accept", token).await.expect(200).text_at("/user") }
    });
    let users = futures_util::future::join_all(tries).await;
    assert!(users.iter().all(|user| *user == users[0]), "{users:?}");
    scene.settle().await;
    let users = scene.portal.as_(&scene.tenant.administrator).get(&scene.path("/users")).await.expect(200);
    assert_eq!(users.items().len(), 2);
}

pub(crate) async fn whoever_was_stopped_before_the_commit_point_loses(storage: Storage) {
    let scene = Scene::set(storage).await;
    let person = Person::new("ny@example.com");
    let double = double_of(&person);
    let invite =
        scene.portal.invite(&scene.tenant, &person, "member", Some(&scene.customer)).await.expect(201);
    let token = json!({"token": scene.portal.invite_token(&person.email)});
    let pause = before_put(scene.faults(), &format!("invites/{}", invite.text_at("/id")));
    let slow = scene.portal.as_(&person);
    let race = async {
        pause.reached().await;
        let fast = scene.other.as_(&double).post("/api/invites/accept", token.clone()).await;
        pause.release();
        fast
    };
    let (slow, fast) = tokio::join!(slow.post("/api/invites/accept", token.clone()), race);
    fast.expect(200);
    slow.expect_problem(409, "invite-accepted");
    scene.settle().await;
    let users = scene.portal.as_(&scene.tenant.administrator).get(&scene.path("/users")).await.expect(200);
    assert_eq!(users.items().len(), 2);
}

pub(crate) async fn one_person_with_two_invitations_is_one_user_with_both(storage: Storage) {
    let scene = Scene::set(storage).await;
    for round in 0..4 {
        let person = Person::new(&format!("ny{round}@example.com"));
        let second = scene.portal.customer(&scene.tenant, &format!("Kund {round} AB")).await;
        let mut tokens = Vec::new();
        for customer in [&scene.customer, &second] {
            scene.portal.invite(&scene.tenant, &person, "member", Some(customer)).await.expect(201);
            tokens.push(json!({"token": scene.portal.invite_token(&person.email)}));
        }
        let (one, other) = (scene.portal.as_(&person), scene.other.as_(&person));
        let (one, other) = tokio::join!(
            one.post("/api/invites/accept", tokens[0].clone()),
            other.post("/api/invites/accept", tokens[1].clone())
        );
        assert_eq!(one.expect(200).text_at("/user"), other.expect(200).text_at("/user"));
        scene.settle().await;
        let profile = scene.portal.as_(&person).get(&scene.path("/profile")).await.expect(200);
        assert_eq!(profile.at("/customers").as_array().expect("a list").len(), 2, "{}", profile.text());
    }
}

pub(crate) async fn an_invitation_is_taken_back_while_it_is_accepted(storage: Storage) {
    let scene = Scene::set(storage).await;
    for round in 0..4 {
        let person = Person::new(&format!("ny{round}@example.com"));
        let invite =
            scene.portal.invite(&scene.tenant, &person, "member", Some(&scene.customer)).await.expect(201);
        let token = json!({"token": scene.portal.invite_token(&person.email)});
        let path = scene.path(&format!("/invites/{}", invite.text_at("/id")));
        let (acceptor, revoker) = (scene.portal.as_(&person), scene.other.as_(&scene.tenant.administrator));
        let (accepted, revoked) =
            tokio::join!(acceptor.post("/api/invites/accept", token), revoker.delete(&path));
        scene.settle().await;
        let profile = scene.portal.as_(&person).get(&scene.path("/profile")).await;
        match (accepted.status, revoked.status) {
            (200, 409) => {
                assert_eq!(revoked.problem(), "invite-accepted");
                profile.expect(200);
            }
            (409, 204) => {
                assert_eq!(accepted.problem(), "invite-revoked");
                profile.expect(404);
            }
            other => panic!("{other:?}: {} {}", accepted.text(), revoked.text()),
        }
    }
}

pub(crate) async fn a_tenants_name_is_given_once(storage: Storage) {
    let portal = Portal::start_on(storage).await;
    let other = portal.another_process().await;
    let body = |name: &str| {
        json!({
            "id": "t1", "name": name, "organisationNumber": "556000-0001", "locale": "sv",
            "contact": {"name": "Karin Kontakt", "email": "kontakt@example.com"},
            "administrator": {"name": "Åsa Öberg", "email": "asa@example.com"},
        })
    };
    let (one, two) = (portal.operator(), other.operator());
    let (one, two) =
        tokio::join!(one.post("/api/tenants", body("Ett AB")), two.post("/api/tenants", body("Två AB")));
    assert_eq!(statuses(&one, &two), (201, 409), "{} {}", one.text(), two.text());
    portal.pump_all().await;
    assert_eq!(portal.mails_to("asa@example.com").len(), 1);
    let winner = if one.status == 201 { one } else { two };
    let tenants = portal.operator().get("/api/tenants").await.expect(200).items();
    assert_eq!(tenants.len(), 1);
    assert_eq!(tenants[0]["name"], winner.at("/name"));
}

pub(crate) async fn one_key_makes_one_invitation(storage: Storage) {
    let scene = Scene::set(storage).await;
    let body = json!({"email": "ny@example.com", "name": "Ny", "role": "member", "customer": scene.customer});
    let one = scene.portal.as_(&scene.tenant.administrator).key("k");
    let other = scene.other.as_(&scene.tenant.administrator).key("k");
    let path = scene.path("/invites");
    let (one, other) = tokio::join!(one.post(&path, body.clone()), other.post(&path, body));
    assert_eq!(one.expect(201).text_at("/id"), other.expect(201).text_at("/id"));
    scene.settle().await;
    let invites = scene.portal.as_(&scene.tenant.administrator).get(&path).await.expect(200);
    assert_eq!(invites.items().len(), 1);
}
