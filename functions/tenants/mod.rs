//! `/api/tenants`: tenants and their settings.

mod founding;
pub(crate) mod rescan;
mod settings;

use http::Method;
use jiff::Timestamp;
use kundportal_domain::{
    CompanyName, EmailAddress, Locale, OrganisationNumber, PersonName, Personal, TenantId,
    records::{Agreement, Contact, DataProtectionOfficer, Founder, Instructions, RetentionChoices, Tenant},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use founding::complete;

use crate::{
    auth::{Actor, Identity},
    context::Context,
    layout::{on_platform, platform},
    listing::{List, load},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "createTenant",
        method: Method::POST,
        path: "/api/tenants",
        summary: "Sets up a tenant and invites its first administrator",
        access: Access::Operator(|context, identity| Box::pin(founding::create(context, identity))),
        step_up: false,
        parameters: &[Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Json(schema::<NewTenant>),
        success: Success::Json(201, schema::<TenantView>),
        problems: &[ProblemType::TenantExists],
    },
    Operation {
        id: "listTenants",
        method: Method::GET,
        path: "/api/tenants",
        summary: "All tenants: settings, no content",
        access: Access::Operator(|context, identity| Box::pin(list(context, identity))),
        step_up: false,
        parameters: &[Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<TenantView>>),
        problems: &[],
    },
    Operation {
        id: "getTenant",
        method: Method::GET,
        path: "/api/tenants/{tenant}",
        summary: "A tenant's settings",
        access: Access::UserOrOperator(
            Roles::ADMINISTRATOR.or(Roles::DATA_PROTECTION_OFFICER),
            |context, actor| Box::pin(get(context, actor)),
        ),
        step_up: false,
        parameters: &[],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<TenantView>),
        problems: &[],
    },
    Operation {
        id: "updateTenant",
        method: Method::PATCH,
        path: "/api/tenants/{tenant}",
        summary: "Changes a tenant's settings",
        access: Access::User(Roles::ADMINISTRATOR, |context, user| Box::pin(settings::update(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::MergePatch(schema::<settings::TenantPatch>),
        success: Success::Json(200, schema::<TenantView>),
        problems: &[],
    },
];

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewTenant {
    id: TenantId,
    name: CompanyName,
    organisation_number: OrganisationNumber,
    contact: Contact,
    #[serde(default)]
    data_protection_officer: Option<DataProtectionOfficer>,
    locale: Locale,
    #[serde(default)]
    agreement: Option<Agreement>,
    #[serde(default)]
    retention: RetentionChoices,
    administrator: FirstAdministrator,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FirstAdministrator {
    name: Personal<PersonName>,
    email: Personal<EmailAddress>,
}

impl From<FirstAdministrator> for Founder {
    fn from(FirstAdministrator { name, email }: FirstAdministrator) -> Self {
        Self { name, email }
    }
}

/// Whether the contract of Art. 28(3) is in place.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum TenantStatus {
    Active,
    AwaitingAgreement,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TenantView {
    id: TenantId,
    name: CompanyName,
    organisation_number: OrganisationNumber,
    contact: Contact,
    data_protection_officer: Option<DataProtectionOfficer>,
    locale: Locale,
    agreement: Option<Agreement>,
    retention: RetentionChoices,
    instructions: Instructions,
    status: TenantStatus,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        Self {
            status: if tenant.is_active() { TenantStatus::Active } else { TenantStatus::AwaitingAgreement },
            id: tenant.id,
            name: tenant.name,
            organisation_number: tenant.organisation_number,
            contact: tenant.contact,
            data_protection_officer: tenant.data_protection_officer,
            locale: tenant.locale,
            agreement: tenant.agreement,
            retention: tenant.retention,
            instructions: tenant.instructions,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

async fn list(context: Context, _: Identity) -> Result<Answer, Problem> {
    let app = &context.app;
    let (names, next) = app.page(&platform(), on_platform::TENANTS, &context.page_request()?).await?;
    let read = |name: String| async move {
        let Some(id) = name.strip_suffix(".json").and_then(|id| id.parse::<TenantId>().ok()) else {
            return Ok(None);
        };
        Ok(app.read::<Tenant>(&on_platform::tenant(&id)).await?.map(|(tenant, _)| TenantView::from(tenant)))
    };
    respond::ok(&List { items: load(names, read).await?, next })
}

async fn get(context: Context, _: Actor) -> Result<Answer, Problem> {
    let path = on_platform::tenant(&context.tenant_id()?);
    let (tenant, etag) = context.app.read::<Tenant>(&path).await?.ok_or(ProblemType::NotFound)?;
    Ok(respond::with_etag(respond::ok(&TenantView::from(tenant))?, &etag))
}
