//! The register of risks at 100,000, beside one at 1,000: what a change elsewhere costs, and what does not grow.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinSet;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::{Asset, CreateAssetRequest, UpdateAssetRequest};
use wire::risk::v1::risk::Consequences;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::{
    CreateRiskRequest, GetRiskRequest, HeatmapRisksRequest, ListRisksRequest, Risk, SummarizeRisksRequest,
};

use super::Load;
use super::calls::{Callers, PARENT};
use super::home::Home;
use super::scale::turns;
use super::table::{Line, Samples, Unit};

/// Risks of the large register, and of the small one.
const RISKS: (usize, usize) = (100_000, 1_000);
/// How many of the large register a change touches: each tenth is about the asset whose value changes.
const EACH: usize = 10;
/// Calls to a sample of a latency.
const CALLS: usize = 40;

/// All rows of the register of risks.
pub(crate) async fn register(load: &Load, home: &Home) -> Result<Vec<Line>> {
    let on = home.name();
    let (many, few) = if load.is_quick() { (10_000, RISKS.1) } else { RISKS };
    let suite = home.suite().await?;
    filled(&suite.callers, many).await?;
    let small = home.beside().await?;
    filled(&small.callers, few).await?;
    let mut lines = vec![rescored(load, &suite.callers, many, on).await?];
    let against = "the same at 1,000 risks";
    let (large, less) = (&suite.callers, &small.callers);
    let page = turns(CALLS, |_| page(large), |_| page(less)).await?;
    let map = turns(CALLS, |_| heatmap(large), |_| heatmap(less)).await?;
    let sums = turns(CALLS, |_| summary(large), |_| summary(less)).await?;
    for (what, (ours, limit)) in [
        ("a page of the register of risks, the worst first", page),
        ("the heat map of risks", map),
        ("the summary of risks", sums),
    ] {
        let what = format!("{what}, at {many}");
        lines.push(Line::ratio(&what, on, Unit::Microseconds, &ours, (against, &limit), 1.0 / 1.5));
    }
    Ok(lines)
}

fn asset(number: usize) -> String {
    format!("{PARENT}/assets/a-{number}")
}

/// Assets, and risks to them, by some callers at once.
async fn filled(callers: &Callers, count: usize) -> Result<()> {
    const AT_ONCE: usize = 32;
    for number in 0..EACH {
        let request =
            CreateAssetRequest { parent: PARENT.to_owned(), asset_id: format!("a-{number}"), asset: Some(valued(2)) };
        AssetServiceClient::new(callers.channel(number)?).create_asset(callers.request(request)).await?;
    }
    known(callers).await?;
    let mut running = JoinSet::new();
    for caller in 0..AT_ONCE {
        let callers = callers.clone();
        running.spawn(async move {
            let mut client = RiskServiceClient::new(callers.channel(caller)?);
            for number in (caller..count).step_by(AT_ONCE) {
                client.create_risk(callers.request(create(number))).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// An asset of a class of 1 to 3 in all three properties.
fn valued(class: i32) -> Asset {
    Asset {
        display_name: "Core function".to_owned(),
        r#type: "amf".to_owned(),
        owner: "head of core".to_owned(),
        confidentiality: class,
        integrity: class,
        availability: class,
        ..Asset::default()
    }
}

fn create(number: usize) -> CreateRiskRequest {
    // Additive, so that the score follows the value of the asset; every ninth of nine combinations.
    let position = |of: usize| i32::try_from(number / of % 3 + 1).unwrap_or(1);
    let risk = Risk {
        display_name: format!("Risk {number}"),
        description: "What may happen, by whom and what comes of it, in a sentence or two.".to_owned(),
        asset: asset(number % EACH),
        criteria: format!("{PARENT}/riskCriteria/additive-0-8"),
        likelihood: position(EACH),
        ease: position(EACH * 3),
        consequences: Some(Consequences { availability: 3, ..Default::default() }),
        owner: format!("owner {}", number % 97),
        ..Risk::default()
    };
    CreateRiskRequest { parent: PARENT.to_owned(), risk_id: format!("r-{number}"), risk: Some(risk) }
}

/// Waits until the service of risks knows the assets.
async fn known(callers: &Callers) -> Result<()> {
    let begin = Instant::now();
    let mut client = RiskServiceClient::new(callers.channel(0)?);
    loop {
        let probe = CreateRiskRequest { risk_id: "probe".to_owned(), ..create(EACH - 1) };
        match client.create_risk(callers.request(probe)).await {
            Ok(_) => return Ok(()),
            Err(status) if begin.elapsed() < Duration::from_secs(60) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                drop(status);
            }
            Err(status) => bail!("the service of risks does not get to know assets: {status}"),
        }
    }
}

/// How long it takes from the answer to a change of an asset's value until each tenth risk has its new score: all have it at once.
async fn rescored(load: &Load, callers: &Callers, many: usize, on: &str) -> Result<Line> {
    let mut took = Samples::default();
    let mut risks = RiskServiceClient::new(callers.channel(0)?);
    let last = format!("{PARENT}/risks/r-{}", many - EACH);
    let ask = GetRiskRequest { name: last };
    for sample in 0..load.samples() {
        super::settle_disk();
        let before = risks.get_risk(callers.request(ask.clone())).await?.into_inner().asset_value;
        let changed = Asset { name: asset(0), ..valued(if sample % 2 == 0 { 3 } else { 2 }) };
        let request = UpdateAssetRequest { asset: Some(changed), ..Default::default() };
        AssetServiceClient::new(callers.channel(1)?).update_asset(callers.request(request)).await?;
        let begin = Instant::now();
        loop {
            let now = risks.get_risk(callers.request(ask.clone())).await?.into_inner();
            if now.asset_value.to_bits() != before.to_bits() {
                break;
            }
            anyhow::ensure!(begin.elapsed() < Duration::from_secs(120), "the risks are not scored anew");
            // Seldom enough not to take the time that is measured.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        took.push(begin.elapsed().as_secs_f64());
    }
    let what = format!("{} of {many} risks scored anew after a change of an asset", many / EACH);
    Ok(Line::bound(&what, on, Unit::Seconds, &took, 1.0))
}

async fn page(callers: &Callers) -> Result<()> {
    let request = ListRisksRequest {
        parent: PARENT.to_owned(),
        order_by: "current_level desc".to_owned(),
        page_size: 50,
        ..Default::default()
    };
    let page = RiskServiceClient::new(callers.channel(0)?).list_risks(callers.request(request)).await?.into_inner();
    page.risks.first().context("the register is empty").map(drop)
}

async fn heatmap(callers: &Callers) -> Result<()> {
    let criteria = format!("{PARENT}/riskCriteria/additive-0-8");
    let request = HeatmapRisksRequest { parent: PARENT.to_owned(), criteria, ..Default::default() };
    let map = RiskServiceClient::new(callers.channel(0)?).heatmap_risks(callers.request(request)).await?.into_inner();
    anyhow::ensure!(map.count > 0, "the heat map is empty");
    Ok(())
}

async fn summary(callers: &Callers) -> Result<()> {
    let request = SummarizeRisksRequest { parent: PARENT.to_owned(), ..Default::default() };
    let sums =
        RiskServiceClient::new(callers.channel(0)?).summarize_risks(callers.request(request)).await?.into_inner();
    anyhow::ensure!(sums.count > 0, "the summary is empty");
    Ok(())
}
