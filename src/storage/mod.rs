//! Where data lie, by configuration.

mod azure;
#[cfg(feature = "dev")]
mod embedded;

use std::sync::Arc;

use kundportal_store::{BlobStore, Clock, Entropy, Mailer, Queue};

pub(crate) use azure::{AzureStorage, data_credential};

use crate::config::Reader;

/// Names the storage: `azure`, which is what a deployed build has, or `embedded`, what one for development has unless told.
pub(crate) const STORAGE: &str = "KUNDPORTAL_STORAGE";

/// The data folder of a local run.
#[cfg(feature = "dev")]
const DATA_DIR: &str = "KUNDPORTAL_DATA_DIR";

/// The adapters that storage gives.
pub(crate) struct Storage {
    /// Blobs.
    pub(crate) blobs: Arc<dyn BlobStore>,
    /// Messages.
    pub(crate) queue: Arc<dyn Queue>,
    /// Keeps mail instead of sending it, where storage can.
    pub(crate) outbox: Option<Arc<dyn Mailer>>,
}

/// Where data lie.
pub(crate) enum StorageConfig {
    /// In a storage account. In a build for development the outbox is in the data folder of the local run, if it is one: a
    /// command that an operator runs needs none.
    Azure {
        /// The account.
        account: AzureStorage,
        /// The data folder.
        #[cfg(feature = "dev")]
        folder: Option<embedded::EmbeddedConfig>,
    },
    /// In a folder of this machine.
    #[cfg(feature = "dev")]
    Embedded(embedded::EmbeddedConfig),
}

impl StorageConfig {
    /// Reads the variables of storage.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        match reader.optional(STORAGE) {
            #[cfg(feature = "dev")]
            None | Some("embedded") => embedded::EmbeddedConfig::read(reader).map(Self::Embedded),
            #[cfg(feature = "dev")]
            Some("azure") => {
                let account = AzureStorage::read(reader);
                let folder = reader.optional(DATA_DIR).map(|_| embedded::EmbeddedConfig::read(reader));
                let folder = folder.map_or(Some(None), |folder| folder.map(Some));
                Some(Self::Azure { account: account?, folder: folder? })
            }
            #[cfg(not(feature = "dev"))]
            None | Some("azure") => AzureStorage::read(reader).map(|account| Self::Azure { account }),
            Some(_) => {
                reader.refuse(STORAGE, "names no storage that this build has");
                None
            }
        }
    }

    /// Opens it. The error is a sentence for the log.
    #[cfg_attr(
        not(feature = "dev"),
        expect(unused_variables, clippy::needless_pass_by_value, reason = "storage in Azure has its own")
    )]
    pub(crate) fn open(self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Storage, String> {
        match self {
            #[cfg(feature = "dev")]
            Self::Azure { account, folder } => {
                let outbox = folder.map(|folder| folder.open(clock, entropy)).transpose()?;
                let (blobs, queue) = account.open()?;
                Ok(Storage {
                    blobs: Arc::new(blobs),
                    queue: Arc::new(queue),
                    outbox: outbox.and_then(|folder| folder.outbox),
                })
            }
            #[cfg(not(feature = "dev"))]
            Self::Azure { account } => {
                let (blobs, queue) = account.open()?;
                Ok(Storage { blobs: Arc::new(blobs), queue: Arc::new(queue), outbox: None })
            }
            #[cfg(feature = "dev")]
            Self::Embedded(config) => config.open(clock, entropy),
        }
    }
}
