//! `GET T/users`.

use std::collections::BTreeSet;

use kundportal_domain::{CustomerId, UserId, records::Profile};

use super::view::{Scope, UserView};
use crate::{
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::Context,
    customers, layout,
    listing::{self, List},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(super) async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let tenant = &user.tenant.id;
    let scope = Scope::of(&user);
    let (profiles, next) = match (context.query_as::<CustomerId>("customer")?, &scope) {
        (Some(id), _) => {
            if !scope.includes(id) || customers::cached(app, tenant, id).await?.is_none() {
                return Err(ProblemType::NotFound.into());
            }
            of_customers(&context, &user, &BTreeSet::from([id])).await?
        }
        (None, Scope::All { .. }) => of_tenant(&context, &user).await?,
        (None, Scope::Customers(own)) => of_customers(&context, &user, own).await?,
    };
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, "users")
        .about(profiles.iter().map(|profile| profile.id))
        .for_purpose(Purpose::UserAdministration);
    app.audit_list(tenant, &record).await?;
    let scope = &scope;
    let view = |profile| async move { UserView::of(app, tenant, scope, profile).await.map(Some) };
    respond::ok(&List { items: listing::load(profiles, view).await?, next })
}

async fn of_tenant(context: &Context, user: &User) -> Result<(Vec<Profile>, Option<String>), Problem> {
    let request = context.page_request()?;
    let (names, next) = context.app.page(user.layout.container(), layout::USERS, &request).await?;
    let profiles = listing::load(names, |name| async move { profile(context, user, &name).await }).await?;
    Ok((profiles, next))
}

/// A page of these customers' people, customer by customer in the order of their ids; who belongs to several is shown with
/// the first.
async fn of_customers(
    context: &Context,
    user: &User,
    customers: &BTreeSet<CustomerId>,
) -> Result<(Vec<Profile>, Option<String>), Problem> {
    let request = context.page_request()?;
    let lists: Vec<_> = customers.iter().map(|id| (*id, layout::customer_users(*id))).collect();
    let (entries, next) = context.app.page_over(user.layout.container(), &lists, &request).await?;
    let profiles = listing::load(entries, |(customer, name)| async move {
        let is_shown_here = |profile: &Profile| {
            let mut listed = profile.memberships.iter().map(|membership| membership.customer);
            listed.find(|id| customers.contains(id)) == Some(customer)
        };
        Ok(profile(context, user, &name).await?.filter(is_shown_here))
    })
    .await?;
    Ok((profiles, next))
}

/// The profile that an entry leads to.
async fn profile(context: &Context, user: &User, name: &str) -> Result<Option<Profile>, Problem> {
    let Ok(id) = name.parse::<UserId>() else { return Ok(None) };
    let found = context.app.read::<Profile>(&user.layout.profile(id)).await?.map(|(profile, _)| profile);
    Ok(found.filter(|profile| !profile.is_leaving()))
}
