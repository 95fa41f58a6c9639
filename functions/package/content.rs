//! What goes into a package, in its order: each category's JSON and its section of the page, then schemas and page.

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use kundportal_domain::{Category, CompanyName, CustomerId, Texts, records::Customer, stockholm};
use kundportal_store::{BlobPath, ByteStream, ETag, StoreError};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Source,
    archive::{Packing, Sealed, Written},
    bag::{Bag, BagInfo},
    data::{NotIncluded, NotIncludedBecause, SCHEMAS},
    page::{self, Page},
    plan::Own,
};
use crate::{app::App, problem::Problem};

/// Objects read at once.
const CONCURRENT_READS: usize = 16;

/// What was asked for, and the object with its version where there is one.
type Read<K, T> = Result<(K, Option<(T, ETag)>), Problem>;

/// The content while it is written.
pub(super) struct Content<'a> {
    pub(super) source: Source<'a>,
    pub(super) texts: Texts,
    pub(super) bag: Bag,
    pub(super) page: Page,
    pub(super) not_included: Vec<NotIncluded>,
}

impl<'a> Content<'a> {
    pub(super) fn new(source: Source<'a>, bag: Bag) -> Self {
        let texts = Texts::of(source.profile.locale);
        Self { source, texts, bag, page: Page::new(texts), not_included: Vec::new() }
    }

    /// Writes all of it.
    pub(super) async fn write(mut self) -> Result<Sealed, Problem> {
        self.about();
        // Each on its own on the heap: together they would make one very large future.
        Box::pin(self.profile()).await?;
        Box::pin(self.memberships()).await?;
        Box::pin(self.sign_ins()).await?;
        Box::pin(self.activity()).await?;
        Box::pin(self.files()).await?;
        Box::pin(self.uploads()).await?;
        Box::pin(self.comments()).await?;
        Box::pin(self.invitations()).await?;
        Box::pin(self.mails()).await?;
        Box::pin(self.requests()).await?;
        Box::pin(self.not_included()).await?;
        for (name, schema) in SCHEMAS {
            let schema = pretty(&schema())?;
            self.bag.add(&format!("data/schemas/{name}.schema.json"), schema).await?;
        }
        self.page.text("rights");
        self.page.verify();
        let made_at = self.source.plan.frozen_at;
        let page = self.page.finish(self.source.tenant.name.as_str(), made_at);
        self.bag.add("index.html", page).await?;
        let info = BagInfo {
            made_on: stockholm::date_of(made_at),
            identifier: self.source.case.id.to_string(),
            version: self.source.app.settings().version.clone(),
        };
        Box::pin(self.bag.finish(&info, self.source.app.signer())).await
    }

    /// What is under the person's prefix of this category.
    pub(super) fn own(&self, category: Category) -> impl Iterator<Item = &'a Own> + use<'a> {
        let subject = self.source.case.subject;
        self.source.plan.own.iter().filter(move |own| own.category(subject) == Some(category))
    }

    /// The objects of a category under the person's prefix, several at once, in their order.
    pub(super) fn read_own<T: DeserializeOwned + 'a>(
        &self,
        category: Category,
    ) -> impl Stream<Item = Read<&'a Own, T>> + use<'a, T> {
        let layout = self.source.layout;
        let subject = crate::layout::subject(self.source.case.subject);
        let paths: Vec<_> =
            self.own(category).map(|own| (own, layout.at(format!("{subject}{}", own.name)))).collect();
        read_all(self.source.app, paths)
    }

    /// Notes what was found otherwise than planned. The later version goes in.
    pub(super) fn compare<T>(
        &mut self,
        category: Category,
        own: &Own,
        found: Option<(T, ETag)>,
    ) -> Option<T> {
        let Some((value, etag)) = found else {
            self.miss(category, &own.name, NotIncludedBecause::Gone);
            return None;
        };
        if etag != own.etag() {
            self.miss(category, &own.name, NotIncludedBecause::Changed);
        }
        Some(value)
    }

    /// Notes what is not in the package as it was.
    pub(super) fn miss(
        &mut self,
        category: impl Into<Option<Category>>,
        item: impl Into<String>,
        reason: NotIncludedBecause,
    ) {
        let at = self.source.plan.frozen_at;
        self.not_included.push(NotIncluded { category: category.into(), item: item.into(), reason, at });
    }

    /// A JSON file of one object.
    pub(super) async fn object(&mut self, name: &str, object: &impl Serialize) -> Result<(), Problem> {
        let json = pretty(object)?;
        self.bag.add(&format!("data/{name}.json"), json).await
    }

    /// Streams a blob into an entry.
    pub(super) async fn copy(
        &mut self,
        name: &str,
        packing: Packing,
        size: u64,
        mut body: ByteStream,
    ) -> Result<Written, Problem> {
        self.bag.begin(name, packing, size).await?;
        while let Some(piece) = body.try_next().await.map_err(StoreError::broken)? {
            self.bag.write(piece).await?;
        }
        self.bag.end().await
    }

    /// The name of a customer; none where it is gone.
    pub(super) async fn customer_name(&self, customer: CustomerId) -> Result<Option<CompanyName>, Problem> {
        let Source { app, layout, tenant, .. } = &self.source;
        let key = (tenant.id.clone(), customer);
        if let Some(customer) = app.caches().customers.get(&key, app.now()) {
            return Ok(Some(customer.name.clone()));
        }
        let Some((found, _)) = app.read::<Customer>(&layout.customer(customer)).await? else {
            return Ok(None);
        };
        let name = found.name.clone();
        app.caches().customers.put(key, std::sync::Arc::new(found), app.now());
        Ok(Some(name))
    }

    /// A word for a value that has one in the texts: `<group>-<name in JSON>`.
    pub(super) fn word(&self, group: &str, value: &impl Serialize) -> String {
        let name = serde_json::to_value(value).ok();
        let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        self.texts.get(&format!("{group}-{name}")).into_owned()
    }

    fn about(&mut self) {
        let Source { tenant, case, plan, .. } = &self.source;
        let contact = |name: &str, email: &str| format!("{name}, {email}");
        let mut facts = vec![
            ("package-request", case.id.to_string()),
            ("package-received", page::time(case.received_at)),
            ("package-made", page::time(plan.frozen_at)),
            (
                "package-controller",
                format!("{}, {}", tenant.name.as_str(), tenant.organisation_number.as_str()),
            ),
            (
                "package-contact",
                contact(tenant.contact.name.reveal().as_str(), tenant.contact.email.reveal().as_str()),
            ),
        ];
        if let Some(officer) = &tenant.data_protection_officer {
            let officer = contact(officer.name.reveal().as_str(), officer.email.reveal().as_str());
            facts.push(("package-data-protection-officer", officer));
        }
        self.page.facts("about", &facts, None);
    }
}

/// A JSON file that holds a list, item by item.
pub(super) struct JsonList {
    empty: bool,
}

impl JsonList {
    /// Begins the file.
    pub(super) async fn begin(bag: &mut Bag, name: &str) -> Result<Self, Problem> {
        bag.begin(&format!("data/{name}.json"), Packing::Compress, 0).await?;
        bag.write(&b"["[..]).await?;
        Ok(Self { empty: true })
    }

    /// Adds an item.
    pub(super) async fn push(&mut self, bag: &mut Bag, item: &impl Serialize) -> Result<(), Problem> {
        let mut json = if self.empty { b"\n".to_vec() } else { b",\n".to_vec() };
        serde_json::to_writer(&mut json, item).map_err(Problem::internal)?;
        self.empty = false;
        bag.write(json).await
    }

    /// Ends the file.
    pub(super) async fn end(self, bag: &mut Bag) -> Result<(), Problem> {
        bag.write(if self.empty { &b"]\n"[..] } else { &b"\n]\n"[..] }).await?;
        bag.end().await.map(drop)
    }
}

/// Reads objects, several at once, in their order, each with what it was asked for.
pub(super) fn read_all<'a, K: 'a, T: DeserializeOwned + 'a>(
    app: &'a App,
    paths: Vec<(K, BlobPath)>,
) -> impl Stream<Item = Read<K, T>> + use<'a, K, T> {
    stream::iter(paths)
        .map(move |(key, path)| async move { Ok((key, app.read::<T>(&path).await?)) })
        .buffered(CONCURRENT_READS)
}

fn pretty(object: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let mut json = serde_json::to_vec_pretty(object).map_err(Problem::internal)?;
    json.push(b'\n');
    Ok(json)
}
