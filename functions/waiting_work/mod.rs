//! Timer `waiting_work`: announces again all marked work that nobody has brought to its end, so that a lost message, or a
//! process that was killed, only costs time. It also says which requests are late.

mod overdue;

use jiff::civil::Date;
use kundportal_domain::TenantId;

use crate::{
    app::App,
    layout::{self, on_platform},
    problem::{Problem, ProblemType},
    work::{MarkedWork, Marker, Work},
};

/// Every five minutes.
pub(crate) const SCHEDULE: &str = "0 */5 * * * *";

/// Names on one page of the list.
const PAGE: usize = 1_000;
/// Announcements of one run at most; the rest has its turn in the next one.
const ANNOUNCEMENTS: usize = 2_000;

pub(crate) async fn run(app: App) -> Result<(), Problem> {
    let today = app.today();
    let (mut from, mut left) = (None, ANNOUNCEMENTS);
    loop {
        let page = app.list(&layout::platform(), on_platform::WORK, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let Some((day, tenant, id)) = on_platform::dated(&entry.name, on_platform::WORK) else {
                continue;
            };
            if day > today || left == 0 {
                return Ok(());
            }
            if announce(&app, day, tenant, id).await? {
                left -= 1;
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}

/// Announces the work at a marker if it waits; true when it did.
async fn announce(app: &App, day: Date, tenant: TenantId, id: &str) -> Result<bool, Problem> {
    let mut marker = Marker { tenant, day, id: id.to_owned(), queue: "", version: None };
    let marked = match app.read::<MarkedWork>(&marker.path()).await {
        Ok(Some((marked, _))) => marked,
        Ok(None) => return Ok(false),
        Err(problem) if problem.is(ProblemType::Unavailable) => return Err(problem),
        Err(_) => {
            tracing::error!(marker = id, "a work marker cannot be read");
            return Ok(false);
        }
    };
    if let Work::Export { request, .. } = &marked.work {
        match overdue::note(app, &marker.tenant, *request).await {
            Err(problem) if problem.is(ProblemType::Unavailable) => return Err(problem),
            // The work itself says what is wrong with it.
            Ok(()) | Err(_) => {}
        }
    }
    // List reads have a timer of their own.
    if marked.work == Work::Reads || !marked.waits(app.now()) {
        return Ok(false);
    }
    marker.queue = marked.work.queue();
    app.announce(&marker).await?;
    Ok(true)
}
