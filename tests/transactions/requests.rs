//! What people do.

use serde_json::json;

use crate::{
    office::{Office, STORED},
    support::{Caller, figure, give_file},
};

/// Names of the calls as they are told apart: ids, hashes and days give way to their kind.
fn kinds(names: &[String]) -> Vec<&str> {
    const KINDS: [(&str, &str); 16] = [
        ("audit-", "audit"),
        ("platform/work/", "work"),
        ("platform/due/", "day"),
        ("/index/identity/", "identity"),
        ("/index/customer/", "entry"),
        ("/profile.json", "profile"),
        ("staging/", "staged"),
        ("/uploads/", "upload"),
        ("/keys/", "key"),
        ("/refs/", "ref"),
        ("/due/", "due"),
        ("/content", "content"),
        ("/meta.json", "meta"),
        ("/package.zip", "package"),
        ("/case.json", "case"),
        ("/outbox/", "mail"),
    ];
    let kind = |name: &String| KINDS.iter().find(|(part, _)| name.contains(part)).map(|(_, kind)| *kind);
    names.iter().map(|name| kind(name).unwrap_or("other")).collect()
}

#[tokio::test]
async fn reading_ones_profile_costs_one_read_and_correcting_it_one_read_and_two_writes() {
    for stored in STORED {
        let office = Office::open(1).await;
        office.store(stored).await;
        let (portal, path) = (&office.portal, office.profile());
        let caller = portal.as_(&office.members[0]);
        caller.get(&path).await.expect(200);
        drop(portal.counts().take());
        caller.get(&path).await.expect(200);
        let reading = portal.counts().take();
        assert_eq!((kinds(&reading.reads).as_slice(), reading.total()), (&["profile"][..], 1));
        caller.patch(&path, json!({"name": "Kim Ek"})).await.expect(200);
        let correcting = portal.counts().take();
        assert_eq!(kinds(&correcting.reads), ["profile"]);
        assert_eq!(kinds(&correcting.writes), ["audit", "profile"]);
        assert_eq!(correcting.total(), 3);
    }
    figure("transactions-profile", "GET T/profile: 1 read; PATCH T/profile: 1 read and 2 writes");
}

#[tokio::test]
async fn an_upload_costs_its_content_and_six_small_writes_and_two_more_with_a_key() {
    for stored in STORED {
        let office = Office::open(1).await;
        office.store(stored).await;
        let portal = &office.portal;
        let upload = async |caller: &Caller<'_>| {
            drop(portal.counts().take());
            office.upload_as(caller, "avtal.txt").await;
            portal.counts().take()
        };
        let caller = portal.as_(&office.members[0]);
        // The first one of a day notes its days for the tenant.
        upload(&caller).await;
        upload(&caller.clone().key("ett")).await;
        let plain = upload(&caller).await;
        let small = ["audit", "work", "content", "ref", "due", "meta", "entry"];
        assert_eq!(kinds(&plain.writes), small);
        assert_eq!(kinds(&plain.deletes), ["work"]);
        assert_eq!(kinds(&plain.reads), ["profile", "profile"], "the second for whoever left meanwhile");
        assert_eq!(plain.total(), 10);
        let keyed = upload(&caller.clone().key("tva")).await;
        assert_eq!(kinds(&keyed.writes), [&["due", "key"][..], &small].concat(), "its due marker and itself");
        assert_eq!((keyed.deletes.len(), keyed.reads.len(), keyed.total()), (1, 2, 12));
    }
    figure(
        "transactions-upload",
        "upload of a file: 1 content and 6 small writes, 2 more with a key, 1 delete",
    );
}

#[tokio::test]
async fn a_direct_upload_costs_its_content_and_a_fixed_number() {
    for stored in STORED {
        let office = Office::open(1).await;
        office.store(stored).await;
        let (portal, tenant, member) = (&office.portal, &office.tenant, &office.members[0]);
        let begin = async || {
            let body =
                json!({"name": "a.txt", "contentType": "text/plain", "size": 2, "customer": office.customer});
            let begun = portal.as_(member).post(&tenant.path("/files/uploads"), body).await.expect(201);
            begun.text_at("/id")
        };
        // The first one of a day notes its days for the tenant.
        let first = begin().await;
        portal.send_straight(tenant, &first, "ab").await;
        let complete = async |id: &str| {
            let path = tenant.path(&format!("/files/uploads/{id}/complete"));
            portal.as_(member).post_empty(&path).await.expect(202);
        };
        complete(&first).await;
        portal.pump_all().await;
        drop(portal.counts().take());

        let id = begin().await;
        let begun = portal.counts().take();
        assert_eq!(kinds(&begun.writes), ["audit", "due", "upload"]);
        assert_eq!(kinds(&begun.reads), ["profile", "profile"]);
        assert_eq!((begun.lists.len(), begun.total()), (2, 7));
        portal.send_straight(tenant, &id, "ab").await;
        complete(&id).await;
        let completed = portal.counts().take();
        assert_eq!(kinds(&completed.writes), ["audit", "work", "upload"]);
        assert_eq!(kinds(&completed.reads), ["profile", "upload", "staged"]);
        assert_eq!((completed.messages.len(), completed.total()), (1, 7));
        portal.pump_all().await;
        let checked = portal.counts().take();
        assert_eq!(kinds(&checked.writes), ["upload", "content", "ref", "due", "meta", "entry"]);
        let reads = ["work", "upload", "meta", "profile", "content", "staged", "profile", "meta"];
        assert_eq!(kinds(&checked.reads), reads);
        assert_eq!(kinds(&checked.deletes), ["staged", "upload", "work"]);
        assert_eq!(checked.total(), 17);
    }
    figure(
        "transactions-direct-upload",
        "direct upload of a file: 7 to announce it, 7 to complete it, 17 to check it, its content among them",
    );
}

/// With the delivery of the mail that says it is ready. A file is two blobs; the rest is profile, last use, sign-in, invitation,
/// request and the claim on it.
#[tokio::test]
async fn a_package_costs_its_blobs_and_a_fixed_number() {
    for stored in STORED {
        let office = Office::open(2).await;
        office.store(stored).await;
        let portal = &office.portal;
        for files in [0, 10] {
            let [first, member] = [&office.members[0], &office.members[1]];
            let member = if files == 0 { first } else { member };
            for number in 0..files {
                let name = format!("fil {number}.txt");
                let content = name.clone().into_bytes();
                give_file(portal, &office.tenant, &office.customer, member, number, &name, content).await;
            }
            portal.as_(member).get(&office.profile()).await.expect(200);
            portal
                .as_(member)
                .post(&office.tenant.path("/requests"), json!({"kind": "access"}))
                .await
                .expect(201);
            drop(portal.counts().take());
            portal.pump_all().await;
            let tally = portal.counts().take();
            let blobs = 2 * files + 6;
            assert_eq!(tally.total(), blobs + 1 + 18, "{tally:#?}");
            assert!(tally.total() <= blobs + 1 + 20, "more than a read for each blob, a listing and 20");
        }
    }
    let line = "access package of a person with n blobs: n reads, ⌈n/5000⌉ listings and 18 more (20 for the first one of a tenant on a day)";
    figure("transactions-package", line);
}
