//! Writing: one request for what fits into it, blocks of bounded size for more.

use std::{collections::HashMap, num::NonZero};

use azure_core::{
    Uuid,
    http::{Etag, RequestContent},
};
use azure_storage_blob::{
    BlobClient, BlockBlobClient,
    models::{
        BlockBlobClientCommitBlockListOptions, BlockBlobClientStageBlockOptions,
        BlockBlobClientUploadOptions, BlockLookupList,
    },
};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream::Fuse};

use super::{
    blobs,
    client::Call,
    failure::{Failure, Lacking},
    listing,
};
use crate::{ByteStream, Condition, ETag, StoreError};

/// What one request carries: at most two of them are in memory for each writer. Storage takes 50,000, so 195 GiB.
const BLOCK: usize = 4 * 1024 * 1024;

/// Up to here a buffer grows as it is filled; from here on it has room for a block.
const SMALL: usize = 256 * 1024;

/// The name of the metadata that a conditional write is known again by.
pub(super) const MARK: &str = "write";

/// A write that goes to storage, maybe several times, and is one.
struct Write<'a> {
    blob: &'a BlobClient,
    client: BlockBlobClient,
    condition: &'a Condition,
    id: Uuid,
}

pub(super) async fn put(
    blob: &BlobClient,
    body: ByteStream,
    condition: &Condition,
) -> Result<ETag, StoreError> {
    let write = Write { blob, client: blob.block_blob_client(), condition, id: Uuid::new_v4() };
    let mut blocks = Blocks { body: body.fuse(), rest: Bytes::new() };
    let first = blocks.next().await?.unwrap_or_default();
    if first.len() < BLOCK {
        return write.whole(first).await;
    }
    let Some(second) = blocks.next().await? else { return write.whole(first).await };
    let mut ids = vec![write.stage(0, first).await?, write.stage(1, second).await?];
    while let Some(block) = blocks.next().await? {
        ids.push(write.stage(ids.len(), block).await?);
    }
    write.commit(ids).await
}

/// Leaves an empty blob, whatever was there, and none of the blocks that were sent for it.
pub(super) async fn commit_nothing(blob: &BlobClient) -> Result<ETag, StoreError> {
    let condition = &Condition::Always;
    let write = Write { blob, client: blob.block_blob_client(), condition, id: Uuid::new_v4() };
    write.commit(Vec::new()).await
}

impl Write<'_> {
    /// In one request.
    async fn whole(&self, bytes: Bytes) -> Result<ETag, StoreError> {
        let call = Call::new();
        let (if_match, if_none_match) = self.headers();
        let options = BlockBlobClientUploadOptions {
            if_match,
            if_none_match,
            metadata: self.mark(),
            partition_size: NonZero::new(BLOCK as u64),
            parallel: NonZero::new(1),
            method_options: call.options(),
            ..BlockBlobClientUploadOptions::default()
        };
        match call.ask(self.client.upload(bytes.into(), Some(options))).await {
            Ok(answer) => Ok(listing::version(&answer.etag.ok_or(Lacking("version"))?)),
            Err(failure) => self.refused(failure).await,
        }
    }

    /// One block, which nobody sees until it is committed. What is never committed goes by itself after a week.
    async fn stage(&self, number: usize, block: Bytes) -> Result<Vec<u8>, StoreError> {
        let id = self.block_id(number);
        let call = Call::new();
        let options = BlockBlobClientStageBlockOptions {
            method_options: call.options(),
            ..BlockBlobClientStageBlockOptions::default()
        };
        let length = block.len() as u64;
        call.ask(self.client.stage_block(&id, length, block.into(), Some(options)))
            .await
            .map_err(Failure::or_not_found)?;
        Ok(id)
    }

    /// The commit point: from here on the blob is the blocks.
    async fn commit(&self, ids: Vec<Vec<u8>>) -> Result<ETag, StoreError> {
        let list = BlockLookupList { latest: Some(ids), ..BlockLookupList::default() };
        let list = RequestContent::try_from(list).map_err(StoreError::broken)?;
        let call = Call::new();
        let (if_match, if_none_match) = self.headers();
        let options = BlockBlobClientCommitBlockListOptions {
            if_match,
            if_none_match,
            metadata: self.mark(),
            method_options: call.options(),
            ..BlockBlobClientCommitBlockListOptions::default()
        };
        match call.ask(self.client.commit_block_list(list, Some(options))).await {
            Ok(answer) => listing::written(answer.headers()),
            Err(failure) => self.refused(failure).await,
        }
    }

    /// Alike in length for all blocks of a blob, as storage wants it, and shared with no other write.
    fn block_id(&self, number: usize) -> Vec<u8> {
        let mut id = self.id.as_bytes().to_vec();
        id.extend_from_slice(&(number as u64).to_be_bytes());
        id
    }

    fn headers(&self) -> (Option<Etag>, Option<Etag>) {
        match self.condition {
            Condition::Always => (None, None),
            Condition::IfAbsent => (None, Some("*".into())),
            Condition::IfMatch(etag) => (Some(listing::exactly(etag)), None),
        }
    }

    /// Where a condition may refuse a second try because of the first, the first has to be known again.
    fn mark(&self) -> Option<HashMap<String, String>> {
        (*self.condition != Condition::Always)
            .then(|| HashMap::from([(MARK.to_owned(), self.id.to_string())]))
    }

    /// What a refused write came to.
    async fn refused(&self, failure: Failure) -> Result<ETag, StoreError> {
        let lost = match self.condition {
            _ if failure.no_container() => return Err(StoreError::NotFound),
            Condition::IfAbsent if failure.blob_exists() || failure.condition() => StoreError::AlreadyExists,
            Condition::IfMatch(_) if failure.condition() || failure.no_blob() => {
                StoreError::PreconditionFailed
            }
            Condition::IfAbsent | Condition::IfMatch(_) if failure.blocks_gone() => {
                return Err(self.overtaken(failure).await);
            }
            _ => return Err(failure.into_error()),
        };
        if !failure.unsure {
            return Err(lost);
        }
        // An earlier try may have been ours that went through. What lies there says so, or says nothing for certain:
        // ours may have been there and be overwritten by now.
        match blobs::marked(self.blob).await {
            Ok((etag, mark)) if mark == Some(self.id.to_string()) => Ok(etag),
            _ => Err(failure.into_error()),
        }
    }

    /// Another write to the same name took this one's blocks away: it lost, if what is there now tells so.
    async fn overtaken(&self, failure: Failure) -> StoreError {
        match (blobs::properties(self.blob).await, self.condition) {
            (Ok(_), Condition::IfAbsent) if !failure.unsure => StoreError::AlreadyExists,
            (Ok(found), Condition::IfMatch(wanted)) if !failure.unsure && found.etag != *wanted => {
                StoreError::PreconditionFailed
            }
            _ => failure.into_error(),
        }
    }
}

/// A body in blocks.
struct Blocks {
    /// A stream may not be asked again once it has ended.
    body: Fuse<ByteStream>,
    rest: Bytes,
}

impl Blocks {
    /// The next block: shorter than [`BLOCK`] only at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let mut block = BytesMut::new();
        while block.len() < BLOCK {
            if self.rest.is_empty() {
                match self.body.try_next().await.map_err(StoreError::Body)? {
                    Some(piece) => self.rest = piece,
                    None => break,
                }
            }
            if block.is_empty() && self.rest.len() >= BLOCK {
                return Ok(Some(self.rest.split_to(BLOCK)));
            }
            let part = self.rest.split_to(self.rest.len().min(BLOCK - block.len()));
            if block.len() + part.len() > SMALL && block.capacity() < BLOCK {
                block.reserve(BLOCK - block.len());
            }
            block.extend_from_slice(&part);
        }
        Ok((!block.is_empty()).then(|| block.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::stream;

    use super::*;

    async fn lengths(pieces: Vec<usize>) -> Vec<usize> {
        let pieces = pieces.into_iter().map(|length| Ok::<_, io::Error>(Bytes::from(vec![1; length])));
        // This one panics when it is asked after its end.
        let body = stream::unfold(pieces, async |mut pieces| pieces.next().map(|piece| (piece, pieces)));
        let mut blocks = Blocks { body: body.boxed().fuse(), rest: Bytes::new() };
        let mut lengths = Vec::new();
        while let Some(block) = blocks.next().await.unwrap() {
            assert!(block.len() <= BLOCK);
            lengths.push(block.len());
        }
        lengths
    }

    #[tokio::test]
    async fn a_body_is_cut_into_blocks_of_one_size_whatever_its_pieces() {
        assert_eq!(lengths(vec![]).await, Vec::<usize>::new());
        assert_eq!(lengths(vec![0, 5, 0, 6]).await, [11]);
        assert_eq!(lengths(vec![BLOCK]).await, [BLOCK]);
        assert_eq!(lengths(vec![1, BLOCK, 1]).await, [BLOCK, 2]);
        assert_eq!(lengths(vec![3 * BLOCK + 1]).await, [BLOCK, BLOCK, BLOCK, 1]);
        assert_eq!(lengths(vec![60_000; 140]).await, [BLOCK, BLOCK, 140 * 60_000 - 2 * BLOCK]);
    }
}
