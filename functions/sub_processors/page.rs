//! The list and its history as pages: for anybody, without scripts, on paper as on a screen.

use std::fmt::Write as _;

use kundportal_domain::{
    Locale, Texts,
    sub_processors::{
        Change, ChangeStatus, CountryCode, DataCategories, Mechanism, NonRegional, NonRegionalService,
        RegionName, Register, Status, SubProcessor, Text, Transfer, UsedFor, Zone,
    },
};

use super::Reader;
use crate::mail::escape;

const LIST: &str = "/api/sub-processors";
const HISTORY: &str = "/api/sub-processors/history";
const FEED: &str = "/api/sub-processors/feed";
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:56rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}\
h1{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid #767676}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ccc;overflow-wrap:anywhere}\
th{width:14rem}ul{margin:0;padding-left:1.2rem}a{color:#0b4f9e}.example{border:2px solid #8a4b00;padding:.5rem 1rem}\
@media print{nav{display:none}a{color:inherit}tr{break-inside:avoid}h2{break-after:avoid}}";

/// The list.
pub(super) fn list(reader: Reader, register: &Register) -> String {
    let mut page = Page::new(reader, ("sub-processors-title", LIST), register);
    let texts = page.texts;
    let days = register.notice_period_days().to_string();
    page.paragraph(&texts.get("sub-processors-intro"));
    page.paragraph(&texts.get(match register.zone() {
        Zone::EU => "sub-processors-zone-eu",
        Zone::EEA => "sub-processors-zone-eea",
        Zone::Adequacy | Zone::Third => "sub-processors-zone-adequacy",
    }));
    page.paragraph(&texts.with("sub-processors-notice", &[("days", &days)]));
    let (number, date) = (register.revision().to_string(), register.date().to_string());
    page.paragraph(&texts.with("sub-processors-as-of", &[("revision", &number), ("date", &date)]));
    page.links([(HISTORY, texts.get("sub-processors-history")), (FEED, texts.get("sub-processors-feed"))]);
    for entry in super::in_order(register) {
        page.entry(entry);
    }
    page.end()
}

/// Every change, the newest first.
pub(super) fn history(reader: Reader, register: &Register) -> String {
    let locale = reader.locale;
    let mut page = Page::new(reader, ("sub-processors-history", HISTORY), register);
    let texts = page.texts;
    page.links([(LIST, texts.get("sub-processors-title")), (FEED, texts.get("sub-processors-feed"))]);
    for revision in register.revisions().iter().rev() {
        let (number, date) = (revision.number.to_string(), revision.date.to_string());
        page.heading(
            &format!("revision-{number}"),
            &texts.with("sub-processors-revision", &[("number", &number)]),
        );
        page.paragraph(&date);
        page.paragraph(revision.summary.in_language(locale));
        page.html.push_str("<ul>\n");
        for entry in register.changed_by(revision) {
            let _ = writeln!(
                page.html,
                "<li><a href=\"{}\">{}</a>, {}</li>",
                reader.address(LIST, &format!("#{}", entry.id)),
                escape(entry.service.in_language(locale)),
                escape(entry.name.as_str()),
            );
        }
        page.html.push_str("</ul>\n</section>\n");
    }
    page.end()
}

struct Page {
    reader: Reader,
    locale: Locale,
    texts: Texts,
    html: String,
}

impl Page {
    fn new(reader: Reader, (title, path): (&str, &str), register: &Register) -> Self {
        let locale = reader.locale;
        let texts = Texts::of(locale);
        let title = escape(&texts.get(title));
        let html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width\">\n<title>{title}</title>\n<link rel=\"alternate\" \
             type=\"application/atom+xml\" href=\"{}\">\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n<h1>{title}</h1>\n",
            locale.as_str(),
            reader.address(FEED, ""),
        );
        let mut page = Self { reader, locale, texts, html };
        for other in Locale::ALL.into_iter().filter(|other| *other != locale) {
            let (language, text) = (other.as_str(), escape(&Texts::of(other).get("sub-processors-language")));
            let _ = writeln!(
                page.html,
                "<nav><a href=\"{path}?language={language}\" hreflang=\"{language}\" lang=\"{language}\">{text}</a></nav>"
            );
        }
        if let Some(example) = register.example() {
            let _ = writeln!(page.html, "<p class=\"example\">{}</p>", escape(example.in_language(locale)));
        }
        page
    }

    fn paragraph(&mut self, text: &str) {
        let _ = writeln!(self.html, "<p>{}</p>", escape(text));
    }

    fn links<'a, T: AsRef<str>>(&mut self, links: impl IntoIterator<Item = (&'a str, T)>) {
        self.html.push_str("<nav>\n<ul>\n");
        for (address, text) in links {
            let (address, text) = (self.reader.address(address, ""), escape(text.as_ref()));
            let _ = writeln!(self.html, "<li><a href=\"{address}\">{text}</a></li>");
        }
        self.html.push_str("</ul>\n</nav>\n");
    }

    /// Begins a section.
    fn heading(&mut self, id: &str, text: &str) {
        let _ =
            writeln!(self.html, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>", escape(text));
    }

    fn end(mut self) -> String {
        self.html.push_str("</main>\n</body>\n</html>\n");
        self.html
    }

    /// A row of the entry's table: its name, and lines.
    fn row<T: AsRef<str>>(&mut self, name: &str, lines: impl IntoIterator<Item = T>) {
        let lines: Vec<_> = lines.into_iter().map(|line| escape(line.as_ref())).collect();
        self.row_of_html(name, &lines);
    }

    fn row_of_html(&mut self, name: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let name = escape(&self.texts.get(&format!("sub-processor-{name}")));
        let _ =
            writeln!(self.html, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", lines.join("<br>\n"));
    }

    fn country(&self, code: &CountryCode) -> String {
        let id = format!("country-{code}");
        if self.texts.has(&id) { self.texts.get(&id).into_owned() } else { code.to_string() }
    }

    fn entry(&mut self, entry: &SubProcessor) {
        let (locale, texts) = (self.locale, self.texts);
        self.heading(entry.id.as_str(), entry.service.in_language(locale));
        self.html.push_str("<table>\n<tbody>\n");
        self.row("status", [texts.get(status_text(entry.status))]);
        self.dates(entry);
        let number = format!("{} ({})", entry.organisation_number, entry.organisation_register);
        self.row("company", [entry.name.to_string(), number]);
        let country = self.country(&entry.country);
        self.row("address", entry.address.iter().map(ToString::to_string).chain([country]));
        let parent = entry.parent.as_ref();
        let parent = parent.map(|parent| format!("{}, {}", parent.name, self.country(&parent.country)));
        self.row("parent", parent);
        self.contact(entry);
        self.row("use", [texts.get(use_text(entry.used_for))]);
        self.row("purpose", [entry.purpose.in_language(locale)]);
        self.row("processing", [entry.processing.in_language(locale)]);
        let data = self.data(&entry.data_categories);
        let other = entry.other_data.as_ref().map(|text| text.in_language(locale).to_owned());
        self.row("data", data.into_iter().chain(other));
        let places = self.places(&entry.location.countries, &entry.location.regions);
        let described = entry.location.description.in_language(locale).to_owned();
        self.row("stored-in", std::iter::once(described).chain(places));
        self.row("non-regional", self.services(&entry.non_regional_services));
        let transfers = self.transfers(&entry.transfers);
        let none = transfers.is_empty().then(|| texts.get("sub-processor-no-transfer").into_owned());
        self.row("transfers", transfers.into_iter().chain(none));
        let form = escape(entry.agreement.form.in_language(locale));
        let form = match &entry.agreement.url {
            Some(url) => format!("<a href=\"{}\">{form}</a>", escape(url.as_str())),
            None => form,
        };
        self.row_of_html("agreement", &[form]);
        self.row("objection", [entry.objection.in_language(locale)]);
        for change in &entry.changes {
            self.row("change", self.change(change));
        }
        self.html.push_str("</tbody>\n</table>\n</section>\n");
    }

    fn dates(&mut self, entry: &SubProcessor) {
        self.row("announced", [entry.announced.to_string()]);
        let effective = if entry.status == Status::Announced { "effective-earliest" } else { "effective" };
        self.row(effective, [entry.effective.to_string()]);
        self.row("ended", entry.ended.map(|day| day.to_string()));
        let confirmation = entry.deletion_confirmation.as_ref().map(|text| text.in_language(self.locale));
        let confirmed = entry.deletion_confirmed.map(|day| day.to_string());
        self.row("deletion-confirmed", confirmed.into_iter().chain(confirmation.map(ToOwned::to_owned)));
    }

    fn contact(&mut self, entry: &SubProcessor) {
        let contact = &entry.contact;
        let mut lines = vec![escape(contact.role.in_language(self.locale))];
        lines.extend(contact.email.as_ref().map(|mailbox| escape(mailbox.as_str())));
        lines.extend(contact.phone.as_ref().map(|number| escape(number.as_str())));
        let link = |url: &str| format!("<a href=\"{0}\">{0}</a>", escape(url));
        lines.extend(contact.url.as_ref().map(|url| link(url.as_str())));
        self.row_of_html("contact", &lines);
        self.row_of_html("website", &[link(entry.website.as_str())]);
    }

    fn data(&self, categories: &DataCategories) -> Vec<String> {
        match categories {
            DataCategories::All(_) => vec![self.texts.get("sub-processor-data-all").into_owned()],
            DataCategories::Only(categories) => {
                categories.iter().map(|category| self.texts.get(&category.name_text()).into_owned()).collect()
            }
        }
    }

    fn places(&self, countries: &[CountryCode], regions: &[RegionName]) -> Vec<String> {
        let countries: Vec<_> = countries.iter().map(|code| self.country(code)).collect();
        let countries = (!countries.is_empty()).then(|| countries.join(", "));
        countries.into_iter().chain(regions.iter().map(ToString::to_string)).collect()
    }

    fn services(&self, services: &[NonRegionalService]) -> Vec<String> {
        let services = services.iter().map(|service| {
            let kind = self.texts.get(match service.kind {
                NonRegional::Global => "sub-processor-global",
                NonRegional::ReplicatesToPair => "sub-processor-replicates",
            });
            format!("{} ({kind}): {}", service.service, service.reason.in_language(self.locale))
        });
        services.collect()
    }

    fn transfers(&self, transfers: &[Transfer]) -> Vec<String> {
        let mut lines = Vec::new();
        for transfer in transfers {
            lines.push(self.country(&transfer.country));
            lines.push(transfer.occasion.in_language(self.locale).to_owned());
            lines.push(self.texts.get(mechanism_text(transfer.mechanism)).into_owned());
            lines.push(transfer.safeguard.in_language(self.locale).to_owned());
        }
        lines
    }

    /// When a change is in force, and what it makes new, each under the name of its row.
    fn change(&self, change: &Change) -> Vec<String> {
        let text = match change.status {
            ChangeStatus::Announced => "sub-processor-change-announced",
            ChangeStatus::InForce => "sub-processor-change-in-force",
            ChangeStatus::Withdrawn => "sub-processor-change-withdrawn",
        };
        let values = [("revision", change.revision.to_string()), ("effective", change.effective.to_string())];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let worded = |text: &Option<Text>| {
            text.iter().map(|text| text.in_language(self.locale).to_owned()).collect::<Vec<_>>()
        };
        let countries = change.countries.as_deref().unwrap_or_default();
        let regions = change.regions.as_deref().unwrap_or_default();
        let services = change.non_regional_services.as_deref().unwrap_or_default();
        let transfers = change.transfers.as_deref().unwrap_or_default();
        let data = change.data_categories.iter().flat_map(|data| self.data(data));
        let parts = [
            ("stored-in", self.places(countries, regions)),
            ("non-regional", self.services(services)),
            ("transfers", self.transfers(transfers)),
            ("data", data.chain(worded(&change.other_data)).collect()),
            ("purpose", worded(&change.purpose)),
            ("processing", worded(&change.processing)),
        ];
        let parts = parts.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(name, lines)| {
            format!("{}: {}", self.texts.get(&format!("sub-processor-{name}")), lines.join(", "))
        });
        std::iter::once(self.texts.with(text, &values).into_owned()).chain(parts).collect()
    }
}

const fn status_text(status: Status) -> &'static str {
    match status {
        Status::Announced => "sub-processor-status-announced",
        Status::Active => "sub-processor-status-active",
        Status::Ending => "sub-processor-status-ending",
        Status::Former => "sub-processor-status-former",
    }
}

const fn use_text(used_for: UsedFor) -> &'static str {
    match used_for {
        UsedFor::Hosting => "sub-processor-use-hosting",
        UsedFor::Identity => "sub-processor-use-identity",
        UsedFor::Mail => "sub-processor-use-mail",
        UsedFor::Support => "sub-processor-use-support",
        UsedFor::Other => "sub-processor-use-other",
    }
}

const fn mechanism_text(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::AdequacyDecision => "sub-processor-mechanism-adequacy",
        Mechanism::StandardContractualClauses => "sub-processor-mechanism-clauses",
        Mechanism::BindingCorporateRules => "sub-processor-mechanism-rules",
    }
}
