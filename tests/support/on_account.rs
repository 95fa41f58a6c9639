//! A portal on an account of Azurite that is reached in a way of its own.

use std::sync::Arc;

use kundportal_store::{AzureConfig, AzureConnection, FixedClock};

use super::{
    issuer::Issuer,
    portal::{Portal, Store, World},
};

impl Portal {
    /// On this account, with people for whom this issuer vouches. Messages and mail are in memory.
    pub(crate) async fn start_on_account(config: &AzureConfig, issuer: &Arc<Issuer>) -> Self {
        let clock = Arc::new(FixedClock::new("2026-03-02T08:00:00Z".parse().expect("a time")));
        let connection = AzureConnection::new(&config.credential).expect("a connection");
        let store = Store::Azure(Arc::new(connection.blobs(config).expect("a store")), connection);
        Self::serve(Arc::new(World::new(store, clock, Arc::clone(issuer))), 1).await
    }
}
