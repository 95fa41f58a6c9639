//! Queue functions: takes messages out of the queues and brings them to the handler.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use data_encoding::BASE64;
use jiff::Timestamp;
use kundportal_store::{Clock, Entropy, StoreError, embedded::Message};
use tokio::sync::Semaphore;

use super::{
    envelope::{self, Addressee},
    messages::Messages,
    settings::{HostSettings, MessageEncoding},
    trigger::{self, Failed},
    worker::{State, Worker},
};

/// How long a queue is left alone when it is empty: twice as long each time, up to what its kind bears.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a message is hidden while it is worked on, at least.
const HIDDEN: Duration = Duration::from_mins(10);
/// Messages of one queue worked on at once, whatever `host.json` allows: this is one machine with one small database.
const AT_ONCE: usize = 8;

/// Moves messages between the queues and the handler. Clones share what they count.
#[derive(Clone)]
pub(crate) struct Pump {
    messages: Arc<dyn Messages>,
    worker: Worker,
    settings: HostSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    in_flight: Arc<AtomicUsize>,
    finished: Arc<AtomicUsize>,
}

/// One queue function.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// The function.
    pub(crate) function: String,
    /// Its binding.
    pub(crate) binding: String,
    /// The queue.
    pub(crate) queue: String,
}

impl Bound {
    fn addressee(&self) -> Addressee<'_> {
        Addressee { function: &self.function, binding: &self.binding }
    }
}

/// Counts a message as being worked on until dropped.
struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    fn one(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Pump {
    /// A pump that does nothing yet.
    pub(crate) fn new(
        messages: Arc<dyn Messages>,
        worker: Worker,
        settings: HostSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            messages,
            worker,
            settings,
            clock,
            entropy,
            in_flight: Arc::default(),
            finished: Arc::default(),
        }
    }

    /// Messages that came to an end since the start: done, or moved to a poison queue.
    pub(crate) fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }

    /// Serves one queue function until cancelled.
    pub(crate) async fn serve(&self, bound: Bound) {
        let permits = Arc::new(Semaphore::new(self.settings.batch_size.min(AT_ONCE)));
        let mut pause = PAUSE;
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            match self.worker.settled().await {
                State::Ready => {}
                State::Ended(_) => return,
                State::Starting | State::Left => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            // Counted before it is taken, so that no message is ever in neither place.
            let in_flight = InFlight::one(&self.in_flight);
            let hidden = HIDDEN.max(self.worker.function_timeout() + Duration::from_mins(1));
            match self.messages.receive(&bound.queue, hidden, self.clock.now()).await {
                Ok(Some(message)) => {
                    pause = PAUSE;
                    let (pump, bound) = (self.clone(), bound.clone());
                    tokio::spawn(async move {
                        pump.work_on(&bound, &message).await;
                        drop((in_flight, permit));
                    });
                }
                Ok(None) => {
                    drop((in_flight, permit));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(self.messages.longest_pause());
                }
                Err(error) => {
                    drop((in_flight, permit));
                    tracing::error!(
                        queue = bound.queue,
                        error = &error as &dyn std::error::Error,
                        "a queue cannot be read"
                    );
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Waits until nothing is visible in any of these queues and nothing is worked on. Messages that are sent with a
    /// delay are not waited for.
    pub(crate) async fn drained(&self, queues: &[String]) -> Result<(), StoreError> {
        loop {
            let idle = async || {
                let visible = self.messages.any_visible(queues, self.clock.now()).await?;
                Ok::<_, StoreError>(!visible && self.in_flight.load(Ordering::SeqCst) == 0)
            };
            // A receiver may have taken the last message between the two looks.
            if idle().await? && idle().await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn work_on(&self, bound: &Bound, message: &Message) {
        let (function, tries) = (bound.function.as_str(), message.dequeue_count);
        let outcome = if tries > self.settings.max_dequeue_count {
            Err(Failed("it was delivered too often"))
        } else {
            self.deliver(bound, message).await
        };
        let stored = match outcome {
            Ok(()) => {
                self.finished.fetch_add(1, Ordering::SeqCst);
                self.messages.delete(&bound.queue, message).await
            }
            Err(Failed(reason)) if tries >= self.settings.max_dequeue_count => {
                let poison = format!("{}-poison", bound.queue);
                tracing::error!(function, tries, reason, "a message goes to the poison queue");
                self.finished.fetch_add(1, Ordering::SeqCst);
                self.messages.move_to(&bound.queue, message, &poison).await
            }
            Err(Failed(reason)) => {
                tracing::warn!(function, tries, reason, "a message failed and comes again");
                self.messages.release(&bound.queue, message, self.settings.retry_after).await
            }
        };
        if let Err(error) = stored {
            tracing::error!(
                function,
                error = &error as &dyn std::error::Error,
                "a message comes again later"
            );
        }
    }

    async fn deliver(&self, bound: &Bound, message: &Message) -> Result<(), Failed> {
        let text = match self.settings.encoding {
            MessageEncoding::None => message.text.clone(),
            MessageEncoding::Base64 => BASE64
                .decode(message.text.as_bytes())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or(Failed("the message is not Base64 of UTF-8"))?,
        };
        let now: Timestamp = self.clock.now();
        let envelope = envelope::message(bound.addressee(), &text, message, now, &*self.entropy);
        trigger::call(&self.worker, &bound.function, envelope, None, &*self.entropy).await
    }
}
