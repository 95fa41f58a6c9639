//! A person's own profile, picture, sign-ins and look-ups, and the list of their own tenants.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use bytes::Bytes;
use data_encoding::BASE64;
use kundportal_store::{CallKind, Matching, Moment};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Portal, Tenant, User};

/// A portal with a customer and two of its users.
async fn office(portal: &Portal) -> (Tenant, User, User) {
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.se").await;
    let bo = portal.member(&tenant, &customer, "bo@example.se").await;
    (tenant, kim, bo)
}

#[tokio::test]
async fn a_person_reads_and_corrects_their_own_profile() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile");
    let before = portal.as_(&kim).get(&path).await.expect(200);
    assert_eq!(before.at("/customers/0/name"), "Kund AB");
    assert_eq!(before.at("/customers/0/role"), "member");
    assert_eq!((before.at("/picture"), before.at("/pendingEmail")), (Value::Null, Value::Null));

    let patch = json!({"name": "Kim Öberg", "phone": "070-1740605", "locale": "en",
        "supplementaryStatement": "Jag har slutat."});
    let after = portal.as_(&kim).patch(&path, patch).await.expect(200);
    assert_eq!(after.at("/name"), "Kim Öberg");
    assert_eq!(after.at("/phone"), "+46701740605");
    assert_eq!(after.at("/supplementaryStatement"), "Jag har slutat.");
    assert_ne!(after.etag(), before.etag());
    let read = portal.as_(&kim).get(&path).await.expect(200);
    assert_eq!((read.json(), read.etag()), (after.json(), after.etag()));

    let removed = portal.as_(&kim).patch(&path, json!({"phone": null})).await.expect(200);
    assert_eq!((removed.at("/phone"), removed.at("/locale")), (Value::Null, json!("en")));
    let unchanged = portal.as_(&kim).patch(&path, json!({"name": "Kim Öberg"})).await.expect(200);
    assert_eq!(unchanged.etag(), removed.etag(), "a patch that changes nothing writes nothing");
}

#[tokio::test]
async fn a_patch_that_breaks_a_rule_changes_nothing() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile");
    let before = portal.as_(&kim).get(&path).await.expect(200);
    for (patch, pointer) in [
        (json!({"name": null}), "/name"),
        (json!({"name": ""}), "/name"),
        (json!({"locale": "fr"}), "/locale"),
        (json!({"phone": "112-not-a-number"}), "/phone"),
        (json!({"email": "nobody"}), "/email"),
        (json!({"fields": {"shoeSize": 43}, "name": "Annat Namn"}), "/fields"),
        (json!({"role": "administrator"}), ""),
    ] {
        let answer = portal.as_(&kim).patch(&path, patch).await.expect_problem(422, "invalid-input");
        assert_eq!(answer.at("/errors/0/pointer"), pointer);
    }
    assert_eq!(portal.as_(&kim).get(&path).await.etag(), before.etag());
}

#[tokio::test]
async fn of_two_browsers_that_name_the_version_one_is_refused() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile");
    let seen = portal.as_(&kim).get(&path).await.etag();
    let browser = || portal.as_(&kim).if_match(&seen);
    browser().patch(&path, json!({"name": "Kim Ett"})).await.expect(200);
    let refused = browser().patch(&path, json!({"name": "Kim Två"})).await;
    refused.expect_problem(412, "precondition-failed");
    assert_eq!(portal.as_(&kim).get(&path).await.at("/name"), "Kim Ett");
}

#[tokio::test]
async fn two_browsers_that_change_different_things_at_once_both_get_their_way() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile");
    let write = Matching::any().kind(CallKind::Put).name("/profile.json");
    let pause = portal.faults().pause(write, Moment::Before);
    let slow = portal.as_(&kim);
    let (slow, ()) = tokio::join!(slow.patch(&path, json!({"name": "Kim Långsam"})), async {
        pause.reached().await;
        portal.as_(&kim).patch(&path, json!({"phone": "070-1740606"})).await.expect(200);
        pause.release();
    });
    let slow = slow.expect(200);
    assert_eq!((slow.at("/name"), slow.at("/phone")), (json!("Kim Långsam"), json!("+46701740606")));
}

#[tokio::test]
async fn whoever_is_deactivated_still_reaches_their_own_profile() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let body = json!({"status": "deactivated", "reason": "Har slutat."});
    let user = tenant.path(&format!("/users/{}", kim.id));
    portal.as_(&tenant.administrator).patch(&user, body).await.expect(200);
    let path = tenant.path("/profile");
    portal.as_(&kim).get(&path).await.expect(200);
    portal.as_(&kim).patch(&path, json!({"name": "Kim Kvar"})).await.expect(200);
    portal.as_(&kim).get(&tenant.path("/profile/sign-ins")).await.expect(200);
    assert_eq!(portal.as_(&kim).get("/api/me").await.expect(200).at("/0/status"), "deactivated");
}

#[tokio::test]
async fn a_person_learns_of_their_own_tenants_and_of_no_other() {
    let portal = Portal::start().await;
    let (first, kim, _) = office(&portal).await;
    let second = portal.tenant("t2").await;
    portal.tenant("t3").await;
    let customer = portal.customer(&second, "Annan Kund AB").await;
    let there = portal.member(&second, &customer, "kim@example.se").await;
    let own = portal.as_(&kim).get("/api/me").await.expect(200).json();
    let own: Vec<_> =
        own.as_array().expect("a list").iter().map(|own| (&own["tenant"], &own["user"])).collect();
    assert_eq!(own, [(&json!(first.id), &json!(kim.id)), (&json!("t2"), &json!(there.id))]);
    let stranger = support::Person::new("nobody@example.se");
    assert_eq!(portal.as_(&stranger).get("/api/me").await.expect(200).json(), json!([]));
}

#[tokio::test]
async fn sign_ins_are_listed_newest_first_in_pages() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile/sign-ins");
    for address in ["203.0.113.10", "2001:db8::1"] {
        portal.advance_hours(1);
        portal.as_(&kim).header("client-ip", address).get(&path).await.expect(200);
    }
    let page = portal.as_(&kim).get(&format!("{path}?limit=1")).await.expect(200);
    assert_eq!(page.at("/items/0/ipAddress"), "2001:db8::1");
    assert_eq!(page.at("/items/0/goneBy"), "2026-06-15", "90 days, and what storage keeps after that");
    let next = format!("{path}?limit=1&cursor={}", page.text_at("/next"));
    assert_eq!(portal.as_(&kim).get(&next).await.expect(200).at("/items/0/ipAddress"), "203.0.113.10");
    portal.as_(&kim).get(&format!("{path}?cursor=x")).await.expect_problem(422, "invalid-input");
}

#[tokio::test]
async fn a_look_up_is_shown_with_day_and_purpose_and_without_who_it_was() {
    let portal = Portal::start().await;
    let (tenant, kim, bo) = office(&portal).await;
    let user = tenant.path(&format!("/users/{}", kim.id));
    portal.as_(&tenant.administrator).get(&user).await.expect(200);
    let answer = portal.as_(&kim).get(&tenant.path("/profile/lookups")).await.expect(200);
    assert_eq!(answer.items(), [json!({"date": "2026-03-02", "purpose": "userAdministration"})]);
    assert!(portal.as_(&bo).get(&tenant.path("/profile/lookups")).await.items().is_empty());
}

/// One transparent pixel.
fn png() -> Bytes {
    let text =
        b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    BASE64.decode(text).expect("base64").into()
}

/// A picture whose header says that it is `side` pixels wide and high, and that holds none.
fn bomb(side: u32) -> Bytes {
    let mut header = b"IHDR".to_vec();
    header.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
    header.extend([8, 6, 0, 0, 0]);
    let crc = header.iter().fold(u32::MAX, |crc, byte| {
        let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        (0..8).fold(crc ^ u32::from(*byte), step)
    });
    let start: &[u8] = &png()[..8];
    [start, &13_u32.to_be_bytes(), &header, &(!crc).to_be_bytes()].concat().into()
}

#[tokio::test]
async fn a_picture_is_put_read_replaced_and_removed_and_leaves_nothing_behind() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile/picture");
    let pictures = async || {
        let names = portal.names().await;
        names.into_iter().filter(|name| name.contains("/picture") || name.contains("/work/")).count()
    };
    portal.as_(&kim).get(&path).await.expect_problem(404, "not-found");
    let first = portal.as_(&kim).send_bytes(Method::PUT, &path, "text/html", png()).await.expect(200);
    assert_eq!(first.at("/contentType"), "image/png");
    let read = portal.as_(&kim).get(&path).await.expect(200);
    assert_eq!((read.header("content-type"), read.etag()), (Some("image/png"), first.etag()));
    assert!(read.body.starts_with(b"\x89PNG"));
    assert_eq!(portal.as_(&kim).get(&tenant.path("/profile")).await.at("/picture/href"), path);

    let second = portal.as_(&kim).if_match(&first.etag());
    let second = second.send_bytes(Method::PUT, &path, "image/png", png()).await.expect(200);
    let stale = portal.as_(&kim).if_match(&first.etag());
    stale.send_bytes(Method::PUT, &path, "image/png", png()).await.expect_problem(412, "precondition-failed");
    portal.as_(&kim).if_match(&first.etag()).delete(&path).await.expect_problem(412, "precondition-failed");
    assert_eq!(portal.as_(&kim).get(&path).await.etag(), second.etag());
    assert_eq!(pictures().await, 1);

    let removal = portal.as_(&kim).invocation("00000000-0000-4000-8000-aaaaaaaaaaaa");
    removal.delete(&path).await.expect(204);
    removal.delete(&path).await.expect(204);
    portal.as_(&kim).delete(&path).await.expect_problem(404, "not-found");
    assert_eq!(pictures().await, 0);
}

#[tokio::test]
async fn a_bad_picture_is_refused_and_leaves_nothing_behind() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile/picture");
    portal.as_(&kim).get(&tenant.path("/profile")).await.expect(200);
    let before = portal.dump().await;
    for (content, status, slug) in [
        (Bytes::new(), 422, "invalid-input"),
        (Bytes::from_static(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"), 422, "invalid-input"),
        (png().slice(..50), 422, "invalid-input"),
        (Bytes::from_static(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), 415, "unsupported-media-type"),
        (Bytes::from_static(b"<!doctype html><script>alert(1)</script>"), 415, "unsupported-media-type"),
        (bomb(30_000), 413, "too-large"),
        (Bytes::from(vec![0xff; 5 * 1024 * 1024 + 1]), 413, "too-large"),
    ] {
        let answer = portal.as_(&kim).send_bytes(Method::PUT, &path, "image/png", content).await;
        answer.expect_problem(status, slug);
    }
    assert_eq!(portal.dump().await, before);
}

#[tokio::test]
async fn a_picture_survives_or_goes_whole_whichever_step_fails() {
    let portal = Portal::start().await;
    let (tenant, kim, _) = office(&portal).await;
    let path = tenant.path("/profile/picture");
    for moment in [Moment::Before, Moment::After] {
        for step in 1..=10 {
            portal.as_(&kim).get(&tenant.path("/profile")).await.expect(200);
            portal.faults().fail_nth(step, moment);
            let answer = portal.as_(&kim).send_bytes(Method::PUT, &path, "image/png", png()).await;
            portal.faults().clear();
            assert!([200, 503].contains(&answer.status), "{step} {moment:?}: {}", answer.text());
            portal.as_(&kim).send_bytes(Method::PUT, &path, "image/png", png()).await.expect(200);
            let read = portal.as_(&kim).get(&path).await.expect(200);
            assert!(read.body.starts_with(b"\x89PNG"), "{step} {moment:?}");
        }
    }
    portal.advance_hours(1);
    support_work::run_all(&portal).await;
    let names = portal.names().await;
    assert_eq!(names.iter().filter(|name| name.contains("/picture/")).count(), 1, "{names:#?}");
    assert!(!names.iter().any(|name| name.starts_with("platform/work/")), "{names:#?}");
}

/// The waiting work, delivered as the timer would.
mod support_work {
    use super::support::Portal;
    use serde_json::{Value, json};

    pub(super) async fn run_all(portal: &Portal) {
        portal.lose_messages();
        for name in portal.names().await {
            let Some(rest) = name.strip_prefix("platform/work/") else { continue };
            let parts: Vec<_> = rest.splitn(3, '/').collect();
            let text = json!({"day": parts[0], "tenant": parts[1], "id": parts[2]}).to_string();
            let envelope = json!({"Data": {"message": Value::String(text).to_string()}, "Metadata": {}});
            let (status, answer) = portal.trigger("worker", &envelope, None).await;
            assert_eq!(status, 200, "{name}: {answer}");
        }
    }
}

#[tokio::test]
async fn before_the_first_tenant_timers_find_nothing_to_do_and_nobody_has_a_tenant() {
    let portal = Portal::start().await;
    for timer in ["activity", "retention", "waiting_work"] {
        assert!(portal.timer(timer).await.is_empty(), "{timer}");
    }
    let nobody = support::Person::new("kim@example.se");
    assert_eq!(portal.as_(&nobody).get("/api/me").await.expect(200).json(), json!([]));
    assert!(portal.operator().get("/api/tenants").await.expect(200).items().is_empty());
}
