//! A body that ends when the door closes, so that who watches our health does not hold the door open.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use process::shutdown::Shutdown;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::Status;
use tonic::body::Body;

/// A response body that ends with [`crate::refusal::closing`] where it is not over when the door closes.
pub(crate) struct Ending {
    inner: Body,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    over: bool,
}

impl Ending {
    pub(crate) fn new(inner: Body, closing: &Shutdown) -> Self {
        Self { inner, closing: Box::pin(closing.token().cancelled_owned()), over: false }
    }
}

impl HttpBody for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        // What there is comes first: an answer that is complete is not spoiled.
        if polled.is_pending() && this.closing.as_mut().poll(cx).is_ready() {
            this.over = true;
            let mut trailers = HeaderMap::new();
            let frame = crate::refusal::closing().add_header(&mut trailers).map(|()| Frame::trailers(trailers));
            return Poll::Ready(Some(frame));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_end_stream() { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}
