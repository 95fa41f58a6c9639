//! One open request at a time: who takes a request in claims it for the person by a create-only blob that holds the
//! request's id. A claim is void once its case is closed, and when no case has come of it while anybody could be at it; so
//! whatever is killed when, the next request gets through.

use jiff::Timestamp;
use kundportal_domain::{RequestId, UserId, records::Case};
use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, ETag, StoreError};

use crate::{
    app::App,
    layout::TenantLayout,
    people::RACES,
    problem::{Problem, ProblemType},
    work::GRACE,
};

/// Longest claim, in bytes: an id.
const MAX_BYTES: u64 = 64;

/// A claim as it was found.
struct Claim {
    /// None where it cannot be read.
    request: Option<RequestId>,
    since: Timestamp,
    etag: ETag,
}

/// Whether another request of the person is open or being taken in.
pub(super) async fn is_taken(
    app: &App,
    layout: &TenantLayout,
    subject: UserId,
    request: RequestId,
) -> Result<bool, Problem> {
    match find(app, &layout.open_request(subject)).await? {
        Some(claim) if claim.request != Some(request) => counts(app, layout, &claim).await,
        _ => Ok(false),
    }
}

/// Claims the person's one open request for this one; false where another has it. Of two at the same moment one succeeds.
/// The same request may claim again, which makes its claim young.
pub(super) async fn take(
    app: &App,
    layout: &TenantLayout,
    subject: UserId,
    request: RequestId,
) -> Result<bool, Problem> {
    let path = layout.open_request(subject);
    for _ in 0..RACES {
        let condition = match find(app, &path).await? {
            None => Condition::IfAbsent,
            Some(claim) => {
                if claim.request != Some(request) && counts(app, layout, &claim).await? {
                    return Ok(false);
                }
                Condition::IfMatch(claim.etag)
            }
        };
        match app.blobs().put_bytes(&path, request.to_string().into(), condition).await {
            Ok(_) => return Ok(true),
            Err(StoreError::AlreadyExists | StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::Conflict.into())
}

/// Gives the claim up, if it is still this request's. Again changes nothing.
pub(crate) async fn release(
    app: &App,
    layout: &TenantLayout,
    subject: UserId,
    request: RequestId,
) -> Result<(), Problem> {
    let path = layout.open_request(subject);
    let claim = find(app, &path).await?.filter(|claim| claim.request == Some(request));
    let Some(claim) = claim else { return Ok(()) };
    match app.blobs().delete(&path, Some(&claim.etag)).await {
        Ok(()) | Err(StoreError::NotFound | StoreError::PreconditionFailed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn find(app: &App, path: &BlobPath) -> Result<Option<Claim>, Problem> {
    let blob = match app.blobs().get(path, None).await {
        Ok(blob) => blob,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (since, etag) = (blob.properties.last_modified, blob.properties.etag.clone());
    let bytes = blob.into_bytes(MAX_BYTES).await?;
    let request = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
    Ok(Some(Claim { request, since, etag }))
}

/// Whether a claim keeps others out: its case is open, or may still be written.
async fn counts(app: &App, layout: &TenantLayout, claim: &Claim) -> Result<bool, Problem> {
    let Some(request) = claim.request else { return Ok(false) };
    Ok(match app.read::<Case>(&layout.case(request)).await? {
        Some((case, _)) => !case.state.is_closed(),
        None => app.now().duration_since(claim.since) <= GRACE,
    })
}
