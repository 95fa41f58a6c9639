//! Queues with the ways of Azure Storage queues: a received message stays hidden for a while and comes back unless it is
//! deleted with the receipt of that receiving.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::database::Database;
use crate::{Clock, Entropy, MESSAGE_LIMIT, Queue, StoreError};

/// How long a message lives: the default of Azure Storage queues.
const LIFE: Duration = Duration::from_hours(7 * 24);

/// The queues of a store. Cheap to clone; a queue is made by its first message.
#[derive(Clone)]
pub struct EmbeddedQueue {
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// A message that was received.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its identifier, in the form of a UUID.
    pub id: String,
    /// What this receiver must show to delete or release it; void as soon as it is received again.
    pub pop_receipt: String,
    /// The text as it was sent.
    pub text: String,
    /// How often it was received, this time included.
    pub dequeue_count: u32,
    /// When it was sent.
    pub inserted_at: Timestamp,
    /// When it vanishes.
    pub expires_at: Timestamp,
    /// When it comes back unless it is deleted.
    pub next_visible_at: Timestamp,
}

impl EmbeddedQueue {
    pub(super) fn new(database: Arc<Database>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { database, clock, entropy }
    }

    /// Takes the message that has been visible for longest and hides it for `visibility`. Messages past their life go.
    pub async fn receive(
        &self,
        queue: &str,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        let (queue, receipt, hidden_until) = (queue.to_owned(), self.random(), later(now, visibility));
        let visible = self
            .database
            .glance(&(queue.clone(), now), |connection, (queue, now)| {
                connection
                    .prepare_cached("SELECT 1 FROM messages WHERE queue = ?1 AND visible <= ?2 LIMIT 1")?
                    .query_row(params![queue, now.as_microsecond()], |_| Ok(()))
                    .optional()
            })
            .await?;
        if visible.is_none() {
            return Ok(None);
        }
        self.database
            .write(move |transaction| {
                take(transaction, &queue, &receipt, hidden_until, now).map_err(StoreError::broken)
            })
            .await
    }

    /// Deletes a received message; [`StoreError::NotFound`] when it is gone or was received again since.
    pub async fn delete(&self, id: &str, pop_receipt: &str) -> Result<(), StoreError> {
        let (id, pop_receipt) = (id.to_owned(), pop_receipt.to_owned());
        self.change(move |transaction| {
            transaction.execute("DELETE FROM messages WHERE id = ?1 AND receipt = ?2", [id, pop_receipt])
        })
        .await
    }

    /// Gives a received message back, visible after `visible_in`; [`StoreError::NotFound`] as for
    /// [`EmbeddedQueue::delete`].
    pub async fn release(&self, id: &str, pop_receipt: &str, visible_in: Duration) -> Result<(), StoreError> {
        let visible = later(self.clock.now(), visible_in).as_microsecond();
        let (id, pop_receipt) = (id.to_owned(), pop_receipt.to_owned());
        self.change(move |transaction| {
            transaction.execute(
                "UPDATE messages SET visible = ?3, receipt = NULL WHERE id = ?1 AND receipt = ?2",
                params![id, pop_receipt, visible],
            )
        })
        .await
    }

    /// Gives back every received message, visible at once: for whoever knows that nobody is at work on one, such as a run
    /// that begins after one that was killed.
    pub async fn release_all(&self) -> Result<(), StoreError> {
        let visible = self.clock.now().as_microsecond();
        self.database
            .write(move |transaction| {
                transaction
                    .execute(
                        "UPDATE messages SET visible = ?1, receipt = NULL WHERE receipt IS NOT NULL",
                        params![visible],
                    )
                    .map_err(StoreError::broken)
            })
            .await
            .map(drop)
    }

    /// Moves a received message to another queue, as a new one with a new identifier, life and count;
    /// [`StoreError::NotFound`] as for [`EmbeddedQueue::delete`].
    pub async fn move_to(&self, id: &str, pop_receipt: &str, queue: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (id, pop_receipt, queue, fresh) =
            (id.to_owned(), pop_receipt.to_owned(), queue.to_owned(), self.new_id());
        self.change(move |transaction| {
            let text: Option<String> = transaction
                .query_row(
                    "DELETE FROM messages WHERE id = ?1 AND receipt = ?2 RETURNING text",
                    [id, pop_receipt],
                    |row| row.get(0),
                )
                .optional()?;
            match text {
                Some(text) => insert(transaction, &queue, &fresh, &text, now, now),
                None => Ok(0),
            }
        })
        .await
    }

    /// The queues that have something visible at `now`, by name.
    pub async fn visible_queues(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        self.database
            .glance(&now, |connection, now| {
                connection
                    .prepare_cached(
                        "SELECT DISTINCT queue FROM messages WHERE visible <= ?1 AND expires > ?1 ORDER BY queue",
                    )?
                    .query_map([now.as_microsecond()], |row| row.get(0))?
                    .collect()
            })
            .await
    }

    async fn change(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.database
            .write(move |transaction| match work(transaction).map_err(StoreError::broken)? {
                0 => Err(StoreError::NotFound),
                _ => Ok(()),
            })
            .await
    }

    fn random(&self) -> String {
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        HEXLOWER.encode(&random)
    }

    /// A UUID of version 4 (RFC 9562, 5.4).
    fn new_id(&self) -> String {
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        random[6] = random[6] & 0x0f | 0x40;
        random[8] = random[8] & 0x3f | 0x80;
        let hex = HEXLOWER.encode(&random);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[async_trait]
impl Queue for EmbeddedQueue {
    async fn enqueue(&self, queue: &str, message: &str, delay: Duration) -> Result<(), StoreError> {
        if message.len() > MESSAGE_LIMIT {
            return Err(StoreError::TooLarge { limit: MESSAGE_LIMIT as u64 });
        }
        let now = self.clock.now();
        let (queue, text, id) = (queue.to_owned(), message.to_owned(), self.new_id());
        self.change(move |transaction| insert(transaction, &queue, &id, &text, now, later(now, delay))).await
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn insert(
    transaction: &Transaction<'_>,
    queue: &str,
    id: &str,
    text: &str,
    now: Timestamp,
    visible: Timestamp,
) -> rusqlite::Result<usize> {
    transaction
        .prepare_cached(
            "INSERT INTO messages (queue, id, text, inserted, expires, visible) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            queue,
            id,
            text,
            now.as_microsecond(),
            later(now, LIFE).as_microsecond(),
            visible.as_microsecond()
        ])
}

fn take(
    transaction: &Transaction<'_>,
    queue: &str,
    receipt: &str,
    hidden_until: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<Option<Message>> {
    let now = now.as_microsecond();
    transaction
        .prepare_cached("DELETE FROM messages WHERE queue = ?1 AND visible <= ?2 AND expires <= ?2")?
        .execute(params![queue, now])?;
    transaction
        .prepare_cached(
            "UPDATE messages SET dequeued = dequeued + 1, visible = ?3, receipt = ?4
             WHERE number = (SELECT number FROM messages WHERE queue = ?1 AND visible <= ?2 ORDER BY visible, number LIMIT 1)
             RETURNING id, text, dequeued, inserted, expires",
        )?
        .query_row(params![queue, now, hidden_until.as_microsecond(), receipt], |row| {
            let time = |column| -> rusqlite::Result<Timestamp> {
                Ok(Timestamp::from_microsecond(row.get(column)?).unwrap_or(Timestamp::MIN))
            };
            Ok(Message {
                id: row.get(0)?,
                pop_receipt: receipt.to_owned(),
                text: row.get(1)?,
                dequeue_count: row.get(2)?,
                inserted_at: time(3)?,
                expires_at: time(4)?,
                next_visible_at: hidden_until,
            })
        })
        .optional()
}
