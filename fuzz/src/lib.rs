//! What each parser of foreign bytes promises, whatever the bytes: a target for each. `tests/fuzz` drives them by libFuzzer;
//! the inputs kept in `corpus/<target>/` are checked by an ordinary test too.
//!
//! A target panics where a promise is broken: that is how libFuzzer is told.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a broken promise is a panic here"
)]

mod bytes;
mod door;
mod text;
mod tokens;
mod values;
mod world;

/// One parser, or a family of them, and what it promises.
pub struct Target {
    /// Also the name of its folder in `corpus/`.
    pub name: &'static str,
    /// Longest input worth trying, in bytes.
    pub longest: usize,
    /// Panics where a promise is broken.
    pub check: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "content_disposition", longest: 1_024, check: bytes::content_disposition },
    Target { name: "csv_import", longest: 4_096, check: bytes::csv_import },
    Target { name: "cursor", longest: 300, check: door::cursor },
    Target { name: "email", longest: 300, check: values::email },
    Target { name: "envelope", longest: 4_096, check: bytes::envelope },
    Target { name: "headers", longest: 512, check: values::headers },
    Target { name: "identifiers", longest: 256, check: values::identifiers },
    Target { name: "index_keys", longest: 300, check: values::index_keys },
    Target { name: "json_body", longest: 2_048, check: door::json_body },
    Target { name: "key_set", longest: 2_048, check: tokens::key_set },
    Target { name: "link", longest: 300, check: tokens::link },
    Target { name: "merge_patch", longest: 1_024, check: door::merge_patch },
    Target { name: "phone", longest: 64, check: values::phone },
    Target { name: "picture", longest: 4_096, check: bytes::picture },
    Target { name: "queue_message", longest: 512, check: door::queue_message },
    Target { name: "range", longest: 128, check: bytes::range },
    Target { name: "request", longest: 2_048, check: door::request },
    Target { name: "signed_url", longest: 1_024, check: tokens::signed_url },
    Target { name: "texts", longest: 2_048, check: text::texts },
    Target { name: "token", longest: 2_048, check: tokens::token },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        panic!("the targets are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn corpus() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
    }

    #[test]
    fn each_target_has_a_corpus() {
        let folders = fs::read_dir(corpus())
            .expect("the corpus")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
        let names = TARGETS.iter().map(|target| target.name.to_owned());
        assert_eq!(folders.collect::<BTreeSet<_>>(), names.collect::<BTreeSet<_>>());
    }

    #[test]
    fn every_promise_holds_for_every_input_that_is_kept() {
        let mut broken = Vec::new();
        for target in TARGETS {
            let inputs = fs::read_dir(corpus().join(target.name)).expect("a corpus");
            let paths: Vec<_> = inputs.map(|entry| entry.expect("an input").path()).collect();
            assert!(!paths.is_empty(), "{} has no input", target.name);
            broken.extend(paths.into_iter().filter(|path| {
                let bytes = fs::read(path).expect("an input");
                std::panic::catch_unwind(|| (target.check)(&bytes)).is_err()
            }));
        }
        assert!(broken.is_empty(), "these inputs break a promise: {broken:#?}");
    }
}
