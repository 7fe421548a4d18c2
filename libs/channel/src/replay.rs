//! The body of a request that may have to be sent twice: what has been read of it is kept, up to a limit.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use parking_lot::Mutex;
use tonic::Status;
use tonic::body::Body;

/// The most that is kept of one request, in bytes. A longer one is sent once only.
pub(crate) const KEPT_AT_MOST: usize = 64 * 1024;

/// What goes out: the caller's body as it is, or one that can be sent again.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Once(Body),
    Again(Replay),
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.get_mut() {
            Self::Once(body) => Pin::new(body).poll_frame(cx),
            Self::Again(replay) => replay.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Once(body) => body.is_end_stream(),
            Self::Again(replay) => replay.is_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Once(body) => body.size_hint(),
            Self::Again(_) => SizeHint::default(),
        }
    }
}

/// One sending of a body that is kept.
#[derive(Debug)]
pub(crate) struct Replay {
    kept: Arc<Mutex<Kept>>,
    sending: u32,
    next: usize,
}

#[derive(Debug)]
struct Kept {
    /// What is left to read; `None` once it ended.
    rest: Option<Body>,
    frames: Vec<Bytes>,
    trailers: Option<HeaderMap>,
    bytes: usize,
    /// Everything read so far is kept.
    whole: bool,
    /// Which sending may read: one that was given up must not take frames from the next.
    sending: u32,
}

/// Starts the next sending.
#[derive(Debug)]
pub(crate) struct Rewind(Arc<Mutex<Kept>>);

impl Replay {
    /// The first sending, and the means to start another.
    pub(crate) fn new(body: Body) -> (Self, Rewind) {
        let rest = (!body.is_end_stream()).then_some(body);
        let kept = Kept { rest, frames: Vec::new(), trailers: None, bytes: 0, whole: true, sending: 0 };
        let kept = Arc::new(Mutex::new(kept));
        (Self { kept: Arc::clone(&kept), sending: 0, next: 0 }, Rewind(kept))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut kept = self.kept.lock();
        if kept.sending != self.sending {
            return Poll::Ready(Some(Err(Status::cancelled("this sending was given up for another"))));
        }
        if let Some(frame) = kept.frames.get(self.next) {
            self.next += 1;
            return Poll::Ready(Some(Ok(Frame::data(frame.clone()))));
        }
        let Some(rest) = &mut kept.rest else {
            // Trailers are kept apart, and come once, after the last frame.
            let past = self.next > kept.frames.len();
            self.next = kept.frames.len() + 1;
            return Poll::Ready(if past { None } else { kept.trailers.clone().map(|t| Ok(Frame::trailers(t))) });
        };
        let read = std::task::ready!(Pin::new(&mut *rest).poll_frame(cx));
        let ended = rest.is_end_stream();
        match read {
            None => {
                kept.rest = None;
                Poll::Ready(None)
            }
            Some(Err(status)) => {
                // The caller broke off: there is nothing to send again.
                kept.whole = false;
                kept.rest = None;
                Poll::Ready(Some(Err(status)))
            }
            Some(Ok(frame)) => {
                if ended {
                    kept.rest = None;
                }
                self.next = if frame.is_trailers() { kept.frames.len() + 1 } else { self.next };
                self.next += usize::from(kept.keep(&frame));
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }

    fn is_end(&self) -> bool {
        let kept = self.kept.lock();
        let end = kept.frames.len() + usize::from(kept.trailers.is_some());
        kept.rest.is_none() && self.next >= end
    }
}

impl Kept {
    /// Keeps a frame. True if the frames kept grew by one.
    fn keep(&mut self, frame: &Frame<Bytes>) -> bool {
        if let Some(trailers) = frame.trailers_ref() {
            self.trailers = Some(trailers.clone());
            self.rest = None;
            return false;
        }
        let Some(data) = frame.data_ref() else { return false };
        if !self.whole || self.bytes + data.len() > KEPT_AT_MOST {
            self.whole = false;
            // The one sending under way has read all of these.
            self.frames = Vec::new();
            return false;
        }
        self.bytes += data.len();
        self.frames.push(data.clone());
        true
    }
}

impl Rewind {
    /// The body from its start, if all that was read of it is kept. The sending before ends.
    pub(crate) fn again(&self) -> Option<Replay> {
        let mut kept = self.0.lock();
        if !kept.whole {
            return None;
        }
        kept.sending += 1;
        Some(Replay { kept: Arc::clone(&self.0), sending: kept.sending, next: 0 })
    }
}

#[cfg(test)]
#[path = "replay/tests.rs"]
mod tests;
