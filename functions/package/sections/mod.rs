//! The categories of a package, one function each: its JSON file and its section of the page.

mod dealings;
mod person;
mod written;

use kundportal_domain::CompanyName;

use super::{
    content::{Content, JsonList},
    data::NotIncludedBecause,
    page::{self, Cell, Section},
};
use crate::problem::Problem;

impl Content<'_> {
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

/// The name of a customer, which may be gone.
fn customer_cell(name: Option<&CompanyName>) -> Cell {
    Cell::text(name.map_or("–", CompanyName::as_str))
}
