//! The configuration: environment variables read into types, once, at the start. Everything that is wrong is reported
//! together, by the variable's name and never by its value.

mod reader;

use std::{fmt, num::NonZeroUsize, str::FromStr, sync::Arc};

use kundportal_domain::sub_processors::{EntryId, Register, UsedFor};
use kundportal_functions::{
    ClientIp, Concurrency, DirectUploads, FrontEnd, Keys, Limits, PackageLimits, Place, Settings,
    StoragePlace,
    csv_import::{LONGEST_FILE, MOST_ROWS},
    picture::MOST_PIXELS,
};
use kundportal_store::{Clock, OidcIssuer, OidcVerifier, SmtpMailer, SmtpUrl};

#[cfg(any(feature = "dev", test))]
pub(crate) use reader::read;
pub(crate) use reader::{Problems, Reader};

use crate::{environment::Environment, signing::SigningConfig, storage::StorageConfig};

/// Everything that the handler is configured with.
pub(crate) struct Config {
    /// Where data lie.
    pub(crate) storage: StorageConfig,
    /// Hands mail over; none without a mail service.
    pub(crate) mailer: Option<SmtpMailer>,
    /// Verifies access tokens.
    pub(crate) tokens: OidcVerifier,
    /// Signs what is handed out.
    pub(crate) signer: SigningConfig,
    /// What the functions are configured with.
    pub(crate) settings: Settings,
}

impl Config {
    /// Reads the environment.
    pub(crate) fn read(environment: &Environment, clock: Arc<dyn Clock>) -> Result<Self, Problems> {
        let mut reader = Reader::new(environment);
        let storage = StorageConfig::read(&mut reader);
        let mailer = mailer(&mut reader, clock);
        let tokens = reader.parsed("KUNDPORTAL_ISSUERS", issuers);
        let signer = SigningConfig::read(&mut reader);
        let settings = settings(&mut reader);
        match (storage, tokens, signer, settings) {
            (Some(storage), Some(tokens), Some(signer), Some(settings)) => {
                reader.whole().map(|()| Self { storage, mailer, tokens, signer, settings })
            }
            _ => Err(reader.into_problems()),
        }
    }
}

/// A JSON list of issuers, as [`OidcIssuer`] describes them.
fn issuers(json: &str) -> Result<OidcVerifier, String> {
    let issuers: Vec<OidcIssuer> = serde_json::from_str(json).map_err(|error| {
        format!("is not a JSON list of issuers (line {}, column {})", error.line(), error.column())
    })?;
    // Keys from the machine itself are for the local run, whose issuer is the program.
    if !cfg!(feature = "dev") && issuers.iter().any(|issuer| issuer.allow_http_loopback) {
        return Err("sets `allowHttpLoopback`, which is nothing that this build has".to_owned());
    }
    if issuers.is_empty() {
        return Err("names no issuer".to_owned());
    }
    OidcVerifier::new(issuers).map_err(|error| format!("cannot be used: {error}"))
}

/// Mail goes out where a service is configured.
fn mailer(reader: &mut Reader<'_>, clock: Arc<dyn Clock>) -> Option<SmtpMailer> {
    let url = reader.optional("KUNDPORTAL_SMTP_URL")?;
    let url = match url.parse::<SmtpUrl>() {
        Ok(url) => Some(url),
        Err(rule) => {
            reader.refuse("KUNDPORTAL_SMTP_URL", format!("is wrong: {rule}"));
            None
        }
    };
    let from = reader.required("KUNDPORTAL_MAIL_FROM")?;
    SmtpMailer::new(&url?, from, clock)
        .map_err(|rule| reader.refuse("KUNDPORTAL_MAIL_FROM", format!("is wrong: {rule}")))
        .ok()
}

fn settings(reader: &mut Reader<'_>) -> Option<Settings> {
    let index_keys = reader.parsed("KUNDPORTAL_INDEX_KEYS", Keys::parse);
    let link_keys = reader.parsed("KUNDPORTAL_LINK_KEYS", Keys::parse);
    let portal_url = reader.parsed("KUNDPORTAL_PORTAL_URL", portal_url);
    let mail_domain = reader.parsed("KUNDPORTAL_MAIL_DOMAIN", mail_domain);
    let client_ip = client_ip(reader);
    let front_end = front_end(reader);
    let limits = limits(reader);
    let concurrency = concurrency(reader);
    let mut packages = PackageLimits::default();
    limit(reader, "KUNDPORTAL_MAX_PACKAGE_BYTES", &mut packages.bytes, 1 << 40);
    Some(Settings {
        index_keys: index_keys?,
        link_keys: link_keys?,
        portal_url: portal_url?,
        mail_domain: mail_domain?,
        client_ip: client_ip?,
        front_end: front_end?,
        limits,
        concurrency,
        packages,
        direct_uploads: DirectUploads::default(),
        region: region(reader),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        place: place(reader),
        mail_by: mail_by(reader),
        register: register(reader)?,
    })
}

/// The register within the executable. One that cannot be used is no register, and without one nothing may be done.
fn register(reader: &mut Reader<'_>) -> Option<Arc<Register>> {
    match Register::embedded() {
        Ok(register) => Some(Arc::new(register.clone())),
        Err(error) => {
            reader.refuse("the register of sub-processors", format!("cannot be used: {error}"));
            None
        }
    }
}

/// The entry of the register through which mail goes; without the variable it is the operator's own server.
fn mail_by(reader: &mut Reader<'_>) -> Option<EntryId> {
    let id = reader.optional("KUNDPORTAL_MAIL_SUB_PROCESSOR")?.parse::<EntryId>().ok();
    let register = Register::embedded().ok();
    let entry = id.as_ref().zip(register).and_then(|(id, register)| register.entry(id));
    if entry.is_none_or(|entry| entry.used_for != UsedFor::Mail) {
        reader.refuse("KUNDPORTAL_MAIL_SUB_PROCESSOR", "is no sub-processor for mail in the register");
    }
    id
}

/// Links in mails start with it, so what follows it must reach no server: a fragment.
fn portal_url(text: &str) -> Result<String, &'static str> {
    let rule = "is not an http or https URL that ends in '/', without query and fragment";
    let uri: http::Uri = text.parse().map_err(|_| rule)?;
    let fits = matches!(uri.scheme_str(), Some("http" | "https"))
        && text.ends_with('/')
        && uri.query().is_none()
        && !text.contains(['#', '@']);
    if fits { Ok(text.to_owned()) } else { Err(rule) }
}

fn mail_domain(text: &str) -> Result<String, &'static str> {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.split('.').all(label) { Ok(text.to_owned()) } else { Err("is not a domain name") }
}

/// The peer's address without a header; in a list of forwarded addresses the trusted proxies are counted.
fn client_ip(reader: &mut Reader<'_>) -> Option<ClientIp> {
    let header = match reader.optional("KUNDPORTAL_CLIENT_IP_HEADER") {
        None => return Some(ClientIp::Peer),
        Some(header) => header.to_ascii_lowercase(),
    };
    if http::HeaderName::from_bytes(header.as_bytes()).is_err() {
        reader.refuse("KUNDPORTAL_CLIENT_IP_HEADER", "is not the name of a header");
        return None;
    }
    if reader.optional("KUNDPORTAL_TRUSTED_PROXIES").is_none() && header != "x-forwarded-for" {
        return Some(ClientIp::Header(header));
    }
    let number = |text: &str| text.parse::<NonZeroUsize>().map_err(|_| "is not a number from 1 on");
    let trusted_proxies = reader.parsed("KUNDPORTAL_TRUSTED_PROXIES", number)?;
    Some(ClientIp::Forwarded { header, trusted_proxies })
}

/// The region that this instance runs in: as the platform says, or, off the platform, as configured.
/// The platform's display name ('Sweden Central') becomes the region's name (swedencentral).
fn region(reader: &Reader<'_>) -> Option<String> {
    let name = reader.optional("REGION_NAME").or_else(|| reader.optional("KUNDPORTAL_REGION"))?;
    Some(name.chars().filter(|character| !character.is_whitespace()).collect::<String>().to_ascii_lowercase())
}

/// Where the program runs and its data lie. A build for development that is told nothing is a local run; any other that is
/// told too little is where nothing is allowed.
fn place(reader: &Reader<'_>) -> Place {
    let said = |name| reader.optional(name).map(ToOwned::to_owned);
    let (runs_in, primary) = (said("REGION_NAME"), said("KUNDPORTAL_REGION"));
    let storage = reader.list("KUNDPORTAL_STORAGE_PLACES");
    if cfg!(feature = "dev") && runs_in.is_none() && primary.is_none() && storage.is_empty() {
        return Place::Local;
    }
    let storage = storage.into_iter().map(|place| {
        let (region, sku) = place.split_once('/').unwrap_or((&place, ""));
        StoragePlace { region: region.to_owned(), sku: sku.to_owned() }
    });
    Place::Deployed { runs_in, primary, storage: storage.collect() }
}

/// Where the host answers 500 to a body: ours has to be refused before, with 413.
const MOST_BODY_BYTES: u64 = 104_857_600 - 1;

/// What a caller may send. Each can be set by a variable of its own, up to what an instance can bear.
fn limits(reader: &mut Reader<'_>) -> Limits {
    let mut limits = Limits::default();
    limit(reader, "KUNDPORTAL_MAX_FILE_BYTES", &mut limits.file_bytes, MOST_BODY_BYTES);
    limit(reader, "KUNDPORTAL_MAX_DIRECT_UPLOAD_BYTES", &mut limits.direct_upload_bytes, 1 << 35);
    limit(reader, "KUNDPORTAL_MAX_OPEN_UPLOADS", &mut limits.open_uploads, 1_000);
    limit(reader, "KUNDPORTAL_MAX_PICTURE_BYTES", &mut limits.picture_bytes, 32 * 1024 * 1024);
    limit(reader, "KUNDPORTAL_MAX_PICTURE_PIXELS", &mut limits.picture_pixels, MOST_PIXELS);
    limit(reader, "KUNDPORTAL_MAX_IMPORT_BYTES", &mut limits.import_bytes, LONGEST_FILE as u64);
    limit(reader, "KUNDPORTAL_MAX_IMPORT_ROWS", &mut limits.import_rows, MOST_ROWS);
    limit(reader, "KUNDPORTAL_MAX_JSON_BYTES", &mut limits.json_bytes, 1024 * 1024);
    limit(reader, "KUNDPORTAL_MAX_PENDING_INVITES", &mut limits.pending_invites, 5_000);
    limit(reader, "KUNDPORTAL_MAX_RESENDS", &mut limits.resends, 100);
    limit(reader, "KUNDPORTAL_MAX_EMAIL_CHANGES_A_DAY", &mut limits.email_changes_a_day, 100);
    limits
}

/// What a process does at once, up to what the largest instance can bear.
fn concurrency(reader: &mut Reader<'_>) -> Concurrency {
    let mut concurrency = Concurrency::default();
    limit(reader, "KUNDPORTAL_MAX_SMALL_BODIES", &mut concurrency.small_bodies, 4_096);
    limit(reader, "KUNDPORTAL_MAX_HELD_BODIES", &mut concurrency.held_bodies, 64);
    limit(reader, "KUNDPORTAL_MAX_UPLOADS", &mut concurrency.uploads, 1_024);
    limit(reader, "KUNDPORTAL_MAX_DOWNLOADS", &mut concurrency.downloads, 1_024);
    limit(reader, "KUNDPORTAL_MAX_PACKAGES", &mut concurrency.packages, 64);
    concurrency
}

/// A whole number from 1 to `most`; without the variable the limit stays as it is.
fn limit<N: Copy + FromStr + PartialOrd + From<u8> + fmt::Display>(
    reader: &mut Reader<'_>,
    name: &'static str,
    limit: &mut N,
    most: N,
) {
    let Some(text) = reader.optional(name) else { return };
    match text.parse::<N>() {
        Ok(number) if N::from(1) <= number && number <= most => *limit = number,
        _ => reader.refuse(name, format!("is not a whole number from 1 to {most}")),
    }
}

fn front_end(reader: &mut Reader<'_>) -> Option<FrontEnd> {
    let issuer = reader.required("KUNDPORTAL_FRONT_END_ISSUER");
    let client_id = reader.required("KUNDPORTAL_FRONT_END_CLIENT_ID");
    let scopes = reader.list("KUNDPORTAL_FRONT_END_SCOPES");
    Some(FrontEnd { issuer: issuer?.to_owned(), client_id: client_id?.to_owned(), scopes })
}

#[cfg(test)]
mod tests {
    use kundportal_store::SystemClock;

    use super::*;

    /// The key of RFC 7515, A.3: no secret.
    const SIGNING_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIffH1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt";
    const KEY: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn good() -> Vec<(&'static str, &'static str)> {
        vec![
            ("KUNDPORTAL_DATA_DIR", "/tmp/x"),
            ("KUNDPORTAL_SIGNED_URL_BASE", "http://localhost:7071/dev/storage"),
            ("KUNDPORTAL_SIGNED_URL_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
            ("KUNDPORTAL_SIGNING_KEY", SIGNING_KEY),
            ("KUNDPORTAL_INDEX_KEYS", KEY),
            ("KUNDPORTAL_LINK_KEYS", KEY),
            ("KUNDPORTAL_PORTAL_URL", "https://portal.example.com/api/portal/"),
            ("KUNDPORTAL_MAIL_DOMAIN", "example.com"),
            ("KUNDPORTAL_ISSUERS", r#"[{"issuer":"https://login.example.com","audience":"a"}]"#),
            ("KUNDPORTAL_FRONT_END_ISSUER", "https://login.example.com"),
            ("KUNDPORTAL_FRONT_END_CLIENT_ID", "spa"),
        ]
    }

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::read(&environment, Arc::new(SystemClock)).map_err(|problems| problems.to_string())
    }

    fn with(name: &'static str, value: &'static str) -> Result<Config, String> {
        let mut variables = good();
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
        read(&variables)
    }

    #[test]
    fn a_complete_configuration_is_read() {
        let config = read(&good()).unwrap();
        assert_eq!(config.settings.client_ip, ClientIp::Peer);
        assert!(config.mailer.is_none());
    }

    #[test]
    fn everything_that_is_missing_is_reported_together() {
        let problems = read(&[]).err().unwrap();
        for name in [
            "SIGNING_KEY",
            "INDEX_KEYS",
            "LINK_KEYS",
            "PORTAL_URL",
            "MAIL_DOMAIN",
            "ISSUERS",
            "FRONT_END_ISSUER",
        ] {
            assert!(problems.contains(&format!("KUNDPORTAL_{name} is missing")), "{problems}");
        }
    }

    #[test]
    fn each_variable_is_checked_and_no_value_is_shown() {
        let wrong = [
            ("KUNDPORTAL_INDEX_KEYS", "k1:c2VjcmV0"),
            ("KUNDPORTAL_LINK_KEYS", "secret"),
            ("KUNDPORTAL_PORTAL_URL", "https://secret.example.com/portal"),
            ("KUNDPORTAL_MAIL_DOMAIN", "-secret"),
            ("KUNDPORTAL_ISSUERS", "[{\"secret\":1}]"),
            ("KUNDPORTAL_ISSUERS", "[]"),
            ("KUNDPORTAL_ISSUERS", r#"[{"issuer":"http://secret.example.com","audience":"a"}]"#),
            ("KUNDPORTAL_SMTP_URL", "smtp://user:secret@mail.example.com"),
            ("KUNDPORTAL_CLIENT_IP_HEADER", "secret header"),
        ];
        for (name, value) in wrong {
            let problems = with(name, value).err().unwrap_or_else(|| panic!("{name} was accepted"));
            assert!(problems.contains(name), "{problems}");
            assert!(!problems.contains("secret"), "{problems}");
        }
    }

    #[test]
    fn forwarded_addresses_need_the_number_of_proxies() {
        assert!(
            with("KUNDPORTAL_CLIENT_IP_HEADER", "X-Forwarded-For")
                .err()
                .unwrap()
                .contains("TRUSTED_PROXIES is missing")
        );
        let config = with("KUNDPORTAL_CLIENT_IP_HEADER", "client-ip").unwrap();
        assert_eq!(config.settings.client_ip, ClientIp::Header("client-ip".to_owned()));
    }

    #[test]
    fn each_limit_can_be_set() {
        type Read = fn(&Limits) -> u64;
        let set: [(&str, Read); 11] = [
            ("KUNDPORTAL_MAX_FILE_BYTES", |limits| limits.file_bytes),
            ("KUNDPORTAL_MAX_DIRECT_UPLOAD_BYTES", |limits| limits.direct_upload_bytes),
            ("KUNDPORTAL_MAX_OPEN_UPLOADS", |limits| limits.open_uploads as u64),
            ("KUNDPORTAL_MAX_PICTURE_BYTES", |limits| limits.picture_bytes),
            ("KUNDPORTAL_MAX_PICTURE_PIXELS", |limits| limits.picture_pixels),
            ("KUNDPORTAL_MAX_IMPORT_BYTES", |limits| limits.import_bytes),
            ("KUNDPORTAL_MAX_IMPORT_ROWS", |limits| limits.import_rows as u64),
            ("KUNDPORTAL_MAX_JSON_BYTES", |limits| limits.json_bytes),
            ("KUNDPORTAL_MAX_PENDING_INVITES", |limits| limits.pending_invites as u64),
            ("KUNDPORTAL_MAX_RESENDS", |limits| limits.resends.into()),
            ("KUNDPORTAL_MAX_EMAIL_CHANGES_A_DAY", |limits| limits.email_changes_a_day.into()),
        ];
        for (name, limit) in set {
            assert_eq!(limit(&with(name, "17").unwrap().settings.limits), 17, "{name}");
        }
    }

    #[test]
    fn what_is_done_at_once_can_be_set() {
        type Read = fn(&Concurrency) -> usize;
        let set: [(&str, Read); 5] = [
            ("KUNDPORTAL_MAX_SMALL_BODIES", |concurrency| concurrency.small_bodies),
            ("KUNDPORTAL_MAX_HELD_BODIES", |concurrency| concurrency.held_bodies),
            ("KUNDPORTAL_MAX_UPLOADS", |concurrency| concurrency.uploads),
            ("KUNDPORTAL_MAX_DOWNLOADS", |concurrency| concurrency.downloads),
            ("KUNDPORTAL_MAX_PACKAGES", |concurrency| concurrency.packages),
        ];
        for (name, concurrency) in set {
            assert_eq!(concurrency(&with(name, "17").unwrap().settings.concurrency), 17, "{name}");
            assert!(with(name, "5000").err().unwrap().contains(name), "{name}");
        }
    }

    #[test]
    fn a_limit_that_no_instance_can_bear_is_refused() {
        for (name, value) in [
            ("KUNDPORTAL_MAX_FILE_BYTES", "104857600"),
            ("KUNDPORTAL_MAX_FILE_BYTES", "0"),
            ("KUNDPORTAL_MAX_FILE_BYTES", "-1"),
            ("KUNDPORTAL_MAX_FILE_BYTES", "64 MiB"),
            ("KUNDPORTAL_MAX_PICTURE_PIXELS", "25000001"),
            ("KUNDPORTAL_MAX_IMPORT_ROWS", "1001"),
        ] {
            assert!(with(name, value).err().unwrap().contains(name), "{name}");
        }
        let config = with("KUNDPORTAL_MAX_FILE_BYTES", "104857599").unwrap();
        assert_eq!(config.settings.limits.file_bytes, 104_857_599);
    }

    #[test]
    fn a_development_build_that_is_told_of_no_region_is_in_none() {
        assert_eq!(read(&good()).unwrap().settings.place, Place::Local);
        let place = with("KUNDPORTAL_STORAGE_PLACES", "swedencentral/Standard_ZRS,swedensouth").unwrap();
        let storage = [("swedencentral", "Standard_ZRS"), ("swedensouth", "")];
        let storage = storage.map(|(region, sku)| StoragePlace { region: region.into(), sku: sku.into() });
        let told = Place::Deployed { runs_in: None, primary: None, storage: storage.to_vec() };
        assert_eq!(place.settings.place, told);
    }

    #[test]
    fn mail_goes_by_a_sub_processor_for_mail_or_by_none() {
        let by = |id| with("KUNDPORTAL_MAIL_SUB_PROCESSOR", id).map(|config| config.settings.mail_by);
        assert!(by("azure-communication-services").unwrap().is_some());
        assert!(by("microsoft-azure").is_err() && by("Nobody").is_err());
        assert!(read(&good()).unwrap().settings.mail_by.is_none());
    }

    #[test]
    fn the_platform_says_which_region_it_is() {
        let region = |name, value| with(name, value).unwrap().settings.region;
        assert_eq!(region("REGION_NAME", "Sweden Central").as_deref(), Some("swedencentral"));
        assert_eq!(region("KUNDPORTAL_REGION", "swedencentral").as_deref(), Some("swedencentral"));
        assert_eq!(read(&good()).unwrap().settings.region, None);
    }
}
