//! The description of the interface, and that the service gives it out.

mod support;

use support::{Portal, contract};

#[tokio::test]
async fn the_service_describes_itself() {
    let portal = Portal::start().await;
    let answer = portal.anyone().get("/api/openapi.json").await.expect(200);
    assert_eq!(&answer.json(), contract().document());
}
