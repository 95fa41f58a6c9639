//! Files in a person's records, without the way through an upload.

use bytes::Bytes;
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

impl Portal {
    /// Sends something to the URL of a direct upload: what storage does with it, which here nobody serves.
    pub(crate) async fn send_straight(&self, tenant: &Tenant, upload: &str, content: impl Into<Bytes>) {
        let path = BlobPath::new(Container::new("staging"), format!("{}/{upload}", tenant.id));
        self.blobs().put_bytes(&path, content.into(), Condition::Always).await.expect("stored");
    }

    /// A direct upload, as far as the person has to do with it.
    pub(crate) async fn upload_straight(
        &self,
        tenant: &Tenant,
        user: &User,
        customer: &str,
        content: &'static str,
    ) -> String {
        let body = json!({
            "name": "avtal å.txt", "contentType": "text/plain", "size": content.len(), "customer": customer,
        });
        let begun = self.as_(user).post(&tenant.path("/files/uploads"), body).await.expect(201);
        let id = begun.text_at("/id");
        self.send_straight(tenant, &id, content).await;
        let path = tenant.path(&format!("/files/uploads/{id}/complete"));
        self.as_(user).post_empty(&path).await.expect(202);
        id
    }
}
