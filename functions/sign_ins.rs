//! Sign-ins and use: the first request with an unseen `auth_time` records the sign-in with its IP address; the day of use is
//! kept without one.

use std::net::IpAddr;

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{Period, Personal, UserId, stockholm};
use kundportal_store::{Condition, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    auth::{User, client_ip},
    context::Context,
    problem::Problem,
};

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

/// The last day of use, for idleness.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LastUse {
    pub(crate) day: Date,
}

/// Name of a sign-in under the person: the newest first.
pub(crate) fn name(at: Timestamp) -> String {
    format!("{:012x}", 0xffff_ffff_ffff_i64.saturating_sub(at.as_second()))
}

/// The due marker's item: `<category>/<user>/<name>`.
pub(crate) fn due_item(user: UserId, name: &str) -> String {
    format!("sign-in/{user}/{name}")
}

/// Records what is new in this request. Each process writes once; a second process finds it there.
pub(crate) async fn record(context: &Context, user: &User) -> Result<(), Problem> {
    let app = &context.app;
    let now = app.now();
    let today = app.today();
    let tenant = &user.tenant.id;
    if let Some(at) = user.identity.claims.auth_time {
        let key = (tenant.clone(), user.id(), at);
        if app.caches().sign_ins.get(&key, now).is_none() {
            let name = name(at);
            let path = user.layout.sign_in(user.id(), &name);
            let until = Period::days(90).add_to(stockholm::date_of(at));
            if until > today && !app.exists(&path).await? {
                app.mark_due(tenant, until, &due_item(user.id(), &name)).await?;
                let sign_in = SignIn { at, ip_address: client_ip(context).map(Personal::new), until };
                match app.write(&path, &sign_in, Condition::IfAbsent).await {
                    Ok(_) | Err(StoreError::AlreadyExists) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            app.caches().sign_ins.put(key, (), now);
        }
    }
    let key = (tenant.clone(), user.id(), today);
    if app.caches().last_use.get(&key, now).is_none() {
        app.write(&user.layout.last_use(user.id()), &LastUse { day: today }, Condition::Always).await?;
        app.caches().last_use.put(key, (), now);
    }
    Ok(())
}
