use super::*;
use http_body_util::{BodyExt as _, Full, StreamBody};

fn body(frames: Vec<Frame<Bytes>>) -> Body {
    Body::new(StreamBody::new(futures::stream::iter(frames.into_iter().map(Ok::<_, Status>))))
}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

async fn read(replay: Replay) -> (String, Option<HeaderMap>) {
    let collected = Outgoing::Again(replay).collect().await.unwrap();
    let trailers = collected.trailers().cloned();
    (String::from_utf8(collected.to_bytes().to_vec()).unwrap(), trailers)
}

#[tokio::test]
async fn a_body_is_sent_again_from_its_start() {
    let (first, rewind) = Replay::new(body(vec![data("one "), data("two")]));
    assert_eq!(read(first).await.0, "one two");
    for _ in 0..2 {
        assert_eq!(read(rewind.again().unwrap()).await.0, "one two");
    }
}

#[tokio::test]
async fn a_body_half_read_goes_on_where_it_was() {
    let (first, rewind) = Replay::new(body(vec![data("one "), data("two")]));
    let mut first = Outgoing::Again(first);
    first.frame().await.unwrap().unwrap();
    let second = rewind.again().unwrap();
    assert!(first.frame().await.unwrap().is_err(), "the sending given up takes nothing from the next");
    assert_eq!(read(second).await.0, "one two");
}

#[tokio::test]
async fn trailers_come_once_each_time() {
    let trailers = HeaderMap::from_iter([("k".parse().unwrap(), "v".parse().unwrap())]);
    let (first, rewind) = Replay::new(body(vec![data("one"), Frame::trailers(trailers.clone())]));
    assert_eq!(read(first).await, ("one".to_owned(), Some(trailers.clone())));
    assert_eq!(read(rewind.again().unwrap()).await, ("one".to_owned(), Some(trailers)));
}

#[tokio::test]
async fn a_body_over_the_limit_passes_whole_but_only_once() {
    let long = Bytes::from(vec![b'x'; KEPT_AT_MOST]);
    let frames = vec![data("y"), Frame::data(long.clone()), data("z")];
    let (first, rewind) = Replay::new(body(frames));
    assert_eq!(read(first).await.0.len(), KEPT_AT_MOST + 2);
    assert!(rewind.again().is_none());

    let (first, rewind) = Replay::new(Body::new(Full::new(long)));
    assert_eq!(read(first).await.0.len(), KEPT_AT_MOST);
    assert!(rewind.again().is_some(), "exactly the limit is kept");
}

#[tokio::test]
async fn an_empty_body_is_at_its_end_from_the_start() {
    let (first, rewind) = Replay::new(Body::empty());
    assert!(Outgoing::Again(first).is_end_stream());
    assert!(Outgoing::Again(rewind.again().unwrap()).is_end_stream());
}
