//! A tenant with a customer, members of it, and as much stored as a test wants.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Person, Portal, Tenant, User};

/// How much lies beside what is measured: of each kind of thing so many. The second is ten times the first.
pub(crate) const STORED: [usize; 2] = [3, 30];

pub(crate) struct Office {
    pub(crate) portal: Portal,
    pub(crate) tenant: Tenant,
    pub(crate) customer: String,
    pub(crate) members: Vec<User>,
    /// A member who is looked up, and whose account nothing is asked about.
    pub(crate) colleague: User,
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl Office {
    /// With so many members, who have never signed in. Files and comments stay for three years.
    pub(crate) async fn open(members: usize) -> Self {
        let portal = Portal::start().await;
        let tenant = portal.tenant("acme").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let colleague = portal.member(&tenant, &customer, "annan@example.com").await;
        let mut office = Self { portal, tenant, customer, members: Vec::new(), colleague };
        office.keep_for("P36M").await;
        for number in 0..members {
            let email = format!("kim{number}@example.com");
            let member = office.portal.member(&office.tenant, &office.customer, &email).await;
            office.members.push(member);
        }
        office
    }

    /// Chooses how long files and comments stay.
    pub(crate) async fn keep_for(&self, period: &str) {
        let choice = json!({"retention": {"files": period, "comments": period}});
        self.administrator().patch(&self.tenant.path(""), choice).await.expect(200);
        self.portal.pump_all().await;
    }

    pub(crate) fn administrator(&self) -> crate::support::Caller<'_> {
        self.portal.as_(&self.tenant.administrator)
    }

    pub(crate) fn profile(&self) -> String {
        self.tenant.path("/profile")
    }

    pub(crate) async fn upload(&self, user: &User, name: &str) -> Answer {
        self.upload_as(&self.portal.as_(user), name).await
    }

    pub(crate) async fn upload_as(&self, caller: &crate::support::Caller<'_>, name: &str) -> Answer {
        let path = self.tenant.path(&format!("/files?customer={}", self.customer));
        let caller =
            caller.clone().header("content-disposition", &format!("attachment; filename*=UTF-8''{name}"));
        caller.send_bytes(Method::POST, &path, "text/plain", name.as_bytes().to_vec()).await.expect(201)
    }

    pub(crate) async fn comment(&self, user: &User, thread: &str) -> Answer {
        let caller = self.portal.as_(user);
        caller.post(&self.tenant.path("/comments"), self.comment_in(thread)).await.expect(201)
    }

    pub(crate) fn comment_in(&self, thread: &str) -> Value {
        json!({"customer": self.customer, "thread": thread, "text": "Hej!"})
    }

    pub(crate) async fn invite(&self, email: &str) -> Answer {
        let person = Person::new(email);
        self.portal.invite(&self.tenant, &person, "member", Some(&self.customer)).await.expect(201)
    }

    /// Everybody is seen again, so that no account is idle.
    pub(crate) async fn everybody_comes_back(&self, at: &str) {
        self.portal.clock().set(time(at));
        for user in self.members.iter().chain([&self.colleague, &self.tenant.administrator]) {
            self.portal.as_(user).get(&self.profile()).await.expect(200);
        }
    }

    /// So many of each kind of thing that is stored.
    pub(crate) async fn store(&self, number: usize) {
        for number in 0..number {
            let administrator = &self.tenant.administrator;
            self.upload(administrator, &format!("senare-{number}.txt")).await;
            self.comment(administrator, "Senare").await;
            let key = self.administrator().key(&format!("senare-{number}"));
            let body = json!({"name": format!("Senare {number} AB")});
            key.post(&self.tenant.path("/customers"), body).await.expect(201);
            self.invite(&format!("senare{number}@example.com")).await;
            self.portal.advance_hours(1);
            for user in [&self.colleague, administrator] {
                self.portal.as_(user).get(&self.profile()).await.expect(200);
            }
            let path = self.tenant.path(&format!("/users/{}", self.colleague.id));
            self.administrator().get(&path).await.expect(200);
        }
        self.portal.pump_all().await;
    }
}
