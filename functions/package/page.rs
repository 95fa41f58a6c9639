//! `index.html` of a package: readable offline, without scripts, printable, in the person's language. Everything that goes in
//! is escaped here.

use std::fmt::Write as _;

use jiff::{Timestamp, civil::Date};
use kundportal_domain::{Texts, stockholm};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Rows of one section that the page shows; all are in the JSON file.
const MAX_ROWS: usize = 1_000;
/// And no more rows once a section is this long, in bytes.
const MAX_SECTION: usize = 2 * 1024 * 1024;

/// What stands for itself in a path (RFC 3986, 2.3), and the slash.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// What checks a package against its manifests.
const CHECK_WHOLE: &str =
    "sha256sum --quiet -c manifest-sha256.txt\nsha256sum --quiet -c tagmanifest-sha256.txt";
/// What checks the signature of the manifests.
const CHECK_SIGNATURE: &str =
    "jose jws ver -i signature.jws -k keys.json -O - | cmp - tagmanifest-sha256.txt";

const STYLE: &str = "\
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}\
h1{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid #767676}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;\
border-bottom:1px solid #ccc;overflow-wrap:anywhere}td,pre{white-space:pre-wrap}img{max-width:16rem;height:auto}\
a{color:#0b4f9e}@media print{nav{display:none}a{color:inherit}tr{break-inside:avoid}thead{display:table-header-group}}";

/// A value in a table.
pub(super) enum Cell {
    /// Text as it is.
    Text(String),
    /// A link to a file in the package.
    Link {
        /// Relative to the page.
        path: String,
        text: String,
    },
    /// A check sum, which nobody reads aloud.
    Code(String),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn write(&self, html: &mut String) {
        match self {
            Self::Text(text) => escape(html, text),
            Self::Link { path, text } => link(html, path, text),
            Self::Code(text) => {
                html.push_str("<code>");
                escape(html, text);
                html.push_str("</code>");
            }
        }
    }
}

/// A section while its rows come in.
pub(super) struct Section {
    key: &'static str,
    rows: String,
    shown: usize,
    total: usize,
}

impl Section {
    /// A section under the texts of this key.
    pub(super) const fn new(key: &'static str) -> Self {
        Self { key, rows: String::new(), shown: 0, total: 0 }
    }

    /// One more row; whether it is shown depends on how many there are.
    pub(super) fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a Cell>) {
        self.total += 1;
        if self.shown >= MAX_ROWS || self.rows.len() >= MAX_SECTION {
            return;
        }
        self.shown += 1;
        self.rows.push_str("<tr>");
        for (place, cell) in cells.into_iter().enumerate() {
            // The first cell says what the row is about.
            let (start, end) = if place == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
            self.rows.push_str(start);
            cell.write(&mut self.rows);
            self.rows.push_str(end);
        }
        self.rows.push_str("</tr>\n");
    }
}

/// The page while its sections come in.
pub(super) struct Page {
    texts: Texts,
    contents: String,
    body: String,
}

impl Page {
    pub(super) const fn new(texts: Texts) -> Self {
        Self { texts, contents: String::new(), body: String::new() }
    }

    /// A section with its heading, and the paragraph that explains it, where there is a text of that name.
    fn heading(&mut self, key: &str, note: &str) {
        let title = self.texts.get(&format!("package-{key}"));
        let _ = write!(self.contents, "<li><a href=\"#{key}\">");
        escape(&mut self.contents, &title);
        self.contents.push_str("</a></li>\n");
        let _ = write!(self.body, "<section aria-labelledby=\"{key}\">\n<h2 id=\"{key}\">");
        escape(&mut self.body, &title);
        self.body.push_str("</h2>\n");
        let note = format!("package-{key}-{note}");
        if self.texts.has(&note) {
            self.paragraph(&self.texts.get(&note));
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.body.push_str("<p>");
        escape(&mut self.body, text);
        self.body.push_str("</p>\n");
    }

    /// A section that is text alone.
    pub(super) fn text(&mut self, key: &str) {
        self.heading(key, "body");
        self.body.push_str("</section>\n");
    }

    /// How to check the package, with the commands.
    pub(super) fn verify(&mut self) {
        self.heading("verify", "body");
        self.commands(CHECK_WHOLE);
        self.paragraph(&self.texts.get("package-verify-signature"));
        self.commands(CHECK_SIGNATURE);
        self.body.push_str("</section>\n");
    }

    fn commands(&mut self, commands: &str) {
        self.body.push_str("<pre><code>");
        escape(&mut self.body, commands);
        self.body.push_str("</code></pre>\n");
    }

    /// A list of things by name and value.
    pub(super) fn facts(&mut self, key: &str, facts: &[(&str, String)], file: Option<&str>) {
        self.heading(key, "note");
        self.body.push_str("<table>\n<tbody>\n");
        for (name, value) in facts {
            self.body.push_str("<tr><th scope=\"row\">");
            escape(&mut self.body, &self.texts.get(name));
            self.body.push_str("</th><td>");
            escape(&mut self.body, value);
            self.body.push_str("</td></tr>\n");
        }
        self.body.push_str("</tbody>\n</table>\n");
        if let Some(file) = file {
            self.machine_readable(file);
        }
        self.body.push_str("</section>\n");
    }

    /// A table with its file in machine-readable form.
    pub(super) fn table(&mut self, section: &Section, columns: &[&str], file: &str) {
        self.heading(section.key, if section.key == "not-included" { "body" } else { "note" });
        if section.total == 0 {
            let empty = format!("package-{}-empty", section.key);
            self.paragraph(&self.texts.get(if self.texts.has(&empty) { &empty } else { "package-none" }));
        } else {
            if section.shown < section.total {
                let (shown, total) = (section.shown.to_string(), section.total.to_string());
                let path = format!("data/{file}.json");
                let values = [("shown", shown.as_str()), ("total", total.as_str()), ("file", path.as_str())];
                self.paragraph(&self.texts.with("package-more", &values));
            }
            let _ = write!(self.body, "<table aria-labelledby=\"{}\">\n<thead>\n<tr>", section.key);
            for column in columns {
                self.body.push_str("<th scope=\"col\">");
                escape(&mut self.body, &self.texts.get(&format!("package-column-{column}")));
                self.body.push_str("</th>");
            }
            self.body.push_str("</tr>\n</thead>\n<tbody>\n");
            self.body.push_str(&section.rows);
            self.body.push_str("</tbody>\n</table>\n");
        }
        self.machine_readable(file);
        self.body.push_str("</section>\n");
    }

    /// The picture, or that there is none.
    pub(super) fn picture(&mut self, path: Option<&str>) {
        self.heading("picture", "note");
        match path {
            Some(path) => {
                let _ = write!(self.body, "<p><img src=\"{}\" alt=\"", utf8_percent_encode(path, PATH));
                escape(&mut self.body, &self.texts.get("package-picture-alt"));
                self.body.push_str("\"></p>\n");
            }
            None => self.paragraph(&self.texts.get("package-picture-empty")),
        }
        self.body.push_str("</section>\n");
    }

    fn machine_readable(&mut self, file: &str) {
        for (text, path) in [
            ("package-machine-readable", format!("data/{file}.json")),
            ("package-schema", format!("data/schemas/{file}.schema.json")),
        ] {
            // The link stands where the text has the file.
            let sentence = self.texts.with(text, &[("file", "\u{0}")]);
            let (before, after) = sentence.split_once('\u{0}').unwrap_or((&sentence, ""));
            self.body.push_str("<p>");
            escape(&mut self.body, before);
            link(&mut self.body, &path, &path);
            escape(&mut self.body, after);
            self.body.push_str("</p>\n");
        }
    }

    /// The whole page.
    pub(super) fn finish(self, tenant: &str, made_at: Timestamp) -> String {
        let locale = self.texts.locale().as_str();
        let title = self.texts.with("package-title", &[("tenant", tenant)]);
        let made_at = time(made_at);
        let intro = self.texts.with("package-intro", &[("tenant", tenant), ("date", &made_at)]);
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{locale}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>"
        );
        escape(&mut html, &title);
        let _ = write!(html, "</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>");
        escape(&mut html, &title);
        html.push_str("</h1>\n<p>");
        escape(&mut html, &intro);
        html.push_str("</p>\n<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">");
        escape(&mut html, &self.texts.get("package-contents"));
        let _ = write!(html, "</h2>\n<ul>\n{}</ul>\n</nav>\n{}", self.contents, self.body);
        html.push_str("</main>\n</body>\n</html>\n");
        html
    }
}

/// A time as people in Sweden read it.
pub(super) fn time(time: Timestamp) -> String {
    let local = stockholm::time_zone().to_datetime(time);
    format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
}

/// A day, or a dash.
pub(super) fn day(day: Option<Date>) -> String {
    day.map_or_else(|| "–".to_owned(), |day| day.to_string())
}

fn link(html: &mut String, path: &str, text: &str) {
    let _ = write!(html, "<a href=\"{}\">", utf8_percent_encode(path, PATH));
    escape(html, text);
    html.push_str("</a>");
}

/// Text as HTML, in an element or in a quoted attribute.
fn escape(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(character),
        }
    }
}
