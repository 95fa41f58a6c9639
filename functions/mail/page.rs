//! A mail as plain text and as HTML, from the same paragraphs.

use std::fmt::Write as _;

use kundportal_domain::{EmailAddress, PersonName, Personal, Texts};
use kundportal_store::Mail;

/// A rendered mail without its address.
pub(crate) struct Letter {
    subject: String,
    greeting: String,
    paragraphs: Vec<String>,
    button: Option<(String, String)>,
    signature: String,
    footer: String,
    texts: Texts,
}

impl Letter {
    /// The letter of a template: its texts are `mail-<template>-subject`, `-body` and, with a link, `-button`.
    pub(crate) fn new<'a>(
        texts: Texts,
        template: &str,
        tenant: &'a str,
        name: Option<&'a PersonName>,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
        link: Option<&'a str>,
    ) -> Self {
        let name = name.map(PersonName::as_str);
        let mut all: Vec<(&str, &str)> = vec![("tenant", tenant)];
        all.extend(name.map(|name| ("name", name)));
        all.extend(link.map(|link| ("link", link)));
        all.extend(values);
        let text = |part: &str| texts.with(&format!("mail-{template}-{part}"), &all).into_owned();
        let greeting = match name {
            Some(name) => texts.with("mail-greeting", &[("name", name)]).into_owned(),
            None => texts.get("mail-greeting-plain").into_owned(),
        };
        let paragraphs = paragraphs(&text("body"));
        Self {
            subject: text("subject").replace(['\r', '\n'], " "),
            greeting,
            paragraphs,
            button: link.map(|link| (text("button"), link.to_owned())),
            signature: texts.with("mail-signature", &[("tenant", tenant)]).into_owned(),
            footer: texts.with("mail-footer", &[("tenant", tenant)]).into_owned(),
            texts,
        }
    }

    /// Adds a paragraph after the body.
    pub(crate) fn add(&mut self, text: &str) {
        self.paragraphs.extend(paragraphs(text));
    }

    /// Puts a paragraph before the body.
    pub(crate) fn open_with(&mut self, text: &str) {
        self.paragraphs.splice(0..0, paragraphs(text));
    }

    /// The mail to an address.
    pub(crate) fn into_mail(self, to: Personal<EmailAddress>, message_id: String) -> Mail {
        let (text, html) = (self.text(), self.html());
        Mail { message_id, to, subject: self.subject.into(), text: text.into(), html: html.into() }
    }

    fn text(&self) -> String {
        let link = self
            .button
            .as_ref()
            .map(|(_, link)| self.texts.with("mail-link-plain", &[("link", link)]).into_owned());
        let parts = [self.greeting.as_str()]
            .into_iter()
            .chain(self.paragraphs.iter().map(String::as_str))
            .chain(link.as_deref())
            .chain([self.signature.as_str(), "-- ", self.footer.as_str()]);
        parts.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    fn html(&self) -> String {
        let mut html = format!(
            "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head><body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">",
            self.texts.locale().as_str(),
            escape(&self.subject),
        );
        for paragraph in [&self.greeting].into_iter().chain(&self.paragraphs) {
            let _ = write!(html, "<p>{}</p>", escape(paragraph).replace('\n', "<br>"));
        }
        if let Some((label, link)) = &self.button {
            let (label, link) = (escape(label), escape(link));
            let _ = write!(
                html,
                "<p><a href=\"{link}\" style=\"display:inline-block;padding:.6em 1.2em;background:#1a4f8b;color:#fff;text-decoration:none;border-radius:4px\">{label}</a></p>"
            );
            let _ = write!(
                html,
                "<p>{}<br><a href=\"{link}\">{link}</a></p>",
                escape(&self.texts.get("mail-link-fallback"))
            );
        }
        html + &format!(
            "<p>{}</p><p style=\"color:#555;font-size:.85em\">{}</p></body></html>",
            escape(&self.signature),
            escape(&self.footer)
        )
    }
}

fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// Text as HTML, in element content and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
