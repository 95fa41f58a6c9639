//! What comes of an access request when others are at it too, and when its person goes.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod support;

use bytes::Bytes;
use kundportal_store::{BlobPath, BlobStoreExt as _, CallKind, Condition, Container, Matching, Moment};
use serde_json::json;
use support::{
    Portal, Storage, Tenant, User, give_file,
    package::{ask, entries_for, package, page, parsed, unpack},
};

async fn member(portal: &Portal) -> (Tenant, String, User) {
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    (tenant, customer, user)
}

/// A blob of the tenant's.
fn at(name: &str) -> BlobPath {
    BlobPath::new(Container::new("tenant-acme"), name)
}

async fn with(portal: &Portal, part: &str) -> Vec<String> {
    portal.names().await.into_iter().filter(|name| name.contains(part)).collect()
}

/// Removes all that is somebody's own, as the end of an account does.
async fn remove(portal: &Portal, user: &User) {
    for name in with(portal, &format!("subjects/{}/", user.id)).await {
        let name = name.strip_prefix("tenant-acme/").expect("the tenant's");
        portal.blobs().delete(&at(name), None).await.expect("deleted");
    }
}

#[tokio::test]
async fn of_two_requests_in_the_same_moment_one_is_taken_in() {
    for storage in Storage::ALL {
        let portal = Portal::start_on(storage).await;
        let other = portal.another_process().await;
        let (tenant, _, user) = member(&portal).await;
        let path = tenant.path("/requests");
        let body = json!({"kind": "access"});
        let for_them = json!({"kind": "access", "subject": user.id, "channel": "phone"});
        for _ in 0..5 {
            let (first, second) = (portal.as_(&user), other.as_(&user));
            let administrator = other.as_(&tenant.administrator);
            let (one, two, three) = tokio::join!(
                first.post(&path, body.clone()),
                second.post(&path, body.clone()),
                administrator.post(&path, for_them.clone()),
            );
            let mut statuses = [one.status, two.status, three.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409, 409], "{storage:?}");
            assert_eq!(with(&portal, "/open-request/").await.len(), 1);
            portal.pump_all().await;
            assert_eq!(with(&portal, "/open-request/").await, [""; 0], "the person may ask anew");
        }
        assert_eq!(portal.as_(&user).get(&path).await.expect(200).items().len(), 5);
        assert_eq!(with(&portal, "/export-").await, [""; 0]);
    }
}

#[tokio::test]
async fn a_request_that_stops_between_its_claim_and_its_case_keeps_nobody_out() {
    let portal = Portal::start().await;
    let other = portal.another_process().await;
    let (tenant, _, user) = member(&portal).await;
    let path = tenant.path("/requests");
    let body = json!({"kind": "access"});

    // The second comes exactly when the first has claimed and has no case yet.
    let pause = portal.faults().pause(Matching::any().kind(CallKind::Put).name("/case.json"), Moment::Before);
    let second = async {
        pause.reached().await;
        let answer = other.as_(&user).post(&path, body.clone()).await;
        pause.release();
        answer
    };
    let caller = portal.as_(&user);
    let (first, second) = tokio::join!(caller.post(&path, body.clone()), second);
    first.expect(201);
    second.expect_problem(409, "conflict");
    portal.pump_all().await;

    // One that fails there gives its claim up.
    portal.faults().fail(Matching::any().kind(CallKind::Put).name("/case.json"), Moment::Before);
    caller.post(&path, body.clone()).await.expect_problem(503, "unavailable");
    assert_eq!(with(&portal, "/open-request/").await, [""; 0]);
    caller.post(&path, body.clone()).await.expect(201);
    portal.pump_all().await;

    // One that was killed there is void after a while.
    portal.faults().fail(Matching::any().kind(CallKind::Put).name("/case.json"), Moment::Before);
    portal.faults().fail(Matching::any().kind(CallKind::Delete).name("/open-request/"), Moment::Before);
    assert!(caller.post(&path, body.clone()).await.status >= 500);
    caller.post(&path, body.clone()).await.expect_problem(409, "conflict");
    portal.advance_hours(1);
    portal.as_(&user).post(&path, body).await.expect(201);
    for delivery in portal.timer("waiting_work").await {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
    assert_eq!(portal.as_(&user).get(&path).await.expect(200).items().len(), 3);
    assert_eq!(with(&portal, "/export-").await, [""; 0]);
    assert_eq!(with(&portal, "/open-request/").await, [""; 0]);
    assert_eq!(with(&portal, "/refs/request/").await.len(), 3, "what stopped left nothing");
}

#[tokio::test]
async fn a_withdrawn_request_lets_the_person_ask_anew() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    portal.as_(&user).post_empty(&tenant.path(&format!("/requests/{request}/withdrawal"))).await.expect(200);
    assert_eq!(with(&portal, "/open-request/").await, [""; 0]);
    ask(&portal, &tenant, &user).await;
}

#[tokio::test]
async fn a_request_ends_with_the_account_of_its_person_whenever_that_goes() {
    for part in ["case.json", "package-plan", "package.zip"] {
        let portal = Portal::start().await;
        let (tenant, _, user) = member(&portal).await;
        let request = ask(&portal, &tenant, &user).await;
        let kind = if part == "case.json" { CallKind::Get } else { CallKind::Put };
        let pause = portal.faults().pause(Matching::any().kind(kind).name(part), Moment::After);
        let goes = async {
            pause.reached().await;
            remove(&portal, &user).await;
            pause.release();
        };
        tokio::join!(portal.pump_all(), goes);
        let path = tenant.path(&format!("/requests/{request}"));
        let case = portal.as_(&tenant.administrator).get(&path).await.expect(200);
        assert_eq!(case.text_at("/state"), "withdrawn", "{part}");
        assert_eq!(
            case.at("/events").as_array().expect("events").last().expect("one")["kind"],
            "subjectGone"
        );
        assert!(case.at("/package").is_null() && !case.at("/closedAt").is_null(), "{part}");
        let stored = with(&portal, &format!("requests/{request}/package")).await;
        assert_eq!(stored, [""; 0], "{part}");
        assert_eq!(with(&portal, "/export-").await, [""; 0], "{part}");
        assert_eq!(
            with(&portal, "/due/").await.iter().filter(|n| n.contains(&format!("case/{request}"))).count(),
            1
        );
        let left: Vec<_> = with(&portal, &format!("subjects/{}/", user.id)).await;
        // That the case itself was looked at is noted for whoever is there.
        assert!(left.iter().all(|name| name.contains("/activity/")), "{part}: {left:?}");
    }
}

#[tokio::test]
async fn a_request_waits_while_it_is_open_whether_the_account_of_its_person_goes() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    let path = at(&format!("subjects/{}/profile.json", user.id));
    let (profile, _) = portal.blobs().get_bytes(&path, u64::MAX).await.expect("a profile");
    let mut leaving: serde_json::Value = serde_json::from_slice(&profile).expect("JSON");
    leaving["leavingSince"] = portal.now().to_string().into();
    let put = async |content: Bytes| {
        portal.blobs().put_bytes(&path, content, Condition::Always).await.expect("stored");
    };
    // As retention marks it, and takes the mark back.
    put(leaving.to_string().into()).await;
    portal.pump_all().await;
    assert_eq!(with(&portal, &format!("requests/{request}/package")).await, [""; 0]);
    assert_eq!(with(&portal, "/export-").await.len(), 1, "the work waits");
    put(profile).await;
    portal.advance_hours(1);
    for delivery in portal.timer("waiting_work").await {
        assert!(delivery.succeeded(), "{delivery:?}");
    }
    package(&portal, &tenant, &user, &request).await.expect(200);
}

#[tokio::test]
async fn the_same_plan_gives_the_same_package_but_for_its_signature() {
    let portal = Portal::start().await;
    let other = portal.another_process().await;
    let (tenant, customer, user) = member(&portal).await;
    give_file(&portal, &tenant, &customer, &user, 0, "borta.txt", b"borta".to_vec()).await;
    give_file(&portal, &tenant, &customer, &user, 1, "kvar.txt", b"kvar".to_vec()).await;
    let request = ask(&portal, &tenant, &user).await;
    let (messages, _) = portal.take_messages();
    let again = |portal: &Portal| messages.iter().map(|m| (portal.now(), m.clone())).collect::<Vec<_>>();
    portal.put_back(again(&portal));
    let put = |part: &str| Matching::any().kind(CallKind::Put).name(part);
    let frozen = portal.faults().pause(put("package-plan"), Moment::After);
    let noted = portal.faults().pause(put("case.json"), Moment::Before);
    let name = format!("requests/{request}/package.zip");
    let meanwhile = async {
        frozen.reached().await;
        let gone = with(&portal, "/content").await.into_iter().next().expect("a file");
        let gone = at(gone.strip_prefix("tenant-acme/").expect("the tenant's"));
        portal.blobs().delete(&gone, None).await.expect("deleted");
        portal.advance_hours(1);
        frozen.release();
        noted.reached().await;
        let (first, _) = portal.blobs().get_bytes(&at(&name), u64::MAX).await.expect("a package");
        portal.blobs().delete(&at(&name), None).await.expect("deleted");
        portal.advance_hours(5);
        other.put_back(again(&other));
        other.pump_all().await;
        noted.release();
        first
    };
    let ((), first) = tokio::join!(portal.pump_all(), meanwhile);
    let second = package(&portal, &tenant, &user, &request).await.expect(200).body;
    let entries = unpack(&first, &request);
    let missing = parsed(&entries, "data/not-included.json");
    assert_eq!(missing.as_array().map(Vec::len), Some(1), "{missing}");
    let (mut one, mut other) = (entries, unpack(&second, &request));
    let signature = one.remove("signature.jws");
    assert!(signature != other.remove("signature.jws"), "each is a signature of its own");
    assert!(one == other, "written five hours apart");
}

#[tokio::test]
async fn what_no_package_knows_is_named_and_mails_that_wait_are_in() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    portal.as_(&user).patch(&tenant.path("/profile"), json!({"email": "ny@example.se"})).await.expect(200);
    // Not sent yet.
    let held = portal.lose_messages();
    assert!(!held.is_empty());
    let mail = json!({"template": "profile-corrected", "values": [["reason", "fel"]], "since": "2026-03-02T08:00:00Z"});
    let to_another =
        json!({"to": "ny@example.se", "template": "email-change-confirm", "since": "2026-03-02T08:00:00Z"});
    let own = format!("subjects/{}", user.id);
    for (name, content) in [
        (format!("{own}/outbox/profile-corrected-1.json"), mail.to_string()),
        (format!("{own}/outbox/email-change-1.json"), to_another.to_string()),
        (format!("{own}/notes/1"), "något".to_owned()),
        (format!("{own}/refs/meeting/mtg_1"), String::new()),
        (format!("{own}/refs/file/no-id"), String::new()),
    ] {
        portal.blobs().put_bytes(&at(&name), Bytes::from(content), Condition::Always).await.expect("stored");
    }
    let plan = async |request: &str| {
        let path = tenant.path(&format!("/requests/{request}/plan"));
        portal.as_(&user).get(&path).await.expect(200).items()
    };
    let request = ask(&portal, &tenant, &user).await;
    let unknown: Vec<_> =
        plan(&request).await.into_iter().filter(|item| item["category"].is_null()).collect();
    assert_eq!(unknown.len(), 3, "{unknown:?}");
    assert!(unknown.iter().all(|item| item["action"] == "leaveOut" && item["reason"].is_string()));
    portal.pump_all().await;

    let answer = package(&portal, &tenant, &user, &request).await.expect(200);
    let entries = support::package::entries(&answer, &request);
    let mails = parsed(&entries, "data/mails.json");
    let mails = mails.as_array().expect("a list");
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert!(mails.iter().any(|mail| mail["to"] == "ny@example.se" && mail["kind"] == "email-change-confirm"));
    assert!(mails.iter().any(|mail| mail["to"] == user.email.as_str()
        && mail["subject"] == "Dina uppgifter hos Leverantör acme AB har rättats"));
    let missing = parsed(&entries, "data/not-included.json");
    for name in ["notes/1", "refs/meeting/mtg_1", "refs/file/no-id"] {
        let named =
            missing.as_array().expect("a list").iter().any(|item| {
                item["item"] == name && item["reason"] == "unknown" && item["category"].is_null()
            });
        assert!(named, "{name}: {missing}");
    }
    let page = page(&entries);
    assert!(page.contains("notes/1") && page.contains("inte känner till"), "{page}");
    for (name, schema) in [("mails", "mails"), ("not-included", "not-included")] {
        let schema = parsed(&entries, &format!("data/schemas/{schema}.schema.json"));
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        assert!(validator.is_valid(&parsed(&entries, &format!("data/{name}.json"))), "{name}");
    }
}

#[tokio::test]
async fn a_list_read_is_noted_for_24_months_and_not_for_whoever_is_gone() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let gone = portal.member(&tenant, &customer, "robin@example.com").await;
    let path = tenant.path(&format!("/users?customer={customer}"));
    portal.as_(&tenant.administrator).get(&path).await.expect(200);
    remove(&portal, &gone).await;
    portal.timer("activity").await;
    assert_eq!(with(&portal, &format!("subjects/{}/", gone.id)).await, [""; 0]);
    assert_eq!(with(&portal, &format!("/activity/{}/", gone.id)).await, [""; 0], "nothing falls due");
    assert_eq!(with(&portal, &format!("subjects/{}/activity/", user.id)).await.len(), 1);
    assert_eq!(with(&portal, &format!("due/2028-03-02/activity/{}/", user.id)).await.len(), 1);
    assert_eq!(with(&portal, "/reads/").await, [""; 0]);

    // Whoever goes while it is being noted keeps nothing of it either.
    portal.as_(&tenant.administrator).get(&path).await.expect(200);
    let pause = portal.faults().pause(Matching::any().kind(CallKind::Put).name("/activity/"), Moment::After);
    let goes = async {
        pause.reached().await;
        remove(&portal, &user).await;
        pause.release();
    };
    let _ = tokio::join!(portal.timer("activity"), goes);
    assert_eq!(with(&portal, &format!("subjects/{}/", user.id)).await, [""; 0]);
    assert_eq!(
        with(&portal, &format!("due/2028-03-02/activity/{}/", user.id)).await.len(),
        1,
        "the earlier one"
    );
}

#[tokio::test]
async fn a_package_of_somebody_without_anything_says_so() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let entries = entries_for(&portal, &tenant, &user).await;
    let page = page(&entries);
    for text in
        ["Inga mejl är på väg till dig.", "Du har inte laddat upp några filer.", "Ingen har slagit upp dig."]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
}
