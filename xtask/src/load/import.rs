//! The import stream, fed with a generated operator.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use prost::Message as _;
use tempfile::NamedTempFile;
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
    /// The messages of the import, each after its length: a million assets are not held in memory beside the suite that is
    /// measured.
    messages: NamedTempFile,
    /// Sites, assets and dependencies.
    pub(crate) items: u64,
    /// What it is, for people.
    pub(crate) text: String,
}

/// An estate that is being written.
struct Spool {
    file: NamedTempFile,
    out: BufWriter<File>,
    waiting: Vec<ImportItem>,
    items: i64,
}

impl Spool {
    fn new(source: &str) -> Result<Self> {
        let file = NamedTempFile::new()?;
        let out = BufWriter::new(file.reopen()?);
        let mut spool = Self { file, out, waiting: Vec::with_capacity(BATCH), items: 0 };
        spool.write(Part::Start(start(source)))?;
        Ok(spool)
    }

    fn push(&mut self, origin: String, record: Record) -> Result<()> {
        self.items += 1;
        self.waiting.push(ImportItem { position: self.items, origin, record: Some(record) });
        if self.waiting.len() < BATCH { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<()> {
        let items = std::mem::replace(&mut self.waiting, Vec::with_capacity(BATCH));
        if items.is_empty() { Ok(()) } else { self.write(Part::Batch(ImportBatch { items })) }
    }

    fn write(&mut self, part: Part) -> Result<()> {
        let bytes = ImportAssetsRequest { part: Some(part) }.encode_to_vec();
        self.out.write_all(&u32::try_from(bytes.len())?.to_be_bytes())?;
        Ok(self.out.write_all(&bytes)?)
    }

    fn end(mut self, text: String) -> Result<Estate> {
        self.flush()?;
        self.out.flush()?;
        Ok(Estate { messages: self.file, items: self.items.unsigned_abs(), text })
    }
}

impl Estate {
    /// Generates and reads one; 1 is about 2,000 assets.
    pub(crate) fn read(scale: f64) -> Result<Self> {
        let file = NamedTempFile::new()?;
        let mut out = BufWriter::new(file.reopen()?);
        let counts = sample::write_tmf639(sample::Settings { seed: 1, scale }, &mut out)?;
        out.flush()?;
        let begin = Instant::now();
        let settings = intake::Settings::default();
        let (mut spool, mut failed) = (Spool::new("tmf639")?, None);
        intake::read(intake::Format::Tmf639, &mut BufReader::new(file.reopen()?), &settings, &mut |item| match spool
            .push(item.origin, item.record)
        {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        if let Some(error) = failed {
            return Err(error.context("the estate cannot be written to TMPDIR"));
        }
        eprintln!(
            "the file of {} assets was read in {:.1?}, which is not part of what follows",
            counts.assets,
            begin.elapsed()
        );
        spool.end(format!("{} assets, {} dependencies, {} sites", counts.assets, counts.dependencies, counts.sites))
    }

    /// How many batches there are.
    pub(crate) fn batches(&self) -> u64 {
        self.items.div_ceil(BATCH as u64)
    }

    /// Of assets and dependencies of our own making.
    pub(crate) fn of(text: &str, records: impl Iterator<Item = Record>) -> Result<Self> {
        let mut spool = Spool::new("load")?;
        for record in records {
            spool.push(String::new(), record)?;
        }
        spool.end(text.to_owned())
    }

    /// The messages, read as they are wanted.
    fn messages(&self) -> Result<impl Iterator<Item = ImportAssetsRequest> + use<>> {
        let mut file = BufReader::with_capacity(1 << 20, self.messages.reopen()?);
        Ok(std::iter::from_fn(move || {
            let mut length = [0; 4];
            file.read_exact(&mut length).ok()?;
            let mut bytes = vec![0; usize::try_from(u32::from_be_bytes(length)).ok()?];
            file.read_exact(&mut bytes).ok()?;
            // What is lost here is missed by the count of what the import created.
            ImportAssetsRequest::decode(bytes.as_slice()).ok()
        }))
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
        let stream = futures::stream::iter(self.messages()?);
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
