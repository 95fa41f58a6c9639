//! `GET T/about`: who is responsible, and what for (Art. 13).

use http::Method;
use kundportal_domain::{
    CompanyName, OrganisationNumber, Texts,
    records::{Contact, DataProtectionOfficer},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::User,
    context::Context,
    operation::{Access, Operation, RequestBody, Roles, Success, schema},
    problem::Problem,
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "getAbout",
    method: Method::GET,
    path: "/api/tenants/{tenant}/about",
    summary: "Controller, contacts, data protection officer, privacy notice",
    access: Access::User(Roles::ALL, |context, user| Box::pin(std::future::ready(get(&context, &user)))),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<About>),
    problems: &[],
}];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct About {
    controller: Controller,
    contact: Contact,
    data_protection_officer: Option<DataProtectionOfficer>,
    privacy_notice: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Controller {
    name: CompanyName,
    organisation_number: OrganisationNumber,
}

fn get(context: &Context, user: &User) -> Result<Answer, Problem> {
    let tenant = &user.tenant;
    respond::ok(&About {
        controller: Controller {
            name: tenant.name.clone(),
            organisation_number: tenant.organisation_number.clone(),
        },
        contact: tenant.contact.clone(),
        data_protection_officer: tenant.data_protection_officer.clone(),
        privacy_notice: privacy_notice(context.locale(), &tenant.name),
    })
}

/// What is told whoever is invited, and whoever asks.
pub(crate) fn privacy_notice(locale: kundportal_domain::Locale, tenant: &CompanyName) -> String {
    Texts::of(locale).with("privacy-notice", &[("tenant", tenant.as_str())]).into_owned()
}
