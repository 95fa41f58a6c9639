//! The embedded store, in a folder of this machine.

use std::{path::PathBuf, sync::Arc};

use kundportal_store::{Clock, EmbeddedStore, Entropy, SigningKey};

use super::{DATA_DIR, Reader, Storage};

/// The embedded store of a local run.
pub(crate) struct EmbeddedConfig {
    data_dir: PathBuf,
    signing: SigningKey,
    base_url: String,
}

impl EmbeddedConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let data_dir = reader.required(DATA_DIR);
        let base_url = reader.required("KUNDPORTAL_SIGNED_URL_BASE");
        let signing = reader.parsed("KUNDPORTAL_SIGNED_URL_KEY", |text| {
            match data_encoding::BASE64.decode(text.as_bytes()) {
                Ok(bytes) if bytes.len() >= 32 => Ok(SigningKey::new(&bytes)),
                _ => Err("is not the Base64 of at least 32 random bytes"),
            }
        });
        Some(Self { data_dir: data_dir?.into(), signing: signing?, base_url: base_url?.to_owned() })
    }

    pub(super) fn open(self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Storage, String> {
        let store = EmbeddedStore::open(&self.data_dir, self.signing, self.base_url, clock, entropy)
            .map_err(|error| error.to_string())?;
        let (queue, outbox) = (Arc::new(store.queue()), Arc::new(store.outbox()));
        Ok(Storage { blobs: Arc::new(store), queue, outbox: Some(outbox) })
    }
}
