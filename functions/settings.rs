//! What the configuration decides.

use std::{sync::Arc, time::Duration};

use kundportal_domain::{
    TenantId,
    sub_processors::{EntryId, Register},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{keys::Keys, region_lock::Place};

/// Read once at the start, by the executable.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys of the names of index entries.
    pub index_keys: Keys,
    /// Keys of links and codes in mails, and of cursors.
    pub link_keys: Keys,
    /// Where the portal's pages are, ending in `/`: links in mails start with it.
    pub portal_url: String,
    /// Domain of Message-IDs.
    pub mail_domain: String,
    /// Where the client's address stands.
    pub client_ip: ClientIp,
    /// What a front end needs to start with.
    pub front_end: FrontEnd,
    /// Bounds on what a caller may send.
    pub limits: Limits,
    /// Bounds on what is done at once.
    pub concurrency: Concurrency,
    /// Bounds on access packages.
    pub packages: PackageLimits,
    /// Times of direct uploads.
    pub direct_uploads: DirectUploads,
    /// The region that this instance runs in.
    pub region: Option<String>,
    /// Of the program.
    pub version: String,
    /// Where it runs and its data lie.
    pub place: Place,
    /// The sub-processor through which mail goes; none where that is the operator's own server.
    pub mail_by: Option<EntryId>,
    /// Who may process data.
    pub register: Arc<Register>,
}

/// Where the client's IP address stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientIp {
    /// It is the peer's.
    Peer,
    /// In a header that holds one address.
    Header(String),
    /// In a header that each proxy appends to; this many of them, counted from the right, are trusted.
    Forwarded {
        /// Usually `x-forwarded-for`.
        header: String,
        /// How many.
        trusted_proxies: std::num::NonZeroUsize,
    },
}

/// How a front end signs people in.
#[derive(Clone, Debug)]
pub struct FrontEnd {
    /// The issuer's URL.
    pub issuer: String,
    /// The front end's client id there.
    pub client_id: String,
    /// What to ask for.
    pub scopes: Vec<String>,
}

/// Bounds on what a caller may send.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Of a file that is sent through the service, in bytes.
    pub file_bytes: u64,
    /// Of a file that goes straight into storage, in bytes: what can be checked and copied in [`DirectUploads::checking`].
    pub direct_upload_bytes: u64,
    /// Direct uploads of one person that have become no file, at once.
    pub open_uploads: usize,
    /// Of a picture, in bytes.
    pub picture_bytes: u64,
    /// Of a picture, in pixels.
    pub picture_pixels: u64,
    /// Of an import, in bytes.
    pub import_bytes: u64,
    /// Of an import, in rows.
    pub import_rows: usize,
    /// Of any other body, in bytes.
    pub json_bytes: u64,
    /// Unanswered invitations of one customer.
    pub pending_invites: usize,
    /// How often one invitation may be sent again: each time mails an address of the inviter's choice.
    pub resends: u32,
    /// Changes of address that a person may ask for on one day: each mails an address of their choice.
    pub email_changes_a_day: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 64 * 1024 * 1024,
            direct_upload_bytes: 2 * 1024 * 1024 * 1024,
            open_uploads: 20,
            picture_bytes: 5 * 1024 * 1024,
            picture_pixels: 25_000_000,
            import_bytes: 1024 * 1024,
            import_rows: 1_000,
            json_bytes: 64 * 1024,
            pending_invites: 200,
            resends: 20,
            email_changes_a_day: 5,
        }
    }
}

/// Bounds on what a process does at once. A caller has at most a quarter of the places of a kind, a tenant three quarters.
#[derive(Clone, Copy, Debug)]
pub struct Concurrency {
    /// JSON bodies that are being read and worked on, and profile pictures that are being sent.
    pub small_bodies: usize,
    /// Pictures and imports that are held in memory; one picture at a time is decoded.
    pub held_bodies: usize,
    /// Files that are being received.
    pub uploads: usize,
    /// Files and packages that are being sent.
    pub downloads: usize,
    /// Access packages that are being written.
    pub packages: usize,
    /// Markers of access requests, and as many of other work, that one run of the timer `waiting_work` looks at.
    pub markers: usize,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self { small_bodies: 256, held_bodies: 8, uploads: 32, downloads: 64, packages: 4, markers: 2_000 }
    }
}

/// Bounds on an access package: it is written in one run, and the host ends a run that takes longer than `functionTimeout`.
#[derive(Clone, Copy, Debug)]
pub struct PackageLimits {
    /// Of all its files together, in bytes; the rest is listed and left out.
    pub bytes: u64,
    /// How long writing one may take. One that takes longer is given up and begun anew with half of its files.
    pub time: Duration,
}

impl Default for PackageLimits {
    fn default() -> Self {
        Self { bytes: 8 * 1024 * 1024 * 1024, time: Duration::from_mins(8) }
    }
}

/// Times of direct uploads: one is checked in one run, and the host ends a run that takes longer than `functionTimeout`.
#[derive(Clone, Copy, Debug)]
pub struct DirectUploads {
    /// How long the URL to send the file to works.
    pub url: Duration,
    /// How long checking one may take. One that takes longer is refused.
    pub checking: Duration,
}

impl Default for DirectUploads {
    fn default() -> Self {
        Self { url: Duration::from_hours(1), checking: Duration::from_mins(8) }
    }
}

impl Settings {
    /// The link of a mail; what follows `#` reaches no server.
    pub(crate) fn portal_link(&self, fragment: &str) -> String {
        format!("{}#{fragment}", self.portal_url)
    }

    /// Where this service is, where that can be told: by the privacy centre, which it serves itself. Without a slash at its end.
    pub(crate) fn service_url(&self) -> &str {
        self.portal_url.strip_suffix("/api/portal/").unwrap_or_default()
    }

    /// A Message-ID: the same for every try at the same mail.
    pub(crate) fn message_id(&self, tenant: &TenantId, work: &str) -> String {
        format!("{tenant}.{work}@{}", self.mail_domain)
    }
}
