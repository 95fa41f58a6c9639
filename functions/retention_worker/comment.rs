//! Comments by the period that the tenant chose.

use kundportal_domain::CommentId;

use super::{Next, Run};
use crate::{due::DueItem, problem::Problem};

impl Run<'_> {
    pub(super) async fn comment(&mut self, _: &DueItem, _: CommentId) -> Result<Next, Problem> {
        Err(Problem::internal("no comment"))
    }
}
