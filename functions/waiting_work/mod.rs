//! Timer `waiting_work`: announces again all marked work that nobody has brought to its end, so that a lost message, or a
//! process that was killed, only costs time. It also says which requests are late.

mod overdue;
mod turns;

use crate::{
    app::App,
    layout::{self, on_platform},
    problem::{Problem, ProblemType},
    work::{MarkedWork, Marker, Work},
};
use turns::{Place, Turns};

/// Every five minutes.
pub(crate) const SCHEDULE: &str = "0 */5 * * * *";

/// Names on one page of the list: as many as storage gives at once.
const PAGE: usize = 5_000;

/// The names alone cost one call for thousands, so every run goes through all of them; what it reads is bounded. Access
/// requests, whose time is set by law, are looked at first and have a bound of their own.
pub(crate) async fn run(app: App) -> Result<(), Problem> {
    let most = app.settings().concurrency.markers;
    let turns = || Turns::new(most, u64::from_le_bytes(app.random()));
    let (mut requests, mut others) = (turns(), turns());
    let today = app.today();
    let mut from = None;
    'listing: loop {
        let page = app.list(&layout::platform(), on_platform::WORK, from.as_ref(), PAGE).await?;
        for entry in page.entries {
            let Some((day, tenant, id)) = on_platform::dated(&entry.name, on_platform::WORK) else {
                continue;
            };
            if day > today {
                break 'listing;
            }
            let place = Place { day, tenant, id: id.to_owned() };
            match place.kind() {
                "export" => requests.add(place),
                // List reads have a timer of their own.
                "reads" => {}
                _ => others.add(place),
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    for turns in [requests, others] {
        if turns.met() > most {
            tracing::warn!(
                waiting = turns.met(),
                most,
                "more work waits than a run looks at; all has its turn"
            );
        }
        for place in turns.take() {
            announce(&app, place).await?;
        }
    }
    Ok(())
}

/// Announces the work at a marker if it waits.
async fn announce(app: &App, place: Place) -> Result<(), Problem> {
    let Place { day, tenant, id } = place;
    let mut marker = Marker { tenant, day, id, queue: "", version: None };
    let marked = match app.read::<MarkedWork>(&marker.path()).await {
        Ok(Some((marked, _))) => marked,
        Ok(None) => return Ok(()),
        Err(problem) if problem.is(ProblemType::Unavailable) => return Err(problem),
        Err(_) => {
            tracing::error!(marker = marker.id, "a work marker cannot be read");
            return Ok(());
        }
    };
    if let Work::Export { request, .. } = &marked.work {
        match overdue::note(app, &marker.tenant, *request).await {
            Err(problem) if problem.is(ProblemType::Unavailable) => return Err(problem),
            // The work itself says what is wrong with it.
            Ok(()) | Err(_) => {}
        }
    }
    if marked.waits(app.now()) {
        marker.queue = marked.work.queue();
        app.announce(&marker).await?;
    }
    Ok(())
}
