//! `platform/memberships/<hmac>/<tenant>`: in which tenants somebody is a user.

use kundportal_domain::{TenantId, records::Profile};
use kundportal_store::{BlobPath, Entry};

use super::{Rebuild, Verdict, objects::PAGE};
use crate::{
    layout::{TenantLayout, on_platform, platform},
    people::{identity_names, named_user},
    problem::Problem,
};

impl Rebuild<'_> {
    /// Removes entries that no user of the tenant leads to: of one tenant, or of all.
    pub(super) async fn memberships(&self, of: Option<&TenantId>) -> Result<(), Problem> {
        let mut from = None;
        loop {
            let page = self.app.list(&platform(), on_platform::MEMBERSHIPS, from.as_ref(), PAGE).await?;
            for entry in page.entries {
                if entry.properties.last_modified < self.since {
                    let outcome = self.look_at_membership(&entry, of).await;
                    self.tolerate(&entry.name, outcome)?;
                }
            }
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn look_at_membership(&self, entry: &Entry, of: Option<&TenantId>) -> Result<(), Problem> {
        let rest = entry.name.strip_prefix(on_platform::MEMBERSHIPS).unwrap_or_default();
        let (hash, tenant) = rest.split_once('/').unwrap_or((rest, ""));
        if of.is_some_and(|of| of.as_str() != tenant) {
            return Ok(());
        }
        let needed = match self.by_key(hash) {
            Verdict::Keep => true,
            Verdict::Remove | Verdict::Other => false,
            Verdict::Look => self.is_membership(hash, tenant).await?,
        };
        if needed {
            return Ok(());
        }
        let path = BlobPath::new(platform(), entry.name.clone());
        self.take_listed(&path, &entry.properties.etag).await
    }

    /// Whether the identity is a user's of the tenant, by the tenant's own index and profile.
    async fn is_membership(&self, hash: &str, tenant: &str) -> Result<bool, Problem> {
        let Ok(tenant) = tenant.parse::<TenantId>() else { return Ok(false) };
        let layout = TenantLayout::new(&tenant);
        let Some((user, _)) = named_user(self.app, &layout.identity(hash)).await? else { return Ok(false) };
        let profile = self.app.read::<Profile>(&layout.profile(user)).await?;
        Ok(profile.is_some_and(|(profile, _)| {
            !profile.is_leaving() && identity_names(self.app, &profile).contains(hash)
        }))
    }
}
