//! What every function works with.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, civil::Date};
use kundportal_domain::stockholm;
use kundportal_store::{BlobStore, Clock, Entropy, Mailer, Queue, Signer, TokenVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    admission::Admission, cache::Caches, picture::PictureLimiter, region_lock::Lock, settings::Settings,
};

/// The adapters of the ports.
#[derive(Clone)]
pub struct Adapters {
    /// Where everything lies.
    pub blobs: Arc<dyn BlobStore>,
    /// Where work is announced.
    pub queue: Arc<dyn Queue>,
    /// Where mail goes out.
    pub mailer: Arc<dyn Mailer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Who somebody is.
    pub tokens: Arc<dyn TokenVerifier>,
    /// What is handed out with a signature.
    pub signer: Arc<dyn Signer>,
}

/// Everything a function works with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
    /// The time of a timer run in the local run, and of all it leads to.
    fixed_now: Option<Timestamp>,
}

struct Shared {
    adapters: Adapters,
    settings: Settings,
    caches: Caches,
    pictures: PictureLimiter,
    admission: Admission,
    packages: Arc<Semaphore>,
    lock: Lock,
}

impl App {
    /// From adapters and settings.
    #[must_use]
    pub fn new(adapters: Adapters, settings: Settings) -> Self {
        let pictures = PictureLimiter::new(settings.limits.picture_pixels);
        let admission = Admission::new(&settings.concurrency);
        let packages = Arc::new(Semaphore::new(settings.concurrency.packages));
        let today = stockholm::date_of(adapters.clock.now());
        let lock = Lock::new(&settings.place, &settings.register, today);
        let caches = Caches::default();
        let shared = Shared { adapters, settings, caches, pictures, admission, packages, lock };
        Self { shared: Arc::new(shared), fixed_now: None }
    }

    /// The same, at a time of the local run's choosing.
    #[cfg(feature = "dev")]
    pub(crate) fn at(&self, now: Timestamp) -> Self {
        Self { shared: Arc::clone(&self.shared), fixed_now: Some(now) }
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.fixed_now.unwrap_or_else(|| self.shared.adapters.clock.now())
    }

    /// Today in Sweden.
    pub(crate) fn today(&self) -> Date {
        stockholm::date_of(self.now())
    }

    /// The time that was set for this run, to be handed on.
    pub(crate) fn fixed_now(&self) -> Option<Timestamp> {
        self.fixed_now
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        self.shared.adapters.blobs.as_ref()
    }

    pub(crate) fn mailer(&self) -> &dyn Mailer {
        self.shared.adapters.mailer.as_ref()
    }

    pub(crate) fn tokens(&self) -> &dyn TokenVerifier {
        self.shared.adapters.tokens.as_ref()
    }

    pub(crate) fn signer(&self) -> &dyn Signer {
        self.shared.adapters.signer.as_ref()
    }

    pub(crate) async fn enqueue(
        &self,
        queue: &str,
        message: &str,
        delay: Duration,
    ) -> Result<(), kundportal_store::StoreError> {
        self.shared.adapters.queue.enqueue(queue, message, delay).await
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.shared.caches
    }

    pub(crate) fn pictures(&self) -> &PictureLimiter {
        &self.shared.pictures
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.shared.admission
    }

    pub(crate) fn lock(&self) -> &Lock {
        &self.shared.lock
    }

    /// The turn to write a package; none where as many as may be are being written.
    pub(crate) fn package_turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.shared.packages).try_acquire_owned().ok()
    }

    /// Unpredictable bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.shared.adapters.entropy.fill(&mut bytes);
        bytes
    }
}
