//! What a collector of the operator sees of the suite: one trace for one call, and metrics that dashboards can rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};
use telwarden::client::{Client, Connection, Output};
use testkit::collector::{Collector, Data, ExportMetricsServiceRequest, Span, first, text};
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::{Change, WatchChangesRequest, WatchChangesResponse};

use crate::http::Rest;
use crate::program::{Serving, minted, program};

/// Who calls, and the id of the span it calls from.
const CALLER: &str = "b7ad6b7169203331";
const PARENT: &str = "organizations/acme";

/// The suite as processes that send to a collector, and how to reach it.
struct Estate {
    _folder: tempfile::TempDir,
    processes: Vec<Serving>,
    gateway: String,
    token: String,
}

impl Estate {
    fn new(folder: tempfile::TempDir, processes: Vec<Serving>, gateway: String) -> Self {
        let key = access::LocalKey::open(&folder.path().join("keys")).unwrap();
        let now = access::Clock::now(&access::SystemClock);
        let token = key.mint("ana", &["acme"], &["administrator"], now, Duration::from_secs(600)).unwrap();
        Self { _folder: folder, processes, gateway, token }
    }

    /// All in one process.
    fn up(collector: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program());
        command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).env("OTEL_METRIC_EXPORT_INTERVAL", "200");
        command.stderr(Stdio::null());
        let suite = Serving::start(&mut command);
        let gateway = suite.url("gateway");
        Self::new(folder, vec![suite], gateway)
    }

    /// The services and the gateway, each a process of its own.
    fn serve(collector: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        access::LocalKey::open(&folder.path().join("keys")).unwrap();
        let common = format!(
            "[trust]\nkey_set = \"{}\"\n[telemetry]\notlp_endpoint = \"{collector}\"\nmetric_period = \"200ms\"\n",
            folder.path().join("keys/key-set.json").display()
        );
        let service = |name: &str, follow: &str| {
            let database = folder.path().join(format!("{name}.db"));
            let place = format!("[service]\naddress = \"127.0.0.1:0\"\ndatabase = \"{}\"\n", database.display());
            start(folder.path(), name, &format!("{place}{follow}{common}"))
        };
        let assets = service("assets", "");
        let source = assets.url("assets");
        // Those that follow others call them with a token of their own.
        let following = |name: &str, sources: &str| {
            let own = folder.path().join(format!("{name}.token"));
            std::fs::write(&own, minted(folder.path(), &["--service", name])).unwrap();
            service(name, &format!("[follow]\ntoken_file = \"{}\"\n{sources}", own.display()))
        };
        let controls = following("controls", &format!("assets = [\"{source}\"]\n"));
        let told = controls.url("controls");
        let risk = following("risk", &format!("assets = [\"{source}\"]\ncontrols = [\"{told}\"]\n"));
        let risks = risk.url("risk");
        let incidents = following("incidents", &format!("assets = [\"{source}\"]\n"));
        let handled = incidents.url("incidents");
        let upstreams = format!(
            "[upstreams]\nassets = [\"{source}\"]\ncontrols = [\"{told}\"]\nrisk = [\"{risks}\"]\nincidents = [\"{handled}\"]\n"
        );
        let gateway =
            start(folder.path(), "gateway", &format!("[door]\naddress = \"127.0.0.1:0\"\n{upstreams}{common}"));
        let url = gateway.url("gateway");
        Self::new(folder, vec![gateway, incidents, risk, controls, assets], url)
    }

    fn rest(&self) -> Rest {
        Rest::new(&self.gateway, Some(&self.token))
    }

    async fn client(&self) -> Client {
        let connection = Connection::new(self.gateway.clone(), self.token.clone(), Output::Json);
        connection.open().await.unwrap()
    }

    /// A feed that starts now and is known to be open.
    async fn watch(&self) -> tonic::Streaming<WatchChangesResponse> {
        let mut client = ChangeServiceClient::new(self.client().await);
        let request = WatchChangesRequest { parent: PARENT.to_owned(), from_now: true, ..Default::default() };
        let mut feed = client.watch_changes(request).await.unwrap().into_inner();
        assert!(feed.next().await.unwrap().unwrap().heartbeat, "a feed says where it stands before anything happens");
        feed
    }

    /// Ends all processes, each of which then sends what it has not sent yet.
    fn end(self) {
        self.processes.into_iter().for_each(Serving::end);
    }
}

fn start(folder: &Path, name: &str, settings: &str) -> Serving {
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, settings).unwrap();
    Serving::start(Command::new(program()).args(["serve", name, "--config"]).arg(file).stderr(Stdio::null()))
}

/// Calls until the gateway has reached the service behind it, which it does in the background.
async fn reached(estate: &Estate) {
    let reached = async {
        while !estate.rest().send("GET", "/v1/organizations/acme/sites", &[], "").await.status.is_success() {}
    };
    tokio::time::timeout(Duration::from_secs(30), reached).await.expect("the gateway reaches the service");
}

/// The next `wanted` changes of a feed, or more.
async fn changes(feed: &mut tonic::Streaming<WatchChangesResponse>, wanted: usize) -> Vec<Change> {
    let mut seen = Vec::new();
    while seen.len() < wanted {
        let next = tokio::time::timeout(Duration::from_secs(30), feed.next()).await.expect("the feed tells");
        seen.extend(next.unwrap().unwrap().changes);
    }
    seen
}

/// The spans of a trace as `process: name`, each with the name of its parent, once there are as many as expected.
async fn spans(collector: &mut Collector, trace: &str, expected: &[(&str, &str)]) {
    let mut found: Vec<(String, Span)> = Vec::new();
    first(&mut collector.traces, "every span", |request| {
        for of in request.resource_spans {
            let process = text(&of.resource.unwrap().attributes, "service.name").unwrap();
            let spans = of.scope_spans.into_iter().flat_map(|scope| scope.spans);
            found.extend(spans.filter(|span| hex(&span.trace_id) == trace).map(|span| (process.clone(), span)));
        }
        (found.len() >= expected.len()).then_some(())
    })
    .await;
    let called = |process: &str, span: &Span| format!("{process}: {}", span.name);
    let by_id: BTreeMap<String, String> =
        found.iter().map(|(process, span)| (hex(&span.span_id), called(process, span))).collect();
    let mut told: Vec<(String, String)> = found
        .iter()
        .map(|(process, span)| {
            let parent = hex(&span.parent_span_id);
            let parent = if parent == CALLER { "the caller" } else { by_id.get(&parent).map_or("nobody", |name| name) };
            (called(process, span), parent.to_owned())
        })
        .collect();
    told.sort();
    let told: Vec<(&str, &str)> = told.iter().map(|(span, parent)| (span.as_str(), parent.as_str())).collect();
    assert_eq!(told, expected);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const REST: &str = "0af7651916cd43dd8448eb211c80319c";
const IMPORT: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A REST call that names its trace, and what a watcher and a reader of the ledger are told of its trace.
async fn a_rest_call(estate: &Estate) {
    let mut feed = estate.watch().await;
    let traceparent = format!("00-{REST}-{CALLER}-01");
    let site = json!({"displayName": "Hub", "type": "office"}).to_string();
    let path = format!("/v1/{PARENT}/sites?site_id=hub");
    let made = estate.rest().send("POST", &path, &[("traceparent", &traceparent)], site).await;
    assert!(made.status.is_success(), "{:?}", made.body);
    let seen = changes(&mut feed, 1).await;
    assert_eq!((seen[0].resource.as_str(), seen[0].trace.as_str()), ("organizations/acme/sites/hub", REST));
    let listed = estate.rest().json("GET", &format!("/v1/{PARENT}/changes"), &json!(null)).await;
    assert_eq!(listed["changes"][0]["trace"], REST);
}

/// An import that names its trace; every change it makes says so.
async fn an_import(estate: &Estate) {
    use wire::assets::v1::import_assets_request::Part;
    use wire::assets::v1::{
        AssetRecord, ImportAssetsRequest, ImportBatch, ImportItem, ImportStart, import_item::Record,
    };
    let mut feed = estate.watch().await;
    let start = ImportStart { parent: PARENT.to_owned(), source: "oss".to_owned(), ..Default::default() };
    let item = |position: i64| {
        let asset = wire::assets::v1::Asset {
            display_name: format!("Router {position}"),
            r#type: "router".to_owned(),
            ..Default::default()
        };
        let record = AssetRecord { external_id: position.to_string(), asset: Some(asset), ..Default::default() };
        ImportItem { position, record: Some(Record::Asset(record)), ..Default::default() }
    };
    let batch = |from: i64| ImportBatch { items: (from..from + 10).map(item).collect() };
    let parts = [Part::Start(start), Part::Batch(batch(0)), Part::Batch(batch(10))];
    let parts = parts.map(|part| ImportAssetsRequest { part: Some(part) });
    let mut request = tonic::Request::new(futures::stream::iter(parts));
    request.metadata_mut().insert("traceparent", format!("00-{IMPORT}-{CALLER}-01").parse().unwrap());
    let mut client = wire::assets::v1::import_service_client::ImportServiceClient::new(estate.client().await);
    let answers = client.import_assets(request).await.unwrap().into_inner();
    assert!(answers.collect::<Vec<_>>().await.iter().all(Result::is_ok));
    let traces: BTreeSet<String> = changes(&mut feed, 20).await.into_iter().map(|change| change.trace).collect();
    assert_eq!(traces, BTreeSet::from([IMPORT.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_through_gateway_service_ledger_and_watcher() {
    let mut collector = Collector::start().await;
    let estate = Estate::serve(&collector.endpoint);
    reached(&estate).await;
    a_rest_call(&estate).await;
    tokio::task::block_in_place(|| estate.end());
    let create = "assets: telwarden.assets.v1.SiteService/CreateSite";
    spans(&mut collector, REST, &[(create, "gateway: http/POST"), ("gateway: http/POST", "the caller")]).await;

    let estate = Estate::serve(&collector.endpoint);
    reached(&estate).await;
    an_import(&estate).await;
    tokio::task::block_in_place(|| estate.end());
    let [service, gateway] =
        ["assets", "gateway"].map(|process| format!("{process}: telwarden.assets.v1.ImportService/ImportAssets"));
    spans(&mut collector, IMPORT, &[(&service, &gateway), (&gateway, "the caller")]).await;
}

/// In one process the gateway calls the service without a network between them, and opens the one span of the call.
#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_through_the_suite_in_one_process() {
    let mut collector = Collector::start().await;
    let estate = Estate::up(&collector.endpoint);
    a_rest_call(&estate).await;
    tokio::task::block_in_place(|| estate.end());
    spans(&mut collector, REST, &[("telwarden: http/POST", "the caller")]).await;
}

/// What a collector gets of one metric.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Metric {
    kind: &'static str,
    unit: String,
    description: String,
    attributes: BTreeSet<String>,
    processes: BTreeSet<String>,
}

/// Adds what a process sent to what is known of each metric.
fn note(request: ExportMetricsServiceRequest, known: &mut BTreeMap<String, Metric>) {
    for of in request.resource_metrics {
        let process = text(&of.resource.unwrap().attributes, "service.name").unwrap();
        for metric in of.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
            let (kind, points): (_, Vec<_>) = match metric.data.unwrap() {
                Data::Histogram(of) => {
                    ("histogram", of.data_points.into_iter().map(|point| point.attributes).collect())
                }
                Data::Gauge(of) => ("gauge", of.data_points.into_iter().map(|point| point.attributes).collect()),
                Data::Sum(of) => (
                    if of.is_monotonic { "counter" } else { "up-down counter" },
                    of.data_points.into_iter().map(|point| point.attributes).collect(),
                ),
                other => panic!("{} is of a kind that no dashboard of ours reads: {other:?}", metric.name),
            };
            let held = known.entry(metric.name).or_default();
            (held.kind, held.unit, held.description) = (kind, metric.unit, metric.description);
            held.attributes.extend(points.into_iter().flatten().map(|attribute| attribute.key));
            held.processes.insert(process.clone());
        }
    }
}

fn page(metrics: &BTreeMap<String, Metric>) -> String {
    let mut page = String::from(
        "The metrics that the suite sends over OTLP. Written by the test `the_metrics_are_the_checked_in_ones`.\n\
         `telwarden` is the suite in one process; the others are processes of their own.\n",
    );
    let list = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    for (name, metric) in metrics {
        let _ = writeln!(page, "\n{name}\n  kind: {}\n  unit: {}", metric.kind, metric.unit);
        let _ = writeln!(page, "  attributes: {}", list(&metric.attributes));
        let _ = writeln!(page, "  sent by: {}\n  {}", list(&metric.processes), metric.description);
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_are_the_checked_in_ones() {
    let mut collector = Collector::start().await;
    let mut known = BTreeMap::new();
    for (estate, follower) in
        [(Estate::up(&collector.endpoint), "telwarden"), (Estate::serve(&collector.endpoint), "controls")]
    {
        reached(&estate).await;
        a_rest_call(&estate).await;
        an_import(&estate).await;
        // How far behind a feed is, is told while it is followed, so not when the process ends.
        first(&mut collector.metrics, "how far a feed is behind", |request| {
            note(request, &mut known);
            known.get("feed.lag").filter(|lag: &&Metric| lag.processes.contains(follower)).map(|_| ())
        })
        .await;
        tokio::task::block_in_place(|| estate.end());
    }
    while let Ok(request) = collector.metrics.try_recv() {
        note(request, &mut known);
    }
    crate::deploy::generated(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.txt"), &page(&known));
}

/// The names that a metric has in Prometheus, by the convention that the dashboard names: dots become underscores, the
/// unit is spelled out at the end, a counter ends in `_total`, a histogram is three series.
fn prometheus(name: &str, kind: &str, unit: &str) -> Vec<String> {
    let unit = match unit {
        "s" => "_seconds",
        "By" => "_bytes",
        "1" if kind == "gauge" => "_ratio",
        unit if unit.starts_with('{') || unit == "1" || unit.is_empty() => "",
        other => panic!("say how the unit {other} is spelled in Prometheus"),
    };
    let name = format!("{}{unit}", name.replace('.', "_"));
    match kind {
        "histogram" => ["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")).to_vec(),
        "counter" => vec![format!("{name}_total")],
        _ => vec![name],
    }
}

/// Everything in a dashboard that is a query.
fn queries(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    // The one `query` that is none names the kind of data source.
                    Value::String(text)
                        if matches!(name.as_str(), "expr" | "query" | "definition") && text != "prometheus" =>
                    {
                        found.push(text.clone());
                    }
                    other => queries(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

/// The names of metrics in a query: what stands before `{`, and the first word of `label_values(…)`.
fn names(query: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let before = |end: usize| {
        let text = &query[..end];
        text.rsplit(|c| !word(c)).next().unwrap_or_default().to_owned()
    };
    let mut found: BTreeSet<String> = query.match_indices('{').map(|(end, _)| before(end)).collect();
    if let Some(rest) = query.strip_prefix("label_values(") {
        found.insert(rest.split(|c| !word(c)).next().unwrap_or_default().to_owned());
    }
    found
}

/// The names of labels in a query: in `{…}`, and after `by`.
fn labels(query: &str) -> BTreeSet<String> {
    let inside = |open: &'static str, close: char| {
        let parts = query.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap_or_default());
        parts.flat_map(|part| part.split(", ")).map(|part| part.split(['=', '!']).next().unwrap_or_default().to_owned())
    };
    inside("{", '}').chain(inside("by (", ')')).collect()
}

#[test]
fn the_dashboard_shows_metrics_that_exist() {
    let read = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let page = read("../docs/metrics.txt");
    let (mut sent, mut known) = (BTreeSet::new(), BTreeSet::from(["job".to_owned(), "le".to_owned()]));
    for part in page.split("\n\n").skip(1) {
        let field = |name: &str| part.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap().trim();
        sent.extend(prometheus(part.lines().next().unwrap(), field("kind:"), field("unit:")));
        known.extend(field("attributes:").split(", ").map(|attribute| attribute.replace('.', "_")));
    }
    let dashboard: Value = serde_json::from_str(&read("../deploy/grafana-dashboard.json")).unwrap();
    let mut asked = Vec::new();
    queries(&dashboard, &mut asked);
    assert!(asked.len() >= 5, "a dashboard asks for something: {asked:?}");
    let mut shown = BTreeSet::new();
    for query in &asked {
        let names = names(query);
        assert!(!names.is_empty(), "no metric was recognized in {query}");
        for name in &names {
            assert!(sent.contains(name), "{query} asks for {name}, which nobody sends; there are {sent:?}");
        }
        shown.extend(names);
        let strange: Vec<String> = labels(query).into_iter().filter(|label| !known.contains(label)).collect();
        assert!(strange.is_empty(), "{query} asks for labels that nobody sends: {strange:?}");
    }
    let unseen: Vec<&String> = sent.difference(&shown).filter(|name| !name.ends_with("_sum")).collect();
    assert!(unseen.is_empty(), "sent, but on no panel: {unseen:?}");
    let services = telwarden::suite::grpc_services();
    let streams = wire::pool().services().filter(|service| services.iter().any(|name| name == service.full_name()));
    for method in streams.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        if method.is_client_streaming() || method.is_server_streaming() {
            let unary = asked.iter().filter(|query| query.contains("rpc_method!~"));
            assert!(unary.clone().count() > 0);
            for query in unary {
                assert!(query.contains(method.name()), "{} lasts as long as its caller likes: {query}", method.name());
            }
        }
    }
    let told = dashboard["description"].as_str().unwrap();
    assert!(told.contains("UnderscoreEscapingWithSuffixes"), "the description says which naming convention is used");
}
