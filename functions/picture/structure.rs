//! The structure of a picture file, read before anything is decoded: where it ends and how large it says it is.
//!
//! Decoders are lenient where we are not: they fill up what was cut off, and some believe a second header.

use image::ImageFormat;

use super::PictureError;

/// Most passes over a JPEG. Each costs time in proportion to all pixels; encoders make about ten.
const MOST_SCANS: usize = 32;

/// A whole picture within the limits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outline {
    /// Where it ends, in bytes from the start of the file.
    pub(super) end: usize,
}

impl Outline {
    pub(super) fn read(file: &[u8], format: ImageFormat, most_pixels: u64) -> Result<Self, PictureError> {
        let mut rest = Bytes { file, at: 0 };
        match format {
            ImageFormat::Jpeg => jpeg(&mut rest, most_pixels)?,
            ImageFormat::Png => png(&mut rest, most_pixels)?,
            ImageFormat::WebP => webp(&mut rest, most_pixels)?,
            _ => return Err(PictureError::NotAPicture),
        }
        Ok(Self { end: rest.at })
    }
}

/// ISO/IEC 10918-1, annex B: segments up to the end-of-image marker, one frame header.
fn jpeg(file: &mut Bytes<'_>, most_pixels: u64) -> Result<(), PictureError> {
    let (mut frames, mut scans) = (0, 0);
    file.take(2)?;
    loop {
        match file.marker()? {
            0xd9 if frames == 1 && scans > 0 => return Ok(()),
            // Without a length.
            0x01 | 0xd0..=0xd7 => {}
            0x00 | 0xd8 | 0xd9 => return Err(PictureError::Undecodable),
            code => {
                let length = usize::from(u16::from_be_bytes(file.array()?));
                let content = file.take(length.checked_sub(2).ok_or(PictureError::Undecodable)?)?;
                match code {
                    // Frame headers, but not tables (DHT, JPG, DAC), which lie among them.
                    0xc0..=0xcf if !matches!(code, 0xc4 | 0xc8 | 0xcc) => {
                        frames += 1;
                        let mut content = Bytes { file: content, at: 1 };
                        let (height, width) = (content.array()?, content.array()?);
                        let (width, height) = (u16::from_be_bytes(width), u16::from_be_bytes(height));
                        check_size(width.into(), height.into(), most_pixels)?;
                    }
                    0xda => {
                        scans += 1;
                        file.skip_entropy_coded();
                    }
                    _ => {}
                }
            }
        }
        if frames > 1 || scans > MOST_SCANS {
            return Err(PictureError::Undecodable);
        }
    }
}

/// PNG (third edition), 5: chunks from IHDR to IEND.
fn png(file: &mut Bytes<'_>, most_pixels: u64) -> Result<(), PictureError> {
    file.take(8)?;
    loop {
        let first = file.at == 8;
        let length = u32::from_be_bytes(file.array()?);
        let kind: [u8; 4] = file.array()?;
        if first {
            if &kind != b"IHDR" || length != 13 {
                return Err(PictureError::Undecodable);
            }
            let mut header = Bytes { file: file.file, at: file.at };
            let (width, height) = (header.array()?, header.array()?);
            check_size(u32::from_be_bytes(width), u32::from_be_bytes(height), most_pixels)?;
        }
        file.take(usize::try_from(length).map_err(|_| PictureError::Undecodable)?)?;
        file.take(4)?;
        if &kind == b"IEND" {
            return Ok(());
        }
    }
}

/// RFC 9649, 2: one bitstream, of the size that the header before it tells. (The decoder compares the two only after
/// it has made room for the larger.)
fn webp(file: &mut Bytes<'_>, most_pixels: u64) -> Result<(), PictureError> {
    file.take(4)?;
    let length = usize::try_from(u32::from_le_bytes(file.array()?)).map_err(|_| PictureError::Undecodable)?;
    let mut chunks = Bytes { file: file.take(length)?, at: 4 };
    let (mut canvas, mut bitstreams) = (None, 0);
    while chunks.at < chunks.file.len() {
        let kind: [u8; 4] = chunks.array()?;
        let length =
            usize::try_from(u32::from_le_bytes(chunks.array()?)).map_err(|_| PictureError::Undecodable)?;
        let mut content = Bytes { file: chunks.take(length)?, at: 0 };
        if length % 2 == 1 && chunks.at < chunks.file.len() {
            chunks.take(1)?;
        }
        let size = match &kind {
            b"VP8X" if canvas.is_none() => {
                content.take(4)?;
                let length = |[low, middle, high]: [u8; 3]| u32::from_le_bytes([low, middle, high, 0]) + 1;
                let size = (length(content.array()?), length(content.array()?));
                canvas = Some(size);
                size
            }
            b"VP8 " => {
                bitstreams += 1;
                content.take(6)?;
                let length = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
                (length(content.array()?), length(content.array()?))
            }
            b"VP8L" => {
                bitstreams += 1;
                content.take(1)?;
                let sides = u32::from_le_bytes(content.array()?);
                ((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1)
            }
            b"VP8X" | b"ANIM" | b"ANMF" => return Err(PictureError::Undecodable),
            _ => continue,
        };
        check_size(size.0, size.1, most_pixels)?;
        if *canvas.get_or_insert(size) != size {
            return Err(PictureError::Undecodable);
        }
    }
    if bitstreams == 1 { Ok(()) } else { Err(PictureError::Undecodable) }
}

fn check_size(width: u32, height: u32, most_pixels: u64) -> Result<(), PictureError> {
    if u64::from(width) * u64::from(height) > most_pixels {
        return Err(PictureError::TooLarge { limit: most_pixels });
    }
    Ok(())
}

/// Bytes read from the start. Where they end too early the picture was cut off.
struct Bytes<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], PictureError> {
        let end = self.at.checked_add(length).ok_or(PictureError::Undecodable)?;
        let taken = self.file.get(self.at..end).ok_or(PictureError::Undecodable)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PictureError> {
        self.take(N)?.try_into().map_err(|_| PictureError::Undecodable)
    }

    /// A JPEG marker's code; fill bytes may come before it.
    fn marker(&mut self) -> Result<u8, PictureError> {
        let [mut byte] = self.array()?;
        if byte != 0xff {
            return Err(PictureError::Undecodable);
        }
        while byte == 0xff {
            [byte] = self.array()?;
        }
        Ok(byte)
    }

    /// Goes to the next marker after a JPEG scan's data, in which `ff 00` is data and restart markers belong to it.
    fn skip_entropy_coded(&mut self) {
        let rest = self.file.get(self.at..).unwrap_or_default();
        let is_end = |pair: &[u8]| matches!(pair, [0xff, code] if !matches!(code, 0x00 | 0xd0..=0xd7 | 0xff));
        self.at += rest.windows(2).position(is_end).unwrap_or(rest.len());
    }
}
