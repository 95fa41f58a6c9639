//! Mail over SMTP, against a small server that plays what a test tells it.

#![expect(clippy::unwrap_used, reason = "a test ends where a promise is broken")]

use std::{error::Error, sync::Arc, time::Duration};

use kundportal_domain::Personal;
use kundportal_store::{FixedClock, Mail, MailError, Mailer as _, SmtpConfigError, SmtpMailer, SmtpUrl};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What a server says at each step, and what it hears.
#[derive(Clone, Copy)]
struct Script {
    capabilities: &'static str,
    auth: &'static str,
    recipient: &'static str,
    content: &'static str,
}

const WILLING: Script = Script {
    capabilities: "250-mail.example.com\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n",
    auth: "235 welcome\r\n",
    recipient: "250 fine\r\n",
    content: "250 taken\r\n",
};

impl Script {
    /// Plays the script to one client; answers all that it sent.
    async fn start(self) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            self.play(client).await
        });
        (format!("smtp://user:pass%3Aword@{place}"), heard)
    }

    async fn play(self, client: TcpStream) -> Vec<String> {
        let (read, mut write) = client.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut heard = Vec::new();
        let mut content = false;
        write.write_all(b"220 mail.example.com\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.split([' ', ':']).next() {
                _ if content && line == "." => {
                    content = false;
                    self.content
                }
                _ if content => "",
                Some("EHLO") => self.capabilities,
                Some("AUTH") => self.auth,
                Some("RCPT") => self.recipient,
                Some("DATA") => {
                    content = true;
                    "354 go on\r\n"
                }
                Some("QUIT") => "221 bye\r\n",
                _ => "250 fine\r\n",
            };
            heard.push(line);
            if write.write_all(answer.as_bytes()).await.is_err() {
                break;
            }
        }
        heard
    }
}

fn mailer(url: &str) -> SmtpMailer {
    let clock = Arc::new(FixedClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
    SmtpMailer::new(&url.parse().unwrap(), "Kundportal <noreply@example.com>", clock).unwrap()
}

fn mail_to(address: &str) -> Mail {
    Mail {
        message_id: "invite-1@example.com".to_owned(),
        to: Personal::new(address.parse().unwrap()),
        subject: Personal::new("Välkommen\r\nBcc: else@example.com".to_owned()),
        text: Personal::new("Hej\n.\nÅsa".to_owned()),
        html: Personal::new("<p>Hej</p>".to_owned()),
    }
}

async fn sent(script: Script, address: &str) -> (Result<(), MailError>, Vec<String>) {
    let (url, heard) = script.start().await;
    let outcome = mailer(&url).send(&mail_to(address)).await;
    (outcome, heard.await.unwrap())
}

/// All that a log would show of an error.
fn told(error: &MailError) -> String {
    format!("{error:?} {error} {}", error.source().unwrap())
}

#[tokio::test]
async fn a_mail_arrives_with_its_message_id_date_and_both_texts() {
    let (outcome, heard) = sent(WILLING, "kim@example.se").await;
    outcome.unwrap();
    let has = |line: &str| heard.iter().any(|heard| heard == line);
    assert!(
        has("MAIL FROM:<noreply@example.com> BODY=8BITMIME") || has("MAIL FROM:<noreply@example.com>"),
        "{heard:?}"
    );
    for line in [
        "RCPT TO:<kim@example.se>",
        "From: Kundportal <noreply@example.com>",
        "To: kim@example.se",
        "Message-ID: <invite-1@example.com>",
        "Date: Sun, 01 Mar 2026 12:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "<p>Hej</p>",
    ] {
        assert!(has(line), "{line} in {heard:#?}");
    }
    assert!(heard.iter().any(|line| line.starts_with("Content-Type: multipart/alternative")));
    assert!(!heard.iter().any(|line| line.starts_with("Bcc:")));
}

#[tokio::test]
async fn an_address_refused_for_good_is_not_told_by_the_error() {
    let script = Script { recipient: "550 5.1.1 <kim@example.se> is unknown here\r\n", ..WILLING };
    let (outcome, _) = sent(script, "kim@example.se").await;
    let Err(error @ MailError::Refused(_)) = outcome else { panic!("{outcome:?}") };
    assert!(told(&error).contains("550"));
    assert!(!told(&error).contains("kim"));
}

#[tokio::test]
async fn a_refused_content_is_refused_for_good() {
    let (outcome, _) = sent(Script { content: "554 no\r\n", ..WILLING }, "kim@example.se").await;
    assert!(matches!(outcome, Err(MailError::Refused(_))), "{outcome:?}");
}

#[tokio::test]
async fn what_may_pass_is_worth_another_try() {
    for script in [
        Script { recipient: "451 <kim@example.se> later\r\n", ..WILLING },
        Script { content: "452 full\r\n", ..WILLING },
        Script { auth: "535 wrong password for user\r\n", ..WILLING },
        Script { recipient: "530 authenticate first\r\n", ..WILLING },
        Script { recipient: "nonsense\r\n", ..WILLING },
    ] {
        let (outcome, _) = sent(script, "kim@example.se").await;
        let Err(error @ MailError::Unavailable(_)) = outcome else { panic!("{outcome:?}") };
        assert!(!told(&error).contains("kim") && !told(&error).contains("user"), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_worth_another_try() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    drop(listener);
    let outcome = mailer(&format!("smtp://{place}")).send(&mail_to("kim@example.se")).await;
    assert!(matches!(outcome, Err(MailError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_without_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    let mailer = mailer(&format!("smtp://{place}")).patience(Duration::from_millis(50));
    let outcome = mailer.send(&mail_to("kim@example.se")).await;
    assert!(matches!(outcome, Err(MailError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let (outcome, _) = sent(WILLING, "åsa@example.se").await;
    assert!(matches!(outcome, Err(MailError::Refused(_))), "{outcome:?}");
    let capabilities = "250-mail.example.com\r\n250-AUTH PLAIN\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";
    let (outcome, heard) = sent(Script { capabilities, ..WILLING }, "åsa@example.se").await;
    outcome.unwrap();
    assert!(heard.iter().any(|line| line == "RCPT TO:<åsa@example.se>"), "{heard:?}");
}

#[test]
fn mail_goes_encrypted_or_stays_on_the_machine() {
    for good in [
        "smtps://user:secret@mail.example.com",
        "smtps://user:secret@mail.example.com:465",
        "smtp://user:secret@mail.example.com:587?tls=required",
        "smtp://localhost:2525",
        "smtp://127.0.0.1:2525",
        "smtp://[::1]:2525",
    ] {
        assert!(good.parse::<SmtpUrl>().is_ok(), "{good}");
    }
    for bare in [
        "smtp://mail.example.com",
        "smtp://mail.example.com?tls=opportunistic",
        "smtp://127.0.0.1.example.com",
    ] {
        assert_eq!(bare.parse::<SmtpUrl>().unwrap_err(), SmtpConfigError::Unencrypted, "{bare}");
    }
    for bad in
        ["", "mail.example.com", "https://mail.example.com", "smtps://", "smtp://mail.example.com?tls=off"]
    {
        assert_eq!(bad.parse::<SmtpUrl>().unwrap_err(), SmtpConfigError::Url, "{bad}");
    }
}

#[test]
fn a_password_does_not_print() {
    let url: SmtpUrl = "smtps://user:secret@mail.example.com".parse().unwrap();
    assert!(!format!("{url:?}").contains("secret"));
    assert!(!SmtpConfigError::Url.to_string().contains("secret"));
}

#[test]
fn a_sender_that_is_no_address_is_a_configuration_error() {
    let clock = Arc::new(FixedClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
    let url = "smtps://mail.example.com".parse().unwrap();
    let refused = SmtpMailer::new(&url, "nobody", clock).err();
    assert_eq!(refused, Some(SmtpConfigError::From));
}
