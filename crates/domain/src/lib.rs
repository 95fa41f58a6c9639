//! Pure rules of the customer portal: what is an address, when is a case due, what must go when. No I/O, no clock, no
//! chance: `now` and identifiers come in as arguments, decisions go out as data.

mod email;
pub mod ids;
mod locale;
pub mod period;
mod personal;
mod phone;
pub mod records;
pub mod stockholm;
mod text;
mod texts;

pub use email::{EmailAddress, EmailError};
pub use ids::{CommentId, CustomerId, FileId, IdError, InviteId, RecordId, RequestId, TenantId, UserId};
pub use locale::{Locale, LocaleError};
pub use period::{Period, PeriodError, RetentionChoice, RetentionChoiceError};
pub use personal::Personal;
pub use phone::{PhoneError, PhoneNumber};
pub use records::{MembershipRole, TenantRole};
pub use text::{
    CommentText, CompanyName, ContentType, ContentTypeError, FileName, InviteMessage, OrganisationNumber,
    OrganisationNumberError, PersonName, Reason, TextError, ThreadName,
};
pub use texts::Texts;
