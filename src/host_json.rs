//! `host.json`, as it is deployed: what the host and the handler have to agree on.

use kundportal_store::MessageEncoding;
use serde::Deserialize;

/// The file.
pub(crate) const HOST_JSON: &str = include_str!("../host.json");

#[derive(Deserialize)]
struct File {
    extensions: Extensions,
}

#[derive(Deserialize)]
struct Extensions {
    queues: Queues,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queues {
    message_encoding: Encoding,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Encoding {
    None,
    Base64,
}

/// How the host reads messages.
pub(crate) fn message_encoding() -> Result<MessageEncoding, String> {
    let file: File = serde_json::from_str(HOST_JSON).map_err(|error| format!("host.json: {error}"))?;
    Ok(match file.extensions.queues.message_encoding {
        Encoding::None => MessageEncoding::None,
        Encoding::Base64 => MessageEncoding::Base64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_sent_as_the_host_reads_them() {
        assert_eq!(message_encoding(), Ok(MessageEncoding::None));
    }
}
