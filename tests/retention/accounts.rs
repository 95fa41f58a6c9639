//! Accounts: deactivated ones go, idle ones are warned before, the last administrator stays.

use jiff::SignedDuration;
use serde_json::json;

use crate::{assert_nothing_changes, goes_at, member, run_at, support::Portal, time, upload, with};

#[tokio::test]
async fn a_deactivated_account_goes_after_90_days_and_its_files_stay_without_their_author() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let file = upload(&portal, &tenant, &user, &customer, "avtal.txt").await;
    let administrator = portal.as_(&tenant.administrator);
    let path = tenant.path(&format!("/users/{}", user.id));
    administrator.get(&path).await.expect(200);
    administrator.patch(&path, json!({"status": "deactivated"})).await.expect(200);
    portal.pump_all().await;
    let by = async || {
        let path = tenant.path(&format!("/files?customer={customer}"));
        let files = portal.as_(&tenant.administrator).get(&path).await.expect(200).items();
        assert_eq!(files[0]["id"], file.as_str());
        files[0]["uploadedBy"].clone()
    };
    run_at(&portal, time("2026-05-31T06:59:59Z")).await;
    assert_eq!(by().await, json!({"id": user.id, "name": user.name}));
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    run_at(&portal, time("2026-05-31T07:00:00Z")).await;
    assert_eq!(with(&portal, &user.id).await, [""; 0]);
    assert_nothing_changes(&portal).await;
    assert_eq!(by().await, json!({"id": null, "name": "Tidigare användare"}));
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(404);
    assert_eq!(portal.as_(&user).get("/api/me").await.expect(200).json(), json!([]));
    portal.as_(&tenant.administrator).get(&path).await.expect(404);
    for (name, content) in portal.dump().await {
        let content = String::from_utf8_lossy(&content).to_lowercase();
        assert!(!content.contains("kim@example.com"), "{name}");
    }
    // Whoever is invited again is somebody new.
    portal.member(&tenant, &customer, "kim@example.com").await;
}

#[tokio::test]
async fn a_reactivated_account_stays() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let path = tenant.path(&format!("/users/{}", user.id));
    let administrator = portal.as_(&tenant.administrator);
    administrator.patch(&path, json!({"status": "deactivated"})).await.expect(200);
    administrator.patch(&path, json!({"status": "active"})).await.expect(200);
    portal.pump_all().await;
    run_at(&portal, time("2026-06-30T08:00:00Z")).await;
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    assert_nothing_changes(&portal).await;
}

#[tokio::test]
async fn an_idle_account_is_warned_three_times_and_goes_after_24_months() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    let warnings = || {
        let mails = portal.mails_to(&user.email).into_iter();
        mails.filter(|mail| mail.subject.reveal().contains("tas bort")).count()
    };
    for (day, sent) in [("2028-01-02", 1), ("2028-02-01", 2), ("2028-02-24", 3)] {
        let begin = time(&format!("{day}T00:00:00+01:00"));
        run_at(&portal, begin - SignedDuration::from_secs(1)).await;
        assert_eq!(warnings(), sent - 1, "{day}");
        run_at(&portal, begin).await;
        assert_eq!(warnings(), sent, "{day}");
        assert_nothing_changes(&portal).await;
        assert_eq!(warnings(), sent, "{day}");
    }
    goes_at(&portal, &user.id, "2028-03-02T00:00:00+01:00").await;
}

#[tokio::test]
async fn whoever_comes_back_after_a_warning_keeps_the_account() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    run_at(&portal, time("2028-02-24T08:00:00Z")).await;
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
    run_at(&portal, time("2028-12-02T08:00:00Z")).await;
    portal.as_(&user).get(&tenant.path("/profile")).await.expect(200);
}

#[tokio::test]
async fn an_account_that_no_run_has_warned_is_warned_before_it_goes() {
    let portal = Portal::start().await;
    let (_, _, user) = member(&portal).await;
    run_at(&portal, time("2029-06-01T08:00:00Z")).await;
    assert_ne!(with(&portal, &user.id).await, [""; 0]);
    goes_at(&portal, &user.id, "2029-06-08T00:00:00+02:00").await;
}

#[tokio::test]
async fn the_last_active_administrator_stays() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("acme").await;
    let other = portal.join(&tenant, "andra@example.com", "administrator", None).await;
    for day in ["2028-03-01", "2028-03-09", "2028-03-20", "2029-01-01"] {
        run_at(&portal, time(&format!("{day}T08:00:00Z"))).await;
    }
    let mut left = Vec::new();
    for user in [&tenant.administrator, &other] {
        if !with(&portal, &format!("subjects/{}/profile.json", user.id)).await.is_empty() {
            left.push(user);
        }
    }
    assert_eq!(left.len(), 1);
    portal.as_(left[0]).get(&tenant.path("/users")).await.expect(200);
    assert_nothing_changes(&portal).await;
}
