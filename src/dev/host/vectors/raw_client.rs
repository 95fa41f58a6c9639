//! A client that sends bytes as they are and reads an answer as it comes.

use std::{collections::BTreeMap, io, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Got {
    /// The values of a header, joined.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(" | "))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends bytes and reads one answer, at most 20 seconds long.
pub(super) async fn exchange(port: u16, bytes: &[u8]) -> io::Result<Got> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(bytes).await?;
    let head = bytes.starts_with(b"HEAD ");
    timeout(Duration::from_secs(20), read(stream, head))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

pub(super) async fn read(stream: TcpStream, head: bool) -> io::Result<Got> {
    let mut reader = BufReader::new(stream);
    let mut status;
    let mut headers = Vec::new();
    loop {
        let line = line(&mut reader).await?;
        status =
            line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        headers.clear();
        loop {
            let line = self::line(&mut reader).await?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        if status != 100 {
            break;
        }
    }
    let one: BTreeMap<_, _> = headers.iter().cloned().collect();
    let chunked = one.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let mut body = Vec::new();
    if !head && status != 204 && status != 304 {
        if chunked {
            loop {
                let size = usize::from_str_radix(&line(&mut reader).await?, 16).map_err(io::Error::other)?;
                let mut piece = vec![0; size];
                reader.read_exact(&mut piece).await?;
                body.extend(piece);
                line(&mut reader).await?;
                if size == 0 {
                    break;
                }
            }
        } else {
            let length = one.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            body.resize(length, 0);
            reader.read_exact(&mut body).await?;
        }
    }
    Ok(Got { status, headers, body })
}

async fn line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
