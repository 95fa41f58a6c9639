//! Members of a JSON merge patch (RFC 7396).

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A member that may be left out (it stays as it is), `null` (it goes), or a value (it becomes that). In a struct it carries
/// `#[serde(default, skip_serializing_if = "Patch::is_absent")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The member is not there.
    #[default]
    Absent,
    /// The member is `null`.
    Null,
    /// The member has a value.
    Value(T),
}

impl<T> Patch<T> {
    /// Whether the member is left out.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The new value, where there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Changes a member that need not have a value.
    pub fn apply_to(self, target: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *target = None,
            Self::Value(value) => *target = Some(value),
        }
    }

    /// What the member asks for: nothing, or a state.
    pub fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }

    /// The same wish for another view of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Absent => Patch::Absent,
            Self::Null => Patch::Null,
            Self::Value(value) => Patch::Value(f(value)),
        }
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Null, Self::Value))
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        Option::<T>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Option::<T>::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Option::<T>::json_schema(generator)
    }
}

/// A member that may be left out and may not be `null`, for an `Option<T>` with
/// `#[serde(default, deserialize_with = "merge_patch::present")]` and `#[schemars(with = "T")]`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
    struct Body {
        #[serde(default, skip_serializing_if = "Patch::is_absent")]
        phone: Patch<u8>,
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "u8")]
        name: Option<u8>,
    }

    #[test]
    fn absent_null_and_value_are_told_apart_and_written_as_they_were_read() {
        for (json, phone) in
            [("{}", Patch::Absent), (r#"{"phone":null}"#, Patch::Null), (r#"{"phone":1}"#, Patch::Value(1))]
        {
            let body: Body = serde_json::from_str(json).expect("a body");
            assert_eq!(body, Body { phone, name: None });
            assert_eq!(serde_json::to_string(&body).expect("JSON"), json);
        }
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        for (patch, after) in [(Patch::Absent, Some(7)), (Patch::Null, None), (Patch::Value(1), Some(1))] {
            let mut target = Some(7);
            patch.apply_to(&mut target);
            assert_eq!(target, after);
        }
    }

    #[test]
    fn what_may_not_be_null_is_refused_as_null() {
        assert!(serde_json::from_str::<Body>(r#"{"name":null}"#).is_err());
        assert_eq!(serde_json::from_str::<Body>(r#"{"name":2}"#).expect("a body").name, Some(2));
    }

    #[test]
    fn the_schema_says_optional_and_nullable() {
        let schema = schemars::schema_for!(Body).to_value();
        assert_eq!(schema.get("required"), None);
        assert_eq!(schema.pointer("/properties/phone/type"), Some(&serde_json::json!(["integer", "null"])));
        assert_eq!(schema.pointer("/properties/phone/default"), None);
        assert_eq!(schema.pointer("/properties/name/type"), Some(&serde_json::json!("integer")));
    }
}
