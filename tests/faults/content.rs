//! Contents of blobs in a form that is the same in each run.

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::{
    support::sha256,
    text::{Piece, Reader},
};

/// The content of a blob in a form that is the same in each run.
pub(crate) fn read_content(reader: &mut Reader<'_>, name: &str, content: &Bytes) -> Vec<Piece> {
    if name.ends_with("/package.zip") {
        return read_package(reader, content);
    }
    match serde_json::from_slice::<Value>(content) {
        Ok(mut value) => {
            if name.ends_with("/case.json") {
                // That they are the package's is looked at separately.
                for field in ["size", "sha256"] {
                    if let Some(value) = value.pointer_mut(&format!("/package/{field}")) {
                        *value = Value::from("the package's");
                    }
                }
            }
            if name.ends_with("/package-plan.json") {
                let own = value["own"].as_array_mut().expect("a list");
                own.retain(|entry| !entry["name"].as_str().is_some_and(|name| name.starts_with("outbox/")));
                for entry in own {
                    entry["etag"] = Value::from("a version");
                }
            }
            reader.read(&value.to_string())
        }
        Err(_) => match std::str::from_utf8(content) {
            Ok(text) => reader.read(text),
            Err(_) => vec![Piece::Text(format!("{} bytes, {}", content.len(), sha256(content)))],
        },
    }
}

/// The entries of a package. Its lists of checksums and lengths follow from the entries, and its signature from those; and which mails
/// had not gone out yet when it was written depends on when that was.
fn read_package(reader: &mut Reader<'_>, content: &Bytes) -> Vec<Piece> {
    let (mut pieces, mut signed) = (Vec::new(), String::new());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(content)).expect("a whole package");
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).expect("an entry");
        let name = entry.name().expect("UTF-8").into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).expect("its content");
        let bytes = Bytes::from(bytes);
        drop(entry);
        pieces.extend(reader.read(&format!(" / {name}: ")));
        if name.ends_with("/index.html") {
            let page = String::from_utf8(bytes.to_vec()).expect("UTF-8");
            pieces.extend(reader.read(&without_mails(&page)));
        } else if name.ends_with("/bag-info.txt") {
            let lines = String::from_utf8(bytes.to_vec()).expect("UTF-8");
            let lines = lines.lines().filter(|line| !line.starts_with("Payload-Oxum: "));
            pieces.extend(reader.read(&lines.collect::<Vec<_>>().join(" / ")));
        } else if name.ends_with("/tagmanifest-sha256.txt") {
            signed = BASE64URL_NOPAD.encode(&bytes);
        } else if name.ends_with("/signature.jws") {
            let jws = String::from_utf8(bytes.to_vec()).expect("ASCII");
            assert_eq!(jws.split('.').nth(1), Some(signed.as_str()), "{name} signs something else");
        } else if !name.ends_with("-sha256.txt") && !name.ends_with("/data/mails.json") {
            pieces.extend(read_content(reader, &name, &bytes));
        }
    }
    pieces
}

fn without_mails(page: &str) -> String {
    let (before, section) =
        page.split_once("<section aria-labelledby=\"mails\">").expect("a section of mails");
    let (_, after) = section.split_once("</section>").expect("its end");
    format!("{before}{after}")
}
