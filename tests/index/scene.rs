//! A portal with an entry of every kind.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::Method;
use serde_json::json;

use crate::support::{Person, Portal, Tenant, User};

pub(crate) struct Scene {
    pub(crate) portal: Portal,
    pub(crate) tenant: Tenant,
    /// Has something of everything.
    pub(crate) kim: User,
    /// Has confirmed another address than she came with.
    pub(crate) lisa: User,
    pub(crate) customer: String,
}

/// What Lisa is found by.
pub(crate) const LISAS_NEW: &str = "lisa.ny@example.com";

impl Scene {
    pub(crate) async fn set(portal: Portal) -> Self {
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Norr AB").await;
        let other = portal.customer(&tenant, "Söder AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        let _ = portal.member(&tenant, &other, "kim@example.com").await;
        let lisa = portal.member(&tenant, &customer, "lisa@example.com").await;
        let by = portal.as_(&tenant.administrator);
        let renamed = tenant.path(&format!("/customers/{other}"));
        by.patch(&renamed, json!({"name": "Syd AB"})).await.expect(200);
        for (email, then) in [("nils@example.com", None), ("olga@example.com", Some("revoke"))] {
            let invited = portal.invite(&tenant, &Person::new(email), "member", Some(&customer)).await;
            let id = invited.expect(201).text_at("/id");
            if then.is_some() {
                by.delete(&tenant.path(&format!("/invites/{id}"))).await.expect(204);
            }
        }
        for (thread, text) in [("Avtal", "Hej"), ("Avtal", "Igen"), ("Frågor", "Vem?")] {
            let body = json!({"customer": customer, "thread": thread, "text": text});
            portal.as_(&kim).post(&tenant.path("/comments"), body).await.expect(201);
        }
        let files = tenant.path(&format!("/files?customer={customer}"));
        let caller = portal.as_(&kim).header("content-disposition", "attachment; filename=avtal.txt");
        caller.send_bytes(Method::POST, &files, "text/plain", "Avtal").await.expect(201);
        portal.as_(&kim).post(&tenant.path("/requests"), json!({"kind": "access"})).await.expect(201);
        portal.as_(&lisa).patch(&tenant.path("/profile"), json!({"email": LISAS_NEW})).await.expect(200);
        portal.pump_all().await;
        let token = portal.mail_token(LISAS_NEW, "#email=");
        portal.as_(&lisa).post("/api/email-changes/confirm", json!({"token": token})).await.expect(200);
        // What came first at the same moment as the beginning of a rebuild would count as its own.
        portal.advance_hours(1);
        portal.timer("waiting_work").await;
        let scene = Self { portal, tenant, kim, lisa, customer };
        scene.fits_together().await;
        scene
    }

    pub(crate) async fn fits_together(&self) {
        self.portal.assert_consistent(&self.tenant.id).await;
    }

    /// Everything that a rebuild makes.
    pub(crate) async fn indexes(&self) -> BTreeMap<String, Bytes> {
        let mut dump = self.portal.dump().await;
        dump.retain(|name, _| is_index(name));
        dump
    }

    /// The names of the objects from which entries follow.
    pub(crate) async fn objects(&self) -> Vec<String> {
        let is_object = |name: &String| {
            let ends = ["/profile.json", "/meta.json", "/case.json"].iter().any(|end| name.ends_with(end));
            let starts = ["customers/", "invites/", "comments/"];
            let is_of = |start: &&str| name.starts_with(&format!("tenant-t1/{start}"));
            ends || starts.iter().any(is_of)
        };
        self.portal.names().await.into_iter().filter(is_object).collect()
    }

    /// Everybody gets in and finds what is theirs.
    pub(crate) async fn is_in_use(&self) {
        self.is_in_use_at(&self.portal).await;
    }

    /// The same at another process.
    pub(crate) async fn is_in_use_at(&self, portal: &Portal) {
        let tenant = &self.tenant;
        for user in [&self.kim, &self.lisa, &tenant.administrator] {
            portal.as_(user).get(&tenant.path("/profile")).await.expect(200);
            assert_eq!(portal.as_(user).get("/api/me").await.expect(200).at("/0/tenant"), "t1");
        }
        let by = portal.as_(&tenant.administrator);
        for (email, user) in [(LISAS_NEW, &self.lisa), ("kim@example.com", &self.kim)] {
            let found = by.post(&tenant.path("/users/search"), json!({"email": email})).await.expect(200);
            assert_eq!(found.items().first().map(|found| found["id"].clone()), Some(user.id.clone().into()));
        }
        let list = |what: &str| tenant.path(&format!("/{what}customer={}", self.customer));
        let count = async |what: &str| portal.as_(&self.kim).get(&list(what)).await.expect(200).items().len();
        assert_eq!(count("threads?").await, 2);
        assert_eq!(count("comments?thread=Avtal&").await, 2);
        assert_eq!(count("files?").await, 1);
    }
}

pub(crate) fn is_index(name: &str) -> bool {
    let own = ["index/", "threads/"].iter().any(|kind| name.starts_with(&format!("tenant-t1/{kind}")));
    own || name.starts_with("platform/memberships/")
}
