//! Somebody goes while something of theirs is on its way.

use kundportal_store::{CallKind, Matching, Moment, Pause};
use reqwest::Method;
use serde_json::json;

use super::{
    Scene, Storage, before_put,
    support::{Answer, User},
};

pub(crate) const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
    0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81,
    0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

async fn deactivate(scene: &Scene, user: &User) -> Answer {
    let path = scene.path(&format!("/users/{}", user.id));
    scene.other.as_(&scene.tenant.administrator).patch(&path, json!({"status": "deactivated"})).await
}

async fn upload(scene: &Scene, user: &User) -> Answer {
    let path = scene.path(&format!("/files?customer={}", scene.customer));
    scene
        .portal
        .as_(user)
        .header("content-disposition", "attachment; filename=a.txt")
        .send_bytes(Method::POST, &path, "text/plain", "innehåll")
        .await
}

/// Lets something happen while the other is held at a point, then lets it go on.
async fn meanwhile(pause: Pause, happens: impl Future<Output = Answer>) -> Answer {
    pause.reached().await;
    let answer = happens.await;
    pause.release();
    answer
}

async fn files_seen(scene: &Scene) -> usize {
    let path = scene.path(&format!("/files?customer={}", scene.customer));
    scene.portal.as_(&scene.tenant.administrator).get(&path).await.expect(200).items().len()
}

async fn assert_no_file(scene: &Scene) {
    assert_eq!(files_seen(scene).await, 0);
    scene.settle().await;
    for part in ["/files/", "/refs/file/"] {
        assert_eq!(scene.names(part).await, Vec::<String>::new());
    }
}

pub(crate) async fn a_deactivation_meets_an_upload_before_its_commit_point(storage: Storage) {
    for held in ["/content", "/meta.json"] {
        let scene = Scene::set(storage).await;
        let member = scene.member("maja@example.com").await;
        let pause = before_put(scene.faults(), held);
        let (uploaded, deactivated) =
            tokio::join!(upload(&scene, &member), meanwhile(pause, deactivate(&scene, &member)));
        deactivated.expect(200);
        assert!([403, 409].contains(&uploaded.status), "held before {held}: {}", uploaded.text());
        assert_no_file(&scene).await;
    }
}

/// The mark is on the profile before the upload looks again: the upload is undone, and was never acknowledged.
pub(crate) async fn a_deactivation_meets_an_upload_after_its_commit_point(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let matching = Matching::any().kind(CallKind::Put).name("/meta.json");
    let pause = scene.faults().pause(matching, Moment::After);
    let (uploaded, deactivated) =
        tokio::join!(upload(&scene, &member), meanwhile(pause, deactivate(&scene, &member)));
    deactivated.expect(200);
    assert!([403, 409].contains(&uploaded.status), "{}", uploaded.text());
    assert_no_file(&scene).await;

    // Acknowledged before, it stays: it is the tenant's record.
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    upload(&scene, &member).await.expect(201);
    deactivate(&scene, &member).await.expect(200);
    scene.settle().await;
    assert_eq!(files_seen(&scene).await, 1);
}

pub(crate) async fn a_membership_ends_while_a_file_is_uploaded(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let pause = before_put(scene.faults(), "/content");
    let path = scene.path(&format!("/customers/{}/users/{}", scene.customer, member.id));
    let administrator = scene.other.as_(&scene.tenant.administrator);
    let (uploaded, ended) =
        tokio::join!(upload(&scene, &member), meanwhile(pause, administrator.delete(&path)));
    ended.expect(204);
    assert!([403, 404, 409].contains(&uploaded.status), "{}", uploaded.text());
    assert_no_file(&scene).await;
}

pub(crate) async fn a_deactivation_meets_a_comment(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let pause = before_put(scene.faults(), "/comments/com_");
    let body = json!({"customer": scene.customer, "thread": "Leverans", "text": "Hej"});
    let (caller, path) = (scene.portal.as_(&member), scene.path("/comments"));
    let (written, deactivated) =
        tokio::join!(caller.post(&path, body), meanwhile(pause, deactivate(&scene, &member)));
    deactivated.expect(200);
    assert!([403, 409].contains(&written.status), "{}", written.text());
    scene.settle().await;
    for part in ["/comments/", "/refs/comment/", "/index/thread/"] {
        assert_eq!(scene.names(part).await, Vec::<String>::new());
    }
}

/// A picture is the person's own, and theirs to change when they are deactivated too: both win, and one picture is there.
pub(crate) async fn a_deactivation_meets_a_picture(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let pause = before_put(scene.faults(), "/picture/");
    let (caller, path) = (scene.portal.as_(&member), scene.path("/profile/picture"));
    let (put, deactivated) = tokio::join!(
        caller.send_bytes(Method::PUT, &path, "image/png", PNG),
        meanwhile(pause, deactivate(&scene, &member))
    );
    deactivated.expect(200);
    put.expect(200);
    scene.settle().await;
    let profile = scene.portal.as_(&member).get(&scene.path("/profile")).await.expect(200);
    assert!(profile.at("/picture/href").is_string(), "{}", profile.text());
    assert_eq!(scene.names("/picture/").await.len(), 1);
    let user = scene.path(&format!("/users/{}", member.id));
    let status = scene.portal.as_(&scene.tenant.administrator).get(&user).await.expect(200).at("/status");
    assert_eq!(status, "deactivated");
}

pub(crate) async fn a_request_is_withdrawn_while_its_package_is_made(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let request = scene
        .portal
        .as_(&member)
        .post(&scene.path("/requests"), json!({"kind": "access"}))
        .await
        .expect(201)
        .text_at("/id");
    let pause = before_put(scene.faults(), "/package.zip");
    let withdrawal = scene.path(&format!("/requests/{request}/withdrawal"));
    let caller = scene.other.as_(&member);
    let (_, withdrawn) = tokio::join!(scene.portal.pump(), meanwhile(pause, caller.post_empty(&withdrawal)));
    assert_eq!(withdrawn.expect(200).at("/state"), "withdrawn");
    scene.settle().await;
    assert_eq!(scene.names("package.zip").await, Vec::<String>::new());
    let path = scene.path(&format!("/requests/{request}"));
    let case = scene.portal.as_(&member).get(&path).await.expect(200);
    assert_eq!(case.at("/state"), "withdrawn");
    scene.portal.as_(&member).get(&format!("{path}/package")).await.expect(404);
}

pub(crate) async fn a_file_is_deleted_twice_at_once(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let path = scene.path(&format!("/files/{}", upload(&scene, &member).await.expect(201).text_at("/id")));
    let (one, other) = (scene.portal.as_(&member), scene.other.as_(&member));
    let (one, other) = tokio::join!(one.delete(&path), other.delete(&path));
    let both = super::statuses(&one, &other);
    assert!([(204, 404), (204, 204), (204, 412)].contains(&both), "{both:?}");
    assert_no_file(&scene).await;
}

/// The host delivers a DELETE again when the connection breaks, while the first delivery may still be at work.
pub(crate) async fn one_removal_is_delivered_twice_at_once(storage: Storage) {
    let scene = Scene::set(storage).await;
    let member = scene.member("maja@example.com").await;
    let file = upload(&scene, &member).await.expect(201).text_at("/id");
    let comment = json!({"customer": scene.customer, "thread": "Tråd", "text": "Hej"});
    let comment =
        scene.portal.as_(&member).post(&scene.path("/comments"), comment).await.expect(201).text_at("/id");
    for (id, path) in [
        (&file, scene.path(&format!("/files/{file}"))),
        (&comment, scene.path(&format!("/comments/{comment}"))),
    ] {
        let invocation = scene.portal.next_invocation();
        let one = scene.portal.as_(&member).invocation(&invocation);
        let other = scene.other.as_(&member).invocation(&invocation);
        let object = Matching::any().kind(CallKind::Delete).name(id);
        let pause = scene.faults().pause(object, Moment::Before);
        let (one, other) = tokio::join!(one.delete(&path), meanwhile(pause, other.delete(&path)));
        one.expect(204);
        other.expect(204);
        scene.portal.as_(&member).delete(&path).await.expect(404);
    }
    scene.settle().await;
}
