//! The floor of a profile over Azure Storage: warp that reads the same blob with the official SDK, as its documentation has it, and
//! answers bytes it holds.

use std::{
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use azure_core::http::{ClientOptions, Transport};
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions};
use kundportal_store::EmulatorToken;
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
    /// What is read for a request: a name a line. Requests take turns at the lines.
    names: PathBuf,
    /// The answer: see the other floor.
    answer: PathBuf,
}

#[tokio::main]
pub(crate) async fn serve(options: &Options) {
    let client = Arc::new(client(options));
    let names = std::fs::read_to_string(&options.names).expect("names");
    let names: Arc<[String]> = names.lines().map(str::to_owned).collect();
    let (container, answer) = (options.container.clone(), floor::answer(&options.answer));
    let turn = Arc::new(AtomicUsize::new(0));
    let hello = warp::path::end().map(|| "hello");
    let reads = warp::any().then(move || {
        let (client, names, container) = (Arc::clone(&client), Arc::clone(&names), container.clone());
        let (turn, answer) = (turn.fetch_add(1, Ordering::Relaxed) % names.len(), answer.clone());
        async move {
            let found = client.blob_client(&container, &names[turn]).download(None).await.expect("a blob");
            found.body.collect().await.expect("its content");
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
    BlobServiceClient::new(url, Some(Arc::new(EmulatorToken)), Some(options_of_client)).expect("a client")
}
