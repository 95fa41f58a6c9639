//! The public list, its history and its feed.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    process::{Command, Stdio},
    sync::Arc,
};

use kundportal_domain::sub_processors::{Register, Standing, Tenancy};
use kundportal_functions::Settings;
use serde_json::{Value, json};

use super::support::{Answer, Portal, Storage, parsed, written};

const PAGES: [&str; 2] = ["/api/sub-processors", "/api/sub-processors/history"];
const FEED: &str = "/api/sub-processors/feed";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn page(portal: &Portal, path: &str, language: &str) -> Answer {
    let caller = portal.anyone().header("accept", BROWSER).header("accept-language", language);
    caller.get(path).await.expect(200)
}

#[tokio::test]
async fn the_list_is_the_register() {
    let portal = Portal::start().await;
    let list = portal.anyone().get(PAGES[0]).await.expect(200).json();
    let written = written();
    let mut listed = list["subProcessors"].as_array().expect("a list").clone();
    let mut entries = written["subProcessors"].as_array().expect("a list").clone();
    for list in [&mut listed, &mut entries] {
        list.sort_by_key(|entry| entry["id"].as_str().map(ToOwned::to_owned));
    }
    assert_eq!(listed, entries);
    let last = written["revisions"].as_array().and_then(|revisions| revisions.last()).expect("a revision");
    assert_eq!(list["revision"], last["number"]);
    assert_eq!(list["noticePeriodDays"], written["noticePeriodDays"]);
    assert_eq!(list["zone"], written["zone"]);
    assert_eq!(list["primary"], "microsoft-azure");
    assert_eq!(list["example"], written["example"]);
    let history = portal.anyone().get(PAGES[1]).await.expect(200).json();
    let mut revisions = history["revisions"].as_array().expect("a list").clone();
    revisions.reverse();
    assert_eq!(Value::from(revisions), written["revisions"]);
}

#[tokio::test]
async fn a_browser_gets_pages_in_the_readers_language() {
    let portal = Portal::start().await;
    let written = written();
    for (language, own, other) in [("sv-SE,sv;q=0.9", "sv", "en"), ("en-GB", "en", "sv")] {
        let list = page(&portal, PAGES[0], language).await;
        assert_eq!(list.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(list.header("content-language"), Some(own));
        let html = list.text();
        assert!(html.contains(&format!("<html lang=\"{own}\">")));
        for entry in written["subProcessors"].as_array().expect("a list") {
            for part in [
                "/id",
                "/name",
                "/organisationNumber",
                &format!("/purpose/{own}"),
                "/announced",
                "/effective",
            ] {
                let text = entry.pointer(part).and_then(Value::as_str).expect("a text");
                assert!(html.contains(&escaped(text)), "{part} of {} is missing: {text}", entry["id"]);
            }
            let foreign = entry["purpose"][other].as_str().expect("a text");
            assert!(!html.contains(&escaped(foreign)), "{foreign}");
        }
        let history = page(&portal, PAGES[1], language).await.text();
        for revision in written["revisions"].as_array().expect("a list") {
            assert!(history.contains(&escaped(revision["summary"][own].as_str().expect("a text"))));
        }
    }
}

/// As the pages write it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('\'', "&#39;").replace('"', "&quot;")
}

/// A feed reader sends no `Accept-Language`, and whoever reads one language may have a browser of another.
#[tokio::test]
async fn a_language_can_be_chosen_and_goes_with_every_link() {
    let portal = Portal::start().await;
    for path in [PAGES[0], PAGES[1], FEED] {
        for (chosen, header) in [("sv", "en"), ("en", "sv")] {
            let caller = portal.anyone().header("accept", BROWSER).header("accept-language", header);
            let answer = caller.get(&format!("{path}?language={chosen}")).await.expect(200);
            assert_eq!(answer.header("content-language"), Some(chosen), "{path}");
            let text = answer.text().replace("https://portal.example.com/", "/");
            assert!(text.contains(&format!("lang=\"{chosen}\"")), "{path}");
            for link in text.split("href=\"/api/").skip(1).filter_map(|rest| rest.split('"').next()) {
                let other = format!("?language={header}");
                let is_kept = link.contains(&format!("?language={chosen}"));
                assert!(is_kept || (link.ends_with(&other) && path != FEED), "{link} in {path}");
            }
            let other = caller.get(path).await.expect(200);
            assert_eq!(other.header("content-language"), Some(header), "{path}");
            let leads_there =
                other.text().contains(&format!("{path}?language={chosen}\" hreflang=\"{chosen}\""));
            assert!(leads_there || path == FEED, "{path}");
        }
        portal.anyone().get(&format!("{path}?language=de")).await.expect_problem(422, "invalid-input");
    }
}

#[tokio::test]
async fn pages_have_no_scripts_and_never_say_never() {
    let portal = Portal::start().await;
    for path in PAGES {
        for language in ["sv", "en"] {
            let page = page(&portal, path, language).await;
            let policy = page.header("content-security-policy").expect("a policy").to_owned();
            assert!(policy.contains("default-src 'none'"), "{policy}");
            let html = page.text().to_lowercase();
            for forbidden in
                ["<script", "javascript:", " onclick", "<img", "{ $", "never leave", "lämnar aldrig"]
            {
                assert!(!html.contains(forbidden), "{forbidden} in {path}");
            }
            let says_where = html.contains("stored in") || html.contains("lagras i");
            assert!(says_where || path != PAGES[0], "{path}");
            assert!(html.contains("@media print"), "{path}");
            assert!(!html.contains("sub-processor-"), "a text is missing in {path}: {html}");
        }
    }
}

#[tokio::test]
async fn who_has_it_is_told_so_by_its_tag_alone() {
    let portal = Portal::start().await;
    portal.clock().set("2026-11-28T08:00:00Z".parse().expect("a time"));
    let mut again_that_day = written();
    let mut revision = again_that_day["revisions"][3].clone();
    revision["number"] = json!(5);
    again_that_day["revisions"].as_array_mut().expect("revisions").push(revision);
    let later = portal.redeployed(|settings| settings.register = Arc::new(parsed(&again_that_day))).await;
    for path in [PAGES[0], PAGES[1], FEED] {
        let first = portal.anyone().get(path).await.expect(200);
        let tag = first.header("etag").expect("an ETag").to_owned();
        assert_eq!(first.header("vary"), Some("Accept, Accept-Language"));
        let again = portal.anyone().header("if-none-match", &format!("\"a\", W/{tag}")).get(path).await;
        assert_eq!(again.expect(304).header("etag"), Some(tag.as_str()));
        portal.anyone().header("if-none-match", "\"a\"").get(path).await.expect(200);
        // A second revision of the same day is another list, whatever date somebody has.
        assert_eq!(first.header("last-modified"), None);
        let since = later.anyone().header("if-modified-since", "Sat, 28 Nov 2026 08:00:00 GMT");
        since.get(path).await.expect(200);
        later.anyone().header("if-none-match", &tag).get(path).await.expect(200);
    }
}

#[tokio::test]
async fn the_feed_says_where_it_is() {
    let portal = Portal::start().await;
    for language in ["", "?language=sv"] {
        let feed = portal.anyone().get(&format!("{FEED}{language}")).await.expect(200).text();
        let itself = format!(
            "rel=\"self\" type=\"application/atom+xml\" href=\"https://portal.example.com{FEED}{language}\""
        );
        assert!(feed.contains(&itself), "{feed}");
        assert!(!feed.contains("href=\"/"), "{feed}");
    }
}

#[tokio::test]
async fn the_feed_is_atom_with_an_entry_for_each_revision() {
    let portal = Portal::start().await;
    for language in ["sv", "en"] {
        let feed = portal.anyone().header("accept-language", language).get(FEED).await.expect(200);
        assert_eq!(feed.header("content-type"), Some("application/atom+xml; charset=utf-8"));
        let mut python = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sub_processors/atom.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        python.stdin.take().expect("its input").write_all(feed.text().as_bytes()).expect("a written feed");
        let output = python.wait_with_output().expect("its end");
        assert!(output.status.success(), "{}", feed.text());
        let written = written();
        let revisions = written["revisions"].as_array().expect("revisions").len();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), revisions.to_string());
    }
}

/// What is published, what the annex lists, and where the templates let anything lie, are one.
#[tokio::test]
async fn the_public_list_the_annex_and_the_templates_agree() {
    let register = Register::embedded().expect("the register");
    let in_force = |settings: &mut Settings| settings.register = Arc::new(register.clone());
    let portal = Portal::start_with(Storage::Memory, in_force).await;
    let list = portal.anyone().get(PAGES[0]).await.expect(200).json();
    let listed = list["subProcessors"].as_array().expect("a list");
    let (noticed, objects) = (BTreeMap::new(), BTreeSet::new());
    let tenancy = Tenancy { agreed: 1, noticed: &noticed, objects: &objects };
    let annex = register.annex(tenancy, register.date());
    let by_id = |entries: Vec<Value>| -> BTreeMap<String, Value> {
        entries.into_iter().map(|entry| (entry["id"].to_string(), entry)).collect()
    };
    let in_annex = annex.iter().map(|(entry, _)| json!(entry)).collect();
    assert_eq!(by_id(in_annex), by_id(listed.clone()));

    let in_use = annex.iter().filter(|(_, standing)| *standing == Standing::InUse);
    let regions = in_use.flat_map(|(entry, _)| entry.location.regions.iter().map(ToString::to_string));
    let regions: BTreeSet<String> = regions.collect();
    for snapshot in
        [include_str!("../../infra/production.snapshot.json"), include_str!("../../infra/test.snapshot.json")]
    {
        let snapshot: Value = serde_json::from_str(snapshot).expect("a snapshot");
        let resources = snapshot["predictedResources"].as_array().expect("resources");
        let allowed = resources.iter().filter_map(|resource| {
            resource.pointer("/properties/parameters/listOfAllowedLocations/value").and_then(Value::as_array)
        });
        let allowed: Vec<BTreeSet<String>> =
            allowed.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()).collect();
        assert_eq!(allowed, [regions.clone(), regions.clone()], "of resources and of resource groups");
    }
}
