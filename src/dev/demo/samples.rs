//! Small real files, made by code: a PDF, a DOCX, and a PNG that says where it was taken.

use std::io::{self, Cursor, Write as _};

use image::{ImageFormat, Rgb, RgbImage};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::plan::Kind;

/// The content of a file and its type.
pub(super) fn make(kind: Kind, text: &str) -> io::Result<(Vec<u8>, &'static str)> {
    Ok(match kind {
        Kind::Pdf => (pdf(text), "application/pdf"),
        Kind::Docx => {
            (docx(text)?, "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
        }
        Kind::Png => (png()?, "image/png"),
    })
}

/// One page with one line (ISO 32000-1, 7.5). The standard font has the Swedish letters in Latin-1.
fn pdf(text: &str) -> Vec<u8> {
    let line: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect();
    let line: Vec<u8> = line.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect();
    let content = [b"BT /F1 14 Tf 60 760 Td <".as_slice(), &line, b"> Tj ET"].concat();
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_vec(),
        [format!("<< /Length {} >>\nstream\n", content.len()).as_bytes(), &content, b"\nendstream"].concat(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = vec![format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1)];
    for (place, object) in objects.iter().enumerate() {
        table.push(format!("{:010} 00000 n \n", file.len()));
        file.extend(format!("{} 0 obj\n", place + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    file.extend(table.concat().bytes());
    file.extend(
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
            .bytes(),
    );
    file
}

/// One paragraph (ECMA-376, part 1).
fn docx(text: &str) -> io::Result<Vec<u8>> {
    const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let document = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"#
    );
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in
        [("[Content_Types].xml", TYPES), ("_rels/.rels", RELATIONS), ("word/document.xml", document.as_str())]
    {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

/// A small picture with a place in its metadata: 59° 19′ 30″ N, 18° 4′ 0″ E.
pub(super) fn png() -> io::Result<Vec<u8>> {
    let shade = |value: u32| u8::try_from(value % 256).unwrap_or_default();
    let picture = RgbImage::from_fn(96, 96, |x, y| Rgb([shade(x * 2), shade(y * 2), shade(x + y)]));
    let mut plain = Cursor::new(Vec::new());
    picture.write_to(&mut plain, ImageFormat::Png).map_err(io::Error::other)?;
    let mut file = plain.into_inner();
    // After the signature (8 bytes) and the header chunk (25 bytes): the place of metadata.
    file.splice(33..33, chunk(*b"eXIf", &position()));
    Ok(file)
}

/// A chunk (PNG, 5.3).
fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default();
    let checked = [kind.as_slice(), content].concat();
    [length.to_be_bytes().as_slice(), &checked, &checksum(&checked).to_be_bytes()].concat()
}

/// CRC-32 (ISO 3309), as PNG, annex D has it.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ sum >> 1 } else { sum >> 1 },
        )
    })
}

/// An Exif block (Exif 2.32, 4.6.6): one directory that leads to another with latitude and longitude.
fn position() -> Vec<u8> {
    fn entry(tag: u16, kind: u16, count: u32, value: [u8; 4]) -> Vec<u8> {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    }
    let degrees = |degrees: u32, minutes: u32, seconds: u32| {
        [degrees, 1, minutes, 1, seconds, 1].map(u32::to_be_bytes).concat()
    };
    let mut block = b"MM\0\x2a\0\0\0\x08".to_vec();
    // The main directory at 8: one entry, then no next directory.
    block.extend([0, 1]);
    block.extend(entry(0x8825, 4, 1, 26_u32.to_be_bytes()));
    block.extend([0; 4]);
    // The GPS directory at 26: four entries, then their values from 80 on.
    block.extend([0, 4]);
    block.extend(entry(1, 2, 2, *b"N\0\0\0"));
    block.extend(entry(2, 5, 3, 80_u32.to_be_bytes()));
    block.extend(entry(3, 2, 2, *b"E\0\0\0"));
    block.extend(entry(4, 5, 3, 104_u32.to_be_bytes()));
    block.extend([0; 4]);
    block.extend(degrees(59, 19, 30));
    block.extend(degrees(18, 4, 0));
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_one_and_says_where_it_was_taken() {
        let file = png().unwrap();
        let picture = image::load_from_memory_with_format(&file, ImageFormat::Png).unwrap();
        assert_eq!((picture.width(), picture.height()), (96, 96));
        assert_eq!(&file[37..41], b"eXIf");
        assert_eq!(position().len(), 128);
    }

    #[test]
    fn the_checksum_is_that_of_png() {
        assert_eq!(checksum(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn the_pdf_says_where_its_objects_are() {
        let file = pdf("å");
        let text = String::from_utf8_lossy(&file);
        let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(file[start..].starts_with(b"xref"));
        let first = text.find("1 0 obj").unwrap();
        assert!(text.contains(&format!("{first:010} 00000 n ")));
        assert!(text.contains("<E5> Tj"));
    }

    #[test]
    fn the_letter_is_an_archive_with_its_text() {
        let mut archive = zip::ZipArchive::new(Cursor::new(docx("a < b & c").unwrap())).unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut archive.by_name("word/document.xml").unwrap(), &mut text).unwrap();
        assert!(text.contains("<w:t>a &lt; b &amp; c</w:t>"));
    }
}
