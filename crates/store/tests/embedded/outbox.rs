//! Mail that stays in the outbox.

use std::time::Duration;

use kundportal_domain::Personal;
use kundportal_store::{Clock as _, Mail, Mailer as _};

use crate::{clock, open_at};

fn mail(message_id: &str, subject: &str) -> Mail {
    Mail {
        message_id: message_id.to_owned(),
        to: Personal::new("kim@example.se".parse().unwrap()),
        subject: Personal::new(subject.to_owned()),
        text: Personal::new("Hej".to_owned()),
        html: Personal::new("<p>Hej</p>".to_owned()),
    }
}

#[tokio::test]
async fn the_outbox_shows_the_newest_first_and_one_of_each_message_id() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let outbox = open_at(folder.path(), clock.clone()).unwrap().outbox();
    outbox.send(&mail("1@example.se", "one")).await.unwrap();
    outbox.send(&mail("2@example.se", "two")).await.unwrap();
    let subjects = async || -> Vec<String> {
        let mails = outbox.list().await.unwrap();
        mails.into_iter().map(|mail| mail.subject.into_revealed()).collect()
    };
    assert_eq!(subjects().await, ["two", "one"]);
    clock.advance(Duration::from_mins(1));
    outbox.send(&mail("1@example.se", "one again")).await.unwrap();
    assert_eq!(subjects().await, ["one again", "two"]);
    let times: Vec<_> = outbox.list().await.unwrap().iter().map(|mail| mail.times).collect();
    assert_eq!(times, [2, 1], "how often each was sent");
    assert_eq!(outbox.delete_before(clock.now()).await.unwrap(), 1);
    assert_eq!(subjects().await, ["one again"]);
}

#[tokio::test]
async fn the_outbox_reads_as_the_api_says() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let outbox = open_at(folder.path(), clock).unwrap().outbox();
    outbox.send(&mail("1@example.se", "one")).await.unwrap();
    assert_eq!(
        serde_json::to_value(outbox.list().await.unwrap()).unwrap(),
        serde_json::json!([{"to": "kim@example.se", "subject": "one", "text": "Hej", "html": "<p>Hej</p>",
            "sentAt": "2026-03-01T12:00:00Z"}])
    );
}
