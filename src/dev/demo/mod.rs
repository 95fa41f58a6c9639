//! Demo data: made once, through the same HTTP interface that everybody uses, so that they are as real data are. Killed
//! anywhere, the next start goes on: each step is one that may be done again.

mod api;
mod plan;
mod samples;

use std::{collections::BTreeMap, io};

use serde_json::{Value, json};

use super::folder::Folder;
use api::{Api, SignedIn};
use plan::{Person, Tenant};

pub(crate) use api::DemoError;

/// Written when everything is there.
const MARKER: &str = "demo-data";

/// Whether the folder's demo data are complete.
pub(crate) fn is_there(folder: &Folder) -> bool {
    folder.file(MARKER).exists()
}

/// Makes what is missing.
pub(crate) async fn make(folder: &Folder, address: &str) -> Result<(), DemoError> {
    let api = Api::new(address);
    api.settle().await?;
    for tenant in plan::TENANTS {
        Making { api: &api, tenant }.all().await?;
    }
    folder.write_secret(MARKER, b"complete\n").map_err(|error| DemoError::at("finishing", error))
}

/// Says who can sign in, and what to try.
pub(crate) fn introduce(terminal: &mut impl io::Write, address: &str) -> io::Result<()> {
    writeln!(terminal, "\nWho can sign in (POST /dev/token with the e-mail gives a token):")?;
    for tenant in plan::TENANTS {
        writeln!(terminal, "  {} ({})", tenant.name, tenant.id)?;
        let administrator = &tenant.administrator;
        writeln!(terminal, "    {:<29} {}, administrator", administrator.email, administrator.name)?;
        for user in tenant.users {
            let customer = user.customer.map(|customer| format!(" of {customer}")).unwrap_or_default();
            let role = words(user.role);
            writeln!(terminal, "    {:<29} {}, {role}{customer}", user.person.email, user.person.name)?;
        }
    }
    let email = plan::TENANTS.first().map_or(plan::OPERATOR, |tenant| tenant.administrator.email);
    let id = plan::TENANTS.first().map_or("", |tenant| tenant.id);
    writeln!(terminal, "  The operator: {}, with \"roles\":[\"Operator\"]", plan::OPERATOR)?;
    writeln!(terminal, "\nThree commands to try:")?;
    writeln!(terminal, "{}", token_command(address, &format!(r#"{{"email":"{email}"}}"#)))?;
    writeln!(terminal, "  curl -s {address}/api/me -H \"Authorization: Bearer $TOKEN\"")?;
    writeln!(terminal, "  curl -s {address}/api/tenants/{id}/users -H \"Authorization: Bearer $TOKEN\"\n")
}

/// Says what to try where there are no demo data.
pub(crate) fn introduce_nobody(terminal: &mut impl io::Write, address: &str) -> io::Result<()> {
    writeln!(
        terminal,
        "\nThere is nobody yet. The operator signs in as {} and makes tenants.",
        plan::OPERATOR
    )?;
    writeln!(terminal, "\nThree commands to try:")?;
    let operator = format!(r#"{{"email":"{}","roles":["Operator"]}}"#, plan::OPERATOR);
    writeln!(terminal, "{}", token_command(address, &operator))?;
    writeln!(terminal, "  curl -s {address}/api/tenants -H \"Authorization: Bearer $TOKEN\"")?;
    writeln!(terminal, "  curl -s {address}/api/openapi.json\n")
}

fn token_command(address: &str, who: &str) -> String {
    format!(r#"  TOKEN=$(curl -s {address}/dev/token -d '{who}' | sed 's/.*"accessToken":"//; s/".*//')"#)
}

/// `dataProtectionOfficer` as words.
fn words(role: &str) -> String {
    role.chars()
        .flat_map(|letter| letter.is_uppercase().then_some(' ').into_iter().chain(letter.to_lowercase()))
        .collect()
}

/// One tenant being made.
struct Making<'a> {
    api: &'a Api,
    tenant: &'static Tenant,
}

impl Making<'_> {
    async fn all(&self) -> Result<(), DemoError> {
        self.found().await?;
        let administrator = self.accept(&self.tenant.administrator, None).await?;
        let customers = self.customers(&administrator).await?;
        self.invite(&administrator, &customers).await?;
        for user in self.tenant.users {
            self.accept(&user.person, user.customer).await?;
        }
        self.profiles().await?;
        self.files(&customers).await?;
        self.comments(&customers).await?;
        self.looked_up(&administrator).await?;
        self.requests().await
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/tenants/{}{rest}", self.tenant.id)
    }

    fn key(&self, of: &str, name: &str) -> String {
        // A key is a header: it holds no letters beyond ASCII.
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
        let short = data_encoding::HEXLOWER.encode(digest.as_ref().get(..8).unwrap_or_default());
        format!("demo-{}-{of}-{short}", self.tenant.id)
    }

    async fn sign_in(&self, email: &str) -> Result<SignedIn<'_>, DemoError> {
        self.api.sign_in(json!({"email": email})).await
    }

    async fn found(&self) -> Result<(), DemoError> {
        let tenant = self.tenant;
        let operator = self.api.sign_in(json!({"email": plan::OPERATOR, "roles": ["Operator"]})).await?;
        let known = operator.get("/api/tenants?limit=200", "listing tenants").await?;
        if items(&known).any(|known| known["id"] == tenant.id) {
            return Ok(());
        }
        let Person { name, email, .. } = tenant.administrator;
        let mut new = json!({
            "id": tenant.id, "name": tenant.name, "organisationNumber": tenant.organisation_number,
            "locale": tenant.locale, "contact": {"name": name, "email": email},
            "agreement": {"kind": "standard", "signedOn": "2026-01-15"},
            "retention": {"files": "P60M", "comments": "P24M"},
            "administrator": {"name": name, "email": email},
        });
        if let Some((name, email, phone)) = tenant.officer {
            new["dataProtectionOfficer"] = json!({"name": name, "email": email, "phone": phone});
        }
        operator.post("/api/tenants", &new, &self.key("tenant", tenant.id), "making a tenant").await?;
        Ok(())
    }

    /// Lets somebody accept their invitations until they belong to the tenant, and to the customer.
    async fn accept(&self, person: &Person, customer: Option<&str>) -> Result<SignedIn<'_>, DemoError> {
        let signed_in = self.sign_in(person.email).await?;
        while !self.belongs(&signed_in, customer).await? {
            let token = self.api.invitation(person.email, self.tenant.id).await?;
            let step = "accepting an invitation";
            let status = signed_in.try_post("/api/invites/accept", &json!({"token": token}), step).await?;
            if !status.is_success() {
                return Err(DemoError::at(step, status));
            }
        }
        Ok(signed_in)
    }

    async fn belongs(&self, person: &SignedIn<'_>, customer: Option<&str>) -> Result<bool, DemoError> {
        let own = person.get("/api/me", "asking who one is").await?;
        Ok(own.as_array().into_iter().flatten().any(|one| {
            one["tenant"] == self.tenant.id
                && customer.is_none_or(|name| {
                    one["customers"].as_array().into_iter().flatten().any(|customer| customer["name"] == name)
                })
        }))
    }

    /// Customers by name.
    async fn customers(
        &self,
        administrator: &SignedIn<'_>,
    ) -> Result<BTreeMap<&'static str, String>, DemoError> {
        let known = administrator.get(&self.path("/customers?limit=200"), "listing customers").await?;
        let mut ids = BTreeMap::new();
        for customer in self.tenant.customers {
            let there = items(&known).find(|known| known["name"] == customer.name);
            let made = if let Some(there) = there {
                there.clone()
            } else {
                let mut new = json!({"name": customer.name});
                if let Some(number) = customer.organisation_number {
                    new["organisationNumber"] = number.into();
                }
                let key = self.key("customer", customer.name);
                administrator.post(&self.path("/customers"), &new, &key, "making a customer").await?
            };
            ids.insert(customer.name, text(&made["id"]));
        }
        Ok(ids)
    }

    async fn invite(
        &self,
        administrator: &SignedIn<'_>,
        customers: &BTreeMap<&'static str, String>,
    ) -> Result<(), DemoError> {
        let invited = self.tenant.users.iter().map(|user| (&user.person, user.role, user.customer));
        let waiting =
            self.tenant.pending.iter().map(|(person, customer)| (person, "member", Some(*customer)));
        for (person, role, customer) in invited.chain(waiting) {
            let mut new = json!({"email": person.email, "name": person.name, "role": role});
            if let Some(id) = customer.and_then(|name| customers.get(name)) {
                new["customer"] = id.as_str().into();
            }
            let key = self.key("invite", &format!("{} {}", person.email, customer.unwrap_or_default()));
            administrator.post(&self.path("/invites"), &new, &key, "inviting somebody").await?;
        }
        Ok(())
    }

    async fn profiles(&self) -> Result<(), DemoError> {
        let people = self.tenant.users.iter().map(|user| &user.person);
        for person in people.chain([&self.tenant.administrator]) {
            let signed_in = self.sign_in(person.email).await?;
            let mut change = json!({"locale": person.locale});
            if let Some(phone) = person.phone {
                change["phone"] = phone.into();
            }
            signed_in.patch(&self.path("/profile"), &change, "correcting a profile").await?;
            if person.picture {
                let step = "uploading a picture";
                let picture = samples::png().map_err(|error| DemoError::at(step, error))?;
                signed_in.put(&self.path("/profile/picture"), "image/png", picture, step).await?;
            }
        }
        Ok(())
    }

    async fn files(&self, customers: &BTreeMap<&'static str, String>) -> Result<(), DemoError> {
        for file in self.tenant.files {
            let step = "uploading a file";
            let Some(customer) = customers.get(file.customer) else { continue };
            let author = self.sign_in(file.author).await?;
            let path = self.path(&format!("/files?customer={customer}"));
            if items(&author.get(&path, "listing files").await?).any(|known| known["name"] == file.name) {
                continue;
            }
            let (bytes, kind) =
                samples::make(file.kind, file.text).map_err(|error| DemoError::at(step, error))?;
            let key = self.key("file", file.name);
            author.upload(&path, (file.name, kind, bytes), &key, step).await?;
        }
        Ok(())
    }

    async fn comments(&self, customers: &BTreeMap<&'static str, String>) -> Result<(), DemoError> {
        for comment in self.tenant.comments {
            let Some(customer) = customers.get(comment.customer) else { continue };
            let author = self.sign_in(comment.author).await?;
            let new = json!({"customer": customer, "thread": comment.thread, "text": comment.text});
            let key = self.key("comment", comment.text);
            author.post(&self.path("/comments"), &new, &key, "writing a comment").await?;
        }
        Ok(())
    }

    /// The administrator looks somebody up, so that their list of look-ups shows it.
    async fn looked_up(&self, administrator: &SignedIn<'_>) -> Result<(), DemoError> {
        let users = administrator.get(&self.path("/users?limit=200"), "listing users").await?;
        for user in items(&users).take(2) {
            administrator
                .get(&self.path(&format!("/users/{}", text(&user["id"]))), "looking a user up")
                .await?;
        }
        Ok(())
    }

    async fn requests(&self) -> Result<(), DemoError> {
        for (_, email) in plan::REQUESTS.iter().filter(|(tenant, _)| *tenant == self.tenant.id) {
            let person = self.sign_in(email).await?;
            let path = self.path("/requests");
            if items(&person.get(&path, "listing requests").await?).next().is_none() {
                let key = self.key("request", email);
                person.post(&path, &json!({"kind": "access"}), &key, "asking for access").await?;
            }
        }
        Ok(())
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_named_in_the_plan_is_in_it() {
        for tenant in plan::TENANTS {
            let known: Vec<_> = tenant.customers.iter().map(|customer| customer.name).collect();
            let people: Vec<_> = tenant
                .users
                .iter()
                .map(|user| user.person.email)
                .chain([tenant.administrator.email])
                .collect();
            assert!(tenant.users.iter().filter_map(|user| user.customer).all(|name| known.contains(&name)));
            assert!(tenant.pending.iter().all(|(_, name)| known.contains(name)));
            for (author, customer) in tenant
                .files
                .iter()
                .map(|file| (file.author, file.customer))
                .chain(tenant.comments.iter().map(|comment| (comment.author, comment.customer)))
            {
                assert!(people.contains(&author) && known.contains(&customer));
            }
        }
    }

    #[test]
    fn roles_are_said_in_words() {
        assert_eq!(words("dataProtectionOfficer"), "data protection officer");
    }
}
