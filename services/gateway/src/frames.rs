//! The length of every message of a body, read from its five-byte prefix and held to the limit.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::refusal::message_too_large;

/// Where in the message stream we are.
#[derive(Debug, Default)]
struct Place {
    /// How many bytes of the prefix have been seen.
    seen: u8,
    /// The length as far as its bytes have been seen.
    length: u64,
    /// How many bytes of the message are still to come.
    rest: u64,
}

impl Place {
    /// Goes on by `data`. False: a message is longer than `limit`.
    fn advance(&mut self, mut data: &[u8], limit: u64) -> bool {
        loop {
            let skipped = self.rest.min(data.len() as u64);
            self.rest -= skipped;
            data = usize::try_from(skipped).ok().and_then(|skipped| data.get(skipped..)).unwrap_or_default();
            let [byte, tail @ ..] = data else { return true };
            data = tail;
            // The first byte says whether the message is compressed; the four after it are its length.
            if self.seen > 0 {
                self.length = self.length << 8 | u64::from(*byte);
            }
            self.seen += 1;
            if self.seen == 5 {
                if self.length > limit {
                    return false;
                }
                *self = Self { rest: self.length, ..Self::default() };
            }
        }
    }
}

/// A request body that breaks off at the first message over the limit, and says so. One that its caller tore off breaks off
/// too, rather than end.
pub(crate) struct Measured {
    inner: Body,
    place: Place,
    limit: u64,
    breach: Option<oneshot::Sender<()>>,
}

impl Measured {
    /// Tells `breach` of a message longer than `limit` bytes.
    pub(crate) fn new(inner: Body, limit: u64, breach: oneshot::Sender<()>) -> Self {
        Self { inner, place: Place::default(), limit, breach: Some(breach) }
    }
}

impl HttpBody for Measured {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
            && !this.place.advance(data, this.limit)
        {
            if let Some(breach) = this.breach.take() {
                // Nobody listens only where the call is over.
                let _ = breach.send(());
            }
            return Poll::Ready(Some(Err(message_too_large(this.limit))));
        }
        // tonic takes a request that its caller cancelled for one that has ended well, and so would commit half of it.
        if let Poll::Ready(Some(Err(status))) = &polled
            && status.code() == Code::Cancelled
        {
            return Poll::Ready(Some(Err(Status::aborted("the caller tore off the request"))));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend(length.to_be_bytes());
        bytes.extend(vec![7; length as usize]);
        bytes
    }

    #[test]
    fn the_limit_holds_however_the_bytes_are_cut() {
        let cases = [(vec![10], true), (vec![11], false), (vec![0, 10, 0, 3], true), (vec![3, 10, 11], false)];
        for (lengths, fits) in cases {
            let stream: Vec<u8> = lengths.iter().flat_map(|length| message(*length)).collect();
            for size in 1..=stream.len() {
                let mut place = Place::default();
                let passed = stream.chunks(size).all(|chunk| place.advance(chunk, 10));
                assert_eq!(passed, fits, "{lengths:?} in chunks of {size}");
            }
        }
    }
}
