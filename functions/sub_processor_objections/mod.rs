//! `T/sub-processor-objections`: a tenant objects to a sub-processor, or to what is new of one, within the notice period, and the
//! operator answers. Until it is withdrawn, the sub-processor is not used for that tenant: from when on it is what the tenant
//! objects to.

mod answer;

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    ObjectionId, Personal, Reason, TenantId,
    records::Tenant,
    stockholm,
    sub_processors::{Announcement, EntryId, Register, Standing, SubProcessor, Tenancy},
};
use kundportal_store::{Condition, ETag, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    layout::{self, TenantLayout},
    listing::{List, load},
    notices::Notice,
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "createSubProcessorObjection",
        method: Method::POST,
        path: "/api/tenants/{tenant}/sub-processor-objections",
        summary: "Objects to an announced sub-processor, or to what is new of one, within the notice period",
        access: Access::User(Roles::ADMINISTRATOR, |context, user| Box::pin(create(context, user))),
        step_up: false,
        parameters: &[Parameter::IDEMPOTENCY_KEY],
        request: RequestBody::Json(schema::<NewObjection>),
        success: Success::Json(201, schema::<ObjectionView>),
        problems: &[ProblemType::Conflict],
    },
    Operation {
        id: "listSubProcessorObjections",
        method: Method::GET,
        path: "/api/tenants/{tenant}/sub-processor-objections",
        summary: "The tenant's objections",
        access: Access::User(Roles::ADMINISTRATOR.or(Roles::DATA_PROTECTION_OFFICER), |context, user| {
            Box::pin(list(context, user))
        }),
        step_up: false,
        parameters: &[Parameter::LIMIT, Parameter::CURSOR],
        request: RequestBody::Empty,
        success: Success::Json(200, schema::<List<ObjectionView>>),
        problems: &[],
    },
    answer::ANSWER,
];

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewObjection {
    /// The id of the sub-processor.
    sub_processor: EntryId,
    /// The revision by whose announcement it, or something new of it, was announced; without it the newest one that can be objected
    /// to.
    #[serde(default)]
    revision: Option<u32>,
    reason: Personal<Reason>,
}

/// How far an objection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum State {
    /// It waits for an answer.
    Open,
    /// The operator has answered.
    Answered,
    /// The operator does without the sub-processor for this tenant.
    Accepted,
    /// The tenant has taken it back.
    Withdrawn,
    /// The agreement ends.
    Terminating,
}

/// What lies at an objection, and how it is shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Objection {
    id: ObjectionId,
    sub_processor: EntryId,
    /// The revision by which it, or something new of it, was announced; of an objection from before this was noted, the one that
    /// announced the sub-processor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    revision: Option<u32>,
    reason: Personal<Reason>,
    state: State,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    answer: Option<Personal<Reason>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    answered_at: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ObjectionView {
    id: ObjectionId,
    sub_processor: EntryId,
    /// The revision by which it, or something new of it, was announced.
    revision: Option<u32>,
    reason: Personal<Reason>,
    state: State,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    answer: Option<Personal<Reason>>,
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    answered_at: Option<Timestamp>,
}

impl Objection {
    /// The announcement.
    fn into_key(self, register: &Register) -> Option<(EntryId, u32)> {
        let first = |id: &EntryId| register.announcements_of(register.entry(id)?).next();
        let revision = self.revision.or_else(|| Some(first(&self.sub_processor)?.revision.number))?;
        Some((self.sub_processor, revision))
    }
}

impl From<Objection> for ObjectionView {
    fn from(objection: Objection) -> Self {
        let Objection { id, sub_processor, revision, reason, state, created_at, answer, answered_at } =
            objection;
        Self { id, sub_processor, revision, reason, state, created_at, answer, answered_at }
    }
}

/// Only what was announced to the tenant, and only until the notice period has run.
async fn create(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (new, raw) = context.json::<NewObjection>().await?;
    let app = &context.app;
    let register = &app.settings().register;
    let Some(entry) = register.entry(&new.sub_processor) else {
        return Err(Problem::invalid("/subProcessor", "must be the id of a sub-processor"));
    };
    let now = app.now();
    let id = context.claim(&user, &raw, || ObjectionId::new(now, app.random())).await?;
    let path = user.layout.objection(id);
    if let Some((objection, etag)) = app.read::<Objection>(&path).await? {
        return made(objection, &etag);
    }
    let noticed = noticed(app, &user.layout, std::slice::from_ref(entry)).await?;
    let may = |announcement: &Announcement<'_>| {
        let number = announcement.revision.number;
        let ends = noticed.get(&number).and_then(|day| register.period_ends(*day));
        announcement.is_open()
            && new.revision.is_none_or(|revision| revision == number)
            && ends.is_some_and(|ends| app.today() < ends)
    };
    let newest = register.announcements_of(entry).filter(may).max_by_key(|to| to.revision.number);
    let to = newest.ok_or(ProblemType::Conflict)?.key();
    if open(app, &user.layout).await?.contains(&to) {
        return Err(ProblemType::Conflict.into());
    }
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id);
    app.audit(&user.tenant.id, &record).await?;
    let objection = Objection {
        id,
        sub_processor: to.0,
        revision: Some(to.1),
        reason: new.reason,
        state: State::Open,
        created_at: now,
        answer: None,
        answered_at: None,
    };
    match app.write(&path, &objection, Condition::IfAbsent).await {
        Ok(etag) => made(objection, &etag),
        // The same key at the same moment.
        Err(StoreError::AlreadyExists) => {
            let (objection, etag) = app.read::<Objection>(&path).await?.ok_or(ProblemType::Conflict)?;
            made(objection, &etag)
        }
        Err(error) => Err(error.into()),
    }
}

fn made(objection: Objection, etag: &ETag) -> Result<Answer, Problem> {
    Ok(respond::with_etag(respond::created(&ObjectionView::from(objection))?, etag))
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let page = context.page_request()?;
    let (names, next) = app.page(user.layout.container(), layout::OBJECTIONS, &page).await?;
    let items = load(names, async |name| {
        let path = user.layout.at(format!("{}{name}", layout::OBJECTIONS));
        Ok(app.read::<Objection>(&path).await?.map(|(objection, _)| ObjectionView::from(objection)))
    })
    .await?;
    respond::ok(&List { items, next })
}

/// What the tenant objects to. An answer alone does not end an objection.
async fn open(app: &App, layout: &TenantLayout) -> Result<BTreeSet<(EntryId, u32)>, Problem> {
    let names = app.names(layout.container(), layout::OBJECTIONS).await?;
    let open = load(names, async |name| {
        let path = layout.at(format!("{}{name}", layout::OBJECTIONS));
        let objection = app.read::<Objection>(&path).await?.map(|(objection, _)| objection);
        Ok(objection
            .filter(|objection| objection.state != State::Withdrawn)
            .and_then(|objection| objection.into_key(&app.settings().register)))
    });
    Ok(open.await?.into_iter().collect())
}

/// What decides for a tenant about sub-processors: what it was told and when, and what it said to that.
pub(crate) struct Said {
    noticed: BTreeMap<u32, Date>,
    objects: BTreeSet<(EntryId, u32)>,
}

impl Said {
    /// About some entries.
    pub(crate) async fn of(
        app: &App,
        layout: &TenantLayout,
        entries: &[SubProcessor],
    ) -> Result<Self, Problem> {
        Ok(Self { noticed: noticed(app, layout, entries).await?, objects: open(app, layout).await? })
    }

    /// The same for the register, with the revision that the tenant agreed to at first.
    pub(crate) const fn tenancy(&self, agreed: u32) -> Tenancy<'_> {
        Tenancy { agreed, noticed: &self.noticed, objects: &self.objects }
    }
}

/// The days on which the tenant was told of what announced entries and changes of them, where it was.
async fn noticed(
    app: &App,
    layout: &TenantLayout,
    entries: &[SubProcessor],
) -> Result<BTreeMap<u32, Date>, Problem> {
    let register = &app.settings().register;
    let announcements = entries.iter().flat_map(|entry| register.announcements_of(entry));
    let revisions: BTreeSet<_> = announcements.map(|announcement| announcement.revision.number).collect();
    let mut noticed = BTreeMap::new();
    for revision in revisions {
        if let Some((notice, _)) = app.read::<Notice>(&layout.notice(revision)).await? {
            noticed.insert(revision, stockholm::date_of(notice.given_at));
        }
    }
    Ok(noticed)
}

impl App {
    /// Whether mail may be sent for a tenant: always by the operator's own server, by a sub-processor only where that is in use
    /// for the tenant.
    pub(crate) async fn may_mail(&self, tenant: &TenantId) -> Result<bool, Problem> {
        let settings = self.settings();
        let Some(id) = &settings.mail_by else { return Ok(true) };
        let Some(entry) = settings.register.entry(id) else { return Ok(false) };
        let layout = TenantLayout::new(tenant);
        let record: std::sync::Arc<Tenant> = self.tenant(tenant).await?;
        let said = Said::of(self, &layout, std::slice::from_ref(entry)).await?;
        let tenancy = said.tenancy(record.agreed(&settings.register));
        Ok(settings.register.standing(entry, tenancy, self.today()) == Standing::InUse)
    }
}
