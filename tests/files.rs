//! Files: put there as they come, read by those who may, and gone with all that belongs to them.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod support;

use bytes::Bytes;
use futures_util::stream;
use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Answer, Caller, Portal, Tenant, User};

const AB: &str = "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603";
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Scene {
    portal: Portal,
    tenant: Tenant,
    customer: String,
    kim: User,
}

impl Scene {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut kundportal_functions::Settings)) -> Self {
        let portal = Portal::start_with(support::Storage::Memory, change).await;
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        Self { portal, tenant, customer, kim }
    }

    fn files(&self) -> String {
        self.tenant.path(&format!("/files?customer={}", self.customer))
    }

    fn file(&self, id: &str) -> String {
        self.tenant.path(&format!("/files/{id}"))
    }

    async fn upload(&self, by: &Caller<'_>, name: &str, body: impl Into<Bytes>) -> Answer {
        let caller = by.clone().header("content-disposition", &disposition(name));
        caller.send_bytes(Method::POST, &self.files(), "text/plain", body).await
    }

    async fn kims_file(&self, body: &'static str) -> String {
        self.upload(&self.portal.as_(&self.kim), "avtal.txt", body).await.expect(201).text_at("/id")
    }

    /// What is stored of files: none of it is left behind.
    async fn remains(&self) -> Vec<String> {
        let mine = |name: &String| {
            ["/files/", "refs/file/", "/file-", "/file/"].iter().any(|part| name.contains(part))
        };
        self.portal.names().await.into_iter().filter(mine).collect()
    }
}

fn disposition(name: &str) -> String {
    let encoded: Vec<_> = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("attachment; filename*=UTF-8''{}", encoded.concat())
}

#[tokio::test]
async fn a_file_is_described_listed_and_read_as_it_was_put_there() {
    let scene = Scene::new().await;
    let kim = scene.portal.as_(&scene.kim);
    let answer = scene.upload(&kim, "../å|ä?.txt", "ab").await.expect(201);
    let id = answer.text_at("/id");
    let expected = json!({
        "id": id, "name": "å|ä?.txt", "contentType": "text/plain", "size": 2, "sha256": AB,
        "customer": scene.customer, "uploadedBy": {"id": scene.kim.id, "name": scene.kim.name},
        "uploadedAt": "2026-03-02T08:00:00Z", "scan": "off",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(kim.get(&scene.file(&id)).await.expect(200).json(), expected);
    assert_eq!(kim.get(&scene.files()).await.expect(200).json(), json!({"items": [expected], "next": null}));

    let content = kim.get(&scene.file(&format!("{id}/content"))).await.expect(200);
    assert_eq!(content.text(), "ab");
    assert_eq!(content.header("content-type"), Some("text/plain"));
    assert_eq!(content.etag(), format!("\"{AB}\""));
    let name = content.header("content-disposition").expect("a disposition");
    assert!(
        name.starts_with("attachment") && name.contains("filename*=UTF-8''%C3%A5|%C3%A4%3F.txt"),
        "{name}"
    );
}

#[tokio::test]
async fn an_empty_file_is_a_file_and_the_host_s_second_delivery_makes_no_second() {
    let scene = Scene::new().await;
    let invocation = "00000000-0000-4000-9000-000000000001";
    let kim = scene
        .portal
        .as_(&scene.kim)
        .invocation(invocation)
        .header("content-disposition", &disposition("tom.txt"))
        .header("content-length", "0");
    let first = kim.send(Method::POST, &scene.files(), |request| request).await.expect(201);
    let again = kim.send(Method::POST, &scene.files(), |request| request).await.expect(201);
    assert_eq!((first.at("/size"), first.at("/sha256")), (json!(0), json!(NOTHING)));
    assert_eq!(first.json(), again.json());
    let reader = scene.portal.as_(&scene.kim);
    assert_eq!(reader.get(&scene.files()).await.expect(200).items().len(), 1);
    let path = scene.file(&format!("{}/content", first.text_at("/id")));
    assert_eq!(reader.get(&path).await.expect(200).text(), "");
    reader.header("range", "bytes=0-").get(&path).await.expect_problem(416, "range-not-satisfiable");
}

#[tokio::test]
async fn parts_are_given_out() {
    let scene = Scene::new().await;
    let path = scene.file(&format!("{}/content", scene.kims_file("0123456789").await));
    let kim = scene.portal.as_(&scene.kim);
    let part = kim.clone().header("range", "bytes=2-4").get(&path).await.expect(206);
    assert_eq!((part.text().as_str(), part.header("content-range")), ("234", Some("bytes 2-4/10")));
    let tail = kim.clone().header("range", "bytes=-3").header("if-range", &part.etag()).get(&path).await;
    assert_eq!(tail.expect(206).text(), "789");
    let other = kim.clone().header("range", "bytes=2-4").header("if-range", "\"x\"").get(&path).await;
    assert_eq!(other.expect(200).text(), "0123456789");
    let beyond = kim.header("range", "bytes=10-").get(&path).await.expect(416);
    assert_eq!(beyond.header("content-range"), Some("bytes */10"));
}

#[tokio::test]
async fn too_large_a_file_is_refused_and_leaves_nothing() {
    let scene = Scene::with(|settings| settings.limits.file_bytes = 10).await;
    let kim = scene.portal.as_(&scene.kim);
    scene.upload(&kim, "a.bin", vec![0; 10]).await.expect(201);
    let before = scene.remains().await;
    let declared = scene.upload(&kim, "a.bin", vec![0; 11]).await.expect_problem(413, "too-large");
    assert_eq!(declared.at("/limit"), 10);
    let pieces = || {
        let pieces = (0..4).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"abc")));
        reqwest::Body::wrap_stream(stream::iter(pieces))
    };
    let caller = kim.header("content-disposition", &disposition("a.bin"));
    let streamed = caller.send(Method::POST, &scene.files(), |request| request.body(pieces())).await;
    assert_eq!(streamed.expect_problem(413, "too-large").at("/limit"), 10);
    assert_eq!(scene.remains().await, before);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let scene = Scene::new().await;
    let body = stream::iter([Ok(Bytes::from_static(b"abc")), Err(std::io::Error::other("the line broke"))]);
    let token = scene.portal.token(support::Speaker::Main, &scene.kim, json!({}));
    let sent = scene
        .portal
        .client()
        .post(format!("{}{}", scene.portal.url(), scene.files()))
        .bearer_auth(token)
        .header("content-disposition", disposition("a.bin"))
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await;
    assert!(sent.is_err());
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        if scene.remains().await.iter().all(|name| name.contains("/work/")) {
            break;
        }
    }
    // Whoever went away could not be waited for: what is left is a marker, and the worker takes it away.
    let left = scene.remains().await;
    assert!(left.iter().all(|name| name.contains("work/")), "{left:?}");
}

#[tokio::test]
async fn a_name_and_a_customer_are_needed() {
    let scene = Scene::new().await;
    let kim = scene.portal.as_(&scene.kim);
    let no_name = kim.send_bytes(Method::POST, &scene.files(), "text/plain", "ab").await;
    assert_eq!(no_name.expect_problem(422, "invalid-input").at("/errors/0/pointer"), "#Content-Disposition");
    let named = kim.clone().header("content-disposition", &disposition("a"));
    for path in [scene.tenant.path("/files"), scene.tenant.path("/files?customer=x")] {
        kim.get(&path).await.expect_problem(422, "invalid-input");
        let answer = named.send_bytes(Method::POST, &path, "text/plain", "ab").await;
        answer.expect_problem(422, "invalid-input");
    }
}

#[tokio::test]
async fn nothing_is_taken_in_before_the_tenant_has_chosen_a_period() {
    let scene = Scene::new().await;
    let body = json!({
        "id": "t2", "name": "Leverantör t2 AB", "organisationNumber": "556000-0001",
        "contact": {"name": "Karin Kontakt", "email": "kontakt-t2@example.com"}, "locale": "sv",
        "agreement": {"kind": "standard", "signedOn": "2026-03-01"},
        "administrator": {"name": "Adam Andersson", "email": "admin-t2@example.com"},
    });
    scene.portal.operator().post("/api/tenants", body).await.expect(201);
    scene.portal.pump_all().await;
    let adam = scene.portal.accept(&support::Person::new("admin-t2@example.com")).await;
    let tenant = Tenant { id: "t2".to_owned(), administrator: adam };
    let customer = scene.portal.customer(&tenant, "Kund AB").await;
    let caller = scene.portal.as_(&tenant.administrator).header("content-disposition", &disposition("a"));
    let path = tenant.path(&format!("/files?customer={customer}"));
    caller
        .send_bytes(Method::POST, &path, "text/plain", "ab")
        .await
        .expect_problem(409, "retention-not-chosen");
}

#[tokio::test]
async fn what_is_another_customer_s_does_not_exist() {
    let scene = Scene::new().await;
    let id = scene.kims_file("ab").await;
    let other = scene.portal.customer(&scene.tenant, "Annan AB").await;
    let stranger = scene.portal.member(&scene.tenant, &other, "sam@example.com").await;
    let absent = scene.file("fil_01KAVQ6Z2W0000000000000000");
    let sam = scene.portal.as_(&stranger);
    let problem = |answer: &Answer| {
        let mut body = answer.json();
        body["instance"] = Value::Null;
        body
    };
    let nothing = problem(&sam.get(&absent).await.expect(404));
    for answer in [
        sam.get(&scene.file(&id)).await,
        sam.get(&scene.file(&format!("{id}/content"))).await,
        sam.post_empty(&scene.file(&format!("{id}/download"))).await,
        sam.delete(&scene.file(&id)).await,
        sam.get(&scene.files()).await,
        scene.upload(&sam, "a.txt", "ab").await,
    ] {
        assert_eq!(problem(&answer.expect(404)), nothing);
    }
    let nowhere = scene.tenant.path("/files?customer=cus_01KAVQ6Z2W0000000000000000");
    scene.portal.as_(&scene.tenant.administrator).get(&nowhere).await.expect(404);
}

#[tokio::test]
async fn the_data_protection_officer_reads_and_changes_nothing() {
    let scene = Scene::new().await;
    let id = scene.kims_file("ab").await;
    let officer = scene.portal.join(&scene.tenant, "dora@example.com", "dataProtectionOfficer", None).await;
    let dora = scene.portal.as_(&officer);
    assert_eq!(dora.get(&scene.files()).await.expect(200).items().len(), 1);
    assert_eq!(dora.get(&scene.file(&format!("{id}/content"))).await.expect(200).text(), "ab");
    dora.delete(&scene.file(&id)).await.expect_problem(403, "forbidden");
    scene.upload(&dora, "a.txt", "ab").await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn uploader_and_administrator_remove_a_file_with_all_that_belongs_to_it() {
    let scene = Scene::new().await;
    let colleague = scene.portal.member(&scene.tenant, &scene.customer, "sam@example.com").await;
    for remover in [&scene.kim, &scene.tenant.administrator] {
        let id = scene.kims_file("ab").await;
        let path = scene.file(&id);
        scene.portal.as_(&colleague).delete(&path).await.expect_problem(403, "forbidden");
        let remover = scene.portal.as_(remover).invocation("00000000-0000-4000-9000-000000000002");
        remover.clone().if_match("\"other\"").delete(&path).await.expect(412);
        remover.delete(&path).await.expect(204);
        // The host delivers it again; a caller who asks again is told that there is none.
        remover.delete(&path).await.expect(204);
        scene.portal.as_(&scene.kim).delete(&path).await.expect(404);
        scene.portal.as_(&scene.kim).get(&path).await.expect(404);
        assert_eq!(scene.remains().await, Vec::<String>::new());
        assert!(scene.portal.as_(&scene.kim).get(&scene.files()).await.expect(200).items().is_empty());
    }
}

#[tokio::test]
async fn the_same_key_gives_the_same_file_and_refuses_another_content() {
    let scene = Scene::new().await;
    let kim = scene.portal.as_(&scene.kim).key("k1");
    let first = scene.upload(&kim, "a.txt", "ab").await.expect(201);
    let again = scene.upload(&kim, "a.txt", "ab").await.expect(201);
    assert_eq!(first.json(), again.json());
    scene.upload(&kim, "a.txt", "cd").await.expect_problem(422, "idempotency-mismatch");
    scene.upload(&kim, "b.txt", "ab").await.expect_problem(422, "idempotency-mismatch");
    assert_eq!(kim.get(&scene.files()).await.expect(200).items().len(), 1);
    let path = scene.file(&format!("{}/content", first.text_at("/id")));
    assert_eq!(kim.get(&path).await.expect(200).text(), "ab");
}

#[tokio::test]
async fn files_come_newest_first_page_by_page() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, json!(scene.kims_file("ab").await));
        scene.portal.advance_hours(1);
    }
    let kim = scene.portal.as_(&scene.kim);
    let first = kim.get(&format!("{}&limit=2", scene.files())).await.expect(200);
    let cursor = first.text_at("/next");
    let second = kim.get(&format!("{}&limit=2&cursor={cursor}", scene.files())).await.expect(200);
    let listed: Vec<_> =
        first.items().into_iter().chain(second.items()).map(|mut file| file["id"].take()).collect();
    assert_eq!(listed, ids);
    assert!(second.at("/next").is_null());
}

#[tokio::test]
async fn a_download_gets_a_url_of_storage_for_five_minutes() {
    let scene = Scene::new().await;
    let id = scene.kims_file("ab").await;
    let answer = scene.portal.as_(&scene.kim).post_empty(&scene.file(&format!("{id}/download"))).await;
    let answer = answer.expect(200);
    assert_eq!(answer.text_at("/expiresAt"), "2026-03-02T08:05:00Z");
    assert!(answer.text_at("/url").contains(&id));
    assert!(answer.header(header::CACHE_CONTROL.as_str()).is_some());
}
