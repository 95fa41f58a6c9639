//! A portal whose storage lies behind a wire, with somebody and something in it.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use jiff::Timestamp;
use kundportal_store::{AzureConfig, Clock as _, SystemClock};
use reqwest::Method;
use serde_json::json;

use crate::{
    proxy::Wire,
    support::{Azurite, Issuer, Person, Portal, Reached, Tenant, User},
};

/// A portal on an account of its own.
pub(crate) struct Stand {
    pub(crate) wire: Wire,
    /// The way to the queues, where messages do not stay in memory.
    pub(crate) queues: Option<Wire>,
    pub(crate) portal: Portal,
    pub(crate) scene: Scene,
}

/// Who and what there is.
pub(crate) struct Scene {
    pub(crate) tenant: Tenant,
    pub(crate) customer: String,
    /// A member with a file and a comment.
    pub(crate) kim: User,
    pub(crate) file: String,
    /// Somebody who has been invited.
    pub(crate) nils: Person,
    pub(crate) token: String,
    /// What Kim has announced and sent straight to storage.
    pub(crate) upload: String,
    /// Whoever sends something there.
    pub(crate) sender: reqwest::Client,
}

/// When everything begins: this morning, so that signed URLs of two days work, and the same on every stand of a run.
static MORNING: LazyLock<Timestamp> = LazyLock::new(|| {
    let now = SystemClock.now().as_second();
    Timestamp::from_second(now - now.rem_euclid(24 * 3_600) + 8 * 3_600).expect("a time")
});

/// What is sent straight to storage.
pub(crate) const STRAIGHT: &str = "Rakt in";

pub(crate) fn announcement(customer: &str) -> serde_json::Value {
    json!({"name": "rakt.txt", "contentType": "text/plain", "size": STRAIGHT.len(), "customer": customer})
}

/// The folder with the certificate and the key of Azurite.
pub(crate) fn keys(azurite: &Azurite) -> std::path::PathBuf {
    azurite.certificate().parent().map(Path::to_owned).expect("a folder")
}

impl Stand {
    pub(crate) async fn up(azurite: &Azurite, issuer: &Arc<Issuer>) -> Self {
        Self::with(azurite, issuer, false).await
    }

    /// The same with messages in queues of the account.
    pub(crate) async fn up_with_queues(azurite: &Azurite, issuer: &Arc<Issuer>) -> Self {
        Self::with(azurite, issuer, true).await
    }

    async fn with(azurite: &Azurite, issuer: &Arc<Issuer>, with_queues: bool) -> Self {
        let (account, keys) = (azurite.account(), keys(azurite));
        let wire = Wire::to(&account.blob_url, &keys).await;
        let queues = if with_queues { Some(Wire::to(&account.queue_url, &keys).await) } else { None };
        let through = AzureConfig {
            blob_url: wire.url(&account.blob_url),
            queue_url: queues.as_ref().map_or(String::new(), |queues| queues.url(&account.queue_url)),
            ..account.clone()
        };
        let reached = Reached {
            through,
            queues: with_queues.then_some(account),
            now: *MORNING,
            signed_for: Duration::from_hours(48),
        };
        let portal = Portal::start_on_account(reached, issuer).await;
        let scene = Scene::on(&portal, sender(&keys)).await;
        let stand = Self { wire, queues, portal, scene };
        let _ = stand.seen();
        stand
    }

    /// The exchanges since they were taken last.
    pub(crate) fn seen(&self) -> [Vec<String>; 2] {
        [self.wire.seen(), self.queues.as_ref().map(Wire::seen).unwrap_or_default()]
    }
}

fn sender(keys: &Path) -> reqwest::Client {
    let pem = std::fs::read(keys.join("cert.pem")).expect("a certificate");
    let trusted = reqwest::Certificate::from_pem(&pem).expect("PEM");
    reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).build().expect("a client")
}

impl Scene {
    async fn on(portal: &Portal, sender: reqwest::Client) -> Self {
        let tenant = portal.tenant("acme").await;
        let customer = portal.customer(&tenant, "Norr AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        let nils = Person::new("nils@example.com");
        portal.invite(&tenant, &nils, "member", Some(&customer)).await.expect(201);
        let token = portal.invite_token(&nils.email);
        let by = portal.as_(&kim);
        let files = tenant.path(&format!("/files?customer={customer}"));
        let file = by.clone().header("content-disposition", "attachment; filename=avtal.txt");
        let file = file.send_bytes(Method::POST, &files, "text/plain", "Avtal").await.expect(201);
        let comment = json!({"customer": customer, "thread": "Avtal", "text": "Hej"});
        by.post(&tenant.path("/comments"), comment).await.expect(201);
        let announced = announcement(&customer);
        let upload = by.post(&tenant.path("/files/uploads"), announced).await.expect(201).text_at("/id");
        portal.send_straight(&tenant, &upload, STRAIGHT).await;
        portal.pump_all().await;
        Self { file: file.text_at("/id"), tenant, customer, kim, nils, token, upload, sender }
    }
}
