//! Work that must come to its end whatever is killed when: a marker is written before the first step and removed after the
//! last. Who did not come to the end is followed by a worker, which finds the marker through the timer `waiting_work`.

use std::{str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Date};
use kundportal_domain::{CommentId, CustomerId, FileId, InviteId, RecordId, RequestId, TenantId, UserId};
use kundportal_store::{BlobPath, Condition, ETag, StoreError};
use serde::{Deserialize, Serialize, de::Error as _};

use crate::{app::App, layout::on_platform, problem::Problem};

/// A step that has not come to its end after this long never will: longer than the host lets any call run.
pub(crate) const GRACE: SignedDuration = SignedDuration::from_mins(15);
/// A mail whose message has not come after this long is announced again.
const MAIL_GRACE: SignedDuration = SignedDuration::from_mins(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is to be brought to its end. Identifiers only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Work {
    /// A tenant's containers and first invitation.
    Tenant,
    /// An invitation's index entries and its mail, the first or a later one. `email` is the keyed hash of the address.
    Invite { invite: InviteId, resend: u32, email: String },
    /// What follows from an invitation being closed: accepted, revoked or expired.
    InviteClosed { invite: InviteId },
    /// What follows from an invitation being accepted as this user; `identities` are the keyed hashes of who accepts.
    Acceptance { invite: InviteId, user: UserId, identities: Vec<String> },
    /// The one-time code of an invitation.
    InviteCode { invite: InviteId, number: u32 },
    /// A mail to a user: the item under the user's outbox.
    Mail { user: UserId, mail: String },
    /// An administrator's change of a user, with their index entries and their place in the list of administrators; each change
    /// has a marker of its own.
    UserChange { user: UserId, change: RecordId },
    /// A change of a customer, and the keyed hashes of the names that it has and had: their entries follow. Each change has a
    /// marker of its own.
    CustomerChange { customer: CustomerId, change: RecordId, names: Vec<String> },
    /// A membership that is ended.
    MembershipEnd { user: UserId, customer: CustomerId },
    /// A picture that was put or removed: the name of the blob.
    Picture { user: UserId, name: String },
    /// The mails about a change of address that is to be confirmed.
    EmailChange { user: UserId, number: u32 },
    /// A change of address that its person has confirmed.
    EmailConfirmation { user: UserId, number: u32 },
    /// A file that is put or removed.
    File { file: FileId, author: UserId, customer: CustomerId },
    /// A direct upload whose person says that it is complete.
    Upload { file: FileId, author: UserId, customer: CustomerId },
    /// A comment that is written or removed, and the keyed hashes of its thread.
    Comment { comment: CommentId, author: UserId, customer: CustomerId, threads: Vec<String> },
    /// The package of an access request.
    Export { request: RequestId, subject: UserId },
    /// A revision of the register of sub-processors that the tenant is to be told of.
    Notice { revision: u32 },
    /// List reads that have to be noted in people's activity.
    Reads,
    /// Files and comments whose period the tenant has chosen anew; everything up to `after` is done.
    Rescan { after: Option<String> },
    /// What a tenant's retention has to look at under a day.
    Retention {
        day: Date,
        /// Where its list goes on.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        from: Option<String>,
        /// Whether something before could not be decided.
        #[serde(default)]
        failed: bool,
    },
}

impl Work {
    /// Name of its marker within tenant and day: the same work, the same marker.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Tenant => "tenant".to_owned(),
            Self::Invite { invite, resend, .. } => format!("invite-{invite}-{resend}"),
            Self::InviteClosed { invite } => format!("invite-closed-{invite}"),
            Self::Acceptance { invite, user, .. } => format!("acceptance-{invite}-{user}"),
            Self::InviteCode { invite, number } => format!("invite-code-{invite}-{number}"),
            Self::Mail { user, mail } => format!("mail-{user}-{mail}"),
            Self::UserChange { user, change } => format!("user-{user}-{change}"),
            Self::CustomerChange { customer, change, .. } => format!("customer-{customer}-{change}"),
            Self::MembershipEnd { user, customer } => format!("membership-end-{user}-{customer}"),
            Self::Picture { user, name } => format!("picture-{user}-{name}"),
            Self::EmailChange { user, number } => format!("email-change-{user}-{number}"),
            Self::EmailConfirmation { user, number } => format!("email-confirmation-{user}-{number}"),
            Self::File { file, .. } => format!("file-{file}"),
            Self::Upload { file, .. } => format!("upload-{file}"),
            Self::Comment { comment, .. } => format!("comment-{comment}"),
            Self::Export { request, .. } => format!("export-{request}"),
            Self::Notice { revision } => format!("notice-{revision}"),
            Self::Reads => "reads".to_owned(),
            Self::Rescan { .. } => "rescan".to_owned(),
            Self::Retention { day, .. } => format!("retention-{day}"),
        }
    }

    /// The queue that announces it.
    pub(crate) const fn queue(&self) -> &'static str {
        match self {
            Self::Export { .. } => "exports",
            Self::Retention { .. } => "retention",
            _ => "work",
        }
    }
}

/// What lies at a marker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MarkedWork {
    pub(crate) work: Work,
    pub(crate) since: Timestamp,
    /// That it failed again and again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) stuck: Option<Stuck>,
}

impl MarkedWork {
    /// Work that has not failed.
    pub(crate) fn new(work: Work, since: Timestamp) -> Self {
        Self { work, since, stuck: None }
    }

    /// Whether it is to be announced again: nobody can be at it any longer, and what failed has waited for its time. A mail
    /// waits for nobody but the worker.
    pub(crate) fn waits(&self, now: Timestamp) -> bool {
        let patience = if matches!(self.work, Work::Mail { .. }) { MAIL_GRACE } else { GRACE };
        now.duration_since(self.since) > patience && self.stuck.is_none_or(|stuck| stuck.is_over(now))
    }

    /// Whether whoever began it is gone for certain: only then may a step that was not reached be undone.
    pub(crate) fn is_abandoned(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) > GRACE
    }
}

/// That work failed so often that its message went to the poison queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stuck {
    /// How often.
    pub(crate) times: u32,
    /// When last.
    pub(crate) since: Timestamp,
    /// When the administrators were last told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) told_at: Option<Timestamp>,
}

impl Stuck {
    /// It has failed at `now`, once more.
    pub(crate) fn again(before: Option<Self>, now: Timestamp) -> Self {
        let (times, told_at) = before.map_or((0, None), |before| (before.times, before.told_at));
        Self { times: times.saturating_add(1), since: now, told_at }
    }

    /// Whether it is time for another try: after a quarter of an hour, then after twice as long each time, up to a day.
    fn is_over(self, now: Timestamp) -> bool {
        let doubled = GRACE.saturating_mul(1 << self.times.saturating_sub(1).min(7));
        now.duration_since(self.since) > doubled.min(DAY)
    }

    /// Whether the administrators are to be told: at once, then once a day.
    pub(crate) fn is_to_be_told(self, now: Timestamp) -> bool {
        self.told_at.is_none_or(|told| now.duration_since(told) >= DAY)
    }
}

/// A marker that has been written.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    pub(crate) tenant: TenantId,
    pub(crate) day: Date,
    pub(crate) id: String,
    pub(crate) queue: &'static str,
    /// The version that was written or read: who begins the same work anew makes the marker theirs. None where any will do.
    pub(crate) version: Option<ETag>,
}

impl Marker {
    /// The marker of this work under this day, in whatever version it is there.
    pub(crate) fn of(tenant: &TenantId, day: Date, work: &Work) -> Self {
        Self { tenant: tenant.clone(), day, id: work.id(), queue: work.queue(), version: None }
    }

    pub(crate) fn path(&self) -> BlobPath {
        on_platform::work(self.day, &self.tenant, &self.id)
    }
}

/// A queue message: the name of a marker. A hint, which may come twice, late or never.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) tenant: TenantId,
    pub(crate) day: Date,
    pub(crate) id: String,
    /// The clock of the timer run that led here; in the local run only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) now: Option<Timestamp>,
}

impl App {
    /// Writes the marker of work that is about to begin.
    pub(crate) async fn begin(&self, tenant: &TenantId, work: Work) -> Result<Marker, StoreError> {
        self.begin_on(tenant, self.today(), work).await
    }

    /// The same where work may be begun again later by an id that was made on `day`: it keeps its one marker, which is then
    /// young again.
    pub(crate) async fn begin_on(
        &self,
        tenant: &TenantId,
        day: Date,
        work: Work,
    ) -> Result<Marker, StoreError> {
        let now = self.now();
        let mut marker = Marker::of(tenant, day, &work);
        let version = self.write(&marker.path(), &MarkedWork::new(work, now), Condition::Always).await?;
        marker.version = Some(version);
        Ok(marker)
    }

    /// Writes the marker of work that a timer finds under a day, unless it is there already.
    pub(crate) async fn begin_under(
        &self,
        tenant: &TenantId,
        day: Date,
        work: Work,
    ) -> Result<Marker, StoreError> {
        let marker = Marker::of(tenant, day, &work);
        match self.write(&marker.path(), &MarkedWork::new(work, self.now()), Condition::IfAbsent).await {
            Ok(_) | Err(StoreError::AlreadyExists) => Ok(marker),
            Err(error) => Err(error),
        }
    }

    /// Announces marked work. What it follows from is stored by now, so a queue that takes nothing fails no request: the timer
    /// announces it again, as it does when the message is lost.
    pub(crate) async fn announce(&self, marker: &Marker) -> Result<(), Problem> {
        self.announce_after(marker, Duration::ZERO).await
    }

    /// The same, to be taken up after some time.
    pub(crate) async fn announce_after(&self, marker: &Marker, delay: Duration) -> Result<(), Problem> {
        let message = Message {
            tenant: marker.tenant.clone(),
            day: marker.day,
            id: marker.id.clone(),
            now: self.fixed_now(),
        };
        let message = serde_json::to_string(&message).map_err(Problem::internal)?;
        if let Err(error) = self.enqueue(marker.queue, &message, delay).await {
            tracing::warn!(queue = marker.queue, %error, "work could not be announced; the timer will");
        }
        Ok(())
    }

    /// Removes the marker of work that has come to its end; one that somebody has written anew meanwhile is theirs, and stays.
    pub(crate) async fn finish(&self, marker: &Marker) -> Result<(), StoreError> {
        match self.blobs().delete(&marker.path(), marker.version.as_ref()).await {
            Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sees to it that list reads are copied to people's activity; once a day and process.
    pub(crate) async fn mark_reads(&self, tenant: &TenantId) -> Result<(), StoreError> {
        let key = (tenant.clone(), self.today(), "reads");
        let now = self.now();
        if self.caches().days.get(&key, now).is_none() {
            self.begin(tenant, Work::Reads).await?;
            self.caches().days.put(key, (), now);
        }
        Ok(())
    }
}

impl FromStr for Message {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let message: Self = serde_json::from_str(text)?;
        // As `Work::id` makes them: anything else may be no name for storage, and would be tried again and again.
        let is_id = (1..=512).contains(&message.id.len())
            && message.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if is_id { Ok(message) } else { Err(serde_json::Error::custom("no id of work")) }
    }
}
