//! `POST T/invites/import`: a CSV file of people to invite. The same row sent again, with the file unchanged, is the same
//! invitation.

use std::collections::HashSet;

use http::header;
use kundportal_domain::{CustomerId, EmailAddress, InviteId, PersonName, Personal, records::InviteRole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::value::StrDeserializer};

use super::{
    create::{self, NewInvite},
    store,
};
use crate::{
    audit::{AuditRecord, By},
    auth::User,
    context::Context,
    csv_import::{self, Cells, ImportRow},
    customers,
    keys::Sha256,
    problem::{FieldError, Problem, ProblemType},
    respond::{self, Answer},
};

#[derive(Serialize, JsonSchema)]
pub(super) struct Imported {
    rows: Vec<ImportedRow>,
}

#[derive(Serialize, JsonSchema)]
struct ImportedRow {
    /// 1 is the first row after the header.
    row: usize,
    status: RowStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<InviteId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<RowRule>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum RowStatus {
    Created,
    WouldCreate,
    Rejected,
}

/// A rule that a cell breaks, never its value.
#[derive(Serialize, JsonSchema)]
struct RowRule {
    pointer: String,
    rule: String,
}

impl From<FieldError> for RowRule {
    fn from(FieldError { pointer, rule }: FieldError) -> Self {
        Self { pointer, rule }
    }
}

pub(super) async fn import(mut context: Context, user: User) -> Result<Answer, Problem> {
    let dry_run = match context.query("dryRun")?.as_deref() {
        None | Some("false") => false,
        Some("" | "true") => true,
        Some(_) => return Err(Problem::invalid("?dryRun", "must be true or false")),
    };
    let media_type = context.header(header::CONTENT_TYPE.as_str()).unwrap_or("").to_ascii_lowercase();
    if media_type.split(';').next().map(str::trim) != Some("text/csv") {
        return Err(ProblemType::UnsupportedMediaType.into());
    }
    let limits = context.app.settings().limits;
    let file = context.bytes(limits.import_bytes).await?;
    let rows = csv_import::parse(&file).map_err(|error| Problem::invalid("", error))?;
    if rows.len() > limits.import_rows {
        return Err(Problem::invalid("", format!("the file must have at most {} rows", limits.import_rows)));
    }
    let sha256 = Sha256::of(&file);
    let mut planned = Vec::new();
    let mut seen = HashSet::new();
    for row in rows {
        let number = row.row;
        let parsed = parse(&context, &user, row).await?;
        let parsed = parsed.and_then(|new| {
            let twice = !seen.insert((new.email.reveal().canonical(), new.customer));
            if twice { Err(vec![FieldError::new("/email", "stands in an earlier row too")]) } else { Ok(new) }
        });
        planned.push((number, parsed));
    }
    let mut imported = Vec::new();
    let mut made = std::collections::HashMap::<Option<CustomerId>, usize>::new();
    for (row, parsed) in planned {
        let outcome = match parsed {
            Ok(new) if dry_run => {
                let more = made.entry(new.customer).or_default();
                let room = create::require_room(&context.app, &user, new.customer, *more).await;
                *more += 1;
                room.map(|()| None)
            }
            Ok(new) => invite(&context, &user, &sha256, row, new).await.map(Some),
            Err(errors) => Err(Problem::invalid_all(errors)),
        };
        imported.push(match outcome {
            Ok(id) => {
                let status = if dry_run { RowStatus::WouldCreate } else { RowStatus::Created };
                ImportedRow { row, status, id, errors: Vec::new() }
            }
            Err(problem) => rejected(row, problem)?,
        });
    }
    respond::ok(&Imported { rows: imported })
}

/// What stops one row stops no other; what stops storage stops the import, which can be sent again.
fn rejected(row: usize, problem: Problem) -> Result<ImportedRow, Problem> {
    let errors = match problem.kind {
        ProblemType::InvalidInput => problem.errors.into_iter().map(RowRule::from).collect(),
        ProblemType::NotFound => vec![FieldError::new("/customer", "is none of your customers").into()],
        ProblemType::Forbidden => vec![FieldError::new("/role", "is not for you to give").into()],
        ProblemType::TooManyPending => {
            vec![FieldError::new("/customer", "has too many unanswered invitations").into()]
        }
        ProblemType::AwaitingAgreement => {
            vec![FieldError::new("/role", "must wait for the agreement").into()]
        }
        _ => return Err(problem),
    };
    Ok(ImportedRow { row, status: RowStatus::Rejected, id: None, errors })
}

async fn invite(
    context: &Context,
    user: &User,
    sha256: &str,
    row: usize,
    new: NewInvite,
) -> Result<InviteId, Problem> {
    let app = &context.app;
    let id = context.claim_row(user, sha256, row, || InviteId::new(app.now(), app.random())).await?;
    if app.exists(&user.layout.invite(id)).await? {
        return Ok(id);
    }
    create::require_room(app, user, new.customer, 0).await?;
    app.audit(&user.tenant.id, &AuditRecord::intended(app, By::user(user), context.operation.id, id)).await?;
    store(app, &user.tenant, create::invitation(id, new, user)).await?;
    Ok(id)
}

/// The cells as values, or every rule that they break.
async fn parse(
    context: &Context,
    user: &User,
    row: ImportRow,
) -> Result<Result<NewInvite, Vec<FieldError>>, Problem> {
    let Cells { email, name, role, customer } = match row.cells {
        Ok(cells) => cells,
        Err(error) => return Ok(Err(vec![FieldError::new("", error)])),
    };
    let mut errors = Vec::new();
    let email =
        email.reveal().parse::<EmailAddress>().map_err(|error| errors.push(FieldError::new("/email", error)));
    let name =
        name.reveal().parse::<PersonName>().map_err(|error| errors.push(FieldError::new("/name", error)));
    let role = InviteRole::deserialize(StrDeserializer::<serde::de::value::Error>::new(role.reveal()))
        .map_err(|_| errors.push(FieldError::new("/role", "is none of the allowed values")));
    let customer = match customer {
        Some(cell) => {
            find_customer(context, user, cell.reveal()).await?.map_err(|error| errors.push(error)).ok()
        }
        None => None,
    };
    let (Ok(email), Ok(name), Ok(role), true) = (email, name, role, errors.is_empty()) else {
        return Ok(Err(errors));
    };
    Ok(match create::check(&context.app, user, role, customer).await {
        Ok(()) => Ok(NewInvite {
            email: Personal::new(email),
            name: Personal::new(name),
            role,
            customer,
            message: None,
        }),
        Err(problem) => Err(rejected(row.row, problem)?
            .errors
            .into_iter()
            .map(|RowRule { pointer, rule }| FieldError { pointer, rule })
            .collect()),
    })
}

/// A customer by id, or by exact name among those that the caller keeps up to date.
async fn find_customer(
    context: &Context,
    user: &User,
    cell: &str,
) -> Result<Result<CustomerId, FieldError>, Problem> {
    if let Ok(id) = cell.parse() {
        return Ok(Ok(id));
    }
    let mut found = customers::by_name(&context.app, &user.layout, cell).await?;
    found.retain(|customer| user.administers(*customer));
    Ok(match found.as_slice() {
        [customer] => Ok(*customer),
        [] => Err(FieldError::new("/customer", "is none of your customers")),
        _ => Err(FieldError::new("/customer", "is the name of several customers: give the id")),
    })
}
