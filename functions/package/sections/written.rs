//! What somebody put there: files, uploads on their way, comments.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use kundportal_domain::{
    Category, ContentType, Namer,
    records::{Comment, FileMeta, Upload},
};
use kundportal_store::StoreError;

use super::{
    super::{
        archive::Packing,
        content::{Content, JsonList, read_all},
        data::{self, NotIncludedBecause},
        page::{self, Cell, Section},
    },
    customer_cell,
};
use crate::problem::Problem;

impl Content<'_> {
    /// The files as they were uploaded, then `files.json`.
    pub(in crate::package) async fn files(&mut self) -> Result<(), Problem> {
        let plan = self.source.plan;
        let mut namer = Namer::new();
        let mut copied = Vec::with_capacity(plan.files.len());
        for meta in &plan.files {
            copied.push(self.file(meta, &mut namer).await?);
        }
        let mut list = JsonList::begin(&mut self.bag, "files").await?;
        let mut section = Section::new("files");
        for (meta, path) in plan.files.iter().zip(copied) {
            let customer_name = self.customer_name(meta.customer).await?;
            let name = meta.name.reveal().as_str().to_owned();
            section.row(&[
                match &path {
                    Some(path) => Cell::Link { path: format!("data/{path}"), text: name },
                    None => Cell::Text(name),
                },
                customer_cell(customer_name.as_ref()),
                Cell::Text(meta.size.to_string()),
                Cell::text(meta.content_type.as_str()),
                Cell::Text(page::time(meta.uploaded_at)),
                Cell::Code(meta.sha256.clone()),
            ]);
            let item = data::File {
                id: meta.id,
                name: meta.name.clone(),
                path: path.map(Into::into),
                content_type: meta.content_type.clone(),
                size: meta.size,
                sha256: meta.sha256.clone(),
                customer: meta.customer,
                customer_name,
                uploaded_at: meta.uploaded_at,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        let columns = ["file", "customer", "size", "content-type", "uploaded", "checksum"];
        self.page.table(&section, &columns, "files");
        Ok(())
    }

    /// Copies one file; its path beside the JSON files, none where it is gone.
    async fn file(&mut self, meta: &FileMeta, namer: &mut Namer) -> Result<Option<String>, Problem> {
        if self.source.plan.leaves_out(meta.id) {
            self.miss(Category::Files, meta.id.to_string(), NotIncludedBecause::TooMuch);
            return Ok(None);
        }
        let blob = match self.source.app.blobs().get(&self.source.layout.file_content(meta.id), None).await {
            Ok(blob) => blob,
            Err(StoreError::NotFound) => {
                self.miss(Category::Files, meta.id.to_string(), NotIncludedBecause::Gone);
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let path = format!("files/{}", namer.name(meta.name.reveal().as_str()));
        let size = blob.properties.size;
        let written =
            self.copy(&format!("data/{path}"), packing(&meta.content_type), size, blob.body).await?;
        if written.sha256 != meta.sha256 || written.size != meta.size {
            self.miss(Category::Files, meta.id.to_string(), NotIncludedBecause::Changed);
        }
        Ok(Some(path))
    }

    /// Direct uploads that have not become files. One that has done so meanwhile is gone from here, and is said to be.
    pub(in crate::package) async fn uploads(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "uploads").await?;
        let mut section = Section::new("uploads");
        let mut found = pin!(self.read_own::<Upload>(Category::Uploads));
        while let Some((own, found)) = found.try_next().await? {
            let Some(upload) = self.compare(Category::Uploads, own, found) else { continue };
            let customer_name = self.customer_name(upload.customer).await?;
            let state = self.texts.get(upload.state.text()).into_owned();
            section.row(&[
                Cell::text(upload.name.reveal().as_str()),
                customer_cell(customer_name.as_ref()),
                Cell::Text(upload.size.to_string()),
                Cell::text(upload.content_type.as_str()),
                Cell::Text(page::time(upload.id.created_at())),
                Cell::text(&state),
            ]);
            let item = data::Upload {
                id: upload.id,
                begun_at: upload.id.created_at(),
                name: upload.name,
                content_type: upload.content_type,
                size: upload.size,
                customer: upload.customer,
                customer_name,
                state,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        let columns = ["file", "customer", "size", "content-type", "begun", "state"];
        self.page.table(&section, &columns, "uploads");
        Ok(())
    }

    pub(in crate::package) async fn comments(&mut self) -> Result<(), Problem> {
        let mut list = JsonList::begin(&mut self.bag, "comments").await?;
        let mut section = Section::new("comments");
        let layout = self.source.layout;
        let paths = self.source.plan.comments.iter().map(|id| (*id, layout.comment(*id))).collect();
        let mut found = pin!(read_all::<_, Comment>(self.source.app, paths));
        while let Some((id, found)) = found.try_next().await? {
            // What has another author, or none any more, is not the person's.
            let own = found.map(|(comment, _)| comment);
            let Some(comment) = own.filter(|comment| comment.author == Some(self.source.case.subject)) else {
                self.miss(Category::Comments, id.to_string(), NotIncludedBecause::Gone);
                continue;
            };
            let customer_name = self.customer_name(comment.customer).await?;
            section.row(&[
                Cell::Text(page::time(comment.created_at)),
                customer_cell(customer_name.as_ref()),
                Cell::text(comment.thread.reveal().as_str()),
                Cell::text(comment.text.reveal().as_str()),
            ]);
            let item = data::Comment {
                id,
                customer: comment.customer,
                customer_name,
                thread: comment.thread,
                text: comment.text,
                created_at: comment.created_at,
                edited_at: comment.edited_at,
            };
            list.push(&mut self.bag, &item).await?;
        }
        list.end(&mut self.bag).await?;
        self.page.table(&section, &["time", "customer", "thread", "text"], "comments");
        Ok(())
    }
}

/// Text gets smaller; most else is compressed already.
fn packing(content_type: &ContentType) -> Packing {
    let content_type = content_type.as_str();
    let is_text = content_type.starts_with("text/")
        || ["json", "xml", "bmp", "tiff"].iter().any(|kind| content_type.contains(kind));
    if is_text && !content_type.contains("openxml") { Packing::Compress } else { Packing::Copy }
}
