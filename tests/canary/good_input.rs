//! The canary's life in the portal, from the invitation to the package.

use reqwest::Method;
use serde_json::json;

use super::{
    support::{Caller, Person, Portal, Tenant, User},
    watch::{CANARY, IP, PHONE, Watch},
};

/// Who and what the story left there.
pub(crate) struct Story {
    pub(crate) tenant: Tenant,
    pub(crate) customer: String,
    pub(crate) member: User,
    pub(crate) file: String,
    pub(crate) upload: String,
    pub(crate) comment: String,
    pub(crate) invite: String,
    pub(crate) request: String,
}

impl Story {
    /// The canary, from its own address.
    pub(crate) fn canary<'a>(&self, portal: &'a Portal) -> Caller<'a> {
        from_its_address(portal, &self.member)
    }
}

pub(crate) fn from_its_address<'a>(portal: &'a Portal, person: &Person) -> Caller<'a> {
    portal.as_(person).header("client-ip", IP)
}

fn address(local: &str) -> String {
    format!("{CANARY}{local}@example.com")
}

pub(crate) fn name(of: &str) -> String {
    format!("{CANARY} {of} Fågel")
}

/// Everything that somebody may put in, put in rightly.
pub(crate) async fn tell(portal: &Portal, watch: &Watch) -> Story {
    let (tenant, customer) = found(portal, watch).await;
    let member = join(portal, watch, &tenant, &customer).await;
    let canary = from_its_address(portal, &member);
    live(portal, watch, &tenant, &canary).await;
    let (file, comment) = write(watch, &tenant, &customer, &canary).await;
    let upload = upload(portal, watch, &tenant, &customer, &canary).await;
    let invite = administer(portal, watch, &tenant, &customer, &member).await;
    let body = json!({"kind": "access", "details": name("frågar")});
    let request =
        watch.look_at(canary.post(&tenant.path("/requests"), body).await).expect(201).text_at("/id");
    Watch::look_at_messages(&portal.pump().await);
    let story = Story { tenant, customer, member, file, upload, comment, invite, request };
    let package = story.tenant.path(&format!("/requests/{}/package", story.request));
    watch.look_at(canary.get(&package).await).expect(200);
    ask_again(portal, watch, &story).await;
    story
}

async fn found(portal: &Portal, watch: &Watch) -> (Tenant, String) {
    let founder = Person::new(&address("chef"));
    let body = json!({
        "id": "t1", "name": "Leverantör AB", "organisationNumber": "556000-0001", "locale": "sv",
        "contact": {"name": name("Kontakt"), "email": address("kontakt")},
        "dataProtectionOfficer": {"name": name("Ombud"), "email": address("ombud"), "phone": PHONE},
        "agreement": {"kind": "standard", "signedOn": "2026-03-01"},
        "retention": {"files": "P24M", "comments": "P24M"},
        "administrator": {"name": name("Chef"), "email": founder.email},
    });
    watch.look_at(portal.operator().post("/api/tenants", body.clone()).await).expect(201);
    watch.look_at(portal.operator().post("/api/tenants", body).await).expect(409);
    Watch::look_at_messages(&portal.pump().await);
    let tenant = Tenant { id: "t1".to_owned(), administrator: portal.accept(&founder).await };
    let again = json!({"name": name("Ny"), "email": address("ny-chef"), "authority": name("enligt")});
    watch.look_at(portal.operator().post(&tenant.path("/administrators"), again).await).expect(201);
    let customer = portal.customer(&tenant, "Kund A AB").await;
    (tenant, customer)
}

async fn join(portal: &Portal, watch: &Watch, tenant: &Tenant, customer: &str) -> User {
    let person = Person::new(&address("medlem"));
    let body = json!({"email": person.email, "name": name("Medlem"), "role": "customerAdministrator",
        "customer": customer, "message": name("välkommen")});
    watch.look_at(portal.as_(&tenant.administrator).post(&tenant.path("/invites"), body).await).expect(201);
    Watch::look_at_messages(&portal.pump().await);
    let token = json!({"token": portal.invite_token(&person.email)});
    watch.look_at(portal.anyone().post("/api/invites/lookup", token.clone()).await).expect(200);
    let wrong = Person::new(&address("fel"));
    watch.look_at(portal.as_(&wrong).post("/api/invites/accept", token.clone()).await).expect(403);
    let accepted = from_its_address(portal, &person).post("/api/invites/accept", token.clone()).await;
    let user = User { id: watch.look_at(accepted).expect(200).text_at("/user"), person };
    Watch::look_at_messages(&portal.pump().await);
    watch.look_at(portal.anyone().post("/api/invites/lookup", token).await).expect(409);
    user
}

async fn live(portal: &Portal, watch: &Watch, tenant: &Tenant, canary: &Caller<'_>) {
    let profile = tenant.path("/profile");
    let patch = json!({"name": name("Själv"), "phone": PHONE, "supplementaryStatement": name("tillägger"),
        "email": address("ny")});
    watch.look_at(canary.patch(&profile, patch).await).expect(200);
    Watch::look_at_messages(&portal.pump().await);
    let token = json!({"token": portal.mail_token(&address("ny"), "#email=")});
    let confirmed = canary.post("/api/email-changes/confirm", token.clone()).await;
    watch.look_at(confirmed).expect(200);
    watch.look_at(canary.post("/api/email-changes/confirm", token).await);
    Watch::look_at_messages(&portal.pump().await);
    watch.look_at(canary.patch(&profile, json!({"email": address("annan")})).await).expect(200);
    watch.look_at(canary.delete(&tenant.path("/profile/email-change")).await).expect(204);
    Watch::look_at_messages(&portal.pump().await);
}

async fn write(watch: &Watch, tenant: &Tenant, customer: &str, canary: &Caller<'_>) -> (String, String) {
    let disposition = format!("attachment; filename*=UTF-8''{CANARY}%20avtal%20%C3%A5r.txt");
    let uploaded = canary
        .clone()
        .header("content-disposition", &disposition)
        .key(&format!("{CANARY}-key"))
        .send_bytes(
            Method::POST,
            &tenant.path(&format!("/files?customer={customer}")),
            "text/plain",
            format!("{CANARY} {PHONE} {IP}"),
        )
        .await;
    let file = watch.look_at(uploaded).expect(201).text_at("/id");
    let body = json!({"customer": customer, "thread": name("tråd"), "text": name("skriver")});
    let comment =
        watch.look_at(canary.post(&tenant.path("/comments"), body).await).expect(201).text_at("/id");
    let path = tenant.path(&format!("/comments/{comment}"));
    watch.look_at(canary.patch(&path, json!({"text": name("rättar")})).await).expect(200);
    (file, comment)
}

/// Files that are sent straight to storage: one that becomes a file, one that is refused, and one that is never sent, which stays.
async fn upload(
    portal: &Portal,
    watch: &Watch,
    tenant: &Tenant,
    customer: &str,
    canary: &Caller<'_>,
) -> String {
    let content = format!("{CANARY} {PHONE}");
    let uploads = tenant.path("/files/uploads");
    let mut last = String::new();
    for (size, sent) in [(content.len(), true), (content.len() + 1, true), (2, false)] {
        let body =
            json!({"name": name("film"), "contentType": "text/plain", "size": size, "customer": customer});
        let begun = watch.look_at(canary.post(&uploads, body).await).expect(201);
        last = begun.text_at("/id");
        if sent {
            portal.send_straight(tenant, &last, content.clone()).await;
            let complete = format!("{uploads}/{last}/complete");
            watch.look_at(canary.post_empty(&complete).await).expect(202);
            Watch::look_at_messages(&portal.pump().await);
        }
        watch.look_at(canary.get(&format!("{uploads}/{last}")).await).expect(200);
    }
    last
}

async fn administer(
    portal: &Portal,
    watch: &Watch,
    tenant: &Tenant,
    customer: &str,
    member: &User,
) -> String {
    let administrator = portal.as_(&tenant.administrator);
    let user = tenant.path(&format!("/users/{}", member.id));
    watch.look_at(administrator.get(&user).await).expect(200);
    let correction = json!({"profile": {"name": name("Rättad"), "phone": PHONE}, "reason": name("rättas")});
    watch.look_at(administrator.patch(&user, correction).await).expect(200);
    let search = json!({"email": address("ny")});
    watch.look_at(administrator.post(&tenant.path("/users/search"), search).await).expect(200);
    let csv = format!(
        "email;name;role;customer\n{};{};member;Kund A AB\n{CANARY}@@;{};member;{CANARY}\n{};;{CANARY};\n",
        address("rad"),
        name("Rad"),
        name("Rad"),
        address("rad2"),
    );
    for dry_run in [true, false] {
        let path = tenant.path(&format!("/invites/import?dryRun={dry_run}"));
        watch
            .look_at(administrator.send_bytes(Method::POST, &path, "text/csv", csv.clone()).await)
            .expect(200);
    }
    let body = json!({"email": address("sen"), "name": name("Sen"), "role": "member", "customer": customer});
    let invite =
        watch.look_at(administrator.post(&tenant.path("/invites"), body).await).expect(201).text_at("/id");
    let resend = tenant.path(&format!("/invites/{invite}/resend"));
    watch.look_at(administrator.post_empty(&resend).await).expect(200);
    Watch::look_at_messages(&portal.pump().await);
    invite
}

/// Everything that shows something of the canary, asked for once more.
pub(crate) async fn ask_again(portal: &Portal, watch: &Watch, story: &Story) {
    let canary = story.canary(portal);
    let administrator = portal.as_(&story.tenant.administrator);
    let path = |rest: &str| story.tenant.path(rest);
    let of_customer = |rest: &str| path(&format!("{rest}?customer={}", story.customer));
    let thread = "qzx7%20tr%C3%A5d%20F%C3%A5gel";
    for own in [
        path("/about"),
        path("/profile"),
        path("/profile/sign-ins"),
        path("/profile/lookups"),
        path("/requests"),
        path(&format!("/requests/{}", story.request)),
        path(&format!("/requests/{}/plan", story.request)),
        path(&format!("/files/{}", story.file)),
        path(&format!("/files/{}/content", story.file)),
        path(&format!("/files/uploads/{}", story.upload)),
        of_customer("/files"),
        of_customer("/threads"),
        format!("{}&thread={thread}", of_customer("/comments")),
        "/api/me".to_owned(),
    ] {
        watch.look_at(canary.get(&own).await);
    }
    for shown in ["", "/users", "/invites", "/invites?status=accepted", "/customers"] {
        watch.look_at(administrator.get(&path(shown)).await);
    }
    watch.look_at(portal.operator().get("/api/tenants").await);
}
