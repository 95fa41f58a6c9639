//! The portal on which the operations happen: one tenant with something of each kind in it.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Person, Portal, Snapshot, Speaker, Tenant, User};

/// A picture of one pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
    0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81,
    0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Something that is there, and the version it is in.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) etag: String,
}

impl Thing {
    fn of(answer: &Answer) -> Self {
        Self { id: answer.text_at("/id"), etag: answer.etag() }
    }
}

/// An invitation: its id and version, and the token in its mail.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) thing: Thing,
    pub(crate) person: Person,
    pub(crate) token: String,
}

/// Who and what there is.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) tenant: Tenant,
    /// Another administrator.
    pub(crate) bo: User,
    pub(crate) north: Thing,
    pub(crate) south: Thing,
    /// A member of north with something of everything.
    pub(crate) kim: User,
    /// A member of north and south.
    pub(crate) lisa: User,
    pub(crate) lisas_version: String,
    /// A member of north who was deactivated.
    pub(crate) per: User,
    /// Somebody new to north.
    pub(crate) nils: Invitation,
    /// Kim to south.
    pub(crate) kim_to_south: Invitation,
    /// Somebody new whose issuer proves no address.
    pub(crate) olga: Invitation,
    /// The same with a code.
    pub(crate) otto: Invitation,
    pub(crate) code: String,
    /// A member of north, and the invitation by which she signs in as somebody else.
    pub(crate) rut: User,
    pub(crate) rut_anew: Invitation,
    pub(crate) file: Thing,
    pub(crate) comment: Thing,
    /// The only one in its thread.
    pub(crate) lone_comment: Thing,
    pub(crate) picture: String,
    /// The token by which Kim's new address is confirmed.
    pub(crate) email_change: String,
    /// Kim's access request, answered.
    pub(crate) request: Thing,
}

/// Whose issuer proves no address.
pub(crate) const BARE: Speaker = Speaker::Bare;

impl Scene {
    /// Sets the scene, and keeps it.
    pub(crate) async fn set() -> (Arc<Snapshot>, Arc<Self>) {
        let portal = Portal::start_served().await;
        let scene = Self::on(&portal).await;
        (Arc::new(portal.snapshot().await), Arc::new(scene))
    }

    async fn on(portal: &Portal) -> Self {
        let tenant = portal.tenant("acme").await;
        let bo = portal.join(&tenant, "bo@example.com", "administrator", None).await;
        let by = portal.as_(&tenant.administrator);
        // Nobody with a telephone number: to read one, each handler would first learn the numbering plans of the world.
        by.patch(&tenant.path(""), json!({"dataProtectionOfficer": null})).await.expect(200);
        let customer = async |name: &str| {
            Thing::of(&by.post(&tenant.path("/customers"), json!({"name": name})).await.expect(201))
        };
        let (north, south) = (customer("Norr AB").await, customer("Söder AB").await);
        let member = async |email: &str, customer: &Thing| {
            portal.join(&tenant, email, "member", Some(&customer.id)).await
        };
        let kim = member("kim@example.com", &north).await;
        let _ = member("lisa@example.com", &north).await;
        let lisa = member("lisa@example.com", &south).await;
        let per = member("per@example.com", &north).await;
        let rut = member("rut@example.com", &north).await;
        by.patch(&tenant.path(&format!("/users/{}", per.id)), json!({"status": "deactivated"}))
            .await
            .expect(200);
        portal.pump_all().await;

        let invite = async |email: &str, customer: &Thing| {
            let person = Person::new(email);
            let answer = portal.invite(&tenant, &person, "member", Some(&customer.id)).await.expect(201);
            invitation(portal, &answer, person)
        };
        let nils = invite("nils@example.com", &north).await;
        let kim_to_south = invite("kim@example.com", &south).await;
        let olga = invite("olga@example.com", &north).await;
        let otto = invite("otto@example.com", &north).await;
        let code = ask_for_code(portal, &otto).await;
        let answer = by.post_empty(&tenant.path(&format!("/users/{}/reinvite", rut.id))).await.expect(201);
        portal.pump_all().await;
        let anew = Person { sub: "sub-rut-anew".to_owned(), ..rut.person.clone() };
        let rut_anew = invitation(portal, &answer, anew);

        let of_kim = OfKim { portal, tenant: &tenant, kim: &kim, north: &north };
        let file = of_kim.file().await;
        let comment = of_kim.comment("Avtal").await;
        let _ = of_kim.comment("Avtal").await;
        let lone_comment = of_kim.comment("Frågor").await;
        let picture = of_kim.picture().await;
        let request = of_kim.request().await;
        let email_change = of_kim.email_change().await;
        let lisas_version = portal.as_(&lisa).get(&tenant.path("/profile")).await.expect(200).etag();
        Self {
            tenant: tenant.clone(),
            bo,
            north,
            south,
            kim,
            lisa,
            lisas_version,
            per,
            nils,
            kim_to_south,
            olga,
            otto,
            code,
            rut,
            rut_anew,
            file,
            comment,
            lone_comment,
            picture,
            email_change,
            request,
        }
    }

    /// A path of the tenant's.
    pub(crate) fn path(&self, rest: &str) -> String {
        self.tenant.path(rest)
    }

    /// Of a direct upload to north.
    pub(crate) fn announcement(&self, size: u64) -> Value {
        json!({"name": "film.txt", "contentType": "text/plain", "size": size, "customer": self.north.id})
    }

    pub(crate) fn admin(&self) -> &Person {
        &self.tenant.administrator
    }
}

fn invitation(portal: &Portal, answer: &Answer, person: Person) -> Invitation {
    Invitation { thing: Thing::of(answer), token: portal.invite_token(&person.email), person }
}

/// Accepts without a code, upon which one is mailed.
async fn ask_for_code(portal: &Portal, invitation: &Invitation) -> String {
    let caller = portal.with_token(portal.token(BARE, &invitation.person, json!({})));
    let answer = caller.post("/api/invites/accept", json!({"token": invitation.token})).await;
    answer.expect_problem(409, "code-required");
    portal.pump_all().await;
    let mail = portal.mails_to(&invitation.person.email).pop().expect("a mail with a code");
    let digits = mail.text.reveal().split(|c: char| !c.is_ascii_digit());
    digits.into_iter().find(|part| part.len() == 6).expect("a code of six digits").to_owned()
}

/// What is Kim's.
struct OfKim<'a> {
    portal: &'a Portal,
    tenant: &'a Tenant,
    kim: &'a User,
    north: &'a Thing,
}

impl OfKim<'_> {
    async fn file(&self) -> Thing {
        let path = self.tenant.path(&format!("/files?customer={}", self.north.id));
        let caller =
            self.portal.as_(self.kim).header("content-disposition", "attachment; filename=avtal.txt");
        Thing::of(&caller.send_bytes(Method::POST, &path, "text/plain", "Avtal").await.expect(201))
    }

    async fn comment(&self, thread: &str) -> Thing {
        let body = json!({"customer": self.north.id, "thread": thread, "text": "Hej"});
        Thing::of(&self.portal.as_(self.kim).post(&self.tenant.path("/comments"), body).await.expect(201))
    }

    async fn picture(&self) -> String {
        let path = self.tenant.path("/profile/picture");
        let caller = self.portal.as_(self.kim);
        caller.send_bytes(Method::PUT, &path, "image/png", PNG).await.expect(200).etag()
    }

    async fn request(&self) -> Thing {
        let (path, body) = (self.tenant.path("/requests"), json!({"kind": "access"}));
        let asked = self.portal.as_(self.kim).post(&path, body).await.expect(201);
        self.portal.pump_all().await;
        Thing::of(&asked)
    }

    async fn email_change(&self) -> String {
        let body: Value = json!({"email": "kim.ny@example.com"});
        self.portal.as_(self.kim).patch(&self.tenant.path("/profile"), body).await.expect(200);
        self.portal.pump_all().await;
        self.portal.mail_token("kim.ny@example.com", "#email=")
    }
}
