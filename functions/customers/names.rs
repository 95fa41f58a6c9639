//! Customers by their exact name, for imports.

use kundportal_domain::{CustomerId, TenantId, records::Customer};

use crate::{
    app::App,
    keys::{Names, Purpose},
    layout::{self, TenantLayout},
    people::RACES,
    problem::{Problem, ProblemType},
    worker::Progress,
};

fn hashes(app: &App, name: &str) -> Names {
    app.settings().index_keys.names(Purpose::CustomerName, &[name])
}

/// The keyed hashes of all names of a customer in these versions.
pub(super) fn of<'a>(app: &App, versions: impl IntoIterator<Item = &'a Customer>) -> Vec<String> {
    let of = |customer: &Customer| hashes(app, customer.name.as_str());
    versions.into_iter().flat_map(|customer| of(customer).all().cloned().collect::<Vec<_>>()).collect()
}

/// The keyed hash of a customer's name under the current key.
pub(crate) fn current(app: &App, customer: &Customer) -> String {
    hashes(app, customer.name.as_str()).current
}

/// Brings the entries of these names, which the customer has or had, in line with the customer. Somebody may give it another
/// name meanwhile: then what was done here by the name from before is done again.
pub(super) async fn settle(
    app: &App,
    layout: &TenantLayout,
    customer: CustomerId,
    names: &[String],
) -> Result<(), Problem> {
    let current = async || -> Result<Option<Names>, Problem> {
        let customer = app.read::<Customer>(&layout.customer(customer)).await?;
        Ok(customer.map(|(customer, _)| hashes(app, customer.name.as_str())))
    };
    let (mut names, mut own) = (names.to_vec(), current().await?);
    for _ in 0..RACES {
        if let Some(own) = &own {
            app.mark(&layout.customer_name(&own.current, customer)).await?;
        }
        // Under the coming key others may have named it as it is.
        let stays = |name: &&String| {
            own.as_ref().is_some_and(|own| own.current == **name || own.coming.as_ref() == Some(*name))
        };
        let previous = own.as_ref().and_then(|own| own.previous.as_ref());
        for name in names.iter().chain(previous).filter(|name| !stays(name)) {
            app.unmark(&layout.customer_name(name, customer)).await?;
        }
        let now = current().await?;
        if now == own {
            return Ok(());
        }
        let before = std::mem::replace(&mut own, now);
        names.extend(before.into_iter().flat_map(|before| before.all().cloned().collect::<Vec<_>>()));
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
    for hash in hashes(app, name).looked_up() {
        let ids = app.names(layout.container(), &layout::customers_named(hash)).await?;
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
