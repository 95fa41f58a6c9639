//! People: who sees whom, who changes whom, and what of it stays when two want opposite things at once.

mod support;

use serde_json::{Value, json};
use support::{Portal, Tenant, User};

/// Two customers; an administrator each has, a member of both, and a member of the second alone.
struct Company {
    portal: Portal,
    tenant: Tenant,
    north: String,
    south: String,
    /// Customer administrator of the first, member of the second.
    nora: User,
    /// Member of both.
    both: User,
    /// Member of the second.
    sven: User,
}

impl Company {
    async fn start() -> Self {
        let portal = Portal::start().await;
        let tenant = portal.tenant("acme").await;
        let north = portal.customer(&tenant, "Norr AB").await;
        let south = portal.customer(&tenant, "Syd AB").await;
        let nora = portal.join(&tenant, "nora@example.com", "customerAdministrator", Some(&north)).await;
        portal.member(&tenant, &south, "nora@example.com").await;
        let both = portal.member(&tenant, &north, "bo@example.com").await;
        portal.member(&tenant, &south, "bo@example.com").await;
        let sven = portal.member(&tenant, &south, "sven@example.com").await;
        Self { portal, tenant, north, south, nora, both, sven }
    }

    fn path(&self, user: &User) -> String {
        self.tenant.path(&format!("/users/{}", user.id))
    }

    fn member(&self, customer: &str, user: &User) -> String {
        self.tenant.path(&format!("/customers/{customer}/users/{}", user.id))
    }

    fn admin(&self) -> &User {
        &self.tenant.administrator
    }

    async fn users(&self, reader: &User, query: &str) -> Vec<Value> {
        let path = self.tenant.path(&format!("/users{query}"));
        self.portal.as_(reader).get(&path).await.expect(200).items()
    }

    fn subjects_of_mails(&self, user: &User) -> Vec<String> {
        let mails = self.portal.mails_to(&user.email);
        mails.iter().map(|mail| mail.subject.reveal().clone()).collect()
    }
}

/// The ids of people in the order of lists.
fn in_order<'a>(users: &[&'a User]) -> Vec<&'a str> {
    let mut ids: Vec<_> = users.iter().map(|user| user.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["id"].as_str()).collect()
}

#[tokio::test]
async fn an_administrator_sees_everybody_page_by_page() {
    let company = Company::start().await;
    let all = company.users(company.admin(), "").await;
    let everybody = [company.admin(), &company.nora, &company.both, &company.sven];
    assert_eq!(ids(&all), in_order(&everybody));
    let sven = all.iter().find(|person| person["id"] == company.sven.id).expect("Sven");
    assert_eq!(sven["customers"][0]["name"], "Syd AB");
    assert_eq!(sven["lastUsedOn"], Value::Null, "who only accepted has used nothing yet");
    company.portal.as_(&company.both).get(&company.tenant.path("/profile")).await.expect(200);
    let one = company.portal.as_(company.admin()).get(&company.path(&company.both)).await.expect(200);
    assert_eq!(one.at("/lastUsedOn"), "2026-03-02");

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = company.tenant.path(&format!("/users?limit=1{cursor}"));
        let page = company.portal.as_(company.admin()).get(&path).await.expect(200);
        seen.extend(page.items());
        match page.at("/next") {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn a_customer_administrator_sees_own_people_and_of_them_only_the_own_customer() {
    let company = Company::start().await;
    let seen = company.users(&company.nora, "").await;
    assert_eq!(ids(&seen), in_order(&[&company.nora, &company.both]));
    for person in &seen {
        assert_eq!(ids(person["customers"].as_array().expect("customers")), [&company.north]);
        assert_eq!(person.get("lastUsedOn"), None, "the last use is the administrators' to know");
    }
    let nora = company.portal.as_(&company.nora);
    nora.get(&company.path(&company.both)).await.expect(200);
    nora.get(&company.path(&company.sven)).await.expect_problem(404, "not-found");
    nora.get(&company.path(company.admin())).await.expect_problem(404, "not-found");
    let of_south = company.tenant.path(&format!("/users?customer={}", company.south));
    nora.get(&of_south).await.expect_problem(404, "not-found");
    company
        .portal
        .as_(&company.both)
        .get(&company.tenant.path("/users"))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn who_belongs_to_several_of_ones_customers_is_listed_once() {
    let company = Company::start().await;
    let path = company.member(&company.south, &company.nora);
    let admin = company.portal.as_(company.admin());
    admin.put(&path, json!({"role": "customerAdministrator"})).await.expect(200);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = company.tenant.path(&format!("/users?limit=1{cursor}"));
        let page = company.portal.as_(&company.nora).get(&path).await.expect(200);
        seen.extend(page.items());
        match page.at("/next") {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    let mut seen = ids(&seen);
    seen.sort_unstable();
    assert_eq!(seen, in_order(&[&company.nora, &company.both, &company.sven]));
    let south = company.users(&company.nora, &format!("?customer={}", company.south)).await;
    assert_eq!(south.len(), 3);
}

#[tokio::test]
async fn a_search_finds_the_exact_address_and_only_ones_own() {
    let company = Company::start().await;
    let path = company.tenant.path("/users/search");
    let search = async |reader: &User, email: &str| {
        let answer = company.portal.as_(reader).post(&path, json!({"email": email})).await.expect(200);
        answer.items().len()
    };
    assert_eq!(search(company.admin(), "SVEN@example.com").await, 1);
    assert_eq!(search(company.admin(), "sven@example.se").await, 0);
    assert_eq!(search(&company.nora, "sven@example.com").await, 0);
    assert_eq!(search(&company.nora, "bo@example.com").await, 1);
}

#[tokio::test]
async fn a_look_up_is_in_the_audit_log_and_in_the_persons_own_activity() {
    let company = Company::start().await;
    let activity = format!("tenant-acme/subjects/{}/activity/", company.sven.id);
    let looked_up = async || company.portal.names().await.iter().filter(|n| n.starts_with(&activity)).count();
    let before = looked_up().await;
    company.portal.as_(company.admin()).get(&company.path(&company.sven)).await.expect(200);
    assert_eq!(looked_up().await, before + 1);
}

#[tokio::test]
async fn the_last_administrator_can_be_neither_demoted_nor_deactivated() {
    let company = Company::start().await;
    let path = company.path(company.admin());
    let admin = company.portal.as_(company.admin());
    admin.patch(&path, json!({"role": "member"})).await.expect_problem(409, "last-administrator");
    admin.patch(&path, json!({"status": "deactivated"})).await.expect_problem(409, "last-administrator");
    company.portal.pump_all().await;
    assert_eq!(company.subjects_of_mails(company.admin()).len(), 1, "nothing happened, so nothing is told");

    admin.patch(&company.path(&company.sven), json!({"role": "administrator"})).await.expect(200);
    admin.patch(&path, json!({"role": "member"})).await.expect(200);
    let sven = company.portal.as_(&company.sven);
    sven.patch(&company.path(&company.sven), json!({"role": "dataProtectionOfficer"}))
        .await
        .expect_problem(409, "last-administrator");
    admin.get(&company.tenant.path("/users")).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn of_two_administrators_who_demote_each_other_one_wins() {
    for third in [false, true] {
        let company = Company::start().await;
        let admin = company.portal.as_(company.admin());
        admin.patch(&company.path(&company.sven), json!({"role": "administrator"})).await.expect(200);
        if third {
            admin.patch(&company.path(&company.both), json!({"role": "administrator"})).await.expect(200);
        }
        let other_process = company.portal.another_process().await;
        let sven = other_process.as_(&company.sven);
        let (of_sven, of_admin) = (company.path(&company.sven), company.path(company.admin()));
        let demotion = || json!({"role": "member"});
        let (first, second) =
            tokio::join!(admin.patch(&of_sven, demotion()), sven.patch(&of_admin, demotion()),);
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "{} {}", first.text(), second.text());
        assert!([403, 409, 412].contains(&statuses[1]), "{} {}", first.text(), second.text());
    }
}

#[tokio::test]
async fn a_change_for_another_version_is_refused_and_changes_nothing() {
    let company = Company::start().await;
    let admin = company.portal.as_(company.admin());
    let path = company.path(&company.sven);
    let seen = admin.get(&path).await.expect(200).etag();
    let changed = admin.clone().if_match(&seen);
    let answer = changed.patch(&path, json!({"role": "administrator"})).await.expect(200);
    assert_ne!(answer.etag(), seen);
    changed.patch(&path, json!({"role": "member"})).await.expect_problem(412, "precondition-failed");
    let member = company.member(&company.south, &company.sven);
    changed.put(&member, json!({"role": "member"})).await.expect_problem(412, "precondition-failed");
    changed.delete(&member).await.expect_problem(412, "precondition-failed");
    let now = admin.get(&path).await.expect(200);
    assert_eq!((now.at("/role"), now.etag()), (json!("administrator"), answer.etag()));
}

#[tokio::test]
async fn a_correction_needs_a_reason_and_the_person_is_told_it() {
    let company = Company::start().await;
    let admin = company.portal.as_(company.admin());
    let path = company.path(&company.sven);
    let correction = json!({"name": "Sven Svensson", "phone": "070-1740605"});
    let refused = admin.patch(&path, json!({"profile": correction})).await;
    assert_eq!(refused.expect_problem(422, "invalid-input").at("/errors/0/pointer"), "/reason");
    let field = json!({"profile": {"fields": {"shoe": 43}}, "reason": "Felstavat."});
    admin.patch(&path, field).await.expect_problem(422, "invalid-input");
    let email = json!({"profile": {"email": "annan@example.com"}, "reason": "Felstavat."});
    admin.patch(&path, email).await.expect_problem(422, "invalid-input");

    let body = json!({"profile": correction, "reason": "Felstavat."});
    let answer = admin.patch(&path, body.clone()).await.expect(200);
    assert_eq!(answer.at("/phone"), "+46701740605");
    assert_eq!(answer.at("/name"), "Sven Svensson");
    company.portal.pump_all().await;
    let told = company.portal.mails_to("sven@example.com");
    assert!(told.last().is_some_and(|mail| mail.text.reveal().contains("Felstavat.")));
    assert_eq!(admin.patch(&path, body).await.expect(200).etag(), answer.etag(), "again changes nothing");
    company.portal.pump_all().await;
    assert_eq!(company.portal.mails_to("sven@example.com").len(), told.len());
}

#[tokio::test]
async fn who_is_deactivated_reaches_only_the_own_profile_until_reactivated() {
    let company = Company::start().await;
    let admin = company.portal.as_(company.admin());
    let path = company.path(&company.nora);
    let answer = admin.patch(&path, json!({"status": "deactivated"})).await.expect(200);
    assert_eq!(answer.at("/deactivatedAt"), "2026-03-02T08:00:00Z");
    let nora = company.portal.as_(&company.nora);
    nora.get(&company.tenant.path("/profile")).await.expect(200);
    nora.get(&company.tenant.path("/users")).await.expect_problem(403, "user-deactivated");
    let due = format!("tenant-acme/due/2026-05-31/deactivated/{}", company.nora.id);
    assert!(company.portal.names().await.contains(&due));
    admin.patch(&path, json!({"status": "active"})).await.expect(200);
    nora.get(&company.tenant.path("/users")).await.expect(200);
    company.portal.pump_all().await;
    assert_eq!(company.subjects_of_mails(&company.nora).len(), 4, "two invitations and the two changes");
}

#[tokio::test]
async fn a_membership_ends_alone_and_once() {
    let company = Company::start().await;
    let nora = company.portal.as_(&company.nora);
    let path = company.member(&company.north, &company.both);
    nora.delete(&company.member(&company.south, &company.both)).await.expect_problem(404, "not-found");
    let twice = nora.clone().invocation("5e0b6d6c-0000-4000-8000-000000000001");
    twice.delete(&path).await.expect(204);
    twice.delete(&path).await.expect(204);
    nora.delete(&path).await.expect_problem(404, "not-found");
    nora.put(&path, json!({"role": "member"})).await.expect_problem(404, "not-found");
    nora.get(&company.path(&company.both)).await.expect_problem(404, "not-found");
    let left = company.portal.as_(company.admin()).get(&company.path(&company.both)).await.expect(200);
    assert_eq!(ids(left.at("/customers").as_array().expect("customers")), [&company.south]);
    let entry = format!("tenant-acme/index/customer/{}/users/{}", company.north, company.both.id);
    assert!(!company.portal.names().await.contains(&entry));
    let markers = company.portal.names().await.into_iter().filter(|name| name.contains("/work/"));
    assert!(!markers.into_iter().any(|name| name.contains("membership-end")));
}

#[tokio::test]
async fn a_customer_administrator_has_no_say_over_the_tenants_own_people() {
    let company = Company::start().await;
    let admin = company.portal.as_(company.admin());
    admin.patch(&company.path(&company.both), json!({"role": "dataProtectionOfficer"})).await.expect(200);
    let nora = company.portal.as_(&company.nora);
    let path = company.member(&company.north, &company.both);
    nora.put(&path, json!({"role": "customerAdministrator"})).await.expect_problem(403, "forbidden");
    nora.delete(&path).await.expect_problem(403, "forbidden");
    nora.patch(&company.path(&company.both), json!({"role": "member"}))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn what_was_taken_from_somebody_does_not_come_back_with_an_old_invitation() {
    let company = Company::start().await;
    let token = company.portal.invite_token("sven@example.com");
    let path = company.member(&company.south, &company.sven);
    company.portal.as_(company.admin()).delete(&path).await.expect(204);
    company.portal.as_(&company.sven).post("/api/invites/accept", json!({"token": token})).await.expect(200);
    let sven = company.portal.as_(company.admin()).get(&company.path(&company.sven)).await.expect(200);
    assert_eq!(sven.at("/customers"), json!([]));
}

#[tokio::test]
async fn a_picture_is_for_colleagues_and_administrators() {
    let company = Company::start().await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).expect("a picture");
    let path = company.tenant.path("/profile/picture");
    let nora = company.portal.as_(&company.nora);
    nora.send_bytes(reqwest::Method::PUT, &path, "image/png", png.into_inner()).await.expect(200);
    let west = company.portal.customer(&company.tenant, "Väst AB").await;
    let stranger = company.portal.member(&company.tenant, &west, "vera@example.com").await;
    let path = format!("{}/picture", company.path(&company.nora));
    for viewer in [&company.nora, &company.both, &company.sven, company.admin()] {
        let answer = company.portal.as_(viewer).get(&path).await.expect(200);
        assert!(answer.header("content-type").is_some_and(|media_type| media_type.starts_with("image/")));
    }
    company.portal.as_(&stranger).get(&path).await.expect_problem(404, "not-found");
    let none = format!("{}/picture", company.path(&company.sven));
    company.portal.as_(company.admin()).get(&none).await.expect_problem(404, "not-found");
}
