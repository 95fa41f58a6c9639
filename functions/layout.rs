//! Where everything lies in storage: the one list of containers and blob names. Names hold ids, keyed hashes and days
//! only.

use jiff::civil::Date;
use kundportal_domain::{
    CommentId, CustomerId, FileId, InviteId, ObjectionId, RecordId, RequestId, TenantId, UserId,
    records::InviteStatus,
};
use kundportal_store::{BlobPath, Container};

/// What belongs to no tenant alone.
pub(crate) fn platform() -> Container {
    Container::new("platform")
}

/// Direct uploads until they are verified.
pub(crate) fn staging() -> Container {
    Container::new("staging")
}

/// What somebody has sent to [`staging`] that is to become this file.
pub(crate) fn staged(tenant: &TenantId, file: FileId) -> BlobPath {
    BlobPath::new(staging(), format!("{tenant}/{file}"))
}

/// All data of one tenant.
pub(crate) fn tenant(tenant: &TenantId) -> Container {
    Container::new(format!("tenant-{tenant}"))
}

/// The tenant's audit log: it outlives the data container.
pub(crate) fn audit(tenant: &TenantId) -> Container {
    Container::new(format!("audit-{tenant}"))
}

/// Prefixes and names in the container `platform`.
pub(crate) mod on_platform {
    use super::{BlobPath, Date, TenantId, platform};

    pub(crate) const TENANTS: &str = "tenants/";
    pub(crate) const WORK: &str = "work/";
    pub(crate) const DUE: &str = "due/";
    pub(crate) const KEYS: &str = "keys/";
    pub(crate) const MEMBERSHIPS: &str = "memberships/";

    /// Written to see whether anything can be.
    pub(crate) fn probe() -> BlobPath {
        BlobPath::new(platform(), "probe")
    }

    pub(crate) fn tenant(id: &TenantId) -> BlobPath {
        BlobPath::new(platform(), format!("{TENANTS}{id}.json"))
    }

    /// That every tenant is marked to be told of a revision of the register, for the first time or again.
    pub(crate) fn announced(revision: u32, time: u8) -> BlobPath {
        BlobPath::new(platform(), format!("notices/{revision}-{time}"))
    }

    pub(crate) fn memberships(identity: &str) -> String {
        format!("{MEMBERSHIPS}{identity}/")
    }

    pub(crate) fn membership(identity: &str, tenant: &TenantId) -> BlobPath {
        BlobPath::new(platform(), format!("{}{tenant}", memberships(identity)))
    }

    pub(crate) fn work(day: Date, tenant: &TenantId, id: &str) -> BlobPath {
        BlobPath::new(platform(), format!("{WORK}{day}/{tenant}/{id}"))
    }

    pub(crate) fn due(day: Date, tenant: &TenantId) -> BlobPath {
        BlobPath::new(platform(), format!("{DUE}{day}/{tenant}"))
    }

    pub(crate) fn key(hash: &str) -> BlobPath {
        BlobPath::new(platform(), format!("{KEYS}{hash}"))
    }

    /// How far a rebuild of the indexes has come: of one tenant, or of all.
    pub(crate) fn index_rebuild(tenant: Option<&TenantId>) -> BlobPath {
        let name = tenant.map_or("index-rebuild/all.json".to_owned(), |tenant| {
            format!("index-rebuild/tenants/{tenant}.json")
        });
        BlobPath::new(platform(), name)
    }

    /// The day, the tenant and the rest of a name under [`DUE`] or [`WORK`].
    pub(crate) fn dated<'a>(name: &'a str, prefix: &str) -> Option<(Date, TenantId, &'a str)> {
        let mut parts = name.strip_prefix(prefix)?.splitn(3, '/');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next().unwrap_or_default()))
    }
}

/// Everything of one tenant, by name.
#[derive(Clone)]
pub(crate) struct TenantLayout {
    container: Container,
}

/// Prefix of the legal notices to the tenant.
pub(crate) const NOTICES: &str = "notices/";

/// Prefix of the tenant's objections to sub-processors.
pub(crate) const OBJECTIONS: &str = "objections/";

/// Prefix of all that is one person's.
pub(crate) fn subject(user: UserId) -> String {
    format!("subjects/{user}/")
}

impl TenantLayout {
    pub(crate) fn new(id: &TenantId) -> Self {
        Self { container: tenant(id) }
    }

    pub(crate) fn container(&self) -> &Container {
        &self.container
    }

    pub(crate) fn at(&self, name: impl Into<String>) -> BlobPath {
        BlobPath::new(self.container.clone(), name)
    }

    /// That the tenant has been told of a revision of the register; the newest first.
    pub(crate) fn notice(&self, revision: u32) -> BlobPath {
        self.at(format!("{NOTICES}{:08x}.json", u32::MAX - revision))
    }

    pub(crate) fn objection(&self, id: ObjectionId) -> BlobPath {
        self.at(format!("{OBJECTIONS}{id}.json"))
    }

    pub(crate) fn administrators(&self) -> BlobPath {
        self.at("settings/administrators.json")
    }

    pub(crate) fn profile(&self, user: UserId) -> BlobPath {
        self.at(format!("subjects/{user}/profile.json"))
    }

    pub(crate) fn picture(&self, user: UserId, name: &str) -> BlobPath {
        self.at(format!("{}{name}", pictures(user)))
    }

    pub(crate) fn last_use(&self, user: UserId) -> BlobPath {
        self.at(format!("subjects/{user}/last-use"))
    }

    pub(crate) fn sign_in(&self, user: UserId, name: &str) -> BlobPath {
        self.at(format!("{}{name}", sign_ins(user)))
    }

    pub(crate) fn activity(&self, user: UserId, record: RecordId) -> BlobPath {
        self.at(format!("{}{}", activities(user), record.inverted()))
    }

    /// A mail to the person until it is sent.
    pub(crate) fn outgoing(&self, user: UserId, id: &str) -> BlobPath {
        self.at(format!("subjects/{user}/outbox/{id}.json"))
    }

    pub(crate) fn key(&self, user: UserId, hash: &str) -> BlobPath {
        self.at(format!("subjects/{user}/keys/{hash}"))
    }

    /// A direct upload of the person's that has become no file yet.
    pub(crate) fn upload(&self, user: UserId, file: FileId) -> BlobPath {
        self.at(format!("{}{file}.json", uploads(user)))
    }

    /// The id of the person's one open access request, or of one that is being taken in.
    pub(crate) fn open_request(&self, user: UserId) -> BlobPath {
        self.at(format!("subjects/{user}/open-request/access"))
    }

    /// Names something elsewhere that concerns the person; empty, written before the thing itself.
    pub(crate) fn reference(&self, user: UserId, kind: RefKind, id: &str) -> BlobPath {
        self.at(format!("{}{}/{id}", refs(user), kind.as_str()))
    }

    /// The same for a request: the newest first.
    pub(crate) fn request_reference(&self, user: UserId, request: RequestId) -> BlobPath {
        self.reference(user, RefKind::Request, &request.inverted())
    }

    pub(crate) fn file_meta(&self, file: FileId) -> BlobPath {
        self.at(format!("files/{file}/meta.json"))
    }

    pub(crate) fn file_content(&self, file: FileId) -> BlobPath {
        self.at(format!("files/{file}/content"))
    }

    pub(crate) fn comment(&self, comment: CommentId) -> BlobPath {
        self.at(format!("comments/{comment}.json"))
    }

    pub(crate) fn thread(&self, customer: CustomerId, thread: &str) -> BlobPath {
        self.at(format!("{}{thread}.json", threads(customer)))
    }

    pub(crate) fn customer(&self, customer: CustomerId) -> BlobPath {
        self.at(format!("{CUSTOMERS}{customer}.json"))
    }

    pub(crate) fn invite(&self, invite: InviteId) -> BlobPath {
        self.at(format!("invites/{invite}.json"))
    }

    pub(crate) fn case(&self, request: RequestId) -> BlobPath {
        self.at(format!("requests/{request}/case.json"))
    }

    /// What goes into the package; it has the files' names, and goes with the package.
    pub(crate) fn package_plan(&self, request: RequestId) -> BlobPath {
        self.at(format!("requests/{request}/package-plan.json"))
    }

    pub(crate) fn package(&self, request: RequestId) -> BlobPath {
        self.at(format!("requests/{request}/package.zip"))
    }

    /// A list read that still has to be noted in the activity of everybody it showed.
    pub(crate) fn read(&self, record: RecordId) -> BlobPath {
        self.at(format!("{READS}{record}.json"))
    }

    pub(crate) fn identity(&self, identity: &str) -> BlobPath {
        self.at(format!("index/identity/{identity}"))
    }

    pub(crate) fn email(&self, email: &str) -> BlobPath {
        self.at(format!("index/email/{email}"))
    }

    pub(crate) fn email_invite(&self, email: &str, invite: InviteId) -> BlobPath {
        self.at(format!("{}{invite}", email_invites(email)))
    }

    pub(crate) fn customer_name(&self, name: &str, customer: CustomerId) -> BlobPath {
        self.at(format!("{}{customer}", customers_named(name)))
    }

    pub(crate) fn user(&self, user: UserId) -> BlobPath {
        self.at(format!("{USERS}{user}"))
    }

    pub(crate) fn customer_user(&self, customer: CustomerId, user: UserId) -> BlobPath {
        self.at(format!("{}{user}", customer_users(customer)))
    }

    pub(crate) fn customer_file(&self, customer: CustomerId, file: FileId) -> BlobPath {
        self.at(format!("{}{}", customer_files(customer), file.inverted()))
    }

    pub(crate) fn customer_invite(
        &self,
        customer: CustomerId,
        status: InviteStatus,
        invite: InviteId,
    ) -> BlobPath {
        self.at(format!("{}{invite}", customer_invites(customer, status)))
    }

    pub(crate) fn invite_in(&self, status: InviteStatus, invite: InviteId) -> BlobPath {
        self.at(format!("{}{invite}", invites(status)))
    }

    pub(crate) fn thread_comment(&self, customer: CustomerId, thread: &str, comment: CommentId) -> BlobPath {
        self.at(format!("{}{}", thread_comments(customer, thread), comment.inverted()))
    }

    pub(crate) fn request_entry(&self, request: RequestId) -> BlobPath {
        self.at(format!("{REQUESTS}{}", request.inverted()))
    }

    pub(crate) fn due(&self, day: Date, item: &str) -> BlobPath {
        self.at(format!("{}{item}", due_on(day)))
    }
}

/// What a reference under a person names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RefKind {
    File,
    Comment,
    Invite,
    Request,
}

impl RefKind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::File, Self::Comment, Self::Invite, Self::Request];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Comment => "comment",
            Self::Invite => "invite",
            Self::Request => "request",
        }
    }
}

pub(crate) const SUBJECTS: &str = "subjects/";
pub(crate) const FILES: &str = "files/";
pub(crate) const COMMENTS: &str = "comments/";
pub(crate) const CUSTOMERS: &str = "customers/";
pub(crate) const INVITES: &str = "invites/";
pub(crate) const CASES: &str = "requests/";
pub(crate) const THREADS: &str = "threads/";
pub(crate) const INDEX: &str = "index/";
pub(crate) const READS: &str = "reads/";
pub(crate) const USERS: &str = "index/users/";
pub(crate) const REQUESTS: &str = "index/requests/all/";
pub(crate) const DUE: &str = "due/";

pub(crate) fn due_on(day: Date) -> String {
    format!("{DUE}{day}/")
}

pub(crate) fn pictures(user: UserId) -> String {
    format!("subjects/{user}/picture/")
}

pub(crate) fn sign_ins(user: UserId) -> String {
    format!("subjects/{user}/sign-ins/")
}

pub(crate) fn activities(user: UserId) -> String {
    format!("subjects/{user}/activity/")
}

pub(crate) fn uploads(user: UserId) -> String {
    format!("subjects/{user}/uploads/")
}

pub(crate) fn refs(user: UserId) -> String {
    format!("subjects/{user}/refs/")
}

pub(crate) fn references(user: UserId, kind: RefKind) -> String {
    format!("{}{}/", refs(user), kind.as_str())
}

pub(crate) fn email_invites(email: &str) -> String {
    format!("index/email/{email}/invite/")
}

pub(crate) fn customers_named(name: &str) -> String {
    format!("index/customer-name/{name}/")
}

pub(crate) fn customer_users(customer: CustomerId) -> String {
    format!("index/customer/{customer}/users/")
}

pub(crate) fn customer_files(customer: CustomerId) -> String {
    format!("index/customer/{customer}/files/")
}

pub(crate) fn customer_invites(customer: CustomerId, status: InviteStatus) -> String {
    format!("index/customer/{customer}/invites/{}/", status.as_str())
}

pub(crate) fn invites(status: InviteStatus) -> String {
    format!("index/invites/{}/", status.as_str())
}

pub(crate) fn threads(customer: CustomerId) -> String {
    format!("{THREADS}{customer}/")
}

pub(crate) fn thread_comments(customer: CustomerId, thread: &str) -> String {
    format!("index/thread/{customer}/{thread}/")
}
