//! Sign-ins and use: the first request with an unseen `auth_time` records the sign-in with its IP address; the day of use is
//! kept without one.

use std::net::IpAddr;

use http::Method;
use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    Personal, RetentionRules, TenantId, UserId,
    records::Profile,
    retention::{Item, Warning, due_day},
};
use kundportal_store::{Condition, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    auth::{User, client_ip},
    context::Context,
    due::DueItem,
    problem::{Problem, ProblemType},
};

/// Seconds since 1970 from which names are counted back.
const LATEST: i64 = 0xffff_ffff_ffff;

/// A recorded sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignIn {
    /// `auth_time` of the token.
    pub(crate) at: Timestamp,
    /// Where it came from, where that is known.
    pub(crate) ip_address: Option<Personal<IpAddr>>,
    /// The first day on which this record is gone.
    pub(crate) until: Date,
}

/// The last day of use, for idleness. Use on another day voids the warning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LastUse {
    pub(crate) day: Date,
    /// The last warning that the account will go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) warned: Option<Warning>,
}

/// Name of a sign-in under the person: the newest first.
pub(crate) fn name(at: Timestamp) -> String {
    format!("{:012x}", LATEST.saturating_sub(at.as_second()))
}

/// The time of a sign-in, from its name.
pub(crate) fn time_of(name: &str) -> Option<Timestamp> {
    let inverted = i64::from_str_radix(name, 16).ok()?;
    Timestamp::from_second(LATEST.checked_sub(inverted)?).ok()
}

/// Records what is new in this request. Each process writes once; a second process finds it there.
pub(crate) async fn record(context: &Context, user: &User) -> Result<(), Problem> {
    let app = &context.app;
    let (tenant, id, now) = (&user.tenant.id, user.id(), app.now());
    let sign_in = user.identity.claims.auth_time.map(|at| (tenant.clone(), id, at));
    let use_today = (tenant.clone(), id, app.today());
    let is_known = sign_in.as_ref().is_none_or(|key| app.caches().sign_ins.get(key, now).is_some())
        && app.caches().last_use.get(&use_today, now).is_some();
    // Nearly every request brings nothing new, and should not carry what it takes to write that.
    if is_known { Ok(()) } else { Box::pin(record_new(context, user, sign_in, use_today)).await }
}

async fn record_new(
    context: &Context,
    user: &User,
    sign_in: Option<(TenantId, UserId, Timestamp)>,
    use_today: (TenantId, UserId, Date),
) -> Result<(), Problem> {
    let app = &context.app;
    let now = app.now();
    let today = use_today.2;
    let tenant = &user.tenant.id;
    let mut written = Vec::new();
    if let Some(key) = sign_in {
        let at = key.2;
        if app.caches().sign_ins.get(&key, now).is_none() {
            let name = name(at);
            let path = user.layout.sign_in(user.id(), &name);
            let rules = RetentionRules::default();
            let until = due_day(&Item::SignIn { at }, &rules).unwrap_or(Date::MAX);
            if until > today && !app.exists(&path).await? {
                let item = DueItem::SignIn { user: user.id(), name };
                app.mark_due(tenant, until, &item).await?;
                let sign_in = SignIn { at, ip_address: client_ip(context).map(Personal::new), until };
                match app.write(&path, &sign_in, Condition::IfAbsent).await {
                    Ok(_) | Err(StoreError::AlreadyExists) => {
                        written.extend([path, user.layout.due(until, &item.to_string())]);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            app.caches().sign_ins.put(key, (), now);
        }
    }
    if app.caches().last_use.get(&use_today, now).is_none() {
        let path = user.layout.last_use(user.id());
        match app.write(&path, &LastUse { day: today, warned: None }, Condition::Always).await {
            Ok(_) => {
                written.push(path);
                app.caches().last_use.put(use_today, (), now);
            }
            // Whoever only reads is let read: the next request tries again, and where nothing can be written no account goes.
            Err(error @ StoreError::Unavailable { .. }) if context.operation.method == Method::GET => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a day of use is not noted");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if written.is_empty() {
        return Ok(());
    }
    // Mark, then look: an account that went meanwhile leaves nothing.
    let profile = app.read::<Profile>(&user.layout.profile(user.id())).await?;
    if profile.is_none_or(|(profile, _)| profile.is_leaving()) {
        for path in &written {
            app.unmark(path).await?;
        }
        return Err(ProblemType::NotFound.into());
    }
    Ok(())
}
