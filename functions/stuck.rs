//! Work that failed five times in a row: the poison queues bring it here. The administrators are told, the marker stays, and
//! the timer `waiting_work` tries again, each time after a longer wait.

use kundportal_domain::{
    TenantId, Texts, UserId,
    records::{Case, CaseEvent, CaseEventKind, Profile},
};
use kundportal_store::StoreError;

use crate::{
    app::App,
    audit::{AuditRecord, By},
    context::if_unchanged,
    layout::TenantLayout,
    mail::{Link, Outgoing},
    people::{RACES, administrators},
    problem::{Problem, ProblemType},
    work::{MarkedWork, Marker, Stuck, Work},
    worker,
};

/// Takes up a message from a poison queue. A text that leads nowhere is done.
pub(crate) async fn run(app: App, text: String) -> Result<(), Problem> {
    let (app, marker, marked) = match worker::open(app, &text).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return Ok(()),
        Err(problem) if problem.is(ProblemType::Malformed) => {
            tracing::error!("a message that leads to no work was given up");
            return Ok(());
        }
        Err(problem) => return Err(problem),
    };
    let mut stuck = Stuck::again(marked.stuck, app.now());
    tracing::error!(tenant = %marker.tenant, work = marker.id, times = stuck.times, "work is stuck");
    let record = AuditRecord::intended(&app, By::SYSTEM, "workStuck", &marker.id);
    app.audit(&marker.tenant, &record).await?;
    if stuck.is_to_be_told(app.now()) {
        tell(&app, &marker, &marked).await?;
        stuck.told_at = Some(app.now());
    }
    note(&app, &marker, stuck).await
}

/// Notes at the marker when to try again. Work that has come to its end meanwhile has none.
async fn note(app: &App, marker: &Marker, stuck: Stuck) -> Result<(), Problem> {
    for _ in 0..RACES {
        let Some((marked, etag)) = app.read::<MarkedWork>(&marker.path()).await? else { return Ok(()) };
        let marked = MarkedWork { stuck: Some(stuck), ..marked };
        match app.write(&marker.path(), &marked, if_unchanged(&etag)).await {
            Ok(_) => return Ok(()),
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

async fn tell(app: &App, marker: &Marker, marked: &MarkedWork) -> Result<(), Problem> {
    let (text, reference) = match &marked.work {
        // A mail about a mail that cannot be sent would be stuck too.
        Work::Mail { .. } => return Ok(()),
        Work::Export { request, .. } => {
            note_in_case(app, &marker.tenant, &marked.work).await?;
            ("stuck-export", request.to_string())
        }
        Work::Retention { .. } => ("stuck-retention", marker.id.clone()),
        Work::Invite { invite, .. } | Work::InviteCode { invite, .. } => {
            ("stuck-invitation", invite.to_string())
        }
        _ => ("stuck-change", marker.id.clone()),
    };
    let layout = TenantLayout::new(&marker.tenant);
    for user in administrators::list(app, &layout).await? {
        mail(app, marker, user, text, &reference).await?;
    }
    Ok(())
}

async fn mail(app: &App, marker: &Marker, user: UserId, text: &str, reference: &str) -> Result<(), Problem> {
    let path = TenantLayout::new(&marker.tenant).profile(user);
    let Some((profile, _)) = app.read::<Profile>(&path).await? else { return Ok(()) };
    let mail = Outgoing::new(app, "work-stuck")
        .with("work", Texts::of(profile.locale).get(text))
        .with("reference", reference)
        .link(Link::Portal);
    app.mail_user(&marker.tenant, user, &format!("work-stuck-{}-{}", marker.id, app.today()), &mail).await
}

/// Says in a case that its package is late; once for as long as nothing else happens.
async fn note_in_case(app: &App, tenant: &TenantId, work: &Work) -> Result<(), Problem> {
    let Work::Export { request, .. } = work else { return Ok(()) };
    let path = TenantLayout::new(tenant).case(*request);
    for _ in 0..RACES {
        let Some((mut case, etag)) = app.read::<Case>(&path).await? else { return Ok(()) };
        let said = case.events.last().is_some_and(|event| event.kind == CaseEventKind::Stuck);
        if said || case.state.is_closed() {
            return Ok(());
        }
        case.events.push(CaseEvent { at: app.now(), kind: CaseEventKind::Stuck });
        match app.write(&path, &case, if_unchanged(&etag)).await {
            Ok(_) => return Ok(()),
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
