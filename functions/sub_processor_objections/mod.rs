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
    keys::Sha256,
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
    /// By which the request that made it is known when it comes again; the id itself of an objection from before this was noted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    claim: Option<ObjectionId>,
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
    /// What it is to.
    fn announcement(&self, register: &Register) -> Option<(EntryId, u32)> {
        let first = || register.announcements_of(register.entry(&self.sub_processor)?).next();
        let revision = self.revision.or_else(|| Some(first()?.revision.number))?;
        Some((self.sub_processor.clone(), revision))
    }

    /// An answer alone does not end it.
    fn stands(&self) -> bool {
        self.state != State::Withdrawn
    }

    fn is_made_by(&self, claim: ObjectionId) -> bool {
        self.claim.unwrap_or(self.id) == claim
    }
}

impl From<Objection> for ObjectionView {
    fn from(objection: Objection) -> Self {
        let Objection { id, sub_processor, revision, reason, state, created_at, answer, answered_at, .. } =
            objection;
        Self { id, sub_processor, revision, reason, state, created_at, answer, answered_at }
    }
}

/// Only what was announced to the tenant, only until the notice period has run, and only once at a time, whoever of them objects:
/// the id follows from what is objected to, so of two who do at the same moment storage takes one.
async fn create(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (new, raw) = context.json::<NewObjection>().await?;
    let app = &context.app;
    let register = &app.settings().register;
    let Some(entry) = register.entry(&new.sub_processor) else {
        return Err(Problem::invalid("/subProcessor", "must be the id of a sub-processor"));
    };
    let now = app.now();
    let claim = context.claim(&user, &raw, || ObjectionId::new(now, app.random())).await?;
    let earlier = all(app, &user.layout).await?;
    if let Some((objection, etag)) = earlier.iter().find(|(objection, _)| objection.is_made_by(claim)) {
        return made(objection.clone(), etag);
    }
    let noticed = noticed(app, &user.layout, std::slice::from_ref(entry)).await?;
    let may = |announcement: Announcement<'_>| {
        let number = announcement.revision.number;
        let day = *noticed.get(&number)?;
        let may = announcement.is_open()
            && new.revision.is_none_or(|revision| revision == number)
            && app.today() < register.period_ends(day)?;
        may.then(|| (announcement.key(), day))
    };
    let newest = register.announcements_of(entry).filter_map(may).max_by_key(|((_, number), _)| *number);
    let (to, day) = newest.ok_or(ProblemType::Conflict)?;
    let to_the_same =
        earlier.iter().filter(|(objection, _)| objection.announcement(register).as_ref() == Some(&to));
    if to_the_same.clone().any(|(objection, _)| objection.stands()) {
        return Err(ProblemType::Conflict.into());
    }
    let id = id(&to, day, to_the_same.count());
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, id);
    app.audit(&user.tenant.id, &record).await?;
    let objection = Objection {
        id,
        sub_processor: to.0,
        revision: Some(to.1),
        claim: Some(claim),
        reason: new.reason,
        state: State::Open,
        created_at: now,
        answer: None,
        answered_at: None,
    };
    let path = user.layout.objection(id);
    match app.write(&path, &objection, Condition::IfAbsent).await {
        Ok(etag) => made(objection, &etag),
        // The same key at the same moment, or another administrator.
        Err(StoreError::AlreadyExists) => {
            let (objection, etag) = app.read::<Objection>(&path).await?.ok_or(ProblemType::Conflict)?;
            if objection.is_made_by(claim) {
                made(objection, &etag)
            } else {
                Err(ProblemType::Conflict.into())
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The id of the next objection to an announcement of which the tenant was told on a day, after so many that were withdrawn.
fn id((entry, revision): &(EntryId, u32), day: Date, withdrawn: usize) -> ObjectionId {
    let digest = Sha256::digest(format!("{entry} {revision} {withdrawn}").as_bytes());
    ObjectionId::new(stockholm::start_of(day), *digest.first_chunk().unwrap_or(&[0; 10]))
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

async fn all(app: &App, layout: &TenantLayout) -> Result<Vec<(Objection, ETag)>, Problem> {
    let names = app.names(layout.container(), layout::OBJECTIONS).await?;
    load(names, async |name| app.read(&layout.at(format!("{}{name}", layout::OBJECTIONS))).await).await
}

/// What the tenant objects to.
async fn open(app: &App, layout: &TenantLayout) -> Result<BTreeSet<(EntryId, u32)>, Problem> {
    let all = all(app, layout).await?;
    let open = all.iter().map(|(objection, _)| objection).filter(|objection| objection.stands());
    Ok(open.filter_map(|objection| objection.announcement(&app.settings().register)).collect())
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
        let notice = app.read::<Notice>(&layout.notice(revision)).await?;
        if let Some((notice, _)) = notice.filter(|(notice, _)| !notice.reaches_nobody) {
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
