//! Storing an invitation and what follows from it: index entries, due markers, the mail.

use kundportal_domain::{
    CustomerId, EmailAddress, InviteId, InviteMessage, PersonName, Personal, Reason, TenantId, Texts, UserId,
    records::{Invite, InviteStatus, Profile, Tenant},
    retention::{Item, RetentionRules, due_at, due_day},
};
use kundportal_store::{Condition, ETag, StoreError};

use super::read;
use crate::{
    app::App,
    customers,
    due::DueItem,
    invitation,
    layout::TenantLayout,
    links,
    mail::{Letter, Link, Outgoing, name},
    people::{administrators, email_names},
    problem::Problem,
    work::Work,
};

/// What an invitation is made of.
pub(crate) struct NewInvitation {
    pub(crate) id: InviteId,
    pub(crate) email: Personal<EmailAddress>,
    pub(crate) name: Personal<PersonName>,
    pub(crate) role: kundportal_domain::records::InviteRole,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) message: Option<Personal<InviteMessage>>,
    pub(crate) invited_by: Option<UserId>,
    pub(crate) authority: Option<Personal<Reason>>,
    pub(crate) rebinds: Option<UserId>,
}

/// Stores an invitation and announces its mail. The same id again answers what is there.
pub(crate) async fn store(app: &App, tenant: &Tenant, new: NewInvitation) -> Result<(Invite, ETag), Problem> {
    let layout = TenantLayout::new(&tenant.id);
    let now = app.now();
    let rules = RetentionRules::with(&tenant.retention);
    let pending = Item::PendingInvitation { sent_at: now };
    let email = email_name(app, new.email.reveal());
    let work = Work::Invite { invite: new.id, resend: 0, email: email.clone() };
    let marker = app.begin(&tenant.id, work).await?;
    if let Some(day) = due_day(&pending, &rules) {
        app.mark_due(&tenant.id, day, DueItem::Invite(new.id)).await?;
    }
    app.mark(&layout.email_invite(&email, new.id)).await?;
    let invite = Invite {
        id: new.id,
        email: new.email,
        name: new.name,
        role: new.role,
        customer: new.customer,
        message: new.message,
        locale: tenant.locale,
        invited_by: new.invited_by,
        authority: new.authority,
        rebinds: new.rebinds,
        status: InviteStatus::Pending,
        created_at: now,
        sent_at: now,
        resends: 0,
        resent_by: Vec::new(),
        expires_at: due_at(&pending, &rules).unwrap_or(now),
        closed_at: None,
        acceptance: None,
        code: None,
    };
    let (invite, etag) = match app.write(&layout.invite(invite.id), &invite, Condition::IfAbsent).await {
        Ok(etag) => (invite, etag),
        Err(StoreError::AlreadyExists) => read(app, &layout, invite.id).await?,
        Err(error) => return Err(error.into()),
    };
    index(app, &layout, &invite).await?;
    app.announce(&marker).await?;
    Ok((invite, etag))
}

/// The keyed hash of an address under the current key.
pub(crate) fn email_name(app: &App, email: &EmailAddress) -> String {
    email_names(app, email).current
}

/// Writes the entries of an invitation's status and removes those of the one before: every other comes from `pending`. Mark,
/// then look: whoever closed the invitation meanwhile, or removed an accepted one with its person, has not seen these entries.
pub(crate) async fn index(app: &App, layout: &TenantLayout, invite: &Invite) -> Result<(), Problem> {
    let (id, customer) = (invite.id, invite.customer);
    let mut status = invite.status;
    loop {
        app.mark(&layout.invite_in(status, id)).await?;
        if let Some(customer) = customer {
            app.mark(&layout.customer_invite(customer, status, id)).await?;
        }
        if status != InviteStatus::Pending {
            unindex(app, layout, customer, InviteStatus::Pending, id).await?;
        }
        // From here on a reference under the person names it.
        if status == InviteStatus::Accepted {
            for email in email_names(app, invite.email.reveal()).all() {
                app.unmark(&layout.email_invite(email, id)).await?;
            }
        }
        if matches!(status, InviteStatus::Expired | InviteStatus::Revoked) {
            // It goes long after, by its period.
            return Ok(());
        }
        match app.read::<Invite>(&layout.invite(id)).await? {
            None => return unindex(app, layout, customer, status, id).await,
            Some((now, _)) if now.status == status => return Ok(()),
            // It is closed once.
            Some((now, _)) => status = now.status,
        }
    }
}

async fn unindex(
    app: &App,
    layout: &TenantLayout,
    customer: Option<CustomerId>,
    status: InviteStatus,
    id: InviteId,
) -> Result<(), Problem> {
    app.unmark(&layout.invite_in(status, id)).await?;
    if let Some(customer) = customer {
        app.unmark(&layout.customer_invite(customer, status, id)).await?;
    }
    Ok(())
}

/// Removes an invitation whose person is gone, with all its entries.
pub(crate) async fn remove(app: &App, layout: &TenantLayout, invite: &Invite) -> Result<(), Problem> {
    for status in [InviteStatus::Pending, invite.status] {
        unindex(app, layout, invite.customer, status, invite.id).await?;
    }
    for email in email_names(app, invite.email.reveal()).all() {
        app.unmark(&layout.email_invite(email, invite.id)).await?;
    }
    app.unmark(&layout.invite(invite.id)).await?;
    // Whoever was at the entries meanwhile may have seen it.
    unindex(app, layout, invite.customer, invite.status, invite.id).await
}

/// Notes the day on which the record of an invitation that is closed now must go.
pub(crate) async fn mark_record_due(app: &App, tenant: &TenantId, invite: InviteId) -> Result<(), Problem> {
    let settings = app.tenant(tenant).await?;
    let item = Item::ClosedInvitation { closed_at: app.now() };
    if let Some(day) = due_day(&item, &RetentionRules::with(&settings.retention)) {
        app.mark_due(tenant, day, DueItem::Invite(invite)).await?;
    }
    Ok(())
}

/// Closes a pending invitation in the version that was read.
pub(crate) async fn close(
    app: &App,
    tenant: &TenantId,
    (mut invite, etag): (Invite, ETag),
    status: InviteStatus,
) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let marker = app.begin(tenant, Work::InviteClosed { invite: invite.id }).await?;
    mark_record_due(app, tenant, invite.id).await?;
    invite.close(status, app.now());
    app.write(&layout.invite(invite.id), &invite, Condition::IfMatch(etag)).await?;
    index(app, &layout, &invite).await?;
    Ok(app.finish(&marker).await?)
}

/// [`Work::InviteClosed`].
pub(crate) async fn complete_closed(app: &App, tenant: &TenantId, invite: InviteId) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    match app.read::<Invite>(&layout.invite(invite)).await? {
        Some((invite, _)) => index(app, &layout, &invite).await,
        None => Ok(()),
    }
}

/// [`Work::Invite`]: the mail goes out while the invitation is pending and no later sending has made the link void. One that
/// was never stored, and never will be, leaves nothing: true when there is nothing more to do.
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    (id, resend, email): (InviteId, u32, &str),
    abandoned: bool,
) -> Result<bool, Problem> {
    let layout = TenantLayout::new(tenant);
    let Some((invite, _)) = app.read::<Invite>(&layout.invite(id)).await? else {
        if abandoned {
            app.unmark(&layout.email_invite(email, id)).await?;
        }
        return Ok(abandoned);
    };
    index(app, &layout, &invite).await?;
    if invite.resends < resend {
        // The sending again has not been committed.
        return Ok(abandoned);
    }
    if invite.resends == resend && invite.usable_at(app.now()).is_ok() {
        let settings = app.tenant(tenant).await?;
        if invite.authority.is_some() && resend == 0 {
            tell_administrators(app, tenant, &invite).await?;
        }
        let letter = letter(app, &settings, &invite).await?;
        let message_id = app.settings().message_id(tenant, &format!("{id}.{resend}"));
        app.send(tenant, &letter.into_mail(invite.email, message_id)).await?;
    }
    Ok(true)
}

async fn letter(app: &App, tenant: &Tenant, invite: &Invite) -> Result<Letter, Problem> {
    let texts = Texts::of(invite.locale);
    let token = links::invite(app, &tenant.id, invite.id, invite.resends);
    let link = app.settings().portal_link(&format!("invite={token}"));
    let customer = match invite.customer {
        Some(customer) => customers::cached(app, &tenant.id, customer).await?,
        None => None,
    };
    let template = match invite.role {
        kundportal_domain::records::InviteRole::Administrator => "administrator-invitation",
        _ if customer.is_some() => "invitation",
        _ => "invitation-without-customer",
    };
    let customer_name = customer.as_ref().map_or("", |customer| customer.name.as_str());
    let values = [("customer", customer_name)];
    let mut letter =
        Letter::new(texts, template, tenant.name.as_str(), Some(invite.name.reveal()), values, Some(&link));
    if let Some(inviter) = invite.invited_by {
        let inviter = app.read::<Profile>(&TenantLayout::new(&tenant.id).profile(inviter)).await?;
        if let Some((inviter, _)) = inviter {
            letter.open_with(&texts.with("mail-invitation-inviter", &[("inviter", &name(&inviter.name))]));
        }
    }
    if let Some(message) = &invite.message {
        letter.add(&texts.get("mail-invitation-message"));
        letter.add(message.reveal().as_str());
    }
    let days = kundportal_domain::stockholm::date_of(invite.sent_at)
        .until(kundportal_domain::stockholm::date_of(invite.expires_at))
        .map_or(0, |span| span.get_days());
    letter.add(&texts.with("mail-invitation-days", &[("days", &days.to_string())]));
    letter.add(&texts.with("mail-invitation-privacy", &[("tenant", tenant.name.as_str())]));
    Ok(letter)
}

/// A new administrator on the operator's authority: those who are told by it can object.
async fn tell_administrators(app: &App, tenant: &TenantId, invite: &Invite) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    for user in administrators::list(app, &layout).await? {
        let authority = invite.authority.as_ref().map_or("", |authority| authority.reveal().as_str());
        let mail = Outgoing::new(app, "administrator-invited")
            .with("invited", name(&invite.name))
            .with("authority", authority)
            .link(Link::Portal);
        app.mail_user(tenant, user, &format!("administrator-invited-{}", invite.id), &mail).await?;
    }
    Ok(())
}

/// [`Work::InviteCode`]: mails the one-time code to the invited address.
pub(crate) async fn complete_code(
    app: &App,
    tenant: &TenantId,
    id: InviteId,
    number: u32,
) -> Result<(), Problem> {
    let layout = TenantLayout::new(tenant);
    let Some((invite, _)) = app.read::<Invite>(&layout.invite(id)).await? else { return Ok(()) };
    let Some(code) = invite.code.as_ref().filter(|code| code.number == number) else { return Ok(()) };
    let settings = app.tenant(tenant).await?;
    let digits = invitation::code_digits(app, tenant, &invite, code).into_iter().next().unwrap_or_default();
    let texts = Texts::of(invite.locale);
    let values = [("code", digits.as_str())];
    let letter =
        Letter::new(texts, "accept-code", settings.name.as_str(), Some(invite.name.reveal()), values, None);
    let message_id = app.settings().message_id(tenant, &format!("{id}.{}.code.{number}", invite.resends));
    app.send(tenant, &letter.into_mail(invite.email, message_id)).await
}
