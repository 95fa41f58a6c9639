//! The bag (RFC 8493): every file is there once, as its manifest says, and no other.

use std::{
    collections::HashSet,
    fs::File,
    io::{BufReader, Read as _},
};

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

use super::{Archive, Faults, broken};

/// Most bytes of the signature and of what it signs.
pub(super) const LONGEST_SIGNED: u64 = 1024 * 1024;
/// Most bytes of the manifest of the payload: some hundred for each file, of which the archive's directory has as many.
const LONGEST_MANIFEST: u64 = 512 * 1024 * 1024;
/// Read at once of what is hashed.
const PIECE: usize = 128 * 1024;

const PAYLOAD: &str = "manifest-sha256.txt";
const TAGS: &str = "tagmanifest-sha256.txt";
const INFO: &str = "bag-info.txt";
const SIGNATURE: &str = "signature.jws";

/// A bag in an archive.
pub(super) struct Bag {
    archive: Archive,
    /// With the slash after it.
    folder: String,
    /// Payload that is as it should be.
    pub(super) files: u64,
    /// Its length.
    pub(super) bytes: u64,
}

impl Bag {
    /// Opens an archive that holds one folder, and in it every name once.
    pub(super) fn open(file: File) -> Result<Self, String> {
        let damaged = |error: zip::result::ZipError| broken("the archive", error);
        let mut archive = Archive::new(BufReader::new(file)).map_err(damaged)?;
        if archive.has_duplicate_names() || archive.has_overlapping_entries().map_err(damaged)? {
            return Err("the archive has two files in one place".to_owned());
        }
        archive.validate_header_consistency().map_err(damaged)?;
        let folder = folder(&archive).ok_or("the archive does not hold one folder")?;
        Ok(Self { archive, folder, files: 0, bytes: 0 })
    }

    /// The name of the folder.
    pub(super) fn name(&self) -> &str {
        self.folder.trim_end_matches('/')
    }

    /// A file of it that has at most so many bytes.
    pub(super) fn whole(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, String> {
        let path = format!("{}{name}", self.folder);
        let file = self.archive.by_name(&path).map_err(|error| missing(name, error))?;
        let mut content = Vec::new();
        file.take(limit + 1).read_to_end(&mut content).map_err(|error| broken(name, error))?;
        if content.len() as u64 > limit {
            return Err(format!("{name} is too long"));
        }
        Ok(content)
    }

    /// Checks every file, from the tag manifest on.
    pub(super) fn check(&mut self, tags: &[u8], faults: &mut Faults) {
        let mut known: HashSet<String> = [TAGS, SIGNATURE].map(str::to_owned).into();
        self.manifest(TAGS, tags, &mut known, faults);
        for wanted in ["bagit.txt", INFO, PAYLOAD] {
            if !known.contains(wanted) {
                faults.add(format!("{TAGS} does not name {wanted}"));
            }
        }
        if let Some(info) = faults.of(self.whole(INFO, LONGEST_SIGNED)) {
            // What the folder is called is signed only here.
            let named = format!("External-Identifier: {}", self.name());
            if !info.split(|byte| *byte == b'\n').any(|line| line == named.as_bytes()) {
                faults.add(format!("{INFO} is not that of {}", self.name()));
            }
        }
        if let Some(payload) = faults.of(self.whole(PAYLOAD, LONGEST_MANIFEST)) {
            self.manifest(PAYLOAD, &payload, &mut known, faults);
        }
        for name in self.archive.file_names() {
            let name = name.map(std::borrow::Cow::into_owned).unwrap_or_default();
            let name = name.strip_prefix(&self.folder).unwrap_or(&name);
            if !name.is_empty() && !name.ends_with('/') && !known.contains(name) {
                faults.add(format!("{name} is in no manifest"));
            }
        }
    }

    fn manifest(&mut self, manifest: &str, content: &[u8], known: &mut HashSet<String>, faults: &mut Faults) {
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            self.line(manifest, line, known, faults);
        }
    }

    /// One line of a manifest, and the file that it names.
    fn line(&mut self, manifest: &str, line: &[u8], known: &mut HashSet<String>, faults: &mut Faults) {
        let parts = std::str::from_utf8(line).ok().and_then(|line| line.strip_suffix('\n')?.split_once("  "));
        let Some((hash, name)) = parts.filter(|(_, name)| (manifest == PAYLOAD) == name.starts_with("data/"))
        else {
            return faults.add(format!("{manifest} has a line that is none of a manifest"));
        };
        if !known.insert(name.to_owned()) {
            return faults.add(format!("{manifest} names {name} twice"));
        }
        match self.hash(name) {
            Ok((found, size)) if found == hash => {
                if manifest == PAYLOAD {
                    self.files += 1;
                    self.bytes += size;
                }
            }
            Ok(_) => faults.add(format!("{name} has been changed")),
            Err(fault) => faults.add(fault),
        }
    }

    /// Hash and length of a file's content.
    fn hash(&mut self, name: &str) -> Result<(String, u64), String> {
        let path = format!("{}{name}", self.folder);
        let mut file = self.archive.by_name(&path).map_err(|error| missing(name, error))?;
        let mut hash = Context::new(&SHA256);
        let mut size = 0;
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece).map_err(|error| broken(name, error))?;
            let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
            hash.update(read);
            size += read.len() as u64;
        }
        Ok((HEXLOWER.encode(hash.finish().as_ref()), size))
    }
}

/// The one folder that everything is in.
fn folder(archive: &Archive) -> Option<String> {
    let mut names = archive.file_names();
    let first = names.next()?.ok()?;
    let folder = format!("{}/", first.split_once('/')?.0);
    names.all(|name| name.is_ok_and(|name| name.starts_with(&folder))).then_some(folder)
}

fn missing(name: &str, error: zip::result::ZipError) -> String {
    match error {
        zip::result::ZipError::FileNotFound => format!("{name} is missing"),
        error => broken(name, error),
    }
}
