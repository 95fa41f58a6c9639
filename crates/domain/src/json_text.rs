//! Strings out of JSON without an echo.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// What is written as a string. Serde's own error for anything else repeats the value, which may be somebody's phone number written
/// without quotes; this one names the rule.
pub(crate) fn parse<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(Text(PhantomData))
}

struct Text<T>(PhantomData<T>);

const RULE: &str = "must be a string";

impl<'de, T: FromStr<Err: fmt::Display>> Visitor<'de> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<T, E> {
        Err(E::custom(RULE))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<T, E> {
        Err(E::custom(RULE))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<T, E> {
        Err(E::custom(RULE))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<T, E> {
        Err(E::custom(RULE))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Err(E::custom(RULE))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<T, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(RULE))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<T, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(RULE))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{EmailAddress, PersonName, PhoneNumber, UserId};

    #[test]
    fn what_is_no_string_is_refused_without_an_echo() {
        for value in [
            json!(701_740_605),
            json!(-1),
            json!(1.5),
            json!(true),
            json!(null),
            json!(["x"]),
            json!({"x": 1}),
        ] {
            for refused in [
                serde_json::from_str::<PhoneNumber>(&value.to_string()).err(),
                serde_json::from_str::<EmailAddress>(&value.to_string()).err(),
                serde_json::from_str::<PersonName>(&value.to_string()).err(),
                serde_json::from_str::<UserId>(&value.to_string()).err(),
            ] {
                let refused = refused.expect("an error").to_string();
                assert!(refused.starts_with("must be a string"), "{refused}");
            }
        }
    }
}
