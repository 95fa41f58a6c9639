//! A `BagIt` bag (RFC 8493, version 1.0) within a ZIP: payload first, then the manifests that were gathered meanwhile.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::civil::Date;
use kundportal_store::ByteStream;

use super::archive::{Archive, Packing, Sealed};
use crate::{keys::Sha256, problem::Problem};

/// A bag being filled. Entries come one after the other.
pub(super) struct Bag {
    folder: String,
    archive: Archive,
    payload: String,
    tags: String,
    octets: u64,
    streams: u64,
    open: Option<Open>,
}

/// The entry that is being written.
struct Open {
    name: String,
    sha256: Sha256,
    size: u64,
}

/// What was written of an entry.
pub(super) struct Written {
    /// In bytes.
    pub(super) size: u64,
    /// In lower-case hexadecimal.
    pub(super) sha256: String,
}

/// What `bag-info.txt` says. No personal data of the person.
pub(super) struct BagInfo {
    pub(super) made_on: Date,
    pub(super) identifier: String,
    pub(super) version: String,
}

impl Bag {
    /// A bag in one folder of this name, and the stream that it leaves by.
    pub(super) fn new(folder: String, modified: jiff::Timestamp) -> (Self, ByteStream) {
        let (archive, stream) = Archive::new(modified);
        let bag = Self {
            folder,
            archive,
            payload: String::new(),
            tags: String::new(),
            octets: 0,
            streams: 0,
            open: None,
        };
        (bag, stream)
    }

    /// Begins an entry; its name is relative to the bag and starts with `data/`, unless it is a tag file.
    pub(super) fn begin(&mut self, name: &str, packing: Packing, size: u64) -> Result<(), Problem> {
        self.archive.begin(&format!("{}/{name}", self.folder), packing, size)?;
        self.open = Some(Open { name: name.to_owned(), sha256: Sha256::new(), size: 0 });
        Ok(())
    }

    /// Adds to the entry that was begun.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        if let Some(open) = &mut self.open {
            open.sha256.update(bytes);
            open.size += bytes.len() as u64;
        }
        self.archive.write(bytes).await
    }

    /// Notes the entry in its manifest.
    pub(super) fn end(&mut self) -> Written {
        let Some(open) = self.open.take() else { return Written { size: 0, sha256: Sha256::new().finish() } };
        let sha256 = open.sha256.finish();
        let manifest = if open.name.starts_with("data/") {
            self.octets += open.size;
            self.streams += 1;
            &mut self.payload
        } else {
            &mut self.tags
        };
        // Names are safe: nothing in them has to be escaped in a manifest (RFC 8493, 2.1.3).
        let _ = writeln!(manifest, "{sha256}  {}", open.name);
        Written { size: open.size, sha256 }
    }

    /// A whole entry.
    pub(super) async fn add(&mut self, name: &str, content: impl Into<Bytes>) -> Result<(), Problem> {
        let content = content.into();
        self.begin(name, Packing::Compress, content.len() as u64)?;
        self.write(&content).await?;
        self.end();
        Ok(())
    }

    /// Adds the tag files and closes the archive.
    pub(super) async fn finish(mut self, info: &BagInfo) -> Result<Sealed, Problem> {
        self.add("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n").await?;
        let bag_info = format!(
            "Bag-Software-Agent: Kundportal {}\nBagging-Date: {}\nExternal-Identifier: {}\nPayload-Oxum: {}.{}\n",
            info.version, info.made_on, info.identifier, self.octets, self.streams,
        );
        self.add("bag-info.txt", bag_info).await?;
        let payload = std::mem::take(&mut self.payload);
        self.add("manifest-sha256.txt", payload).await?;
        let tags = std::mem::take(&mut self.tags);
        self.add("tagmanifest-sha256.txt", tags).await?;
        self.archive.finish().await
    }
}
