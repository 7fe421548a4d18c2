//! Speed beside its limit, in one run: `cargo xtask load`.
//!
//! The limit of a write is a bare program that commits the very same rows; the limit of a read is a bare tonic server that
//! returns the same message. No figure is asserted: the table says what was measured on this machine, now.

mod bare;
mod suite;

use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::try_join_all;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::{Asset, CreateAssetRequest, GetAssetRequest};

use suite::Running;

/// How large the run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// How long each rate is measured.
    pub(crate) period: Duration,
    /// Assets to import.
    pub(crate) assets: u64,
}

/// One line of the table.
struct Line {
    work: &'static str,
    ours: String,
    limit: String,
    ratio: Option<f64>,
    aim: &'static str,
}

/// Measures and prints the table, for one database.
pub(crate) async fn run(postgres: Option<&str>, size: Size) -> Result<()> {
    let mut lines = Vec::new();
    let running = Running::start(postgres)?;
    lines.push(Line {
        work: "`up` to ready, empty",
        ours: format!("{:.2} s", running.ready.as_secs_f64()),
        limit: "-".to_owned(),
        ratio: None,
        aim: "<= 1 s",
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    lines.push(Line {
        work: "memory of the suite, idle",
        ours: format!("{} MiB", running.resident()? / 1024),
        limit: "-".to_owned(),
        ratio: None,
        aim: "<= 120 MB",
    });

    let ours = creates(&running, 16, size.period).await?;
    let limit = bare::commits(&running, 16, size.period).await?;
    lines.push(rate("CreateAsset, 16 callers", ours, limit, ">= 60 %"));

    let name = "organizations/load/assets/seen";
    create(&mut running.client(0).await?, "seen").await?;
    let url = running.gateway.clone();
    let ours = gets(&running, &url, name, 64, size.period).await?;
    let asset = get(&mut running.client(0).await?, name).await?;
    let server = bare::serve(asset).await?;
    let limit = gets(&running, &server, name, 64, size.period).await?;
    lines.push(rate("GetAsset, 64 callers", ours, limit, ">= 35 %"));

    let (rows, taken) = suite::import(&running, size.assets).await?;
    let limit = bare::batches(&running, rows).await?;
    lines.push(rate(
        "import, rows a second",
        rows.total() as f64 / taken.as_secs_f64(),
        rows.total() as f64 / limit.as_secs_f64(),
        ">= 50 %",
    ));
    print(postgres.is_some(), rows.total(), &lines);
    Ok(())
}

fn rate(work: &'static str, ours: f64, limit: f64, aim: &'static str) -> Line {
    Line { work, ours: format!("{ours:.0}/s"), limit: format!("{limit:.0}/s"), ratio: Some(ours / limit), aim }
}

fn print(postgres: bool, rows: u64, lines: &[Line]) {
    println!("\non {} ({rows} rows imported)", if postgres { "PostgreSQL" } else { "SQLite" });
    println!("{:<28} {:>12} {:>12} {:>8}  aim", "work", "ours", "limit", "ratio");
    for line in lines {
        let ratio = line.ratio.map(|ratio| format!("{:.0} %", ratio * 100.0)).unwrap_or_default();
        println!("{:<28} {:>12} {:>12} {ratio:>8}  {}", line.work, line.ours, line.limit, line.aim);
    }
}

type Client = AssetServiceClient<suite::Caller>;

async fn create(client: &mut Client, id: &str) -> Result<()> {
    let asset = Asset {
        display_name: format!("Load {id}"),
        r#type: "router".to_owned(),
        confidentiality: 2,
        integrity: 2,
        availability: 3,
        owner: "Load".to_owned(),
        ..Default::default()
    };
    client
        .create_asset(CreateAssetRequest {
            parent: "organizations/load".to_owned(),
            asset_id: id.to_owned(),
            asset: Some(asset),
        })
        .await?;
    Ok(())
}

async fn get(client: &mut Client, name: &str) -> Result<Asset> {
    Ok(client.get_asset(GetAssetRequest { name: name.to_owned() }).await?.into_inner())
}

async fn creates(running: &Running, callers: u64, period: Duration) -> Result<f64> {
    let began = Instant::now();
    let work = (0..callers).map(|caller| async move {
        let mut client = running.client(caller).await?;
        let mut count = 0_u64;
        while began.elapsed() < period {
            create(&mut client, &format!("c{caller}-{count}")).await?;
            count += 1;
        }
        Ok::<_, anyhow::Error>(count)
    });
    let done: u64 = try_join_all(work).await?.into_iter().sum();
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

async fn gets(running: &Running, url: &str, name: &str, callers: u64, period: Duration) -> Result<f64> {
    let mut tasks = Vec::new();
    let began = Instant::now();
    for caller in 0..callers {
        let mut client = running.client_of(url, caller).await?;
        let name = name.to_owned();
        tasks.push(tokio::spawn(async move {
            let mut count = 0_u64;
            while began.elapsed() < period {
                get(&mut client, &name).await?;
                count += 1;
            }
            Ok::<_, anyhow::Error>(count)
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    Ok(done as f64 / began.elapsed().as_secs_f64())
}
