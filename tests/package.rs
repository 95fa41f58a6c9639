//! An access request from its making to the package in the person's hands.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use kundportal_store::{CallKind, Matching, Moment};
use serde_json::json;
use support::{
    Answer, Portal, Tenant, User, give_file,
    package::{ask, entries, package, parsed},
    python_tool, sha256, succeeds,
};

/// A tenant, a customer of it, and a member who wants their data.
async fn member(portal: &Portal) -> (Tenant, String, User) {
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund & Söner AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    (tenant, customer, user)
}

async fn seen(portal: &Portal, tenant: &Tenant, user: &User, request: &str) -> Answer {
    portal.as_(user).get(&tenant.path(&format!("/requests/{request}"))).await.expect(200)
}

#[tokio::test]
async fn a_person_asks_is_told_and_fetches_everything_that_is_theirs() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    package(&portal, &tenant, &user, &request).await.expect_problem(409, "request-not-ready");

    portal.pump_all().await;
    let case = seen(&portal, &tenant, &user, &request).await;
    assert_eq!(case.text_at("/state"), "fulfilled");
    assert_eq!(case.text_at("/dueAt"), "2026-04-02");
    assert_eq!(case.text_at("/package/until"), "2026-03-09");
    let mail = portal.mails_to(&user.email).pop().expect("a mail");
    assert_eq!(mail.subject.reveal(), "Dina uppgifter är klara att hämta");

    let answer = package(&portal, &tenant, &user, &request).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert_eq!(
        answer.header("content-disposition"),
        Some(format!("attachment; filename=\"{request}.zip\"").as_str())
    );
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    assert_eq!(case.at("/package/size"), answer.body.len());

    let entries = entries(&answer, &request);
    let profile = parsed(&entries, "data/profile.json");
    assert_eq!(profile["email"], "kim@example.com");
    assert_eq!(profile["subject"], "sub-kim");
    assert_eq!(profile["lastUsedOn"], "2026-03-02");
    assert_eq!(parsed(&entries, "data/memberships.json")[0]["customer"], customer.as_str());
    assert_eq!(parsed(&entries, "data/sign-ins.json")[0]["ipAddress"], "203.0.113.7");
    assert_eq!(parsed(&entries, "data/invitations.json")[0]["email"], "kim@example.com");
    assert_eq!(parsed(&entries, "data/requests.json")[0]["id"], request.as_str());
    assert_eq!(parsed(&entries, "data/not-included.json"), json!([]));
    let page = String::from_utf8(entries["index.html"].clone()).expect("UTF-8");
    assert!(page.contains("<html lang=\"sv\">") && page.contains("Kund &amp; Söner AB"), "{page}");
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("package-"), "a text is missing: {page}");

    // Nothing of anybody else.
    for (name, content) in &entries {
        let content = String::from_utf8_lossy(content);
        assert!(!content.contains("admin-acme"), "{name} has the administrator's address");
    }
}

#[tokio::test]
async fn every_file_of_data_keeps_to_its_schema() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    // A look-up, so that no list is empty that need not be.
    portal.as_(&tenant.administrator).get(&tenant.path(&format!("/users/{}", user.id))).await;
    let request = ask(&portal, &tenant, &user).await;
    portal.pump_all().await;
    let answer = package(&portal, &tenant, &user, &request).await.expect(200);
    let entries = entries(&answer, &request);
    let names: Vec<_> = entries
        .keys()
        .filter_map(|name| Some((name, name.strip_prefix("data/")?.strip_suffix(".json")?)))
        .filter(|(_, file)| !file.starts_with("schemas/"))
        .collect();
    assert_eq!(names.len(), 12, "{names:?}");
    for (name, file) in names {
        let schema = parsed(&entries, &format!("data/schemas/{file}.schema.json"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let value = parsed(&entries, name);
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[tokio::test]
async fn a_second_request_waits_for_the_first_and_a_key_gives_the_same_one() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let caller = portal.as_(&user).key("one");
    let path = tenant.path("/requests");
    let body = json!({"kind": "access"});
    let first = caller.post(&path, body.clone()).await.expect(201).text_at("/id");
    assert_eq!(caller.post(&path, body.clone()).await.expect(201).text_at("/id"), first);
    portal.as_(&user).post(&path, body.clone()).await.expect_problem(409, "conflict");
    portal.pump_all().await;
    let second = portal.as_(&user).post(&path, body).await.expect(201).text_at("/id");
    let listed = portal.as_(&user).get(&path).await.expect(200).items();
    let ids: Vec<_> = listed.iter().map(|item| item["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&first.as_str()) && ids.contains(&second.as_str()));
}

#[tokio::test]
async fn what_cannot_be_asked_for_yet_is_refused_by_its_rule() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let path = tenant.path("/requests");
    for (body, pointer) in [
        (json!({"kind": "erasure"}), "/kind"),
        (json!({"kind": "access", "subject": {"name": "A", "contact": "b@example.se"}}), "/subject"),
        (json!({"kind": "access", "receivedAt": "2026-03-01T10:00:00Z"}), "/receivedAt"),
        (json!({"kind": "access", "channel": "letter"}), "/channel"),
    ] {
        let answer = portal.as_(&user).post(&path, body).await.expect_problem(422, "invalid-input");
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer);
    }
    let other = json!({"kind": "access", "subject": tenant.administrator.id});
    portal.as_(&user).post(&path, other).await.expect_problem(403, "forbidden");
    let future = json!({"kind": "access", "subject": user.id, "receivedAt": "2026-03-03T10:00:00Z"});
    let answer = portal.as_(&tenant.administrator).post(&path, future).await;
    assert_eq!(answer.expect_problem(422, "invalid-input").text_at("/errors/0/pointer"), "/receivedAt");
}

#[tokio::test]
async fn an_administrator_registers_what_came_by_letter_and_the_person_is_told() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let body = json!({"kind": "access", "subject": user.id, "receivedAt": "2026-02-20T09:00:00Z",
        "channel": "letter", "details": "Brev, diarienummer 12"});
    let path = tenant.path("/requests");
    let administrator = portal.as_(&tenant.administrator);
    let answer = administrator.post(&path, body).await.expect(201);
    assert_eq!(answer.text_at("/dueAt"), "2026-03-20");
    let request = answer.text_at("/id");
    portal.pump_all().await;
    let subjects: Vec<_> =
        portal.mails_to(&user.email).iter().map(|mail| mail.subject.reveal().clone()).collect();
    assert!(subjects.contains(&"Vi har tagit emot din begäran".to_owned()), "{subjects:?}");
    assert_eq!(administrator.get(&path).await.expect(200).items().len(), 1);

    package(&portal, &tenant, &tenant.administrator, &request).await.expect(200);
    let again = ask(&portal, &tenant, &user).await;
    portal.pump_all().await;
    let answer = package(&portal, &tenant, &user, &again).await.expect(200);
    let look_ups = parsed(&entries(&answer, &again), "data/look-ups.json");
    let actions: Vec<_> =
        look_ups.as_array().expect("a list").iter().map(|look_up| look_up["action"].clone()).collect();
    // The list that showed the case, and the package.
    assert!(
        actions.contains(&json!("listRequests")) && actions.contains(&json!("getRequestPackage")),
        "{actions:?}"
    );
}

#[tokio::test]
async fn nobody_else_reaches_a_request_and_a_package_needs_a_fresh_sign_in() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let other = portal.member(&tenant, &customer, "robin@example.com").await;
    let officer = portal.join(&tenant, "dora@example.com", "dataProtectionOfficer", None).await;
    let request = ask(&portal, &tenant, &user).await;
    portal.pump_all().await;
    let path = |rest: &str| tenant.path(&format!("/requests/{request}{rest}"));
    for rest in ["", "/plan", "/package"] {
        portal.as_(&other).get(&path(rest)).await.expect_problem(404, "not-found");
    }
    portal.as_(&other).post_empty(&path("/withdrawal")).await.expect_problem(404, "not-found");
    assert!(portal.as_(&other).get(&tenant.path("/requests")).await.expect(200).items().is_empty());
    portal.as_(&officer).get(&path("")).await.expect(200);
    portal.as_(&officer).get(&path("/package")).await.expect_problem(403, "forbidden");
    let stale = json!({"auth_time": portal.now().as_second() - 301});
    portal.as_with(&user, stale).get(&path("/package")).await.expect_problem(401, "step-up-required");
}

#[tokio::test]
async fn a_package_comes_in_ranges_and_goes_after_its_period() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    portal.pump_all().await;
    let whole = package(&portal, &tenant, &user, &request).await.expect(200);
    let path = tenant.path(&format!("/requests/{request}/package"));
    let part = portal.as_(&user).header("range", "bytes=10-19").get(&path).await.expect(206);
    assert_eq!(part.body, whole.body.slice(10..20));
    let size = whole.body.len();
    assert_eq!(part.header("content-range"), Some(format!("bytes 10-19/{size}").as_str()));
    let beyond = format!("bytes={size}-");
    portal.as_(&user).header("range", &beyond).get(&path).await.expect(416);
    portal.advance_hours(7 * 24 - 1);
    package(&portal, &tenant, &user, &request).await.expect(200);
    portal.advance_hours(1);
    package(&portal, &tenant, &user, &request).await.expect_problem(404, "not-found");
    assert!(
        portal.names().await.iter().any(|name| name.ends_with(&format!("due/2026-03-09/package/{request}"))),
        "retention must look at it"
    );
}

#[tokio::test]
async fn a_withdrawn_request_leaves_no_package_even_where_it_is_being_written() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    let written =
        portal.faults().pause(Matching::any().kind(CallKind::Put).name("package.zip"), Moment::After);
    let withdrawal = tenant.path(&format!("/requests/{request}/withdrawal"));
    let withdraw = async {
        written.reached().await;
        let answer = portal.as_(&user).post_empty(&withdrawal).await.expect(200);
        written.release();
        answer
    };
    let ((), answer) = tokio::join!(portal.pump_all(), withdraw);
    assert_eq!(answer.text_at("/state"), "withdrawn");
    package(&portal, &tenant, &user, &request).await.expect_problem(404, "not-found");
    let names = portal.names().await;
    let left: Vec<_> = names.iter().filter(|name| name.contains("/package")).collect();
    assert!(left.iter().all(|name| name.contains("/due/")), "{left:?}");
    assert!(!names.iter().any(|name| name.contains("export-")), "the work has come to its end");

    let second = ask(&portal, &tenant, &user).await;
    portal.pump_all().await;
    let withdrawal = tenant.path(&format!("/requests/{second}/withdrawal"));
    portal.as_(&user).post_empty(&withdrawal).await.expect_problem(409, "request-closed");
}

#[tokio::test]
async fn a_run_that_fails_at_any_step_comes_to_the_same_end() {
    let portal = Portal::start().await;
    let (tenant, customer, _) = member(&portal).await;
    for moment in [Moment::Before, Moment::After] {
        for step in 1..100 {
            // A new person each time: earlier requests are steps of their own.
            let email = format!("kim-{step}-{moment:?}@example.com").to_lowercase();
            let user = portal.member(&tenant, &customer, &email).await;
            let request = ask(&portal, &tenant, &user).await;
            portal.faults().fail_nth(step, moment);
            let _ = portal.faults().take_calls();
            let deliveries = portal.pump().await;
            let calls = portal.faults().take_calls();
            portal.faults().clear();
            assert!(deliveries.iter().all(support::Delivery::succeeded), "{step} {moment:?}: {deliveries:?}");

            let case = seen(&portal, &tenant, &user, &request).await;
            assert_eq!(case.text_at("/state"), "fulfilled", "{step} {moment:?}");
            let answer = package(&portal, &tenant, &user, &request).await.expect(200);
            assert_eq!(case.at("/package/size"), answer.body.len());
            let etag = case.text_at("/package/sha256");
            assert_eq!(answer.header("etag"), Some(format!("\"{etag}\"").as_str()));
            assert_eq!(sha256(&answer.body), etag, "{step} {moment:?}");
            let work: Vec<_> =
                portal.names().await.into_iter().filter(|name| name.contains("export-")).collect();
            assert!(work.is_empty(), "{work:?}");
            if deliveries.iter().all(|delivery| delivery.statuses == [200]) {
                assert!(step > 5, "{moment:?}: no step failed: {calls:?}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn two_workers_on_one_request_make_one_package() {
    let portal = Portal::start().await;
    let other = portal.another_process().await;
    let (tenant, _, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    let (messages, _) = portal.take_messages();
    let again: Vec<_> = messages.iter().chain(&messages).map(|m| (portal.now(), m.clone())).collect();
    let written =
        portal.faults().pause(Matching::any().kind(CallKind::Put).name("package.zip"), Moment::Before);
    let (first, second): (Vec<_>, Vec<_>) = {
        let mut again = again.into_iter();
        (again.by_ref().take(1).collect(), again.collect())
    };
    portal.put_back(first);
    let race = async {
        written.reached().await;
        other.put_back(second);
        other.pump_all().await;
        written.release();
    };
    tokio::join!(portal.pump_all(), race);
    let case = seen(&portal, &tenant, &user, &request).await;
    assert_eq!(case.text_at("/state"), "fulfilled");
    let answer = package(&portal, &tenant, &user, &request).await.expect(200);
    assert_eq!(sha256(&answer.body), case.text_at("/package/sha256"));
    let ready =
        portal.mails_to(&user.email).iter().filter(|mail| mail.subject.reveal().contains("klara")).count();
    assert_eq!(ready, 1);
}

#[tokio::test]
async fn the_plan_lists_every_item_before_and_after_it_is_frozen() {
    let portal = Portal::start().await;
    let (tenant, _, user) = member(&portal).await;
    let request = ask(&portal, &tenant, &user).await;
    let path = tenant.path(&format!("/requests/{request}/plan?limit=2"));
    let mut all = Vec::new();
    let mut next = Some(path.clone());
    while let Some(page) = next {
        let answer = portal.as_(&user).get(&page).await.expect(200);
        all.extend(answer.items());
        next = answer.at("/next").as_str().map(|cursor| format!("{path}&cursor={cursor}"));
    }
    let categories: Vec<_> = all.iter().filter_map(|item| item["category"].as_str()).collect();
    for category in ["profile", "sign-ins", "last-use", "invitations", "cases"] {
        assert!(categories.contains(&category), "{category}: {categories:?}");
    }
    portal.pump_all().await;
    let frozen = portal.as_(&user).get(&tenant.path(&format!("/requests/{request}/plan"))).await.expect(200);
    assert!(
        frozen.items().iter().any(|item| item["item"] == request.as_str() && item["action"] == "include")
    );
}

/// The tools that people have; where one is missing the test fails, and says what to install.
fn run(program: &str, arguments: &[&str], folder: &std::path::Path, input: Option<&std::path::Path>) {
    let mut command = std::process::Command::new(program);
    command.args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8");
    if let Some(input) = input {
        // From a pipe, as a download is read while it comes.
        let mut cat = std::process::Command::new("cat")
            .arg(input)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("cat");
        command.stdin(cat.stdout.take().expect("a pipe"));
        let output = command.output();
        cat.wait().expect("cat ends");
        return judge(program, arguments, output);
    }
    judge(program, arguments, command.output());
}

fn judge(program: &str, arguments: &[&str], output: std::io::Result<std::process::Output>) {
    let output = output.unwrap_or_else(|error| {
        panic!("{program}: {error}; install unzip, p7zip-full, libarchive-tools and python3")
    });
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn three_hundred_files_with_any_names_open_everywhere_and_make_a_valid_bag() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    let awkward = [
        "../../å|ä?.pdf",
        "CON.txt",
        "avtal.pdf",
        "avtal.pdf",
        "tom.bin",
        "100 % säkert.txt",
        "a\u{30a}.txt",
        "å.txt",
    ];
    for number in 0..300_usize {
        let name = awkward.get(number).map_or_else(|| format!("fil {number}.txt"), |name| (*name).to_owned());
        let content = if name == "tom.bin" {
            Vec::new()
        } else {
            format!("innehåll {number}\n").repeat(number % 50 + 1).into()
        };
        give_file(&portal, &tenant, &customer, &user, number, &name, content).await;
    }
    let request = ask(&portal, &tenant, &user).await;
    let _ = portal.counts().take();
    portal.pump_all().await;
    let total = portal.counts().take().total();
    // A file is two; profile, last use, sign-in, invitation, request and its claim come to them.
    let blobs = 2 * 300 + 6;
    assert!(total <= blobs + 1 + 20, "{total} transactions");

    let answer = package(&portal, &tenant, &user, &request).await.expect(200);
    let entries = entries(&answer, &request);
    let files = parsed(&entries, "data/files.json");
    let files = files.as_array().expect("a list");
    assert_eq!(files.len(), 300);
    for file in files {
        let content = &entries[&format!("data/{}", file["path"].as_str().expect("a path"))];
        assert_eq!(file["sha256"], sha256(content));
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let zip = folder.path().join("package.zip");
    std::fs::write(&zip, &answer.body).expect("the package on disk");
    run("unzip", &["-tq", "package.zip"], folder.path(), None);
    run("7z", &["t", "package.zip"], folder.path(), None);
    let test = "import sys,zipfile; sys.exit(zipfile.ZipFile('package.zip').testzip() is not None)";
    run("python3", &["-c", test], folder.path(), None);
    run("bsdtar", &["-tf", "-"], folder.path(), Some(&zip));
    run("bsdtar", &["-xf", "-"], folder.path(), Some(&zip));
    let bag = folder.path().join(&request);
    run("sha256sum", &["--quiet", "-c", "manifest-sha256.txt"], &bag, None);
    run("sha256sum", &["--quiet", "-c", "tagmanifest-sha256.txt"], &bag, None);
    succeeds(python_tool("bagit.py").args(["--validate", &request]).current_dir(folder.path()));
}

#[tokio::test]
async fn what_goes_or_changes_meanwhile_is_listed_and_stops_nothing() {
    let portal = Portal::start().await;
    let (tenant, customer, user) = member(&portal).await;
    give_file(&portal, &tenant, &customer, &user, 0, "borta.txt", b"borta".to_vec()).await;
    give_file(&portal, &tenant, &customer, &user, 1, "kvar.txt", b"kvar".to_vec()).await;
    let request = ask(&portal, &tenant, &user).await;
    let frozen =
        portal.faults().pause(Matching::any().kind(CallKind::Put).name("package-plan"), Moment::After);
    let meanwhile = async {
        frozen.reached().await;
        let gone = portal.names().await.into_iter().find(|name| name.ends_with("/content")).expect("a file");
        let (container, name) = gone.split_once('/').expect("a path");
        let container = kundportal_store::Container::new(container);
        let path = kundportal_store::BlobPath::new(container, name);
        portal.blobs().delete(&path, None).await.expect("deleted");
        let later = json!({"auth_time": portal.now().as_second() - 60});
        portal
            .as_with(&user, later)
            .patch(&tenant.path("/profile"), json!({"name": "Kim Ny"}))
            .await
            .expect(200);
        frozen.release();
    };
    tokio::join!(portal.pump_all(), meanwhile);
    let answer = package(&portal, &tenant, &user, &request).await.expect(200);
    let entries = entries(&answer, &request);
    let missing = parsed(&entries, "data/not-included.json");
    let of = |category: &str| {
        missing.as_array().expect("a list").iter().find(|item| item["category"] == category).cloned()
    };
    assert_eq!(of("files").expect("the file")["reason"], "gone");
    assert!(
        entries.keys().filter(|name| name.starts_with("data/files/")).count() == 1,
        "{:?}",
        entries.keys()
    );
    let page = String::from_utf8(entries["index.html"].clone()).expect("UTF-8");
    assert!(page.contains("Det här kom inte med"), "{page}");
}
