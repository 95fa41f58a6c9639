//! Whether everything that is stored of a tenant fits together, once all work has come to its end: from the records follows
//! exactly which other names there are. Nothing is half there, nothing is left over, nobody has what belongs to another.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use kundportal_domain::{CommentId, FileId, RequestId};
use serde_json::Value;

use super::{files::sha256, portal::Portal};

impl Portal {
    /// Panics unless everything of the tenant fits together. Messages must have been delivered, and mails sent.
    pub(crate) async fn assert_consistent(&self, tenant: &str) {
        let dump = self.dump().await;
        let found = faults(&dump, tenant);
        assert!(found.is_empty(), "what is stored does not fit together: {found:#?}");
    }
}

/// What does not fit together.
fn faults(dump: &BTreeMap<String, Bytes>, tenant: &str) -> Vec<String> {
    let stored = Stored::read(dump, tenant);
    let mut expected = Expected::default();
    stored.people(&mut expected);
    stored.invitations(&mut expected);
    stored.files(&mut expected);
    stored.comments(&mut expected);
    stored.cases(&mut expected);
    stored.notices(&mut expected);
    expected.compare(&stored)
}

/// A tenant's names and records.
struct Stored<'a> {
    tenant: &'a str,
    /// Names below the tenant's container.
    own: BTreeMap<&'a str, &'a Bytes>,
    /// Names below the container of the platform.
    platform: BTreeSet<&'a str>,
    profiles: BTreeMap<&'a str, Value>,
}

/// What follows from the records.
#[derive(Default)]
struct Expected {
    /// Names, with `*` for a keyed hash and, of an entry that holds an id, with that id behind ` → `; how often each.
    names: BTreeMap<String, usize>,
    /// What retention must look at, on whichever days.
    due: BTreeSet<String>,
    /// What it may look at: a look that finds nothing to do is no harm.
    may_be_due: BTreeSet<String>,
    faults: Vec<String>,
}

impl Expected {
    fn name(&mut self, name: String) {
        *self.names.entry(name).or_default() += 1;
    }

    fn check(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(fault());
        }
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl<'a> Stored<'a> {
    fn read(dump: &'a BTreeMap<String, Bytes>, tenant: &'a str) -> Self {
        let container = format!("tenant-{tenant}/");
        let own = dump.iter().filter_map(|(name, bytes)| Some((name.strip_prefix(&container)?, bytes)));
        let platform = dump.keys().filter_map(|name| name.strip_prefix("platform/"));
        let mut stored =
            Self { tenant, own: own.collect(), platform: platform.collect(), profiles: BTreeMap::new() };
        stored.profiles = stored.records("subjects/", "/profile.json").collect();
        stored
    }

    /// Ids and records of the names of one form.
    fn records(&self, before: &'a str, after: &'a str) -> impl Iterator<Item = (&'a str, Value)> {
        self.own.iter().filter_map(move |(name, bytes)| {
            let id = name.strip_prefix(before)?.strip_suffix(after)?;
            (!id.contains('/')).then(|| (id, serde_json::from_slice(bytes).expect("a record is JSON")))
        })
    }

    fn people(&self, expected: &mut Expected) {
        let (mut addresses, mut identities) = (BTreeSet::new(), BTreeSet::new());
        let mut administrators = BTreeSet::new();
        for (user, profile) in &self.profiles {
            expected.check(profile["leavingSince"].is_null(), || format!("{user} is still leaving"));
            let address = text(profile, "/email").to_lowercase();
            let identity = (text(profile, "/issuer").to_owned(), text(profile, "/subject").to_owned());
            expected.check(identities.insert(identity), || format!("{user} has the sign-in of another user"));
            expected.check(addresses.insert(address), || format!("{user} has the address of another user"));
            for name in [
                format!("subjects/{user}/profile.json"),
                format!("index/identity → {user}"),
                format!("memberships → {user}"),
                format!("index/email → {user}"),
                format!("index/users/{user}"),
            ] {
                expected.name(name);
            }
            for membership in profile["memberships"].as_array().into_iter().flatten() {
                expected.name(format!("index/customer/{}/users/{user}", text(membership, "/customer")));
            }
            if profile["picture"].is_object() {
                expected.name(format!("subjects/{user}/picture/{}", text(profile, "/picture/name")));
            }
            let active = profile["status"] == "active";
            if active && profile["role"] == "administrator" {
                administrators.insert((*user).to_owned());
            }
            expected.due.insert(format!("{}/{user}", if active { "idle" } else { "deactivated" }));
            if profile["pendingEmail"].is_object() {
                expected.due.insert(format!("email-change/{user}"));
            }
            for kind in ["idle", "deactivated", "email-change"] {
                expected.may_be_due.insert(format!("{kind}/{user}"));
            }
        }
        let list: Value = self
            .own
            .get("settings/administrators.json")
            .map_or(Value::Null, |list| serde_json::from_slice(list).expect("the list of administrators"));
        let listed = list["active"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let listed: Vec<String> = listed.map(str::to_owned).collect();
        let same =
            listed.len() == administrators.len() && listed.iter().all(|user| administrators.contains(user));
        expected.check(same, || format!("administrators are {administrators:?}, and listed are {listed:?}"));
        expected.check(!listed.is_empty(), || "there is no administrator".to_owned());
        let leaving = list["leaving"].as_array().map_or(0, Vec::len);
        expected.check(leaving == 0, || "an administrator is still leaving the list".to_owned());
    }

    /// What the tenant was told of sub-processors, and what it objects to: each once at a time.
    fn notices(&self, expected: &mut Expected) {
        for (number, notice) in self.records("notices/", ".json") {
            expected.name(format!("notices/{number}.json"));
            expected.check(notice["mailed"] == true, || format!("the notice {number} is not mailed"));
        }
        let mut standing = BTreeSet::new();
        for (id, objection) in self.records("objections/", ".json") {
            expected.name(format!("objections/{id}.json"));
            let to = (text(&objection, "/subProcessor").to_owned(), objection["revision"].to_string());
            let stands = objection["state"] != "withdrawn";
            expected.check(!stands || standing.insert(to), || format!("{id} is to what another one is to"));
        }
    }

    fn invitations(&self, expected: &mut Expected) {
        for (customer, _) in self.records("customers/", ".json") {
            expected.name(format!("index/customer-name/*/{customer}"));
        }
        for (id, invite) in self.records("invites/", ".json") {
            let (status, customer) = (text(&invite, "/status"), text(&invite, "/customer"));
            expected.name(format!("invites/{id}.json"));
            expected.name(format!("index/invites/{status}/{id}"));
            if status != "accepted" {
                expected.name(format!("index/email/*/invite/{id}"));
            }
            if !customer.is_empty() {
                expected.name(format!("index/customer/{customer}/invites/{status}/{id}"));
            }
            expected.due.insert(format!("invite/{id}"));
            let user = text(&invite, "/acceptance/user");
            expected.check((status == "accepted") != user.is_empty(), || {
                format!("{id} is {status} and accepted by {user:?}")
            });
            if !user.is_empty() {
                expected.name(format!("subjects/{user}/refs/invite/{id}"));
                let granted = self.profiles.get(user).and_then(|profile| profile["granted"].as_array());
                expected.check(granted.is_some_and(|granted| granted.contains(&id.into())), || {
                    format!("{id} was accepted and gave {user} nothing")
                });
            }
        }
    }

    /// What names the author of a record, or nobody.
    fn author(&self, expected: &mut Expected, record: &Value, reference: &str) {
        let author = text(record, "/author");
        if !author.is_empty() {
            expected.name(format!("subjects/{author}/refs/{reference}"));
            expected.check(self.profiles.contains_key(author), || format!("{reference}: its author is gone"));
        }
    }

    fn files(&self, expected: &mut Expected) {
        for (id, meta) in self.records("files/", "/meta.json") {
            let inverted = id.parse::<FileId>().expect("a file's id").inverted();
            expected.name(format!("files/{id}/meta.json"));
            expected.name(format!("files/{id}/content"));
            expected.name(format!("index/customer/{}/files/{inverted}", text(&meta, "/customer")));
            expected.due.insert(format!("file/{id}"));
            self.author(expected, &meta, &format!("file/{id}"));
            if let Some(content) = self.own.get(format!("files/{id}/content").as_str()) {
                let same = meta["size"] == content.len() && meta["sha256"] == sha256(content);
                expected.check(same, || format!("{id} is not as its description says"));
            }
        }
    }

    fn comments(&self, expected: &mut Expected) {
        let mut threads = BTreeSet::new();
        for (id, comment) in self.records("comments/", ".json") {
            let inverted = id.parse::<CommentId>().expect("a comment's id").inverted();
            let customer = text(&comment, "/customer");
            expected.name(format!("comments/{id}.json"));
            expected.name(format!("index/thread/{customer}/*/{inverted}"));
            expected.due.insert(format!("comment/{id}"));
            self.author(expected, &comment, &format!("comment/{id}"));
            if threads.insert((customer.to_owned(), text(&comment, "/thread").to_owned())) {
                expected.name(format!("threads/{customer}/*.json"));
            }
        }
    }

    fn cases(&self, expected: &mut Expected) {
        for (id, case) in self.records("requests/", "/case.json") {
            let inverted = id.parse::<RequestId>().expect("a request's id").inverted();
            expected.name(format!("requests/{id}/case.json"));
            expected.name(format!("index/requests/all/{inverted}"));
            let subject = text(&case, "/subject");
            if self.profiles.contains_key(subject) {
                expected.name(format!("subjects/{subject}/refs/request/{inverted}"));
            }
            if case["package"].is_object() {
                expected.name(format!("requests/{id}/package.zip"));
                expected.name(format!("requests/{id}/package-plan.json"));
                expected.due.insert(format!("package/{id}"));
            }
            if case["closedAt"].is_null() {
                expected.faults.push(format!("{id} is still open"));
            } else {
                expected.due.insert(format!("case/{id}"));
            }
            // One of an earlier try, or of a case that was closed in another way.
            expected.may_be_due.extend([format!("package/{id}"), format!("case/{id}")]);
        }
    }

    /// A name as [`Expected`] gives it; none for what follows from no record.
    fn normalised(&self, name: &str, content: &Bytes) -> Option<String> {
        let holds = || String::from_utf8_lossy(content);
        let parts: Vec<&str> = name.split('/').collect();
        Some(match parts.as_slice() {
            ["settings" | "agreement" | "customers" | "reads" | "due", ..] => return None,
            ["subjects", user, "last-use"]
            | ["subjects", user, "sign-ins" | "activity" | "keys" | "uploads", _]
                if self.profiles.contains_key(user) =>
            {
                return None;
            }
            ["index", "customer-name", _, customer] => format!("index/customer-name/*/{customer}"),
            ["index", kind @ ("identity" | "email"), _] => format!("index/{kind} → {}", holds()),
            ["index", "email", _, "invite", id] => format!("index/email/*/invite/{id}"),
            ["index", "thread", customer, _, id] => format!("index/thread/{customer}/*/{id}"),
            ["threads", customer, _] => format!("threads/{customer}/*.json"),
            _ => name.to_owned(),
        })
    }

    /// The person whose sign-in in this tenant a name is about.
    fn member(&self, hash: &str) -> String {
        let holder = self.own.get(format!("index/identity/{hash}").as_str());
        holder.map_or_else(|| hash.to_owned(), |holder| String::from_utf8_lossy(holder).into_owned())
    }

    fn names(&self) -> BTreeMap<String, usize> {
        let mut names = BTreeMap::new();
        let mut add = |name: String| *names.entry(name).or_insert(0_usize) += 1;
        for (name, content) in &self.own {
            if let Some(name) = self.normalised(name, content) {
                add(name);
            }
        }
        for name in &self.platform {
            let parts: Vec<&str> = name.split('/').collect();
            match parts.as_slice() {
                ["memberships", hash, tenant] if *tenant == self.tenant => {
                    add(format!("memberships → {}", self.member(hash)));
                }
                // List reads wait for the timer of their own.
                ["work", _, tenant, id] if *tenant == self.tenant && *id != "reads" => {
                    add((*name).to_owned());
                }
                _ => {}
            }
        }
        names
    }
}

impl Expected {
    fn compare(mut self, stored: &Stored<'_>) -> Vec<String> {
        let names = stored.names();
        let all: BTreeSet<&String> = names.keys().chain(self.names.keys()).collect();
        for name in all {
            let (is, ought) =
                (names.get(name).copied().unwrap_or(0), self.names.get(name).copied().unwrap_or(0));
            match is.cmp(&ought) {
                std::cmp::Ordering::Less => self.faults.push(format!("missing: {name}")),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => self.faults.push(format!("left over: {name}")),
            }
        }
        self.compare_due(stored);
        self.faults
    }

    /// Retention finds everything that it has to look at, by the day's note of the tenant too.
    fn compare_due(&mut self, stored: &Stored<'_>) {
        for name in stored.own.keys() {
            let parts: Vec<&str> = name.split('/').collect();
            if let ["subjects", user, kind @ ("sign-ins" | "activity" | "keys" | "uploads"), id] =
                parts.as_slice()
            {
                let id = match *kind {
                    "activity" => {
                        kundportal_domain::RecordId::from_inverted(id).expect("a record").to_string()
                    }
                    _ => id.trim_end_matches(".json").to_owned(),
                };
                let kind = kind.trim_end_matches('s');
                self.due.insert(format!("{kind}/{user}/{id}"));
            }
        }
        let mut due = BTreeSet::new();
        for name in stored.own.keys() {
            let Some((day, item)) = name.strip_prefix("due/").and_then(|rest| rest.split_once('/')) else {
                continue;
            };
            due.insert(item.to_owned());
            let note = format!("due/{day}/{}", stored.tenant);
            self.check(stored.platform.contains(note.as_str()), || format!("the day of {name} is not noted"));
        }
        for item in self.due.difference(&due) {
            self.faults.push(format!("never due: {item}"));
        }
        // An invitation that went before it would have expired leaves the note of that day; two runs at once may leave notes of a
        // person who has gone; an upload leaves it for what may be sent later. A look that finds nothing takes them away.
        let is_hint = |item: &String| {
            let kinds = ["invite/", "idle/", "deactivated/", "sign-in/", "activity/", "key/", "upload/"];
            self.may_be_due.contains(item) || kinds.iter().any(|kind| item.starts_with(kind))
        };
        let gone: Vec<_> = due.iter().filter(|item| !self.due.contains(*item) && !is_hint(item)).collect();
        for item in gone {
            self.faults.push(format!("due, and gone: {item}"));
        }
    }
}
