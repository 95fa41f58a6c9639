//! Files and comments when storage fails, callers leave, and others act meanwhile.

#![allow(clippy::expect_used, reason = "a test ends where a promise is broken")]

mod support;

use kundportal_store::{CallKind, Matching, Moment};
use reqwest::Method;
use serde_json::json;
use support::{Answer, Caller, Portal, Tenant, User};

struct Scene {
    portal: Portal,
    tenant: Tenant,
    customer: String,
    kim: User,
}

impl Scene {
    async fn new() -> Self {
        let portal = Portal::start().await;
        let tenant = portal.tenant("t1").await;
        let customer = portal.customer(&tenant, "Kund AB").await;
        let kim = portal.member(&tenant, &customer, "kim@example.com").await;
        Self { portal, tenant, customer, kim }
    }

    fn kim(&self) -> Caller<'_> {
        self.portal.as_(&self.kim)
    }

    async fn upload(&self, by: &Caller<'_>) -> Answer {
        let caller = by.clone().header("content-disposition", "attachment; filename=a.txt");
        let path = self.tenant.path(&format!("/files?customer={}", self.customer));
        caller.send_bytes(Method::POST, &path, "text/plain", "ab").await
    }

    async fn comment(&self, by: &Caller<'_>) -> Answer {
        let body = json!({"customer": self.customer, "thread": "A", "text": "1"});
        by.post(&self.tenant.path("/comments"), body).await
    }

    async fn make(&self, what: What, by: &Caller<'_>) -> Answer {
        match what {
            What::File => self.upload(by).await,
            What::Comment => self.comment(by).await,
        }
    }

    fn path(&self, what: What, id: &str) -> String {
        let kind = if what == What::File { "files" } else { "comments" };
        self.tenant.path(&format!("/{kind}/{id}"))
    }

    /// What is stored of files and comments, markers of work and retention included.
    async fn remains(&self) -> Vec<String> {
        let parts = [
            "/files/",
            "/comments/",
            "/threads/",
            "index/thread/",
            "refs/file/",
            "refs/comment/",
            "/file/",
            "/comment/",
            "/file-",
            "/comment-",
        ];
        let mine = |name: &String| parts.iter().any(|part| name.contains(part));
        self.portal.names().await.into_iter().filter(mine).collect()
    }

    /// Time passes until whoever began anything is gone for certain, and the worker looks.
    async fn clean_up(&self) {
        self.portal.advance_hours(1);
        for delivery in self.portal.timer("waiting_work").await {
            assert!(delivery.succeeded(), "{delivery:?}");
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    File,
    Comment,
}

const BOTH: [What; 2] = [What::File, What::Comment];

#[tokio::test]
async fn making_goes_on_with_the_same_key_after_a_failure_of_any_step() {
    for what in BOTH {
        for moment in [Moment::Before, Moment::After] {
            for step in 1.. {
                let scene = Scene::new().await;
                scene.kim().get("/api/me").await.expect(200);
                let kim = scene.kim().key("k1");
                scene.portal.faults().fail_nth(step, moment);
                let first = scene.make(what, &kim).await;
                scene.portal.faults().clear();
                let again = scene.make(what, &kim).await.expect(201);
                let at = format!("{what:?} {moment:?} {step}");
                let left = scene.remains().await;
                assert!(!left.iter().any(|name| name.contains("platform/work/")), "{at}: {left:?}");
                assert_eq!(left.len(), 5, "{at}: {left:?}");
                let id = again.text_at("/id");
                scene.kim().delete(&scene.path(what, &id)).await.expect(204);
                assert_eq!(scene.remains().await, Vec::<String>::new(), "{at}");
                if first.status == 201 {
                    assert!(step > 8, "{at}: no step failed");
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn what_a_failure_left_is_completed_or_removed_by_the_worker() {
    for what in BOTH {
        for moment in [Moment::Before, Moment::After] {
            for step in 1.. {
                let scene = Scene::new().await;
                scene.kim().get("/api/me").await.expect(200);
                scene.portal.faults().fail_nth(step, moment);
                let made = scene.make(what, &scene.kim()).await;
                scene.portal.faults().clear();
                scene.clean_up().await;
                let left = scene.remains().await;
                assert!(left.is_empty() || left.len() == 5, "{what:?} {moment:?} {step}: {left:?}");
                if made.status == 201 {
                    assert!(step > 8, "{what:?} {moment:?} {step}: no step failed");
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_removal_that_fails_at_any_step_comes_to_its_end() {
    for what in BOTH {
        for moment in [Moment::Before, Moment::After] {
            for step in 1.. {
                let scene = Scene::new().await;
                let id = scene.make(what, &scene.kim()).await.expect(201).text_at("/id");
                let path = scene.path(what, &id);
                scene.portal.faults().fail_nth(step, moment);
                let removed = scene.kim().delete(&path).await;
                scene.portal.faults().clear();
                scene.clean_up().await;
                let left = scene.remains().await;
                let at = format!("{what:?} {moment:?} {step}: {left:?}");
                if left.is_empty() {
                    scene.kim().delete(&path).await.expect(404);
                } else {
                    assert_eq!(left.len(), 5, "{at}");
                    scene.kim().delete(&path).await.expect(204);
                }
                if removed.status == 204 {
                    assert!(step > 8, "{at}: no step failed");
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn whoever_is_deactivated_or_leaves_meanwhile_leaves_nothing() {
    for what in BOTH {
        for leaves in [false, true] {
            let scene = Scene::new().await;
            let object = if what == What::File { "/meta.json" } else { "/comments/com_" };
            let matching = Matching::any().kind(CallKind::Put).name(object);
            let pause = scene.portal.faults().pause(matching, Moment::Before);
            let kim = scene.kim();
            let administrator = scene.portal.as_(&scene.tenant.administrator);
            let act = async {
                pause.reached().await;
                let user = scene.tenant.path(&format!("/users/{}", scene.kim.id));
                if leaves {
                    let membership = format!("/customers/{}/users/{}", scene.customer, scene.kim.id);
                    administrator.delete(&scene.tenant.path(&membership)).await.expect(204);
                } else {
                    administrator.patch(&user, json!({"status": "deactivated"})).await.expect(200);
                }
                pause.release();
            };
            let (made, ()) = tokio::join!(scene.make(what, &kim), act);
            made.expect_problem(409, "conflict");
            assert_eq!(scene.remains().await, Vec::<String>::new(), "{what:?} {leaves}");
        }
    }
}

#[tokio::test]
async fn two_requests_with_one_key_at_once_make_one_object() {
    for what in BOTH {
        let scene = Scene::new().await;
        let kim = scene.kim().key("k1");
        let (one, two) = tokio::join!(scene.make(what, &kim), scene.make(what, &kim));
        let statuses = [one.status, two.status];
        assert!(statuses.contains(&201), "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
        scene.make(what, &kim).await.expect(201);
        assert_eq!(scene.remains().await.len(), 5);
    }
}

#[tokio::test]
async fn an_upload_costs_six_small_writes_its_content_and_one_removal() {
    let scene = Scene::new().await;
    scene.upload(&scene.kim()).await.expect(201);
    let calls_of = |calls: Vec<kundportal_store::Call>, kind: CallKind| {
        calls.into_iter().filter(|call| call.kind == kind).map(|call| call.name).collect::<Vec<_>>()
    };
    let _ = scene.portal.faults().take_calls();
    scene.upload(&scene.kim()).await.expect(201);
    let calls = scene.portal.faults().take_calls();
    let puts = calls_of(calls.clone(), CallKind::Put);
    assert_eq!(puts.len(), 7, "{puts:?}");
    assert_eq!(calls_of(calls, CallKind::Delete).len(), 1);
    scene.upload(&scene.kim().key("k1")).await.expect(201);
    let _ = scene.portal.faults().take_calls();
    scene.upload(&scene.kim().key("k2")).await.expect(201);
    let puts = calls_of(scene.portal.faults().take_calls(), CallKind::Put);
    assert_eq!(puts.len(), 9, "{puts:?}");
}

#[tokio::test]
async fn an_author_who_is_gone_is_a_former_user_in_the_reader_s_language() {
    let scene = Scene::new().await;
    let made = scene.upload(&scene.kim()).await.expect(201).text_at("/id");
    let administrator = scene.portal.as_(&scene.tenant.administrator);
    let user = scene.tenant.path(&format!("/users/{}", scene.kim.id));
    administrator.patch(&user, json!({"status": "deactivated"})).await.expect(200);
    let path = scene.path(What::File, &made);
    let author = administrator.get(&path).await.expect(200).at("/uploadedBy");
    assert_eq!(author, json!({"id": scene.kim.id, "name": scene.kim.name}));
    let gone = kundportal_store::BlobPath::new(
        kundportal_store::Container::new("tenant-t1"),
        format!("subjects/{}/profile.json", scene.kim.id),
    );
    scene.portal.blobs().delete(&gone, None).await.expect("a profile");
    for (language, name) in [("sv", "Tidigare användare"), ("en", "Former user")] {
        let reader = administrator.clone().header("accept-language", language);
        let author = reader.get(&path).await.expect(200).at("/uploadedBy");
        assert_eq!(author, json!({"id": null, "name": name}));
    }
}
