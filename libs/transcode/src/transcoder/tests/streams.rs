//! Server streams.

use futures::StreamExt as _;

use super::*;

const WATCH: &str = "/v1/organizations/acme/changes:watch";
const EVENTS: &str = "accept: text/html, text/event-stream;q=0.9";

fn answers() -> Vec<Result<Json, Status>> {
    vec![
        Ok(json!({"changes": [{"service": "assets", "sequence": "7", "verb": "CREATED"}], "cursor": "c7"})),
        Ok(json!({"heartbeat": true, "cursor": "c8"})),
    ]
}

#[tokio::test]
async fn lines_by_default() {
    let got = send(&Upstream::new(answers()), request("GET", WATCH, &[], "")).await;
    assert_eq!((got.code, got.header("content-type")), (200, "application/x-ndjson"));
    let lines: Vec<Json> = got.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let want: Vec<Json> = answers().into_iter().map(Result::unwrap).collect();
    assert_eq!(lines, want);
}

#[tokio::test]
async fn events_where_asked_for() {
    let got = send(&Upstream::new(answers()), request("GET", WATCH, &[EVENTS], "")).await;
    assert_eq!((got.header("content-type"), got.header("cache-control")), ("text/event-stream", "no-cache"));
    let events: Vec<&str> = got.text.split_terminator("\n\n").collect();
    assert_eq!(events.len(), 2);
    assert!(events[0].starts_with("id: c7\ndata: {\"changes\":"), "{}", events[0]);
    let data: Json = serde_json::from_str(events[1].strip_prefix("id: c8\ndata: ").unwrap()).unwrap();
    assert_eq!(data, json!({"heartbeat": true, "cursor": "c8"}));
}

#[tokio::test]
async fn the_last_event_resumes_unless_a_cursor_is_given() {
    let upstream = Upstream::new(answers());
    let headers = ["last-event-id: c7", EVENTS];
    send(&upstream, request("GET", WATCH, &headers, "")).await;
    assert_eq!(upstream.seen().message, json!({"parent": "organizations/acme", "cursor": "c7"}));
    send(&upstream, request("GET", &format!("{WATCH}?cursor=c3"), &headers, "")).await;
    assert_eq!(upstream.seen().message["cursor"], "c3");
}

#[tokio::test]
async fn an_error_after_the_start_is_the_last_thing_told() {
    let mut all = answers();
    all.push(Err(Fault::new(Code::OutOfRange, ErrorReason::CursorExpired, "list, then resume").into()));
    let upstream = Upstream::new(all);
    let got = send(&upstream, request("GET", WATCH, &[], "")).await;
    let last: Json = serde_json::from_str(got.text.lines().last().unwrap()).unwrap();
    assert_eq!(last["error"]["details"][0]["reason"], "CURSOR_EXPIRED");
    let got = send(&upstream, request("GET", WATCH, &[EVENTS], "")).await;
    let last = got.text.split_terminator("\n\n").last().unwrap();
    let json: Json = serde_json::from_str(last.strip_prefix("event: error\ndata: ").unwrap()).unwrap();
    assert_eq!((&json["error"]["code"], &json["error"]["status"]), (&json!(400), &json!("OUT_OF_RANGE")));
}

#[tokio::test]
async fn a_quiet_event_stream_is_kept_alive() {
    let upstream = Upstream { open: true, ..Upstream::new(vec![]) };
    let quick = transcoder().keep_alive(Duration::from_millis(1));
    let response = quick.handle(request("GET", WATCH, &[EVENTS], ""), upstream.service()).await;
    let mut body = response.into_body().into_data_stream();
    for _ in 0..2 {
        assert_eq!(body.next().await.unwrap().unwrap(), ": keep-alive\n\n");
    }
}

#[tokio::test]
async fn a_cursor_cannot_smuggle_lines_into_the_framing() {
    let upstream = Upstream::ok(json!({"cursor": "a\ndata: forged"}));
    let got = send(&upstream, request("GET", WATCH, &[EVENTS], "")).await;
    assert_eq!(got.text, "data: {\"cursor\":\"a\\ndata: forged\"}\n\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_share_one_transcoder() {
    let transcoder = Arc::new(transcoder());
    let upstream = Upstream::new(answers());
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let (transcoder, service) = (Arc::clone(&transcoder), upstream.service());
            tokio::spawn(
                async move { read(transcoder.handle(request("GET", WATCH, &[], ""), service).await).await.code },
            )
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(upstream.calls(), 16);
}
