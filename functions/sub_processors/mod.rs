//! `GET /api/sub-processors`: who processes data for the operator, for anybody to read, with every change as a list and as a
//! feed. All of it follows from the register.

mod feed;
mod page;

use http::{HeaderValue, Method, header};
use jiff::{Timestamp, civil::Date};
use kundportal_domain::{
    stockholm,
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
        parameters: &[Parameter::IF_NONE_MATCH, Parameter::IF_MODIFIED_SINCE],
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
        Access::Anyone(|context| Box::pin(std::future::ready(Ok(feed(&context))))),
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

fn changed(register: &Register) -> Timestamp {
    stockholm::start_of(register.date())
}

fn list(context: &Context) -> Result<Answer, Problem> {
    let register = &context.app.settings().register;
    if wants_html(context) {
        return Ok(html(context, page::list(context.locale(), register), register));
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
    json(context, &body, register)
}

fn history(context: &Context) -> Result<Answer, Problem> {
    let register = &context.app.settings().register;
    if wants_html(context) {
        return Ok(html(context, page::history(context.locale(), register), register));
    }
    json(context, &History { revisions: register.revisions().iter().rev().collect() }, register)
}

fn feed(context: &Context) -> Answer {
    let settings = context.app.settings();
    let feed = feed::feed(context.locale(), &settings.register, &settings.mail_domain);
    let mut answer = kept(context, "application/atom+xml; charset=utf-8", feed, changed(&settings.register));
    speak(context, &mut answer);
    answer
}

fn json(context: &Context, body: &impl Serialize, register: &Register) -> Result<Answer, Problem> {
    let body = serde_json::to_string(body).map_err(Problem::internal)?;
    Ok(kept(context, "application/json", body, changed(register)))
}

/// A page without scripts, which may load nothing and be put into no other.
fn html(context: &Context, page: String, register: &Register) -> Answer {
    let mut answer = kept(context, "text/html; charset=utf-8", page, changed(register));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    speak(context, &mut answer);
    answer
}

fn speak(context: &Context, answer: &mut Answer) {
    let language = HeaderValue::from_static(context.locale().as_str());
    answer.headers_mut().insert(header::CONTENT_LANGUAGE, language);
}
