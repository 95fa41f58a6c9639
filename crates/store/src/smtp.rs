//! Mail over SMTP.

use std::{
    fmt,
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use kundportal_domain::EmailAddress;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::Error,
};
use reqwest::Url;

use crate::{Clock, Mail, MailError, Mailer};

/// How long handing over one mail may take, from connecting to the server's last word.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where mail goes, with the password: `smtps://user:password@host:465`, or `smtp://…:587?tls=required` for STARTTLS.
/// Percent-encoded as any URL. It does not print.
#[derive(Clone)]
pub struct SmtpUrl(Url);

/// Why a mail service cannot be used as configured. Never says the value: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpConfigError {
    /// Not a URL of that form.
    #[error("not of the form smtps://user:password@host:port or smtp://user:password@host:port?tls=required")]
    Url,
    /// Mail holds personal data: unencrypted, it may only go to the machine itself (Art. 32(1)(a) GDPR).
    #[error("mail must be encrypted: smtps://… or smtp://…?tls=required")]
    Unencrypted,
    /// The sender is no address.
    #[error("the sender is not of the form Name <local@domain>")]
    From,
}

impl FromStr for SmtpUrl {
    type Err = SmtpConfigError;

    fn from_str(text: &str) -> Result<Self, SmtpConfigError> {
        let url = Url::parse(text).map_err(|_| SmtpConfigError::Url)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpConfigError::Url)?;
        let own = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        match (url.scheme(), url.query()) {
            ("smtps", None) | ("smtp", Some("tls=required")) => Ok(Self(url)),
            ("smtp", None) if own => Ok(Self(url)),
            ("smtp", None | Some("tls=opportunistic")) => Err(SmtpConfigError::Unencrypted),
            _ => Err(SmtpConfigError::Url),
        }
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpUrl(…)")
    }
}

/// Hands mail over to an SMTP server, each mail over a connection of its own: an answer that comes late can then never
/// be taken for the answer to another mail.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    clock: Arc<dyn Clock>,
    patience: Duration,
}

impl SmtpMailer {
    /// Mail from `from` (`Name <local@domain>` or an address), dated by `clock`.
    pub fn new(url: &SmtpUrl, from: &str, clock: Arc<dyn Clock>) -> Result<Self, SmtpConfigError> {
        let from = from.parse().map_err(|_| SmtpConfigError::From)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.0.as_str())
            .map_err(|_| SmtpConfigError::Url)?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self { transport, from, clock, patience: PATIENCE })
    }

    /// With another limit than 30 seconds on handing over one mail.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn now(&self) -> Result<SystemTime, MailError> {
        SystemTime::try_from(self.clock.now()).map_err(|error| MailError::Unavailable(Box::new(error)))
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address(mail.to.reveal())?))
            .subject(mail.subject.reveal())
            .date(self.now()?)
            .message_id(Some(format!("<{}>", mail.message_id)))
            .raw_header(HeaderValue::new(
                // RFC 3834, 5: no absence notes, please.
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(
                mail.text.reveal().clone(),
                mail.html.reveal().clone(),
            ))
            .map_err(|_| MailError::Refused(Box::new(Failure::Message)))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        match tokio::time::timeout(self.patience, self.transport.send(message)).await {
            Ok(Ok(_accepted)) => Ok(()),
            Ok(Err(error)) => Err(verdict(&error, mail.to.reveal())),
            Err(_elapsed) => Err(MailError::Unavailable(Box::new(Failure::Silence))),
        }
    }
}

fn address(address: &EmailAddress) -> Result<Address, MailError> {
    address.as_str().parse().map_err(|_| MailError::Refused(Box::new(Failure::Message)))
}

/// What is said of a failure: never the server's own words, which repeat the address.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the mail cannot be written by the rules of SMTP")]
    Message,
    #[error("the server takes ASCII addresses only")]
    AsciiOnly,
    #[error("the server answered {0}")]
    Answer(u16),
    #[error("the server did not answer in time")]
    Silence,
    #[error("no encrypted connection to the server")]
    Encryption,
    #[error("the connection to the server failed")]
    Connection,
}

fn verdict(error: &Error, to: &EmailAddress) -> MailError {
    let cause = match error.status() {
        Some(code) => Failure::Answer(code.into()),
        None if error.is_client() && !to.as_str().is_ascii() => Failure::AsciiOnly,
        None if error.is_timeout() => Failure::Silence,
        None if error.is_tls() => Failure::Encryption,
        None => Failure::Connection,
    };
    match cause {
        Failure::AsciiOnly => MailError::Refused(Box::new(cause)),
        Failure::Answer(code) if concerns_the_mail(code) => MailError::Refused(Box::new(cause)),
        _ => MailError::Unavailable(Box::new(cause)),
    }
}

/// Whether a reply code refuses this mail for good. The other permanent codes speak of the session: commands (500 to
/// 504), a host that takes no mail (521, RFC 7504), encryption and authentication (53x, RFC 4954), which an operator
/// sets right.
const fn concerns_the_mail(code: u16) -> bool {
    matches!(code, 505..=599) && !matches!(code, 521 | 530..=539)
}
