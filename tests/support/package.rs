//! Asking for one's package, and what is in it.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
};

use serde_json::{Value, json};

use super::{
    answer::Answer,
    people::{Tenant, User},
    portal::Portal,
};

/// The entries of a package by their names below its one folder.
pub(crate) type Entries = BTreeMap<String, Vec<u8>>;

/// Asks for access; the request's id.
pub(crate) async fn ask(portal: &Portal, tenant: &Tenant, user: &User) -> String {
    let answer =
        portal.as_(user).post(&tenant.path("/requests"), json!({"kind": "access"})).await.expect(201);
    assert_eq!(answer.text_at("/state"), "inProgress");
    answer.text_at("/id")
}

/// Fetches the package of a request.
pub(crate) async fn package(portal: &Portal, tenant: &Tenant, user: &User, request: &str) -> Answer {
    portal.as_(user).get(&tenant.path(&format!("/requests/{request}/package"))).await
}

/// Asks, waits and fetches.
pub(crate) async fn entries_for(portal: &Portal, tenant: &Tenant, user: &User) -> Entries {
    let request = ask(portal, tenant, user).await;
    portal.pump_all().await;
    entries(&package(portal, tenant, user, &request).await.expect(200), &request)
}

/// The entries of a package that was fetched.
pub(crate) fn entries(answer: &Answer, request: &str) -> Entries {
    unpack(&answer.body, request)
}

/// The entries of a package.
pub(crate) fn unpack(zip: &[u8], request: &str) -> Entries {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).expect("a ZIP");
    (0..archive.len())
        .map(|place| {
            let mut entry = archive.by_index(place).expect("an entry");
            let name = entry
                .name()
                .expect("UTF-8")
                .strip_prefix(&format!("{request}/"))
                .expect("one folder")
                .to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its content");
            (name, content)
        })
        .collect()
}

/// A JSON file of a package.
#[track_caller]
pub(crate) fn parsed(entries: &Entries, name: &str) -> Value {
    serde_json::from_slice(entries.get(name).unwrap_or_else(|| panic!("no {name}"))).expect(name)
}

/// The page of a package.
#[track_caller]
pub(crate) fn page(entries: &Entries) -> String {
    String::from_utf8(entries["index.html"].clone()).expect("UTF-8")
}
