//! Customers by their exact name, for imports.

use kundportal_domain::{CustomerId, records::Customer};

use crate::{
    app::App,
    keys::Purpose,
    layout::{self, TenantLayout},
    problem::Problem,
};

fn hashes(app: &App, name: &str) -> Vec<String> {
    app.settings().index_keys.names(Purpose::CustomerName, &[name]).collect()
}

/// Writes the entry of a customer's name.
pub(super) async fn index(app: &App, layout: &TenantLayout, customer: &Customer) -> Result<(), Problem> {
    for hash in hashes(app, customer.name.as_str()).into_iter().take(1) {
        app.mark(&layout.customer_name(&hash, customer.id)).await?;
    }
    Ok(())
}

/// Removes the entries of a name that the customer has no more.
pub(super) async fn unindex(
    app: &App,
    layout: &TenantLayout,
    before: &Customer,
    now: &Customer,
) -> Result<(), Problem> {
    if before.name != now.name {
        for hash in hashes(app, before.name.as_str()) {
            app.unmark(&layout.customer_name(&hash, before.id)).await?;
        }
    }
    Ok(())
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
