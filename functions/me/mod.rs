//! `GET /api/me`: the tenants in which whoever is signed in is a user. No tenant learns of another.

use std::collections::BTreeSet;

use http::Method;
use kundportal_domain::{CompanyName, TenantId, TenantRole, UserId, records::Status};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::{self, Identity},
    context::Context,
    layout::{TenantLayout, on_platform, platform},
    listing::load,
    operation::{Access, Operation, RequestBody, Success, schema},
    problem::{Problem, ProblemType},
    profile::{CustomerRole, customers_of},
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "getMe",
    method: Method::GET,
    path: "/api/me",
    summary: "One's own tenants",
    access: Access::SignedIn(|context, identity| Box::pin(get(context, identity))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<Vec<OwnTenant>>),
    problems: &[],
}];

/// A tenant in which somebody is a user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OwnTenant {
    tenant: TenantId,
    tenant_name: CompanyName,
    user: UserId,
    role: TenantRole,
    customers: Vec<CustomerRole>,
    status: Status,
}

async fn get(context: Context, identity: Identity) -> Result<Answer, Problem> {
    let mut tenants = BTreeSet::new();
    for name in identity.names.looked_up() {
        tenants.extend(context.app.names(&platform(), &on_platform::memberships(name)).await?);
    }
    let tenants = tenants.into_iter().collect();
    let own = load(tenants, |tenant| own_tenant(&context, &identity, tenant)).await?;
    respond::ok(&own)
}

/// What the entry leads to. It counts only while the tenant's own profile names the identity, and where the issuer may speak
/// for the tenant.
async fn own_tenant(
    context: &Context,
    identity: &Identity,
    tenant: String,
) -> Result<Option<OwnTenant>, Problem> {
    let Ok(id) = tenant.parse::<TenantId>() else { return Ok(None) };
    let may_speak = |tenants: &Vec<String>| tenants.contains(&tenant);
    if !identity.claims.tenants.as_ref().is_none_or(may_speak) {
        return Ok(None);
    }
    let settings = match context.app.tenant(&id).await {
        Ok(settings) => settings,
        Err(problem) if problem.is(ProblemType::NotFound) => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let Some((profile, _)) = auth::find(context, &TenantLayout::new(&id), identity).await? else {
        return Ok(None);
    };
    Ok(Some(OwnTenant {
        customers: customers_of(&context.app, &id, &profile).await?,
        tenant: id,
        tenant_name: settings.name.clone(),
        user: profile.id,
        role: profile.role,
        status: profile.status,
    }))
}
