//! The one-time code for somebody whose issuer proves no address: mailed to the invited address.

use aws_lc_rs::constant_time;
use kundportal_domain::{
    TenantId,
    records::{Code, Invite},
};
use kundportal_store::ETag;

use crate::{
    app::App,
    auth::Identity,
    context::if_unchanged,
    layout::TenantLayout,
    problem::{Problem, ProblemType},
    work::Work,
};

/// Codes that one sending of an invitation may bring: whoever only has the link must not go on guessing.
const MAX_CODES: u32 = 3;

/// The code's digits under each key, the current one first. They follow from the key, so they are not stored; each sending of
/// the invitation has others.
pub(crate) fn digits(app: &App, tenant: &TenantId, invite: &Invite, code: &Code) -> Vec<String> {
    let (id, resends) = (invite.id.to_string(), invite.resends.to_string());
    let parts = [tenant.as_str(), &id, &resends, &code.identity, &code.number.to_string()];
    app.settings().link_keys.digits(&parts).collect()
}

/// Lets pass who gives the code that was mailed for this identity. Who gives none gets one; a wrong one counts.
pub(super) async fn require(
    app: &App,
    tenant: &TenantId,
    (invite, etag): (&Invite, &ETag),
    identity: &Identity,
    given: Option<&str>,
) -> Result<(), Problem> {
    let current = invite.code.as_ref().filter(|code| identity.names.contains(&code.identity));
    let open = current.filter(|code| code.tries < Code::MAX_TRIES);
    let (Some(code), Some(given)) = (open, given) else {
        if open.is_none() {
            mail_new(app, tenant, invite, etag, identity).await?;
        }
        return Err(ProblemType::CodeRequired.into());
    };
    let given = given.trim().as_bytes();
    let is_right = |digits: &String| constant_time::verify_slices_are_equal(digits.as_bytes(), given).is_ok();
    if digits(app, tenant, invite, code).iter().any(is_right) {
        return Ok(());
    }
    let mut invite = invite.clone();
    invite.code = Some(Code { tries: code.tries + 1, ..code.clone() });
    app.write(&TenantLayout::new(tenant).invite(invite.id), &invite, if_unchanged(etag)).await?;
    Err(ProblemType::CodeInvalid.into())
}

async fn mail_new(
    app: &App,
    tenant: &TenantId,
    invite: &Invite,
    etag: &ETag,
    identity: &Identity,
) -> Result<(), Problem> {
    let number = invite.code.as_ref().map_or(0, |code| code.number) + 1;
    if number > MAX_CODES {
        return Err(ProblemType::TooManyRequests.into());
    }
    let marker = app.begin(tenant, Work::InviteCode { invite: invite.id, number }).await?;
    let mut invite = invite.clone();
    invite.code = Some(Code { identity: identity.name().to_owned(), number, tries: 0 });
    app.write(&TenantLayout::new(tenant).invite(invite.id), &invite, if_unchanged(etag)).await?;
    app.announce(&marker).await
}
