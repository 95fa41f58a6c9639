//! `PATCH T`.

use kundportal_domain::{
    CompanyName, Locale, Patch, RetentionChoice, merge_patch,
    records::{Contact, DataProtectionOfficer, Instruction, Tenant},
};
use kundportal_store::StoreError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::TenantView;
use crate::{
    audit::{AuditRecord, By},
    auth::User,
    context::{Context, if_unchanged},
    layout::on_platform,
    people::RACES,
    problem::{FieldError, Problem, ProblemType},
    respond::{self, Answer},
    work::Work,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TenantPatch {
    #[serde(default, deserialize_with = "merge_patch::present")]
    name: Option<CompanyName>,
    #[serde(default, deserialize_with = "merge_patch::present")]
    contact: Option<Contact>,
    #[serde(default)]
    data_protection_officer: Patch<DataProtectionOfficer>,
    #[serde(default, deserialize_with = "merge_patch::present")]
    locale: Option<Locale>,
    #[serde(default)]
    retention: RetentionPatch,
    #[serde(default)]
    instructions: InstructionsPatch,
}

/// A period that has been chosen can be changed, not taken back.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct RetentionPatch {
    #[serde(deserialize_with = "merge_patch::present")]
    files: Option<RetentionChoice>,
    #[serde(deserialize_with = "merge_patch::present")]
    comments: Option<RetentionChoice>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct InstructionsPatch {
    #[serde(deserialize_with = "merge_patch::present")]
    access: Option<Instruction>,
    #[serde(deserialize_with = "merge_patch::present")]
    portability: Option<Instruction>,
    #[serde(deserialize_with = "merge_patch::present")]
    rectification: Option<Instruction>,
}

impl TenantPatch {
    /// Nobody can decide a request in the portal yet, so waiting for a decision would be waiting for ever.
    fn check(&self) -> Result<(), Problem> {
        let InstructionsPatch { access, portability, rectification } = &self.instructions;
        let errors: Vec<_> =
            [("access", access), ("portability", portability), ("rectification", rectification)]
                .into_iter()
                .filter(|(_, instruction)| **instruction == Some(Instruction::Approval))
                .map(|(name, _)| {
                    FieldError::new(
                        format!("/instructions/{name}"),
                        "must be `automatic`: decisions cannot be made here yet",
                    )
                })
                .collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_all(errors)) }
    }

    fn apply_to(&self, tenant: &mut Tenant) {
        fn set<T: Clone>(target: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                *target = value.clone();
            }
        }
        set(&mut tenant.name, self.name.as_ref());
        set(&mut tenant.contact, self.contact.as_ref());
        self.data_protection_officer.clone().apply_to(&mut tenant.data_protection_officer);
        set(&mut tenant.locale, self.locale.as_ref());
        tenant.retention.files = self.retention.files.or(tenant.retention.files);
        tenant.retention.comments = self.retention.comments.or(tenant.retention.comments);
        set(&mut tenant.instructions.access, self.instructions.access.as_ref());
        set(&mut tenant.instructions.portability, self.instructions.portability.as_ref());
        set(&mut tenant.instructions.rectification, self.instructions.rectification.as_ref());
    }
}

pub(super) async fn update(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (patch, _) = context.json::<TenantPatch>().await?;
    patch.check()?;
    let app = &context.app;
    let id = &user.tenant.id;
    let path = on_platform::tenant(id);
    let (_, etag) = app.read::<Tenant>(&path).await?.ok_or(ProblemType::NotFound)?;
    context.check_if_match(&etag)?;
    app.audit(id, &AuditRecord::intended(app, By::user(&user), context.operation.id, id)).await?;
    for _ in 0..RACES {
        let (mut tenant, etag) = app.read::<Tenant>(&path).await?.ok_or(ProblemType::NotFound)?;
        context.check_if_match(&etag)?;
        let before = tenant.retention;
        patch.apply_to(&mut tenant);
        tenant.updated_at = app.now();
        let rescans = tenant.retention != before;
        let rescan = Work::Rescan { after: None };
        if rescans {
            app.begin(id, rescan.clone()).await?;
        }
        match app.write(&path, &tenant, if_unchanged(&etag)).await {
            Ok(etag) => {
                app.caches().tenants.forget(id);
                if rescans {
                    // Begun anew: a worker that had read the periods from before may be at the end of the first marker.
                    app.announce(&app.begin(id, rescan).await?).await?;
                }
                return Ok(respond::with_etag(respond::ok(&TenantView::from(tenant))?, &etag));
            }
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
