//! File names that can be unpacked on Windows, macOS and Linux alike.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

/// Most bytes of a name in UTF-8. Decomposed, as some file systems keep it, such a name still has at most 255 UTF-16 units.
pub const MAX_BYTES: usize = 160;
/// Most UTF-16 units of a name: Windows' older limit of 260 is for the whole path.
pub const MAX_UTF16: usize = 120;

/// What a name is called of which nothing is left.
const NAMELESS: &str = "file";
/// Longest extension that survives when a name is cut, in bytes.
const MAX_EXTENSION: usize = 20;

/// Gives each file of an archive a name of its own. The same names in the same order always come out the same. It remembers
/// what it has given out: some three times the names' own length, about 50 MB for 100,000 files with the longest names.
#[derive(Default)]
pub struct Namer {
    taken: HashSet<String>,
    next: HashMap<String, u32>,
}

impl Namer {
    /// For an archive folder that is still empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A safe name made of a person's file name: the same wherever that can be, otherwise as close as can be, and with
    /// ` (2)` and so on before the extension where another file has it, also where only case or accents' encoding differ.
    pub fn name(&mut self, wanted: &str) -> String {
        let safe = safe_name(wanted);
        let key = folded(&safe);
        if self.taken.insert(key.clone()) {
            return safe;
        }
        let next = self.next.entry(key).or_insert(2);
        loop {
            let numbered = with_suffix(&safe, &format!(" ({next})"));
            *next = next.saturating_add(1);
            if self.taken.insert(folded(&numbered)) {
                return numbered;
            }
        }
    }
}

/// A name that is safe by itself: without `/ \ : * ? " < > | %`, control and invisible characters; not reserved by Windows; with no
/// dot, hyphen or space first and no dot or space last; composed (NFC); within [`MAX_BYTES`] and [`MAX_UTF16`]; not empty.
#[must_use]
pub fn safe_name(wanted: &str) -> String {
    let visible: String = wanted.nfc().filter(|character| !is_ignorable(*character)).map(replaced).collect();
    // Without what was invisible, what is left may compose anew.
    let visible: String = visible.nfc().collect();
    let trimmed = visible.trim_start().trim_end_matches(is_no_end);
    let mut name = if trimmed.is_empty() { NAMELESS.to_owned() } else { trimmed.to_owned() };
    if name.starts_with(['.', '-']) || is_reserved(&name) {
        name.insert(0, '_');
    }
    with_suffix(&name, "")
}

/// Puts a suffix before the extension, and cuts the part before both so that all of it fits.
fn with_suffix(name: &str, suffix: &str) -> String {
    let (whole, extension) = split_extension(name);
    let bytes = MAX_BYTES.saturating_sub(suffix.len() + extension.len());
    let units = MAX_UTF16.saturating_sub(suffix.encode_utf16().count() + extension.encode_utf16().count());
    let (mut stem, mut used) = ("", 0);
    for (start, character) in whole.char_indices() {
        let end = start + character.len_utf8();
        used += character.len_utf16();
        if end > bytes || used > units {
            break;
        }
        stem = &whole[..end];
    }
    if stem.len() < whole.len() || !suffix.is_empty() || extension.is_empty() {
        stem = stem.trim_end_matches(is_no_end);
    }
    let stem = if stem.is_empty() { NAMELESS } else { stem };
    format!("{stem}{suffix}{extension}")
}

/// `avtal.pdf` → (`avtal`, `.pdf`). What comes after the last dot is an extension if it is short and something is before it.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= MAX_EXTENSION => name.split_at(dot),
        _ => (name, ""),
    }
}

fn replaced(character: char) -> char {
    let refused = matches!(character, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%')
        || character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    if refused { '_' } else { character }
}

/// Characters without a shape: some file systems leave them out when they compare, and people cannot see them.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

fn is_no_end(character: char) -> bool {
    character == '.' || character.is_whitespace()
}

/// The devices of MS-DOS, which Windows still finds in every folder and under every extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|rest| {
            let mut characters = rest.chars();
            matches!((characters.next(), characters.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || numbered("COM")
        || numbered("LPT")
}

/// What two names have in common that any of the systems takes for one: wider than each of their own rules.
fn folded(name: &str) -> String {
    let upper = name.nfd().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).nfd().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stay_what_they_are_wherever_they_can() {
        for name in [
            "avtal.pdf",
            "Räksmörgås & Åäö (1).tar.gz",
            "a b.txt",
            "日本語.docx",
            "100 kr.txt",
            "README",
            "a..b",
        ] {
            assert_eq!(safe_name(name), name);
        }
    }

    #[test]
    fn dangerous_names_become_safe_ones() {
        for (wanted, name) in [
            ("../../å|ä?.pdf", "_.._.._å_ä_.pdf"),
            ("CON.txt", "_CON.txt"),
            ("con", "_con"),
            ("Com1.tar.gz", "_Com1.tar.gz"),
            ("LPT².x", "_LPT².x"),
            ("NUL .txt", "_NUL .txt"),
            ("COM10.txt", "COM10.txt"),
            ("CONTRACT.txt", "CONTRACT.txt"),
            (".gitignore", "_.gitignore"),
            (".pdf", "_.pdf"),
            ("-rf", "_-rf"),
            (" a. . ", "a"),
            ("a.txt.", "a.txt"),
            ("100%.txt", "100_.txt"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("a\r\nb", "a__b"),
            ("A\u{30a}.txt", "Å.txt"),
            ("A\u{200b}\u{30a}.txt", "Å.txt"),
            ("", "file"),
            ("...", "file"),
            (" ", "file"),
            ("\u{200b}", "file"),
        ] {
            assert_eq!(safe_name(wanted), name, "{wanted:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        assert_eq!(safe_name(&format!("{}.pdf", "a".repeat(300))), format!("{}.pdf", "a".repeat(116)));
        assert_eq!(safe_name(&format!("{}.pdf", "å".repeat(300))), format!("{}.pdf", "å".repeat(78)));
        assert_eq!(safe_name(&format!("a.{}", "b".repeat(300))), format!("a.{}", "b".repeat(118)));
    }

    #[test]
    fn a_name_of_megabytes_is_cut_in_one_pass() {
        assert_eq!(safe_name(&"a".repeat(1_000_000)), "a".repeat(MAX_UTF16));
    }

    #[test]
    fn equal_names_are_numbered_before_the_extension() {
        let mut namer = Namer::new();
        let given: Vec<_> = ["a.txt", "A.TXT", "a (2).txt", "a.txt", "Å", "A\u{30a}", "å"]
            .map(|name| namer.name(name))
            .into();
        assert_eq!(given, ["a.txt", "A (2).TXT", "a (2) (2).txt", "a (3).txt", "Å", "Å (2)", "å (3)"]);
    }

    #[test]
    fn many_equal_names_take_time_in_proportion_to_their_number() {
        let mut namer = Namer::new();
        let given: HashSet<_> = (0..20_000).map(|_| namer.name("bild.jpg")).collect();
        assert_eq!(given.len(), 20_000);
        assert!(given.contains("bild (20000).jpg"));
    }

    fn assert_safe(name: &str) -> Result<(), TestCaseError> {
        prop_assert!(!name.is_empty() && name.len() <= MAX_BYTES && name.encode_utf16().count() <= MAX_UTF16);
        prop_assert!(name.nfd().collect::<String>().encode_utf16().count() <= 255);
        prop_assert!(!name.contains(|c: char| c.is_control() || "/\\:*?\"<>|%".contains(c)));
        prop_assert!(!name.starts_with(['.', '-', ' ']) && !name.ends_with(['.', ' ']));
        prop_assert!(!is_reserved(name));
        prop_assert_eq!(name.nfc().collect::<String>(), name);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_name_is_always_safe_and_stays_as_it_is_once_it_is(
            wanted in "(?s).{0,200}|[.A-Za-zåäö \u{300}-\u{30a}\u{200b}/-]{0,200}|(con|NUL|com[0-9])[. ]{0,3}[a-z]{0,3}"
        ) {
            let name = safe_name(&wanted);
            assert_safe(&name)?;
            prop_assert_eq!(safe_name(&name), name);
        }

        #[test]
        fn names_in_one_archive_are_always_unique_safe_and_the_same_again(
            wanted in proptest::collection::vec("[aAåÅ\u{30a}. ]{0,3}(\\([23]\\))?(\\.txt)?|.{0,4}|x{110,200}", 0..60)
        ) {
            let give = || {
                let mut namer = Namer::new();
                wanted.iter().map(|name| namer.name(name)).collect::<Vec<_>>()
            };
            let names = give();
            for name in &names {
                assert_safe(name)?;
            }
            let distinct: HashSet<_> = names.iter().map(|name| folded(name)).collect();
            prop_assert_eq!(distinct.len(), names.len());
            prop_assert_eq!(give(), names);
        }

        #[test]
        fn swedish_letters_and_the_extension_stay(stem in "[a-zåäöÅÄÖ]{4,300}", extension in "[a-z]{1,8}") {
            let mut namer = Namer::new();
            let first = namer.name(&format!("{stem}.{extension}"));
            let kept = first.strip_suffix(&format!(".{extension}"));
            prop_assert!(kept.is_some_and(|kept| kept.len() >= 4 && stem.starts_with(kept)), "{}", first);
            let second = namer.name(&format!("{stem}.{extension}"));
            prop_assert!(second.ends_with(&format!(" (2).{extension}")), "{}", second);
        }
    }
}
