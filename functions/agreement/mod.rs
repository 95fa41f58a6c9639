//! `T/agreement`: the contract of Art. 28 with the tenant. Of its annex so far the list of sub-processors: who of them is in
//! use for this tenant, and which changes of the list wait.

use http::Method;
use jiff::civil::Date;
use kundportal_domain::sub_processors::{
    Announcement, EntryId, Register, Revision, Standing, SubProcessor, Tenancy, Text,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::User,
    context::Context,
    operation::{Access, Operation, RequestBody, Roles, Success, schema},
    problem::Problem,
    respond::{self, Answer},
    sub_processor_objections::Said,
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "getAnnex",
    method: Method::GET,
    path: "/api/tenants/{tenant}/agreement/annex",
    summary: "The annex of the agreement, so far its list of sub-processors",
    access: Access::User(Roles::ADMINISTRATOR.or(Roles::DATA_PROTECTION_OFFICER), |context, user| {
        Box::pin(annex(context, user))
    }),
    step_up: false,
    parameters: &[],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<Annex>),
    problems: &[],
}];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Annex {
    sub_processors: List,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct List {
    /// The revision of the public list that this is taken from.
    revision: u32,
    #[schemars(with = "String", extend("format" = "date"))]
    date: Date,
    /// Every entry, former ones included.
    entries: Vec<Entry>,
    /// Changes that are announced and not in force for this tenant, the oldest first.
    pending: Vec<Pending>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Entry {
    sub_processor: SubProcessor,
    standing: StandingView,
    /// The first day on which it may be used for this tenant, where that day is known, none after an
    /// objection or the end.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    usable_from: Option<Date>,
}

/// How a sub-processor stands with the tenant.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum StandingView {
    /// It is used.
    InUse,
    /// It is not used yet.
    NotYet,
    /// It is not used because the tenant objects.
    Objected,
    /// It is used no longer.
    Ended,
}

impl From<Standing> for StandingView {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::InUse => Self::InUse,
            Standing::NotYet => Self::NotYet,
            Standing::Objected => Self::Objected,
            Standing::Ended => Self::Ended,
        }
    }
}

/// A revision of the public list that is not in force for the tenant yet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Pending {
    revision: u32,
    #[schemars(with = "String", extend("format" = "date"))]
    date: Date,
    summary: Text,
    /// The entries that it announces, or something new of them, which is not in force for this tenant.
    sub_processors: Vec<EntryId>,
    /// The last day on which the tenant may object; null before it has been told, and where it agreed to the announcement when it
    /// came.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    object_until: Option<Date>,
}

async fn annex(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let register = &*app.settings().register;
    let said = Said::of(app, &user.layout, register.entries()).await?;
    let (tenancy, today) = (said.tenancy(user.tenant.agreed(register)), app.today());
    let entry = |(entry, standing): (&SubProcessor, Standing)| Entry {
        sub_processor: entry.clone(),
        standing: standing.into(),
        usable_from: if matches!(standing, Standing::InUse | Standing::NotYet) {
            register.usable_from(entry, tenancy)
        } else {
            None
        },
    };
    let pending =
        register.revisions().iter().filter_map(|revision| pending(register, tenancy, today, revision));
    let list = List {
        revision: register.revision(),
        date: register.date(),
        entries: register.annex(tenancy, today).into_iter().map(entry).collect(),
        pending: pending.collect(),
    };
    respond::ok(&Annex { sub_processors: list })
}

fn pending(register: &Register, tenancy: Tenancy<'_>, today: Date, revision: &Revision) -> Option<Pending> {
    if revision.date > today {
        return None;
    }
    let waits = |announcement: &Announcement<'_>| register.waits(*announcement, tenancy, today);
    let announced: Vec<_> = register.announced_by(revision).filter(waits).collect();
    if announced.is_empty() {
        return None;
    }
    let noticed = tenancy.noticed.get(&revision.number);
    let object_until = noticed.and_then(|day| register.period_ends(*day)?.yesterday().ok());
    Some(Pending {
        revision: revision.number,
        date: revision.date,
        summary: revision.summary.clone(),
        sub_processors: announced.into_iter().map(|announcement| announcement.entry.id.clone()).collect(),
        object_until,
    })
}
