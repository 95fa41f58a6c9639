//! From a request to whoever makes it. Nothing is trusted because a header says so: only a verified token counts.

use std::{net::IpAddr, sync::Arc};

use http::header;
use jiff::{SignedDuration, Timestamp};
use kundportal_domain::{
    TenantId, UserId, client_ip,
    records::{MembershipRole, Profile, Tenant, TenantRole},
};
use kundportal_store::{Claims, ETag, TokenError};

use crate::{
    app::App,
    context::Context,
    keys::Names,
    layout::{TenantLayout, on_platform},
    operation::Roles,
    people::{named_user, names_of_identity},
    problem::{Problem, ProblemType},
    settings::ClientIp,
    sign_ins,
};

/// How long ago a step-up sign-in may be (RFC 9470, `max_age`).
const STEP_UP: SignedDuration = SignedDuration::from_secs(300);

/// Whoever has a valid token.
pub struct Identity {
    pub(crate) claims: Claims,
    /// Keyed hashes of issuer and subject.
    pub(crate) names: Names,
}

impl Identity {
    /// The keyed hash under the current key.
    pub(crate) fn name(&self) -> &str {
        &self.names.current
    }

    /// Refuses a sign-in that is too long ago; `auth_time` alone counts.
    pub(crate) fn require_step_up(&self, now: Timestamp) -> Result<(), Problem> {
        let fresh = self.claims.auth_time.is_some_and(|at| now.duration_since(at) <= STEP_UP);
        if fresh { Ok(()) } else { Err(ProblemType::StepUpRequired.into()) }
    }
}

/// A user of the tenant in the path.
pub struct User {
    pub(crate) identity: Identity,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) layout: TenantLayout,
    pub(crate) profile: Profile,
    /// Version of the profile that was read.
    pub(crate) etag: ETag,
    pub(crate) roles: Roles,
}

impl User {
    pub(crate) fn id(&self) -> UserId {
        self.profile.id
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.roles.meet(Roles::ADMINISTRATOR)
    }

    /// Whether they see the whole tenant: administrators and the data protection officer.
    pub(crate) fn sees_all(&self) -> bool {
        self.roles.meet(Roles::ADMINISTRATOR.or(Roles::DATA_PROTECTION_OFFICER))
    }

    /// Whether the customer's content is theirs to see.
    pub(crate) fn sees(&self, customer: kundportal_domain::CustomerId) -> bool {
        self.sees_all() || self.profile.membership(customer).is_some()
    }

    /// Whether they keep this customer's users up to date.
    pub(crate) fn administers(&self, customer: kundportal_domain::CustomerId) -> bool {
        self.is_administrator() || self.profile.administered().any(|own| own == customer)
    }
}

/// Whoever acts on a tenant.
pub enum Actor {
    /// The company that runs the software.
    Operator(Identity),
    /// A user of the tenant.
    User(Box<User>),
}

/// The roles that a profile gives.
pub(crate) fn roles(profile: &Profile) -> Roles {
    if !profile.is_active() {
        return Roles::DEACTIVATED;
    }
    match profile.role {
        TenantRole::Administrator => Roles::ADMINISTRATOR,
        TenantRole::DataProtectionOfficer => Roles::DATA_PROTECTION_OFFICER,
        TenantRole::Member => {
            let administers = |membership: &kundportal_domain::records::Membership| {
                membership.role == MembershipRole::CustomerAdministrator
            };
            if profile.memberships.iter().any(administers) {
                Roles::CUSTOMER_ADMINISTRATOR
            } else {
                Roles::MEMBER
            }
        }
    }
}

/// Verifies the token.
pub(crate) async fn identity(context: &Context) -> Result<Identity, Problem> {
    let token = context
        .header(header::AUTHORIZATION.as_str())
        .and_then(bearer)
        .ok_or(ProblemType::Unauthenticated)?;
    let claims = match context.app.tokens().verify(token, context.now()).await {
        Ok(claims) => claims,
        Err(TokenError::Unavailable(source)) => {
            return Err(Problem { source: Some(source), ..ProblemType::Unavailable.into() });
        }
        Err(_) => return Err(ProblemType::Unauthenticated.into()),
    };
    let names = names_of_identity(&context.app, &claims.issuer, claims.subject.reveal());
    Ok(Identity { claims, names })
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The tenant in the path, for whom this issuer may speak. Any other does not exist.
pub(crate) async fn tenant(context: &Context, identity: &Identity) -> Result<Arc<Tenant>, Problem> {
    let id = context.tenant_id()?;
    if identity.claims.tenants.as_ref().is_some_and(|tenants| !tenants.iter().any(|own| own == id.as_str())) {
        return Err(ProblemType::NotFound.into());
    }
    context.app.tenant(&id).await
}

/// The user that the identity is in the tenant in the path; who is none finds no tenant there.
pub(crate) async fn user(context: &Context, identity: Identity) -> Result<User, Problem> {
    let tenant = tenant(context, &identity).await?;
    let layout = TenantLayout::new(&tenant.id);
    let (profile, etag) = find(context, &layout, &identity).await?.ok_or(ProblemType::NotFound)?;
    let roles = roles(&profile);
    let user = User { identity, tenant, layout, profile, etag, roles };
    sign_ins::record(context, &user).await?;
    Ok(user)
}

/// The profile of an identity in a tenant. An index entry counts only while the profile names the identity back, and so does
/// what is remembered of one: it spares a read, and is never the last word.
pub(crate) async fn find(
    context: &Context,
    layout: &TenantLayout,
    identity: &Identity,
) -> Result<Option<(Profile, ETag)>, Problem> {
    let (app, now) = (&context.app, context.now());
    let entry = layout.identity(identity.name());
    if let Some(id) = app.caches().identities.get(&entry, now) {
        if let Some(found) = profile_of(app, layout, id, identity).await? {
            return Ok(Some(found));
        }
        app.caches().identities.forget(&entry);
    }
    for name in identity.names.looked_up() {
        let Some((id, _)) = named_user(app, &layout.identity(name)).await? else { continue };
        if let Some(found) = profile_of(app, layout, id, identity).await? {
            app.caches().identities.put(entry, id, now);
            return Ok(Some(found));
        }
    }
    Ok(None)
}

async fn profile_of(
    app: &App,
    layout: &TenantLayout,
    id: UserId,
    identity: &Identity,
) -> Result<Option<(Profile, ETag)>, Problem> {
    let found = app.read::<Profile>(&layout.profile(id)).await?;
    Ok(found.filter(|(profile, _)| is_of(profile, identity)))
}

/// Whether a profile is there for this identity.
pub(crate) fn is_of(profile: &Profile, identity: &Identity) -> bool {
    !profile.is_leaving()
        && profile.issuer == identity.claims.issuer
        && profile.subject.reveal() == identity.claims.subject.reveal()
}

/// Where the request comes from, by the one header that the configuration names.
pub(crate) fn client_ip(context: &Context) -> Option<IpAddr> {
    match &context.app.settings().client_ip {
        ClientIp::Peer => context.peer,
        ClientIp::Header(name) => context.header(name).and_then(client_ip::from_single),
        ClientIp::Forwarded { header, trusted_proxies } => {
            context.header(header).and_then(|value| client_ip::from_forwarded_for(value, *trusted_proxies))
        }
    }
}

impl App {
    /// The settings of a tenant, at most a minute old.
    pub(crate) async fn tenant(&self, id: &TenantId) -> Result<Arc<Tenant>, Problem> {
        let now = self.now();
        if let Some(tenant) = self.caches().tenants.get(id, now) {
            return Ok(tenant);
        }
        let (tenant, _) =
            self.read::<Tenant>(&on_platform::tenant(id)).await?.ok_or(ProblemType::NotFound)?;
        let tenant = Arc::new(tenant);
        self.caches().tenants.put(id.clone(), Arc::clone(&tenant), now);
        Ok(tenant)
    }
}
