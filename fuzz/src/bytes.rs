//! Bodies and headers.

use kundportal_domain::FileName;
use kundportal_functions::{
    content_disposition::{attachment, file_name},
    csv_import::{self, ImportRow, LONGEST_FILE, MOST_ROWS, RowError},
    envelope, foreign,
    picture::{LONGEST_SIDE, Picture},
    range::{Selected, content_range, select},
};
use serde_json::Value;

/// A file's name survives the way out and back in, and the header of a download is one line of ASCII.
pub(crate) fn content_disposition(bytes: &[u8]) {
    let Ok(name) = file_name(Some(bytes)) else { return };
    let header = attachment(&name);
    assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    assert!(header.len() <= 64 + 13 * FileName::MAX_LENGTH);
    assert!(file_name(Some(header.as_bytes())) == Ok(name), "the name changed on the way");
}

/// What the host wraps is what comes out, and a message is not much longer than its envelope.
pub(crate) fn envelope(bytes: &[u8]) {
    if envelope::timer(bytes).is_ok() {
        let value: Value = serde_json::from_slice(bytes).expect("an envelope is JSON");
        assert!(value["Data"]["timer"].is_object());
    }
    let Ok(message) = envelope::message(bytes) else { return };
    // A number may be written longer than it was: `1e9`.
    assert!(message.len() <= 8 * bytes.len());
    let wrapped = serde_json::json!({"Data": {"message": Value::String(message.clone()).to_string()}});
    assert_eq!(envelope::message(wrapped.to_string().as_bytes()), Ok(message));
}

/// One range lies within the content, and the answer's header says so.
pub(crate) fn range(bytes: &[u8]) {
    let Some((size, text)) = bytes.split_first_chunk::<8>() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let (range, if_range) = text.split_once('\n').map_or((text, None), |(range, etag)| (range, Some(etag)));
    let size = u64::from_le_bytes(*size);
    match select(Some(range), if_range, "v1", size) {
        Selected::Partial(part) => {
            assert!(part.start < part.end && part.end <= size);
            assert!(if_range.is_none_or(|etag| etag.trim() == "\"v1\""));
            // The same range is asked for by the answer's own words, and by a plain request for it.
            let asked = format!("bytes={}-{}", part.start, part.end - 1);
            assert_eq!(select(Some(&asked), None, "v1", size), Selected::Partial(part.clone()));
            assert_eq!(content_range(&part, size), format!("{}/{size}", asked.replace('=', " ")));
        }
        Selected::Unsatisfiable => assert!(range.contains('-')),
        Selected::Full => {}
    }
}

/// Rows are numbered from one, their cells trimmed, and what was read is read again when a spreadsheet writes it anew.
pub(crate) fn csv_import(bytes: &[u8]) {
    let Ok(rows) = csv_import::parse(bytes) else { return };
    assert!(bytes.len() <= LONGEST_FILE && rows.len() <= MOST_ROWS);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["email", "name", "role", "customer"]).expect("a header");
    for (row, number) in rows.iter().zip(1..) {
        assert_eq!(row.row, number);
        match cells(row) {
            Ok(cells) => {
                assert!(cells.iter().all(|cell| cell.trim() == cell));
                writer.write_record(&cells).expect("a row");
            }
            Err(error) => {
                assert_eq!(error, RowError::MoreCellsThanHeader);
                writer.write_record(["x"; 4]).expect("a row");
            }
        }
    }
    let written = writer.into_inner().expect("a file");
    // A file that is written anew may be longer than may be: that is the only reason not to read it.
    let Ok(again) = csv_import::parse(&written) else { return assert!(written.len() > LONGEST_FILE) };
    let expected: Vec<_> =
        rows.iter().filter_map(|row| cells(row).ok()).filter(|cells| !is_blank(cells)).collect();
    let found: Vec<_> = again.iter().filter_map(|row| cells(row).ok()).collect();
    let refused = rows.iter().filter(|row| row.cells.is_err()).count();
    assert_eq!(found.len(), expected.len() + refused);
    let x = ["x"; 4].map(str::to_owned);
    let found: Vec<_> = found.into_iter().filter(|cells| *cells != x).collect();
    let expected: Vec<_> = expected.into_iter().filter(|cells| *cells != x).collect();
    assert!(found == expected, "cells changed on the way");
}

fn is_blank(cells: &[String; 4]) -> bool {
    cells.iter().all(String::is_empty)
}

fn cells(row: &ImportRow) -> Result<[String; 4], RowError> {
    let cells = row.cells.as_ref().map_err(|error| *error)?;
    let customer = cells.customer.as_ref().map(|customer| customer.reveal().clone());
    let [email, name, role] = [&cells.email, &cells.name, &cells.role].map(|cell| cell.reveal().clone());
    Ok([email, name, role, customer.unwrap_or_default()])
}

/// Most pixels in a fuzzed picture: more only takes time.
const PIXELS: u64 = 256 * 1024;

/// A picture that is accepted comes out small, in one of two formats, without anything but pixels, and is accepted again.
pub(crate) fn picture(bytes: &[u8]) {
    let Ok(kept) = foreign::picture(bytes, PIXELS) else { return };
    let (width, height) = is_a_bare_picture(&kept);
    assert!(width > 0 && height > 0 && width.max(height) <= LONGEST_SIDE);
    let again = foreign::picture(kept.bytes.reveal(), PIXELS).expect("what is kept is a picture");
    assert_eq!(is_a_bare_picture(&again), (width, height));
}

fn is_a_bare_picture(picture: &Picture) -> (u32, u32) {
    let bytes = picture.bytes.reveal();
    let format = match picture.content_type {
        "image/png" => image::ImageFormat::Png,
        "image/jpeg" => image::ImageFormat::Jpeg,
        other => panic!("a picture of the type {other}"),
    };
    if format == image::ImageFormat::Png {
        let mut rest = bytes.get(8..).expect("a signature");
        while let Some((length, chunk)) = rest.split_first_chunk::<4>() {
            let kind = chunk.get(..4).expect("a kind");
            assert!([b"IHDR".as_slice(), b"IDAT", b"IEND"].contains(&kind), "a chunk with more than pixels");
            rest = &chunk[u32::from_be_bytes(*length) as usize + 8..];
        }
    }
    let decoded = image::load_from_memory_with_format(bytes, format).expect("it can be decoded");
    (decoded.width(), decoded.height())
}
