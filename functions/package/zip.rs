//! The ZIP format (APPNOTE 6.3), as far as packages need it: written from front to back, each entry *deflated* with its lengths and
//! checksum after it. Readers that stream refuse *stored* entries of that kind; what is to stay as it is lies in deflate's own
//! stored blocks instead (RFC 1951, 3.2.4), which costs five bytes for each 64 KiB and no time.

use std::io::{self, Write as _};

use flate2::{Compression, Crc, write::DeflateEncoder};

use crate::keys::Sha256;

/// Longer content gets sizes of 64 bits; a little below 4 GiB, for compression may lengthen what does not compress.
const ZIP64_FROM: u64 = 0xf000_0000;
/// Longest stored block.
const BLOCK: usize = 0xffff;
/// The last block, with nothing in it.
const LAST_BLOCK: [u8; 5] = [1, 0, 0, 0xff, 0xff];
/// Made on Unix, by version 4.5 of the rules. What a reader must know: deflate, and 64 bits.
const MADE_BY: u16 = 0x032d;
const NEEDS_DEFLATE: u16 = 20;
const NEEDS_ZIP64: u16 = 45;
/// The lengths come after the content; and the name is UTF-8.
const LENGTHS_AFTER: u16 = 1 << 3;
const UTF8: u16 = 1 << 11;
const DEFLATED: u16 = 8;
/// A file that its owner may change and everybody may read.
const ATTRIBUTES: u32 = 0o100_644 << 16;
const MOST_16: u16 = 0xffff;
const MOST_32: u32 = 0xffff_ffff;

/// How an entry is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    /// It gets smaller.
    Compress,
    /// It is compressed already, and stays as it is.
    Copy,
}

/// Date and time as MS-DOS has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct DosTime {
    pub(super) date: u16,
    pub(super) time: u16,
}

/// What was written of an entry.
pub(super) struct Written {
    /// In bytes.
    pub(super) size: u64,
    /// In lower-case hexadecimal.
    pub(super) sha256: String,
}

/// An archive being written: what is finished gathers in `out`.
pub(super) struct Zip {
    out: Vec<u8>,
    /// Bytes that have left.
    left: u64,
    modified: DosTime,
    encoder: DeflateEncoder<Vec<u8>>,
    entry: Option<Entry>,
    directory: Vec<Record>,
    failed: Option<io::Error>,
}

/// The entry that is being written.
struct Entry {
    name: String,
    offset: u64,
    packing: Packing,
    zip64: bool,
    sha256: Sha256,
    crc: Crc,
    size: u64,
    packed: u64,
}

/// What the directory says of an entry.
struct Record {
    name: String,
    offset: u64,
    zip64: bool,
    crc: u32,
    size: u64,
    packed: u64,
}

impl Zip {
    pub(super) fn new(modified: DosTime) -> Self {
        Self {
            out: Vec::new(),
            left: 0,
            modified,
            encoder: DeflateEncoder::new(Vec::new(), Compression::default()),
            entry: None,
            directory: Vec::new(),
            failed: None,
        }
    }

    /// How much has gathered.
    pub(super) fn gathered(&self) -> usize {
        self.out.len()
    }

    /// Takes out what has gathered.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.left += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    fn offset(&self) -> u64 {
        self.left + self.out.len() as u64
    }

    /// Begins an entry of about `size` bytes.
    pub(super) fn begin(&mut self, name: String, packing: Packing, size: u64) -> io::Result<()> {
        let zip64 = size >= ZIP64_FROM;
        let offset = self.offset();
        self.out.extend(b"PK\x03\x04");
        self.u16(needs(zip64));
        self.common(&name);
        // Checksum and lengths come after the content.
        self.u32(0);
        self.u32(0);
        self.u32(0);
        self.u16(short(name.len())?);
        self.u16(if zip64 { 20 } else { 0 });
        self.out.extend(name.as_bytes());
        if zip64 {
            self.u16(1);
            self.u16(16);
            self.u64(0);
            self.u64(0);
        }
        let (sha256, crc) = (Sha256::new(), Crc::new());
        self.entry = Some(Entry { name, offset, packing, zip64, sha256, crc, size: 0, packed: 0 });
        Ok(())
    }

    /// Flags, method, time and date.
    fn common(&mut self, name: &str) {
        self.u16(LENGTHS_AFTER | if name.is_ascii() { 0 } else { UTF8 });
        self.u16(DEFLATED);
        self.u16(self.modified.time);
        self.u16(self.modified.date);
    }

    /// Adds to the entry that was begun. A failure shows at its end.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        let Some(entry) = &mut self.entry else { return };
        entry.sha256.update(bytes);
        entry.crc.update(bytes);
        entry.size += bytes.len() as u64;
        match entry.packing {
            Packing::Copy => {
                self.out.reserve(bytes.len() + (bytes.len() / BLOCK + 1) * LAST_BLOCK.len());
                for block in bytes.chunks(BLOCK) {
                    let length = u16::try_from(block.len()).unwrap_or(MOST_16);
                    self.out.push(0);
                    self.out.extend(length.to_le_bytes());
                    self.out.extend((!length).to_le_bytes());
                    self.out.extend_from_slice(block);
                    entry.packed += (block.len() + LAST_BLOCK.len()) as u64;
                }
            }
            Packing::Compress => {
                if let Err(error) = self.encoder.write_all(bytes) {
                    self.failed = Some(error);
                }
                let packed = self.encoder.get_mut();
                entry.packed += packed.len() as u64;
                self.out.append(packed);
            }
        }
    }

    /// Ends the entry.
    pub(super) fn end(&mut self) -> io::Result<Written> {
        let mut entry = self.entry.take().ok_or_else(|| io::Error::other("no entry was begun"))?;
        let rest = match entry.packing {
            Packing::Copy => LAST_BLOCK.to_vec(),
            Packing::Compress => self.encoder.reset(Vec::new())?,
        };
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        entry.packed += rest.len() as u64;
        self.out.extend(rest);
        let crc = entry.crc.sum();
        self.out.extend(b"PK\x07\x08");
        self.u32(crc);
        if entry.zip64 {
            self.u64(entry.packed);
            self.u64(entry.size);
        } else {
            let fits = |length: u64| u32::try_from(length).ok().filter(|length| *length < MOST_32);
            let too_long = || io::Error::other("an entry is longer than was said");
            let (packed, size) = fits(entry.packed).zip(fits(entry.size)).ok_or_else(too_long)?;
            self.u32(packed);
            self.u32(size);
        }
        let Entry { name, offset, zip64, sha256, size, packed, .. } = entry;
        self.directory.push(Record { name, offset, zip64, crc, size, packed });
        Ok(Written { size, sha256: sha256.finish() })
    }

    /// Adds the directory, which ends the archive.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let start = self.offset();
        let directory = std::mem::take(&mut self.directory);
        for record in &directory {
            self.record(record)?;
        }
        let (count, size) = (directory.len() as u64, self.offset() - start);
        if count >= MOST_16.into() || start >= MOST_32.into() || size >= MOST_32.into() {
            let end = self.offset();
            self.out.extend(b"PK\x06\x06");
            self.u64(44);
            self.u16(MADE_BY);
            self.u16(NEEDS_ZIP64);
            self.u32(0);
            self.u32(0);
            self.u64(count);
            self.u64(count);
            self.u64(size);
            self.u64(start);
            self.out.extend(b"PK\x06\x07");
            self.u32(0);
            self.u64(end);
            self.u32(1);
        }
        self.out.extend(b"PK\x05\x06");
        self.u32(0);
        let count = u16::try_from(count).unwrap_or(MOST_16);
        self.u16(count);
        self.u16(count);
        self.u32(u32::try_from(size).unwrap_or(MOST_32));
        self.u32(u32::try_from(start).unwrap_or(MOST_32));
        self.u16(0);
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let Record { name, offset, zip64, crc, size, packed } = record;
        // What does not go into 32 bits, in the order that the format names.
        let mut long: Vec<u64> = if *zip64 { vec![*size, *packed] } else { Vec::new() };
        if *offset >= MOST_32.into() {
            long.push(*offset);
        }
        let length = |length: u64| if *zip64 { MOST_32 } else { u32::try_from(length).unwrap_or(MOST_32) };
        self.out.extend(b"PK\x01\x02");
        self.u16(MADE_BY);
        self.u16(needs(!long.is_empty()));
        self.common(name);
        self.u32(*crc);
        self.u32(length(*packed));
        self.u32(length(*size));
        self.u16(short(name.len())?);
        self.u16(if long.is_empty() { 0 } else { short(4 + 8 * long.len())? });
        // No comment, on the first disk, nothing known of its content.
        self.u16(0);
        self.u16(0);
        self.u16(0);
        self.u32(ATTRIBUTES);
        self.u32(u32::try_from(*offset).unwrap_or(MOST_32));
        self.out.extend(name.as_bytes());
        if !long.is_empty() {
            self.u16(1);
            self.u16(short(8 * long.len())?);
            for number in long {
                self.u64(number);
            }
        }
        Ok(())
    }

    fn u16(&mut self, number: u16) {
        self.out.extend(number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.out.extend(number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.out.extend(number.to_le_bytes());
    }
}

const fn needs(zip64: bool) -> u16 {
    if zip64 { NEEDS_ZIP64 } else { NEEDS_DEFLATE }
}

fn short(length: usize) -> io::Result<u16> {
    u16::try_from(length).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    const TIME: DosTime = DosTime { date: 46 << 9 | 3 << 5 | 2, time: 9 << 11 };

    fn add(zip: &mut Zip, name: &str, packing: Packing, size: u64, pieces: &[&[u8]]) -> Written {
        zip.begin(name.to_owned(), packing, size).expect("begun");
        for piece in pieces {
            zip.write(piece);
        }
        zip.end().expect("ended")
    }

    fn read(zip: &mut Zip) -> zip::ZipArchive<Cursor<Vec<u8>>> {
        zip.finish().expect("finished");
        zip::ZipArchive::new(Cursor::new(zip.take())).expect("a ZIP")
    }

    #[test]
    fn what_is_packed_either_way_reads_back() {
        let noise: Vec<u8> =
            (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let text = "en rad till\n".repeat(20_000);
        let mut zip = Zip::new(TIME);
        for (name, packing, content) in [
            ("a/text.txt", Packing::Compress, text.as_bytes()),
            ("a/text som den är.txt", Packing::Copy, text.as_bytes()),
            ("a/brus.bin", Packing::Copy, &noise),
            ("a/brus igen.bin", Packing::Compress, &noise),
            ("a/tom.bin", Packing::Copy, &[]),
            ("a/tom.txt", Packing::Compress, &[]),
        ] {
            let (first, second) = content.split_at(content.len() / 3);
            let written = add(&mut zip, name, packing, content.len() as u64, &[first, second]);
            assert_eq!((written.size, written.sha256), (content.len() as u64, Sha256::of(content)));
        }
        let mut archive = read(&mut zip);
        assert_eq!(archive.len(), 6);
        for (place, content) in
            [text.as_bytes(), text.as_bytes(), &noise, &noise, &[], &[]].iter().enumerate()
        {
            let mut entry = archive.by_index(place).expect("an entry");
            let mut found = Vec::new();
            // Reading checks length and checksum.
            entry.read_to_end(&mut found).expect("its content");
            assert!(found == *content, "{place}");
            let modified = entry.last_modified().expect("a time");
            assert_eq!((modified.year(), modified.month(), modified.hour()), (2026, 3, 9));
        }
        assert!(archive.by_index(0).expect("an entry").compressed_size() < text.len() as u64 / 50);
    }

    #[test]
    fn there_may_be_more_entries_than_16_bits_count() {
        let mut zip = Zip::new(TIME);
        for number in 0..70_000 {
            add(&mut zip, &format!("{number}"), Packing::Copy, 0, &[]);
        }
        assert_eq!(read(&mut zip).len(), 70_000);
    }

    #[test]
    fn an_entry_that_may_be_longer_than_32_bits_count_has_long_lengths() {
        let mut zip = Zip::new(TIME);
        add(&mut zip, "a", Packing::Copy, u64::from(MOST_32), &[b"kort"]);
        add(&mut zip, "b", Packing::Compress, 0, &[b"efter"]);
        let mut archive = read(&mut zip);
        for (place, content) in ["kort", "efter"].iter().enumerate() {
            let mut found = String::new();
            archive.by_index(place).expect("an entry").read_to_string(&mut found).expect("its content");
            assert_eq!(found, *content);
        }
    }

    /// As after four gigabytes; whoever reads it finds the first of them missing, and the directory all the same.
    #[test]
    fn what_lies_beyond_32_bits_is_found() {
        let mut zip = Zip::new(TIME);
        zip.left = 5 << 32;
        add(&mut zip, "a", Packing::Copy, 4, &[b"bort"]);
        let archive = {
            zip.finish().expect("finished");
            zip.take()
        };
        let place =
            |mark: &[u8]| archive.windows(mark.len()).position(|found| found == mark).expect("a mark");
        let u64_at =
            |place: usize| u64::from_le_bytes(archive[place..place + 8].try_into().expect("eight bytes"));
        let (directory, end) = (place(b"PK\x01\x02"), place(b"PK\x06\x06"));
        // After the fixed part, the name, and the field's own head.
        assert_eq!(u64_at(directory + 46 + 1 + 4), 5 << 32);
        assert_eq!(u64_at(end + 48), (5 << 32) + directory as u64);
        assert_eq!(u64_at(place(b"PK\x06\x07") + 8), (5 << 32) + end as u64);
    }
}
