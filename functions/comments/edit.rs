//! `PATCH T/comments/{comment}`: by its author alone.

use kundportal_domain::{CommentText, Personal, merge_patch};
use kundportal_store::StoreError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{answer, find, record};
use crate::{
    auth::User,
    context::{Context, if_unchanged},
    people::RACES,
    problem::{Problem, ProblemType},
    respond::{self, Answer},
};

/// What may change.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CommentPatch {
    #[serde(default, deserialize_with = "merge_patch::present")]
    #[schemars(with = "CommentText")]
    text: Option<Personal<CommentText>>,
}

pub(super) async fn patch(mut context: Context, user: User) -> Result<Answer, Problem> {
    let (change, _) = context.json::<CommentPatch>().await?;
    let mut seen: Option<Personal<CommentText>> = None;
    for _ in 0..RACES {
        let (mut comment, etag) = find(&context, &user).await?;
        if comment.author != Some(user.id()) {
            return Err(ProblemType::Forbidden.into());
        }
        context.check_if_match(&etag)?;
        let Some(text) = change.text.clone() else {
            return answer(&context, &user, comment, &etag, respond::ok).await;
        };
        match &seen {
            None => record(&context, &user, &comment).await?,
            // The same person wrote another text meanwhile, somewhere else: neither is the last by chance.
            Some(seen) if seen.reveal() != comment.text.reveal() => break,
            Some(_) => {}
        }
        seen = Some(std::mem::replace(&mut comment.text, text));
        comment.edited_at = Some(context.now());
        match context.app.write(&user.layout.comment(comment.id), &comment, if_unchanged(&etag)).await {
            Ok(etag) => return answer(&context, &user, comment, &etag, respond::ok).await,
            Err(StoreError::PreconditionFailed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ProblemType::PreconditionFailed.into())
}
