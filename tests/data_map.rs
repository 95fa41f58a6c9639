//! Nothing is stored that the data map does not name.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod support;

use std::collections::BTreeSet;

use kundportal_domain::data_map::{Category, Container};
use reqwest::Method;
use serde_json::json;
use support::{Person, Portal};

/// The kind of container and the name within it.
fn place(path: &str) -> (Container, &str) {
    let (container, name) = path.split_once('/').expect("a container and a name");
    let kind = match container.split('-').next().expect("a first part") {
        "platform" => Container::Platform,
        "tenant" => Container::Tenant,
        "audit" => Container::Audit,
        "staging" => Container::Staging,
        other => panic!("no container of the data map: {other}"),
    };
    (kind, name)
}

/// What is stored now, by category. Panics where the data map does not name it.
async fn stored(portal: &Portal) -> BTreeSet<Category> {
    let mut categories = BTreeSet::new();
    for path in portal.names().await {
        let (container, name) = place(&path);
        let category = Category::of(container, name);
        categories.insert(category.unwrap_or_else(|| panic!("the data map does not name {path}")));
    }
    categories
}

/// A PNG of one pixel.
fn pixel() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixel = image::RgbImage::from_pixel(1, 1, image::Rgb([200, 10, 10]));
    pixel.write_to(&mut bytes, image::ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

#[tokio::test]
async fn the_data_map_names_everything_that_is_stored() {
    let portal = Portal::start().await;
    let mut seen = BTreeSet::new();
    let tenant = portal.tenant("acme").await;
    let customer = portal.customer(&tenant, "Kund AB").await;
    let user = portal.member(&tenant, &customer, "kim@example.com").await;
    let administrator = portal.as_(&tenant.administrator);
    let kim = portal.as_(&user);
    let body = json!({
        "id": "other", "name": "Annan AB", "organisationNumber": "556000-0001", "locale": "sv",
        "contact": {"name": "Karin Kontakt", "email": "kontakt@example.se"},
        "administrator": {"name": "Åsa Öberg", "email": "asa@example.se"},
    });
    portal.operator().key("k").post("/api/tenants", body).await.expect(201);
    seen.extend(stored(&portal).await);

    administrator.get(&tenant.path("/users")).await.expect(200);
    administrator.get(&tenant.path(&format!("/users/{}", user.id))).await.expect(200);
    let picture = kim.send_bytes(Method::PUT, &tenant.path("/profile/picture"), "image/png", pixel()).await;
    assert!(picture.status < 300, "{}", picture.text());
    kim.patch(&tenant.path("/profile"), json!({"email": "kim.ny@example.com", "phone": "070-1740605"}))
        .await
        .expect(200);
    let file = portal.as_(&user).header("content-disposition", "attachment; filename*=UTF-8''avtal.txt");
    let path = tenant.path(&format!("/files?customer={customer}"));
    file.send_bytes(Method::POST, &path, "text/plain", "avtal").await.expect(201);
    let comment = json!({"customer": customer, "thread": "Order 7", "text": "Hej!"});
    kim.clone().key("c").post(&tenant.path("/comments"), comment).await.expect(201);
    kim.post(&tenant.path("/requests"), json!({"kind": "access"})).await.expect(201);
    let lena = json!({"email": "lena@example.com", "name": "Lena", "role": "member", "customer": customer});
    administrator.post(&tenant.path("/invites"), lena).await.expect(201);
    // Before the work is done, while it is done, and after it.
    seen.extend(stored(&portal).await);
    portal.pump_all().await;
    seen.extend(stored(&portal).await);

    let new_address = Person::new("kim@example.com");
    let token = portal.mail_token("kim.ny@example.com", "#email=");
    portal.as_(&new_address).post("/api/email-changes/confirm", json!({"token": token})).await.expect(200);
    seen.extend(stored(&portal).await);
    portal.pump_all().await;
    let path = tenant.path(&format!("/users/{}", user.id));
    administrator.patch(&path, json!({"status": "deactivated"})).await.expect(200);
    for days in [0, 7, 30, 60, 90, 365, 730] {
        portal.advance_hours(24 * days);
        for timer in ["activity", "retention", "waiting_work"] {
            portal.timer(timer).await;
            seen.extend(stored(&portal).await);
        }
    }

    // What is stored elsewhere, within another category's object, or by what is not built yet.
    let not_seen: Vec<_> = Category::ALL.into_iter().filter(|category| !seen.contains(category)).collect();
    let elsewhere = [Category::EmailChanges, Category::Uploads, Category::RunReports, Category::PlatformLogs];
    assert_eq!(not_seen, elsewhere);
}
