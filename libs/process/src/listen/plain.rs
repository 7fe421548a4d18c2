//! A client that speaks in the clear to a port that speaks TLS is told so in its own protocol, rather than left with a
//! connection that breaks for no reason it can see.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What every TLS connection begins with: the type of a handshake record.
const HANDSHAKE: u8 = 0x16;

/// What a client is told.
const TEXT: &str = "this port speaks TLS: write https:// instead of http://";

/// How much more a client may send before it is cut off: a connection that is closed with something unread takes what we
/// said with it.
const UNREAD: usize = 64 << 10;

/// Looks at the first bytes without taking them. Where they are not TLS, the client is answered, and the stream is over.
///
/// # Errors
/// The client left before it said anything, or before it heard us out.
pub(super) async fn refused(stream: &mut TcpStream) -> io::Result<bool> {
    let mut first = [0; 3];
    let count = stream.peek(&mut first).await?;
    match first.get(..count).unwrap_or_default() {
        [] => return Err(io::ErrorKind::UnexpectedEof.into()),
        [HANDSHAKE, ..] => return Ok(false),
        b"PRI" => {
            stream.write_all(&SETTINGS).await?;
            // One that is sent away before it asks for anything sees a connection that closed, and not why.
            asked(stream).await?;
            stream.write_all(&going_away()).await?;
        }
        [letter, ..] if letter.is_ascii_alphabetic() => stream.write_all(bad_request().as_bytes()).await?,
        // Whatever it is, it has no words for this.
        _ => return Ok(true),
    }
    stream.shutdown().await?;
    let mut unread = UNREAD;
    let mut taken = [0; 1024];
    while unread > 0 {
        match stream.read(&mut taken).await? {
            0 => break,
            count => unread = unread.saturating_sub(count),
        }
    }
    Ok(true)
}

fn bad_request() -> String {
    let length = TEXT.len() + 1;
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{TEXT}\n"
    )
}

/// What every HTTP/2 server begins with: its settings, of which there are none.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// What every HTTP/2 client begins with, in bytes.
const PREFACE: usize = 24;
/// The type of the frame that begins a request.
const HEADERS: u8 = 1;

/// Reads what an HTTP/2 client says up to its first request.
async fn asked(stream: &mut TcpStream) -> io::Result<()> {
    skip(stream, PREFACE).await?;
    let mut unread = UNREAD;
    while unread > 0 {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let [high, middle, low, kind, ..] = head;
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        skip(stream, length.min(unread)).await?;
        if kind == HEADERS {
            break;
        }
        unread = unread.saturating_sub(head.len() + length);
    }
    Ok(())
}

async fn skip(stream: &mut TcpStream, count: usize) -> io::Result<()> {
    let mut taken = vec![0; count.min(UNREAD)];
    stream.read_exact(&mut taken).await.map(|_| ())
}

/// GOAWAY, for inadequate security (RFC 9113, 6.8 and 7).
fn going_away() -> Vec<u8> {
    let length = u8::try_from(8 + TEXT.len()).unwrap_or(8);
    let mut frame = vec![0, 0, length, 7, 0, 0, 0, 0, 0];
    frame.extend([0, 0, 0, 0, 0, 0, 0, 0xc]);
    frame.extend(TEXT.bytes().take(usize::from(length.saturating_sub(8))));
    frame
}
