//! What retention looks at by day: the names of due markers, `<category>/<reference>`, in one list.

use std::{fmt, str::FromStr};

use kundportal_domain::{CommentId, FileId, IdError, InviteId, RecordId, RequestId, UserId};

/// What a due marker names. It says only where to look: what is done is decided from the object itself, by the rules in
/// force on the day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DueItem {
    /// A sign-in, by its name under the person.
    SignIn { user: UserId, name: String },
    /// A record in a person's activity.
    Activity { user: UserId, record: RecordId },
    /// An idempotency key, by its name under the person.
    Key { user: UserId, hash: String },
    /// A change of address that is not confirmed.
    EmailChange(UserId),
    /// An account that may be idle. Every account has this marker for the day of its next warning.
    Idle(UserId),
    /// An account that was deactivated.
    Deactivated(UserId),
    /// An invitation, pending or closed.
    Invite(InviteId),
    /// A file.
    File(FileId),
    /// A direct upload, and what was sent for it: whether or not it has become a file, whoever has its URL may have sent more.
    Upload { user: UserId, file: FileId },
    /// A comment.
    Comment(CommentId),
    /// The package of a request.
    Package(RequestId),
    /// A closed case.
    Case(RequestId),
}

impl fmt::Display for DueItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn { user, name } => write!(f, "sign-in/{user}/{name}"),
            Self::Activity { user, record } => write!(f, "activity/{user}/{record}"),
            Self::Key { user, hash } => write!(f, "key/{user}/{hash}"),
            Self::EmailChange(user) => write!(f, "email-change/{user}"),
            Self::Idle(user) => write!(f, "idle/{user}"),
            Self::Deactivated(user) => write!(f, "deactivated/{user}"),
            Self::Invite(invite) => write!(f, "invite/{invite}"),
            Self::File(file) => write!(f, "file/{file}"),
            Self::Upload { user, file } => write!(f, "upload/{user}/{file}"),
            Self::Comment(comment) => write!(f, "comment/{comment}"),
            Self::Package(request) => write!(f, "package/{request}"),
            Self::Case(request) => write!(f, "case/{request}"),
        }
    }
}

impl FromStr for DueItem {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut parts = text.split('/');
        let (category, first, second) = (parts.next(), parts.next().ok_or(IdError)?, parts.next());
        if parts.next().is_some() {
            return Err(IdError);
        }
        if second.is_some_and(str::is_empty) {
            return Err(IdError);
        }
        Ok(match (category, second) {
            (Some("sign-in"), Some(name)) => Self::SignIn { user: first.parse()?, name: name.to_owned() },
            (Some("activity"), Some(record)) => {
                Self::Activity { user: first.parse()?, record: record.parse()? }
            }
            (Some("key"), Some(hash)) => Self::Key { user: first.parse()?, hash: hash.to_owned() },
            (Some("email-change"), None) => Self::EmailChange(first.parse()?),
            (Some("idle"), None) => Self::Idle(first.parse()?),
            (Some("deactivated"), None) => Self::Deactivated(first.parse()?),
            (Some("invite"), None) => Self::Invite(first.parse()?),
            (Some("file"), None) => Self::File(first.parse()?),
            (Some("upload"), Some(file)) => Self::Upload { user: first.parse()?, file: file.parse()? },
            (Some("comment"), None) => Self::Comment(first.parse()?),
            (Some("package"), None) => Self::Package(first.parse()?),
            (Some("case"), None) => Self::Case(first.parse()?),
            _ => return Err(IdError),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn every_item_reads_back_from_its_name() {
        let (now, random) = (Timestamp::UNIX_EPOCH, [7; 10]);
        let (user, request) = (UserId::new(now, random), RequestId::new(now, random));
        for item in [
            DueItem::SignIn { user, name: "ffff".into() },
            DueItem::Activity { user, record: RecordId::new(now, random) },
            DueItem::Key { user, hash: "1-ab".into() },
            DueItem::EmailChange(user),
            DueItem::Idle(user),
            DueItem::Deactivated(user),
            DueItem::Invite(InviteId::new(now, random)),
            DueItem::File(FileId::new(now, random)),
            DueItem::Upload { user, file: FileId::new(now, random) },
            DueItem::Comment(CommentId::new(now, random)),
            DueItem::Package(request),
            DueItem::Case(request),
        ] {
            assert_eq!(item.to_string().parse(), Ok(item));
        }
    }

    #[test]
    fn what_is_no_name_of_an_item_is_refused() {
        let user = UserId::new(Timestamp::UNIX_EPOCH, [7; 10]);
        for text in [
            String::new(),
            "idle".into(),
            "idle/x".into(),
            format!("idle/{user}/x"),
            format!("idle/{user}/"),
            format!("sign-in/{user}"),
            format!("sign-in/{user}/"),
            format!("sign-in/{user}/a/b"),
            format!("unknown/{user}"),
        ] {
            assert!(text.parse::<DueItem>().is_err(), "{text}");
        }
    }
}
