//! For each row of the table, a request that is right in everything but, perhaps, who makes it.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    support::{Answer, Caller, Person, Portal, Tenant, User},
    table::{Row, Who},
};

/// A picture of one pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
    0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81,
    0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Tenant `t1` with two customers, tenant `t2`, and one user of each kind.
pub(crate) struct Scene<'a> {
    portal: &'a Portal,
    tenant: Tenant,
    other_tenant: Tenant,
    /// The customer that is asked about, and another one.
    customers: [String; 2],
    other_customer: User,
    member: User,
    customer_administrator: User,
    officer: User,
    deactivated: User,
    /// A member whose account nobody else here uses.
    spare: User,
    number: AtomicUsize,
}

impl<'a> Scene<'a> {
    /// The same after a deployment.
    pub(crate) fn redeployed(self, portal: &'a Portal) -> Self {
        Self { portal, ..self }
    }

    pub(crate) async fn set(portal: &'a Portal) -> Self {
        let tenant = portal.tenant("t1").await;
        let other_tenant = portal.tenant("t2").await;
        let a = portal.customer(&tenant, "Kund A AB").await;
        let b = portal.customer(&tenant, "Kund B AB").await;
        let by_customer = |email: &'static str, role: &'static str, customer: &str| {
            let customer = customer.to_owned();
            let tenant = &tenant;
            async move { portal.join(tenant, email, role, Some(&customer)).await }
        };
        let other_customer = by_customer("cecilia@example.com", "customerAdministrator", &b).await;
        let member = by_customer("maja@example.com", "member", &a).await;
        let customer_administrator = by_customer("carl@example.com", "customerAdministrator", &a).await;
        let deactivated = by_customer("dag@example.com", "member", &a).await;
        let spare = by_customer("sam@example.com", "member", &a).await;
        let officer = portal.join(&tenant, "olle@example.com", "dataProtectionOfficer", None).await;
        portal
            .as_(&tenant.administrator)
            .patch(&tenant.path(&format!("/users/{}", deactivated.id)), json!({"status": "deactivated"}))
            .await
            .expect(200);
        portal.pump_all().await;
        Self {
            portal,
            tenant,
            other_tenant,
            customers: [a, b],
            other_customer,
            member,
            customer_administrator,
            officer,
            deactivated,
            spare,
            number: AtomicUsize::new(0),
        }
    }

    /// The person of a kind; of kinds without one, the administrator.
    pub(crate) fn person(&self, who: Who) -> &Person {
        match who {
            Who::OtherTenant => &self.other_tenant.administrator,
            Who::OtherCustomer => &self.other_customer,
            Who::Member => &self.member,
            Who::CustomerAdministrator => &self.customer_administrator,
            Who::Officer => &self.officer,
            Who::Deactivated => &self.deactivated,
            _ => &self.tenant.administrator,
        }
    }

    fn next(&self) -> usize {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    fn owner(&self) -> Caller<'_> {
        self.portal.as_(&self.member)
    }

    /// Makes what the row's request needs, afresh where it may be used up, and asks as the caller.
    pub(crate) async fn ask(&self, caller: &Caller<'_>, row: &Row, who: Who) -> Answer {
        let (method, template) = row.operation.split_once(' ').expect("method and path");
        let method: Method = method.parse().expect("a method");
        let (path, body) = match (method.as_str(), template) {
            ("PUT", "/api/tenants/{}/profile/picture") => {
                return caller.send_bytes(method, &self.path("/profile/picture"), "image/png", PNG).await;
            }
            ("POST", "/api/tenants/{}/files") => return self.upload(caller).await,
            ("POST", "/api/tenants/{}/invites/import") => {
                let csv = format!(
                    "email,name,role,customer\nrad{}@example.com,Rad,member,{}\n",
                    self.next(),
                    self.a()
                );
                return caller.send_bytes(method, &self.path("/invites/import"), "text/csv", csv).await;
            }
            (_, template) if template.contains("/customers/{}/users/{}") => {
                (self.membership(&method).await, Some(json!({"role": "member"})))
            }
            (_, template) if template.contains("/invites/{}") => (self.invite_path(template).await, None),
            (_, template) if template.contains("/profile/") => (self.own_path(template, who).await, None),
            (_, template) if template.contains("/files/uploads/{}") => {
                (self.upload_path(template).await, None)
            }
            (_, template) if template.contains("/files/{}") => (self.file_path(template).await, None),
            (_, template) if template.contains("/comments/{}") => {
                (self.comment_path().await, Some(json!({"text": "Rättat"})))
            }
            ("POST", "/api/tenants/{}/sub-processor-objections") => {
                self.withdraw_objections().await;
                (self.path("/sub-processor-objections"), Some(self.objection()))
            }
            ("POST", "/api/tenants/{}/sub-processor-objections/{}/answer") => {
                self.withdraw_objections().await;
                let administrator = self.portal.as_(&self.tenant.administrator);
                let made =
                    administrator.post(&self.path("/sub-processor-objections"), self.objection()).await;
                let id = made.expect(201).text_at("/id");
                let path = self.path(&format!("/sub-processor-objections/{id}/answer"));
                (path, Some(json!({"answer": "Vi använder det inte för er.", "outcome": "withdrawn"})))
            }
            (_, template) if template.contains("/requests/{}") => (self.request_path(template).await, None),
            (_, template) => self.simple(method.as_str(), template).await,
        };
        match body {
            Some(body) if matches!(method, Method::POST | Method::PUT | Method::PATCH) => {
                caller.send_bytes(method, &path, "application/json", body.to_string()).await
            }
            _ if method == Method::POST => caller.post_empty(&path).await,
            _ => caller.send(method, &path, |request| request).await,
        }
    }

    fn objection(&self) -> Value {
        json!({"subProcessor": "azure-communication-services", "reason": format!("Skäl {}", self.next())})
    }

    /// So that there is room for another one.
    async fn withdraw_objections(&self) {
        let path = self.path("/sub-processor-objections?limit=200");
        let made = self.portal.as_(&self.tenant.administrator).get(&path).await.expect(200).items();
        for objection in made.iter().filter(|objection| objection["state"] != "withdrawn") {
            let id = objection["id"].as_str().expect("an id");
            let path = self.path(&format!("/sub-processor-objections/{id}/answer"));
            let body = json!({"answer": "Tas tillbaka.", "outcome": "withdrawn"});
            self.portal.operator().post(&path, body).await.expect(200);
        }
    }

    fn a(&self) -> &str {
        &self.customers[0]
    }

    fn path(&self, rest: &str) -> String {
        self.tenant.path(rest)
    }

    async fn simple(&self, method: &str, template: &str) -> (String, Option<Value>) {
        let number = self.next();
        let email = format!("ny{number}@example.com");
        let with_customer = |rest: &str| self.path(&format!("{rest}?customer={}", self.a()));
        let rest = template.strip_prefix("/api/tenants/{}").unwrap_or_default();
        match (method, rest) {
            ("POST", "/administrators") => (
                self.path(rest),
                Some(
                    json!({"name": "Ny Administratör", "email": email, "authority": "Firmatecknare, motringd"}),
                ),
            ),
            ("PATCH", "") if template.ends_with("{}") => (self.path(rest), Some(json!({"locale": "sv"}))),
            ("POST", "/customers") => (self.path(rest), Some(json!({"name": format!("Kund {number} AB")}))),
            ("PATCH", "/customers/{}") => {
                (self.path(&format!("/customers/{}", self.a())), Some(json!({"name": "Kund A AB"})))
            }
            ("POST", "/invites") => (
                self.path(rest),
                Some(json!({"email": email, "name": "Ny", "role": "member", "customer": self.a()})),
            ),
            ("POST", "/users/search") => (self.path(rest), Some(json!({"email": self.member.email}))),
            ("GET", "/users/{}") => (self.path(&format!("/users/{}", self.member.id)), None),
            ("PATCH", "/users/{}") => {
                (self.path(&format!("/users/{}", self.spare.id)), Some(json!({"status": "active"})))
            }
            ("POST", "/users/{}/reinvite") => {
                (self.path(&format!("/users/{}/reinvite", self.spare.id)), None)
            }
            ("GET", "/users/{}/picture") => {
                self.put_picture(&self.member).await;
                (self.path(&format!("/users/{}/picture", self.member.id)), None)
            }
            ("PATCH", "/profile") => (self.path(rest), Some(json!({"locale": "sv"}))),
            ("GET", "/files" | "/threads") => (with_customer(rest), None),
            ("GET", "/comments") => (format!("{}&thread=Leverans", with_customer(rest)), None),
            ("POST", "/comments") => {
                (self.path(rest), Some(json!({"customer": self.a(), "thread": "Leverans", "text": "Hej"})))
            }
            ("POST", "/files/uploads") => (self.path(rest), Some(self.announcement())),
            ("POST", "/requests") => {
                self.portal.pump_all().await;
                (self.path(rest), Some(json!({"kind": "access"})))
            }
            _ => self.outside(method, template, &email).await,
        }
    }

    async fn outside(&self, method: &str, template: &str, email: &str) -> (String, Option<Value>) {
        let body = match (method, template) {
            ("POST", "/api/tenants") => Some(json!({
                "id": format!("t-{}", email.len() + self.next()),
                "name": "Ny Leverantör AB",
                "organisationNumber": "556000-0019",
                "contact": {"name": "Karin Kontakt", "email": "kontakt@example.com"},
                "locale": "sv",
                "administrator": {"name": "Ny Administratör", "email": email},
            })),
            ("POST", "/api/invites/lookup" | "/api/invites/accept") => {
                let person = Person::new(email);
                self.portal.invite(&self.tenant, &person, "member", Some(self.a())).await.expect(201);
                Some(json!({"token": self.portal.invite_token(email)}))
            }
            ("POST", "/api/email-changes/confirm") => {
                self.change_email(&self.member, email).await;
                Some(json!({"token": self.portal.mail_token(email, "#email=")}))
            }
            _ => None,
        };
        (template.replace("/api/tenants/{}", &self.path("")), body)
    }

    /// A path below one's own profile, with something there to ask for.
    async fn own_path(&self, template: &str, who: Who) -> String {
        let is_user = !matches!(
            who,
            Who::Untrusted | Who::OperatorByOther | Who::Operator | Who::Stranger | Who::OtherTenant
        );
        if is_user && template.ends_with("/picture") {
            self.put_picture(self.person(who)).await;
        } else if is_user && template.ends_with("/email-change") {
            self.change_email(self.person(who), &format!("annan{}@example.com", self.next())).await;
        }
        template.replace("/api/tenants/{}", &self.path(""))
    }

    async fn put_picture(&self, person: &Person) {
        let caller = self.portal.as_(person);
        let answer = caller.send_bytes(Method::PUT, &self.path("/profile/picture"), "image/png", PNG).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text());
    }

    async fn change_email(&self, person: &Person, email: &str) {
        self.portal.as_(person).patch(&self.path("/profile"), json!({"email": email})).await.expect(200);
        self.portal.pump_all().await;
    }

    /// The path of a membership; of one that is there to be ended, where it is to be ended.
    async fn membership(&self, method: &Method) -> String {
        let user = if *method == Method::DELETE {
            let email = format!("medlem{}@example.com", self.next());
            self.portal.join(&self.tenant, &email, "member", Some(self.a())).await.id
        } else {
            self.spare.id.clone()
        };
        self.path(&format!("/customers/{}/users/{user}", self.a()))
    }

    async fn invite_path(&self, template: &str) -> String {
        let person = Person::new(&format!("inbjuden{}@example.com", self.next()));
        let answer = self.portal.invite(&self.tenant, &person, "member", Some(self.a())).await.expect(201);
        let rest = template.strip_prefix("/api/tenants/{}").expect("a tenant's");
        self.path(&rest.replace("{}", &answer.text_at("/id")))
    }

    async fn upload(&self, caller: &Caller<'_>) -> Answer {
        let path = self.path(&format!("/files?customer={}", self.a()));
        caller
            .clone()
            .header("content-disposition", "attachment; filename*=UTF-8''avtal%20%C3%A5r.pdf")
            .send_bytes(Method::POST, &path, "application/pdf", format!("fil {}", self.next()))
            .await
    }

    fn announcement(&self) -> Value {
        json!({"name": "avtal år.pdf", "contentType": "application/pdf", "size": 2, "customer": self.a()})
    }

    /// An upload of the member's that was sent.
    async fn upload_path(&self, template: &str) -> String {
        let begun = self.owner().post(&self.path("/files/uploads"), self.announcement()).await;
        let id = begun.expect(201).text_at("/id");
        self.portal.send_straight(&self.tenant, &id, "ab").await;
        let rest = template.strip_prefix("/api/tenants/{}").expect("a tenant's");
        self.path(&rest.replace("{}", &id))
    }

    async fn file_path(&self, template: &str) -> String {
        let id = self.upload(&self.owner()).await.expect(201).text_at("/id");
        let rest = template.strip_prefix("/api/tenants/{}").expect("a tenant's");
        self.path(&rest.replace("{}", &id))
    }

    async fn comment_path(&self) -> String {
        let body = json!({"customer": self.a(), "thread": "Leverans", "text": "Hej"});
        let id = self.owner().post(&self.path("/comments"), body).await.expect(201).text_at("/id");
        self.path(&format!("/comments/{id}"))
    }

    /// A case of the member's; one whose package is ready, except where it is to be withdrawn.
    async fn request_path(&self, template: &str) -> String {
        // A person has one request in progress at a time.
        self.portal.pump_all().await;
        let id = self
            .owner()
            .post(&self.path("/requests"), json!({"kind": "access"}))
            .await
            .expect(201)
            .text_at("/id");
        if !template.ends_with("/withdrawal") {
            self.portal.pump_all().await;
        }
        let rest = template.strip_prefix("/api/tenants/{}").expect("a tenant's");
        self.path(&rest.replace("{}", &id))
    }
}
