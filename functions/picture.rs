//! Profile pictures: whatever is uploaded comes out small, freshly encoded and without metadata, or is refused.
//!
//! What a picture is, its first bytes say; neither name nor declared type is asked. Its structure is read before it is
//! decoded, so that an oversized or broken one costs next to nothing. Of an animated PNG the still picture is taken that
//! it holds for viewers without animation; an animated WebP holds none and is refused. A colour profile is dropped
//! without conversion.

mod structure;
#[cfg(test)]
mod tests;

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, ImageResult, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    metadata::Orientation,
};
use kundportal_domain::Personal;
use tokio::sync::Semaphore;

use structure::Outline;

/// Most pixels of a picture that is ever decoded: what a decoder may take for itself depends on it.
pub const MOST_PIXELS: u64 = 25_000_000;
/// Longest side of a picture that comes out, in pixels.
pub const LONGEST_SIDE: u32 = 512;

/// Memory that a decoder may take for itself: 25 megapixels of 16-bit RGBA are 200 MB.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
const JPEG_QUALITY: u8 = 85;

/// A picture fit to be kept and shown.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file: pixels and what is needed to read them, nothing else.
    pub bytes: Personal<Bytes>,
    /// `image/jpeg`, or `image/png` where something shows through.
    pub content_type: &'static str,
}

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The content is neither JPEG nor PNG nor WebP (415).
    #[error("not a JPEG, PNG or WebP picture")]
    NotAPicture,
    /// The content is one of them, but empty, cut off or broken (422).
    #[error("the picture cannot be decoded")]
    Undecodable,
    /// The picture has more pixels than may be (413).
    #[error("the picture has more than {limit} pixels")]
    TooLarge {
        /// Most pixels.
        limit: u64,
    },
}

/// Lets one picture at a time be decoded, so that the process needs the memory of one. Share one per process.
#[derive(Clone, Debug)]
pub struct PictureLimiter {
    turn: Arc<Semaphore>,
    most_pixels: u64,
}

impl PictureLimiter {
    /// A limiter of its own, that lets pictures of at most so many pixels pass, and never more than [`MOST_PIXELS`].
    #[must_use]
    pub fn new(most_pixels: u64) -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), most_pixels: most_pixels.min(MOST_PIXELS) }
    }

    /// Makes the picture to be kept of an uploaded one, beside the asynchronous work. The caller has limited `upload`.
    pub async fn process(&self, upload: Bytes) -> Result<Picture, PictureError> {
        // The turn goes with the work: a caller who goes away leaves it running, and the next one waits for it.
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let most_pixels = self.most_pixels;
        let work = tokio::task::spawn_blocking(move || {
            let picture = process(&upload, most_pixels);
            drop(turn);
            picture
        });
        work.await.unwrap_or(Err(PictureError::Undecodable))
    }
}

/// Makes the picture to be kept of an uploaded one. Decoders of foreign bytes may panic: that is a broken picture too.
pub(crate) fn process(upload: &[u8], most_pixels: u64) -> Result<Picture, PictureError> {
    let format = format_of(upload)?;
    let outline = Outline::read(upload, format, most_pixels)?;
    // What follows the picture's own end is nobody's business.
    let picture = upload.get(..outline.end).ok_or(PictureError::Undecodable)?;
    catch_unwind(AssertUnwindSafe(|| remake(picture, format))).unwrap_or(Err(PictureError::Undecodable))
}

/// The format that the first bytes tell. Fewer bytes than that tell of a picture that was cut off.
fn format_of(upload: &[u8]) -> Result<ImageFormat, PictureError> {
    let formats: [(&[Option<u8>], ImageFormat); 3] =
        [(&JPEG_START, ImageFormat::Jpeg), (&PNG_START, ImageFormat::Png), (&WEBP_START, ImageFormat::WebP)];
    let fits = |start: &[Option<u8>]| {
        start.iter().zip(upload).all(|(expected, byte)| expected.is_none_or(|expected| expected == *byte))
    };
    let Some((start, format)) = formats.into_iter().find(|(start, _)| fits(start)) else {
        return Err(PictureError::NotAPicture);
    };
    if upload.len() < start.len() { Err(PictureError::Undecodable) } else { Ok(format) }
}

const JPEG_START: [Option<u8>; 3] = [Some(0xff), Some(0xd8), Some(0xff)];
const PNG_START: [Option<u8>; 8] =
    [Some(0x89), Some(b'P'), Some(b'N'), Some(b'G'), Some(b'\r'), Some(b'\n'), Some(0x1a), Some(b'\n')];
const WEBP_START: [Option<u8>; 12] = [
    Some(b'R'),
    Some(b'I'),
    Some(b'F'),
    Some(b'F'),
    None,
    None,
    None,
    None,
    Some(b'W'),
    Some(b'E'),
    Some(b'B'),
    Some(b'P'),
];

fn remake(picture: &[u8], format: ImageFormat) -> Result<Picture, PictureError> {
    decode(picture, format).and_then(|picture| encode(&picture)).map_err(|error| match error {
        ImageError::Limits(_) => PictureError::TooLarge { limit: MOST_PIXELS },
        _ => PictureError::Undecodable,
    })
}

/// The picture, upright and small.
fn decode(picture: &[u8], format: ImageFormat) -> ImageResult<DynamicImage> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(picture), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if picture.width().max(picture.height()) > LONGEST_SIDE {
        picture = picture.thumbnail(LONGEST_SIDE, LONGEST_SIDE);
    }
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// A file of pixels only.
fn encode(picture: &DynamicImage) -> ImageResult<Picture> {
    let mut bytes = Vec::new();
    let pixels = picture.to_rgba8();
    let content_type = if pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
        "image/jpeg"
    } else {
        pixels.write_with_encoder(PngEncoder::new(&mut bytes))?;
        "image/png"
    };
    Ok(Picture { bytes: Personal::new(bytes.into()), content_type })
}
