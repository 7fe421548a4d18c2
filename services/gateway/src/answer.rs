//! The body of an upstream's answer, on its way back: as it came, unless the call ends before it does. Its deadline is held
//! by the `channel::Timed` around it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::Fuse;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tonic::Status;
use tonic::body::Body;

use crate::refusal::message_too_large;

/// A response body that ends in a status of ours where a request message breaks the limit.
pub(crate) struct Answer {
    pub(crate) inner: Body,
    /// Tells of a request message over the limit.
    pub(crate) breach: Fuse<oneshot::Receiver<()>>,
    pub(crate) message_limit: u64,
    /// The place among the calls in flight, given back with the body.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    pub(crate) over: bool,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(Ok(())) = this.breach.poll_unpin(cx) {
            this.over = true;
            // Lets the upstream know that nobody waits any more.
            this.inner = Body::empty();
            this.permit = None;
            let mut trailers = HeaderMap::new();
            let frame =
                message_too_large(this.message_limit).add_header(&mut trailers).map(|()| Frame::trailers(trailers));
            return Poll::Ready(Some(frame));
        }
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        let last = match &polled {
            Poll::Ready(Some(Ok(frame))) => frame.is_trailers(),
            Poll::Ready(None | Some(Err(_))) => true,
            Poll::Pending => false,
        };
        if last {
            this.over = true;
            this.permit = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // It may end earlier than the upstream says.
        if self.is_end_stream() { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}
