//! `GET T/notices`: every legal notice to the tenant, in the portal itself, so that it depends on no mail. A notice tells of
//! a revision of the register of sub-processors; what is stored is that it was given and when.

use http::Method;
use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    Locale, TenantId, Texts, UserId,
    records::{Profile, Tenant},
    stockholm,
    sub_processors::{Announcement, Change, EntryId, Line, Register, Revision, Status, SubProcessor, Text},
};
use kundportal_store::{BlobPath, Condition, ETag, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::{Context, if_unchanged},
    layout::{self, TenantLayout, on_platform},
    listing::{List, load},
    mail::{Link, Outgoing},
    operation::{Access, Operation, Parameter, RequestBody, Roles, Success, schema},
    people::administrators,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    worker::Progress,
};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "listNotices",
    method: Method::GET,
    path: "/api/tenants/{tenant}/notices",
    summary: "Legal notices to the tenant, the newest first",
    access: Access::User(Roles::ADMINISTRATOR.or(Roles::DATA_PROTECTION_OFFICER), |context, user| {
        Box::pin(list(context, user))
    }),
    step_up: false,
    parameters: &[Parameter::LIMIT, Parameter::CURSOR],
    request: RequestBody::Empty,
    success: Success::Json(200, schema::<List<NoticeView>>),
    problems: &[],
}];

/// That a tenant has been told of a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notice {
    pub(crate) revision: u32,
    /// From when on it is in the portal: by this day the period is counted, in the mails too.
    pub(crate) given_at: Timestamp,
    /// Whether every mail about it is stored.
    #[serde(default = "is_mailed")]
    mailed: bool,
    /// That the tenant had no administrator who could be told: the period has not begun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reaches_nobody: bool,
}

/// Of a notice from before this was noted: then it came after its mails.
const fn is_mailed() -> bool {
    true
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NoticeView {
    revision: u32,
    #[schemars(with = "String", extend("format" = "date"))]
    date: Date,
    #[schemars(with = "String", extend("format" = "date-time"))]
    given_at: Timestamp,
    summary: Text,
    /// The last day on which the tenant may object to what is announced, new of an entry or an entry itself; null where nothing is.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    object_until: Option<Date>,
    sub_processors: Vec<Changed>,
}

/// A sub-processor that a revision changed, as it stands now.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Changed {
    id: EntryId,
    name: Line,
    service: Text,
    status: Status,
    /// The first day on which it is in use; where something new of it is announced, on which that is in force.
    #[schemars(with = "String", extend("format" = "date"))]
    effective: Date,
    /// What becomes new of it; null where it is announced itself, and where nothing is announced.
    change: Option<Change>,
    /// What an objection leads to.
    objection: Text,
}

impl Changed {
    fn by(revision: &Revision, entry: &SubProcessor) -> Self {
        let change = entry.changes.iter().find(|change| change.revision == revision.number);
        Self {
            id: entry.id.clone(),
            name: entry.name.clone(),
            service: entry.service.clone(),
            status: entry.status,
            effective: change.map_or(entry.effective, |change| change.effective),
            change: change.cloned(),
            objection: entry.objection.clone(),
        }
    }
}

/// What this revision announces and the tenant may object to. What is in force by now is not in force for a tenant that was
/// told late.
fn announced_by<'a>(
    register: &'a Register,
    revision: &'a Revision,
) -> impl Iterator<Item = Announcement<'a>> {
    register.announced_by(revision).filter(Announcement::is_open)
}

/// The last day on which the tenant may object, where notice of an announcement was given at a time.
fn object_until(register: &Register, revision: &Revision, given_at: Timestamp) -> Option<Date> {
    announced_by(register, revision).next()?;
    register.period_ends(stockholm::date_of(given_at))?.yesterday().ok()
}

async fn list(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let page = context.page_request()?;
    let (names, next) = app.page(user.layout.container(), layout::NOTICES, &page).await?;
    let register = &app.settings().register;
    let items = load(names, async |name| {
        let path = user.layout.at(format!("{}{name}", layout::NOTICES));
        let Some((notice, _)) = app.read::<Notice>(&path).await? else { return Ok(None) };
        let revision = register.revisions().iter().find(|revision| revision.number == notice.revision);
        Ok(revision.map(|revision| NoticeView {
            revision: revision.number,
            date: revision.date,
            given_at: notice.given_at,
            summary: revision.summary.clone(),
            object_until: object_until(register, revision, notice.given_at)
                .filter(|_| !notice.reaches_nobody),
            sub_processors: register.changed_by(revision).map(|entry| Changed::by(revision, entry)).collect(),
        }))
    })
    .await?;
    respond::ok(&List { items, next })
}

/// Tells a tenant of every revision up to one that it has not been told of; what was in force when it came, it has agreed to.
/// The notice comes first, and with it the day from which the period is counted; then the mails are stored, and that they are
/// is noted last: whoever is killed between stores them again, with the same words and under the same Message-ID. While there is no
/// administrator, the notice is in the portal for whoever reads it there, nothing has begun, and this is not at its end.
pub(crate) async fn complete(app: &App, tenant: &TenantId, up_to: u32) -> Result<Progress, Problem> {
    let Some((settings, _)) = app.read::<Tenant>(&on_platform::tenant(tenant)).await? else {
        return Ok(Progress::Finished);
    };
    let register = &app.settings().register;
    let agreed = settings.agreed(register);
    let mut progress = Progress::Finished;
    for revision in register.revisions() {
        if agreed < revision.number
            && revision.number <= up_to
            && give(app, tenant, revision).await? == Progress::UnderWay
        {
            progress = Progress::UnderWay;
        }
    }
    Ok(progress)
}

/// The notice, in the portal from now on at the latest.
async fn in_portal(
    app: &App,
    tenant: &TenantId,
    path: &BlobPath,
    revision: u32,
    reaches_nobody: bool,
) -> Result<(Notice, ETag), Problem> {
    if let Some(given) = app.read::<Notice>(path).await? {
        return Ok(given);
    }
    let record = AuditRecord::intended(app, By::SYSTEM, "giveNotice", format!("revision-{revision}"));
    app.audit(tenant, &record).await?;
    let notice = Notice { revision, given_at: app.now(), mailed: false, reaches_nobody };
    match app.write(path, &notice, Condition::IfAbsent).await {
        Ok(etag) => Ok((notice, etag)),
        // Another run was faster: what it says counts.
        Err(StoreError::AlreadyExists) => {
            Ok(app.read::<Notice>(path).await?.ok_or(ProblemType::Unavailable)?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn give(app: &App, tenant: &TenantId, revision: &Revision) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let path = layout.notice(revision.number);
    let administrators = administrators::list(app, &layout).await?;
    let (mut notice, mut etag) =
        in_portal(app, tenant, &path, revision.number, administrators.is_empty()).await?;
    if notice.mailed {
        return Ok(Progress::Finished);
    }
    if administrators.is_empty() {
        tracing::warn!(%tenant, revision = revision.number, "a notice reaches nobody: there is no administrator");
        return Ok(Progress::UnderWay);
    }
    if notice.reaches_nobody {
        notice = Notice { given_at: app.now(), reaches_nobody: false, ..notice };
        etag = match app.write(&path, &notice, if_unchanged(&etag)).await {
            Ok(etag) => etag,
            // Another run was faster: what it says counts.
            Err(StoreError::PreconditionFailed) => return Ok(Progress::UnderWay),
            Err(error) => return Err(error.into()),
        };
    }
    for administrator in administrators {
        tell(app, tenant, administrator, revision, notice.given_at).await?;
    }
    notice.mailed = true;
    match app.write(&path, &notice, if_unchanged(&etag)).await {
        Ok(_) | Err(StoreError::PreconditionFailed) => Ok(Progress::Finished),
        Err(error) => Err(error.into()),
    }
}

async fn tell(
    app: &App,
    tenant: &TenantId,
    user: UserId,
    revision: &Revision,
    given_at: Timestamp,
) -> Result<(), Problem> {
    let path = TenantLayout::new(tenant).profile(user);
    let Some((profile, _)) = app.read::<Profile>(&path).await? else { return Ok(()) };
    let mail = Outgoing::new(app, "sub-processors")
        .with("summary", revision.summary.in_language(profile.locale))
        .with("objection", objection(&app.settings().register, revision, given_at, profile.locale))
        .link(Link::Portal);
    app.mail_user(tenant, user, &format!("sub-processors-{}", revision.number), &mail).await
}

/// What the tenant may do, and what that leads to.
fn objection(register: &Register, revision: &Revision, given_at: Timestamp, locale: Locale) -> String {
    let texts = Texts::of(locale);
    let Some(until) = object_until(register, revision, given_at) else {
        return texts.get("notice-nothing-to-do").into_owned();
    };
    let consequences = announced_by(register, revision).map(|Announcement { entry, .. }| {
        let service = entry.service.in_language(locale);
        format!("{service}: {}", entry.objection.in_language(locale))
    });
    let consequences: Vec<_> = consequences.collect();
    let values = [("until", until.to_string()), ("consequences", consequences.join(" "))];
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    texts.with("notice-may-object", &values).into_owned()
}
