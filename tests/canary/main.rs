//! Personal data stays where it belongs: what is put in at every door is in no log line, problem, URL, name or message.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where a promise is broken")]

mod bad_input;
mod good_input;
#[path = "../support/mod.rs"]
mod support;
mod watch;

use kundportal_store::{Matching, Moment};
use support::Portal;
use watch::Watch;

#[tokio::test]
async fn personal_data_is_in_no_log_problem_url_name_or_message() {
    let watch = Watch::begin();
    let portal = Portal::start().await;
    let story = good_input::tell(&portal, &watch).await;
    assert!(watch.shown() > 20, "the canary itself must be seen where it belongs");
    watch.look_at_storage(&portal).await;

    bad_input::send(&portal, &watch, &story).await;
    watch.look_at_storage(&portal).await;

    // When storage fails, the causes are logged: they name blobs.
    portal.faults().fail_always(Matching::any(), Moment::Before);
    bad_input::send(&portal, &watch, &story).await;
    good_input::ask_again(&portal, &watch, &story).await;
    portal.faults().clear();

    for days in [8, 90, 400] {
        portal.advance_hours(24 * days);
        for timer in ["waiting_work", "retention", "activity"] {
            Watch::look_at_messages(&portal.timer(timer).await);
        }
        watch.look_at_storage(&portal).await;
    }
    watch.look_at_logs();
}
