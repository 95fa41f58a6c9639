//! Small memories of one process. Each holds what may be a minute old, or what spares a write that has been made.

use std::{
    hash::Hash,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp, civil::Date};
use kundportal_domain::{
    CustomerId, TenantId, UserId,
    records::{Customer, Tenant},
};
use kundportal_store::BlobPath;
use lru::LruCache;

/// The newest entries, up to a number, each for a while.
pub(crate) struct Cache<K, V> {
    entries: Mutex<LruCache<K, (Timestamp, V)>>,
    lifetime: SignedDuration,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    fn new(size: usize, lifetime: SignedDuration) -> Self {
        let size = NonZeroUsize::new(size).unwrap_or(NonZeroUsize::MIN);
        Self { entries: Mutex::new(LruCache::new(size)), lifetime }
    }

    fn entries(&self) -> MutexGuard<'_, LruCache<K, (Timestamp, V)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry, if it is young enough at `now`.
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let mut entries = self.entries();
        let (at, value) = entries.get(key)?;
        let age = now.duration_since(*at);
        (!age.is_negative() && age <= self.lifetime).then(|| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) {
        self.entries().put(key, (now, value));
    }

    pub(crate) fn forget(&self, key: &K) {
        self.entries().pop(key);
    }
}

/// All of them.
pub(crate) struct Caches {
    /// Tenant settings.
    pub(crate) tenants: Cache<TenantId, std::sync::Arc<Tenant>>,
    /// Customers, for their names.
    pub(crate) customers: Cache<(TenantId, CustomerId), std::sync::Arc<Customer>>,
    /// Whom an identity's entry in the index named. The profile tells whether that still holds.
    pub(crate) identities: Cache<BlobPath, UserId>,
    /// Sign-ins that are recorded, by person and `auth_time`.
    pub(crate) sign_ins: Cache<(TenantId, UserId, Timestamp), ()>,
    /// Days of use that are recorded.
    pub(crate) last_use: Cache<(TenantId, UserId, Date), ()>,
    /// When storage last answered.
    pub(crate) storage_reached: Cache<(), Timestamp>,
    /// Whoever looks whether it answers: one at a time.
    pub(crate) storage_asked: tokio::sync::Mutex<()>,
    /// Days for which a tenant is marked as having something due or waiting.
    pub(crate) days: Cache<(TenantId, Date, &'static str), ()>,
}

impl Default for Caches {
    fn default() -> Self {
        let minute = SignedDuration::from_secs(60);
        let day = SignedDuration::from_hours(24);
        Self {
            tenants: Cache::new(1_000, minute),
            customers: Cache::new(10_000, minute),
            identities: Cache::new(10_000, minute),
            sign_ins: Cache::new(10_000, day),
            last_use: Cache::new(10_000, day),
            storage_reached: Cache::new(1, minute),
            storage_asked: tokio::sync::Mutex::default(),
            days: Cache::new(10_000, day),
        }
    }
}
