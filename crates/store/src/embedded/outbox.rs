//! Mail that stays here: what the local run shows instead of sending it.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kundportal_domain::Personal;
use rusqlite::params;
use serde::Serialize;

use super::database::Database;
use crate::{Clock, Mail, MailError, Mailer, StoreError};

/// The mails of a store, one for each Message-ID. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
}

/// A mail in the outbox, as `GET /dev/outbox` shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentMail {
    /// What makes it one mail, however often it was sent.
    #[serde(skip)]
    pub message_id: String,
    /// The recipient.
    pub to: Personal<String>,
    /// One line.
    pub subject: Personal<String>,
    /// The plain text.
    pub text: Personal<String>,
    /// The same as HTML.
    pub html: Personal<String>,
    /// When it was sent last.
    pub sent_at: Timestamp,
    /// How often it was sent.
    #[serde(skip)]
    pub times: u32,
}

impl Outbox {
    pub(super) fn new(database: Arc<Database>, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// All mails, the newest first.
    pub async fn list(&self) -> Result<Vec<SentMail>, StoreError> {
        self.database
            .read(|connection| {
                connection
                    .prepare_cached(
                        "SELECT recipient, subject, text, html, sent, message_id, times
                         FROM mails ORDER BY sent DESC, number DESC",
                    )?
                    .query_map([], |row| {
                        Ok(SentMail {
                            message_id: row.get(5)?,
                            to: Personal::new(row.get(0)?),
                            subject: Personal::new(row.get(1)?),
                            text: Personal::new(row.get(2)?),
                            html: Personal::new(row.get(3)?),
                            sent_at: Timestamp::from_microsecond(row.get(4)?).unwrap_or(Timestamp::MIN),
                            times: row.get(6)?,
                        })
                    })?
                    .collect()
            })
            .await
    }

    /// Deletes what was sent before `limit`; answers how many.
    pub async fn delete_before(&self, limit: Timestamp) -> Result<usize, StoreError> {
        self.database
            .write(move |transaction| {
                transaction
                    .execute("DELETE FROM mails WHERE sent < ?1", [limit.as_microsecond()])
                    .map_err(StoreError::broken)
            })
            .await
    }
}

#[async_trait]
impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let (mail, now) = (mail.clone(), self.clock.now());
        self.database
            .write(move |transaction| {
                transaction
                    .execute(
                        "INSERT OR REPLACE INTO mails (message_id, recipient, subject, text, html, sent, times)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6,
                             1 + IFNULL((SELECT times FROM mails WHERE message_id = ?1), 0))",
                        params![
                            mail.message_id,
                            mail.to.reveal().as_str(),
                            mail.subject.reveal(),
                            mail.text.reveal(),
                            mail.html.reveal(),
                            now.as_microsecond()
                        ],
                    )
                    .map_err(StoreError::broken)
            })
            .await
            .map(drop)
            .map_err(|error| MailError::Unavailable(Box::new(error)))
    }
}
