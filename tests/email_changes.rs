//! Changing one's address: asked for, told, confirmed by one, refused to the other.

mod support;

use kundportal_functions::Settings;
use kundportal_store::{CallKind, Matching, Moment};
use serde_json::{Value, json};
use support::{Answer, Portal, Storage, Tenant, User};

const CONFIRM: &str = "/api/email-changes/confirm";
const NEW: &str = "ny@example.se";

struct Office {
    portal: Portal,
    tenant: Tenant,
    kim: User,
    bo: User,
}

impl Office {
    async fn open() -> Self {
        Self::open_on(Portal::start().await).await
    }

    async fn open_on(portal: Portal) -> Self {
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.se").await;
        let bo = portal.member(&tenant, &customer, "bo@example.se").await;
        Self { portal, tenant, kim, bo }
    }

    /// Asks for an address; answers the token in the mail to it.
    async fn ask(&self, user: &User, email: &str) -> String {
        let path = self.tenant.path("/profile");
        let answer = self.portal.as_(user).patch(&path, json!({"email": email})).await.expect(200);
        assert_eq!(answer.at("/pendingEmail"), email);
        self.portal.pump_all().await;
        self.portal.mail_token(email, "#email=")
    }

    async fn confirm(&self, user: &User, token: &str) -> Answer {
        self.portal.as_(user).post(CONFIRM, json!({"token": token})).await
    }

    async fn email(&self, user: &User) -> String {
        self.portal.as_(user).get(&self.tenant.path("/profile")).await.expect(200).text_at("/email")
    }

    async fn cancel(&self, user: &User) -> Answer {
        self.portal.as_(user).delete(&self.tenant.path("/profile/email-change")).await
    }

    /// Whoever an administrator finds by an address.
    async fn found_by(&self, email: &str) -> Vec<Value> {
        let path = self.tenant.path("/users/search");
        let administrator = self.portal.as_(&self.tenant.administrator);
        let answer = administrator.post(&path, json!({"email": email})).await.expect(200);
        answer.items().into_iter().map(|user| user["id"].clone()).collect()
    }

    /// How many claims on addresses there are.
    async fn claims(&self) -> usize {
        let names = self.portal.names().await;
        let name = |name: &&String| {
            name.strip_prefix("tenant-t1/index/email/").is_some_and(|rest| !rest.contains('/'))
        };
        names.iter().filter(name).count()
    }

    /// The waiting work an hour later, delivered as the timer would, until nothing waits.
    async fn finish_waiting_work(&self) {
        self.portal.lose_messages();
        self.portal.advance_hours(1);
        for _ in 0..3 {
            for name in self.portal.names().await {
                let Some(rest) = name.strip_prefix("platform/work/") else { continue };
                let parts: Vec<_> = rest.splitn(3, '/').collect();
                let text = json!({"day": parts[0], "tenant": parts[1], "id": parts[2]}).to_string();
                let envelope = json!({"Data": {"message": Value::String(text).to_string()}, "Metadata": {}});
                let (status, answer) = self.portal.trigger("worker", &envelope, None).await;
                assert_eq!(status, 200, "{name}: {answer}");
            }
            self.portal.pump_all().await;
        }
        let names = self.portal.names().await;
        let left: Vec<_> = names
            .iter()
            .filter(|name| name.starts_with("platform/work/") || name.contains("/outbox/"))
            .collect();
        assert!(left.is_empty(), "{left:#?}");
    }
}

#[tokio::test]
async fn asking_for_another_address_needs_a_fresh_sign_in_and_nothing_else_does() {
    let office = Office::open().await;
    let path = office.tenant.path("/profile");
    let long_ago = office.portal.now().as_second() - 301;
    let caller = office.portal.as_with(&office.kim, json!({"auth_time": long_ago}));
    let refused = caller.patch(&path, json!({"email": NEW})).await.expect_problem(401, "step-up-required");
    assert!(refused.header("www-authenticate").is_some_and(|value| value.contains("max_age=300")));
    caller.patch(&path, json!({"name": "Kim Ek"})).await.expect(200);
    let caller = office.portal.as_with(&office.kim, json!({"auth_time": long_ago + 1}));
    caller.patch(&path, json!({"email": NEW})).await.expect(200);
}

#[tokio::test]
async fn a_confirmed_address_takes_effect_and_both_addresses_are_told() {
    let office = Office::open().await;
    let claims = office.claims().await;
    let token = office.ask(&office.kim, NEW).await;
    assert_eq!(office.email(&office.kim).await, "kim@example.se", "nothing changes before it is confirmed");
    let old_mails = office.portal.mails_to("kim@example.se").len();
    office.confirm(&office.kim, &token).await.expect(200);
    office.portal.pump_all().await;
    assert_eq!(office.email(&office.kim).await, NEW);
    assert_eq!(office.portal.mails_to("kim@example.se").len(), old_mails + 1);
    assert_eq!(office.portal.mails_to(NEW).len(), 2, "the link, and that it has changed");
    assert_eq!(office.found_by(NEW).await, [json!(office.kim.id)]);
    assert!(office.found_by("kim@example.se").await.is_empty());
    assert_eq!(office.claims().await, claims, "the claim on the old address is gone");
    office.confirm(&office.kim, &token).await.expect(200);
    office.portal.pump_all().await;
    assert_eq!(office.portal.mails_to(NEW).len(), 2, "confirming again tells nobody again");
    office.finish_waiting_work().await;
}

#[tokio::test]
async fn ones_own_address_in_another_spelling_changes_nothing() {
    let office = Office::open().await;
    let patch = json!({"email": "KIM@example.se"});
    let answer =
        office.portal.as_(&office.kim).patch(&office.tenant.path("/profile"), patch).await.expect(200);
    assert_eq!((answer.at("/pendingEmail"), answer.at("/email")), (Value::Null, json!("kim@example.se")));
}

#[tokio::test]
async fn a_link_works_for_its_person_alone_and_while_it_is_the_newest_and_young() {
    let office = Office::open().await;
    let first = office.ask(&office.kim, NEW).await;
    office.confirm(&office.bo, &first).await.expect_problem(404, "not-found");
    office.confirm(&office.kim, "x").await.expect_problem(404, "not-found");
    office.confirm(&office.kim, &first[..first.len() - 2]).await.expect_problem(404, "not-found");
    let second = office.ask(&office.kim, "nyare@example.se").await;
    office.confirm(&office.kim, &first).await.expect_problem(404, "not-found");
    office.portal.advance_hours(24);
    office.confirm(&office.kim, &second).await.expect_problem(404, "not-found");
    let profile = office.portal.as_(&office.kim).get(&office.tenant.path("/profile")).await.expect(200);
    assert_eq!((profile.at("/email"), profile.at("/pendingEmail")), (json!("kim@example.se"), Value::Null));
}

#[tokio::test]
async fn a_change_that_was_taken_back_cannot_be_confirmed() {
    let office = Office::open().await;
    let token = office.ask(&office.kim, NEW).await;
    office.cancel(&office.kim).await.expect(204);
    office.cancel(&office.kim).await.expect_problem(404, "not-found");
    office.confirm(&office.kim, &token).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn that_another_has_the_address_shows_only_when_it_is_confirmed() {
    let office = Office::open().await;
    let token = office.ask(&office.kim, "bo@example.se").await;
    office.confirm(&office.kim, &token).await.expect_problem(409, "email-taken");
    assert_eq!(office.found_by("bo@example.se").await, [json!(office.bo.id)]);
    assert_eq!(office.email(&office.kim).await, "kim@example.se");
    office.finish_waiting_work().await;
}

#[tokio::test]
async fn of_two_who_confirm_one_address_at_once_one_has_it() {
    let office = Office::open().await;
    let kims = office.ask(&office.kim, NEW).await;
    let bos = office.ask(&office.bo, NEW).await;
    let (kim, bo) = tokio::join!(office.confirm(&office.kim, &kims), office.confirm(&office.bo, &bos));
    let mut statuses = [kim.status, bo.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let emails = [office.email(&office.kim).await, office.email(&office.bo).await];
    assert_eq!(emails.iter().filter(|email| *email == NEW).count(), 1);
    assert_eq!(office.found_by(NEW).await.len(), 1);
}

#[tokio::test]
async fn whoever_has_claimed_an_address_keeps_it_from_others_until_it_is_theirs() {
    let office = Office::open().await;
    let kims = office.ask(&office.kim, NEW).await;
    let bos = office.ask(&office.bo, NEW).await;
    let write = Matching::any().kind(CallKind::Put).name("/profile.json");
    let pause = office.portal.faults().pause(write, Moment::Before);
    let (kim, ()) = tokio::join!(office.confirm(&office.kim, &kims), async {
        pause.reached().await;
        office.confirm(&office.bo, &bos).await.expect_problem(409, "email-taken");
        pause.release();
    });
    kim.expect(200);
    assert_eq!(office.found_by(NEW).await, [json!(office.kim.id)]);
}

#[tokio::test]
async fn a_claim_that_came_to_nothing_is_taken_over() {
    let office = Office::open().await;
    let kims = office.ask(&office.kim, NEW).await;
    let bos = office.ask(&office.bo, NEW).await;
    let write = Matching::any().kind(CallKind::Put).name("/profile.json");
    office.portal.faults().fail(write, Moment::Before);
    office.confirm(&office.kim, &kims).await.expect_problem(503, "unavailable");
    office.confirm(&office.bo, &bos).await.expect_problem(409, "email-taken");
    office.cancel(&office.kim).await.expect(204);
    office.confirm(&office.bo, &bos).await.expect(200);
    assert_eq!(office.found_by(NEW).await, [json!(office.bo.id)]);
    office.finish_waiting_work().await;
    assert_eq!(office.email(&office.kim).await, "kim@example.se");
}

#[tokio::test]
async fn a_confirmation_that_was_cut_off_is_brought_to_its_end() {
    let office = Office::open().await;
    let token = office.ask(&office.kim, NEW).await;
    let write = Matching::any().kind(CallKind::Put).name("/profile.json");
    office.portal.faults().fail(write, Moment::Before);
    office.confirm(&office.kim, &token).await.expect_problem(503, "unavailable");
    office.finish_waiting_work().await;
    assert_eq!(office.email(&office.kim).await, NEW);
    assert!(office.found_by("kim@example.se").await.is_empty());
}

#[tokio::test]
async fn whichever_step_fails_a_second_try_ends_the_same() {
    let office = Office::open().await;
    let claims = office.claims().await;
    for (number, moment) in (1..=30).flat_map(|step| [(step, Moment::Before), (step, Moment::After)]) {
        let email = format!("ny-{number}-{moment:?}@example.se").to_lowercase();
        let path = office.tenant.path("/profile");
        office.portal.as_(&office.kim).get(&path).await.expect(200);
        office.portal.faults().fail_nth(number, moment);
        let asked = office.portal.as_(&office.kim).patch(&path, json!({"email": email})).await;
        office.portal.faults().clear();
        assert!([200, 503].contains(&asked.status), "{number} {moment:?}: {}", asked.text());
        let token = office.ask(&office.kim, &email).await;
        office.portal.faults().fail_nth(number, moment);
        let confirmed = office.confirm(&office.kim, &token).await;
        office.portal.faults().clear();
        assert!([200, 503].contains(&confirmed.status), "{number} {moment:?}: {}", confirmed.text());
        office.confirm(&office.kim, &token).await.expect(200);
        assert_eq!(office.email(&office.kim).await, email);
        assert_eq!(office.found_by(&email).await, [json!(office.kim.id)]);
    }
    office.finish_waiting_work().await;
    assert_eq!(office.claims().await, claims);
}

#[tokio::test]
async fn nobody_has_more_than_a_few_addresses_a_day_mailed() {
    let few = |settings: &mut Settings| settings.limits.email_changes_a_day = 5;
    let office = Office::open_on(Portal::start_with(Storage::Memory, few).await).await;
    for number in 1..=5 {
        office.ask(&office.kim, &format!("ny{number}@example.se")).await;
    }
    let path = office.tenant.path("/profile");
    let sixth = || office.portal.as_(&office.kim);
    let refused = sixth().patch(&path, json!({"email": "ny6@example.se"})).await;
    refused.expect_problem(429, "too-many-requests");
    sixth().patch(&path, json!({"name": "Kim Ny"})).await.expect(200);
    office.portal.advance_hours(24);
    office.ask(&office.kim, "ny6@example.se").await;
}
