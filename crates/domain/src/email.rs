//! E-mail addresses.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address that mail can be sent to: RFC 5321 in its everyday form, at most 254 bytes, without display name, comment,
/// quoted local part or address literal. Kept as written, but for white space around it and the case of the domain.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// A text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailError;

impl EmailAddress {
    /// The address as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which two spellings are the same mailbox: in lower case. RFC 5321 lets a server tell cases apart in
    /// the local part; none in use does, and people do not.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.0.to_lowercase()
    }

    /// Enough to recognise one's own address by, too little to learn it: `k…@e….se`.
    #[must_use]
    pub fn hint(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
        let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
        format!("{}…@{}….{top}", first(local), first(domain))
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let options = email_address::Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        if text.len() > 254 || text.contains('"') || text.chars().any(char::is_control) {
            return Err(EmailError);
        }
        email_address::EmailAddress::parse_with_options(text, options).map_err(|_| EmailError)?;
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json_text::parse(deserializer)
    }
}

impl schemars::JsonSchema for EmailAddress {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EmailAddress".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "email", "maxLength": 254})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_addresses_are_read_and_others_refused() {
        for good in ["a@example.se", " Kim.Å+x@Example.SE ", "åäö@example.com"] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@example.se",
            "a@",
            "a@localhost",
            "a b@example.se",
            "A <a@example.se>",
            "a@[127.0.0.1]",
            "\"a\"@example.se",
            "a@example.se\r\nBcc: b@example.se",
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_hint_shows_first_letters_only() {
        let address: EmailAddress = "kim@example.se".parse().expect("an address");
        assert_eq!(address.hint(), "k…@e….se");
    }
}
