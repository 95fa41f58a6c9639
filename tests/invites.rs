//! Invitations from the first mail to the profile, and everything in between.

mod support;

use serde_json::{Value, json};
use support::{Person, Portal, Speaker};

const DAY: u64 = 24;

fn lookup(token: &str) -> Value {
    json!({"token": token})
}

#[tokio::test]
async fn the_first_administrator_of_a_new_tenant_gets_in_by_the_mail() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    portal.as_(&tenant.administrator).get(&tenant.path("")).await.expect(200);
    let mails = portal.mails_to(&tenant.administrator.person.email);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.reveal().contains("/api/portal/#invite="), "the link is in the fragment");
}

#[tokio::test]
async fn a_tenant_is_never_created_twice_and_its_creation_can_be_repeated_by_key() {
    let portal = Portal::start().await;
    let body = json!({
        "id": "t1", "name": "Leverantör AB", "organisationNumber": "556000-0001", "locale": "sv",
        "contact": {"name": "Karin Kontakt", "email": "kontakt@example.se"},
        "administrator": {"name": "Åsa Öberg", "email": "asa@example.se"},
    });
    let operator = || portal.operator();
    operator().key("k1").post("/api/tenants", body.clone()).await.expect(201);
    operator().key("k1").post("/api/tenants", body.clone()).await.expect(201);
    operator().post("/api/tenants", body.clone()).await.expect_problem(409, "tenant-exists");
    let mut other = body;
    other["name"] = "Annan AB".into();
    operator().key("k1").post("/api/tenants", other).await.expect_problem(422, "idempotency-mismatch");
    portal.pump_all().await;
    assert_eq!(portal.mails_to("asa@example.se").len(), 1);
}

#[tokio::test]
async fn without_an_agreement_only_administrators_are_let_in() {
    let portal = Portal::start().await;
    let body = json!({
        "id": "t1", "name": "Leverantör AB", "organisationNumber": "556000-0001", "locale": "en",
        "contact": {"name": "Karin Kontakt", "email": "kontakt@example.se"},
        "administrator": {"name": "Åsa Öberg", "email": "asa@example.se"},
    });
    let answer = portal.operator().post("/api/tenants", body).await.expect(201);
    assert_eq!(answer.text_at("/status"), "awaitingAgreement");
    portal.pump_all().await;
    let administrator = portal.accept(&Person::new("asa@example.se")).await;
    let customer = portal
        .as_(&administrator)
        .post("/api/tenants/t1/customers", json!({"name": "Kund AB"}))
        .await
        .expect(201)
        .text_at("/id");
    let invite = |role: &str, customer: Option<&str>| {
        let mut body = json!({"email": "b@example.se", "name": "Bo", "role": role});
        if let Some(customer) = customer {
            body["customer"] = customer.into();
        }
        body
    };
    let administrator = || portal.as_(&administrator);
    administrator()
        .post("/api/tenants/t1/invites", invite("member", Some(&customer)))
        .await
        .expect_problem(409, "awaiting-agreement");
    administrator().post("/api/tenants/t1/invites", invite("administrator", None)).await.expect(201);
}

#[tokio::test]
async fn an_invitation_is_looked_up_and_accepted_once() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund & Söner AB").await;
    let kim = Person::new("kim@example.com");
    portal.invite(&tenant, &kim, "member", Some(&customer)).await.expect(201);
    let token = portal.invite_token(&kim.email);
    let seen = portal.anyone().post("/api/invites/lookup", lookup(&token)).await.expect(200);
    assert_eq!(seen.text_at("/emailHint"), "k…@e….com");
    portal.anyone().post("/api/invites/accept", lookup(&token)).await.expect_problem(401, "unauthenticated");
    let other = Person::new("other@example.com");
    portal.as_(&other).post("/api/invites/accept", lookup(&token)).await.expect_problem(403, "forbidden");
    let first = portal.as_(&kim).post("/api/invites/accept", lookup(&token)).await.expect(200);
    let again = portal.as_(&kim).post("/api/invites/accept", lookup(&token)).await.expect(200);
    assert_eq!(first.json(), again.json());
    portal.anyone().post("/api/invites/lookup", lookup(&token)).await.expect_problem(409, "invite-accepted");
    let accepted = portal
        .as_(&tenant.administrator)
        .get(&tenant.path("/invites?status=accepted"))
        .await
        .expect(200)
        .items();
    assert_eq!(accepted.len(), 2, "the administrator's own and this one");
    let pending = portal.as_(&tenant.administrator).get(&tenant.path("/invites")).await.expect(200).items();
    assert!(pending.is_empty());
}

#[tokio::test]
async fn garbled_and_foreign_tokens_do_not_exist() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let kim = Person::new("kim@example.com");
    portal.invite(&tenant, &kim, "administrator", None).await.expect(201);
    let token = portal.invite_token(&kim.email);
    let flipped = format!("{}A", &token[..token.len() - 1]);
    for token in ["", "x", "åäö", &flipped, &"A".repeat(5_000)] {
        portal.anyone().post("/api/invites/lookup", lookup(token)).await.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn sending_again_makes_the_older_link_void_and_a_repeated_delivery_sends_no_second_mail() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let kim = Person::new("kim@example.com");
    let id = portal.invite(&tenant, &kim, "administrator", None).await.expect(201).text_at("/id");
    let old = portal.invite_token(&kim.email);
    portal.advance_hours(3 * DAY);
    let path = tenant.path(&format!("/invites/{id}/resend"));
    for _ in 0..10 {
        portal.as_(&tenant.administrator).invocation("one").post_empty(&path).await.expect(200);
    }
    portal.pump_all().await;
    assert_eq!(portal.mails_to(&kim.email).len(), 2);
    portal.anyone().post("/api/invites/lookup", lookup(&old)).await.expect_problem(404, "not-found");
    let new = portal.invite_token(&kim.email);
    portal.advance_hours(6 * DAY);
    portal.anyone().post("/api/invites/lookup", lookup(&new)).await.expect(200);
    portal.advance_hours(2 * DAY);
    portal.anyone().post("/api/invites/lookup", lookup(&new)).await.expect_problem(409, "invite-expired");
    portal.as_(&tenant.administrator).post_empty(&path).await.expect_problem(409, "invite-expired");
}

#[tokio::test]
async fn an_invitation_taken_back_is_gone_for_whoever_deletes_it_again_but_not_for_the_same_delivery() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let kim = Person::new("kim@example.com");
    let id = portal.invite(&tenant, &kim, "administrator", None).await.expect(201).text_at("/id");
    let token = portal.invite_token(&kim.email);
    let path = tenant.path(&format!("/invites/{id}"));
    for _ in 0..40 {
        portal.as_(&tenant.administrator).invocation("one").delete(&path).await.expect(204);
    }
    portal.as_(&tenant.administrator).delete(&path).await.expect_problem(404, "not-found");
    portal.anyone().post("/api/invites/lookup", lookup(&token)).await.expect_problem(409, "invite-revoked");
    portal.as_(&kim).post("/api/invites/accept", lookup(&token)).await.expect_problem(409, "invite-revoked");
}

#[tokio::test]
async fn whose_issuer_proves_no_address_needs_the_code_that_is_mailed_there() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let kim = Person::new("kim@example.com");
    portal.invite(&tenant, &kim, "administrator", None).await.expect(201);
    let token = portal.invite_token(&kim.email);
    let bare = || portal.with_token(portal.token(Speaker::Bare, &kim, json!({})));
    let accept = |code: Option<&str>| json!({"token": token, "code": code});
    bare().post("/api/invites/accept", accept(None)).await.expect_problem(409, "code-required");
    bare().post("/api/invites/accept", accept(None)).await.expect_problem(409, "code-required");
    portal.pump_all().await;
    let mails = portal.mails_to(&kim.email);
    assert_eq!(mails.len(), 2, "the invitation and one code");
    let text = mails[1].text.reveal();
    let code: String = text
        .split(|c: char| !c.is_ascii_digit())
        .find(|part| part.len() == 6)
        .expect("a code of six digits")
        .to_owned();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        bare().post("/api/invites/accept", accept(Some(wrong))).await.expect_problem(422, "code-invalid");
    }
    bare().post("/api/invites/accept", accept(Some(&code))).await.expect(200);
}

#[tokio::test]
async fn guessing_codes_comes_to_an_end() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let kim = Person::new("kim@example.com");
    portal.invite(&tenant, &kim, "administrator", None).await.expect(201);
    let token = portal.invite_token(&kim.email);
    let bare = || portal.with_token(portal.token(Speaker::Bare, &kim, json!({})));
    let mut statuses = Vec::new();
    for _ in 0..25 {
        let body = json!({"token": token, "code": "123456"});
        statuses.push(bare().post("/api/invites/accept", body).await.status);
    }
    portal.pump_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 15, "three codes of five tries");
    assert_eq!(statuses.last(), Some(&429));
    assert_eq!(
        portal.mails_to(&kim.email).len(),
        2,
        "the invitation, and the code that is in force when it is sent"
    );
}

#[tokio::test]
async fn a_second_invitation_in_a_tenant_adds_a_membership_to_the_same_user() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let (one, two) = (portal.customer(&tenant, "Ett AB").await, portal.customer(&tenant, "Två AB").await);
    let first = portal.member(&tenant, &one, "kim@example.com").await;
    let second = portal.join(&tenant, "kim@example.com", "customerAdministrator", Some(&two)).await;
    assert_eq!(first.id, second.id);
    let customers = portal.as_(&second).get(&tenant.path("/customers")).await.expect(200).items();
    assert_eq!(customers.len(), 2);
}

#[tokio::test]
async fn a_customer_administrator_invites_to_their_own_customers_only() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let (own, other) = (portal.customer(&tenant, "Ett AB").await, portal.customer(&tenant, "Två AB").await);
    let eva = portal.join(&tenant, "eva@example.com", "customerAdministrator", Some(&own)).await;
    let invite = |role: &str, customer: Option<&str>| json!({"email": "b@example.se", "name": "Bo", "role": role, "customer": customer});
    let path = tenant.path("/invites");
    portal.as_(&eva).post(&path, invite("member", Some(&own))).await.expect(201);
    portal.as_(&eva).post(&path, invite("member", Some(&other))).await.expect_problem(404, "not-found");
    portal.as_(&eva).post(&path, invite("administrator", None)).await.expect_problem(403, "forbidden");
    let id = portal
        .as_(&tenant.administrator)
        .post(&path, invite("member", Some(&other)))
        .await
        .expect(201)
        .text_at("/id");
    portal.as_(&eva).delete(&tenant.path(&format!("/invites/{id}"))).await.expect_problem(404, "not-found");
    assert_eq!(portal.as_(&eva).get(&path).await.expect(200).items().len(), 1);
}

#[tokio::test]
async fn what_breaks_a_rule_is_named_without_its_value() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let path = tenant.path("/invites");
    for (body, pointer) in [
        (json!({"email": "not-an-address", "name": "Bo", "role": "administrator"}), "/email"),
        (json!({"email": "b@example.se", "name": "", "role": "administrator"}), "/name"),
        (json!({"email": "b@example.se", "name": "Bo", "role": "king"}), "/role"),
        (json!({"email": "b@example.se", "role": "administrator"}), "/name"),
        (json!({"email": "b@example.se", "name": "Bo", "role": "member"}), "/customer"),
        (json!({"email": "b@example.se", "name": "Bo", "role": "administrator", "shoe": 43}), ""),
        (
            json!({"email": "b@example.se", "name": "Bo", "role": "administrator", "message": "se https://x.se"}),
            "/message",
        ),
    ] {
        let answer =
            portal.as_(&tenant.administrator).post(&path, body).await.expect_problem(422, "invalid-input");
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer);
        for value in ["not-an-address", "king", "shoe", "43", "x.se"] {
            assert!(!answer.text().contains(value), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn an_import_names_bad_rows_and_invites_the_others_once() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Åkeri; Söner AB").await;
    let csv = format!(
        "\u{feff}email;name;role;customer\r\nasa@example.se;Åsa Öberg;member;\"Åkeri; Söner AB\"\r\nnope;Bo;member;{customer}\r\n\
         b@example.se;Bo;member;Saknas AB\r\nc@example.se;Cia;customerAdministrator;{customer}\r\nasa@example.se;Åsa;member;{customer}\r\n"
    );
    let path = tenant.path("/invites/import");
    let send = async |path: &str| {
        portal
            .as_(&tenant.administrator)
            .send_bytes(reqwest::Method::POST, path, "text/csv; charset=utf-8", csv.clone().into_bytes())
            .await
            .expect(200)
    };
    let statuses = |answer: &support::Answer| -> Vec<String> {
        let rows = answer.at("/rows");
        let rows = rows.as_array().expect("rows").clone();
        rows.iter().map(|row| row["status"].as_str().expect("a status").to_owned()).collect()
    };
    let dry = send(&format!("{path}?dryRun=true")).await;
    assert_eq!(statuses(&dry), ["wouldCreate", "rejected", "rejected", "wouldCreate", "rejected"]);
    let first = send(&path).await;
    assert_eq!(statuses(&first), ["created", "rejected", "rejected", "created", "rejected"]);
    let again = send(&path).await;
    assert_eq!(first.json(), again.json(), "the same file again makes no new invitations");
    portal.pump_all().await;
    assert_eq!(portal.mails_to("asa@example.se").len(), 1);
    assert!(!first.text().contains("nope"));
}

#[tokio::test]
async fn unanswered_invitations_of_a_customer_are_limited() {
    let portal =
        Portal::start_with(support::Storage::Memory, |settings| settings.limits.pending_invites = 3).await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    for n in 0..3 {
        portal
            .invite(&tenant, &Person::new(&format!("p{n}@example.com")), "member", Some(&customer))
            .await
            .expect(201);
    }
    portal
        .invite(&tenant, &Person::new("p4@example.com"), "member", Some(&customer))
        .await
        .expect_problem(409, "too-many-pending");
}

#[tokio::test]
async fn an_invitation_is_sent_again_only_so_often() {
    let portal = Portal::start_with(support::Storage::Memory, |settings| settings.limits.resends = 1).await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let invited = portal.invite(&tenant, &Person::new("kim@example.com"), "member", Some(&customer)).await;
    let resend = tenant.path(&format!("/invites/{}/resend", invited.expect(201).text_at("/id")));
    let administrator = portal.as_(&tenant.administrator);
    administrator.post_empty(&resend).await.expect(200);
    administrator.post_empty(&resend).await.expect_problem(409, "conflict");
    portal.pump_all().await;
    assert_eq!(portal.mails_to("kim@example.com").len(), 2);
}

#[tokio::test]
async fn the_operator_invites_an_administrator_again_and_all_administrators_are_told() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let body = json!({"name": "Nya Admin", "email": "ny@example.com", "authority": "Fullmakt 2026-05-01, uppringd på växelnumret"});
    portal.operator().post(&tenant.path("/administrators"), body).await.expect(201);
    portal.pump_all().await;
    assert_eq!(portal.mails_to("ny@example.com").len(), 1);
    let told = portal.mails_to(&tenant.administrator.person.email);
    assert!(told.iter().any(|mail| mail.text.reveal().contains("Fullmakt 2026-05-01")));
    portal.accept(&Person::new("ny@example.com")).await;
}

#[tokio::test]
async fn who_has_lost_their_sign_in_gets_a_new_one_for_the_same_user() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let profile = tenant.path("/profile");
    portal.as_(&kim).get(&profile).await.expect(200);
    let path = tenant.path(&format!("/users/{}/reinvite", kim.id));
    for _ in 0..10 {
        portal.as_(&tenant.administrator).invocation("one").post_empty(&path).await.expect(201);
    }
    portal.pump_all().await;
    assert_eq!(portal.mails_to("kim@example.com").len(), 2);
    let mut anew = Person::new("kim@example.com");
    anew.sub = "another-sign-in".to_owned();
    let same = portal.accept(&anew).await;
    assert_eq!(same.id, kim.id);
    portal.as_(&anew).get(&profile).await.expect(200);
    portal.as_(&kim).get(&profile).await.expect_problem(404, "not-found");
    assert_eq!(portal.as_(&kim).get("/api/me").await.expect(200).json(), json!([]));
    // The lost sign-in can be somebody else's from now on.
    let mut other = Person::new("bo@example.com");
    other.sub.clone_from(&kim.person.sub);
    portal.invite(&tenant, &other, "member", Some(&customer)).await.expect(201);
    let other = portal.accept(&other).await;
    assert_ne!(other.id, kim.id);
    assert_eq!(portal.as_(&other).get(&profile).await.expect(200).at("/id"), other.id);
    assert_eq!(portal.as_(&anew).get(&profile).await.expect(200).at("/id"), kim.id);
}

#[tokio::test]
async fn a_sign_in_that_was_replaced_does_not_come_back_by_the_invitation_that_once_gave_it() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let path = tenant.path(&format!("/users/{}/reinvite", kim.id));
    let mut tokens = Vec::new();
    let mut sign_ins = Vec::new();
    for name in ["second", "third"] {
        portal.as_(&tenant.administrator).post_empty(&path).await.expect(201);
        portal.pump_all().await;
        tokens.push(portal.invite_token("kim@example.com"));
        let mut anew = Person::new("kim@example.com");
        anew.sub = name.to_owned();
        assert_eq!(portal.accept(&anew).await.id, kim.id);
        sign_ins.push(anew);
    }
    let again = json!({"token": tokens[0]});
    portal.as_(&sign_ins[0]).post("/api/invites/accept", again).await.expect(200);
    portal.as_(&sign_ins[1]).get(&tenant.path("/profile")).await.expect(200);
    portal.as_(&sign_ins[0]).get(&tenant.path("/profile")).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn an_address_leads_to_one_person_whoever_else_proves_it() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let kim = portal.member(&tenant, &customer, "kim@example.com").await;
    let mut other = Person::new("kim@example.com");
    other.sub = "another".to_owned();
    portal.invite(&tenant, &other, "member", Some(&customer)).await.expect(201);
    portal.pump_all().await;
    let before = portal.names().await;
    let token = json!({"token": portal.invite_token("kim@example.com")});
    portal.as_(&other).post("/api/invites/accept", token.clone()).await.expect_problem(409, "email-taken");
    let left: Vec<_> = portal.names().await.into_iter().filter(|name| !before.contains(name)).collect();
    assert!(left.iter().all(|name| name.starts_with("audit-")), "{left:?}");
    portal.as_(&other).get(&tenant.path("/profile")).await.expect_problem(404, "not-found");
    // The invitation is still there, for who has the address.
    portal.as_(&kim).post("/api/invites/accept", token).await.expect(200);
}

#[tokio::test]
async fn each_sending_of_an_invitation_brings_another_code() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let person = Person::new("kim@example.com");
    let invite = portal.invite(&tenant, &person, "member", Some(&customer)).await.expect(201).text_at("/id");
    portal.pump_all().await;
    let bare = || portal.with_token(portal.token(Speaker::Bare, &person, json!({})));
    let mut mails = Vec::new();
    for _ in 0..2 {
        let token = json!({"token": portal.invite_token(&person.email)});
        bare().post("/api/invites/accept", token).await.expect_problem(409, "code-required");
        portal.pump_all().await;
        mails.push(portal.mails_to(&person.email).pop().expect("a mail with a code"));
        let path = tenant.path(&format!("/invites/{invite}/resend"));
        portal.as_(&tenant.administrator).post_empty(&path).await.expect(200);
        portal.pump_all().await;
    }
    assert_ne!(mails[0].message_id, mails[1].message_id);
    assert_ne!(mails[0].text.reveal(), mails[1].text.reveal());
}

#[tokio::test]
async fn an_invitation_is_not_sent_again_without_end() {
    let portal = Portal::start().await;
    let tenant = portal.tenant("t1").await;
    let kim = Person::new("kim@example.com");
    let id = portal.invite(&tenant, &kim, "administrator", None).await.expect(201).text_at("/id");
    let path = tenant.path(&format!("/invites/{id}/resend"));
    for _ in 0..20 {
        portal.as_(&tenant.administrator).post_empty(&path).await.expect(200);
    }
    portal.as_(&tenant.administrator).post_empty(&path).await.expect_problem(409, "conflict");
}
