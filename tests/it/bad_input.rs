//! Bad input against the live house: every row is one bad request, and what its sender is told. Nothing answers INTERNAL or
//! UNKNOWN, and nothing is left half written.

mod files;
mod grpc;
mod raw;
mod rest;
mod tokens;
mod torn;

use prost::Message as _;
use serde_json::{Value, json};
use telwarden::suite::{self, Options, Suite};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::http::Rest;

/// What the sender of a bad request is told: code, reason, and the field at fault, empty where it is none.
type Told = (Code, String, String);

/// The suite with a little in it, and what may be asked of it.
struct House {
    suite: Suite,
    /// An administrator of `acme`.
    token: String,
    /// An administrator of `other`.
    other: String,
}

impl House {
    /// One house for every database there is.
    async fn each() -> Vec<Self> {
        let mut houses = Vec::new();
        for server in testkit::backends() {
            let folder = tempfile::tempdir().unwrap().keep();
            let postgres = match server {
                None => None,
                Some(server) => {
                    let store::Location::Url(url) =
                        testkit::location(&tempfile::tempdir().unwrap(), "unused", Some(&server)).await
                    else {
                        panic!("a server has a URL")
                    };
                    Some(url)
                }
            };
            let listen = "127.0.0.1:0".parse().unwrap();
            let options = Options { data: folder, listen, postgres, gateway: gateway::Settings::default(), tls: None };
            houses.push(Self::furnished(suite::start(options).await.unwrap()).await);
        }
        houses
    }

    async fn furnished(suite: Suite) -> Self {
        let token = suite.token("ana", &["acme"], &["administrator"]).unwrap();
        let other = suite.token("eve", &["other"], &["administrator"]).unwrap();
        let house = Self { suite, token, other };
        for (rest, organization) in [(house.rest(&house.token), "acme"), (house.rest(&house.other), "other")] {
            for id in ["a", "b", "c"] {
                let asset = json!({"displayName": id, "type": "router"});
                rest.json("POST", &format!("/v1/organizations/{organization}/assets?asset_id={id}"), &asset).await;
            }
        }
        let site = json!({"displayName": "Hub", "type": "office"});
        house.rest(&house.token).json("POST", "/v1/organizations/acme/sites?site_id=hub", &site).await;
        house
    }

    fn rest(&self, token: &str) -> Rest {
        Rest::new(&self.suite.url(), Some(token))
    }

    /// Everything that is written: how many entries the ledger has, which must hold, and how many rows each table. But for what
    /// an import keeps of itself however it ends: its survey, and what it rejected.
    async fn written(&self) -> store::Verified {
        let (database, tables) = (&self.suite.databases[0], suite::services().remove(0).1);
        let mut last = None;
        // On PostgreSQL an entry gets its place in the ledger a moment after it is written.
        for _ in 0..500 {
            let row = database.row(database.sql("SELECT COUNT(*) FROM ledger")).await.unwrap().unwrap();
            let entries: i64 = row.try_get_by_index(0).unwrap();
            match store::verify(database, &tables).await.unwrap() {
                Ok(verified) if i64::try_from(verified.entries) == Ok(entries) => {
                    match self.without_surveys(verified).await {
                        Some(still) => return still,
                        // An import that ends writes its survey: look again.
                        None => continue,
                    }
                }
                other => last = Some(other),
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the ledger does not hold: {last:?}");
    }

    /// None where the ledger grew meanwhile.
    async fn without_surveys(&self, mut verified: store::Verified) -> Option<store::Verified> {
        let database = &self.suite.databases[0];
        let count = "SELECT COUNT(CASE WHEN resource LIKE '%/surveys/%' OR resource LIKE '%/quarantinedRecords/%' THEN 1 END), COUNT(*) FROM ledger";
        let row = database.row(database.sql(count)).await.unwrap().unwrap();
        let (told, all): (i64, i64) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        if u64::try_from(all).unwrap() != verified.entries {
            return None;
        }
        verified.entries -= u64::try_from(told).unwrap();
        verified.rows.retain(|table, _| !["survey", "quarantined_record"].contains(&table.as_str()));
        verified.digest.clear();
        Some(verified)
    }
}

/// What a gRPC status tells.
fn told(status: &tonic::Status) -> Told {
    let field = status.get_details_bad_request().and_then(|bad| bad.field_violations.into_iter().next());
    (status.code(), testkit::reason(status), field.map(|violation| violation.field).unwrap_or_default())
}

/// What the JSON of an error tells.
fn told_in_json(json: &Value) -> Told {
    let error = &json["error"];
    let detail = |kind: &str| {
        let mut details = error["details"].as_array().into_iter().flatten();
        details.find(|detail| detail["@type"].as_str().is_some_and(|of| of.ends_with(kind)))
    };
    let reason = detail("ErrorInfo").map(|info| info["reason"].as_str().unwrap().to_owned());
    let field = detail("BadRequest").map(|bad| bad["fieldViolations"][0]["field"].as_str().unwrap().to_owned());
    let name = error["status"].as_str().unwrap_or_default();
    let code = (0..17).map(Code::from_i32).find(|code| name == screaming(*code));
    let code = code.unwrap_or_else(|| panic!("{json} names no code"));
    (code, reason.unwrap_or_default(), field.unwrap_or_default())
}

/// `InvalidArgument` as `INVALID_ARGUMENT`.
fn screaming(code: Code) -> String {
    let mut name = String::new();
    for c in format!("{code:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

/// Rows that were answered in another way than expected; the test fails with all of them at once.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn hold(&mut self, what: &str, told: &Told, expected: (Code, &str, &str)) {
        let is = (told.0, told.1.as_str(), told.2.as_str());
        if is != expected {
            self.0.push(format!("{what}: {is:?}, not {expected:?}"));
        }
    }

    fn end(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

/// A call from JSON, for what can be written in it.
async fn call(house: &House, token: &str, method: &str, json: &Value) -> Result<(), tonic::Status> {
    let (service, name) = method.rsplit_once('/').unwrap();
    let descriptor =
        wire::pool().get_service_by_name(service).unwrap().methods().find(|known| known.name() == name).unwrap();
    let messages: Vec<bytes::Bytes> = match json {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    }
    .iter()
    .map(|json| transcode::message_from_json(&descriptor.input(), json.to_string()).unwrap().encode_to_vec().into())
    .collect();
    send(house, token, method, messages).await
}

/// A call of these messages, which may be anything; the first failure there is.
async fn send(house: &House, token: &str, method: &str, messages: Vec<bytes::Bytes>) -> Result<(), tonic::Status> {
    use futures::TryStreamExt as _;
    let channel = tonic::transport::Endpoint::from_shared(house.suite.url()).unwrap().connect().await.unwrap();
    let mut grpc = tonic::client::Grpc::new(channel).max_decoding_message_size(64 << 20);
    grpc.ready().await.unwrap();
    let mut request = tonic::Request::new(futures::stream::iter(messages));
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let path = format!("/{method}").parse().unwrap();
    let answers = grpc.streaming(request, path, transcode::BytesCodec).await?.into_inner();
    let read = answers.try_for_each(|_: bytes::Bytes| async { Ok(()) });
    tokio::time::timeout(std::time::Duration::from_secs(60), read).await.expect("an answer comes")
}
