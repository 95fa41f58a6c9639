//! `GET T/profile/lookups`: when and why others looked one up (C-579/21), never who.

use jiff::civil::Date;
use kundportal_domain::stockholm;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    audit::{Activity, Purpose},
    auth::User,
    context::Context,
    layout,
    listing::{List, load},
    problem::Problem,
    respond::{self, Answer},
};

/// Pages of activity that are looked through for one page of look-ups.
const MOST_PAGES: usize = 20;

/// That somebody looked the person up.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LookUp {
    #[schemars(with = "String", extend("format" = "date"))]
    date: Date,
    purpose: Purpose,
}

pub(super) async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let prefix = layout::activities(user.id());
    let mut request = context.page_request()?;
    // What the person did themselves lies between: pages without any look-up are passed over.
    for _ in 1..MOST_PAGES {
        let page = page(&context, &user, &prefix, &request).await?;
        match &page.next {
            Some(next) if page.items.is_empty() => request = request.from(next),
            _ => return respond::ok(&page),
        }
    }
    respond::ok(&page(&context, &user, &prefix, &request).await?)
}

async fn page(
    context: &Context,
    user: &User,
    prefix: &str,
    request: &crate::listing::PageRequest,
) -> Result<List<LookUp>, Problem> {
    let (names, next) = context.app.page(user.layout.container(), prefix, request).await?;
    let items = load(names, |name| async move {
        let activity = context.app.read::<Activity>(&user.layout.at(format!("{prefix}{name}"))).await?;
        Ok(activity.and_then(|(activity, _)| look_up(&activity)))
    })
    .await?;
    Ok(List { items, next })
}

/// Only what somebody else did, for a purpose, is a look-up.
fn look_up(activity: &Activity) -> Option<LookUp> {
    let purpose = activity.purpose.filter(|_| !activity.own)?;
    Some(LookUp { date: stockholm::date_of(activity.at), purpose })
}
