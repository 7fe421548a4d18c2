//! OSCAL through the API: documents come in, become rows, and come out as they came in.

mod documents;
mod hostile;
mod published;
mod scope;

use serde_json::{Value, json};
use testkit::Bench;
use tonic::{Request, Status};
use wire::controls::v1::control_service_client::ControlServiceClient;
use wire::controls::v1::import_oscal_request::Part;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::oscal_document_service_client::OscalDocumentServiceClient;
use wire::controls::v1::profile_service_client::ProfileServiceClient;
use wire::controls::v1::{
    Control, ExportOscalRequest, ImportOscalRequest, ImportOscalResponse, ImportOscalStart, ListControlsRequest,
    ResolveProfileRequest, ResolveProfileResponse,
};

const PARENT: &str = "organizations/acme";

fn client(bench: &Bench) -> testkit::Client {
    bench.client("ana", &["acme"], &["administrator"])
}

fn start() -> ImportOscalStart {
    ImportOscalStart { parent: PARENT.to_owned(), ..Default::default() }
}

fn named(id: &str) -> ImportOscalStart {
    ImportOscalStart { id: id.to_owned(), ..start() }
}

/// The messages of an import: in small parts, so that they are joined.
fn messages(start: ImportOscalStart, bytes: &[u8]) -> Vec<ImportOscalRequest> {
    let first = ImportOscalRequest { part: Some(Part::Start(start)) };
    let chunks = bytes.chunks(100_000).map(|chunk| ImportOscalRequest { part: Some(Part::Chunk(chunk.to_vec())) });
    std::iter::once(first).chain(chunks).collect()
}

async fn import(bench: &Bench, start: ImportOscalStart, bytes: &[u8]) -> Result<ImportOscalResponse, Status> {
    let stream = tokio_stream::iter(messages(start, bytes));
    OscalDocumentServiceClient::new(client(bench)).import_oscal(stream).await.map(tonic::Response::into_inner)
}

async fn import_value(bench: &Bench, start: ImportOscalStart, value: &Value) -> ImportOscalResponse {
    import(bench, start, value.to_string().as_bytes()).await.unwrap()
}

async fn export(bench: &Bench, kind: Kind, resource: &str) -> Result<Value, Status> {
    let resource = format!("{PARENT}/{resource}");
    let request = ExportOscalRequest { parent: PARENT.to_owned(), kind: kind.into(), resource };
    let mut answers = OscalDocumentServiceClient::new(client(bench)).export_oscal(request).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(answer) = answers.message().await? {
        assert!(answer.chunk.len() <= 256 << 10);
        bytes.extend(answer.chunk);
    }
    Ok(serde_json::from_slice(&bytes).unwrap())
}

async fn controls(bench: &Bench, catalogue: &str, filter: &str) -> Vec<Control> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListControlsRequest {
            parent: format!("{PARENT}/catalogues/{catalogue}"),
            page_size: 1000,
            page_token,
            filter: filter.to_owned(),
            order_by: "position".to_owned(),
        };
        let page = ControlServiceClient::new(client(bench)).list_controls(request).await.unwrap().into_inner();
        found.extend(page.controls);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

fn ids(controls: &[Control]) -> Vec<&str> {
    controls.iter().map(|control| control.name.rsplit('/').next().unwrap()).collect()
}

async fn resolve(bench: &Bench, profile: &str, page_size: i32, token: &str) -> Result<ResolveProfileResponse, Status> {
    let name = format!("{PARENT}/profiles/{profile}");
    let request = ResolveProfileRequest { name, page_size, page_token: token.to_owned() };
    let mut profiles = ProfileServiceClient::new(client(bench));
    profiles.resolve_profile(Request::new(request)).await.map(tonic::Response::into_inner)
}

/// How much has been written: entries of the ledger, and rows of content.
async fn written(bench: &Bench) -> (i64, i64) {
    let count = async |table: &str| {
        let rows = bench.database.rows(bench.database.sql(format!("SELECT COUNT(*) FROM {table}"))).await.unwrap();
        rows.first().unwrap().try_get_by_index::<i64>(0).unwrap()
    };
    (count("ledger").await, count("oscal_content").await)
}

fn metadata(title: &str, version: &str) -> Value {
    json!({"title": title, "last-modified": "2026-01-02T03:04:05Z", "version": version, "oscal-version": "1.1.3"})
}

fn uuid(number: u8) -> String {
    format!("{number:02}111111-1111-4111-8111-111111111111")
}

/// A catalogue with nested controls, parameters, texts, properties of others, and things that nobody knows.
fn catalogue(number: u8) -> Value {
    let head = json!({"title": "Small controls", "last-modified": "2026-01-02T03:04:05Z", "version": "2026", "oscal-version": "1.1.3",
        "parties": [{"uuid": uuid(90), "type": "organization", "name": "The publisher"}],
        "responsible-parties": [{"role-id": "publisher", "party-uuids": [uuid(90)]}]});
    json!({"$schema": "https://example.org/s.json", "catalog": {
        "uuid": uuid(number), "metadata": head,
        "groups": [
            {"id": "ac", "title": "Access", "props": [{"name": "label", "value": "AC"}], "x-odd": [1, {"a": null}],
             "controls": [
                {"id": "ac-1", "class": "base", "title": "Rules of access",
                 "params": [{"id": "ac-1_prm", "label": "period"}],
                 "props": [{"name": "label", "value": "AC-1"}, {"name": "level", "ns": "https://example.org/l", "value": "high"}],
                 "parts": [
                    {"id": "ac-1_smt", "name": "statement", "prose": "Write rules, and look at them", "parts": [
                        {"id": "ac-1_smt.a", "name": "item", "props": [{"name": "label", "value": "a."}],
                         "prose": "every {{ insert: param, ac-1_prm }};"}]},
                    {"id": "ac-1_gdn", "name": "guidance", "prose": "Rules age."},
                    {"id": "ac-1_obj", "name": "assessment-objective", "prose": "There are rules."}],
                 "controls": [{"id": "ac-1.1", "title": "Rules by machine", "controls": [{"id": "ac-1.1.1", "title": "Deeper"}]}]},
                {"id": "AC-2", "title": "Accounts", "props": [{"name": "status", "value": "withdrawn"}],
                 "links": [{"href": "#ac-1", "rel": "incorporated-into"}]}],
             "groups": [{"id": "ac-net", "title": "Of the network", "controls": [{"id": "ac-3", "title": "Network access"}]}]}],
        "controls": [{"id": "_5.7", "title": "Threat intelligence"}],
        "back-matter": {"resources": [{"uuid": uuid(91), "title": "Kept"}]}}})
}

fn profile(number: u8, imports: &Value) -> Value {
    json!({"profile": {
        "uuid": uuid(number), "metadata": metadata("A baseline", "1"), "imports": imports, "merge": {"as-is": true},
        "modify": {"alters": [{"control-id": "ac-1", "adds": [{"title": "Rules, as we have them"}]}]},
        "x-kept": true}})
}
