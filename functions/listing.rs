//! Lists in pages. Each has one flat prefix under an index; an entry counts only while the object it leads to says so too.

use std::{fmt::Display, future::Future, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kundportal_store::{Container, Continuation, Page, StoreError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{app::App, context::Context, keys::Purpose, problem::Problem};

/// Objects read at once for one page.
const CONCURRENT_READS: usize = 16;
/// Lists looked through for one page: whoever belongs to many customers gets shorter pages instead of long waits.
const LISTS_A_PAGE: usize = 50;

/// One page as it is answered.
#[derive(Serialize, JsonSchema)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; null at the end.
    pub(crate) next: Option<String>,
}

/// Which page is wanted.
pub(crate) struct PageRequest {
    limit: usize,
    cursor: Option<String>,
}

impl PageRequest {
    /// The page of the same length that begins at a cursor.
    pub(crate) fn from(self, cursor: &str) -> Self {
        Self { cursor: Some(cursor.to_owned()), ..self }
    }
}

impl Context {
    /// `limit` and `cursor`.
    pub(crate) fn page_request(&self) -> Result<PageRequest, Problem> {
        let limit = self.query_as::<usize>("limit").map_err(|_| bad_limit())?.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(bad_limit());
        }
        Ok(PageRequest { limit, cursor: self.query("cursor")? })
    }
}

impl PageRequest {
    /// A page of what is known already, in the order of ids; its cursor is the last id.
    pub(crate) fn of<Id: Ord + Copy + Display + FromStr>(
        &self,
        ids: impl Iterator<Item = Id>,
    ) -> Result<(Vec<Id>, Option<String>), Problem> {
        let after = self
            .cursor
            .as_deref()
            .map(|cursor| cursor.parse::<Id>().map_err(|_| bad_cursor()))
            .transpose()?;
        let mut ids: Vec<Id> = ids.filter(|id| after.is_none_or(|after| *id > after)).collect();
        ids.sort_unstable();
        let more = ids.len() > self.limit;
        ids.truncate(self.limit);
        let next = ids.last().filter(|_| more).map(ToString::to_string);
        Ok((ids, next))
    }
}

fn bad_limit() -> Problem {
    Problem::invalid("?limit", "must be a whole number from 1 to 200")
}

fn bad_cursor() -> Problem {
    Problem::invalid("?cursor", "must be the `next` of the same list")
}

impl App {
    /// A page of the names under a prefix. A container that is not there holds nothing: that of the platform comes with the
    /// first tenant, a tenant's own with the end of its founding.
    pub(crate) async fn list(
        &self,
        container: &Container,
        prefix: &str,
        from: Option<&Continuation>,
        max: usize,
    ) -> Result<Page, StoreError> {
        match self.blobs().list(container, prefix, from, max).await {
            Err(StoreError::NotFound) => Ok(Page { entries: Vec::new(), next: None }),
            page => page,
        }
    }

    /// The last parts of the names on a page, and the cursor of the next one. A cursor is signed together with its list, so
    /// that it leads nowhere else.
    pub(crate) async fn page(
        &self,
        container: &Container,
        prefix: &str,
        request: &PageRequest,
    ) -> Result<(Vec<String>, Option<String>), Problem> {
        let from = self.position(container, prefix, request)?.map(Continuation);
        let page = self.list(container, prefix, from.as_ref(), request.limit).await?;
        let next = page.next.map(|Continuation(position)| self.cursor(container, prefix, &position));
        let names =
            page.entries.into_iter().filter_map(|entry| entry.name.strip_prefix(prefix).map(str::to_owned));
        Ok((names.collect(), next))
    }

    /// One page over several lists, in the order of their keys, which is how they are given; every name comes with its list's key.
    /// Where the list that a cursor is of is not among them any more, the page begins with the next one.
    pub(crate) async fn page_over<Key: Copy + Display + FromStr + Ord>(
        &self,
        container: &Container,
        lists: &[(Key, String)],
        request: &PageRequest,
    ) -> Result<(Vec<(Key, String)>, Option<String>), Problem> {
        let (mut place, mut inner) = match request.cursor.as_deref() {
            None => (0, None),
            Some(cursor) => {
                let (key, inner) = cursor.split_once('~').ok_or_else(bad_cursor)?;
                let key = key.parse::<Key>().map_err(|_| bad_cursor())?;
                let place = lists.partition_point(|(other, _)| *other < key);
                let is_there = lists.get(place).is_some_and(|(other, _)| *other == key);
                (place, Some(inner.to_owned()).filter(|inner| is_there && !inner.is_empty()))
            }
        };
        let mut found = Vec::new();
        let mut looked_through = 0;
        while let Some((key, prefix)) = lists.get(place) {
            let left = request.limit - found.len();
            if left == 0 || looked_through == LISTS_A_PAGE {
                return Ok((found, Some(format!("{key}~{}", inner.unwrap_or_default()))));
            }
            let (names, next) =
                self.page(container, prefix, &PageRequest { limit: left, cursor: inner.take() }).await?;
            found.extend(names.into_iter().map(|name| (*key, name)));
            looked_through += 1;
            match next {
                Some(next) => inner = Some(next),
                None => place += 1,
            }
        }
        Ok((found, None))
    }

    /// A page of a list that is at hand, and the cursor of the next one. `prefix` names the list.
    pub(crate) fn page_of<T>(
        &self,
        container: &Container,
        prefix: &str,
        request: &PageRequest,
        items: Vec<T>,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let from = match self.position(container, prefix, request)? {
            None => 0,
            Some(position) => position.parse::<usize>().map_err(|_| bad_cursor())?,
        };
        let end = from.saturating_add(request.limit);
        let next = (end < items.len()).then(|| self.cursor(container, prefix, &end.to_string()));
        Ok((items.into_iter().skip(from).take(request.limit).collect(), next))
    }

    /// Where the page begins, by a cursor of this very list.
    fn position(
        &self,
        container: &Container,
        prefix: &str,
        request: &PageRequest,
    ) -> Result<Option<String>, Problem> {
        let Some(cursor) = request.cursor.as_deref() else { return Ok(None) };
        let position = cursor.split_once('.').and_then(|(proof, position)| {
            let position = String::from_utf8(BASE64URL_NOPAD.decode(position.as_bytes()).ok()?).ok()?;
            let parts = [container.as_str(), prefix, &position];
            self.settings().link_keys.proves(Purpose::Cursor, &parts, proof).then_some(position)
        });
        position.map(Some).ok_or_else(bad_cursor)
    }

    fn cursor(&self, container: &Container, prefix: &str, position: &str) -> String {
        let proof = self.settings().link_keys.proof(Purpose::Cursor, &[container.as_str(), prefix, position]);
        format!("{proof}.{}", BASE64URL_NOPAD.encode(position.as_bytes()))
    }

    /// All last parts of the names under a prefix, page by page, for lists that are short by nature.
    pub(crate) async fn names(&self, container: &Container, prefix: &str) -> Result<Vec<String>, Problem> {
        let mut names = Vec::new();
        let mut from = None;
        loop {
            let page = self.list(container, prefix, from.as_ref(), 5_000).await?;
            names.extend(
                page.entries
                    .into_iter()
                    .filter_map(|entry| entry.name.strip_prefix(prefix).map(str::to_owned)),
            );
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(names),
            }
        }
    }
}

/// Loads what the names lead to, several at once, in their order; what is gone or does not name the entry back is left out.
pub(crate) async fn load<N, T, F>(names: Vec<N>, load: impl Fn(N) -> F) -> Result<Vec<T>, Problem>
where
    F: Future<Output = Result<Option<T>, Problem>>,
{
    stream::iter(names)
        .map(load)
        .buffered(CONCURRENT_READS)
        .try_filter_map(|item| async move { Ok(item) })
        .try_collect()
        .await
}
