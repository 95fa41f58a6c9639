//! Whole requests, and the parts of them that lead deepest: bodies, cursors, links, queue messages.

use http::StatusCode;
use kundportal_functions::{FUNCTIONS, Trigger};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::world::{World, block_on};

/// Any request, written as [`World::request`] reads it, has an answer that the description allows; and whatever work it
/// leads to can be done.
pub(crate) fn request(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let world = World::new();
    let Some(request) = world.request(text) else { return };
    block_on(async {
        world.ask(request).await;
        world.work().await;
    });
}

/// Operations with a merge patch, and who may.
const PATCHES: [&str; 5] = [
    "maja PATCH ~/profile",
    "karin PATCH ~/users/$user",
    "karin PATCH ~/customers/$customer",
    "maja PATCH ~/comments/$comment",
    "karin PATCH ~",
];

/// A merge patch that is done is done: the same again has the same answer (RFC 7396).
pub(crate) fn merge_patch(bytes: &[u8]) {
    let Some((world, request, body)) = with_body(&PATCHES, "application/merge-patch+json", bytes) else {
        return;
    };
    block_on(async {
        let answer = world.ask(world.request(&request).expect("a request")).await;
        // Each request for another address is one of its own, with a mail.
        if answer.status() == StatusCode::OK && !body.contains("mail") {
            let again = world.ask(world.request(&request).expect("a request")).await;
            assert_eq!((again.status(), again.body()), (answer.status(), answer.body()));
        }
        world.work().await;
    });
}

/// Operations with any other JSON body.
const BODIES: [&str; 11] = [
    "drift POST /api/tenants",
    "drift POST ~/administrators",
    "karin POST ~/customers",
    "karin PUT ~/customers/$customer/users/$user",
    "karin POST ~/invites",
    "karin POST ~/users/search",
    "karin POST ~/requests",
    "maja POST ~/comments",
    "- POST /api/invites/lookup",
    "ulf POST /api/invites/accept",
    "maja POST /api/email-changes/confirm",
];

/// A body leads to an answer that the description allows.
pub(crate) fn json_body(bytes: &[u8]) {
    let Some((world, request, _)) = with_body(&BODIES, "application/json", bytes) else { return };
    block_on(async {
        world.ask(world.request(&request).expect("a request")).await;
        world.work().await;
    });
}

/// The first byte says which operation, the rest is its body.
fn with_body<'a>(lines: &[&str], kind: &str, bytes: &'a [u8]) -> Option<(World, String, &'a str)> {
    let (which, body) = bytes.split_first()?;
    let body = std::str::from_utf8(body).ok()?;
    let line = lines[usize::from(*which) % lines.len()];
    let world = World::new();
    // Names are filled in twice: here to know the length, and later without effect.
    let length = world.fill(body).len();
    Some((world, format!("{line}\ncontent-type: {kind}\ncontent-length: {length}\n\n{body}"), body))
}

/// Lists with cursors.
const LISTS: [&str; 10] = [
    "karin GET ~/users?limit=1&cursor=",
    "chris GET ~/users?limit=1&cursor=",
    "karin GET ~/customers?limit=1&cursor=",
    "maja GET ~/files?customer=$customer&limit=1&cursor=",
    "maja GET ~/comments?customer=$customer&thread=$thread&limit=1&cursor=",
    "maja GET ~/threads?customer=$customer&limit=1&cursor=",
    "karin GET ~/invites?limit=1&cursor=",
    "maja GET ~/profile/sign-ins?limit=1&cursor=",
    "maja GET ~/requests/$request/plan?limit=1&cursor=",
    "drift GET /api/tenants?limit=1&cursor=",
];

/// A cursor is the `next` of the same list, or refused.
pub(crate) fn cursor(bytes: &[u8]) {
    let Some((which, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let world = World::new();
    let line = LISTS[usize::from(*which) % LISTS.len()];
    let cursor = utf8_percent_encode(&world.fill(text), NON_ALPHANUMERIC).to_string();
    let request = world.request(&format!("{line}{cursor}")).expect("a request");
    let answer = block_on(world.ask(request));
    let status = answer.status();
    assert!(matches!(status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY), "{status}");
}

/// A queue message that is no work of ours is refused, or left alone; it harms nothing.
pub(crate) fn queue_message(bytes: &[u8]) {
    let Some((which, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let queues: Vec<_> =
        FUNCTIONS.iter().filter(|function| matches!(function.trigger, Trigger::Queue { .. })).collect();
    let world = World::new();
    let function = queues[usize::from(*which) % queues.len()].name;
    block_on(async {
        world.deliver(function, world.fill(text)).await;
        world.work().await;
    });
}
