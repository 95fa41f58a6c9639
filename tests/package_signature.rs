//! The signature of a package: anybody can check it, and whatever is not as it was signed is found.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use kundportal_store::{CallKind, Matching, Moment};
use serde_json::{Value, json};
use support::{
    Portal, Tenant, User, give_file,
    package::{Entries, ask, package, unpack},
    python_tool, sha256, succeeds,
};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kundportal");

/// A package with a file of each kind, the portal it came from, and the keys that the portal gives out.
struct Fetched {
    portal: Portal,
    request: String,
    zip: Vec<u8>,
    keys: String,
    folder: TempDir,
}

async fn somebody(portal: &Portal) -> (Tenant, User) {
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    give_file(portal, &tenant, &customer, &user, 0, "avtal åäö.txt", b"ett avtal".to_vec()).await;
    (tenant, user)
}

impl Fetched {
    async fn new() -> Self {
        let portal = Portal::start().await;
        let (tenant, user) = somebody(&portal).await;
        let request = ask(&portal, &tenant, &user).await;
        portal.pump_all().await;
        let zip = package(&portal, &tenant, &user, &request).await.expect(200).body.to_vec();
        let keys = portal.anyone().get("/api/keys").await.expect(200).json().to_string();
        Self { portal, request, zip, keys, folder: TempDir::new().expect("a folder") }
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path
    }

    fn entries(&self) -> Entries {
        unpack(&self.zip, &self.request)
    }

    /// What the verifier says, and whether it is content.
    fn verify(&self, zip: &[u8], keys: &str) -> (bool, String) {
        let (zip, keys) = (self.write("checked.zip", zip), self.write("keys.json", keys.as_bytes()));
        let mut command = Command::new(PROGRAM);
        let output = command.arg("verify-package").arg(zip).arg("--keys").arg(keys).env_clear().output();
        let output = output.expect("the program");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).expect("text"))
    }
}

/// An archive of these entries in a folder.
fn pack(folder: &str, entries: &Entries) -> Vec<u8> {
    archive(entries.iter().map(|(name, content)| (format!("{folder}/{name}"), content.as_slice())))
}

fn archive<'a>(entries: impl Iterator<Item = (String, &'a [u8])>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("an archive").into_inner()
}

/// The manifests as they would be of these entries.
fn list_anew(entries: &mut Entries) {
    let line = |(name, content): (&String, &Vec<u8>)| format!("{}  {name}\n", sha256(content));
    let payload: String = entries.iter().filter(|(name, _)| name.starts_with("data/")).map(line).collect();
    entries.insert("manifest-sha256.txt".to_owned(), payload.into());
    let is_tag = |name: &str| {
        !name.starts_with("data/") && !["tagmanifest-sha256.txt", "signature.jws"].contains(&name)
    };
    let tags: String = entries.iter().filter(|(name, _)| is_tag(name)).map(line).collect();
    entries.insert("tagmanifest-sha256.txt".to_owned(), tags.into());
}

/// A signature that somebody else makes of the manifest.
fn forge(header: &Value, manifest: &[u8]) -> Vec<u8> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let encode = |part: &[u8]| BASE64URL_NOPAD.encode(part);
    let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(manifest));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", encode(signature.as_ref())).into_bytes()
}

/// Commands of a page with what they print, as the page says it.
fn shown(page: &str, heading: &str) -> (Vec<String>, String) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("the page");
    let (_, section) = text.split_once(heading).expect("the heading");
    let (_, block) = section.split_once("```console\n").expect("a block");
    let (block, _) = block.split_once("```").expect("its end");
    let (commands, printed): (Vec<_>, Vec<_>) = block.lines().partition(|line| line.starts_with("$ "));
    let printed = printed.join("\n") + "\n";
    (commands.iter().map(|line| line.trim_start_matches("$ ").to_owned()).collect(), printed)
}

fn bash(script: &str, folder: &Path) -> std::process::Output {
    let path =
        format!("{}:/usr/local/bin:/usr/bin:/bin", Path::new(PROGRAM).parent().expect("a folder").display());
    Command::new("bash")
        .args(["-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("bash")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_checks_a_package_with_the_commands_of_the_page_on_the_interface() {
    let fetched = Fetched::new().await;
    fetched.write("package.zip", &fetched.zip);
    let (commands, printed) = shown("docs/api.md", "## Checking a package");
    let script = format!("exec 2>&1\nportal={}\n{}\n", fetched.portal.url(), commands.join("\n"));
    let output = bash(&script, fetched.folder.path());
    assert!(commands.len() > 3, "the commands are gone");
    assert_eq!(String::from_utf8(output.stdout).expect("text"), printed);
}

#[tokio::test]
async fn a_package_says_itself_how_it_is_checked_and_the_check_can_fail() {
    let fetched = Fetched::new().await;
    fetched.write("package.zip", &fetched.zip);
    succeeds(Command::new("unzip").args(["-q", "package.zip"]).current_dir(fetched.folder.path()));
    let bag = fetched.folder.path().join(&fetched.request);
    fs::write(bag.join("keys.json"), &fetched.keys).expect("the keys");
    let page = fs::read_to_string(bag.join("index.html")).expect("the page");
    let blocks: Vec<_> = page
        .split("<pre><code>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</code></pre>"))
        .map(|(commands, _)| commands.replace("&gt;", ">").replace("&amp;", "&"))
        .collect();
    assert_eq!(blocks.len(), 2, "{blocks:?}");
    let whole = || {
        blocks.iter().all(|commands| {
            let output = bash(&format!("set -e -o pipefail\n{commands}"), &bag);
            output.status.success() && output.stdout.is_empty()
        })
    };
    assert!(whole(), "{page}");
    let manifest = fs::read(bag.join("tagmanifest-sha256.txt")).expect("the manifest");
    fs::write(bag.join("tagmanifest-sha256.txt"), [manifest.as_slice(), b"\n"].concat()).expect("a change");
    assert!(!whole());
    fs::write(bag.join("tagmanifest-sha256.txt"), manifest).expect("undone");
    assert!(whole());
    let header = json!({"alg": "ES256", "kid": "another"});
    fs::write(bag.join("signature.jws"), forge(&header, b"")).expect("a change");
    assert!(!whole());
    fs::remove_file(bag.join("keys.json")).expect("removed");
    succeeds(
        python_tool("bagit.py").args(["--validate", &fetched.request]).current_dir(fetched.folder.path()),
    );
}

#[tokio::test]
async fn a_package_that_was_packed_anew_is_whole_and_each_kind_of_damage_is_told() {
    let fetched = Fetched::new().await;
    let entries = fetched.entries();
    let (content, kim) = (fetched.verify(&fetched.zip, &fetched.keys), "data/files/");
    assert!(content.0 && content.1.contains("is whole and signed"), "{content:?}");
    let again = fetched.verify(&pack(&fetched.request, &entries), &fetched.keys);
    assert_eq!(again, content);

    let kid = serde_json::from_str::<Value>(&fetched.keys).expect("JSON")["keys"][0]["kid"].clone();
    let file = entries.keys().find(|name| name.starts_with(kim)).expect("a file").clone();
    let manifest = entries["tagmanifest-sha256.txt"].clone();
    let with = |change: &dyn Fn(&mut Entries)| {
        let mut entries = entries.clone();
        change(&mut entries);
        pack(&fetched.request, &entries)
    };
    let sign = |header: Value| {
        let jws = forge(&header, &manifest);
        with(&|entries| drop(entries.insert("signature.jws".to_owned(), jws.clone())))
    };
    let kept = |name: &str| entries[name].clone();
    let damaged: BTreeMap<String, Vec<u8>> = [
        (format!("{file} has been changed"), with(&|e| e.get_mut(&file).expect("it").push(b'x'))),
        (format!("{file} is missing"), with(&|e| drop(e.remove(&file)))),
        (
            "data/mer.txt is in no manifest".to_owned(),
            with(&|e| drop(e.insert("data/mer.txt".into(), vec![1]))),
        ),
        ("mer.txt is in no manifest".to_owned(), with(&|e| drop(e.insert("mer.txt".into(), vec![1])))),
        (
            "index.html has been changed".to_owned(),
            with(&|e| e.get_mut("index.html").expect("it").push(b'x')),
        ),
        (
            "manifest-sha256.txt has been changed".to_owned(),
            with(&|e| {
                let tags = kept("tagmanifest-sha256.txt");
                e.remove(&file);
                list_anew(e);
                e.insert("tagmanifest-sha256.txt".into(), tags);
            }),
        ),
        (
            "tagmanifest-sha256.txt is not what was signed".to_owned(),
            with(&|e| {
                e.remove(&file);
                list_anew(e);
            }),
        ),
        ("bag-info.txt is not that of another".to_owned(), pack("another", &entries)),
        ("u{1b}[2J is in no manifest".to_owned(), with(&|e| drop(e.insert("\u{1b}[2J".into(), vec![1])))),
        ("signature.jws is missing".to_owned(), with(&|e| drop(e.remove("signature.jws")))),
        (
            "signature.jws is not a signature".to_owned(),
            with(&|e| drop(e.insert("signature.jws".into(), b"a.b".to_vec()))),
        ),
        ("signature.jws is forged or damaged".to_owned(), sign(json!({"alg": "ES256", "kid": kid}))),
        ("not among those given".to_owned(), sign(json!({"alg": "ES256", "kid": "another"}))),
        ("not made by ES256".to_owned(), sign(json!({"alg": "none", "kid": kid}))),
        (
            "signature.jws is not a signature in".to_owned(),
            sign(json!({"alg": "ES256", "kid": kid, "crit": ["exp"]})),
        ),
        ("the archive is damaged".to_owned(), fetched.zip[..fetched.zip.len() - 40].to_vec()),
        ("the archive is damaged: ".to_owned(), b"no archive".to_vec()),
        (
            "does not hold one folder".to_owned(),
            archive(["a/b", "c/d"].iter().map(|name| ((*name).to_owned(), &b"x"[..]))),
        ),
    ]
    .into();
    assert_eq!(damaged.len(), 18);
    for (fault, zip) in damaged {
        let (content, said) = fetched.verify(&zip, &fetched.keys);
        assert!(!content && said.contains(&fault), "{fault}: {said}");
        assert!(!said.contains('\u{1b}'), "a terminal would obey: {said:?}");
    }
}

#[tokio::test]
async fn a_byte_that_changes_anywhere_in_a_package_is_found_or_changes_nothing() {
    let fetched = Fetched::new().await;
    let entries = fetched.entries();
    // Some of them all over the archive; each is its own start of the program.
    for place in (0..fetched.zip.len()).step_by(fetched.zip.len() / 40) {
        let mut zip = fetched.zip.clone();
        zip[place] ^= 0x10;
        let (content, said) = fetched.verify(&zip, &fetched.keys);
        // Times of files and the like are nobody's data.
        assert!(!content || unpack(&zip, &fetched.request) == entries, "{place}: {said}");
    }
}

#[tokio::test]
async fn keys_that_are_none_are_told() {
    let fetched = Fetched::new().await;
    for (keys, rule) in [
        ("no JSON", "is not a JSON Web Key set"),
        (r#"{"keys":[{"kty":"RSA"}]}"#, "not one of ES256"),
        (r#"{"keys":[]}"#, "not among those given"),
    ] {
        let (content, said) = fetched.verify(&fetched.zip, keys);
        assert!(!content && said.contains(rule), "{said}");
    }
}

#[tokio::test]
async fn where_nothing_can_be_signed_a_package_waits_and_there_is_no_unsigned_one() {
    for call in ["key", "sign"] {
        let portal = Portal::start().await;
        let (tenant, user) = somebody(&portal).await;
        let signing = Matching::any().kind(CallKind::Signature).name(call);
        portal.faults().fail_always(signing, Moment::Before);
        let request = ask(&portal, &tenant, &user).await;
        let _ = portal.faults().take_calls();
        portal.pump().await;
        let written = portal
            .faults()
            .take_calls()
            .iter()
            .any(|call| call.kind == CallKind::Put && call.name.ends_with("/package.zip"));
        assert_eq!(written, call == "sign", "nothing is begun where the key cannot be had");
        assert!(!portal.names().await.iter().any(|name| name.ends_with("/package.zip")));
        package(&portal, &tenant, &user, &request).await.expect_problem(409, "request-not-ready");
        if call == "key" {
            portal.anyone().get("/api/keys").await.expect_problem(503, "unavailable");
        }

        portal.faults().clear();
        for _ in 0..4 {
            portal.advance_hours(1);
            portal.timer("waiting_work").await;
        }
        let answer = package(&portal, &tenant, &user, &request).await.expect(200);
        assert!(unpack(&answer.body, &request).contains_key("signature.jws"));
    }
}

#[tokio::test]
async fn a_retired_key_goes_on_being_given_out_and_proves_what_it_signed() {
    let fetched = Fetched::new().await;
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let new = BASE64.encode(pair.to_pkcs8v1().expect("its form").as_ref());
    let variables = [
        ("KUNDPORTAL_SIGNING_KEY", new.as_str()),
        ("KUNDPORTAL_RETIRED_SIGNING_KEYS", fetched.keys.as_str()),
    ];
    let portal = Portal::start_served_with(&variables).await;
    let keys = portal.anyone().get("/api/keys").await.expect(200);
    let old: Value = serde_json::from_str(&fetched.keys).expect("JSON");
    assert_eq!(keys.at("/keys").as_array().map(Vec::len), Some(2));
    assert_ne!(keys.at("/keys/0"), old["keys"][0]);
    assert_eq!(keys.at("/keys/1"), old["keys"][0]);
    assert!(keys.at("/keys/0/d").is_null());
    let (content, said) = fetched.verify(&fetched.zip, &keys.json().to_string());
    assert!(content, "{said}");
}
