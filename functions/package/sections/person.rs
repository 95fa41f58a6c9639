//! Who somebody is in the portal, and what they did there.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use kundportal_domain::Category;
use kundportal_store::StoreError;

use super::{
    super::{
        archive::Packing,
        content::{Content, JsonList},
        data::{self, NotIncludedBecause},
        page::{self, Cell, Section},
    },
    customer_cell,
};
use crate::{audit::Activity, problem::Problem, sign_ins};

impl Content<'_> {
    /// `profile.json` with what belongs to it: the last day of use and the picture.
    pub(in crate::package) async fn profile(&mut self) -> Result<(), Problem> {
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

    pub(in crate::package) async fn memberships(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "memberships").await?;
        let mut section = Section::new("memberships");
        for membership in &self.source.profile.memberships {
            let customer_name = self.customer_name(membership.customer).await?;
            section.row(&[
                customer_cell(customer_name.as_ref()),
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

    pub(in crate::package) async fn sign_ins(&mut self) -> Result<(), Problem> {
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
    pub(in crate::package) async fn activity(&mut self) -> Result<(), Problem> {
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
}

/// The value of a configured field as people read it.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
