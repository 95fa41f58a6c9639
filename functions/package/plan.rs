//! What goes into a package, frozen when the work begins: names only, with versions where a listing gives them, and what is
//! known of each file. Its size grows by some hundred bytes an item; nothing else of a package is held whole.

use std::str::FromStr;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use kundportal_domain::{
    Category, CommentId, FileId, InviteId, RequestId, UserId,
    data_map::{Container, InPackage},
    records::FileMeta,
};
use kundportal_store::{BlobStoreExt as _, Condition, ETag, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    layout::{self, RefKind, TenantLayout},
    problem::Problem,
};

/// Objects read at once.
const CONCURRENT_READS: usize = 16;
/// A plan of more bytes than any instance can hold is a mistake.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// What goes into a package.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    pub(crate) frozen_at: Timestamp,
    /// All under the person's prefix but references, in the order of names.
    pub(crate) own: Vec<Own>,
    /// As they were found: each is read once.
    pub(crate) files: Vec<FileMeta>,
    pub(crate) comments: Vec<CommentId>,
    pub(crate) invites: Vec<InviteId>,
    pub(crate) requests: Vec<RequestId>,
}

/// A blob under the person's prefix.
#[derive(Serialize, Deserialize)]
pub(crate) struct Own {
    /// Without the prefix.
    pub(crate) name: String,
    pub(crate) etag: String,
}

impl Own {
    /// Its row in the data map.
    pub(crate) fn category(&self, subject: UserId) -> Option<Category> {
        Category::of(Container::Tenant, &format!("{}{}", layout::subject(subject), self.name))
    }

    /// Whether a package holds it.
    pub(crate) fn is_included(&self, subject: UserId) -> bool {
        self.category(subject)
            .is_some_and(|category| !matches!(category.entry().in_package, InPackage::LeftOut(_)))
    }

    pub(crate) fn etag(&self) -> ETag {
        ETag(self.etag.clone())
    }
}

impl Plan {
    /// The plan of a request, if it is frozen.
    pub(crate) async fn read(
        app: &App,
        layout: &TenantLayout,
        request: RequestId,
    ) -> Result<Option<Self>, Problem> {
        match app.blobs().get_bytes(&layout.package_plan(request), MAX_BYTES).await {
            Ok((bytes, _)) => {
                let unreadable = |_| Problem::internal("a package's plan cannot be read");
                serde_json::from_slice(&bytes).map(Some).map_err(unreadable)
            }
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The plan of a request: the frozen one, or one that is frozen now. Of two workers the second gets the first one's.
    pub(crate) async fn freeze(
        app: &App,
        layout: &TenantLayout,
        request: RequestId,
        subject: UserId,
    ) -> Result<Self, Problem> {
        if let Some(plan) = Self::read(app, layout, request).await? {
            return Ok(plan);
        }
        let plan = Self::of(app, layout, subject).await?;
        match app.write(&layout.package_plan(request), &plan, Condition::IfAbsent).await {
            Ok(_) => Ok(plan),
            Err(StoreError::AlreadyExists) => Self::read(app, layout, request)
                .await?
                .ok_or_else(|| Problem::internal("a package's plan went while it was being read")),
            Err(error) => Err(error.into()),
        }
    }

    /// What there is of a person now: everything under their prefix and all that its references name.
    pub(crate) async fn of(app: &App, layout: &TenantLayout, subject: UserId) -> Result<Self, Problem> {
        let mut plan = Self {
            frozen_at: app.now(),
            own: Vec::new(),
            files: Vec::new(),
            comments: Vec::new(),
            invites: Vec::new(),
            requests: Vec::new(),
        };
        let mut files = Vec::new();
        let prefix = layout::subject(subject);
        let mut from = None;
        loop {
            let page = app.blobs().list(layout.container(), &prefix, from.as_ref(), 5_000).await?;
            for entry in page.entries {
                let Some(name) = entry.name.strip_prefix(&prefix) else { continue };
                match name.strip_prefix("refs/").and_then(|reference| reference.split_once('/')) {
                    None => plan.own.push(Own { name: name.to_owned(), etag: entry.properties.etag.0 }),
                    Some((kind, id)) if kind == RefKind::File.as_str() => {
                        files.extend(id_in(id, FileId::from_inverted));
                    }
                    Some((kind, id)) if kind == RefKind::Comment.as_str() => {
                        plan.comments.extend(id_in(id, CommentId::from_inverted));
                    }
                    Some((kind, id)) if kind == RefKind::Invite.as_str() => {
                        plan.invites.extend(id_in(id, InviteId::from_inverted));
                    }
                    Some((kind, id)) if kind == RefKind::Request.as_str() => {
                        plan.requests.extend(id_in(id, RequestId::from_inverted));
                    }
                    Some((kind, _)) => tracing::error!(kind, "a kind of reference that no package knows"),
                }
            }
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        plan.files = stream::iter(files)
            .map(|id| async move { app.read::<FileMeta>(&layout.file_meta(id)).await })
            .buffered(CONCURRENT_READS)
            // What a reference names and is not there, or has no author any more, is not the person's.
            .try_filter_map(|found| async move {
                Ok(found.map(|(meta, _)| meta).filter(|meta| meta.author == Some(subject)))
            })
            .try_collect()
            .await?;
        Ok(plan)
    }
}

/// The id at the end of a reference: plain, or inverted where a list needs the newest first.
fn id_in<Id: FromStr, E>(name: &str, from_inverted: impl Fn(&str) -> Result<Id, E>) -> Option<Id> {
    name.parse().ok().or_else(|| from_inverted(name).ok())
}
