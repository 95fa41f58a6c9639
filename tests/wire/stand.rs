//! A portal whose storage lies behind a wire, with somebody and something in it.

use std::{path::Path, sync::Arc};

use kundportal_store::AzureConfig;
use reqwest::Method;
use serde_json::json;

use crate::{
    proxy::Wire,
    support::{Azurite, Issuer, Person, Portal, Tenant, User},
};

/// A portal on an account of its own.
pub(crate) struct Stand {
    pub(crate) wire: Wire,
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
}

/// The folder with the certificate and the key of Azurite.
pub(crate) fn keys(azurite: &Azurite) -> std::path::PathBuf {
    azurite.certificate().parent().map(Path::to_owned).expect("a folder")
}

impl Stand {
    pub(crate) async fn up(azurite: &Azurite, issuer: &Arc<Issuer>) -> Self {
        let account = azurite.account();
        let wire = Wire::to(&account.blob_url, &keys(azurite)).await;
        let config = AzureConfig { blob_url: wire.url(&account.blob_url), ..account };
        let portal = Portal::start_on_account(&config, issuer).await;
        let scene = Scene::on(&portal).await;
        let _ = wire.seen();
        Self { wire, portal, scene }
    }
}

impl Scene {
    async fn on(portal: &Portal) -> Self {
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
        portal.pump_all().await;
        Self { file: file.text_at("/id"), tenant, customer, kim, nils, token }
    }
}
