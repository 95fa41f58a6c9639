//! Two handlers on one store, and the people who use them.

use std::time::Duration;

use serde_json::json;

use crate::support::{Person, Portal, Tenant, User};

/// The variable with the index keys.
pub(crate) const INDEX_KEYS: &str = "KUNDPORTAL_INDEX_KEYS";

/// A key by its number: `k1:…`.
pub(crate) fn key(number: u8) -> String {
    let bytes: Vec<u8> = (0..32).map(|byte| byte ^ (number << 5)).collect();
    format!("k{number}:{}", data_encoding::BASE64.encode(&bytes))
}

/// Two requests that are made at the same moment.
pub(crate) enum Pair {
    /// One person accepts two invitations: they are one user.
    SamePerson { person: Person, tokens: [String; 2] },
    /// Two want the same address: one gets it.
    Rivals { people: [Person; 2], path: &'static str, tokens: [String; 2] },
}

pub(crate) struct Office {
    pub(crate) handlers: [Portal; 2],
    pub(crate) tenant: Tenant,
    pub(crate) customers: [String; 2],
    pub(crate) members: Vec<User>,
    /// How long each of the people waits before the next request.
    pub(crate) pause: Duration,
    /// What a command is told beside the settings of the handlers.
    pub(crate) of_commands: &'static [(&'static str, &'static str)],
}

/// An operator has the settings of the app, and nothing of a local run.
const NO_LOCAL_RUN: [(&str, &str); 3] =
    [("KUNDPORTAL_DATA_DIR", ""), ("KUNDPORTAL_SIGNED_URL_BASE", ""), ("KUNDPORTAL_SIGNED_URL_KEY", "")];

impl Office {
    /// With the first key.
    pub(crate) async fn open() -> Self {
        let one = Portal::start_served_with(&[(INDEX_KEYS, &key(1))]).await;
        Self::with(one, Duration::from_millis(5), &[]).await
    }

    /// The same with everything in an account of Azurite, which takes a while for each request.
    pub(crate) async fn open_on_azurite() -> Self {
        let one = Portal::start_served_on_azurite(&[(INDEX_KEYS, &key(1))]).await;
        Self::with(one, Duration::from_millis(400), &NO_LOCAL_RUN).await
    }

    async fn with(
        one: Portal,
        pause: Duration,
        of_commands: &'static [(&'static str, &'static str)],
    ) -> Self {
        let tenant = one.tenant("t1").await;
        let customers = [one.customer(&tenant, "Norr AB").await, one.customer(&tenant, "Söder AB").await];
        let mut members = Vec::new();
        for name in ["maja", "nils", "olga", "per"] {
            members.push(one.member(&tenant, &customers[0], &format!("{name}@example.com")).await);
        }
        let other = one.another_process().await;
        Self { handlers: [one, other], tenant, customers, members, pause, of_commands }
    }

    /// Time goes by, and everything that waits is brought to its end.
    pub(crate) async fn settle(&self) {
        let portal = &self.handlers[0];
        for _ in 0..2 {
            portal.advance_hours(1);
            portal.timer("waiting_work").await;
            portal.pump_all().await;
        }
    }

    /// Requests that will meet; `round` makes them new ones.
    pub(crate) async fn pairs(&self, round: usize, number: usize) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for number in 0..number {
            let name = format!("ny-{round}-{number}");
            let person = Person::new(&format!("{name}@example.com"));
            let mut tokens = [String::new(), String::new()];
            for (token, customer) in tokens.iter_mut().zip(&self.customers) {
                *token = self.invite(&person, customer).await;
            }
            pairs.push(Pair::SamePerson { person, tokens });

            let one = Person::new(&format!("tva-{name}@example.com"));
            let other = Person { sub: format!("{}-annan", one.sub), ..one.clone() };
            let tokens =
                [self.invite(&one, &self.customers[0]).await, self.invite(&other, &self.customers[1]).await];
            pairs.push(Pair::Rivals { people: [one, other], path: "/api/invites/accept", tokens });
        }
        let [portal, _] = &self.handlers;
        let wanted = format!("onskad-{round}@example.com");
        let mut people = Vec::new();
        let mut tokens = Vec::new();
        for rival in 0..2 {
            let email = format!("rival-{round}-{rival}@example.com");
            let user = portal.member(&self.tenant, &self.customers[0], &email).await;
            let profile = self.tenant.path("/profile");
            portal.as_(&user).patch(&profile, json!({"email": wanted})).await.expect(200);
            portal.pump_all().await;
            tokens.push(portal.mail_token(&wanted, "#email="));
            people.push(user.person);
        }
        let people: [Person; 2] = people.try_into().expect("two");
        let tokens: [String; 2] = tokens.try_into().expect("two");
        pairs.push(Pair::Rivals { people, path: "/api/email-changes/confirm", tokens });
        pairs
    }

    async fn invite(&self, person: &Person, customer: &str) -> String {
        let [portal, _] = &self.handlers;
        portal.invite(&self.tenant, person, "member", Some(customer)).await.expect(201);
        portal.invite_token(&person.email)
    }
}
