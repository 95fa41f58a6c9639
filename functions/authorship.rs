//! Who wrote what: files and comments are the tenant's records and carry their author's id, never the name. What is shown as
//! the author comes from the person's profile at that moment, so that a correction shows everywhere at once.

use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::header;
use kundportal_domain::{
    CustomerId, Locale, PersonName, Personal, Texts, UserId,
    records::{Profile, TenantRole},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    customers,
    layout::TenantLayout,
    operation::Roles,
    problem::{Problem, ProblemType},
};

/// Profiles read at once for the authors of one page.
const CONCURRENT_READS: usize = 16;

/// Whoever may add to a customer's records. The data protection officer reads and decides nothing.
pub(crate) const WRITERS: Roles = Roles::ADMINISTRATOR.or(Roles::CUSTOMER_ADMINISTRATOR).or(Roles::MEMBER);

/// An author as everybody who sees the record sees them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Author {
    /// Null once the author is detached.
    id: Option<UserId>,
    /// A detached author has the same name for everybody, in the reader's language.
    name: Personal<String>,
}

/// The names of the authors of one answer.
pub(crate) struct Authors {
    names: HashMap<UserId, Personal<PersonName>>,
    locale: Locale,
}

impl Authors {
    /// Reads each author's profile once. A deactivated author keeps the name; whose profile is gone counts as detached.
    pub(crate) async fn of(
        context: &Context,
        user: &User,
        authors: impl IntoIterator<Item = Option<UserId>>,
    ) -> Result<Self, Problem> {
        let own = (user.id(), user.profile.name.clone());
        let mut others: Vec<UserId> = authors.into_iter().flatten().filter(|id| *id != user.id()).collect();
        others.sort_unstable();
        others.dedup();
        let mut names: HashMap<_, _> = stream::iter(others)
            .map(|id| async move { context.app.read::<Profile>(&user.layout.profile(id)).await })
            .buffer_unordered(CONCURRENT_READS)
            .try_filter_map(|found| async move { Ok(found.map(|(profile, _)| (profile.id, profile.name))) })
            .try_collect()
            .await?;
        names.extend([own]);
        Ok(Self { names, locale: reader_locale(context, user) })
    }

    /// How the author is shown.
    pub(crate) fn show(&self, author: Option<UserId>) -> Author {
        match author.and_then(|id| self.names.get_key_value(&id)) {
            Some((id, name)) => {
                Author { id: Some(*id), name: name.clone().map(|name| name.as_str().to_owned()) }
            }
            None => Author {
                id: None,
                name: Personal::new(Texts::of(self.locale).get("former-user").into_owned()),
            },
        }
    }
}

/// What the reader asks for, or else the language of their profile.
fn reader_locale(context: &Context, user: &User) -> Locale {
    if context.header(header::ACCEPT_LANGUAGE.as_str()).is_some() {
        context.locale()
    } else {
        user.profile.locale
    }
}

/// Refuses a customer that does not exist, or whose content is not the caller's to see: both look the same.
pub(crate) async fn require_sight(app: &App, user: &User, customer: CustomerId) -> Result<(), Problem> {
    if !user.sees(customer) {
        return Err(ProblemType::NotFound.into());
    }
    // A membership is of a customer that exists; who sees the whole tenant may ask for any id.
    if user.profile.membership(customer).is_none() {
        customers::cached(app, &user.tenant.id, customer).await?.ok_or(ProblemType::NotFound)?;
    }
    Ok(())
}

/// Whether somebody may remove a record that they see: its author or an administrator.
pub(crate) fn may_remove(user: &User, author: Option<UserId>) -> bool {
    user.is_administrator() || author == Some(user.id())
}

/// Whether somebody who added to a customer's records still may: asked after the record is written ('mark, then look').
/// Deactivation and the end of a membership write their mark on the profile first, so that one of the two sees the other.
pub(crate) async fn still_belongs(
    app: &App,
    layout: &TenantLayout,
    author: UserId,
    customer: CustomerId,
) -> Result<bool, Problem> {
    let profile = app.read::<Profile>(&layout.profile(author)).await?;
    Ok(profile.is_some_and(|(profile, _)| {
        profile.is_active()
            && (profile.role == TenantRole::Administrator
                || (profile.role == TenantRole::Member && profile.membership(customer).is_some()))
    }))
}

/// The `customer` that lists and uploads name.
pub(crate) fn customer_in_query(context: &Context) -> Result<CustomerId, Problem> {
    context.required_query("customer")
}

/// Records that somebody who sees a customer by office, without belonging to it, read what its users wrote: one record for
/// each answer, naming the customer and the authors shown. What colleagues show each other is what the portal is for.
pub(crate) async fn record_reading(
    context: &Context,
    user: &User,
    customer: CustomerId,
    authors: impl IntoIterator<Item = Option<UserId>>,
) -> Result<(), Problem> {
    let mut others: Vec<UserId> = authors.into_iter().flatten().filter(|id| *id != user.id()).collect();
    if user.profile.membership(customer).is_some() || others.is_empty() {
        return Ok(());
    }
    others.sort_unstable();
    others.dedup();
    let record = AuditRecord::intended(&context.app, By::user(user), context.operation.id, customer)
        .about(others)
        .within(customer);
    Ok(context.app.audit(&user.tenant.id, &record).await?)
}
