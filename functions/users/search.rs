//! `POST T/users/search`: by the exact address, which therefore stands in a body and not in a URL.

use kundportal_domain::{EmailAddress, Personal};
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::{Scope, UserView};
use crate::{
    audit::{AuditRecord, By, Purpose},
    auth::User,
    context::Context,
    listing::List,
    people,
    problem::Problem,
    respond::{self, Answer},
};

/// Who is looked for.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "UserSearch")]
pub(super) struct Search {
    email: Personal<EmailAddress>,
}

pub(super) async fn search(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (search, _) = context.json::<Search>().await?;
    let app = &context.app;
    let tenant = &user.tenant.id;
    let scope = Scope::of(&user);
    let found = people::user_by_email(app, &user.layout, search.email.reveal()).await?;
    let found = found.map(|(profile, _)| profile).filter(|profile| scope.shows(profile));
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, "users")
        .for_purpose(Purpose::UserAdministration);
    let Some(profile) = found else {
        app.audit(tenant, &record).await?;
        return respond::ok(&List::<UserView> { items: Vec::new(), next: None });
    };
    let record = record.about([profile.id]);
    app.audit_look_up(tenant, &record, profile.id).await?;
    let items = vec![UserView::of(app, tenant, &scope, profile).await?];
    respond::ok(&List { items, next: None })
}
