//! Which entries follow from an object.

use kundportal_domain::{
    CommentId, CustomerId, FileId, InviteId, RequestId, UserId,
    records::{Case, Comment, Customer, FileMeta, Invite, InviteStatus, Profile},
};
use kundportal_store::{BlobPath, ETag};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Rebuild;
use crate::{
    app::App,
    customers,
    invites::email_name,
    layout::{self, TenantLayout, on_platform},
    people::identity_names,
    problem::Problem,
    threads,
};

/// The kinds of objects from which entries follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    Customer,
    Person,
    Invite,
    File,
    Comment,
    Case,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Customer, Self::Person, Self::Invite, Self::File, Self::Comment, Self::Case];

    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::Customer => "customers",
            Self::Person => "people",
            Self::Invite => "invitations",
            Self::File => "files",
            Self::Comment => "comments",
            Self::Case => "requests",
        }
    }

    /// What stands before and after the id in the name of such an object.
    const fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::Customer => (layout::CUSTOMERS, ".json"),
            Self::Person => (layout::SUBJECTS, "/profile.json"),
            Self::Invite => (layout::INVITES, ".json"),
            Self::File => (layout::FILES, "/meta.json"),
            Self::Comment => (layout::COMMENTS, ".json"),
            Self::Case => (layout::CASES, "/case.json"),
        }
    }

    /// The prefix of a list that has them all.
    pub(super) const fn prefix(self) -> &'static str {
        self.around().0
    }

    /// Whether a name in that list is one's.
    pub(super) fn is_named(self, name: &str) -> bool {
        let (before, after) = self.around();
        let id = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        id.is_some_and(|id| !id.is_empty() && !id.contains('/'))
    }
}

/// An object, and what it says about its entries.
pub(super) enum Object {
    Customer(Customer),
    Person(Box<Profile>),
    Invite(Box<Invite>),
    File(Box<FileMeta>),
    Comment(Box<Comment>),
    Case(Box<Case>),
}

impl Object {
    /// The object at a name and its version; none where there is none any more.
    pub(super) async fn read(
        app: &App,
        kind: Kind,
        path: &BlobPath,
    ) -> Result<Option<(Self, ETag)>, Problem> {
        async fn read<T: DeserializeOwned>(
            app: &App,
            path: &BlobPath,
            into: impl FnOnce(T) -> Object,
        ) -> Result<Option<(Object, ETag)>, Problem> {
            Ok(app.read::<T>(path).await?.map(|(object, version)| (into(object), version)))
        }
        match kind {
            Kind::Customer => read(app, path, Self::Customer).await,
            Kind::Person => read(app, path, |it| Self::Person(Box::new(it))).await,
            Kind::Invite => read(app, path, |it| Self::Invite(Box::new(it))).await,
            Kind::File => read(app, path, |it| Self::File(Box::new(it))).await,
            Kind::Comment => read(app, path, |it| Self::Comment(Box::new(it))).await,
            Kind::Case => read(app, path, |it| Self::Case(Box::new(it))).await,
        }
    }

    /// The person, if they are not leaving: by no entry is one to be found who is.
    pub(super) fn person(&self) -> Option<&Profile> {
        match self {
            Self::Person(profile) if !profile.is_leaving() => Some(profile),
            _ => None,
        }
    }
}

impl Rebuild<'_> {
    /// The empty entries of an object, under the current key. The claims of a person are [`Rebuild::claim_for`]'s.
    pub(super) fn entries(&self, object: &Object) -> Result<Vec<BlobPath>, Problem> {
        let (tenant, layout) = self.tenant()?;
        let app = self.app;
        Ok(match object {
            Object::Customer(customer) => {
                let name = customers::current_name(app, customer);
                vec![layout.customer_name(&name, customer.id)]
            }
            Object::Person(profile) if profile.is_leaving() => Vec::new(),
            Object::Person(profile) => {
                let identity = identity_names(app, profile).current;
                let memberships = profile.memberships.iter().map(|own| own.customer);
                let customers = memberships.map(|customer| layout.customer_user(customer, profile.id));
                let own = [layout.user(profile.id), on_platform::membership(&identity, tenant)];
                own.into_iter().chain(customers).collect()
            }
            Object::Invite(invite) => {
                let mut entries = vec![layout.invite_in(invite.status, invite.id)];
                if let Some(customer) = invite.customer {
                    entries.push(layout.customer_invite(customer, invite.status, invite.id));
                }
                // From then on a reference under the person names it.
                if invite.status != InviteStatus::Accepted {
                    entries.push(layout.email_invite(&email_name(app, invite.email.reveal()), invite.id));
                }
                entries
            }
            Object::File(file) => vec![layout.customer_file(file.customer, file.id)],
            Object::Comment(comment) => {
                let thread = threads::hashes(app, comment.customer, comment.thread.reveal()).current;
                vec![layout.thread_comment(comment.customer, &thread, comment.id)]
            }
            Object::Case(case) => vec![layout.request_entry(case.id)],
        })
    }
}

/// The object that an empty entry of the tenant leads to; none where no program makes such a name.
pub(super) fn object_of(layout: &TenantLayout, entry: &str) -> Option<(Kind, BlobPath)> {
    let parts: Vec<&str> = entry.split('/').collect();
    let person = |id: &str| Some((Kind::Person, layout.profile(id.parse::<UserId>().ok()?)));
    let invite = |id: &str| Some((Kind::Invite, layout.invite(id.parse::<InviteId>().ok()?)));
    match parts.as_slice() {
        ["index", "users", id] | ["index", "customer", _, "users", id] => person(id),
        ["index", "customer", _, "files", name] => {
            Some((Kind::File, layout.file_meta(FileId::from_inverted(name).ok()?)))
        }
        ["index", "customer", _, "invites", _, id]
        | ["index", "invites", _, id]
        | ["index", "email", _, "invite", id] => invite(id),
        ["index", "customer-name", _, id] => {
            Some((Kind::Customer, layout.customer(id.parse::<CustomerId>().ok()?)))
        }
        ["index", "thread", _, _, name] => {
            Some((Kind::Comment, layout.comment(CommentId::from_inverted(name).ok()?)))
        }
        ["index", "requests", "all", name] => {
            Some((Kind::Case, layout.case(RequestId::from_inverted(name).ok()?)))
        }
        _ => None,
    }
}
