//! What passed between somebody and the tenant: invitations, mails, requests.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use kundportal_domain::{
    Category,
    records::{Case, Invite},
};

use super::{
    super::{
        Source,
        content::{Content, JsonList, read_all},
        data::{self, NotIncludedBecause},
        page::{self, Cell, Section},
    },
    customer_cell,
};
use crate::{mail::Outgoing, problem::Problem};

impl Content<'_> {
    /// Invitations **to** the person; those that they sent are data of the persons invited.
    pub(in crate::package) async fn invitations(&mut self) -> Result<(), Problem> {
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
                customer_cell(customer_name.as_ref()),
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
    pub(in crate::package) async fn mails(&mut self) -> Result<(), Problem> {
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

    pub(in crate::package) async fn requests(&mut self) -> Result<(), Problem> {
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
}
