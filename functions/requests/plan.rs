//! `GET T/requests/{id}/plan`.

use kundportal_domain::{
    Category, Texts,
    data_map::InPackage,
    records::{CaseState, Profile},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{find, note_look_up};
use crate::{
    auth::User,
    context::Context,
    listing::List,
    package::Plan,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

/// An item that a request concerns.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanItem {
    /// Its category in the data map; null where it knows none for the item.
    category: Option<Category>,
    /// Its identifier within the category; without one, its name in storage below the person's own.
    item: String,
    action: Action,
    /// Why it is left out, in the reader's language.
    reason: Option<String>,
}

/// What happens to an item.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Action {
    /// It is in the package.
    Include,
    /// It is not.
    LeaveOut,
}

/// What is frozen for the package; before that, what would be.
pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    let page = context.page_request()?;
    let (case, _) = find(&context, &user).await?;
    let plan = match Plan::read(&context.app, &user.layout, case.id).await? {
        Some(plan) => plan,
        None if case.state == CaseState::InProgress => {
            let profile = context.app.read::<Profile>(&user.layout.profile(case.subject)).await?;
            let (profile, _) = profile.ok_or(ProblemType::NotFound)?;
            Plan::of(&context.app, &user.layout, &profile).await?
        }
        // It goes with the package.
        None => return Err(ProblemType::NotFound.into()),
    };
    note_look_up(&context, &user, &case).await?;
    let texts = Texts::of(context.locale());
    let include = |category, item: String| PlanItem {
        category: Some(category),
        item,
        action: Action::Include,
        reason: None,
    };
    let own = plan.own.iter().filter_map(|own| {
        let category = own.category(case.subject)?;
        let InPackage::LeftOut(reason) = category.entry().in_package else {
            return Some(include(category, own.name.clone()));
        };
        let reason = Some(texts.get(reason).into_owned());
        Some(PlanItem { category: Some(category), item: own.name.clone(), action: Action::LeaveOut, reason })
    });
    let unknown = plan.unknown.iter().map(|name| PlanItem {
        category: None,
        item: name.clone(),
        action: Action::LeaveOut,
        reason: Some(texts.get("package-unknown").into_owned()),
    });
    let items: Vec<_> = own
        .chain(unknown)
        .chain(plan.files.iter().map(|file| {
            let item = include(Category::Files, file.id.to_string());
            if !plan.leaves_out(file.id) {
                return item;
            }
            let reason = Some(texts.get("package-too-much").into_owned());
            PlanItem { action: Action::LeaveOut, reason, ..item }
        }))
        .chain(plan.comments.iter().map(|id| include(Category::Comments, id.to_string())))
        .chain(plan.invites.iter().map(|id| include(Category::Invitations, id.to_string())))
        .chain(plan.requests.iter().map(|id| include(Category::Cases, id.to_string())))
        .collect();
    let prefix = format!("requests/{}/plan", case.id);
    let (items, next) = context.app.page_of(user.layout.container(), &prefix, &page, items)?;
    respond::ok(&List { items, next })
}
