//! The register of a large operator: what does not grow with it, and what grows no faster than a bare query.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use tonic::transport::Channel;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::selector_service_client::SelectorServiceClient;
use wire::assets::v1::{
    AnalyzeAssetImpactRequest, Asset, AssetRecord, CreateSelectorRequest, DependencyRecord, ExplainAssetValueRequest,
    GetAssetRequest, GetSelectorRequest, ListAssetsRequest, LookupAssetsRequest, Selector, UpdateAssetRequest,
    selector,
};

use super::Load;
use super::calls::{Callers, PARENT};
use super::home::{Home, Suite};
use super::import::Estate;
use super::replay::{Plan, Written, file_pool, server_pool};
use super::table::{Line, Samples, Unit};

/// Calls to a sample of a latency.
const CALLS: usize = 40;
/// How large the small operator is, beside which the large one is measured: about 1,000 assets.
const SMALL: f64 = 0.5;

/// One of those that inherit what the crown is worth.
const EDGE: &str = "crown-1999";

/// Every row of the estate.
pub(crate) async fn estate(load: &Load, home: &Home) -> Result<Vec<Line>> {
    let on = home.name();
    let (suite, mut lines) = imported(load, home).await?;
    let small = home.beside().await?;
    Estate::read(SMALL)?.import(&small.callers).await?;
    lines.extend(reads(&suite, &small, on).await?);
    drop(small);
    lines.extend(followed(load, &suite, on).await?);
    let mut memory = Samples::default();
    if let Some(bytes) = suite.serving.memory() {
        memory.push(bytes as f64 / 1e6);
    }
    lines.push(Line::bound("memory of the suite that holds it", on, Unit::Megabytes, &memory, 400.0));
    Ok(lines)
}

/// The rows of the graph alone, in a register that holds nothing else.
pub(crate) async fn graph_alone(load: &Load, home: &Home) -> Result<Vec<Line>> {
    let suite = home.suite().await?;
    followed(load, &suite, home.name()).await
}

/// What follows along dependencies, and what a selector follows.
async fn followed(load: &Load, suite: &Suite, on: &str) -> Result<Vec<Line>> {
    let size = if load.scale() >= 50.0 { 100_000 } else { 2_000 };
    let (hit, top) = ((size / 10).max(1000), size);
    star(hit, "hub", false)?.import(&suite.callers).await?;
    star(top, "crown", true)?.import(&suite.callers).await?;
    let mut lines = graph(suite, on, hit).await?;
    lines.push(value(suite, on, top).await?);
    lines.push(selected(suite, on, top).await?);
    Ok(lines)
}

/// The large operator imported, beside bare inserts of the same rows, then imported again.
async fn imported(load: &Load, home: &Home) -> Result<(Suite, Vec<Line>)> {
    let estate = Estate::read(load.scale())?;
    let rate = |took: Duration| estate.items as f64 / took.as_secs_f64();
    let one = |figure: f64| {
        let mut samples = Samples::default();
        samples.push(figure);
        samples
    };
    let suite = home.suite().await?;
    let before = suite.written.counts().await?;
    let took = estate.import(&suite.callers).await?;
    eprintln!("imported in {took:.1?}");
    let left = suite.end().await?;
    let bare = left.written.again(&before, Plan { transactions: estate.batches(), tasks: 1, stream: true }).await?;
    eprintln!("the bare program took {bare:.1?}");
    let suite = home.again(left).await?;
    let before = suite.written.counts().await?;
    let again = estate.import_again(&suite.callers).await?;
    eprintln!("imported again in {again:.1?}");
    suite.written.settle().await?;
    let after = suite.written.counts().await?;
    let grown: HashMap<&String, u64> = after
        .iter()
        .map(|(table, rows)| (table, rows - before.get(table).unwrap_or(&0)))
        .filter(|(_, more)| *more > 0)
        .collect();
    eprintln!("rows that the second import wrote: {grown:?}");
    let lines = vec![
        Line::ratio(
            &format!("import of {}", estate.text),
            home.name(),
            Unit::PerSecond,
            &one(rate(took)),
            (home.bulk(), &one(rate(bare))),
            0.4,
        ),
        Line::ratio(
            &format!("the same again, unchanged ({} rows written)", grown.values().sum::<u64>()),
            home.name(),
            Unit::PerSecond,
            &one(rate(again)),
            ("the import", &one(rate(took))),
            3.0,
        ),
    ];
    Ok((suite, lines))
}

/// An asset in the middle and `count` around it, by way of a hundredth as many: they depend on it, or it on them.
fn star(count: usize, id: &str, middle_depends: bool) -> Result<Estate> {
    let groups = (count / 100).max(1);
    let asset = |id: String| {
        let asset = Asset { display_name: id.clone(), r#type: "server".to_owned(), ..Default::default() };
        Record::Asset(AssetRecord { external_id: id, asset: Some(asset), ..Default::default() })
    };
    let edge = |outer: String, inner: String| {
        let (dependent_external_id, supporting_external_id) =
            if middle_depends { (inner, outer) } else { (outer, inner) };
        Record::Dependency(DependencyRecord { dependent_external_id, supporting_external_id, ..Default::default() })
    };
    let group = |n: usize| format!("{id}-group-{}", n % groups);
    let assets = std::iter::once(asset(id.to_owned()))
        .chain((0..groups).map(|n| asset(group(n))))
        .chain((groups..count).map(|n| asset(format!("{id}-{n}"))));
    let edges = (0..groups)
        .map(|n| edge(group(n), id.to_owned()))
        .chain((groups..count).map(|n| edge(format!("{id}-{n}"), group(n))));
    Estate::of(id, assets.chain(edges))
}

fn name(id: &str) -> String {
    format!("{PARENT}/assets/{id}")
}

/// How long calls of two sorts take, in turn, in microseconds: what slows the machine for a while slows both.
pub(super) async fn turns<A: Future<Output = Result<()>>, B: Future<Output = Result<()>>>(
    calls: usize,
    mut ours: impl FnMut(usize) -> A,
    mut limit: impl FnMut(usize) -> B,
) -> Result<(Samples, Samples)> {
    let (mut took, mut against) = (Samples::default(), Samples::default());
    for turn in 0..calls + 3 {
        let begin = Instant::now();
        ours(turn).await?;
        let middle = Instant::now();
        limit(turn).await?;
        if turn >= 3 {
            took.push((middle - begin).as_secs_f64() * 1e6);
            against.push(middle.elapsed().as_secs_f64() * 1e6);
        }
    }
    Ok((took, against))
}

fn client(callers: &Callers) -> Result<AssetServiceClient<Channel>> {
    Ok(AssetServiceClient::new(callers.channel(0)?).max_decoding_message_size(64 << 20))
}

fn list(filter: &str, page_token: &str, page_size: i32) -> ListAssetsRequest {
    let (filter, page_token) = (filter.to_owned(), page_token.to_owned());
    ListAssetsRequest { parent: PARENT.to_owned(), page_size, filter, page_token, ..Default::default() }
}

/// What is asked of an operator.
struct Asked {
    pages: Vec<(&'static str, ListAssetsRequest)>,
    lookups: Vec<(&'static str, LookupAssetsRequest)>,
}

impl Asked {
    /// Goes through all assets once, to know where the last page begins, and what is there to be looked up.
    async fn of(suite: &Suite) -> Result<Self> {
        let callers = &suite.callers;
        let (mut deep, mut address, mut number, mut pages) = (String::new(), String::new(), String::new(), 0);
        let mut client = client(callers)?;
        loop {
            let page = client.list_assets(callers.request(list("", &deep, 1000))).await?.into_inner();
            for identifier in page.assets.iter().flat_map(|asset| &asset.network_identifiers) {
                match identifier.kind() {
                    Kind::Ip => address.clone_from(&identifier.value),
                    // The first number of a range is looked up.
                    Kind::E164 => number = identifier.value.split("..").next().unwrap_or_default().to_owned(),
                    _ => {}
                }
            }
            pages += 1;
            if page.next_page_token.is_empty() {
                break;
            }
            deep = page.next_page_token;
        }
        eprintln!("{pages} pages of 1000; the look-ups are of {address} and {number}");
        anyhow::ensure!(!address.is_empty() && !number.is_empty(), "the operator has no addresses or no numbers");
        let lookup = |network_identifier: String| LookupAssetsRequest {
            parent: PARENT.to_owned(),
            network_identifier,
            ..Default::default()
        };
        Ok(Self {
            pages: vec![
                ("first page of 50", list("", "", 50)),
                ("filtered page of 50", list("type=router labels:*", "", 50)),
                ("deep page of 50", list("", &deep, 50)),
            ],
            lookups: vec![("look-up by address", lookup(address)), ("look-up by a number of a range", lookup(number))],
        })
    }
}

/// What is read of an operator of any size, pages and look-ups, beside the same of a small one.
async fn reads(suite: &Suite, small: &Suite, on: &str) -> Result<Vec<Line>> {
    let (asked, of_small) = (Asked::of(suite).await?, Asked::of(small).await?);
    let mut lines = Vec::new();
    let mut add = |what: &str, (ours, limit): (Samples, Samples)| {
        lines.push(Line::ratio(what, on, Unit::Microseconds, &ours, ("the same at 1,000 assets", &limit), 1.0 / 1.5));
    };
    for ((what, large), (_, less)) in asked.pages.iter().zip(&of_small.pages) {
        let page = |callers, request: &ListAssetsRequest| page(callers, request.clone());
        add(what, turns(CALLS, |_| page(&suite.callers, large), |_| page(&small.callers, less)).await?);
    }
    for ((what, large), (_, less)) in asked.lookups.iter().zip(&of_small.lookups) {
        let find = |callers, request: &LookupAssetsRequest| look_up(callers, request.clone());
        add(what, turns(CALLS, |_| find(&suite.callers, large), |_| find(&small.callers, less)).await?);
    }
    Ok(lines)
}

async fn page(callers: &Callers, request: ListAssetsRequest) -> Result<()> {
    client(callers)?.list_assets(callers.request(request)).await?;
    Ok(())
}

async fn look_up(callers: &Callers, request: LookupAssetsRequest) -> Result<()> {
    let found = client(callers)?.lookup_assets(callers.request(request)).await?.into_inner();
    found.matches.first().context("the look-up found nothing")?;
    Ok(())
}

/// A connection to the database beside the suite, open while it is measured.
enum Beside {
    File(sqlx::sqlite::SqlitePool),
    Url(sqlx::postgres::PgPool),
}

impl Beside {
    async fn open(written: &Written) -> Result<Self> {
        Ok(match written {
            Written::File(file) => Self::File(file_pool(file, 1).await?),
            Written::Url(url) => Self::Url(server_pool(url, 1).await?),
        })
    }

    /// The number that a query answers.
    async fn count(&self, sql: &str) -> Result<u64> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let count: i64 = match self {
            Self::File(pool) => sqlx::query_scalar(sql).fetch_one(pool).await?,
            Self::Url(pool) => sqlx::query_scalar(sql).fetch_one(pool).await?,
        };
        Ok(count.unsigned_abs())
    }

    /// How many rows a statement touched.
    async fn run(&self, sql: &str) -> Result<u64> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::File(pool) => sqlx::query(sql).execute(pool).await?.rows_affected(),
            Self::Url(pool) => sqlx::query(sql).execute(pool).await?.rows_affected(),
        })
    }
}

/// Impact and explanation beside a bare recursive query.
async fn graph(suite: &Suite, on: &str, hit: usize) -> Result<Vec<Line>> {
    let callers = &suite.callers;
    // The order in which SQLite joins is said, since it has no statistics: the reference is to be the best that a query can do.
    // The columns of a server have an order of their own, which the first row has to share.
    let order = if matches!(suite.written, Written::Url(_)) { " COLLATE \"C\"" } else { "" };
    let recursive = |from: &str, to: &str, of: &str| {
        format!(
            "WITH RECURSIVE reached(name) AS (SELECT '{}'{order} UNION SELECT d.{to} FROM reached CROSS JOIN dependency d \
             WHERE d.organization = 'load' AND d.{from} = reached.name AND d.kind <> 'adjacent') SELECT COUNT(*) FROM reached",
            name(of)
        )
    };
    let (query, back) = (recursive("supporting", "dependent", "hub"), recursive("supporting", "dependent", EDGE));
    let beside = Beside::open(&suite.written).await?;
    let found = beside.count(&query).await?;
    anyhow::ensure!(found == hit as u64 + 1, "the bare query found {found} of {hit}");
    let limit = |query: String| {
        let beside = &beside;
        async move { beside.count(&query).await.map(|_| ()) }
    };
    let ours = |_| async {
        let request = AnalyzeAssetImpactRequest { name: name("hub"), ..Default::default() };
        let impact = client(callers)?.analyze_asset_impact(callers.request(request)).await?.into_inner();
        anyhow::ensure!(impact.total == hit as i64, "the impact is {} of {hit}", impact.total);
        Ok(())
    };
    let (ours, bare) = turns(10, ours, |_| limit(query.clone())).await?;
    let impact = format!("impact with {hit} dependents");
    let mut lines = vec![Line::ratio(&impact, on, Unit::Microseconds, &ours, ("a bare recursive query", &bare), 0.5)];
    rate(callers, "crown", 2).await?;
    let ours = |_| async {
        let request = ExplainAssetValueRequest { name: name(EDGE) };
        client(callers)?.explain_asset_value(callers.request(request)).await?;
        Ok(())
    };
    let (ours, bare) = turns(CALLS, ours, |_| limit(back.clone())).await?;
    let explain = "explanation of an inherited value";
    lines.push(Line::ratio(explain, on, Unit::Microseconds, &ours, ("a bare recursive query", &bare), 0.5));
    Ok(lines)
}

async fn rate(callers: &Callers, id: &str, rating: i32) -> Result<()> {
    let (confidentiality, integrity, availability) = (rating, rating, rating);
    let asset = Asset { name: name(id), confidentiality, integrity, availability, ..Default::default() };
    let mut request = callers.request(UpdateAssetRequest { asset: Some(asset), update_mask: None });
    // A slow machine is to show a slow figure, not none.
    request.set_timeout(Duration::from_secs(600));
    client(callers)?.update_asset(request).await?;
    Ok(())
}

/// A rating at the top of the graph, whose value all below inherit.
async fn value(suite: &Suite, on: &str, top: usize) -> Result<Line> {
    let (mut ours, mut limit) = (Samples::default(), Samples::default());
    let beside = Beside::open(&suite.written).await?;
    for rating in [1, 3, 2] {
        let begin = Instant::now();
        rate(&suite.callers, "crown", rating).await?;
        ours.push(begin.elapsed().as_secs_f64() * 1e6);
        let begin = Instant::now();
        let update = "UPDATE asset SET version = version WHERE organization = 'load' AND id LIKE 'crown%'";
        let touched = beside.run(update).await?;
        limit.push(begin.elapsed().as_secs_f64() * 1e6);
        eprintln!("the bare statement touched {touched} rows");
    }
    let work = format!("a value that {top} assets inherit");
    Ok(Line::ratio(&work, on, Unit::Microseconds, &ours, ("one UPDATE of as many rows", &limit), 0.2))
}

/// An asset that enters and leaves a selector of many.
async fn selected(suite: &Suite, on: &str, top: usize) -> Result<Line> {
    let callers = &suite.callers;
    let mut selectors = SelectorServiceClient::new(callers.channel(0)?);
    let selector = Selector {
        display_name: "Large".to_owned(),
        filter: "type=server vendor!=none".to_owned(),
        ..Default::default()
    };
    let request =
        CreateSelectorRequest { parent: PARENT.to_owned(), selector_id: "large".to_owned(), selector: Some(selector) };
    let begin = Instant::now();
    let mut made = selectors.create_selector(callers.request(request)).await?.into_inner();
    while made.state() != selector::State::Ready {
        tokio::time::sleep(Duration::from_millis(20)).await;
        made = selectors.get_selector(callers.request(GetSelectorRequest { name: made.name })).await?.into_inner();
    }
    eprintln!("a selector of {top} and more members was built in {:.1?}", begin.elapsed());
    let get = |_| async {
        client(callers)?.get_asset(callers.request(GetAssetRequest { name: name(EDGE) })).await?;
        Ok(())
    };
    let moves = |turn| async move {
        let vendor = if turn % 2 == 0 { "none" } else { "some" }.to_owned();
        let asset = Asset { name: name(EDGE), vendor, ..Default::default() };
        client(callers)?
            .update_asset(callers.request(UpdateAssetRequest { asset: Some(asset), update_mask: None }))
            .await?;
        Ok(())
    };
    // Not in turn: a read just after a write finds cold caches, which would flatter the write.
    let nothing = |_| std::future::ready(Ok(()));
    let (get, _) = turns(CALLS, get, nothing).await?;
    let (moved, _) = turns(CALLS, moves, nothing).await?;
    let work = format!("an asset enters or leaves a selector of {top}");
    Ok(Line::ratio(&work, on, Unit::Microseconds, &moved, ("GetAsset", &get), 0.2))
}
