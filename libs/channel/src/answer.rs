//! The body of an answer on its way back: what it says of the endpoint is heard, and whatever breaks ends it with a proper
//! status. The deadline is held by the [`Timed`](crate::Timed) around it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use fault::Fault;
use tonic::Code;

use crate::breaker::Verdict;
use crate::endpoint::Call;
use crate::failure;
use crate::upstream::Permit;

/// A body that can break, and say what that means.
pub(crate) trait Source: Body<Data = Bytes> + Unpin {
    /// What an error of this body says of the endpoint, and to the caller.
    fn explain(service: &str, error: Self::Error) -> (Verdict, Box<Fault>);
}

impl Source for hyper::body::Incoming {
    fn explain(service: &str, error: hyper::Error) -> (Verdict, Box<Fault>) {
        failure::of_transport(service, error)
    }
}

impl Source for tonic::body::Body {
    fn explain(service: &str, error: tonic::Status) -> (Verdict, Box<Fault>) {
        (Verdict::Strained, failure::broken_off(service, error))
    }
}

/// The body of an answer.
pub(crate) struct Answer<B> {
    service: Arc<str>,
    /// A frame already read.
    first: Option<Frame<Bytes>>,
    /// `None` once it ended, so that the stream below ends then and not when the caller gets round to it.
    rest: Option<B>,
    /// The headers held the status already.
    told: bool,
    call: Option<Call>,
    permit: Option<Permit>,
}

impl<B: Source> Answer<B> {
    pub(crate) fn new(service: Arc<str>, body: B, told: bool, call: Option<Call>, permit: Permit) -> Self {
        Self { service, first: None, rest: Some(body), told, call, permit: Some(permit) }
    }

    /// Puts a frame that was already read before the rest.
    pub(crate) fn after(mut self, first: Option<Frame<Bytes>>) -> Self {
        self.first = first;
        self
    }

    /// Ends the answer and all it holds.
    fn end(&mut self) {
        self.rest = None;
        self.call = None;
        self.permit = None;
    }

    fn hear(&mut self, frame: &Frame<Bytes>) {
        let code = frame.trailers_ref().map(|trailers| failure::code_in(trailers).unwrap_or(Code::Unknown));
        if let Some(call) = &mut self.call {
            call.settle(code.map_or(Verdict::Success, failure::verdict));
        }
        if code.is_some() {
            self.end();
        }
    }

    fn cut_short(&mut self, fault: Box<Fault>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.end();
        Poll::Ready(Some(Ok(Frame::trailers(failure::trailers(fault)))))
    }
}

impl<B: Source> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        if let Some(frame) = this.first.take() {
            this.hear(&frame);
            return Poll::Ready(Some(Ok(frame)));
        }
        let Some(rest) = &mut this.rest else { return Poll::Ready(None) };
        match std::task::ready!(Pin::new(rest).poll_frame(cx)) {
            Some(Ok(frame)) => {
                this.hear(&frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                let (verdict, fault) = B::explain(&this.service, error);
                if let Some(call) = &mut this.call {
                    call.broke_off(verdict);
                }
                this.cut_short(fault)
            }
            None if this.told => {
                this.end();
                Poll::Ready(None)
            }
            None => {
                if let Some(call) = &mut this.call {
                    call.broke_off(Verdict::Strained);
                }
                let fault = failure::not_grpc(&this.service, "an answer without grpc-status");
                this.cut_short(fault)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.as_ref().is_none_or(|rest| self.told && rest.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.first, &self.rest) {
            (None, Some(rest)) if self.told => rest.size_hint(),
            _ => SizeHint::default(),
        }
    }
}
