//! Holding a call to its deadline, from its sending to the last byte of its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use fault::Outcome;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep_until};

use crate::deadline::Deadline;
use crate::failure;

/// The time that one call has left. It waits for the answer to begin ([`Timer::within`]), and then goes with the answer's
/// body ([`Timer::over`]).
#[derive(Debug)]
pub struct Timer {
    service: Arc<str>,
    /// `None` where nothing limits the call.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Runs until `deadline`; for ever without one. `service` is what the failure calls the one that was too slow.
    ///
    /// Needs a tokio runtime with time.
    #[must_use]
    pub fn new(service: Arc<str>, deadline: Option<Deadline>) -> Self {
        Self { service, sleep: deadline.map(|deadline| Box::pin(sleep_until(deadline.0))) }
    }

    /// Waits for `call`, but no longer than there is time. What is ready in time is never refused.
    ///
    /// # Errors
    /// `DEADLINE_PASSED`.
    pub async fn within<F: Future>(&mut self, call: F) -> Outcome<F::Output> {
        let Some(sleep) = &mut self.sleep else { return Ok(call.await) };
        tokio::select! {
            biased;
            answered = call => Ok(answered),
            () = sleep.as_mut() => Err(failure::deadline_passed(&self.service)),
        }
    }

    /// Holds the body of the answer to what time is left.
    pub fn over<B>(self, body: B) -> Timed<B> {
        Timed { inner: Some(body), timer: self }
    }
}

/// The body of a gRPC answer that ends with the trailers of `DEADLINE_EXCEEDED` where it is not over in time.
///
/// The body within is dropped as soon as it is over or its time is, so that whoever sends it knows then that nobody waits.
#[derive(Debug)]
pub struct Timed<B> {
    inner: Option<B>,
    timer: Timer,
}

impl<B> Timed<B> {
    fn end(&mut self) {
        self.inner = None;
        self.timer.sleep = None;
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Timed<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        // The deadline first: a stream that never pauses must end too. But an answer that is over stays as it was told.
        if let Some(sleep) = &mut this.timer.sleep
            && !inner.is_end_stream()
            && sleep.as_mut().poll(cx).is_ready()
        {
            let trailers = failure::trailers(failure::deadline_passed(&this.timer.service));
            this.end();
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        let polled = std::task::ready!(Pin::new(inner).poll_frame(cx));
        let last = match &polled {
            Some(Ok(frame)) => frame.is_trailers(),
            Some(Err(_)) | None => true,
        };
        if last {
            this.end();
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            None => SizeHint::with_exact(0),
            // It may end earlier than the body within says.
            Some(inner) if self.timer.sleep.is_some() && !inner.is_end_stream() => SizeHint::default(),
            Some(inner) => inner.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use futures::StreamExt as _;
    use http::HeaderMap;
    use http_body_util::{BodyExt as _, Empty, StreamBody};
    use tokio::time::Instant;

    use super::*;

    type Sent = Result<Frame<Bytes>, Infallible>;

    fn timer(left: u64) -> Timer {
        Timer::new(Arc::from("assets"), Some(Deadline(Instant::now() + Duration::from_secs(left))))
    }

    fn data() -> Sent {
        Ok(Frame::data(Bytes::from_static(b"x")))
    }

    fn status(frame: &Frame<Bytes>) -> &str {
        frame.trailers_ref().unwrap()["grpc-status"].to_str().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_or_floods_ends_at_the_deadline_and_lets_go() {
        let stalls = futures::stream::iter([data()]).chain(futures::stream::pending::<Sent>()).boxed();
        let floods = futures::stream::repeat_with(data).then(|frame| async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            frame
        });
        for source in [stalls, floods.boxed()] {
            let held = Arc::new(());
            let kept = Arc::clone(&held);
            let source = source.inspect(move |_| drop(Arc::clone(&kept))).boxed();
            let mut body = timer(5).over(StreamBody::new(source));
            let started = Instant::now();
            let last = loop {
                let frame = body.frame().await.unwrap().unwrap();
                if frame.is_trailers() {
                    break frame;
                }
            };
            assert_eq!(status(&last), "4");
            assert_eq!(started.elapsed().as_secs(), 5);
            assert_eq!(Arc::strong_count(&held), 1, "the body within is gone before anyone asks for more");
            assert!(body.is_end_stream() && body.frame().await.is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_over_in_time_stays_as_it_was_told() {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "0".parse().unwrap());
        let source: [Sent; 2] = [data(), Ok(Frame::trailers(trailers))];
        let mut body = timer(5).over(StreamBody::new(futures::stream::iter(source)));
        assert!(body.frame().await.unwrap().unwrap().is_data());
        assert_eq!(status(&body.frame().await.unwrap().unwrap()), "0");
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(body.frame().await.is_none());

        let mut told = timer(5).over(Empty::<Bytes>::new());
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(told.is_end_stream() && told.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_deadline_nothing_ends() {
        let mut timer = Timer::new(Arc::from("assets"), None);
        let answered = timer.within(tokio::time::sleep(Duration::from_secs(1_000_000))).await;
        assert!(answered.is_ok());
        let mut late = self::timer(5);
        let fault = late.within(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(fault.reason(), "DEADLINE_PASSED");
    }
}
