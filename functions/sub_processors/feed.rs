//! The changes of the register as a feed (Atom, RFC 4287): one entry for each revision.

use std::fmt::Write as _;

use jiff::civil::Date;
use kundportal_domain::{Texts, stockholm, sub_processors::Register};

use super::Reader;
use crate::mail::escape;

/// The feed. Its ids are tag URIs (RFC 4151) of the operator's domain and the year in which the register began: they stay the
/// same wherever the service is moved to. Its links begin with where the service is: a reader may keep it without its address.
pub(super) fn feed(reader: Reader, register: &Register, domain: &str, service: &str) -> String {
    let locale = reader.locale;
    let texts = Texts::of(locale);
    let began = register.revisions().first().map_or(1970, |revision| revision.date.year());
    let tag = escape(&format!("tag:{domain},{began}:sub-processors"));
    let service = escape(service);
    let title = escape(&texts.get("sub-processors-title"));
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n\
         <id>{tag}</id>\n<title>{title}</title>\n<updated>{}</updated>\n<author><name>{}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{service}{}\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{service}{}\"/>\n",
        locale.as_str(),
        time(register.date()),
        escape(&texts.get("sub-processors-author")),
        reader.address("/api/sub-processors/feed", ""),
        reader.address("/api/sub-processors/history", ""),
    );
    for revision in register.revisions().iter().rev() {
        let number = revision.number.to_string();
        let mut summary = revision.summary.in_language(locale).to_owned();
        for entry in register.changed_by(revision) {
            let _ = write!(summary, "\n{}: {}", entry.service.in_language(locale), entry.name);
        }
        let _ = write!(
            feed,
            "<entry>\n<id>{tag}/revision/{number}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{service}{}\"/>\n\
             <summary>{}</summary>\n</entry>\n",
            escape(&texts.with("sub-processors-revision", &[("number", &number)])),
            time(revision.date),
            reader.address("/api/sub-processors/history", &format!("#revision-{number}")),
            escape(&summary),
        );
    }
    feed + "</feed>\n"
}

fn time(day: Date) -> String {
    stockholm::start_of(day).to_string()
}
