//! The rows of the data map.

use super::{
    Category,
    Container::{Audit, Platform, Staging, Tenant},
    Entry, InPackage, LegalBasis, OnErasure, Place,
};

macro_rules! places {
    ($($container:ident $pattern:literal),*) => { const { &[$(Place::new($container, $pattern)),*] } };
}

/// The row of a category.
pub(super) const fn entry(category: Category) -> Entry {
    use InPackage::{LeftOut, Section, Within};
    use LegalBasis::{LegalObligation, LegitimateInterests};
    use OnErasure::{Delete, Detach, Expire, Keep, Strip};

    let (places, basis, in_package, on_erasure): (&'static [Place], _, _, _) = match category {
        Category::Profile => (
            places![Tenant "subjects/*/profile.json"],
            LegitimateInterests,
            Section("package-profile"),
            Delete,
        ),
        Category::EmailChanges => (places![], LegitimateInterests, Within(Category::Profile), Delete),
        Category::Pictures => {
            (places![Tenant "subjects/*/picture/*"], LegitimateInterests, Section("package-picture"), Delete)
        }
        Category::LastUse => {
            (places![Tenant "subjects/*/last-use"], LegitimateInterests, Within(Category::Profile), Delete)
        }
        Category::SignIns => (
            places![Tenant "subjects/*/sign-ins/**"],
            LegitimateInterests,
            Section("package-sign-ins"),
            Delete,
        ),
        Category::Activity => (
            places![Tenant "subjects/*/activity/**"],
            LegitimateInterests,
            Section("package-activity"),
            Delete,
        ),
        Category::References => (
            places![Tenant "subjects/*/refs/**", Tenant "subjects/*/open-request/*"],
            LegitimateInterests,
            LeftOut("left-out-index"),
            Delete,
        ),
        Category::Files => {
            (places![Tenant "files/**"], LegitimateInterests, Section("package-files"), Detach)
        }
        Category::Comments => (
            places![Tenant "comments/**", Tenant "threads/**"],
            LegitimateInterests,
            Section("package-comments"),
            Detach,
        ),
        Category::Customers => {
            (places![Tenant "customers/**"], LegitimateInterests, Section("package-memberships"), Keep)
        }
        Category::Mails => {
            (places![Tenant "subjects/*/outbox/**"], LegitimateInterests, Section("package-mails"), Delete)
        }
        Category::Invitations => {
            (places![Tenant "invites/**"], LegitimateInterests, Section("package-invitations"), Delete)
        }
        Category::Cases => {
            (places![Tenant "requests/**"], LegalObligation, Section("package-requests"), Strip)
        }
        Category::Packages => (
            places![Tenant "requests/*/package*", Tenant "requests/*/package*/**"],
            LegalObligation,
            LeftOut("left-out-package"),
            Delete,
        ),
        Category::Settings => (
            places![
                Tenant "settings/**",
                Tenant "agreement/**",
                Tenant "notices/*",
                Tenant "objections/*",
                Platform "tenants/**",
                Platform "notices/*"
            ],
            LegalObligation,
            LeftOut("left-out-settings"),
            Keep,
        ),
        Category::IdentityIndex => (
            places![Tenant "index/identity/**", Tenant "index/email/**", Platform "memberships/**"],
            LegitimateInterests,
            LeftOut("left-out-index"),
            Delete,
        ),
        Category::Index => {
            (places![Tenant "index/**"], LegitimateInterests, LeftOut("left-out-index"), Delete)
        }
        Category::IdempotencyKeys => (
            places![Tenant "subjects/*/keys/**", Platform "keys/**"],
            LegitimateInterests,
            LeftOut("left-out-index"),
            Expire,
        ),
        Category::Uploads => (
            places![Tenant "subjects/*/uploads/*", Staging "**"],
            LegitimateInterests,
            Section("package-uploads"),
            Delete,
        ),
        Category::Work => (
            places![
                Tenant "reads/**",
                Tenant "due/**",
                Platform "due/**",
                Platform "work/**",
                Platform "index-rebuild/**",
                Platform "probe"
            ],
            LegitimateInterests,
            LeftOut("left-out-index"),
            Expire,
        ),
        Category::RunReports => (
            places![Tenant "reports/**", Platform "reports/**"],
            LegalObligation,
            LeftOut("left-out-pseudonymous"),
            Keep,
        ),
        Category::Audit => {
            (places![Audit "**", Platform "audit/**"], LegalObligation, Within(Category::Activity), Keep)
        }
        Category::PlatformLogs => (places![], LegitimateInterests, LeftOut("left-out-logs"), Expire),
    };
    Entry { category, places, basis, in_package, on_erasure }
}
