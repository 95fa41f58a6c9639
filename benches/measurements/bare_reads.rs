//! The floor of a profile over Azure Storage: warp that reads the same two blobs with the official SDK, as its documentation has it,
//! and answers bytes it holds.

use std::{
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    http::{ClientOptions, Transport},
    time::{Duration, OffsetDateTime},
};
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use warp::Filter as _;

use crate::floor;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// On loopback.
    port: u16,
    /// Of the account.
    url: String,
    /// The emulator's (PEM).
    certificate: PathBuf,
    container: String,
    /// What is read for a request: two names a line. Requests take turns at the lines.
    names: PathBuf,
    /// The answer: see the other floor.
    answer: PathBuf,
}

#[tokio::main]
pub(crate) async fn serve(options: &Options) {
    let client = Arc::new(client(options));
    let names = std::fs::read_to_string(&options.names).expect("names");
    let names: Arc<[_]> = names
        .lines()
        .map(|line| line.split_once(' ').expect("two names"))
        .map(|(one, other)| [one.to_owned(), other.to_owned()])
        .collect();
    let (container, answer) = (options.container.clone(), floor::answer(&options.answer));
    let turn = Arc::new(AtomicUsize::new(0));
    let hello = warp::path::end().map(|| "hello");
    let reads = warp::any().then(move || {
        let (client, names, container) = (Arc::clone(&client), Arc::clone(&names), container.clone());
        let (turn, answer) = (turn.fetch_add(1, Ordering::Relaxed) % names.len(), answer.clone());
        async move {
            for name in &names[turn] {
                let found = client.blob_client(&container, name).download(None).await.expect("a blob");
                found.body.collect().await.expect("its content");
            }
            answer()
        }
    });
    let listener =
        tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.expect("the port");
    warp::serve(hello.or(reads)).incoming(listener).run().await;
}

fn client(options: &Options) -> BlobServiceClient {
    let certificate = std::fs::read(&options.certificate).expect("a certificate");
    let trusted = reqwest::Certificate::from_pem_bundle(&certificate).expect("a certificate");
    let http = reqwest::Client::builder().tls_certs_only(trusted).build().expect("an HTTP client");
    let options_of_client = BlobServiceClientOptions {
        client_options: ClientOptions {
            transport: Some(Transport::new(Arc::new(http))),
            ..ClientOptions::default()
        },
        ..BlobServiceClientOptions::default()
    };
    let url = options.url.parse().expect("a URL");
    BlobServiceClient::new(url, Some(Arc::new(Token)), Some(options_of_client)).expect("a client")
}

/// A token in the form of Entra's, which nobody signed: an emulator reads it.
#[derive(Debug)]
struct Token;

#[async_trait]
impl TokenCredential for Token {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let now = OffsetDateTime::now_utc();
        let expires = now + Duration::hours(12);
        let nobody = "00000000-0000-0000-0000-000000000000";
        let claims = json!({
            "aud": "https://storage.azure.com",
            "iss": format!("https://sts.windows.net/{nobody}/"),
            "iat": now.unix_timestamp() - 60,
            "nbf": now.unix_timestamp() - 60,
            "exp": expires.unix_timestamp(),
            "ver": "1.0",
            "tid": nobody,
            "oid": nobody,
            "sub": nobody,
        });
        let part = |json: &str| BASE64URL_NOPAD.encode(json.as_bytes());
        let header = part(r#"{"alg":"RS256","typ":"JWT"}"#);
        let token = format!("{header}.{}.{}", part(&claims.to_string()), part("nobody"));
        Ok(AccessToken::new(token, expires))
    }
}
