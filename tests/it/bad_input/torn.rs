//! Calls that are torn off in the middle, frame by frame, as no client library would let us.

use prost::Message as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::{
    Asset, AssetRecord, ImportAssetsRequest, ImportBatch, ImportItem, ImportStart, import_item::Record,
};

use super::House;

/// The types and flags of HTTP/2 frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A length with a prefix of seven bits (RFC 7541, section 5.1), and the text.
fn text(of: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let length = of.len();
    if length < 127 {
        out.push(u8::try_from(length).unwrap());
    } else {
        out.push(127);
        let mut rest = length - 127;
        while rest >= 128 {
            out.push(u8::try_from(rest % 128 + 128).unwrap());
            rest /= 128;
        }
        out.push(u8::try_from(rest).unwrap());
    }
    out.extend(of.as_bytes());
    out
}

/// An import under way on a connection of its own: it has been answered for one batch and waits for the next.
struct Import {
    connection: TcpStream,
}

impl Import {
    async fn begin(house: &House, atomic: bool) -> Self {
        let mut connection = TcpStream::connect(house.suite.address).await.unwrap();
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", "/telwarden.assets.v1.ImportService/ImportAssets"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("authorization", &format!("Bearer {}", house.token)),
        ];
        // Each a literal that is not to be indexed.
        let block = fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat());
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend(frame(SETTINGS, 0, 0, &[]));
        bytes.extend(frame(HEADERS, END_HEADERS, 1, &block.collect::<Vec<u8>>()));
        for part in parts(atomic) {
            let message = ImportAssetsRequest { part: Some(part) }.encode_to_vec();
            let prefix = u32::try_from(message.len()).unwrap().to_be_bytes();
            bytes.extend(frame(DATA, 0, 1, &[&[0], prefix.as_slice(), &message].concat()));
        }
        connection.write_all(&bytes).await.unwrap();
        let mut import = Self { connection };
        // Results and progress of the batch, in one frame or in two.
        let mut answer = Vec::new();
        while messages(&answer) < 2 {
            answer.extend(import.next().await);
        }
        import
    }

    /// What the next frame holds of the answer.
    async fn next(&mut self) -> Vec<u8> {
        let read = async {
            let mut head = [0; 9];
            self.connection.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.connection.read_exact(&mut payload).await.unwrap();
            assert_ne!(head[3], RST_STREAM, "the import goes on");
            if head[3] == DATA { payload } else { Vec::new() }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), read).await.expect("the server answers")
    }
}

/// How many whole messages there are, each with its prefix.
fn messages(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while let [_, a, b, c, d, rest @ ..] = bytes {
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap();
        let Some(rest) = rest.get(length..) else { break };
        (bytes, count) = (rest, count + 1);
    }
    count
}

fn parts(atomic: bool) -> [Part; 2] {
    let start =
        ImportStart { parent: "organizations/acme".to_owned(), source: "oss".to_owned(), atomic, ..Default::default() };
    let asset = |id: &str, rating: i32| {
        let asset = Asset {
            display_name: format!("Half {id}"),
            r#type: "router".to_owned(),
            confidentiality: rating,
            integrity: rating,
            availability: rating,
            ..Default::default()
        };
        Record::Asset(AssetRecord { external_id: id.to_owned(), asset: Some(asset), ..Default::default() })
    };
    let edge = Record::Dependency(wire::assets::v1::DependencyRecord {
        dependent_external_id: "1".to_owned(),
        supporting_external_id: "2".to_owned(),
        ..Default::default()
    });
    let items = (1..).zip([asset("1", 3), asset("2", 1), edge]);
    let items = items.map(|(position, record)| ImportItem { position, record: Some(record), ..Default::default() });
    [Part::Start(start), Part::Batch(ImportBatch { items: items.collect() })]
}

/// What was committed before the tear is worth what depends on it, without another import or a restart.
#[tokio::test(flavor = "multi_thread")]
async fn values_flow_although_the_import_was_torn_off() {
    let house = House::each().await.remove(0);
    drop(Import::begin(&house, false).await);
    let rest = house.rest(&house.token);
    let supporting = async {
        loop {
            let path = "/v1/organizations/acme/assets?filter=display_name=%22Half%202%22";
            let listed = rest.json("GET", path, &serde_json::Value::Null).await;
            if listed["assets"][0]["inheritedValue"].as_f64().is_some_and(|value| value > 0.0) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), supporting).await.expect("values flow");
    house.suite.stop().await.unwrap();
}

/// An import that is torn off is not one that has ended: what was to be all or nothing is nothing, however it was torn.
#[tokio::test(flavor = "multi_thread")]
async fn an_atomic_import_that_is_torn_off_leaves_nothing() {
    let house = House::each().await.remove(0);
    let before = house.written().await;
    let mut wrong = Vec::new();
    for (number, (what, code)) in
        [("the connection closed", None), ("INTERNAL_ERROR", Some(2_u32)), ("CANCEL", Some(8))].into_iter().enumerate()
    {
        let mut import = Import::begin(&house, true).await;
        if let Some(code) = code {
            import.connection.write_all(&frame(RST_STREAM, 0, 1, &code.to_be_bytes())).await.unwrap();
        } else {
            drop(import);
        }
        // There is one writer, so this waits until the import is over, one way or the other.
        let site = json!({"displayName": "After", "type": "office"});
        house.rest(&house.token).json("POST", "/v1/organizations/acme/sites", &site).await;
        let after = house.written().await;
        let entries = before.entries + u64::try_from(number).unwrap() + 1;
        if (after.rows["asset"], after.entries) != (before.rows["asset"], entries) {
            wrong.push(format!("{what}: {after:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.suite.stop().await.unwrap();
}
