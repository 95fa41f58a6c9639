//! Mails are work: an item under the person, or the invitation itself, from which the mail is rendered when it is sent.
//! At least once, always with the same Message-ID.

mod page;

use jiff::{SignedDuration, Timestamp};
use kundportal_domain::{
    EmailAddress, PersonName, Personal, RecordId, RequestId, TenantId, Texts, UserId, records::Profile,
};
use kundportal_store::{Condition, Mail, MailError, StoreError};
use serde::{Deserialize, Serialize};

pub(crate) use page::{Letter, escape};

use crate::{
    app::App,
    context::if_unchanged,
    layout::TenantLayout,
    problem::{Problem, ProblemType},
    work::{GRACE, Marker, Work},
    worker::Progress,
};

/// How long a mail to a user waits for its service before it is given up.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A mail to a user, until it is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outgoing {
    /// Another address than the one in the profile: the old one after a change, the new one before it is confirmed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) to: Option<Personal<EmailAddress>>,
    /// Text ids start with `mail-<template>-`.
    pub(crate) template: String,
    /// What the texts need beside `tenant` and `name`.
    #[serde(default)]
    pub(crate) values: Personal<Vec<(String, String)>>,
    /// Where the button leads.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) link: Option<Link>,
    /// What it tells of, where that has yet to come about: until then the mail waits, and it is given up with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    follows: Option<Follows>,
    pub(crate) since: Timestamp,
}

/// What a mail waits for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Follows {
    /// A change of the person's profile.
    Change(RecordId),
    /// A case.
    Case(RequestId),
}

/// Where a mail's button leads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Link {
    /// The portal's first page.
    Portal,
    /// The person's requests.
    Request(RequestId),
    /// The confirmation of this change of address.
    EmailChange(u32),
}

impl Outgoing {
    /// A mail to the person's own address.
    pub(crate) fn new(app: &App, template: &str) -> Self {
        let since = app.now();
        Self {
            to: None,
            template: template.to_owned(),
            values: Personal::default(),
            link: None,
            follows: None,
            since,
        }
    }

    /// To another address.
    pub(crate) fn to(mut self, address: Personal<EmailAddress>) -> Self {
        self.to = Some(address);
        self
    }

    /// With a value for the texts.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let name = name.to_owned();
        self.values = self.values.map(|mut values| {
            values.push((name, value));
            values
        });
        self
    }

    /// Of a change of the profile that has yet to come about.
    pub(crate) fn following(mut self, change: RecordId) -> Self {
        self.follows = Some(Follows::Change(change));
        self
    }

    /// Of a case that has yet to be written.
    pub(crate) fn following_case(mut self, request: RequestId) -> Self {
        self.follows = Some(Follows::Case(request));
        self
    }

    /// Its subject.
    pub(crate) fn subject(&self, texts: Texts, tenant: &str) -> String {
        let values = self.values.reveal().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let values: Vec<_> = std::iter::once(("tenant", tenant)).chain(values).collect();
        texts.with(&format!("mail-{}-subject", self.template), &values).into_owned()
    }

    /// With a button.
    pub(crate) fn link(mut self, link: Link) -> Self {
        self.link = Some(link);
        self
    }
}

impl App {
    /// Stores a mail to a user and announces it. `id` is unique for the person and follows from what the mail is about, so
    /// that doing it again sends no second one.
    pub(crate) async fn mail_user(
        &self,
        tenant: &TenantId,
        user: UserId,
        id: &str,
        mail: &Outgoing,
    ) -> Result<(), Problem> {
        self.prepare_mail(tenant, user, id, mail).await?;
        self.announce_prepared(tenant, user, id).await
    }

    /// Announces a mail that somebody else may have prepared and sent meanwhile. Its marker is written anew: theirs may have
    /// gone before this mail was stored.
    pub(crate) async fn announce_prepared(
        &self,
        tenant: &TenantId,
        user: UserId,
        id: &str,
    ) -> Result<(), Problem> {
        let marker = self.begin(tenant, Work::Mail { user, mail: id.to_owned() }).await?;
        self.announce(&marker).await
    }

    /// Stores a mail to a user without sending it yet: where it must survive a change that is about to be made.
    pub(crate) async fn prepare_mail(
        &self,
        tenant: &TenantId,
        user: UserId,
        id: &str,
        mail: &Outgoing,
    ) -> Result<Marker, Problem> {
        let marker = self.begin(tenant, Work::Mail { user, mail: id.to_owned() }).await?;
        self.write(&TenantLayout::new(tenant).outgoing(user, id), mail, Condition::Always).await?;
        Ok(marker)
    }

    /// Sends a prepared mail at once to a person whose profile was just read. Whatever comes between, the mail is announced
    /// instead, as any other.
    pub(crate) async fn send_prepared(
        &self,
        marker: &Marker,
        profile: &Profile,
        (id, mail): (&str, &Outgoing),
    ) -> Result<(), Problem> {
        let tenant = &marker.tenant;
        let send = async {
            send(self, tenant, profile, (id, mail)).await?;
            self.unmark(&TenantLayout::new(tenant).outgoing(profile.id, id)).await?;
            Ok::<_, Problem>(self.finish(marker).await?)
        };
        match send.await {
            Ok(()) => Ok(()),
            Err(_) => self.announce(marker).await,
        }
    }

    /// Hands a mail over. One that is refused for good is noted in the log, without its address, and given up.
    pub(crate) async fn send(&self, tenant: &TenantId, mail: &Mail) -> Result<(), Problem> {
        self.check_region_lock()?;
        if !self.may_mail(tenant).await? {
            let reason = "the mail service is not in use for the tenant";
            return Err(Problem { source: Some(reason.into()), ..ProblemType::Unavailable.into() });
        }
        match self.mailer().send(mail).await {
            Ok(()) => Ok(()),
            Err(MailError::Refused(_)) => {
                tracing::warn!(message_id = mail.message_id, "a mail was refused for good");
                Ok(())
            }
            Err(error) => Err(Problem { source: Some(Box::new(error)), ..ProblemType::Unavailable.into() }),
        }
    }
}

/// Keeps a mail that nothing may be sent for young, so that it is not given up before it may.
pub(crate) async fn keep(app: &App, tenant: &TenantId, user: UserId, id: &str) -> Result<(), Problem> {
    let path = TenantLayout::new(tenant).outgoing(user, id);
    let Some((mut outgoing, etag)) = app.read::<Outgoing>(&path).await? else { return Ok(()) };
    outgoing.since = app.now();
    match app.write(&path, &outgoing, if_unchanged(&etag)).await {
        Ok(_) | Err(StoreError::PreconditionFailed | StoreError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sends a mail to a user and removes it. One that is not there yet is still to be stored by whoever wrote the marker, unless
/// they are gone.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    user: UserId,
    id: &str,
    abandoned: bool,
) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let path = layout.outgoing(user, id);
    let Some((outgoing, _)) = app.read::<Outgoing>(&path).await? else { return Ok(abandoned.into()) };
    let profile = app.read::<Profile>(&layout.profile(user)).await?.map(|(profile, _)| profile);
    let age = app.now().duration_since(outgoing.since);
    let has_come_about = match (&outgoing.follows, &profile) {
        (None, _) | (_, None) => true,
        (Some(Follows::Change(change)), Some(profile)) => profile.changes.contains(change),
        (Some(Follows::Case(request)), Some(_)) => app.exists(&layout.case(*request)).await?,
    };
    if !has_come_about && age <= GRACE {
        return Ok(Progress::UnderWay);
    }
    if let Some(profile) = profile.filter(|_| has_come_about && age < LIFETIME) {
        send(app, tenant, &profile, (id, &outgoing)).await?;
    }
    app.unmark(&path).await?;
    Ok(Progress::Finished)
}

async fn send(
    app: &App,
    tenant: &TenantId,
    profile: &Profile,
    (id, outgoing): (&str, &Outgoing),
) -> Result<(), Problem> {
    let settings = app.tenant(tenant).await?;
    let letter = letter(app, tenant, profile, outgoing, settings.name.as_str());
    let to = outgoing.to.clone().unwrap_or_else(|| profile.email.clone());
    let message_id = app.settings().message_id(tenant, &format!("{}.{id}", profile.id));
    app.send(tenant, &letter.into_mail(to, message_id)).await
}

fn letter(app: &App, tenant: &TenantId, profile: &Profile, outgoing: &Outgoing, tenant_name: &str) -> Letter {
    let settings = app.settings();
    let link = outgoing.link.as_ref().map(|link| match link {
        Link::Portal => settings.portal_url.clone(),
        Link::Request(request) => settings.portal_link(&format!("request={tenant}.{request}")),
        Link::EmailChange(number) => settings
            .portal_link(&format!("email={}", crate::links::email_change(app, tenant, profile.id, *number))),
    });
    let texts = Texts::of(profile.locale);
    let values = outgoing.values.reveal().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Letter::new(texts, &outgoing.template, tenant_name, Some(profile.name.reveal()), values, link.as_deref())
}

/// The name of a person as text, for a mail to somebody else.
pub(crate) fn name(name: &Personal<PersonName>) -> String {
    name.reveal().as_str().to_owned()
}
