//! What must hold of everything that is stored, whoever was ended when.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;

use crate::{support::sha256, text::inverse};

/// What does not hold.
pub(crate) fn broken(dump: &BTreeMap<String, Bytes>) -> Vec<String> {
    let mut broken = unfinished(dump);
    broken.extend(unnoted_days(dump));
    broken.extend(without_end(dump));
    broken.extend(unread(dump));
    broken.extend(dump.keys().filter_map(|name| broken_package(name, dump)));
    broken
}

/// Work that nobody brought to its end. List reads wait for the end of the day.
fn unfinished(dump: &BTreeMap<String, Bytes>) -> Vec<String> {
    let marker = |name: &&String| name.starts_with("platform/work/") && !name.ends_with("/reads");
    dump.keys().filter(marker).map(|name| format!("unfinished work: {name}")).collect()
}

/// Days on which a tenant has something due without the note that lets the timer look.
fn unnoted_days(dump: &BTreeMap<String, Bytes>) -> BTreeSet<String> {
    dump.keys()
        .filter_map(|name| {
            let (tenant, rest) = name.strip_prefix("tenant-")?.split_once("/due/")?;
            let note = format!("platform/due/{}/{tenant}", rest.split('/').next()?);
            (!dump.contains_key(&note)).then(|| format!("no note of a day: {note}"))
        })
        .collect()
}

/// List reads that no timer would look for.
fn unread(dump: &BTreeMap<String, Bytes>) -> Vec<String> {
    let is_marked = |tenant: &str| {
        let marker = format!("/{tenant}/reads");
        dump.keys().any(|name| name.starts_with("platform/work/") && name.ends_with(&marker))
    };
    dump.keys()
        .filter(|name| {
            let read = name.strip_prefix("tenant-").and_then(|name| name.split_once("/reads/"));
            read.is_some_and(|(tenant, _)| !is_marked(tenant))
        })
        .map(|name| format!("nobody would note it: {name}"))
        .collect()
}

/// Notes about people that no day of retention would look at.
fn without_end(dump: &BTreeMap<String, Bytes>) -> BTreeSet<String> {
    let due: BTreeSet<_> = dump
        .keys()
        .filter_map(|name| {
            let (container, due) = name.split_once("/due/")?;
            due.split_once('/').map(|(_, item)| format!("{container}/{item}"))
        })
        .collect();
    dump.keys()
        .filter_map(|name| {
            let (container, own) = name.split_once("/subjects/")?;
            let parts: Vec<_> = own.split('/').collect();
            let item = match parts[..] {
                [user, "activity", record] => {
                    format!("{container}/activity/{user}/rec_{}", inverse(record))
                }
                [user, "uploads", file] => {
                    format!("{container}/upload/{user}/{}", file.trim_end_matches(".json"))
                }
                [user, "keys", hash] => format!("{container}/key/{user}/{hash}"),
                [user, "sign-ins", at] => format!("{container}/sign-in/{user}/{at}"),
                _ => return None,
            };
            (!due.contains(&item)).then(|| format!("it would stay for ever: {name}"))
        })
        .collect()
}

/// Whether this is a due marker of something that is not there, or not in the state in which it would be due.
pub(crate) fn leads_nowhere(name: &str, dump: &BTreeMap<String, Bytes>) -> bool {
    let Some((container, due)) = name.split_once("/due/").filter(|(container, _)| !container.contains('/'))
    else {
        return false;
    };
    let parts: Vec<_> = due.split('/').skip(1).collect();
    let there = |name: String| dump.contains_key(&format!("{container}/{name}"));
    let field = |name: String, pointer: &str| -> Value {
        let object = dump.get(&format!("{container}/{name}"));
        let object = object.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok()).unwrap_or_default();
        object.pointer(pointer).cloned().unwrap_or_default()
    };
    let led = match parts[..] {
        ["sign-in", user, name] => there(format!("subjects/{user}/sign-ins/{name}")),
        ["activity", user, record] => {
            there(format!("subjects/{user}/activity/{}", inverse(record.trim_start_matches("rec_"))))
        }
        ["key", user, hash] => there(format!("subjects/{user}/keys/{hash}")),
        ["email-change", user] => !field(format!("subjects/{user}/profile.json"), "/pendingEmail").is_null(),
        ["idle", user] => there(format!("subjects/{user}/profile.json")),
        ["deactivated", user] => field(format!("subjects/{user}/profile.json"), "/status") == "deactivated",
        ["invite", invite] => there(format!("invites/{invite}.json")),
        ["file", file] => there(format!("files/{file}/meta.json")),
        // Of one that has become a file it stays: more may be sent until its URL expires.
        ["upload", user, file] => there(format!("subjects/{user}/uploads/{file}.json")),
        ["comment", comment] => there(format!("comments/{comment}.json")),
        ["package", request] => there(format!("requests/{request}/package.zip")),
        ["case", request] => !field(format!("requests/{request}/case.json"), "/closedAt").is_null(),
        _ => panic!("a due marker of another category: {name}"),
    };
    !led
}

/// A case that says something else of its package than the package does.
fn broken_package(name: &str, dump: &BTreeMap<String, Bytes>) -> Option<String> {
    let folder = name.strip_suffix("case.json").filter(|folder| folder.contains("/requests/"))?;
    let case: Value = serde_json::from_slice(&dump[name]).expect("a case");
    let package = case.get("package").filter(|package| !package.is_null())?;
    let content = dump.get(&format!("{folder}package.zip"));
    let is_so = content.is_some_and(|content| {
        package["size"] == content.len() && package["sha256"] == sha256(content).as_str()
    });
    (!is_so).then(|| format!("another package than its case says: {name}"))
}
