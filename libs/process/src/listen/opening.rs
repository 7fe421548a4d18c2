//! The first bytes of a connection, which say which protocol it speaks.
//!
//! hyper waits for them without a limit of time, so a client that connects and says nothing would keep its connection for
//! ever. Here they are read ahead, under the caller's limit, and handed to hyper with the rest.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// What every HTTP/2 connection begins with.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose first bytes were read already.
#[derive(Debug)]
pub(super) struct Opened<I> {
    inner: I,
    ahead: [u8; PREFACE.len()],
    taken: usize,
    filled: usize,
}

/// Reads as much as it takes to tell HTTP/2 from everything else.
pub(super) async fn opened<I: AsyncRead + Unpin>(inner: I) -> io::Result<Opened<I>> {
    let mut stream = Opened { inner, ahead: [0; PREFACE.len()], taken: 0, filled: 0 };
    while stream.filled < PREFACE.len() && stream.ahead.get(..stream.filled) == PREFACE.get(..stream.filled) {
        let space = stream.ahead.get_mut(stream.filled..).unwrap_or_default();
        match stream.inner.read(space).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => stream.filled += count,
        }
    }
    Ok(stream)
}

impl<I: AsyncRead + Unpin> AsyncRead for Opened<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let ahead = this.ahead.get(this.taken..this.filled).unwrap_or_default();
        if ahead.is_empty() {
            return Pin::new(&mut this.inner).poll_read(cx, buffer);
        }
        let count = ahead.len().min(buffer.remaining());
        buffer.put_slice(ahead.get(..count).unwrap_or_default());
        this.taken += count;
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Opened<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_of_what_was_read_ahead_is_lost() {
        for text in
            ["GET / HTTP/1.1\r\n\r\n", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand frames", "PRI * HTTP/1.1\r\n\r\n", "x"]
        {
            let mut read = Vec::new();
            let mut source = text.as_bytes().chain(&b"!"[..]);
            if text == "P" {
                // One byte of the preface is not enough to tell; the next one tells that it is something else.
                source = text.as_bytes().chain(&b"OST"[..]);
            }
            opened(&mut source).await.unwrap().read_to_end(&mut read).await.unwrap();
            assert!(read.starts_with(text.as_bytes()), "{text:?} became {read:?}");
            assert!(read.len() > text.len(), "{text:?} became {read:?}");
        }
    }

    #[tokio::test]
    async fn a_client_that_leaves_before_it_spoke_is_no_connection() {
        assert!(opened(&b""[..]).await.is_err());
        assert!(opened(&b"PRI"[..]).await.is_err());
    }
}
