//! What the host sends again when a connection broke: a bodyless GET or DELETE up to 40 times, a bodyless POST 10 times,
//! always with one invocation id. It is done once.

use serde_json::json;

use super::support::{Person, Portal};

const AGAIN: usize = 40;

#[tokio::test]
async fn a_delete_delivered_again_is_answered_like_the_first_and_another_is_not() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund A AB").await;
    let member = portal.member(&tenant, &customer, "maja@example.com").await;
    let administrator = portal.as_(&tenant.administrator);
    let file = administrator
        .clone()
        .header("content-disposition", "attachment; filename=a.txt")
        .send_bytes(
            reqwest::Method::POST,
            &tenant.path(&format!("/files?customer={customer}")),
            "text/plain",
            "a",
        )
        .await
        .expect(201)
        .text_at("/id");
    let comment = administrator
        .post(&tenant.path("/comments"), json!({"customer": customer, "thread": "Leverans", "text": "Hej"}))
        .await
        .expect(201)
        .text_at("/id");
    let invite = portal
        .invite(&tenant, &Person::new("ny@example.com"), "member", Some(&customer))
        .await
        .expect(201)
        .text_at("/id");
    let paths = [
        format!("/files/{file}"),
        format!("/comments/{comment}"),
        format!("/invites/{invite}"),
        format!("/customers/{customer}/users/{}", member.id),
    ];
    for (number, path) in paths.iter().enumerate() {
        let path = tenant.path(path);
        let again = administrator.clone().invocation(&format!("00000000-0000-4000-9000-{number:012}"));
        for delivery in 1..=AGAIN {
            assert_eq!(again.delete(&path).await.status, 204, "{path}: delivery {delivery}");
        }
        portal.pump_all().await;
        assert_eq!(again.delete(&path).await.status, 204, "{path}: after the work");
        assert_eq!(administrator.delete(&path).await.status, 404, "{path}: a second DELETE");
    }
}

#[tokio::test]
async fn a_post_without_a_body_delivered_again_is_done_once() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund A AB").await;
    let member = portal.member(&tenant, &customer, "maja@example.com").await;
    let person = Person::new("ny@example.com");
    let invite = portal.invite(&tenant, &person, "member", Some(&customer)).await.expect(201).text_at("/id");
    let administrator = portal.as_(&tenant.administrator);

    let resend = tenant.path(&format!("/invites/{invite}/resend"));
    let again = administrator.clone().invocation("00000000-0000-4000-9000-000000000001");
    for _ in 0..10 {
        assert_eq!(again.post_empty(&resend).await.expect(200).at("/resends"), 1);
    }
    portal.pump_all().await;
    assert_eq!(portal.mails_to(&person.email).len(), 2, "the first one and one more");
    assert_eq!(administrator.post_empty(&resend).await.expect(200).at("/resends"), 2);
    portal.pump_all().await;

    let reinvite = tenant.path(&format!("/users/{}/reinvite", member.id));
    let again = administrator.clone().invocation("00000000-0000-4000-9000-000000000002");
    let first = again.post_empty(&reinvite).await.expect(201).text_at("/id");
    for _ in 0..9 {
        assert_eq!(again.post_empty(&reinvite).await.expect(201).text_at("/id"), first);
    }

    let request = portal
        .as_(&member)
        .post(&tenant.path("/requests"), json!({"kind": "access"}))
        .await
        .expect(201)
        .text_at("/id");
    let withdrawal = tenant.path(&format!("/requests/{request}/withdrawal"));
    let again = portal.as_(&member).invocation("00000000-0000-4000-9000-000000000003");
    for _ in 0..10 {
        assert_eq!(again.post_empty(&withdrawal).await.expect(200).at("/state"), "withdrawn");
    }
}
