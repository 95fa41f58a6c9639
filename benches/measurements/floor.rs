//! The floor of whatever is served: warp that answers bytes it holds, with nothing before and nothing behind.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use warp::{Filter as _, reply::Response};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// On loopback.
    port: u16,
    /// An answer to give for every path: header lines, an empty line, and the body. Without it there is a greeting at `/`.
    answer: Option<PathBuf>,
}

#[tokio::main]
pub(crate) async fn serve(options: &Options) {
    let listener =
        tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.expect("the port");
    match &options.answer {
        None => {
            let hello = warp::path::end().map(|| "hello");
            warp::serve(hello).incoming(listener).run().await;
        }
        Some(file) => {
            warp::serve(warp::any().map(answer(file))).incoming(listener).run().await;
        }
    }
}

/// What gives the answer in a file.
pub(crate) fn answer(file: &Path) -> impl Fn() -> Response + Clone + Send + Sync + 'static {
    let (headers, body) = read(&std::fs::read(file).expect("an answer"));
    move || {
        let mut answer = Response::new(body.clone().into());
        answer.headers_mut().extend(headers.iter().cloned());
        answer
    }
}

fn read(answer: &[u8]) -> (Vec<(HeaderName, HeaderValue)>, Bytes) {
    let end = answer.windows(2).position(|two| two == b"\n\n").expect("header lines and a body");
    let head = std::str::from_utf8(&answer[..end]).expect("header lines");
    let headers = head.lines().map(|line| {
        let (name, value) = line.split_once(": ").expect("a header line");
        (name.parse().expect("a name"), value.parse().expect("a value"))
    });
    (headers.collect(), Bytes::copy_from_slice(&answer[end + 2..]))
}
