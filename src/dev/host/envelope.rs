//! What the host sends to a timer or queue function: byte for byte in its form, the order of members included.

use std::fmt::Write as _;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use kundportal_store::{Entropy, embedded::Message};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use super::invocation::InvocationId;

/// What a timer function is told of its schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimerStatus {
    /// When it last ran by its schedule; none before the first time.
    pub(crate) last: Option<Timestamp>,
    /// When it is due next.
    pub(crate) next: Timestamp,
    /// When this was written.
    pub(crate) last_updated: Timestamp,
}

/// The name of a function and of its trigger's binding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addressee<'a> {
    /// The function.
    pub(crate) function: &'a str,
    /// The binding.
    pub(crate) binding: &'a str,
}

/// The envelope of a timer call.
pub(crate) fn timer(
    to: Addressee<'_>,
    status: &TimerStatus,
    past_due: bool,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> String {
    let last = status.last.map_or_else(|| "0001-01-01T00:00:00+00:00".to_owned(), offset);
    let status = Object::default()
        .text("Last", &last)
        .text("Next", &offset(status.next))
        .text("LastUpdated", &offset(status.last_updated));
    let timer = Object::default()
        .json("Schedule", r#"{"AdjustForDST":true}"#)
        .json("ScheduleStatus", &status.to_string())
        .json("IsPastDue", if past_due { "true" } else { "false" });
    let metadata = Object::default().json("sys", &sys(to.function, now, entropy));
    envelope(to.binding, &timer.to_string(), &metadata)
}

/// The envelope of a message, as decoded from the queue. A JSON message's own properties leak into the metadata, and
/// overwrite it.
pub(crate) fn message(
    to: Addressee<'_>,
    text: &str,
    message: &Message,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> String {
    let mut metadata = Object::default()
        .text("DequeueCount", &message.dequeue_count.to_string())
        .text("ExpirationTime", &whole_seconds(message.expires_at))
        .text("Id", &json_string(&message.id))
        .text("InsertionTime", &whole_seconds(message.inserted_at))
        .text("NextVisibleTime", &whole_seconds(message.next_visible_at))
        .text("PopReceipt", &json_string(&message.pop_receipt))
        .json("sys", &sys(to.function, now, entropy));
    if let Ok(Properties(properties)) = serde_json::from_str(text) {
        // The host's own `QueueTrigger` is the message itself and stays out.
        for (name, value) in
            properties.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("QueueTrigger"))
        {
            if let Some(value) = leaked(&value) {
                metadata = metadata.text(&name, &json_string(&value));
            }
        }
    }
    envelope(to.binding, &json_string(&json_string(text)), &metadata)
}

fn envelope(binding: &str, data: &str, metadata: &Object) -> String {
    let data = Object::default().json(binding, data);
    Object::default().json("Data", &data.to_string()).json("Metadata", &metadata.to_string()).to_string()
}

fn sys(function: &str, now: Timestamp, entropy: &dyn Entropy) -> String {
    Object::default()
        .text("MethodName", function)
        .text("UtcNow", &format!("{}Z", civil(now)))
        .text("RandGuid", &InvocationId::new(entropy).to_string())
        .to_string()
}

/// A property's value as the host writes it: numbers and dates in its own culture-free form. Objects and lists stay out.
fn leaked(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(date(text).unwrap_or_else(|| text.clone())),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A text in the form of a date with a time is taken for one.
fn date(text: &str) -> Option<String> {
    let digits = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
    let bytes = text.as_bytes();
    if bytes.get(10) != Some(&b'T')
        || !digits.iter().all(|place| bytes.get(*place).is_some_and(u8::is_ascii_digit))
    {
        return None;
    }
    let date = match text.parse::<Timestamp>() {
        Ok(time) => TimeZone::UTC.to_datetime(time),
        Err(_) => text.parse::<DateTime>().ok()?,
    };
    Some(date.strftime("%m/%d/%Y %H:%M:%S").to_string())
}

fn offset(time: Timestamp) -> String {
    format!("{}+00:00", civil(time))
}

fn whole_seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// With up to seven digits of a second.
fn civil(time: Timestamp) -> String {
    let mut text = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let fraction = format!("{:07}", time.subsec_nanosecond() / 100);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        let _ = write!(text, ".{fraction}");
    }
    text
}

fn json_string(text: &str) -> String {
    Value::from(text).to_string()
}

/// A JSON object whose members keep their order; a member set again, whatever its case, keeps its place and name.
#[derive(Default)]
struct Object(Vec<(String, String)>);

impl Object {
    fn json(mut self, name: &str, json: &str) -> Self {
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => json.clone_into(known),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
        self
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.json(name, &json_string(text))
    }
}

impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("{")?;
        for (place, (name, json)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{}:{json}", json_string(name))?;
        }
        f.write_str("}")
    }
}

/// The members of a JSON object in their order.
struct Properties(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Properties;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Properties(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
