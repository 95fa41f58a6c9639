//! Customers by their exact name, for imports.

use kundportal_domain::{CompanyName, CustomerId, records::Customer};

use crate::{
    app::App,
    keys::Purpose,
    layout::{self, TenantLayout},
    people::RACES,
    problem::{Problem, ProblemType},
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

/// Removes the entries of a name that the customer does not have, or has no more. Whoever gives it that name again meanwhile
/// may have seen them: then they are there again.
pub(super) async fn unindex(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    name: &CompanyName,
) -> Result<(), Problem> {
    let has_it = async || -> Result<Option<Customer>, Problem> {
        let found = app.read::<Customer>(&layout.customer(customer)).await?;
        Ok(found.map(|(customer, _)| customer).filter(|customer| customer.name == *name))
    };
    for _ in 0..RACES {
        for hash in hashes(app, name.as_str()) {
            app.unmark(&layout.customer_name(&hash, customer)).await?;
        }
        let Some(now) = has_it().await? else { return Ok(()) };
        index(app, layout, &now).await?;
        if has_it().await?.is_some() {
            return Ok(());
        }
    }
    Err(ProblemType::PreconditionFailed.into())
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
