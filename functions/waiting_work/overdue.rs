//! Says that the period of a data subject's request (Art. 12(3)) ends soon, or has ended. An open request has its marker until it is
//! answered, so whoever looks through the markers sees them all.

use kundportal_domain::{RequestId, TenantId, records::Case};

use crate::{app::App, layout::TenantLayout, problem::Problem};

/// Days before the end within which somebody can still do something about it.
const SOON: i64 = 7;

/// Logs it; the operator's alert waits for these words.
pub(super) async fn note(app: &App, tenant: &TenantId, request: RequestId) -> Result<(), Problem> {
    let Some((case, _)) = app.read::<Case>(&TenantLayout::new(tenant).case(request)).await? else {
        return Ok(());
    };
    let (today, due) = (app.today(), case.due_at);
    if case.state.is_closed() {
        return Ok(());
    }
    if due < today {
        tracing::error!(%tenant, %request, %due, "a request is overdue");
    } else if due <= today.saturating_add(jiff::Span::new().days(SOON)) {
        tracing::error!(%tenant, %request, %due, "a request is due within a week");
    }
    Ok(())
}
