//! `T/customers`: the companies that the tenant serves.

mod members;
mod names;

use std::sync::Arc;

use http::Method;
use jiff::Timestamp;
use kundportal_domain::{
    CompanyName, CustomerId, OrganisationNumber, Patch, TenantId, merge_patch, records::Customer,
};
use kundportal_store::{Condition, ETag, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use names::{by_name, complete, current as current_name};

use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::{Context, if_unchanged},
    layout::{self, TenantLayout},
    listing::{List, load},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::Work,
};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "createCustomer",
        method: Method::POST,
        path: "/api/tenants/{tenant}/customers",
        summary: "Adds a customer",
        access: Access::User(Roles::ADMINISTRATOR, |context, user| Box::pin(create(context, user))),
        step_up: false,
        parameters: &[Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Json(schema::<NewCustomer>),
        success: Success::Json(201, schema::<CustomerView>),
        problems: &[],
    },
    Operation {
        id: "listCustomers",
        method: Method::GET,
        path: "/api/tenants/{tenant}/customers",
        summary: "One's own customers; administrators and the data protection officer see all",
        access: Access::User(Roles::ACTIVE, |context, user| Box::pin(list(context, user))),
        step_up: false,
        parameters: &[Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<CustomerView>>),
        problems: &[],
    },
    Operation {
        id: "updateCustomer",
        method: Method::PATCH,
        path: "/api/tenants/{tenant}/customers/{customer}",
        summary: "Changes a customer's name or organisation number",
        access: Access::User(Roles::ADMINISTRATOR, |context, user| Box::pin(update(context, user))),
        step_up: false,
        parameters: &[Parameter::IF_MATCH],
        request: RequestBody::MergePatch(schema::<CustomerPatch>),
        success: Success::Json(200, schema::<CustomerView>),
        problems: &[],
    },
    members::PUT_MEMBER,
    members::DELETE_MEMBER,
];

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewCustomer {
    name: CompanyName,
    #[serde(default)]
    organisation_number: Option<OrganisationNumber>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustomerPatch {
    #[serde(default, deserialize_with = "merge_patch::present")]
    name: Option<CompanyName>,
    #[serde(default)]
    organisation_number: Patch<OrganisationNumber>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CustomerView {
    id: CustomerId,
    name: CompanyName,
    organisation_number: Option<OrganisationNumber>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        let Customer { id, name, organisation_number, created_at, updated_at } = customer;
        Self { id, name, organisation_number, created_at, updated_at }
    }
}

async fn create(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (new, body) = context.json::<NewCustomer>().await?;
    let app = &context.app;
    let now = app.now();
    let id = context.claim(&user, &body, || CustomerId::new(now, app.random())).await?;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id);
    app.audit(&user.tenant.id, &record).await?;
    let customer = Customer {
        id,
        name: new.name,
        organisation_number: new.organisation_number,
        created_at: now,
        updated_at: now,
    };
    let work = Work::CustomerChange { customer: id, change: record.id, names: names::of(app, [&customer]) };
    let marker = app.begin(&user.tenant.id, work).await?;
    let (customer, etag) = match app.write(&user.layout.customer(id), &customer, Condition::IfAbsent).await {
        Ok(etag) => (customer, etag),
        Err(StoreError::AlreadyExists) => read(app, &user.layout, id).await?,
        Err(error) => return Err(error.into()),
    };
    names::settle(app, &user.layout, id, &[]).await?;
    app.finish(&marker).await?;
    Ok(respond::with_etag(respond::created(&CustomerView::from(customer))?, &etag))
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let request = context.page_request()?;
    let (ids, next) = if user.sees_all() {
        let (names, next) = app.page(user.layout.container(), layout::CUSTOMERS, &request).await?;
        let ids = names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok());
        (ids.collect::<Vec<CustomerId>>(), next)
    } else {
        request.of(user.profile.memberships.iter().map(|membership| membership.customer))?
    };
    let read = |id: CustomerId| {
        let path = user.layout.customer(id);
        async move { Ok(app.read::<Customer>(&path).await?.map(|(customer, _)| CustomerView::from(customer))) }
    };
    respond::ok(&List { items: load(ids, read).await?, next })
}

async fn update(mut context: Context, user: User) -> Result<Answer, Problem> {
    let id: CustomerId = context.parameter("customer")?;
    let (patch, _) = context.json::<CustomerPatch>().await?;
    let app = &context.app;
    let (_, etag) = read(app, &user.layout, id).await?;
    context.check_if_match(&etag)?;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id);
    app.audit(&user.tenant.id, &record).await?;
    for _ in 0..RACES {
        let (mut customer, etag) = read(app, &user.layout, id).await?;
        context.check_if_match(&etag)?;
        let before = customer.clone();
        if let Some(name) = &patch.name {
            customer.name = name.clone();
        }
        patch.organisation_number.clone().apply_to(&mut customer.organisation_number);
        customer.updated_at = app.now();
        let names = names::of(app, [&before, &customer]);
        let marker = if customer.name == before.name {
            None
        } else {
            let work = Work::CustomerChange { customer: id, change: record.id, names: names.clone() };
            Some(app.begin(&user.tenant.id, work).await?)
        };
        match app.write(&user.layout.customer(id), &customer, if_unchanged(&etag)).await {
            Ok(etag) => {
                app.caches().customers.forget(&(user.tenant.id.clone(), id));
                if let Some(marker) = &marker {
                    names::settle(app, &user.layout, id, &names).await?;
                    app.finish(marker).await?;
                }
                return Ok(respond::with_etag(respond::ok(&CustomerView::from(customer))?, &etag));
            }
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}

/// A customer and its version; 404 where there is none.
pub(crate) async fn read(
    app: &App,
    layout: &TenantLayout,
    id: CustomerId,
) -> Result<(Customer, ETag), Problem> {
    app.read::<Customer>(&layout.customer(id)).await?.ok_or_else(|| ProblemType::NotFound.into())
}

/// A customer that was read less than a minute ago.
pub(crate) fn known(app: &App, tenant: &TenantId, id: CustomerId) -> Option<Arc<Customer>> {
    app.caches().customers.get(&(tenant.clone(), id), app.now())
}

/// A customer, at most a minute old; none where there is none.
pub(crate) async fn cached(
    app: &App,
    tenant: &TenantId,
    id: CustomerId,
) -> Result<Option<Arc<Customer>>, Problem> {
    if let Some(customer) = known(app, tenant, id) {
        return Ok(Some(customer));
    }
    let now = app.now();
    let Some((customer, _)) = app.read::<Customer>(&TenantLayout::new(tenant).customer(id)).await? else {
        return Ok(None);
    };
    let customer = Arc::new(customer);
    app.caches().customers.put((tenant.clone(), id), Arc::clone(&customer), now);
    Ok(Some(customer))
}
