//! Files in a person's records, without the way through an upload.

use kundportal_store::{BlobPath, BlobStoreExt as _, Condition, Container};
use serde_json::json;

use super::{
    people::{Tenant, User},
    portal::Portal,
};

/// In lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
}

/// Puts a file into the person's records as an upload leaves it.
pub(crate) async fn give_file(
    portal: &Portal,
    tenant: &Tenant,
    customer: &str,
    user: &User,
    number: usize,
    name: &str,
    content: Vec<u8>,
) {
    let id = kundportal_domain::FileId::new(
        portal.now(),
        (number as u64).to_be_bytes().repeat(2)[6..].try_into().expect("ten bytes"),
    );
    let meta = json!({
        "id": id, "name": name, "contentType": "application/octet-stream", "size": content.len(),
        "sha256": sha256(&content), "customer": customer, "author": user.id,
        "uploadedAt": portal.now().to_string(), "scan": "off",
    });
    let blobs = portal.blobs();
    for (name, content) in [
        (format!("subjects/{}/refs/file/{id}", user.id), Vec::new()),
        (format!("files/{id}/content"), content),
        (format!("files/{id}/meta.json"), meta.to_string().into_bytes()),
    ] {
        let path = BlobPath::new(Container::new(format!("tenant-{}", tenant.id)), name);
        blobs.put_bytes(&path, content.into(), Condition::Always).await.expect("stored");
    }
}
