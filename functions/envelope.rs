//! The envelope in which the host delivers timer and queue triggers. Only `Data` is believed: a queue message's own
//! properties overwrite those of `Metadata`.

use serde_json::Value;

/// A body is no envelope of this function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an envelope of this function")]
pub struct EnvelopeError;

/// The longest envelope that is read, in bytes: a message of 64 KiB, escaped twice, and its metadata.
pub(crate) const MAX_BYTES: u64 = 1024 * 1024;

/// Whether this is the envelope of a timer.
pub fn timer(body: &[u8]) -> Result<(), EnvelopeError> {
    if binding(body, "timer")?.is_object() { Ok(()) } else { Err(EnvelopeError) }
}

/// The text of the queue message in the envelope: JSON where it was JSON, else the plain text. The host hands it over as an
/// object, as JSON inside a string, or as a plain string.
pub fn message(body: &[u8]) -> Result<String, EnvelopeError> {
    match binding(body, "message")? {
        Value::String(text) => Ok(match serde_json::from_str::<Value>(&text) {
            Ok(Value::String(inner)) => inner,
            _ => text,
        }),
        object @ Value::Object(_) => Ok(object.to_string()),
        _ => Err(EnvelopeError),
    }
}

fn binding(body: &[u8], name: &str) -> Result<Value, EnvelopeError> {
    let mut envelope: Value = serde_json::from_slice(body).map_err(|_| EnvelopeError)?;
    envelope.get_mut("Data").and_then(|data| data.get_mut(name)).map(Value::take).ok_or(EnvelopeError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_decoded_as_often_as_the_host_encoded_it() {
        for (body, text) in [
            (r#"{"Data":{"message":"\"{\\\"kind\\\":\\\"x\\\"}\""},"Metadata":{}}"#, r#"{"kind":"x"}"#),
            (r#"{"Data":{"message":"{\"kind\":\"x\"}"}}"#, r#"{"kind":"x"}"#),
            (r#"{"Data":{"message":{"kind":"x"}}}"#, r#"{"kind":"x"}"#),
            (r#"{"Data":{"message":"\"hello åäö\""}}"#, "hello åäö"),
            (r#"{"Data":{"message":"hello"}}"#, "hello"),
        ] {
            assert_eq!(message(body.as_bytes()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_envelope_of_the_function_is_refused() {
        let deep = "[".repeat(100_000);
        for body in [
            "",
            "null",
            "{}",
            r#"{"Data":{}}"#,
            r#"{"Data":{"timer":"x"}}"#,
            r#"{"Data":{"message":7}}"#,
            &deep,
        ] {
            assert_eq!(message(body.as_bytes()), Err(EnvelopeError));
            assert_eq!(timer(body.as_bytes()), Err(EnvelopeError));
        }
        assert_eq!(timer(br#"{"Data":{"timer":{"IsPastDue":false}}}"#), Ok(()));
    }
}
