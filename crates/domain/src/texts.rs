//! Texts for people, in Swedish and English: Project Fluent, one file per language, within the executable.

use std::{borrow::Cow, sync::OnceLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::Locale;

type Bundle = FluentBundle<&'static FluentResource>;

/// The texts of one language. Cheap to copy: what is behind it is made once.
#[derive(Clone, Copy)]
pub struct Texts {
    locale: Locale,
    bundle: &'static Bundle,
}

impl Texts {
    /// The texts of a language.
    #[must_use]
    pub fn of(locale: Locale) -> Self {
        static SV: OnceLock<Bundle> = OnceLock::new();
        static EN: OnceLock<Bundle> = OnceLock::new();
        let bundle = match locale {
            Locale::Sv => SV.get_or_init(|| bundle(locale)),
            Locale::En => EN.get_or_init(|| bundle(locale)),
        };
        Self { locale, bundle }
    }

    /// The language.
    #[must_use]
    pub const fn locale(self) -> Locale {
        self.locale
    }

    /// A text without variables. An id that does not exist gives the id, so that a mistake is seen and stops nothing.
    #[must_use]
    pub fn get(self, id: &str) -> Cow<'static, str> {
        self.format(id, None)
    }

    /// A text with its variables filled in. A value is taken as it is, escaping is for whoever makes HTML of it; one of
    /// digits only counts as a number where the text chooses between singular and plural.
    #[must_use]
    pub fn with(self, id: &str, values: &[(&str, &str)]) -> Cow<'static, str> {
        let values: FluentArgs = values.iter().map(|(name, value)| (*name, to_value(value))).collect();
        self.format(id, Some(&values))
    }

    /// Whether a text of this name exists.
    #[must_use]
    pub fn has(self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// The names of all texts, in the order of the file.
    pub fn ids(self) -> impl Iterator<Item = &'static str> {
        source(self.locale).lines().filter_map(id_on)
    }

    /// The variables of a text, in alphabetical order, each once.
    #[must_use]
    pub fn variables(self, id: &str) -> Vec<&'static str> {
        let lines = source(self.locale).lines().skip_while(|line| id_on(line) != Some(id)).enumerate();
        let mut names: Vec<_> = lines
            .take_while(|(place, line)| *place == 0 || (id_on(line).is_none() && !line.starts_with('#')))
            .flat_map(|(_, line)| line.split('$').skip(1))
            .filter_map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next()
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn format(self, id: &str, values: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return Cow::Owned(id.to_owned());
        };
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, values, &mut errors)
    }
}

fn source(locale: Locale) -> &'static str {
    match locale {
        Locale::Sv => include_str!("../texts/sv.ftl"),
        Locale::En => include_str!("../texts/en.ftl"),
    }
}

/// Where the file has an error the rest still counts; a test sees to it that it has none.
fn resource(locale: Locale) -> &'static FluentResource {
    static SV: OnceLock<FluentResource> = OnceLock::new();
    static EN: OnceLock<FluentResource> = OnceLock::new();
    let read = || FluentResource::try_new(source(locale).to_owned()).unwrap_or_else(|(resource, _)| resource);
    match locale {
        Locale::Sv => SV.get_or_init(read),
        Locale::En => EN.get_or_init(read),
    }
}

fn bundle(locale: Locale) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![locale.as_str().parse().unwrap_or_default()]);
    // The marks keep right-to-left values apart from the text around them; in mail subjects and file names they are noise.
    bundle.set_use_isolating(false);
    // Of two texts with one name the first counts; a test sees to it that there are none.
    let _ = bundle.add_resource(resource(locale));
    bundle
}

/// `7` is a number, `007` and `7.0` are somebody's name for something.
fn to_value(text: &str) -> FluentValue<'_> {
    let canonical = text == "0" || !text.starts_with('0');
    match text.parse::<u32>() {
        Ok(number) if canonical && !text.starts_with('+') => FluentValue::from(number),
        _ => FluentValue::from(text),
    }
}

/// The name of the text that begins on this line.
fn id_on(line: &'static str) -> Option<&'static str> {
    let starts = line.starts_with(|c: char| c.is_ascii_alphabetic());
    line.split_once('=').filter(|_| starts).map(|(id, _)| id.trim_end())
}
