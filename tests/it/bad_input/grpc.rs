//! Bad requests over gRPC: what JSON cannot say, and streams.

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};
use tonic::Code;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::{
    Asset, CreateAssetRequest, ExternalId, ImportAssetsRequest, ImportStart, ListAssetsRequest, LookupAssetsRequest,
    NetworkIdentifier, UpdateAssetRequest,
};

use super::{House, Wrong, call, send, told};

const ACME: &str = "organizations/acme";
const CREATE: &str = "telwarden.assets.v1.AssetService/CreateAsset";
const LIST: &str = "telwarden.assets.v1.AssetService/ListAssets";
const IMPORT: &str = "telwarden.assets.v1.ImportService/ImportAssets";

type Row = (&'static str, &'static str, Vec<Bytes>, (Code, &'static str, &'static str));

fn invalid(reason: &'static str, field: &'static str) -> (Code, &'static str, &'static str) {
    (Code::InvalidArgument, reason, field)
}

fn one(message: &impl prost::Message) -> Vec<Bytes> {
    vec![message.encode_to_vec().into()]
}

fn create(change: impl FnOnce(&mut Asset)) -> Vec<Bytes> {
    let mut asset = Asset { display_name: "New".to_owned(), r#type: "router".to_owned(), ..Default::default() };
    change(&mut asset);
    one(&CreateAssetRequest { parent: ACME.to_owned(), asset_id: "new".to_owned(), asset: Some(asset) })
}

fn time(seconds: i64, nanos: i32) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos })
}

fn messages() -> Vec<Row> {
    let ids = |count: usize| {
        (0..count).map(|n| ExternalId { system: "s".to_owned(), value: n.to_string(), ..Default::default() }).collect()
    };
    let address = |kind| NetworkIdentifier { kind, value: "192.0.2.1".to_owned() };
    let mut nested = Vec::new();
    for _ in 0..5000 {
        // Field 99 of every message, a group within a group within …: unknown to all, and as deep as bytes allow.
        nested.extend([0x9b, 0x06]);
    }
    vec![
        (
            "bytes that are no message",
            CREATE,
            vec![Bytes::from_static(b"\xff\xff\xff\xff")],
            invalid("BODY_INVALID", ""),
        ),
        (
            "a message that breaks off",
            CREATE,
            vec![Bytes::from_static(&[0x0a, 0x7f, b'o'])],
            invalid("BODY_INVALID", ""),
        ),
        (
            "text that is no UTF-8",
            CREATE,
            vec![Bytes::from_static(&[0x0a, 0x02, 0xff, 0xfe])],
            invalid("BODY_INVALID", ""),
        ),
        ("groups five thousand deep", CREATE, vec![nested.into()], invalid("BODY_INVALID", "")),
        (
            "ten thousand external ids",
            CREATE,
            create(|asset| asset.external_ids = ids(10_000)),
            invalid("FIELD_INVALID", "asset.external_ids"),
        ),
        (
            "a hundred thousand external ids",
            CREATE,
            create(|asset| asset.external_ids = ids(100_000)),
            invalid("FIELD_INVALID", "asset.external_ids"),
        ),
        (
            "an enum value that nobody defines",
            CREATE,
            create(|asset| asset.network_identifiers = vec![address(99)]),
            invalid("FIELD_INVALID", "asset.network_identifiers[0].kind"),
        ),
        (
            "an enum value that says nothing",
            CREATE,
            create(|asset| asset.network_identifiers = vec![address(0)]),
            invalid("FIELD_INVALID", "asset.network_identifiers[0].kind"),
        ),
        (
            "a number that is none",
            CREATE,
            create(|asset| asset.power_watts = f64::NAN),
            invalid("FIELD_INVALID", "asset.power_watts"),
        ),
        (
            "an endless number",
            CREATE,
            create(|asset| asset.power_watts = f64::INFINITY),
            invalid("FIELD_INVALID", "asset.power_watts"),
        ),
        (
            "a time after the year 9999",
            CREATE,
            create(|asset| asset.acquire_time = time(i64::MAX, 0)),
            invalid("FIELD_INVALID", "asset.acquire_time"),
        ),
        (
            "a time before the year 1",
            CREATE,
            create(|asset| asset.end_of_life_time = time(i64::MIN, 0)),
            invalid("FIELD_INVALID", "asset.end_of_life_time"),
        ),
        (
            "a time of negative nanoseconds",
            CREATE,
            create(|asset| asset.verify_time = time(0, -1)),
            invalid("FIELD_INVALID", "asset.verify_time"),
        ),
        (
            "a filter of ten thousand terms",
            LIST,
            one(&ListAssetsRequest {
                parent: ACME.to_owned(),
                filter: vec!["grade=1"; 10_000].join(" OR "),
                ..Default::default()
            }),
            invalid("FIELD_INVALID", "filter"),
        ),
        (
            "a mask of ten thousand paths",
            "telwarden.assets.v1.AssetService/UpdateAsset",
            one(&UpdateAssetRequest {
                asset: Some(Asset { name: format!("{ACME}/assets/a"), ..Default::default() }),
                update_mask: Some(prost_types::FieldMask { paths: vec!["colour".to_owned(); 10_000] }),
            }),
            invalid("MASK_INVALID", "update_mask"),
        ),
        (
            "a lookup by an external id of control characters",
            "telwarden.assets.v1.AssetService/LookupAssets",
            one(&LookupAssetsRequest {
                parent: ACME.to_owned(),
                external_id: Some(ExternalId {
                    system: "s".to_owned(),
                    value: "\u{0}".to_owned(),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            invalid("FIELD_INVALID", "external_id.value"),
        ),
        ("no message where one belongs", LIST, Vec::new(), invalid("BODY_INVALID", "")),
    ]
}

fn start(change: impl FnOnce(&mut ImportStart)) -> ImportAssetsRequest {
    let mut start = ImportStart { parent: ACME.to_owned(), source: "oss".to_owned(), ..Default::default() };
    change(&mut start);
    ImportAssetsRequest { part: Some(Part::Start(start)) }
}

fn streams() -> Vec<Row> {
    let batch = |count: i64| {
        let item = |position| json!({"position": position, "asset": {"externalId": "x", "asset": {"displayName": "X", "type": "router"}}});
        json!({"batch": {"items": (0..count).map(item).collect::<Vec<_>>()}})
    };
    let read = |json: Value| -> Bytes {
        let descriptor = wire::pool().get_message_by_name("telwarden.assets.v1.ImportAssetsRequest").unwrap();
        transcode::message_from_json(&descriptor, json.to_string()).unwrap().encode_to_vec().into()
    };
    let token = |text: &str| text.to_owned();
    vec![
        ("an import of nothing", IMPORT, Vec::new(), invalid("IMPORT_NOT_STARTED", "")),
        ("an import that does not start", IMPORT, vec![read(batch(1))], invalid("IMPORT_NOT_STARTED", "")),
        (
            "an import that starts twice",
            IMPORT,
            [one(&start(|_| {})), one(&start(|_| {}))].concat(),
            invalid("IMPORT_NOT_STARTED", ""),
        ),
        (
            "an import of an empty part",
            IMPORT,
            [one(&start(|_| {})), vec![Bytes::new()]].concat(),
            invalid("IMPORT_NOT_STARTED", ""),
        ),
        (
            "an empty batch",
            IMPORT,
            [one(&start(|_| {})), vec![read(batch(0))]].concat(),
            invalid("FIELD_INVALID", "batch.items"),
        ),
        (
            "a batch too large",
            IMPORT,
            [one(&start(|_| {})), vec![read(batch(1001))]].concat(),
            invalid("FIELD_INVALID", "batch.items"),
        ),
        (
            "an import without a source",
            IMPORT,
            one(&start(|start| start.source.clear())),
            invalid("FIELD_INVALID", "start.source"),
        ),
        (
            "a control character in the source",
            IMPORT,
            one(&start(|start| start.source = "a\u{0}".to_owned())),
            invalid("FIELD_INVALID", "start.source"),
        ),
        (
            "an import into a foreign organization",
            IMPORT,
            one(&start(|start| start.parent = "organizations/other".to_owned())),
            (Code::NotFound, "RESOURCE_NOT_FOUND", ""),
        ),
        (
            "a resume token of nobody",
            IMPORT,
            one(&start(|start| start.resume_token = token("AAAA"))),
            invalid("RESUME_TOKEN_INVALID", "start.resume_token"),
        ),
        (
            "a resume token that is no text",
            IMPORT,
            one(&start(|start| start.resume_token = token("\u{1}"))),
            invalid("FIELD_INVALID", "start.resume_token"),
        ),
        (
            "bytes that are no part",
            IMPORT,
            [one(&start(|_| {})), vec![Bytes::from_static(b"\xff\xff\xff")]].concat(),
            (Code::Aborted, "IMPORT_CUT", ""),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_and_streams_are_told_what_is_wrong_with_them() {
    for house in House::each().await {
        let before = house.written().await;
        let mut wrong = Wrong::default();
        for (what, method, bytes, expected) in messages().into_iter().chain(streams()) {
            match send(&house, &house.token, method, bytes).await {
                Ok(()) => wrong.0.push(format!("{what}: was let through")),
                Err(status) => wrong.hold(what, &told(&status), expected),
            }
        }
        wrong.end();
        assert_eq!(house.written().await, before, "nothing was written");
        house.suite.stop().await.unwrap();
    }
}

/// The resume token of an import of one organization says nothing to an import of another, or from another source.
#[tokio::test(flavor = "multi_thread")]
async fn resume_tokens_of_another_organization_are_refused() {
    use wire::assets::v1::import_assets_response::News;
    let house = House::each().await.remove(0);
    let connection =
        telwarden::client::Connection::new(house.suite.url(), house.token.clone(), telwarden::client::Output::Json);
    let mut client =
        wire::assets::v1::import_service_client::ImportServiceClient::new(connection.open().await.unwrap());
    let item = json!({"position": 1, "asset": {"externalId": "x", "asset": {"displayName": "X", "type": "router"}}});
    let descriptor = wire::pool().get_message_by_name("telwarden.assets.v1.ImportAssetsRequest").unwrap();
    let batch = json!({"batch": {"items": [item]}}).to_string();
    let batch = transcode::message_from_json(&descriptor, batch).unwrap().encode_to_vec();
    let parts = [start(|_| {}), ImportAssetsRequest::decode(batch.as_slice()).unwrap()];
    let mut answers = client.import_assets(futures::stream::iter(parts)).await.unwrap().into_inner();
    let token = loop {
        match answers.message().await.unwrap().expect("progress is told").news {
            Some(News::Progress(progress)) => break progress.resume_token,
            _ => continue,
        }
    };
    while answers.message().await.unwrap().is_some() {}

    let before = house.written().await;
    let mut wrong = Wrong::default();
    for (what, caller, parent, source) in [
        ("of another organization", &house.other, "organizations/other", "oss"),
        ("of another source", &house.token, ACME, "netbox"),
    ] {
        let start = json!([{"start": {"parent": parent, "source": source, "resumeToken": token}}]);
        let status = call(&house, caller, IMPORT, &start).await.unwrap_err();
        wrong.hold(what, &told(&status), invalid("RESUME_TOKEN_INVALID", "start.resume_token"));
    }
    wrong.end();
    assert_eq!(house.written().await, before, "nothing was written");
    house.suite.stop().await.unwrap();
}
