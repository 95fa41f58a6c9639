//! Pure rules of the customer portal: what is an address, when is a case due, what must go when. No I/O, no clock, no
//! chance: `now` and identifiers come in as arguments, decisions go out as data.

mod email;
pub mod ids;
mod personal;

pub use email::{EmailAddress, EmailError};
pub use ids::{CommentId, CustomerId, FileId, IdError, InviteId, RecordId, RequestId, TenantId, UserId};
pub use personal::Personal;
