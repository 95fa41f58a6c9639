//! What is stored, as JSON objects. Each file holds one object with the rules of how it may change.

mod case;
mod comment;
mod customer;
mod file;
mod invite;
mod profile;
mod tenant;
mod upload;

pub use case::{Case, CaseEvent, CaseEventKind, CaseKind, CasePackage, CaseState, Channel, ClosedCase};
pub use comment::{Comment, Thread};
pub use customer::Customer;
pub use file::{FileMeta, Scan};
pub use invite::{Acceptance, Code, Invite, InviteProblem, InviteRole, InviteStatus};
pub use profile::{
    EmailChange, EmailChangesOn, Membership, MembershipRole, Picture, Profile, Status, TenantRole,
};
pub use tenant::{
    Agreement, AgreementKind, Contact, DataProtectionOfficer, Founder, Instruction, Instructions,
    RetentionChoices, Tenant,
};
pub use upload::{Upload, UploadRefusal, UploadState};
