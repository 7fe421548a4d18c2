//! The import stream, fed with a generated operator.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::{ImportAssetsRequest, ImportBatch, ImportCounts, ImportItem, ImportStart, ImportSummary};

use super::calls::{Callers, PARENT};

/// Items to a batch, as the command line sends them.
const BATCH: usize = 500;

/// An operator's inventory, read from its file.
pub(crate) struct Estate {
    messages: Arc<[ImportAssetsRequest]>,
    /// Sites, assets and dependencies.
    pub(crate) items: u64,
    /// What it is, for people.
    pub(crate) text: String,
}

impl Estate {
    /// Generates and reads one; 1 is about 2,000 assets.
    pub(crate) fn read(scale: f64) -> Result<Self> {
        let mut file = Vec::new();
        let counts = sample::write_tmf639(sample::Settings { seed: 1, scale }, &mut file)?;
        let (mut items, mut batches) = (Vec::with_capacity(BATCH), Vec::new());
        let mut position = 0_i64;
        let begin = Instant::now();
        let settings = intake::Settings::default();
        intake::read(intake::Format::Tmf639, &mut file.as_slice(), &settings, &mut |item| {
            position += 1;
            items.push(ImportItem { position, origin: item.origin, record: Some(item.record) });
            if items.len() == BATCH {
                batches.push(std::mem::replace(&mut items, Vec::with_capacity(BATCH)));
            }
            ControlFlow::Continue(())
        })?;
        eprintln!(
            "the file of {} assets was read in {:.1?}, which is not part of what follows",
            counts.assets,
            begin.elapsed()
        );
        batches.push(items);
        let start = start("tmf639");
        let batches = batches.into_iter().filter(|items| !items.is_empty());
        let batches = batches.map(|items| Part::Batch(ImportBatch { items }));
        let parts = std::iter::once(Part::Start(start)).chain(batches);
        Ok(Self {
            messages: parts.map(|part| ImportAssetsRequest { part: Some(part) }).collect(),
            items: position.unsigned_abs(),
            text: format!("{} assets, {} dependencies, {} sites", counts.assets, counts.dependencies, counts.sites),
        })
    }

    /// How many batches there are.
    pub(crate) fn batches(&self) -> u64 {
        self.items.div_ceil(BATCH as u64)
    }

    /// Of assets and dependencies of our own making.
    pub(crate) fn of(text: &str, records: impl Iterator<Item = Record>) -> Self {
        let mut batches = vec![Part::Start(start("load"))];
        let (mut items, mut position) = (Vec::with_capacity(BATCH), 0_i64);
        for record in records {
            position += 1;
            items.push(ImportItem { position, origin: String::new(), record: Some(record) });
            if items.len() == BATCH {
                batches
                    .push(Part::Batch(ImportBatch { items: std::mem::replace(&mut items, Vec::with_capacity(BATCH)) }));
            }
        }
        if !items.is_empty() {
            batches.push(Part::Batch(ImportBatch { items }));
        }
        let messages = batches.into_iter().map(|part| ImportAssetsRequest { part: Some(part) }).collect();
        Self { messages, items: position.unsigned_abs(), text: text.to_owned() }
    }

    /// Imports it, and says how long it took until the import said that everything is committed.
    pub(crate) async fn import(&self, callers: &Callers) -> Result<Duration> {
        let (took, counts) = self.stream(callers).await?;
        if counts.created.unsigned_abs() != self.items {
            bail!("the import created {} of {} items of a generated operator", counts.created, self.items);
        }
        Ok(took)
    }

    /// Imports it once more: nothing may change.
    pub(crate) async fn import_again(&self, callers: &Callers) -> Result<Duration> {
        let (took, counts) = self.stream(callers).await?;
        if counts.unchanged.unsigned_abs() != self.items {
            bail!("the second import left {} of {} items unchanged", counts.unchanged, self.items);
        }
        Ok(took)
    }

    async fn stream(&self, callers: &Callers) -> Result<(Duration, ImportCounts)> {
        let messages = Arc::clone(&self.messages);
        let stream = futures::stream::iter((0..messages.len()).filter_map(move |index| messages.get(index).cloned()));
        let begin = Instant::now();
        let mut client = ImportServiceClient::new(callers.channel(0)?);
        let answers = client.import_assets(callers.request(stream)).await;
        let mut answers =
            answers.map_err(|status| anyhow::anyhow!("the import is refused: {}", status.message()))?.into_inner();
        let mut summary: Option<ImportSummary> = None;
        while let Some(answer) = answers.next().await {
            let answer = answer.map_err(|status| anyhow::anyhow!("the import failed: {}", status.message()))?;
            if let Some(News::Summary(end)) = answer.news {
                summary = Some(end);
            }
        }
        let took = begin.elapsed();
        let summary = summary.context("the import ended without a summary")?;
        if !summary.committed {
            bail!("the import was not committed");
        }
        Ok((took, summary.counts.unwrap_or_default()))
    }
}

fn start(source: &str) -> ImportStart {
    ImportStart { parent: PARENT.to_owned(), source: source.to_owned(), ..Default::default() }
}
