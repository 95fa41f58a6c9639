//! Where data lie, by configuration.

use std::sync::Arc;

use kundportal_store::{BlobStore, Clock, Entropy, Mailer, Queue};

use crate::config::Reader;

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
    /// In a folder of this machine.
    #[cfg(feature = "dev")]
    Embedded(embedded::EmbeddedConfig),
}

impl StorageConfig {
    /// Reads the variables of storage.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        #[cfg(feature = "dev")]
        return embedded::EmbeddedConfig::read(reader).map(Self::Embedded);
        #[cfg(not(feature = "dev"))]
        {
            reader.refuse("KUNDPORTAL_STORAGE", "names no storage that this build has");
            None
        }
    }

    /// Opens it. The error is a sentence for the log.
    #[cfg(feature = "dev")]
    pub(crate) fn open(self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Storage, String> {
        match self {
            Self::Embedded(config) => config.open(clock, entropy),
        }
    }

    /// This build has no storage that could be opened.
    #[cfg(not(feature = "dev"))]
    pub(crate) fn open(self, _: Arc<dyn Clock>, _: Arc<dyn Entropy>) -> Result<Storage, String> {
        match self {}
    }
}

#[cfg(feature = "dev")]
mod embedded {
    use std::{path::PathBuf, sync::Arc};

    use kundportal_store::{Clock, EmbeddedStore, Entropy, SigningKey};

    use super::{Reader, Storage};

    /// The embedded store of a local run.
    pub(crate) struct EmbeddedConfig {
        data_dir: PathBuf,
        signing: SigningKey,
        base_url: String,
    }

    impl EmbeddedConfig {
        pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
            let data_dir = reader.required("KUNDPORTAL_DATA_DIR");
            let base_url = reader.required("KUNDPORTAL_SIGNED_URL_BASE");
            let signing = reader.parsed("KUNDPORTAL_SIGNED_URL_KEY", |text| {
                match data_encoding::BASE64.decode(text.as_bytes()) {
                    Ok(bytes) if bytes.len() >= 32 => Ok(SigningKey::new(&bytes)),
                    _ => Err("is not the Base64 of at least 32 random bytes"),
                }
            });
            Some(Self { data_dir: data_dir?.into(), signing: signing?, base_url: base_url?.to_owned() })
        }

        pub(super) fn open(
            self,
            clock: Arc<dyn Clock>,
            entropy: Arc<dyn Entropy>,
        ) -> Result<Storage, String> {
            let store = EmbeddedStore::open(&self.data_dir, self.signing, self.base_url, clock, entropy)
                .map_err(|error| error.to_string())?;
            let (queue, outbox) = (Arc::new(store.queue()), Arc::new(store.outbox()));
            Ok(Storage { blobs: Arc::new(store), queue, outbox: Some(outbox) })
        }
    }
}
