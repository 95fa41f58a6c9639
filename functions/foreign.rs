//! Parsers of foreign bytes that are private otherwise, and the front door without a socket: for the fuzz targets alone.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use kundportal_domain::IdError;

use crate::{
    App, FUNCTIONS,
    due::DueItem,
    openapi,
    picture::{self, Picture, PictureError},
    serve::{Incoming, Router},
};

/// See [`picture::PictureLimiter::process`].
pub fn picture(upload: &[u8], most_pixels: u64) -> Result<Picture, PictureError> {
    picture::process(upload, most_pixels)
}

/// What retention has to look at, read from the name of its marker and written again.
pub fn due_item(text: &str) -> Result<String, IdError> {
    text.parse::<DueItem>().map(|item| item.to_string())
}

/// All routes, as the host meets them behind a connection.
pub struct Door(Router);

impl Default for Door {
    fn default() -> Self {
        Self(Router::new(FUNCTIONS))
    }
}

impl Door {
    /// The answer, read to its end; none where its body broke off.
    pub async fn answer(&self, app: &App, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let (head, body) = request.into_parts();
        let incoming = Incoming {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers.into(),
            peer: None,
            body: kundportal_store::once(body),
        };
        let (head, body) = self.0.answer(app.clone(), incoming).await.into_parts();
        Some(Response::from_parts(head, body.collect().await.ok()?.to_bytes()))
    }

    /// The statuses that the description of the interface names for a method of a path; none where there is no such.
    #[must_use]
    pub fn described(&self, method: &Method, path: &str) -> Option<Vec<u16>> {
        self.0.operation(method, path).map(openapi::statuses)
    }
}
