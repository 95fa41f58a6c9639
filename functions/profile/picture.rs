//! `T/profile/picture`. The new picture is stored first, under a name of its own; it is the person's once the profile names
//! it; then the earlier one goes. A picture never changes, so that its name is its version.

use http::{HeaderMap, StatusCode, header};
use kundportal_domain::{
    RecordId, TenantId, UserId,
    records::{Picture, Profile},
};
use kundportal_store::{BlobStoreExt as _, Condition, ETag, StoreError};

use super::{own::OwnProfile, read::PictureView};
use crate::{
    app::App,
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    layout::{self, TenantLayout},
    picture::PictureError,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
    work::{GRACE, Work},
    worker::Progress,
};

/// What a picture may be when it is put. Its content decides, not what the request says of it.
pub(super) const IN: &[&str] = &["image/jpeg", "image/png", "image/webp"];
/// What it is when it is given out.
pub(crate) const OUT: &[&str] = &["image/jpeg", "image/png"];

/// `GET T/profile/picture`.
pub(super) async fn get(context: Context, user: User) -> Result<Answer, Problem> {
    picture_of(&context.app, &user.layout, &user.profile).await
}

/// The picture of a person, for whoever may see it; 404 where there is none.
pub(crate) async fn picture_of(
    app: &App,
    layout: &TenantLayout,
    profile: &Profile,
) -> Result<Answer, Problem> {
    let picture = profile.picture.as_ref().ok_or(ProblemType::NotFound)?;
    let blob = app.blobs().get(&layout.picture(profile.id, &picture.name), None).await?;
    let mut headers = HeaderMap::new();
    respond::set(&mut headers, header::CONTENT_TYPE, &picture.content_type);
    let size = blob.properties.size;
    Ok(respond::with_etag(respond::stream(StatusCode::OK, blob.body, size, headers), &version(picture)))
}

/// `PUT T/profile/picture`. A picture that is refused leaves nothing behind: it is judged before anything is stored.
pub(super) async fn put(mut context: Context, user: User) -> Result<Answer, Problem> {
    check_version(&context, &user.profile)?;
    let upload = context.bytes(context.app.settings().limits.picture_bytes).await?;
    let made = context.app.pictures().process(upload).await.map_err(refusal)?;
    let app = &context.app;
    // The identifier's time tells the worker how old a picture is that no profile names.
    let name = RecordId::new(app.now(), app.random()).inverted();
    let picture = Picture { name: name.clone(), content_type: made.content_type.to_owned() };
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, user.id());
    app.audit(&user.tenant.id, &record.about([user.id()])).await?;
    let marker = app.begin(&user.tenant.id, Work::Picture { user: user.id(), name: name.clone() }).await?;
    let path = user.layout.picture(user.id(), &name);
    app.blobs().put_bytes(&path, made.bytes.into_revealed(), Condition::IfAbsent).await?;
    match exchange(&context, &user, Some(&picture)).await {
        Ok(earlier) => {
            if let Some(earlier) = earlier {
                app.unmark(&user.layout.picture(user.id(), &earlier.name)).await?;
            }
        }
        Err(problem) => {
            // Where storage did not say whether the profile was written, the worker finds out.
            if !problem.is(ProblemType::Unavailable) {
                app.unmark(&path).await?;
                app.finish(&marker).await?;
            }
            return Err(problem);
        }
    }
    app.finish(&marker).await?;
    let profile = Profile { picture: Some(picture.clone()), ..user.profile };
    let view = PictureView::of(&user.tenant.id, &profile);
    Ok(respond::with_etag(respond::ok(&view)?, &version(&picture)))
}

/// `DELETE T/profile/picture`.
pub(super) async fn delete(context: Context, user: User) -> Result<Answer, Problem> {
    let app = &context.app;
    let Some(picture) = user.profile.picture.clone() else {
        return if context.has_removed(&user).await? {
            Ok(respond::no_content())
        } else {
            Err(ProblemType::NotFound.into())
        };
    };
    check_version(&context, &user.profile)?;
    let record = AuditRecord::intended(app, By::user(&user), context.operation.id, user.id());
    app.audit(&user.tenant.id, &record.about([user.id()])).await?;
    let work = Work::Picture { user: user.id(), name: picture.name };
    let marker = app.begin(&user.tenant.id, work).await?;
    context.remember_removal(&user).await?;
    if let Some(earlier) = exchange(&context, &user, None).await? {
        app.unmark(&user.layout.picture(user.id(), &earlier.name)).await?;
    }
    app.finish(&marker).await?;
    Ok(respond::no_content())
}

/// Makes a picture, or none, the person's; answers the one before.
async fn exchange(
    context: &Context,
    user: &User,
    picture: Option<&Picture>,
) -> Result<Option<Picture>, Problem> {
    let mut own = OwnProfile::of_any_version(context, user);
    loop {
        check_version(context, own.profile())?;
        let earlier = own.profile().picture.clone();
        let mut next = own.profile().clone();
        next.picture = picture.cloned();
        next.updated_at = context.now();
        if own.commit(next).await? {
            return Ok(earlier);
        }
    }
}

fn version(picture: &Picture) -> ETag {
    ETag(picture.name.clone())
}

/// `If-Match` names the version of the picture, not of the profile. Where there is no picture it can match none.
fn check_version(context: &Context, profile: &Profile) -> Result<(), Problem> {
    match (&profile.picture, context.header("if-match")) {
        (Some(picture), _) => context.check_if_match(&version(picture)),
        (None, Some(_)) => Err(ProblemType::PreconditionFailed.into()),
        (None, None) => Ok(()),
    }
}

fn refusal(error: PictureError) -> Problem {
    match error {
        PictureError::NotAPicture => ProblemType::UnsupportedMediaType.into(),
        PictureError::Undecodable => Problem::invalid("", error),
        PictureError::TooLarge { limit } => Problem::too_large(limit),
    }
}

/// Removes pictures that no profile names. One so young that its profile may be about to be written stays for now.
pub(crate) async fn complete(app: &App, tenant: &TenantId, user: UserId) -> Result<Progress, Problem> {
    let layout = TenantLayout::new(tenant);
    let names = app.names(layout.container(), &layout::pictures(user)).await?;
    // The profile is read after the list: what it names cannot be taken for one that it does not name yet.
    let profile = app.read::<Profile>(&layout.profile(user)).await?;
    let kept = profile.and_then(|(profile, _)| profile.picture).map(|picture| picture.name);
    let mut progress = Progress::Finished;
    for name in names.into_iter().filter(|name| Some(name) != kept.as_ref()) {
        let made_at = RecordId::from_inverted(&name).ok().map(RecordId::created_at);
        if made_at.is_some_and(|at| app.now().duration_since(at) <= GRACE) {
            progress = Progress::UnderWay;
        } else {
            match app.blobs().delete(&layout.picture(user, &name), None).await {
                Ok(()) | Err(StoreError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(progress)
}
