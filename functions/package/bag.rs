//! A `BagIt` bag (RFC 8493, version 1.0) within a ZIP: payload first, then the manifests that were gathered meanwhile.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::civil::Date;
use kundportal_store::{ByteStream, Signer};

use super::{
    archive::{Archive, Packing, Sealed, Written},
    jws,
};
use crate::problem::Problem;

/// A bag being filled. Entries come one after the other.
pub(super) struct Bag {
    folder: String,
    archive: Archive,
    payload: String,
    tags: String,
    octets: u64,
    streams: u64,
    /// Name of the entry that is being written.
    open: String,
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
            open: String::new(),
        };
        (bag, stream)
    }

    /// Begins an entry; its name is relative to the bag and starts with `data/`, unless it is a tag file.
    pub(super) async fn begin(&mut self, name: &str, packing: Packing, size: u64) -> Result<(), Problem> {
        name.clone_into(&mut self.open);
        self.archive.begin(format!("{}/{name}", self.folder), packing, size).await
    }

    /// Adds to the entry that was begun.
    pub(super) async fn write(&mut self, bytes: impl Into<Bytes>) -> Result<(), Problem> {
        self.archive.write(bytes).await
    }

    /// Ends the entry and notes it in its manifest.
    pub(super) async fn end(&mut self) -> Result<Written, Problem> {
        let written = self.archive.end().await?;
        let manifest = if self.open.starts_with("data/") {
            self.octets += written.size;
            self.streams += 1;
            &mut self.payload
        } else {
            &mut self.tags
        };
        // Names are safe: nothing in them has to be escaped in a manifest (RFC 8493, 2.1.3).
        let _ = writeln!(manifest, "{}  {}", written.sha256, self.open);
        Ok(written)
    }

    /// A whole entry.
    pub(super) async fn add(&mut self, name: &str, content: impl Into<Bytes>) -> Result<(), Problem> {
        let content = content.into();
        self.begin(name, Packing::Compress, content.len() as u64).await?;
        self.write(content).await?;
        self.end().await.map(drop)
    }

    /// Adds the tag files and the signature of their manifest, and closes the archive.
    pub(super) async fn finish(mut self, info: &BagInfo, signer: &dyn Signer) -> Result<Sealed, Problem> {
        self.add("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n").await?;
        let bag_info = format!(
            "Bag-Software-Agent: Kundportal {}\nBagging-Date: {}\nExternal-Identifier: {}\nPayload-Oxum: {}.{}\n",
            info.version, info.made_on, info.identifier, self.octets, self.streams,
        );
        self.add("bag-info.txt", bag_info).await?;
        let payload = std::mem::take(&mut self.payload);
        self.add("manifest-sha256.txt", payload).await?;
        let tags = std::mem::take(&mut self.tags);
        let signature = jws::sign(signer, tags.as_bytes()).await?;
        self.add("tagmanifest-sha256.txt", tags).await?;
        // It cannot stand in what it signs; a tag file need not (RFC 8493, 2.2.1).
        self.add("signature.jws", signature).await?;
        self.archive.finish().await
    }
}
