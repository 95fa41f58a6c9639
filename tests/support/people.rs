//! People, and how they come into a portal: by the operator's word and by invitations.

use std::ops::Deref;

use kundportal_store::Mail;
use serde_json::{Value, json};

use super::{answer::Answer, caller::Caller, issuer::Speaker, portal::Portal};

/// Somebody whom an issuer knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) sub: String,
}

impl Person {
    /// The same address always is the same person.
    pub(crate) fn new(email: &str) -> Self {
        let local = email.split('@').next().unwrap_or(email);
        Self { email: email.to_owned(), name: format!("{local} Andersson"), sub: format!("sub-{local}") }
    }

    /// What the issuer says of them.
    pub(crate) fn claims(&self) -> Value {
        json!({"sub": self.sub, "email": self.email, "email_verified": true, "name": self.name})
    }
}

/// A person who is a user of a tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct User {
    pub(crate) person: Person,
    pub(crate) id: String,
}

impl Deref for User {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.person
    }
}

/// A tenant with its first administrator.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) administrator: User,
}

impl Tenant {
    /// The path of something of the tenant's: `tenant.path("/users")`.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/tenants/{}{rest}", self.id)
    }
}

impl Portal {
    /// Somebody with a good token, who has signed in just now.
    pub(crate) fn as_(&self, person: &Person) -> Caller<'_> {
        self.as_with(person, json!({}))
    }

    /// The same with some claims changed; null takes one away.
    pub(crate) fn as_with(&self, person: &Person, claims: Value) -> Caller<'_> {
        self.with_token(self.token(Speaker::Main, person, claims))
    }

    /// A token of any of the issuers about a person, with some claims changed.
    pub(crate) fn token(&self, speaker: Speaker, person: &Person, claims: Value) -> String {
        let mut all = person.claims();
        if let (Value::Object(all), Value::Object(claims)) = (&mut all, claims) {
            all.extend(claims);
        }
        self.issuer().token(speaker, self.now().as_second(), all)
    }

    pub(crate) fn with_token(&self, token: String) -> Caller<'_> {
        Caller::new(self, Some(token))
    }

    /// Nobody in particular.
    pub(crate) fn anyone(&self) -> Caller<'_> {
        Caller::new(self, None)
    }

    /// Somebody at the operator.
    pub(crate) fn operator(&self) -> Caller<'_> {
        self.as_with(&Person::new("drift@example.com"), json!({"roles": ["Operator"]}))
    }

    /// A tenant with its agreement, its periods, and an administrator who has accepted.
    pub(crate) async fn tenant(&self, id: &str) -> Tenant {
        let administrator = self.founder(id).await;
        let administrator = self.accept(&administrator).await;
        Tenant { id: id.to_owned(), administrator }
    }

    /// Who is invited to be the first administrator of a new tenant, which has none until they accept.
    pub(crate) async fn founder(&self, id: &str) -> Person {
        let administrator = Person::new(&format!("admin-{id}@example.com"));
        let body = json!({
            "id": id,
            "name": format!("Leverantör {id} AB"),
            "organisationNumber": "556000-0001",
            "contact": {"name": "Karin Kontakt", "email": format!("kontakt-{id}@example.com")},
            "dataProtectionOfficer": {"name": "Dora Dataskydd", "email": format!("dso-{id}@example.com"),
                "phone": "070-1740606"},
            "locale": "sv",
            "agreement": {"kind": "standard", "signedOn": "2026-03-01"},
            "retention": {"files": "P24M", "comments": "P24M"},
            "administrator": {"name": administrator.name, "email": administrator.email},
        });
        self.operator().post("/api/tenants", body).await.expect(201);
        self.pump_all().await;
        administrator
    }

    /// A new customer's id.
    pub(crate) async fn customer(&self, tenant: &Tenant, name: &str) -> String {
        let answer = self
            .as_(&tenant.administrator)
            .post(&tenant.path("/customers"), json!({"name": name}))
            .await
            .expect(201);
        answer.text_at("/id")
    }

    /// Invites as the tenant's administrator; a role with a customer or without one. The mail is sent.
    pub(crate) async fn invite(
        &self,
        tenant: &Tenant,
        person: &Person,
        role: &str,
        customer: Option<&str>,
    ) -> Answer {
        let mut body = json!({"email": person.email, "name": person.name, "role": role});
        if let Some(customer) = customer {
            body["customer"] = customer.into();
        }
        let answer = self.as_(&tenant.administrator).post(&tenant.path("/invites"), body).await;
        self.pump_all().await;
        answer
    }

    /// Invites somebody and lets them accept: a new user, or a further membership of one.
    pub(crate) async fn join(
        &self,
        tenant: &Tenant,
        email: &str,
        role: &str,
        customer: Option<&str>,
    ) -> User {
        let person = Person::new(email);
        self.invite(tenant, &person, role, customer).await.expect(201);
        self.accept(&person).await
    }

    /// A member of a customer.
    pub(crate) async fn member(&self, tenant: &Tenant, customer: &str, email: &str) -> User {
        self.join(tenant, email, "member", Some(customer)).await
    }

    /// Accepts the newest invitation that was mailed to the person.
    pub(crate) async fn accept(&self, person: &Person) -> User {
        let token = self.invite_token(&person.email);
        let answer = self.as_(person).post("/api/invites/accept", json!({"token": token})).await.expect(200);
        self.pump_all().await;
        User { person: person.clone(), id: answer.text_at("/user") }
    }

    /// The token in the newest invitation that was mailed to the address.
    #[track_caller]
    pub(crate) fn invite_token(&self, email: &str) -> String {
        self.mail_token(email, "#invite=")
    }

    /// What follows `mark` in the newest mail to the address that has it.
    #[track_caller]
    pub(crate) fn mail_token(&self, email: &str, mark: &str) -> String {
        let found = self.mails_to(email).into_iter().rev().find_map(|mail| {
            let text = mail.text.reveal();
            let start = text.find(mark)? + mark.len();
            let rest = &text[start..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.~".contains(c)));
            Some(rest[..end.unwrap_or(rest.len())].trim_end_matches('.').to_owned())
        });
        found.unwrap_or_else(|| panic!("no mail with {mark} to {email}"))
    }

    /// Mails to an address, oldest first.
    pub(crate) fn mails_to(&self, email: &str) -> Vec<Mail> {
        self.mails().into_iter().filter(|mail| mail.to.reveal().as_str() == email).collect()
    }
}
