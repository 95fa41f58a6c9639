//! Pure rules of the customer portal: what is an address, when is a case due, what must go when. No I/O, no clock, no
//! chance: `now` and identifiers come in as arguments, decisions go out as data.

pub mod archive_name;
pub mod calendar;
pub mod client_ip;
pub mod data_map;
pub mod deadline;
mod email;
pub mod ids;
mod json_text;
mod locale;
pub mod merge_patch;
pub mod period;
mod personal;
mod phone;
pub mod records;
pub mod retention;
pub mod stockholm;
pub mod sub_processors;
mod text;
mod texts;

pub use archive_name::Namer;
pub use data_map::Category;
pub use email::{EmailAddress, EmailError};
pub use ids::{
    CommentId, CustomerId, FileId, IdError, InviteId, ObjectionId, RecordId, RequestId, TenantId, UserId,
};
pub use locale::{Locale, LocaleError};
pub use merge_patch::Patch;
pub use period::{Period, PeriodError, RetentionChoice, RetentionChoiceError};
pub use personal::Personal;
pub use phone::{PhoneError, PhoneNumber};
pub use records::{MembershipRole, TenantRole};
pub use retention::RetentionRules;
pub use text::{
    CommentText, CompanyName, ContentType, ContentTypeError, ContractReference, FileName, InviteMessage,
    OrganisationNumber, OrganisationNumberError, PersonName, Reason, TextError, ThreadName,
};
pub use texts::Texts;
