//! Listings, and what is known of a blob.

use azure_core::{
    http::{Etag, headers::Headers, pager::PagerOptions},
    time::OffsetDateTime,
};
use azure_storage_blob::{
    BlobContainerClient,
    models::{BlobContainerClientListBlobsOptions, BlobItem},
};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use super::{
    client::Call,
    failure::{Failure, Lacking},
};
use crate::{Continuation, ETag, Entry, LIST_LIMIT, Page, Properties, StoreError};

/// One page. The SDK's pager would go on by itself; the next page is the caller's next call.
pub(super) async fn page(
    container: &BlobContainerClient,
    prefix: &str,
    from: Option<&Continuation>,
    max: usize,
) -> Result<Page, StoreError> {
    let call = Call::new();
    let options = BlobContainerClientListBlobsOptions {
        prefix: (!prefix.is_empty()).then(|| prefix.to_owned()),
        marker: from.map(|from| from.0.clone()),
        maxresults: i32::try_from(max.clamp(1, LIST_LIMIT)).ok(),
        method_options: PagerOptions { context: call.context(), ..PagerOptions::default() },
        ..BlobContainerClientListBlobsOptions::default()
    };
    let mut pages = container.list_blobs(Some(options)).map_err(StoreError::broken)?.into_pages();
    let page = call.ask(pages.try_next()).await.map_err(Failure::or_not_found)?;
    let page = page.ok_or(Lacking("page"))?.into_model().map_err(StoreError::broken)?;
    let entries = page.blob_items.into_iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Page { entries, next: page.next_marker.filter(|marker| !marker.is_empty()).map(Continuation) })
}

fn entry(item: BlobItem) -> Result<Entry, Lacking> {
    let properties = item.properties.ok_or(Lacking("properties"))?;
    Ok(Entry {
        name: item.name.ok_or(Lacking("name"))?,
        properties: known(properties.etag, properties.content_length, properties.last_modified)?,
    })
}

/// What is known of a blob, by the parts of an answer.
pub(super) fn known(
    etag: Option<Etag>,
    size: Option<u64>,
    last_modified: Option<OffsetDateTime>,
) -> Result<Properties, Lacking> {
    let seconds = last_modified.ok_or(Lacking("time"))?.unix_timestamp();
    Ok(Properties {
        etag: version(&etag.ok_or(Lacking("version"))?),
        size: size.ok_or(Lacking("length"))?,
        last_modified: Timestamp::from_second(seconds).map_err(|_| Lacking("time"))?,
    })
}

/// Headers have it in quotes, listings without.
pub(super) fn version(etag: &Etag) -> ETag {
    ETag(etag.as_ref().trim_matches('"').to_owned())
}

/// The version that an answer to a write names.
pub(super) fn written(headers: &Headers) -> Result<ETag, StoreError> {
    let etag = headers.get_optional_str(&azure_core::http::headers::ETAG).ok_or(Lacking("version"))?;
    Ok(version(&etag.into()))
}

/// A condition on a version. What cannot be any blob's version becomes one that none has.
pub(super) fn exactly(etag: &ETag) -> Etag {
    let plausible = (1..=128).contains(&etag.0.len())
        && etag.0.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if plausible { format!("\"{}\"", etag.0).into() } else { "\"0\"".into() }
}
