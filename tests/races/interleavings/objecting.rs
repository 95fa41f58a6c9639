//! Races between administrators who object to what they were told of.

use serde_json::json;

use super::{Race, assert_statuses, post};
use crate::support::User;

const OBJECTIONS: &str = "/sub-processor-objections";

/// Another administrator, once the tenant has been told of a new sub-processor.
async fn told(race: &Race) -> User {
    let scene = &race.scene;
    let second = scene.portal.join(&scene.tenant, "bo@example.com", "administrator", None).await;
    scene.portal.clock().set("2026-11-16T09:00:00Z".parse().expect("a time"));
    scene.portal.timer("announcements").await;
    second
}

pub(super) async fn two_administrators_object_to_one_sub_processor(race: &Race) {
    let scene = &race.scene;
    let second = told(race).await;
    let path = scene.path(OBJECTIONS);
    let body = json!({"subProcessor": "azure-communication-services", "reason": "Vi vill inte."});
    for withdrawn in 0..2 {
        let answers = race
            .answers([
                post(scene.portal.as_(&scene.tenant.administrator), &path, body.clone()),
                post(scene.other.as_(&second), &path, body.clone()),
            ])
            .await;
        assert_statuses(&answers, [201, 409]);
        let made = answers.iter().find(|answer| answer.status == 201).expect("one is made");
        let objections = scene.portal.as_(&second).get(&path).await.expect(200).items();
        assert_eq!(objections.len(), withdrawn + 1);
        let answer = format!("{path}/{}/answer", made.text_at("/id"));
        let taken_back = json!({"answer": "Ni har tagit tillbaka den.", "outcome": "withdrawn"});
        scene.portal.operator().post(&answer, taken_back).await.expect(200);
    }
    race.settle().await;
}

pub(super) async fn objecting_twice_with_one_key(race: &Race) {
    let scene = &race.scene;
    told(race).await;
    let path = scene.path(OBJECTIONS);
    let body = json!({"subProcessor": "azure-communication-services", "reason": "Vi vill inte."});
    let administrator = &scene.tenant.administrator;
    let answers = race
        .answers([
            post(scene.portal.as_(administrator).header("idempotency-key", "1"), &path, body.clone()),
            post(scene.other.as_(administrator).header("idempotency-key", "1"), &path, body.clone()),
        ])
        .await;
    assert_statuses(&answers, [201, 201]);
    assert_eq!(answers[0].text_at("/id"), answers[1].text_at("/id"));
    let again =
        scene.portal.as_(administrator).header("idempotency-key", "1").post(&path, body.clone()).await;
    assert_eq!(again.expect(201).text_at("/id"), answers[0].text_at("/id"));
    let another = scene.portal.as_(administrator).header("idempotency-key", "2").post(&path, body).await;
    another.expect_problem(409, "conflict");
    race.settle().await;
}
