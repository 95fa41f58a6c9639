//! The one table of operations: from it follow the routes, the manifests and the description of the interface.

use std::future::Future;
use std::pin::Pin;

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    auth::{Actor, Identity, User},
    context::Context,
    problem::{Problem, ProblemType},
    respond::Answer,
};

/// What a handler comes to.
pub(crate) type Outcome = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;

/// One method of one path.
pub struct Operation {
    /// Unique, in camel case.
    pub id: &'static str,
    /// `GET`, `POST`, …
    pub method: Method,
    /// With `/api` and `{parameters}`.
    pub path: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Who may, and what then happens.
    pub access: Access,
    /// Whether the sign-in must be fresh (RFC 9470).
    pub step_up: bool,
    /// Query and header parameters.
    pub parameters: &'static [Parameter],
    /// The body that is sent.
    pub request: RequestBody,
    /// The answer when all goes well.
    pub success: Success,
    /// Problems beyond those that follow from the rest of the entry.
    pub problems: &'static [ProblemType],
}

/// What goes on though the region lock is broken, beside all that is asked for by GET: three that only read, and the access
/// request, whose period the law sets.
const GOES_ON: [&str; 4] = ["createRequest", "searchUsers", "downloadFile", "lookUpInvite"];

impl Operation {
    /// Whether it is done though the region lock is broken.
    #[must_use]
    pub fn goes_on_without_region_lock(&self) -> bool {
        self.method == Method::GET || GOES_ON.contains(&self.id)
    }
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Who may, and the handler, which gets whoever it is.
pub enum Access {
    /// Nobody needs to be signed in.
    Anyone(fn(Context) -> Outcome),
    /// Whoever has a valid token.
    SignedIn(fn(Context, Identity) -> Outcome),
    /// The operator.
    Operator(fn(Context, Identity) -> Outcome),
    /// A user of the tenant in the path, with one of the roles.
    User(Roles, fn(Context, User) -> Outcome),
    /// The same, or the operator.
    UserOrOperator(Roles, fn(Context, Actor) -> Outcome),
}

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roles(u8);

impl Roles {
    /// Decides for the controller.
    pub const ADMINISTRATOR: Self = Self(1);
    /// Reads, decides nothing.
    pub const DATA_PROTECTION_OFFICER: Self = Self(2);
    /// Keeps the users of at least one customer up to date.
    pub const CUSTOMER_ADMINISTRATOR: Self = Self(4);
    /// Any other active user.
    pub const MEMBER: Self = Self(8);
    /// Not active any more.
    pub const DEACTIVATED: Self = Self(16);
    /// Any active user.
    pub const ACTIVE: Self = Self(15);
    /// Any user, deactivated too.
    pub const ALL: Self = Self(31);

    /// Either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have one in common.
    #[must_use]
    pub const fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A query or header parameter.
pub struct Parameter {
    /// `query` or `header`.
    pub place: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for.
    pub description: &'static str,
    /// Its schema as JSON.
    pub schema: &'static str,
}

impl Parameter {
    /// The length of a page.
    pub const LIMIT: Self = Self {
        place: "query",
        name: "limit",
        required: false,
        description: "Items of a page",
        schema: r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
    };
    /// Where the page begins.
    pub const CURSOR: Self = Self {
        place: "query",
        name: "cursor",
        required: false,
        description: "The `next` of the page before",
        schema: r#"{"type":"string"}"#,
    };
    /// The version that the caller has seen.
    pub const IF_MATCH: Self =
        Self::header("If-Match", "The ETag of the version that the change is meant for");
    /// Makes a POST repeatable.
    pub const IDEMPOTENCY_KEY: Self = Self {
        place: "header",
        name: "Idempotency-Key",
        required: false,
        description: "The same key and body give the same object, for 24 hours",
        schema: r#"{"type":"string","minLength":1,"maxLength":200}"#,
    };
    /// A part of the content.
    pub const RANGE: Self = Self::header("Range", "One range of bytes (RFC 9110, 14)");
    /// A part of this version only.
    pub const IF_RANGE: Self =
        Self::header("If-Range", "The ETag of the content of which the range is wanted");
    /// The versions that the caller has.
    pub const IF_NONE_MATCH: Self =
        Self::header("If-None-Match", "ETags of what the caller has: then the answer is 304");
    /// The language of a page, for whoever cannot say it by a header.
    pub const LANGUAGE: Self = Self {
        place: "query",
        name: "language",
        required: false,
        description: "The language; without it `Accept-Language` decides",
        schema: r#"{"type":"string","enum":["sv","en"]}"#,
    };
    /// Which customer.
    pub const CUSTOMER: Self = Self {
        place: "query",
        name: "customer",
        required: true,
        description: "Id of the customer",
        schema: r#"{"type":"string","pattern":"^cus_[0-9A-HJKMNP-TV-Z]{26}$"}"#,
    };

    /// A header that may be there, of any text.
    const fn header(name: &'static str, description: &'static str) -> Self {
        Self { place: "header", name, required: false, description, schema: r#"{"type":"string"}"# }
    }
}

/// A schema that is made when the description is.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type.
pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The body that is sent.
pub enum RequestBody {
    /// None.
    Empty,
    /// JSON.
    Json(SchemaOf),
    /// JSON Merge Patch (RFC 7396).
    MergePatch(SchemaOf),
    /// Bytes of these media types, held in memory.
    Bytes(&'static [&'static str]),
    /// Bytes of these media types that go into storage as they come.
    Stream(&'static [&'static str]),
}

/// The answer when all goes well.
pub enum Success {
    /// JSON with this status.
    Json(u16, SchemaOf),
    /// What anybody may keep, in one of several forms; 304 where the caller has it.
    Kept {
        /// As JSON.
        json: Option<SchemaOf>,
        /// And in these media types.
        others: &'static [&'static str],
    },
    /// No body, with this status.
    Empty(u16),
    /// Bytes of these media types; with ranges also 206.
    Bytes {
        /// What it may be.
        media_types: &'static [&'static str],
        /// Whether `Range` counts.
        ranges: bool,
    },
}
