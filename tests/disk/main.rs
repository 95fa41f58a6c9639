//! A damaged disk: what cannot be written is answered so and leaves nothing, what can be read is read, and once there is room
//! again everything goes on, without a restart.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod place;
#[path = "../support/mod.rs"]
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use place::Disk;
use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;
use support::{Answer, Caller, Portal, Tenant, User, figure};

/// A tenant's customer, and somebody who has put things there.
struct Office {
    tenant: Tenant,
    customer: String,
    kim: User,
    since: i64,
    files: Vec<(String, Vec<u8>)>,
    comment: String,
}

impl Office {
    async fn open(portal: &Portal) -> Self {
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        let since = portal.now().as_second();
        let mut office = Self { tenant, customer, kim, since, files: Vec::new(), comment: String::new() };
        for (number, size) in [1_000, 300_000].into_iter().enumerate() {
            let content = vec![b'a'; size];
            let id = office.upload(portal, number, content.clone()).await.expect(201).text_at("/id");
            office.files.push((id, content));
        }
        office.comment = office.write(portal, "Först").await.expect(201).text_at("/id");
        portal.anyone().get("/api/health").await.expect(200);
        portal.pump_all().await;
        office
    }

    /// Signed in since the beginning: a new sign-in would have to be recorded.
    fn kim<'a>(&self, portal: &'a Portal) -> Caller<'a> {
        portal.as_with(&self.kim, json!({"auth_time": self.since}))
    }

    fn path(&self, rest: &str) -> String {
        self.tenant.path(rest)
    }

    async fn upload(&self, portal: &Portal, number: usize, content: Vec<u8>) -> Answer {
        let name = format!("attachment; filename*=UTF-8''{number}.bin");
        let caller = self.kim(portal).header("content-disposition", &name);
        let path = self.path(&format!("/files?customer={}", self.customer));
        caller.send_bytes(Method::POST, &path, "application/octet-stream", content).await
    }

    async fn write(&self, portal: &Portal, text: &str) -> Answer {
        let body = json!({"customer": self.customer, "thread": "A", "text": text});
        self.kim(portal).post(&self.path("/comments"), body).await
    }

    async fn rename(&self, portal: &Portal, name: &str) -> Answer {
        self.kim(portal).patch(&self.path("/profile"), json!({"name": name})).await
    }

    /// Everything that writes, and is no removal.
    async fn write_everything(&self, portal: &Portal) -> Vec<Answer> {
        let invite =
            json!({"email": "nils@example.com", "name": "Nils", "role": "member", "customer": self.customer});
        vec![
            self.rename(portal, "Ny").await,
            self.write(portal, "Aldrig").await,
            self.upload(portal, 7, vec![b'x'; 2_000]).await,
            self.upload(portal, 8, vec![b'x'; 3_000_000]).await,
            self.kim(portal).post(&self.path("/requests"), json!({"kind": "access"})).await,
            portal.as_(&self.tenant.administrator).post(&self.path("/invites"), invite).await,
        ]
    }

    /// All of it is refused; how many kinds.
    async fn be_refused(&self, portal: &Portal) -> usize {
        let refused = self.write_everything(portal).await;
        for answer in &refused {
            assert_eq!(answer.status, 503, "{}: {}", answer.asked, answer.text());
        }
        refused.len()
    }

    /// What can be read without writing.
    async fn read_everything(&self, portal: &Portal) {
        let kim = self.kim(portal);
        assert_eq!(kim.get(&self.path("/profile")).await.expect(200).text_at("/name"), self.kim.name);
        for (id, content) in &self.files {
            let read = kim.get(&self.path(&format!("/files/{id}/content"))).await.expect(200);
            assert!(read.body == *content);
        }
        assert_eq!(self.files(portal).await, self.files.len());
        assert_eq!(self.comments(portal).await, ["Först"]);
    }

    async fn files(&self, portal: &Portal) -> usize {
        let path = self.path(&format!("/files?customer={}", self.customer));
        self.kim(portal).get(&path).await.expect(200).items().len()
    }

    async fn comments(&self, portal: &Portal) -> Vec<String> {
        let path = self.path(&format!("/comments?customer={}&thread=A", self.customer));
        let items = self.kim(portal).get(&path).await.expect(200).items();
        items.iter().map(|item| item["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Removes the comment and the file that lies in the database.
    async fn remove_small(&self, portal: &Portal) -> [u16; 2] {
        let (comment, file) = (
            self.path(&format!("/comments/{}", self.comment)),
            self.path(&format!("/files/{}", self.files[0].0)),
        );
        let kim = self.kim(portal);
        [kim.delete(&comment).await.status, kim.delete(&file).await.status]
    }

    /// Removes the file that lies in a file of its own.
    async fn remove_large(&self, portal: &Portal) -> u16 {
        self.kim(portal).delete(&self.path(&format!("/files/{}", self.files[1].0))).await.status
    }
}

const NOTHING: Vec<String> = Vec::new();

/// The names of what is new, changed or gone.
fn changed(before: &BTreeMap<String, Bytes>, after: &BTreeMap<String, Bytes>) -> Vec<String> {
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// All that was begun comes to its end, or goes.
async fn settle(portal: &Portal) {
    for _ in 0..6 {
        portal.advance_hours(1);
        portal.timer("waiting_work").await;
        portal.timer("activity").await;
    }
    let waiting = portal.names().await.into_iter().filter(|name| name.starts_with("platform/work/"));
    assert_eq!(waiting.collect::<Vec<_>>(), NOTHING);
}

/// The names of the content files, and of those that rows name.
fn contents(portal: &Portal) -> (BTreeSet<String>, BTreeSet<String>) {
    let files = std::fs::read_dir(portal.folder().join("contents")).expect("contents");
    let files = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    let database = Connection::open(portal.folder().join("store.sqlite3")).expect("a database");
    let mut rows = database.prepare("SELECT file FROM blobs WHERE file IS NOT NULL").expect("rows");
    let rows = rows.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("a name")).collect();
    (files, rows)
}

async fn a_disk_without_room(disk: Disk) -> (&'static str, usize) {
    let portal = Portal::start_served_in(disk.folder()).await;
    let office = Office::open(&portal).await;
    let before = portal.dump().await;
    disk.fill(&portal);
    let refused = office.be_refused(&portal).await;
    assert_eq!(changed(&before, &portal.dump().await), NOTHING, "it left something");
    office.read_everything(&portal).await;
    portal.clock().advance(Duration::from_secs(20));
    portal.anyone().get("/api/health").await.expect(503);

    if disk.has_reserve() {
        // Also one that starts there, with nothing in its memory.
        portal.kill();
        assert!(portal.revive().await);
        office.read_everything(&portal).await;
        // What makes next to no room first: what was kept for removals is nobody else's.
        assert_eq!(office.remove_small(&portal).await, [204; 2]);
        let before = portal.dump().await;
        office.be_refused(&portal).await;
        assert_eq!(changed(&before, &portal.dump().await), NOTHING, "it left something");
        assert_eq!(office.remove_large(&portal).await, 204);
    } else {
        assert_eq!(office.remove_small(&portal).await, [503; 2]);
        assert_eq!(office.remove_large(&portal).await, 503);
        office.read_everything(&portal).await;
    }

    let process = portal.process_id();
    disk.free(&portal);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    portal.anyone().get("/api/health").await.expect(200);
    settle(&portal).await;
    let (files, rows) = contents(&portal);
    assert_eq!(files, rows, "content files and their rows");
    if !disk.has_reserve() {
        office.read_everything(&portal).await;
        assert_eq!(office.remove_small(&portal).await, [204; 2]);
        assert_eq!(office.remove_large(&portal).await, 204);
    }
    assert_eq!((office.files(&portal).await, office.comments(&portal).await), (0, vec![]));
    for answer in office.write_everything(&portal).await {
        assert!(answer.status < 300, "{}: {}", answer.asked, answer.text());
    }
    portal.pump_all().await;
    assert_eq!((office.files(&portal).await, office.comments(&portal).await), (2, vec!["Aldrig".to_owned()]));
    assert_eq!(portal.process_id(), process, "it is still the same");
    assert!(!portal.log().contains("a panic was caught"), "{}", portal.log());
    (disk.name(), refused)
}

#[tokio::test]
async fn a_full_disk_refuses_what_writes_and_nothing_else() {
    let (disk, refused) = a_disk_without_room(Disk::new()).await;
    figure(
        "a full disk",
        &format!("a full disk ({disk}): {refused} kinds of writes refused and without a trace, reads go on"),
    );
}

#[tokio::test]
async fn a_used_up_quota_refuses_what_writes_and_nothing_else() {
    a_disk_without_room(Disk::Quota).await;
}

/// Another program holds the database: what writes waits for it, and then is told so.
#[tokio::test]
async fn a_database_that_another_program_holds_is_read_and_not_written() {
    let portal = Portal::start_served().await;
    let office = Office::open(&portal).await;
    let other = Connection::open(portal.folder().join("store.sqlite3")).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    portal.clock().advance(Duration::from_secs(20));
    let health = async {
        portal.anyone().get("/api/health").await.expect(503);
    };
    let writing = async {
        office.rename(&portal, "Ny").await.expect_problem(503, "unavailable");
    };
    tokio::join!(office.read_everything(&portal), health, writing);
    office.read_everything(&portal).await;
    other.execute_batch("ROLLBACK").expect("no lock");
    office.rename(&portal, "Ny").await.expect(200);
    portal.anyone().get("/api/health").await.expect(200);
}
