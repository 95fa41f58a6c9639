//! Queue `work`: brings marked work to its end. Every arm may come twice, late, or beside whoever began the work.

use crate::{
    app::App,
    comments, customers, email_changes, files, invitation, invites, mail, notices, people,
    problem::{Problem, ProblemType},
    profile, tenants,
    work::{MarkedWork, Marker, Message, Work},
};

/// The message's work, if its marker is still there.
pub(crate) async fn run(app: App, text: String) -> Result<(), Problem> {
    let Some((app, marker, marked)) = open(app, &text).await? else { return Ok(()) };
    let is_mail = matches!(marked.work, Work::Mail { .. } | Work::Invite { .. } | Work::InviteCode { .. });
    if app.is_locked() || (is_mail && !app.may_mail(&marker.tenant).await?) {
        // The marker stays, and the timer comes back.
        return match &marked.work {
            Work::Mail { user, mail } => mail::keep(&app, &marker.tenant, *user, mail).await,
            _ => Ok(()),
        };
    }
    match complete(&app, &marker, &marked).await? {
        Progress::Finished => Ok(app.finish(&marker).await?),
        Progress::UnderWay => Ok(()),
    }
}

/// What a message leads to, and the clock it is to be done by; none for work that has come to its end.
pub(crate) async fn open(app: App, text: &str) -> Result<Option<(App, Marker, MarkedWork)>, Problem> {
    let message: Message = text.parse().map_err(|_| Problem::from(ProblemType::Malformed))?;
    let app = at_time_of(app, &message);
    let Message { tenant, day, id, .. } = message;
    let mut marker = Marker { tenant, day, id, queue: "", version: None };
    let Some((marked, version)) = app.read::<MarkedWork>(&marker.path()).await? else { return Ok(None) };
    marker.queue = marked.work.queue();
    marker.version = Some(version);
    Ok(Some((app, marker, marked)))
}

#[cfg(feature = "dev")]
fn at_time_of(app: App, message: &Message) -> App {
    match message.now {
        Some(now) => app.at(now),
        None => app,
    }
}

#[cfg(not(feature = "dev"))]
fn at_time_of(app: App, _: &Message) -> App {
    app
}

/// How far work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// To its end: the marker goes.
    Finished,
    /// Whoever began it may still be at it: the marker stays, and the timer comes back.
    UnderWay,
}

impl From<bool> for Progress {
    fn from(finished: bool) -> Self {
        if finished { Self::Finished } else { Self::UnderWay }
    }
}

/// Completes the work, or, where whoever began it is gone before its commit point, removes what it left.
async fn complete(app: &App, marker: &Marker, marked: &MarkedWork) -> Result<Progress, Problem> {
    let tenant = &marker.tenant;
    let abandoned = marked.is_abandoned(app.now());
    match &marked.work {
        Work::Rescan { after } => tenants::rescan::complete(app, marker, marked, after.as_deref()).await,
        Work::Tenant => tenants::complete(app, tenant).await.map(|()| Progress::Finished),
        Work::Invite { invite, resend, email } => {
            let invite = (*invite, *resend, email.as_str());
            invites::complete(app, tenant, invite, abandoned).await.map(Progress::from)
        }
        Work::InviteClosed { invite } => {
            invites::complete_closed(app, tenant, *invite).await.map(|()| Progress::Finished)
        }
        Work::InviteCode { invite, number } => {
            invites::complete_code(app, tenant, *invite, *number).await.map(|()| Progress::Finished)
        }
        Work::Acceptance { invite, user, identities } => {
            let acceptance = (*invite, *user, identities.as_slice());
            invitation::complete(app, tenant, acceptance, abandoned).await.map(Progress::from)
        }
        Work::Mail { user, mail } => mail::complete(app, tenant, *user, mail, abandoned).await,
        Work::UserChange { user, .. } => people::complete(app, tenant, *user, abandoned).await,
        Work::CustomerChange { customer, names, .. } => {
            customers::complete(app, tenant, *customer, names, abandoned).await
        }
        Work::MembershipEnd { user, customer } => {
            people::complete_membership(app, tenant, *user, *customer, abandoned).await
        }
        Work::Picture { user, .. } => profile::picture::complete(app, tenant, *user).await,
        Work::EmailConfirmation { user, number } => {
            email_changes::complete(app, tenant, *user, *number, abandoned).await
        }
        Work::EmailChange { user, number } => {
            profile::email_change::complete(app, tenant, *user, *number, abandoned).await
        }
        Work::Notice { revision } => notices::complete(app, tenant, *revision).await,
        Work::Comment { comment, author, customer, threads } => {
            comments::complete(app, tenant, (*comment, *author, *customer, threads), abandoned).await
        }
        Work::File { file, author, customer } => {
            files::complete(app, tenant, (*file, *author, *customer), abandoned).await
        }
        Work::Upload { file, author, customer } => {
            files::check_upload(app, tenant, (*file, *author, *customer), abandoned).await
        }
        // They have queues, or a timer, of their own.
        Work::Export { .. } | Work::Retention { .. } | Work::Reads => Err(ProblemType::Malformed.into()),
    }
}
