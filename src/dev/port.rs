//! The port of a data folder. It is part of the issuer's name, and by that name people are known: the same folder at
//! another port would know nobody. So a folder keeps the port of its first start.

use std::{io, net::Ipv4Addr};

use tokio::net::TcpListener;

use super::folder::Folder;

const FILE: &str = "port";
const DEFAULT: u16 = 7071;

/// The port that the folder keeps. One that cannot be read is no reason to take another, at which nobody would be known.
fn kept(folder: &Folder) -> Result<Option<u16>, String> {
    let file = folder.file(FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| {
            format!("The file {} is damaged: it is to hold the port of the data folder.", file.display())
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("The file {} cannot be read: {error}.", file.display())),
    }
}

/// Listens on the folder's port, or on the one asked for when the folder is new; 0 asks for any. The error is a sentence.
pub(crate) async fn listen(folder: &Folder, asked: Option<u16>) -> Result<(TcpListener, u16), String> {
    let kept = kept(folder)?;
    let wanted = match (kept, asked) {
        (Some(kept), Some(asked)) if asked != 0 && asked != kept => {
            return Err(format!(
                "The data folder {} belongs to port {kept}: its people signed in there. Start with --port {kept} or choose another folder.",
                folder.path().display()
            ));
        }
        (Some(kept), _) => kept,
        (None, asked) => asked.unwrap_or(DEFAULT),
    };
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await.map_err(|error| match (error.kind(), kept) {
            (io::ErrorKind::AddrInUse, None) => {
                format!("Port {wanted} is in use; end what uses it or choose another with --port.")
            }
            (io::ErrorKind::AddrInUse, Some(_)) => {
                format!("Port {wanted}, to which the data folder belongs, is in use; end what uses it or choose another folder.")
            }
            _ => format!("Port {wanted} cannot be used: {error}."),
        })?;
    let port = listener.local_addr().map_err(|error| format!("The port is unknown: {error}."))?.port();
    if kept.is_none() {
        folder.write_secret(FILE, format!("{port}\n").as_bytes()).map_err(|error| {
            format!("The data folder {} cannot be written: {error}.", folder.path().display())
        })?;
    }
    Ok((listener, port))
}
