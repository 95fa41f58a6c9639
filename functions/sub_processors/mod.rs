//! `GET /api/sub-processors`: who processes data for the operator, for anybody to read, with every change as a list and as a
//! feed. All of it follows from the register.

mod feed;
mod page;

use http::{HeaderValue, Method, header};
use jiff::civil::Date;
use kundportal_domain::{
    Locale,
    sub_processors::{EntryId, Register, Revision, Status, SubProcessor, Text, Zone},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    context::Context,
    operation::{Access, Operation, Parameter, RequestBody, SchemaOf, Success, schema},
    problem::Problem,
    representation::{kept, wants_html},
    respond::Answer,
};

const fn operation(
    id: &'static str,
    path: &'static str,
    summary: &'static str,
    access: Access,
    success: Success,
) -> Operation {
    Operation {
        id,
        method: Method::GET,
        path,
        summary,
        access,
        step_up: false,
        parameters: &[Parameter::LANGUAGE, Parameter::IF_NONE_MATCH],
        request: RequestBody::Empty,
        success,
        problems: &[],
    }
}

const fn page_or(schema: SchemaOf) -> Success {
    Success::Kept { json: Some(schema), others: &["text/html"] }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    operation(
        "listSubProcessors",
        "/api/sub-processors",
        "Who processes data for the operator, and where it is stored",
        Access::Anyone(|context| Box::pin(std::future::ready(list(&context)))),
        page_or(schema::<SubProcessors>),
    ),
    operation(
        "listSubProcessorRevisions",
        "/api/sub-processors/history",
        "Every change of the list, the newest first",
        Access::Anyone(|context| Box::pin(std::future::ready(history(&context)))),
        page_or(schema::<History>),
    ),
    operation(
        "getSubProcessorFeed",
        "/api/sub-processors/feed",
        "The changes as a feed (Atom, RFC 4287)",
        Access::Anyone(|context| Box::pin(std::future::ready(feed(&context)))),
        Success::Kept { json: None, others: &["application/atom+xml"] },
    ),
];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SubProcessors<'a> {
    /// Says that the list is an example, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<&'a Text>,
    revision: u32,
    #[schemars(with = "String", extend("format" = "date"))]
    date: Date,
    /// What is claimed of every place where data are stored.
    zone: ZoneView,
    notice_period_days: u16,
    /// Where the program runs and stores its data.
    primary: Option<&'a EntryId>,
    /// Those in use, then announced ones, then former ones.
    #[serde(rename = "subProcessors")]
    entries: Vec<&'a SubProcessor>,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
enum ZoneView {
    #[serde(rename = "EU")]
    Union,
    #[serde(rename = "EEA")]
    EconomicArea,
    #[serde(rename = "adequacy")]
    Adequacy,
}

impl From<Zone> for ZoneView {
    fn from(zone: Zone) -> Self {
        match zone {
            Zone::EU => Self::Union,
            Zone::EEA => Self::EconomicArea,
            // A register that claims nothing is refused.
            Zone::Adequacy | Zone::Third => Self::Adequacy,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct History<'a> {
    revisions: Vec<&'a Revision>,
}

/// Those in use, then announced ones, then former ones.
fn in_order(register: &Register) -> Vec<&SubProcessor> {
    let mut entries: Vec<_> = register.entries().iter().collect();
    entries.sort_by_key(|entry| match entry.status {
        Status::Active => 0,
        Status::Ending => 1,
        Status::Announced => 2,
        Status::Former => 3,
    });
    entries
}

/// Who reads, and whether they have chosen their language: then it goes with every link.
#[derive(Clone, Copy)]
struct Reader {
    locale: Locale,
    has_chosen: bool,
}

impl Reader {
    fn of(context: &Context) -> Result<Self, Problem> {
        let chosen = context.query_as::<Locale>("language")?;
        Ok(Self { locale: chosen.unwrap_or_else(|| context.locale()), has_chosen: chosen.is_some() })
    }

    /// An address of this service, for this reader.
    fn address(self, path: &str, fragment: &str) -> String {
        let language =
            if self.has_chosen { format!("?language={}", self.locale.as_str()) } else { String::new() };
        format!("{path}{language}{fragment}")
    }
}

fn list(context: &Context) -> Result<Answer, Problem> {
    let (register, reader) = (&context.app.settings().register, Reader::of(context)?);
    if wants_html(context) {
        return Ok(html(context, reader, page::list(reader, register)));
    }
    let body = SubProcessors {
        example: register.example(),
        revision: register.revision(),
        date: register.date(),
        zone: register.zone().into(),
        notice_period_days: register.notice_period_days(),
        primary: register.primary().map(|entry| &entry.id),
        entries: in_order(register),
    };
    json(context, &body)
}

fn history(context: &Context) -> Result<Answer, Problem> {
    let (register, reader) = (&context.app.settings().register, Reader::of(context)?);
    if wants_html(context) {
        return Ok(html(context, reader, page::history(reader, register)));
    }
    json(context, &History { revisions: register.revisions().iter().rev().collect() })
}

fn feed(context: &Context) -> Result<Answer, Problem> {
    let (settings, reader) = (context.app.settings(), Reader::of(context)?);
    let feed = feed::feed(reader, &settings.register, &settings.mail_domain, settings.service_url());
    let mut answer = kept(context, "application/atom+xml; charset=utf-8", feed);
    speak(reader, &mut answer);
    Ok(answer)
}

fn json(context: &Context, body: &impl Serialize) -> Result<Answer, Problem> {
    let body = serde_json::to_string(body).map_err(Problem::internal)?;
    Ok(kept(context, "application/json", body))
}

/// A page without scripts, which may load nothing and be put into no other.
fn html(context: &Context, reader: Reader, page: String) -> Answer {
    let mut answer = kept(context, "text/html; charset=utf-8", page);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    speak(reader, &mut answer);
    answer
}

fn speak(reader: Reader, answer: &mut Answer) {
    let language = HeaderValue::from_static(reader.locale.as_str());
    answer.headers_mut().insert(header::CONTENT_LANGUAGE, language);
}
