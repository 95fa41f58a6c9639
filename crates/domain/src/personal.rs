//! Personal data that cannot be printed, logged or compared by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Personal data of type `T`. It goes into storage and into answers (`Serialize`), never into a log: `Debug` says
/// only that something is there, there is no `Display` and no `PartialEq`. [`Personal::reveal`] can be searched for.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Marks a value as personal.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a purpose that the caller answers for.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// The value itself, likewise.
    pub fn into_revealed(self) -> T {
        self.0
    }

    /// Another view of the same personal data.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Personal<U> {
        Personal(f(self.0))
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Personal<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
