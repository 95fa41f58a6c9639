//! What a change of the tenant's periods asks for: every file and comment is marked for the day that the new period gives.
//! A run does a part, notes how far it came, and announces the rest.

use kundportal_domain::{
    TenantId,
    records::{Comment, FileMeta, Tenant},
    retention::{Item, RetentionRules, due_day},
};
use kundportal_store::{Condition, Continuation, StoreError};

use crate::{
    app::App,
    context::if_unchanged,
    due::DueItem,
    layout::{TenantLayout, on_platform},
    problem::Problem,
    work::{MarkedWork, Marker, Work},
    worker::Progress,
};

/// Names that one run looks at.
const PART: usize = 1_000;

/// What is scanned, in this order.
const PREFIXES: [&str; 2] = ["files/", "comments/"];

/// [`Work::Rescan`]; `after` is where the run before stopped: `<prefix>|<continuation>`.
pub(crate) async fn complete(
    app: &App,
    marker: &Marker,
    marked: &MarkedWork,
    after: Option<&str>,
) -> Result<Progress, Problem> {
    // Read anew: the cache may still have the periods from before.
    let Some((tenant, _)) = app.read::<Tenant>(&on_platform::tenant(&marker.tenant)).await? else {
        return Ok(Progress::Finished);
    };
    let rules = RetentionRules::with(&tenant.retention);
    let layout = TenantLayout::new(&tenant.id);
    let (prefix, from) = after.and_then(|after| after.split_once('|')).unwrap_or((PREFIXES[0], ""));
    let from = (!from.is_empty()).then(|| Continuation(from.to_owned()));
    let page = app.list(layout.container(), prefix, from.as_ref(), PART).await?;
    for entry in &page.entries {
        mark(app, &tenant.id, &layout, &entry.name, &rules).await?;
    }
    let next = if let Some(Continuation(position)) = page.next {
        Some(format!("{prefix}|{position}"))
    } else {
        let place = PREFIXES.iter().position(|other| *other == prefix);
        let place = place.map_or(PREFIXES.len(), |place| place + 1);
        PREFIXES.get(place).map(|prefix| format!("{prefix}|"))
    };
    let Some(next) = next else { return Ok(Progress::Finished) };
    let rest = MarkedWork { work: Work::Rescan { after: Some(next) }, ..marked.clone() };
    let condition = marker.version.as_ref().map_or(Condition::Always, if_unchanged);
    match app.write(&marker.path(), &rest, condition).await {
        Ok(_) => app.announce(marker).await?,
        // The periods were changed again: that begins at the start.
        Err(StoreError::PreconditionFailed) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Progress::UnderWay)
}

async fn mark(
    app: &App,
    tenant: &TenantId,
    layout: &TenantLayout,
    name: &str,
    rules: &RetentionRules,
) -> Result<(), Problem> {
    let path = layout.at(name);
    let (item, due) = if name.starts_with(PREFIXES[0]) {
        if !name.ends_with("/meta.json") {
            return Ok(());
        }
        let Some((file, _)) = app.read::<FileMeta>(&path).await? else { return Ok(()) };
        (Item::from(&file), DueItem::File(file.id))
    } else {
        let Some((comment, _)) = app.read::<Comment>(&path).await? else { return Ok(()) };
        (Item::from(&comment), DueItem::Comment(comment.id))
    };
    if let Some(day) = due_day(&item, rules) {
        app.mark_due(tenant, day, due).await?;
    }
    Ok(())
}
