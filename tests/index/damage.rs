//! Indexes that were damaged on purpose.

use std::collections::BTreeMap;

use bytes::Bytes;
use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, Container};

use crate::scene::Scene;

/// A hash that the test's key, of version 1, may have made, and made of nothing here.
pub(crate) fn foreign_hash(version: &str) -> String {
    format!("{version}-{}", "ab".repeat(32))
}

fn path(name: &str) -> BlobPath {
    let (container, name) = name.split_once('/').expect("a container and a name");
    BlobPath::new(Container::new(container), name)
}

impl Scene {
    pub(crate) async fn put(&self, name: &str, content: &str) {
        let bytes = Bytes::from(content.to_owned());
        self.portal.blobs().put_bytes(&path(name), bytes, Condition::Always).await.expect("written");
    }

    pub(crate) async fn remove(&self, name: &str) {
        self.portal.blobs().delete_if_exists(&path(name)).await.expect("removed");
    }

    /// Removes every entry for which `which` says so, by its place in the list and its name.
    pub(crate) async fn lose(&self, indexes: &BTreeMap<String, Bytes>, which: impl Fn(usize, &str) -> bool) {
        for (place, name) in indexes.keys().enumerate() {
            if which(place, name) {
                self.remove(name).await;
            }
        }
    }

    /// Plants entries that nothing leads to, and gives Kim's address to Lisa's entry.
    pub(crate) async fn plant(&self, indexes: &BTreeMap<String, Bytes>) {
        let hash = foreign_hash("1");
        let (nobody, no_customer) = ("usr_01arz3ndektsv4rrffq69g5fav", "cus_01arz3ndektsv4rrffq69g5fav");
        let customer = &self.customer;
        for (name, content) in [
            (format!("index/identity/{hash}"), nobody),
            (format!("index/identity/{hash}ab"), "no id"),
            (format!("index/email/{hash}"), self.kim.id.as_str()),
            (format!("index/email/{hash}/invite/inv_01arz3ndektsv4rrffq69g5fav"), ""),
            (format!("index/customer-name/{hash}/{customer}"), ""),
            (format!("index/customer-name/{hash}/{no_customer}"), ""),
            (format!("index/users/{nobody}"), ""),
            (format!("index/customer/{customer}/users/{nobody}"), ""),
            (format!("index/customer/{customer}/users/{}", self.tenant.administrator.id), ""),
            (format!("index/customer/{no_customer}/files/7zzzzzzzzzzzzzzzzzzzzzzzzz"), ""),
            ("index/invites/pending/inv_01arz3ndektsv4rrffq69g5fav".to_owned(), ""),
            ("index/of/no/kind".to_owned(), ""),
            (format!("index/thread/{customer}/{hash}/7zzzzzzzzzzzzzzzzzzzzzzzzz"), ""),
            (format!("threads/{customer}/{hash}.json"), "{}"),
            ("threads/nothing".to_owned(), "{}"),
            (format!("index/requests/all/{}", "7".repeat(26)), ""),
        ] {
            self.put(&format!("tenant-t1/{name}"), content).await;
        }
        self.put(&format!("platform/memberships/{hash}/t1"), "").await;
        let is_address =
            |name: &str| name.strip_prefix("tenant-t1/index/email/").is_some_and(|rest| !rest.contains('/'));
        let kims = indexes.iter().find(|(name, id)| is_address(name) && **id == self.kim.id.as_bytes());
        let (kims, _) = kims.expect("the entry of Kim's address");
        self.put(kims, &self.lisa.id).await;
    }
}
