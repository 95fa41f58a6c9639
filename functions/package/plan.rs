//! What goes into a package, frozen when the work begins: names only, with versions where a listing gives them, and what is
//! known of each file. Its size grows by some hundred bytes an item; nothing else of a package is held whole.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use kundportal_domain::{
    Category, CommentId, FileId, InviteId, RequestId, UserId,
    data_map::Container,
    records::{FileMeta, Profile},
};
use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, ETag, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    layout::{self, RefKind, TenantLayout},
    people,
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
    /// What is under the person's prefix and of no kind that the data map knows: names without the prefix.
    pub(crate) unknown: Vec<String>,
    /// As they were found: each is read once.
    pub(crate) files: Vec<FileMeta>,
    /// Which of the files are too much for one package, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left_out: Vec<FileId>,
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

    pub(crate) fn etag(&self) -> ETag {
        ETag(self.etag.clone())
    }
}

/// What a reference names.
enum Referred {
    File(FileId),
    Comment(CommentId),
    Invite(InviteId),
    Request(RequestId),
}

impl Referred {
    /// From a name under `refs/`.
    fn parse(reference: &str) -> Option<Self> {
        let (kind, id) = reference.split_once('/')?;
        match RefKind::ALL.into_iter().find(|known| known.as_str() == kind)? {
            RefKind::File => id.parse().ok().map(Self::File),
            RefKind::Comment => id.parse().ok().map(Self::Comment),
            RefKind::Invite => id.parse().ok().map(Self::Invite),
            RefKind::Request => RequestId::from_inverted(id).ok().map(Self::Request),
        }
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

    /// The plan of a request that has none, frozen now. Of two workers the second gets the first one's.
    pub(crate) async fn freeze(
        app: &App,
        layout: &TenantLayout,
        request: RequestId,
        profile: &Profile,
    ) -> Result<Self, Problem> {
        let plan = Self::of(app, layout, profile).await?;
        match app.write(&layout.package_plan(request), &plan, Condition::IfAbsent).await {
            Ok(_) => Ok(plan),
            Err(StoreError::AlreadyExists) => Self::read(app, layout, request)
                .await?
                .ok_or_else(|| Problem::internal("a package's plan went while it was being read")),
            Err(error) => Err(error.into()),
        }
    }

    /// What there is of a person now: everything under their prefix and all that its references name.
    pub(crate) async fn of(app: &App, layout: &TenantLayout, profile: &Profile) -> Result<Self, Problem> {
        let subject = profile.id;
        let mut plan = Self {
            frozen_at: app.now(),
            own: Vec::new(),
            unknown: Vec::new(),
            files: Vec::new(),
            left_out: Vec::new(),
            comments: Vec::new(),
            invites: Vec::new(),
            requests: Vec::new(),
        };
        let mut files = Vec::new();
        let prefix = layout::subject(subject);
        let mut from = None;
        loop {
            let page = app.list(layout.container(), &prefix, from.as_ref(), 5_000).await?;
            for entry in page.entries {
                let Some(name) = entry.name.strip_prefix(&prefix) else { continue };
                if let Some(reference) = name.strip_prefix("refs/") {
                    match Referred::parse(reference) {
                        Some(Referred::File(id)) => files.push(id),
                        Some(Referred::Comment(id)) => plan.comments.push(id),
                        Some(Referred::Invite(id)) => plan.invites.push(id),
                        Some(Referred::Request(id)) => plan.requests.push(id),
                        None => plan.unknown.push(name.to_owned()),
                    }
                    continue;
                }
                let own = Own { name: name.to_owned(), etag: entry.properties.etag.0 };
                match own.category(subject) {
                    Some(_) => plan.own.push(own),
                    None => plan.unknown.push(own.name),
                }
            }
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        plan.invites.extend(invites_to(app, layout, profile).await?);
        plan.invites.sort_unstable();
        plan.invites.dedup();
        if !plan.unknown.is_empty() {
            let count = plan.unknown.len();
            tracing::error!(count, "something is stored under a person that the data map does not know");
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
        plan.keep_within(app.settings().packages.bytes);
        Ok(plan)
    }

    /// Leaves out the files that do not go into so many bytes.
    fn keep_within(&mut self, bytes: u64) {
        let mut left = bytes;
        self.left_out.clear();
        for file in &self.files {
            match left.checked_sub(file.size) {
                Some(fewer) => left = fewer,
                None => self.left_out.push(file.id),
            }
        }
        self.left_out.sort_unstable();
    }

    /// Whether the file is too much for the package.
    pub(crate) fn leaves_out(&self, file: FileId) -> bool {
        self.left_out.binary_search(&file).is_ok()
    }

    /// Leaves out half of what it had of files, for writing it took too long; the plan is frozen again. False where there was
    /// nothing left to leave out.
    pub(crate) async fn shorten(&mut self, app: &App, path: &BlobPath) -> Result<bool, Problem> {
        let included = self.files.iter().filter(|file| !self.leaves_out(file.id));
        let (count, bytes) =
            included.fold((0_u64, 0_u64), |(count, bytes), file| (count + 1, bytes + file.size));
        if count == 0 {
            return Ok(false);
        }
        if bytes > 0 {
            self.keep_within(bytes / 2);
        } else {
            self.left_out = self.files.iter().map(|file| file.id).collect();
            self.left_out.sort_unstable();
        }
        app.write(path, self, Condition::Always).await?;
        Ok(true)
    }
}

/// The invitations to the person's address, which nobody may have accepted: no reference names those.
async fn invites_to(app: &App, layout: &TenantLayout, profile: &Profile) -> Result<Vec<InviteId>, Problem> {
    // One that is being brought from one key to another is found under both.
    let mut invites = BTreeSet::new();
    for name in people::email_names(app, profile.email.reveal()).looked_up() {
        let names = app.names(layout.container(), &layout::email_invites(name)).await?;
        invites.extend(names.iter().filter_map(|id| id.parse::<InviteId>().ok()));
    }
    Ok(invites.into_iter().collect())
}
