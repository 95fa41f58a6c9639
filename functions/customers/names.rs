//! Customers by their exact name, for imports.

use kundportal_domain::{CustomerId, TenantId, records::Customer};

use crate::{
    app::App,
    keys::Purpose,
    layout::{self, TenantLayout},
    people::RACES,
    problem::{Problem, ProblemType},
    worker::Progress,
};

fn hashes(app: &App, name: &str) -> Vec<String> {
    app.settings().index_keys.names(Purpose::CustomerName, &[name]).collect()
}

/// The keyed hashes of all names of a customer in these versions.
pub(super) fn of<'a>(app: &App, versions: impl IntoIterator<Item = &'a Customer>) -> Vec<String> {
    versions.into_iter().flat_map(|customer| hashes(app, customer.name.as_str())).collect()
}

/// The keyed hash of a customer's name under the current key.
pub(crate) fn current(app: &App, customer: &Customer) -> String {
    hashes(app, customer.name.as_str()).into_iter().next().unwrap_or_default()
}

/// Brings the entries of these names, which the customer has or had, in line with the customer. Somebody may give it another
/// name meanwhile: then what was done here by the name from before is done again.
pub(super) async fn settle(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    names: &[String],
) -> Result<(), Problem> {
    let current = async || -> Result<Vec<String>, Problem> {
        let customer = app.read::<Customer>(&layout.customer(customer)).await?;
        Ok(customer.map_or_else(Vec::new, |(customer, _)| hashes(app, customer.name.as_str())))
    };
    let (mut names, mut own) = (names.to_vec(), current().await?);
    for _ in 0..RACES {
        for name in own.iter().take(1) {
            app.mark(&layout.customer_name(name, customer)).await?;
        }
        for name in names.iter().filter(|name| !own.contains(name)) {
            app.unmark(&layout.customer_name(name, customer)).await?;
        }
        let now = current().await?;
        if now == own {
            return Ok(());
        }
        names.extend(std::mem::replace(&mut own, now));
    }
    // The work marker stays.
    Err(ProblemType::Unavailable.into())
}

/// [`crate::work::Work::CustomerChange`].
pub(crate) async fn complete(
    app: &App,
    tenant: &TenantId,
    customer: CustomerId,
    names: &[String],
    abandoned: bool,
) -> Result<Progress, Problem> {
    settle(app, &TenantLayout::new(tenant), customer, names).await?;
    Ok(abandoned.into())
}

/// The customers of exactly this name, in the order of their ids.
pub(crate) async fn by_name(
    app: &App,
    layout: &TenantLayout,
    name: &str,
) -> Result<Vec<CustomerId>, Problem> {
    let mut found = Vec::new();
    for hash in hashes(app, name) {
        let ids = app.names(layout.container(), &layout::customers_named(&hash)).await?;
        for id in ids.iter().filter_map(|id| id.parse::<CustomerId>().ok()) {
            let customer = app.read::<Customer>(&layout.customer(id)).await?;
            if customer.is_some_and(|(customer, _)| customer.name.as_str() == name) && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}
