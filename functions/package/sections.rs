//! The categories of a package, one function each: its JSON file and its section of the page.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use kundportal_domain::{
    Category, ContentType, Namer,
    records::{Case, Comment, FileMeta, Invite, Upload},
};
use kundportal_store::StoreError;

use super::{
    Source,
    archive::Packing,
    content::{Content, JsonList, read_all},
    data::{self, NotIncludedBecause},
    page::{self, Cell, Section},
};
use crate::{audit::Activity, mail::Outgoing, problem::Problem, sign_ins};

impl Content<'_> {
    /// `profile.json` with what belongs to it: the last day of use and the picture.
    pub(super) async fn profile(&mut self) -> Result<(), Problem> {
        let profile = self.source.profile;
        if let Some(own) = self.own(Category::Profile).next() {
            self.compare(Category::Profile, own, Some(((), self.source.etag.clone())));
        }
        let mut last_used_on = None;
        let uses: Vec<_> = self.read_own::<sign_ins::LastUse>(Category::LastUse).try_collect().await?;
        for (own, found) in uses {
            last_used_on = self.compare(Category::LastUse, own, found).map(|last_use| last_use.day);
        }
        let picture = self.picture().await?;
        let object = data::Profile {
            id: profile.id,
            issuer: profile.issuer.clone(),
            subject: profile.subject.clone(),
            name: profile.name.clone(),
            email: profile.email.clone(),
            pending_email: profile.pending_email.as_ref().map(|change| data::PendingEmail {
                email: change.email.clone(),
                requested_at: change.requested_at,
            }),
            phone: profile.phone.clone(),
            locale: profile.locale,
            picture: picture.clone(),
            fields: profile.fields.clone(),
            supplementary_statement: profile.supplementary_statement.clone(),
            role: profile.role,
            status: profile.status,
            deactivated_at: profile.deactivated_at,
            last_used_on,
            invite: profile.invite,
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        };
        self.object("profile", &object).await?;
        let none = || self.texts.get("package-none").into_owned();
        let mut facts = vec![
            ("package-column-name", profile.name.reveal().as_str().to_owned()),
            ("package-column-email", profile.email.reveal().as_str().to_owned()),
            (
                "package-column-phone",
                profile.phone.as_ref().map_or_else(none, |phone| phone.reveal().as_str().to_owned()),
            ),
            ("package-column-locale", self.word("package-locale", &profile.locale)),
            ("package-column-role", self.word("role", &profile.role)),
            ("package-column-status", self.word("package-status", &profile.status)),
            ("package-column-last-used", page::day(last_used_on)),
            ("package-column-issuer", profile.issuer.clone()),
            ("package-column-subject", profile.subject.reveal().clone()),
            ("package-column-created", page::time(profile.created_at)),
            ("package-column-updated", page::time(profile.updated_at)),
            ("package-column-reference", profile.id.to_string()),
        ];
        if let Some(change) = &profile.pending_email {
            facts.insert(2, ("package-column-pending-email", change.email.reveal().as_str().to_owned()));
        }
        if let Some(statement) = &profile.supplementary_statement {
            facts.push(("package-column-statement", statement.reveal().as_str().to_owned()));
        }
        for (key, value) in profile.fields.reveal() {
            facts.push(("package-column-fields", format!("{key}: {}", plain(value))));
        }
        self.page.facts("profile", &facts, Some("profile"));
        let path = picture.map(|name| format!("data/{name}"));
        self.page.picture(path.as_deref());
        Ok(())
    }

    /// The picture; its path beside the JSON files.
    async fn picture(&mut self) -> Result<Option<String>, Problem> {
        let current = self.source.profile.picture.as_ref().map(|picture| picture.name.as_str());
        for own in self.own(Category::Pictures) {
            if own.name.strip_prefix("picture/") != current {
                // An earlier picture, which waits to be removed.
                self.miss(Category::Pictures, &own.name, NotIncludedBecause::Changed);
            }
        }
        let Some(picture) = &self.source.profile.picture else { return Ok(None) };
        let extension = match picture.content_type.as_str() {
            "image/png" => "png",
            "image/webp" => "webp",
            _ => "jpg",
        };
        let name = format!("picture.{extension}");
        let path = self.source.layout.picture(self.source.profile.id, &picture.name);
        match self.source.app.blobs().get(&path, None).await {
            Ok(blob) => {
                let size = blob.properties.size;
                self.copy(&format!("data/{name}"), Packing::Copy, size, blob.body).await?;
                Ok(Some(name))
            }
            Err(StoreError::NotFound) => {
                self.miss(Category::Pictures, &picture.name, NotIncludedBecause::Gone);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn memberships(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "memberships").await?;
        let mut section = Section::new("memberships");
        for membership in &self.source.profile.memberships {
            let customer_name = self.customer_name(membership.customer).await?;
            section.row(&[
                Cell::text(customer_name.as_ref().map_or("–", |name| name.as_str())),
                Cell::Text(self.word("role", &membership.role)),
                Cell::Text(page::time(membership.since)),
            ]);
            let item = data::Membership {
                customer: membership.customer,
                customer_name,
                role: membership.role,
                since: membership.since,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["customer", "role", "since"], "memberships");
        Ok(())
    }

    pub(super) async fn sign_ins(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "sign-ins").await?;
        let mut section = Section::new("sign-ins");
        let mut found = pin!(self.read_own::<sign_ins::SignIn>(Category::SignIns));
        while let Some((own, found)) = found.try_next().await? {
            let Some(sign_in) = self.compare(Category::SignIns, own, found) else { continue };
            let address = sign_in.ip_address.as_ref().map(|address| address.reveal().to_string());
            section.row(&[
                Cell::Text(page::time(sign_in.at)),
                Cell::Text(address.unwrap_or_else(|| "–".to_owned())),
                Cell::Text(page::day(Some(sign_in.until))),
            ]);
            let item = data::SignIn { at: sign_in.at, ip_address: sign_in.ip_address, until: sign_in.until };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["time", "ip-address", "kept-until"], "sign-ins");
        Ok(())
    }

    /// `activity.json` and `look-ups.json`: both come from the same records, which are read once.
    pub(super) async fn activity(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "activity").await?;
        let mut section = Section::new("activity");
        let mut look_ups = Vec::new();
        let mut found = pin!(self.read_own::<Activity>(Category::Activity));
        while let Some((own, found)) = found.try_next().await? {
            let Some(activity) = self.compare(Category::Activity, own, found) else { continue };
            let description = self.word("activity", &activity.action);
            match activity.purpose {
                Some(purpose) if !activity.own => look_ups.push(data::LookUp {
                    at: activity.at,
                    purpose,
                    purpose_description: self.word("package-purpose", &purpose),
                    action: activity.action,
                    description,
                }),
                _ => {
                    section.row(&[Cell::Text(page::time(activity.at)), Cell::text(&description)]);
                    let item = data::Activity {
                        at: activity.at,
                        action: activity.action,
                        description,
                        own: activity.own,
                    };
                    list.push(&mut self.bag, &item).await?;
                }
            }
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["time", "event"], "activity");

        let mut list = JsonList::begin(&mut self.bag, "look-ups").await?;
        let mut section = Section::new("look-ups");
        for look_up in look_ups {
            section.row(&[
                Cell::Text(page::time(look_up.at)),
                Cell::text(&look_up.description),
                Cell::text(&look_up.purpose_description),
            ]);
            list.push(&mut self.bag, &look_up).await?;
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["time", "event", "purpose"], "look-ups");
        Ok(())
    }

    /// The files as they were uploaded, then `files.json`.
    pub(super) async fn files(&mut self) -> Result<(), Problem> {
        let plan = self.source.plan;
        let mut namer = Namer::new();
        let mut copied = Vec::with_capacity(plan.files.len());
        for meta in &plan.files {
            copied.push(self.file(meta, &mut namer).await?);
        }
        let mut list = JsonList::begin(&mut self.bag, "files").await?;
        let mut section = Section::new("files");
        for (meta, path) in plan.files.iter().zip(copied) {
            let customer_name = self.customer_name(meta.customer).await?;
            let name = meta.name.reveal().as_str().to_owned();
            section.row(&[
                match &path {
                    Some(path) => Cell::Link { path: format!("data/{path}"), text: name },
                    None => Cell::Text(name),
                },
                Cell::text(customer_name.as_ref().map_or("–", |name| name.as_str())),
                Cell::Text(meta.size.to_string()),
                Cell::text(meta.content_type.as_str()),
                Cell::Text(page::time(meta.uploaded_at)),
                Cell::Code(meta.sha256.clone()),
            ]);
            let item = data::File {
                id: meta.id,
                name: meta.name.clone(),
                path: path.map(Into::into),
                content_type: meta.content_type.clone(),
                size: meta.size,
                sha256: meta.sha256.clone(),
                customer: meta.customer,
                customer_name,
                uploaded_at: meta.uploaded_at,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        let columns = ["file", "customer", "size", "content-type", "uploaded", "checksum"];
        self.page.table(&section, &columns, "files");
        Ok(())
    }

    /// Copies one file; its path beside the JSON files, none where it is gone.
    async fn file(&mut self, meta: &FileMeta, namer: &mut Namer) -> Result<Option<String>, Problem> {
        if self.source.plan.leaves_out(meta.id) {
            self.miss(Category::Files, meta.id.to_string(), NotIncludedBecause::TooMuch);
            return Ok(None);
        }
        let blob = match self.source.app.blobs().get(&self.source.layout.file_content(meta.id), None).await {
            Ok(blob) => blob,
            Err(StoreError::NotFound) => {
                self.miss(Category::Files, meta.id.to_string(), NotIncludedBecause::Gone);
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let path = format!("files/{}", namer.name(meta.name.reveal().as_str()));
        let size = blob.properties.size;
        let written =
            self.copy(&format!("data/{path}"), packing(&meta.content_type), size, blob.body).await?;
        if written.sha256 != meta.sha256 || written.size != meta.size {
            self.miss(Category::Files, meta.id.to_string(), NotIncludedBecause::Changed);
        }
        Ok(Some(path))
    }

    /// Direct uploads that have not become files. One that has done so meanwhile is gone from here, and is said to be.
    pub(super) async fn uploads(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "uploads").await?;
        let mut section = Section::new("uploads");
        let mut found = pin!(self.read_own::<Upload>(Category::Uploads));
        while let Some((own, found)) = found.try_next().await? {
            let Some(upload) = self.compare(Category::Uploads, own, found) else { continue };
            let customer_name = self.customer_name(upload.customer).await?;
            let state = self.texts.get(upload.state.text()).into_owned();
            section.row(&[
                Cell::text(upload.name.reveal().as_str()),
                Cell::text(customer_name.as_ref().map_or("–", |name| name.as_str())),
                Cell::Text(upload.size.to_string()),
                Cell::text(upload.content_type.as_str()),
                Cell::Text(page::time(upload.id.created_at())),
                Cell::text(&state),
            ]);
            let item = data::Upload {
                id: upload.id,
                begun_at: upload.id.created_at(),
                name: upload.name,
                content_type: upload.content_type,
                size: upload.size,
                customer: upload.customer,
                customer_name,
                state,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        let columns = ["file", "customer", "size", "content-type", "begun", "state"];
        self.page.table(&section, &columns, "uploads");
        Ok(())
    }

    pub(super) async fn comments(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "comments").await?;
        let mut section = Section::new("comments");
        let layout = self.source.layout;
        let paths = self.source.plan.comments.iter().map(|id| (*id, layout.comment(*id))).collect();
        let mut found = pin!(read_all::<_, Comment>(self.source.app, paths));
        while let Some((id, found)) = found.try_next().await? {
            // What has another author, or none any more, is not the person's.
            let own = found.map(|(comment, _)| comment);
            let Some(comment) = own.filter(|comment| comment.author == Some(self.source.case.subject)) else {
                self.miss(Category::Comments, id.to_string(), NotIncludedBecause::Gone);
                continue;
            };
            let customer_name = self.customer_name(comment.customer).await?;
            section.row(&[
                Cell::Text(page::time(comment.created_at)),
                Cell::text(customer_name.as_ref().map_or("–", |name| name.as_str())),
                Cell::text(comment.thread.reveal().as_str()),
                Cell::text(comment.text.reveal().as_str()),
            ]);
            let item = data::Comment {
                id,
                customer: comment.customer,
                customer_name,
                thread: comment.thread,
                text: comment.text,
                created_at: comment.created_at,
                edited_at: comment.edited_at,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["time", "customer", "thread", "text"], "comments");
        Ok(())
    }

    /// Invitations **to** the person; those that they sent are data of the persons invited.
    pub(super) async fn invitations(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "invitations").await?;
        let mut section = Section::new("invitations");
        let layout = self.source.layout;
        let profile = self.source.profile;
        let mut ids = self.source.plan.invites.clone();
        if !ids.contains(&profile.invite) {
            ids.push(profile.invite);
        }
        let paths = ids.into_iter().map(|id| (id, layout.invite(id))).collect();
        let mut found = pin!(read_all::<_, Invite>(self.source.app, paths));
        while let Some((id, found)) = found.try_next().await? {
            let Some((invite, _)) = found else {
                // The record of the first invitation goes long before the account.
                if self.source.plan.invites.contains(&id) {
                    self.miss(Category::Invitations, id.to_string(), NotIncludedBecause::Gone);
                }
                continue;
            };
            let theirs = invite.acceptance.as_ref().is_some_and(|acceptance| acceptance.user == profile.id)
                || invite.rebinds == Some(profile.id)
                || invite.email.reveal().canonical() == profile.email.reveal().canonical();
            if !theirs {
                continue;
            }
            let customer_name = match invite.customer {
                Some(customer) => self.customer_name(customer).await?,
                None => None,
            };
            let status = invite.status_at(self.source.plan.frozen_at);
            section.row(&[
                Cell::Text(page::time(invite.sent_at)),
                Cell::text(invite.email.reveal().as_str()),
                Cell::text(customer_name.as_ref().map_or("–", |name| name.as_str())),
                Cell::Text(self.word("role", &invite.role)),
                Cell::text(invite.message.as_ref().map_or("–", |message| message.reveal().as_str())),
                Cell::Text(self.word("package-invite", &status)),
            ]);
            let item = data::Invitation {
                id,
                email: invite.email,
                name: invite.name,
                role: invite.role,
                customer: invite.customer,
                customer_name,
                message: invite.message,
                locale: invite.locale,
                status,
                created_at: invite.created_at,
                sent_at: invite.sent_at,
                expires_at: invite.expires_at,
                closed_at: invite.closed_at,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        let columns = ["sent", "email", "customer", "role", "message", "state"];
        self.page.table(&section, &columns, "invitations");
        Ok(())
    }

    /// Mails that were not sent yet. One that went out meanwhile is listed as gone.
    pub(super) async fn mails(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "mails").await?;
        let mut section = Section::new("mails");
        let mut found = pin!(self.read_own::<Outgoing>(Category::Mails));
        while let Some((own, found)) = found.try_next().await? {
            let Some(mail) = self.compare(Category::Mails, own, found) else { continue };
            let subject = mail.subject(self.texts, self.source.tenant.name.as_str());
            let to = mail.to.unwrap_or_else(|| self.source.profile.email.clone());
            section.row(&[
                Cell::Text(page::time(mail.since)),
                Cell::text(to.reveal().as_str()),
                Cell::text(&subject),
            ]);
            let item = data::Mail { to, kind: mail.template, subject, since: mail.since };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["time", "email", "mail"], "mails");
        Ok(())
    }

    pub(super) async fn requests(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "requests").await?;
        let mut section = Section::new("requests");
        // The one that is being answered was read when the work began.
        let Source { app, layout, case, .. } = self.source;
        let others: Vec<_> = self.source.plan.requests.iter().copied().filter(|id| *id != case.id).collect();
        let mut others =
            pin!(read_all::<_, Case>(app, others.iter().map(|id| (*id, layout.case(*id))).collect()));
        for id in self.source.plan.requests.iter().copied() {
            let own = if id == case.id {
                Some(case.clone())
            } else {
                others.try_next().await?.and_then(|(_, found)| found).map(|(case, _)| case)
            };
            let Some(case) = own.filter(|case| case.subject == self.source.case.subject) else {
                self.miss(Category::Cases, id.to_string(), NotIncludedBecause::Gone);
                continue;
            };
            section.row(&[
                Cell::Text(page::time(case.received_at)),
                Cell::Text(self.word("package-kind", &case.kind)),
                Cell::Text(self.word("package-state", &case.state)),
                Cell::Text(page::day(Some(case.due_at))),
                Cell::Text(id.to_string()),
            ]);
            let item = data::Request {
                id,
                kind: case.kind,
                state: case.state,
                channel: case.channel,
                details: case.details,
                received_at: case.received_at,
                due_at: case.due_at,
                closed_at: case.closed_at,
                events: case.events,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["received", "kind", "state", "due", "reference"], "requests");
        Ok(())
    }

    /// `not-included.json`, and its section where there is something to say.
    pub(super) async fn not_included(&mut self) -> Result<(), Problem> {
        let plan = self.source.plan;
        for name in &plan.unknown {
            self.miss(None, name, NotIncludedBecause::Unknown);
        }
        let missing = std::mem::take(&mut self.not_included);
        let mut list = JsonList::begin(&mut self.bag, "not-included").await?;
        let mut section = Section::new("not-included");
        for item in &missing {
            let reason = match item.reason {
                NotIncludedBecause::Gone => "package-gone",
                NotIncludedBecause::Changed => "package-changed",
                NotIncludedBecause::Unknown => "package-unknown",
                NotIncludedBecause::TooMuch => "package-too-much",
            };
            section.row(&[
                Cell::Text(page::time(item.at)),
                match item.category {
                    Some(category) => Cell::Text(self.texts.get(&category.name_text()).into_owned()),
                    None => Cell::text("–"),
                },
                Cell::text(&item.item),
                Cell::Text(self.texts.get(reason).into_owned()),
            ]);
            list.push(&mut self.bag, item).await?;
        }
        list.end(&mut self.bag).await?;
        if !missing.is_empty() {
            self.page.table(&section, &["time", "kind", "reference", "reason"], "not-included");
        }
        Ok(())
    }
}

/// Text gets smaller; most else is compressed already.
fn packing(content_type: &ContentType) -> Packing {
    let content_type = content_type.as_str();
    let is_text = content_type.starts_with("text/")
        || ["json", "xml", "bmp", "tiff"].iter().any(|kind| content_type.contains(kind));
    if is_text && !content_type.contains("openxml") { Packing::Compress } else { Packing::Copy }
}

/// The value of a configured field as people read it.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
