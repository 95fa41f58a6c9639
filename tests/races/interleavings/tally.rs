//! How many orders of how many races were gone through. Each race is a test of its own, so each notes its part, and the sum
//! anew.

use std::{fs, path::Path};

use crate::support::figure;

pub(super) fn note(race: &str, first: u64, number: u64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interleavings");
    fs::create_dir_all(&folder).expect("a folder for what was gone through");
    fs::write(folder.join(race), format!("{first} {number}")).expect("a race is noted");
    let parts: Vec<(u64, u64)> = fs::read_dir(&folder)
        .expect("the folder")
        .filter_map(|file| {
            // Another test may be writing its own.
            let text = fs::read_to_string(file.ok()?.path()).ok()?;
            let (first, number) = text.split_once(' ')?;
            Some((first.parse().ok()?, number.parse().ok()?))
        })
        .collect();
    let (races, all) = (parts.len(), parts.iter().map(|(_, number)| number).sum::<u64>());
    let from = parts.iter().map(|(first, _)| *first).min().unwrap_or(first);
    let to = parts.iter().map(|(first, number)| first + number - 1).max().unwrap_or(first);
    figure(
        "interleavings",
        &format!("interleavings: {races} races, {all} interleavings, seeds from {from} to {to}"),
    );
}
