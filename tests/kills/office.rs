//! A tenant, its customers, and the people who write.

use serde_json::json;

use crate::{
    door::{Ask, Door},
    support::{Person, User},
};

pub(crate) const TENANT: &str = "t1";

/// A path of the tenant's.
pub(crate) fn path(rest: &str) -> String {
    format!("/api/tenants/{TENANT}{rest}")
}

/// A tenant with its administrator.
pub(crate) struct Office {
    pub(crate) administrator: User,
}

impl Office {
    /// Before anything is killed.
    pub(crate) async fn open(door: &dyn Door) -> Self {
        let administrator = Person::new("admin@example.com");
        let body = json!({
            "id": TENANT, "name": "Leverantör AB", "organisationNumber": "556000-0001", "locale": "sv",
            "contact": {"name": "Karin Kontakt", "email": "kontakt@example.com"},
            "agreement": {"kind": "standard", "signedOn": "2026-03-01"},
            "retention": {"files": "P24M", "comments": "P24M"},
            "administrator": {"name": administrator.name, "email": administrator.email},
        });
        let made = door.ask_as_operator(&Ask::post("/api/tenants", &body)).await;
        made.expect("an answer").expect(201);
        Self { administrator: accept(door, administrator).await }
    }

    pub(crate) async fn customer(&self, door: &dyn Door, name: &str) -> String {
        let ask = Ask::post(path("/customers"), &json!({"name": name}));
        door.now(&self.administrator, &ask, 201).await.text_at("/id")
    }

    /// A new member of a customer.
    pub(crate) async fn member(&self, door: &dyn Door, customer: &str, local: &str) -> User {
        let person = Person::new(&format!("{local}@example.com"));
        door.now(&self.administrator, &invitation(&person, customer), 201).await;
        accept(door, person).await
    }
}

/// The invitation of a member.
pub(crate) fn invitation(person: &Person, customer: &str) -> Ask {
    let body = json!({"email": person.email, "name": person.name, "role": "member", "customer": customer});
    Ask::post(path("/invites"), &body)
}

async fn accept(door: &dyn Door, person: Person) -> User {
    let token = loop {
        match door.invite_token(&person.email).await {
            Some(token) => break token,
            None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    let answer = door.now(&person, &Ask::post("/api/invites/accept", &json!({"token": token})), 200).await;
    User { id: answer.text_at("/user"), person }
}
