//! Tokens in the links of mails: what they are for, and a proof that we made them. They are never stored; a newer number
//! makes an older link void.

use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use kundportal_domain::{InviteId, TenantId, UserId};

use crate::{app::App, keys::Purpose};

/// The longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 256;

/// The token of an invitation that was sent again `resend` times.
pub(crate) fn invite(app: &App, tenant: &TenantId, invite: InviteId, resend: u32) -> String {
    make(app, Purpose::Invite, tenant, &invite.to_string(), resend)
}

/// The invitation that a token is of, and which sending of it.
pub(crate) fn read_invite(app: &App, token: &str) -> Option<(TenantId, InviteId, u32)> {
    read(app, Purpose::Invite, token)
}

/// The token of a change of address.
pub(crate) fn email_change(app: &App, tenant: &TenantId, user: UserId, number: u32) -> String {
    make(app, Purpose::EmailChange, tenant, &user.to_string(), number)
}

/// The change of address that a token confirms.
pub(crate) fn read_email_change(app: &App, token: &str) -> Option<(TenantId, UserId, u32)> {
    read(app, Purpose::EmailChange, token)
}

fn make(app: &App, purpose: Purpose, tenant: &TenantId, id: &str, number: u32) -> String {
    let number = number.to_string();
    let proof = app.settings().link_keys.proof(purpose, &[tenant.as_str(), id, &number]);
    BASE64URL_NOPAD.encode(format!("{tenant}/{id}/{number}/{proof}").as_bytes())
}

fn read<Id: FromStr>(app: &App, purpose: Purpose, token: &str) -> Option<(TenantId, Id, u32)> {
    if token.len() > MAX_LENGTH {
        return None;
    }
    let text = String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()?;
    let mut parts = text.split('/');
    let (tenant, id, number, proof) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let proven =
        parts.next().is_none() && app.settings().link_keys.proves(purpose, &[tenant, id, number], proof);
    proven.then(|| Some((tenant.parse().ok()?, id.parse().ok()?, number.parse().ok()?))).flatten()
}
