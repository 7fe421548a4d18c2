//! The coverage report over many implementations and mapped frameworks.

use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;
use wire::controls::v1::catalogue_service_client::CatalogueServiceClient;
use wire::controls::v1::control_service_client::ControlServiceClient;
use wire::controls::v1::coverage_service_client::CoverageServiceClient;
use wire::controls::v1::implementation_service_client::ImplementationServiceClient;
use wire::controls::v1::mapping_entry::Relation;
use wire::controls::v1::mapping_entry_service_client::MappingEntryServiceClient;
use wire::controls::v1::mapping_service_client::MappingServiceClient;
use wire::controls::v1::{
    Catalogue, Control, CreateCatalogueRequest, CreateControlRequest, CreateImplementationRequest,
    CreateMappingEntryRequest, CreateMappingRequest, Implementation, ListControlsRequest, Mapping, MappingEntry,
    SummarizeCoverageRequest,
};

use super::Load;
use super::calls::{Callers, PARENT};
use super::home::Home;
use super::table::{Line, Samples, Unit};

/// Frameworks of the organization's own that X.1051 is mapped to, beside those that ship.
const FRAMEWORKS: usize = 5;
/// Controls of each, every one with an entry in the mapping.
const CONTROLS: usize = 200;
/// Implementations.
const IMPLEMENTATIONS: usize = 10_000;
/// Calls to a sample.
const CALLS: usize = 200;

/// How long the slowest of a hundred reports takes.
pub(crate) async fn coverage(load: &Load, home: &Home) -> Result<Vec<Line>> {
    let suite = home.suite().await?;
    let callers = &suite.callers;
    let catalogue = format!("{PARENT}/catalogues/x1051-2023");
    let request = ListControlsRequest {
        parent: catalogue.clone(),
        page_size: 1000,
        order_by: "position".to_owned(),
        ..Default::default()
    };
    let page =
        ControlServiceClient::new(callers.channel(0)?).list_controls(callers.request(request)).await?.into_inner();
    let controls: Vec<String> = page.controls.into_iter().map(|control| control.name).collect();
    for number in 0..FRAMEWORKS {
        framework(callers, number, &catalogue, &controls).await?;
    }
    implementations(callers, &controls).await?;
    let mut slowest = Samples::default();
    let mut client = CoverageServiceClient::new(callers.channel(0)?);
    for _ in 0..load.samples() {
        let mut took = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let request = SummarizeCoverageRequest { name: catalogue.clone(), ..Default::default() };
            let begin = Instant::now();
            let report = client.summarize_coverage(callers.request(request)).await?.into_inner();
            took.push(begin.elapsed());
            let derived = report.derived.len();
            anyhow::ensure!(derived >= FRAMEWORKS, "the report shows {derived} frameworks");
        }
        took.sort();
        slowest.push(took.get(CALLS * 99 / 100).context("no call")?.as_secs_f64() * 1e6);
    }
    let what = "coverage of 10,000 implementations and 5 frameworks, p99";
    Ok(vec![Line::bound(what, home.name(), Unit::Microseconds, &slowest, 100_000.0)])
}

/// A framework with a mapping from X.1051: of every control it asks part of, what is equal, or more.
async fn framework(callers: &Callers, number: usize, from: &str, controls: &[String]) -> Result<()> {
    let (id, parent) = (format!("framework-{number}"), PARENT.to_owned());
    let catalogue = Catalogue { display_name: id.clone(), ..Default::default() };
    let request =
        CreateCatalogueRequest { parent: parent.clone(), catalogue_id: id.clone(), catalogue: Some(catalogue) };
    let made = CatalogueServiceClient::new(callers.channel(0)?).create_catalogue(callers.request(request)).await?;
    let made = made.into_inner().name;
    let mapping = Mapping {
        display_name: id.clone(),
        source_catalogue: from.to_owned(),
        target_catalogue: made.clone(),
        ..Default::default()
    };
    let request = CreateMappingRequest { parent, mapping_id: id, mapping: Some(mapping) };
    let mapping = MappingServiceClient::new(callers.channel(0)?).create_mapping(callers.request(request)).await?;
    let mapping = mapping.into_inner().name;
    let relations = [Relation::Subset, Relation::Equal, Relation::Superset, Relation::Intersects, Relation::Related];
    for index in 0..CONTROLS {
        let control = Control { title: format!("Control {index}"), ..Default::default() };
        let request =
            CreateControlRequest { parent: made.clone(), control_id: format!("c-{index}"), control: Some(control) };
        ControlServiceClient::new(callers.channel(index)?).create_control(callers.request(request)).await?;
        let source = controls.get((index * 7 + number) % controls.len()).context("X.1051 has no controls")?;
        let relation = relations.get(index % relations.len()).context("no relation")?;
        let entry = MappingEntry {
            sources: vec![source.rsplit('/').next().unwrap_or_default().to_owned()],
            targets: vec![format!("c-{index}")],
            relation: (*relation).into(),
            ..Default::default()
        };
        let request = CreateMappingEntryRequest {
            parent: mapping.clone(),
            mapping_entry_id: format!("e-{index}"),
            mapping_entry: Some(entry),
        };
        let mut client = MappingEntryServiceClient::new(callers.channel(index)?);
        client.create_mapping_entry(callers.request(request)).await?;
    }
    Ok(())
}

/// Implementations of all controls, by some callers at once.
async fn implementations(callers: &Callers, controls: &[String]) -> Result<()> {
    const AT_ONCE: usize = 32;
    let mut running = JoinSet::new();
    for caller in 0..AT_ONCE {
        let (callers, controls) = (callers.clone(), controls.to_vec());
        running.spawn(async move {
            let mut client = ImplementationServiceClient::new(callers.channel(caller)?);
            for number in (caller..IMPLEMENTATIONS).step_by(AT_ONCE) {
                let control = controls.get(number % controls.len().max(1)).context("X.1051 has no controls")?;
                let implementation = Implementation {
                    display_name: format!("Implementation {number}"),
                    control: control.clone(),
                    design: "What is done is written here, in a sentence or two, as people do.".to_owned(),
                    owner: "head of operations".to_owned(),
                    ..Default::default()
                };
                let request = CreateImplementationRequest {
                    parent: PARENT.to_owned(),
                    implementation_id: format!("i-{number}"),
                    implementation: Some(implementation),
                };
                client.create_implementation(callers.request(request)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}
