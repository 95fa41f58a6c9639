//! `GET T/profile/sign-ins`: when one signed in, from where, and until when that is kept.

use std::net::IpAddr;

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{Personal, RetentionRules, retention, stockholm};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::User,
    context::Context,
    layout,
    listing::{List, load},
    problem::Problem,
    respond::{self, Answer},
    sign_ins,
};

/// One sign-in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SignIn")]
pub(super) struct SignInView {
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// Where it came from, where that is known.
    ip_address: Option<Personal<IpAddr>>,
    /// The day by which the record and its last copy are gone.
    #[schemars(with = "String", extend("format" = "date"))]
    gone_by: Date,
}

pub(super) async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let prefix = layout::sign_ins(user.id());
    let rules = RetentionRules::with(&user.tenant.retention);
    let (names, next) = context.app.page(user.layout.container(), &prefix, &context.page_request()?).await?;
    let (app, user, rules) = (&context.app, &user, &rules);
    let items = load(names, |name| async move {
        let sign_in = app.read::<sign_ins::SignIn>(&user.layout.sign_in(user.id(), &name)).await?;
        Ok(sign_in.map(|(sign_in, _)| SignInView {
            at: sign_in.at,
            gone_by: retention::gone_by(stockholm::start_of(sign_in.until), rules),
            ip_address: sign_in.ip_address,
        }))
    })
    .await?;
    respond::ok(&List { items, next })
}
