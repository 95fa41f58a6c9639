//! `POST /api/tenants`. The tenant's own object is the commit point: from it everything else can be made again.

use kundportal_domain::{
    InviteId, TenantId,
    records::{Founder, InviteRole, Tenant},
};
use kundportal_store::{BlobPath, Condition, ETag, StoreError};

use super::{NewTenant, TenantView};
use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::Identity,
    context::{Context, if_unchanged},
    invites::{self, NewInvitation},
    layout::{self, TenantLayout, on_platform},
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::Work,
};

pub(super) async fn create(mut context: Context, identity: Identity) -> Result<Answer, Problem> {
    let (new, body) = context.json::<NewTenant>().await?;
    let app = &context.app;
    let now = app.now();
    let id = new.id.clone();
    app.blobs().create_container(&layout::platform()).await?;
    let invite = context.claim_as_operator(&identity, &body, || InviteId::new(now, app.random())).await?;
    let path = on_platform::tenant(&id);
    let is_another = |tenant: &Tenant| tenant.founding_invite != invite;
    if app.read::<Tenant>(&path).await?.is_some_and(|(tenant, _)| is_another(&tenant)) {
        return Err(ProblemType::TenantExists.into());
    }
    app.blobs().create_container(&layout::audit(&id)).await?;
    app.audit(&id, &AuditRecord::intended(app, By::OPERATOR, context.operation.id, &id)).await?;
    let marker = app.begin(&id, Work::Tenant).await?;
    let tenant = Tenant {
        id: new.id,
        name: new.name,
        organisation_number: new.organisation_number,
        contact: new.contact,
        data_protection_officer: new.data_protection_officer,
        locale: new.locale,
        agreement: new.agreement,
        retention: new.retention,
        instructions: kundportal_domain::records::Instructions::default(),
        created_at: now,
        updated_at: now,
        sub_processors: Some(app.settings().register.in_force(app.today())),
        founding_invite: invite,
        founder: Some(Founder::from(new.administrator)),
    };
    match app.write(&path, &tenant, Condition::IfAbsent).await {
        Ok(_) => {}
        Err(StoreError::AlreadyExists) => {
            let (tenant, _) = app.read::<Tenant>(&path).await?.ok_or(ProblemType::NotFound)?;
            if is_another(&tenant) {
                return Err(ProblemType::TenantExists.into());
            }
        }
        Err(error) => return Err(error.into()),
    }
    complete(app, &id).await?;
    app.finish(&marker).await?;
    let (tenant, etag) = app.read::<Tenant>(&path).await?.ok_or(ProblemType::NotFound)?;
    Ok(respond::with_etag(respond::created(&TenantView::from(tenant))?, &etag))
}

/// Makes the containers and the first invitation. Again changes nothing.
pub(crate) async fn complete(app: &App, id: &TenantId) -> Result<(), Problem> {
    let path = on_platform::tenant(id);
    let Some((mut tenant, etag)) = app.read::<Tenant>(&path).await? else { return Ok(()) };
    let Some(founder) = tenant.founder.take() else { return Ok(()) };
    let layout = TenantLayout::new(id);
    app.blobs().create_container(layout.container()).await?;
    app.blobs().create_container(&layout::staging()).await?;
    let invitation = NewInvitation {
        id: tenant.founding_invite,
        email: founder.email,
        name: founder.name,
        role: InviteRole::Administrator,
        customer: None,
        message: None,
        invited_by: None,
        authority: None,
        rebinds: None,
    };
    invites::store(app, &tenant, invitation).await?;
    forget_founder(app, &path, (tenant, etag)).await
}

/// The invitation holds name and address now. Who changes a setting meanwhile does not keep them here.
async fn forget_founder(app: &App, path: &BlobPath, read: (Tenant, ETag)) -> Result<(), Problem> {
    let (mut tenant, mut etag) = read;
    for _ in 0..RACES {
        tenant.founder = None;
        match app.write(path, &tenant, if_unchanged(&etag)).await {
            Ok(_) => return Ok(()),
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
        (tenant, etag) = app.read::<Tenant>(path).await?.ok_or(ProblemType::NotFound)?;
        if tenant.founder.is_none() {
            return Ok(());
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
