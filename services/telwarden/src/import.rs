//! Importers of the command line: a file of another system, onto the one import stream.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use intake::{Format, Item, Report, Settings};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_result::Outcome;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::{
    ImportAssetsRequest, ImportBatch, ImportCounts, ImportItem, ImportResult, ImportStart, ImportSummary,
};

use crate::client::{Client, Connection, Output, explain};

/// What to import, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// What wrote the file.
    #[arg(value_enum)]
    pub format: FileFormat,
    /// The file.
    pub file: PathBuf,
    /// Into whose register.
    #[arg(long)]
    pub organization: String,
    /// What the system is called in external ids; the format's name where left out.
    #[arg(long)]
    pub source: Option<String>,
    /// All or nothing.
    #[arg(long)]
    pub atomic: bool,
    /// Say what would happen, change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// A column map for CSV (see docs/import.md).
    #[arg(long)]
    pub map: Option<PathBuf>,
    /// The asset type of what the file gives no type.
    #[arg(long, default_value = "")]
    pub default_type: String,
    /// Take over life-cycle states the source states, as far as owner, classification and value support them.
    #[arg(long)]
    pub accept_states: bool,
    /// The file is everything the source lists: flag the assets it has named before and does not name now.
    #[arg(long)]
    pub full: bool,
    /// The resume token that an import of the same file printed when it was cut.
    #[arg(long, default_value = "")]
    pub resume: String,
}

/// What wrote a file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum FileFormat {
    /// NetBox: a dump, or answers of its API.
    Netbox,
    /// TM Forum resource inventory, version 4 or 5.
    Tmf639,
    /// IETF network inventory.
    Ietf,
    /// O-RAN topology and inventory: CloudEvents.
    Teiv,
    /// ONAP: cells, or objects of A&AI.
    Onap,
    /// A GraphML topology, such as those of the Topology Zoo.
    Graphml,
    /// A table.
    Csv,
}

impl FileFormat {
    fn name(self) -> &'static str {
        match self {
            Self::Netbox => "netbox",
            Self::Tmf639 => "tmf639",
            Self::Ietf => "ietf",
            Self::Teiv => "teiv",
            Self::Onap => "onap",
            Self::Graphml => "graphml",
            Self::Csv => "csv",
        }
    }

    fn format(self) -> Format {
        match self {
            Self::Netbox => Format::Netbox,
            Self::Tmf639 => Format::Tmf639,
            Self::Ietf => Format::Ietf,
            Self::Teiv => Format::Teiv,
            Self::Onap => Format::Onap,
            Self::Graphml => Format::Graphml,
            Self::Csv => Format::Csv,
        }
    }
}

/// What became of an import.
pub struct Done {
    /// What the service says.
    pub summary: ImportSummary,
    /// What was read from the file.
    pub report: Report,
    /// What the service rejected.
    pub rejected: Vec<ImportResult>,
}

const BATCH: usize = 500;

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, a call that is refused; an atomic import that was undone.
pub async fn run(connection: &Connection, import: &Import) -> Result<()> {
    let client = connection.open().await?;
    let settings = settings(import)?;
    let file = File::open(&import.file).with_context(|| format!("{} cannot be read", import.file.display()))?;
    let start = ImportStart {
        parent: format!("organizations/{}", import.organization),
        source: import.source.clone().unwrap_or_else(|| import.format.name().to_owned()),
        dry_run: import.dry_run,
        atomic: import.atomic,
        accept_states: import.accept_states,
        full: import.full,
        resume_token: import.resume.clone(),
    };
    let format = import.format.format();
    let read = move |sink: &mut dyn FnMut(Item) -> ControlFlow<()>| {
        intake::read(format, &mut BufReader::new(file), &settings, sink)
    };
    let done = stream(client, start, Box::new(read)).await?;
    print(connection.output, &done);
    if import.atomic && !done.summary.committed && !import.dry_run {
        bail!("nothing was imported: correct the items above, or leave out --atomic");
    }
    Ok(())
}

fn settings(import: &Import) -> Result<Settings> {
    let mut settings = Settings { default_type: import.default_type.clone(), ..Settings::default() };
    if let Some(path) = &import.map {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        settings.map = Some(intake::ColumnMap::from_toml(&text).with_context(|| format!("{}", path.display()))?);
    }
    Ok(settings)
}

/// Reads items and gives each to the sink.
pub type Reader =
    Box<dyn FnOnce(&mut dyn FnMut(Item) -> ControlFlow<()>) -> Result<Report, intake::IntakeError> + Send>;

/// Streams what `read` gives through the import of the gateway.
///
/// # Errors
/// What the reader or the service has against it.
pub async fn stream(client: Client, start: ImportStart, read: Reader) -> Result<Done> {
    let (sender, receiver) = mpsc::channel::<ImportAssetsRequest>(8);
    let atomic = start.atomic;
    // Held until the file has been read to its end: a stream that ends is an import that is whole, so a file that turns out
    // to be broken must cut the stream instead.
    let open = sender.clone();
    let mut reading = tokio::task::spawn_blocking(move || feed(&sender, start, read));
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg}  {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let (mut summary, mut rejected, mut token) = (None, Vec::new(), String::new());
    let mut ended = None;
    let report = {
        let call = async {
            let mut client = ImportServiceClient::new(client);
            let answers =
                client.import_assets(ReceiverStream::new(receiver)).await.map_err(|status| explain(&status))?;
            follow(answers.into_inner(), &bar, &mut summary, &mut rejected, &mut token).await
        };
        tokio::pin!(call);
        let report = tokio::select! {
            report = &mut reading => report?,
            outcome = &mut call => {
                ended = Some(outcome);
                reading.await?
            }
        };
        let whole = report.as_ref().is_ok_and(|report| !atomic || report.rejected.is_empty());
        if whole && ended.is_none() {
            drop(open);
            ended = Some(call.await);
        }
        report
    };
    bar.finish_and_clear();
    let resume = if token.is_empty() { String::new() } else { format!("\ngo on with: --resume {token}") };
    let report = report.map_err(|error| anyhow::anyhow!("{error}{resume}"))?;
    match ended {
        Some(Err(error)) => bail!("{error}{resume}"),
        // Records of the file could not be read, and all or nothing was asked for: the stream was cut, and so undone.
        None => Ok(Done { summary: ImportSummary::default(), report, rejected }),
        Some(Ok(())) => {
            let summary =
                summary.context("the import ended without a summary: import again, nothing is lost or doubled")?;
            Ok(Done { summary, report, rejected })
        }
    }
}

/// Reads the file and sends what it gives, until it ends or nobody listens.
fn feed(
    sender: &mpsc::Sender<ImportAssetsRequest>,
    start: ImportStart,
    read: Reader,
) -> Result<Report, intake::IntakeError> {
    let mut waiting = Vec::with_capacity(BATCH);
    let mut position = 0;
    if sender.blocking_send(ImportAssetsRequest { part: Some(Part::Start(start)) }).is_err() {
        return Ok(Report::default());
    }
    let report = read(&mut |item: Item| {
        position += 1;
        waiting.push(ImportItem { position, origin: item.origin, record: Some(item.record) });
        if waiting.len() < BATCH || send(sender, &mut waiting) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    send(sender, &mut waiting);
    Ok(report)
}

fn send(sender: &mpsc::Sender<ImportAssetsRequest>, waiting: &mut Vec<ImportItem>) -> bool {
    let items = std::mem::replace(waiting, Vec::with_capacity(BATCH));
    items.is_empty()
        || sender.blocking_send(ImportAssetsRequest { part: Some(Part::Batch(ImportBatch { items })) }).is_ok()
}

async fn follow(
    mut answers: tonic::Streaming<wire::assets::v1::ImportAssetsResponse>,
    bar: &ProgressBar,
    summary: &mut Option<ImportSummary>,
    rejected: &mut Vec<ImportResult>,
    token: &mut String,
) -> Result<()> {
    while let Some(answer) = answers.next().await {
        match answer.map_err(|status| explain(&status))?.news {
            Some(News::Results(results)) => {
                rejected.extend(results.results.into_iter().filter(|result| result.outcome() == Outcome::Rejected));
            }
            Some(News::Progress(progress)) => {
                *token = progress.resume_token;
                let counts = progress.counts.unwrap_or_default();
                bar.set_message(format!("{} read, {} new, {} rejected", counts.read, counts.created, counts.rejected));
                bar.tick();
            }
            Some(News::Summary(end)) => *summary = Some(end),
            None => {}
        }
    }
    Ok(())
}

fn counts(counts: &ImportCounts) -> serde_json::Value {
    json!({"read": counts.read, "created": counts.created, "updated": counts.updated, "unchanged": counts.unchanged, "rejected": counts.rejected,
        "skipped": counts.skipped})
}

/// Says what became of an import: what was rejected and what was left out to stderr, the counts to stdout.
pub fn print(output: Output, done: &Done) {
    for refused in &done.report.rejected {
        eprintln!("rejected {}: {} [{}]", refused.origin, refused.message, refused.reason);
    }
    for refused in &done.rejected {
        eprintln!("rejected {}: {} {} [{}]", refused.origin, refused.field, refused.message, refused.reason);
    }
    for (kind, left) in &done.report.not_imported {
        eprintln!("not imported: {} {kind}: {}", left.count, left.why);
    }
    for warning in &done.report.warnings {
        eprintln!("note: {warning}");
    }
    let mut all = done.summary.counts.unwrap_or_default();
    let refused = i64::try_from(done.report.rejected.len()).unwrap_or(i64::MAX);
    all.rejected += refused;
    all.read += refused;
    let by_kind: BTreeMap<&str, serde_json::Value> =
        done.summary.by_kind.iter().map(|(kind, of)| (kind.as_str(), counts(of))).collect();
    match output {
        Output::Json => {
            let mut line = counts(&all);
            if let Some(fields) = line.as_object_mut() {
                fields.insert("by_kind".to_owned(), json!(by_kind));
                fields.insert("by_source_kind".to_owned(), json!(done.report.objects));
                fields.insert("committed".to_owned(), json!(done.summary.committed));
                fields.insert("revalued".to_owned(), json!(done.summary.revalued_assets));
                fields.insert("unlisted".to_owned(), json!(done.summary.unlisted_assets));
                fields.insert("kept_fields".to_owned(), json!(done.summary.kept_fields));
                fields.insert("survey".to_owned(), json!(done.summary.survey));
            }
            println!("{line}");
        }
        Output::Table => {
            let mut table = comfy_table::Table::new();
            table.set_header(["", "read", "created", "updated", "unchanged", "rejected", "skipped"]);
            let row = |name: &str, of: &ImportCounts| {
                [
                    name.to_owned(),
                    of.read.to_string(),
                    of.created.to_string(),
                    of.updated.to_string(),
                    of.unchanged.to_string(),
                    of.rejected.to_string(),
                    of.skipped.to_string(),
                ]
            };
            for (kind, of) in &done.summary.by_kind {
                table.add_row(row(kind, of));
            }
            table.add_row(row("all", &all));
            println!("{table}");
            if done.summary.unlisted_assets > 0 {
                println!(
                    "{} assets are no longer listed by the source and flagged: the filter unlisted_by:* lists them",
                    done.summary.unlisted_assets
                );
            }
            if done.summary.kept_fields > 0 {
                println!(
                    "{} fields were kept as they are, though the source says something else: its policy says so",
                    done.summary.kept_fields
                );
            }
            if !done.summary.committed {
                println!("nothing was written");
            }
            if !done.summary.survey.is_empty() {
                println!("survey {}", done.summary.survey);
            }
            if !done.summary.survey.is_empty() && !done.rejected.is_empty() {
                println!("what was rejected is in quarantine: telwarden quarantine list");
            }
        }
    }
}
