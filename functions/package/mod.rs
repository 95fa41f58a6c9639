//! The package of an access request (Art. 15(3)): a `BagIt` bag in a ZIP, streamed from store to store.

mod archive;
mod bag;
mod content;
mod data;
mod jws;
mod page;
mod plan;
mod sections;
mod zip;

use futures_util::TryStreamExt as _;
use kundportal_domain::records::{Case, Profile, Tenant};
use kundportal_store::{BlobPath, Condition, ETag, StoreError};

pub(crate) use archive::Sealed;
use bag::Bag;
use content::Content;
pub(crate) use plan::Plan;

use crate::{app::App, keys::Sha256, layout::TenantLayout, problem::Problem};

/// What a package is made of.
pub(crate) struct Source<'a> {
    pub(crate) app: &'a App,
    pub(crate) layout: &'a TenantLayout,
    pub(crate) tenant: &'a Tenant,
    pub(crate) profile: &'a Profile,
    /// Version of the profile.
    pub(crate) etag: &'a ETag,
    pub(crate) case: &'a Case,
    pub(crate) plan: &'a Plan,
}

/// Writes the package in one run. Where another run was faster, its package is the one.
pub(crate) async fn store(source: Source<'_>) -> Result<Sealed, Problem> {
    let app = source.app;
    // Where nothing can be signed, nothing is written either.
    app.signer().key().await?;
    let path = source.layout.package(source.case.id);
    let (bag, stream) = Bag::new(source.case.id.to_string(), source.plan.frozen_at);
    let put = app.blobs().put(&path, stream, Condition::IfAbsent);
    let (stored, filled) = tokio::join!(put, Box::pin(Content::new(source, bag).write()));
    match stored {
        Ok(_) => filled,
        Err(StoreError::AlreadyExists) => sealed(app, &path)
            .await?
            .ok_or_else(|| Problem::internal("a package went while it was being read")),
        // The stream broke off because of this.
        Err(StoreError::Body(_)) => {
            Err(filled.err().unwrap_or_else(|| Problem::internal("a package broke off")))
        }
        Err(error) => Err(error.into()),
    }
}

/// Length and hash of a package that is there: a run wrote it and was killed before it could say so.
pub(crate) async fn sealed(app: &App, path: &BlobPath) -> Result<Option<Sealed>, Problem> {
    let mut blob = match app.blobs().get(path, None).await {
        Ok(blob) => blob,
        Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut sha256 = Sha256::new();
    while let Some(piece) = blob.body.try_next().await.map_err(StoreError::broken)? {
        sha256.update(&piece);
    }
    Ok(Some(Sealed { size: blob.properties.size, sha256: sha256.finish() }))
}

#[cfg(test)]
mod tests {
    use kundportal_domain::{Locale, Texts};

    use crate::{Access, FUNCTIONS, Trigger, audit::Purpose};

    #[test]
    fn whatever_can_be_noted_in_an_activity_has_its_text_in_both_languages() {
        let operations = FUNCTIONS.iter().flat_map(|function| match function.trigger {
            Trigger::Http { operations, .. } => operations,
            _ => &[],
        });
        // Only who acts within a tenant comes upon its people.
        let noted: Vec<_> = operations
            .filter(|operation| matches!(operation.access, Access::User(..) | Access::UserOrOperator(..)))
            .map(|operation| format!("activity-{}", operation.id))
            .collect();
        assert!(noted.len() > 30, "{noted:?}");
        let schema = schemars::schema_for!(Purpose).to_value();
        let purposes: Vec<_> = schema["oneOf"]
            .as_array()
            .expect("each with what it means")
            .iter()
            .map(|purpose| format!("package-purpose-{}", purpose["const"].as_str().expect("a name")))
            .collect();
        assert!(!purposes.is_empty());
        for texts in Locale::ALL.map(Texts::of) {
            for id in noted.iter().chain(&purposes) {
                assert!(texts.has(id) && texts.variables(id).is_empty(), "{id}");
            }
        }
    }
}
