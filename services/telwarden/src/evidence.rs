//! `telwarden evidence …`: files of evidence, up and down.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use wire::controls::v1::download_evidence_response::Part as Sent;
use wire::controls::v1::evidence_service_client::EvidenceServiceClient;
use wire::controls::v1::upload_evidence_request::Part;
use wire::controls::v1::{
    DownloadEvidenceRequest, DownloadEvidenceResponse, Evidence, EvidenceFile, UploadEvidenceRequest, UploadStart,
};

use crate::client::{Client, Connection, Output, explain};

/// Files of evidence.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Files {
    /// Gives a piece of evidence its file.
    Upload(Upload),
    /// Fetches the file of a piece of evidence, and checks that it is what was uploaded.
    Download(Download),
}

/// Which file, and of which evidence.
#[derive(Clone, Debug, clap::Args)]
pub struct Upload {
    /// The file.
    pub file: PathBuf,
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the evidence. It must be there, without a file.
    #[arg(long)]
    pub evidence: String,
    /// What kind of file it is: `application/pdf`; by the file's ending where left out.
    #[arg(long)]
    pub media_type: Option<String>,
}

/// Of which evidence, and to where.
#[derive(Clone, Debug, clap::Args)]
pub struct Download {
    /// The evidence: `organizations/acme/evidence/e`.
    pub name: String,
    /// Where to put the file, which must not be there yet; under its own name in this folder where left out.
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// How many bytes are sent at once.
const CHUNK: usize = 256 * 1024;

/// Runs a command.
///
/// # Errors
/// A file that cannot be read or written; what the suite answers, explained.
pub async fn run(connection: &Connection, command: &Files) -> Result<()> {
    match command {
        Files::Upload(which) => {
            let name = format!("organizations/{}/evidence/{}", which.organization, which.evidence);
            let evidence = upload(connection.open().await?, name, &which.file, which.media_type.as_deref()).await?;
            let file = evidence.file.unwrap_or_default();
            match connection.output {
                Output::Json => println!("{}", told(&evidence.name, &file)),
                Output::Table => {
                    println!("{} has {} ({} bytes, sha256 {})", evidence.name, file.file_name, file.size, file.sha256);
                }
            }
        }
        Files::Download(which) => {
            let (file, path) = download(connection.open().await?, &which.name, which.to.as_deref()).await?;
            match connection.output {
                Output::Json => println!("{}", told(&which.name, &file)),
                Output::Table => {
                    println!("{} ({} bytes, sha256 {}: as it was uploaded)", path.display(), file.size, file.sha256);
                }
            }
        }
    }
    Ok(())
}

fn told(name: &str, file: &EvidenceFile) -> serde_json::Value {
    serde_json::json!({
        "name": name, "fileName": file.file_name, "mediaType": file.media_type, "size": file.size, "sha256": file.sha256,
    })
}

/// Uploads a file as that of a piece of evidence.
///
/// # Errors
/// A file that cannot be read, or that changes meanwhile; what the suite answers, explained.
pub async fn upload(client: Client, name: String, file: &Path, media_type: Option<&str>) -> Result<Evidence> {
    let file_name = file.file_name().and_then(|name| name.to_str());
    let file_name = file_name.with_context(|| format!("{} names no file, or not in UTF-8", file.display()))?.to_owned();
    let path = file.to_owned();
    let (size, sha256) = tokio::task::spawn_blocking(move || measure(&path)).await??;
    if size == 0 {
        bail!("{} is empty, and shows nothing: upload a file that holds something", file.display());
    }
    let media_type = media_type.map_or_else(|| by_ending(file).to_owned(), str::to_owned);
    let start = UploadStart { name, file_name, media_type, size: i64::try_from(size)?, sha256 };
    let source = tokio::fs::File::open(file).await.with_context(|| format!("{} cannot be read", file.display()))?;
    let bar = bar(size);
    let (sender, receiver) = mpsc::channel(4);
    let reading = tokio::spawn(feed(source, start, sender, bar.clone()));
    let answer = EvidenceServiceClient::new(client).upload_evidence(ReceiverStream::new(receiver)).await;
    bar.finish_and_clear();
    // What could not be read was not sent, so the answer speaks of its consequence.
    let read = reading.await?.with_context(|| format!("{} cannot be read", file.display()));
    match (answer, read) {
        (_, Err(error)) => Err(error),
        (Ok(evidence), Ok(())) => Ok(evidence.into_inner()),
        (Err(status), Ok(())) => Err(explain(&status)),
    }
}

/// Size and digest of a file, read a little at a time.
fn measure(file: &Path) -> Result<(u64, String)> {
    let unreadable = || format!("{} cannot be read", file.display());
    let mut source = std::fs::File::open(file).with_context(unreadable)?;
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let read = source.read(&mut buffer).with_context(unreadable)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        size += read as u64;
    }
    Ok((size, format!("{:x}", hasher.finalize())))
}

/// Sends a file in chunks, until it ends or nobody listens.
async fn feed(
    mut source: tokio::fs::File,
    start: UploadStart,
    sender: mpsc::Sender<UploadEvidenceRequest>,
    bar: ProgressBar,
) -> std::io::Result<()> {
    let mut part = Part::Start(start);
    while sender.send(UploadEvidenceRequest { part: Some(part) }).await.is_ok() {
        let mut chunk = vec![0; CHUNK];
        let read = source.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        chunk.truncate(read);
        bar.inc(read as u64);
        part = Part::Chunk(chunk);
    }
    Ok(())
}

/// Fetches the file of a piece of evidence. Gives what it is, and where it was put. Nothing is put there unless all of it came and is
/// what was uploaded.
///
/// # Errors
/// A file that is there already or cannot be written; a file that is not what was uploaded; what the suite answers, explained.
pub async fn download(client: Client, name: &str, to: Option<&Path>) -> Result<(EvidenceFile, PathBuf)> {
    let request = DownloadEvidenceRequest { name: name.to_owned(), offset: 0 };
    let answers = EvidenceServiceClient::new(client).download_evidence(request).await;
    let mut answers = answers.map_err(|status| explain(&status))?.into_inner();
    let first = answers.next().await.transpose().map_err(|status| explain(&status))?;
    let Some(Sent::File(file)) = first.and_then(|answer| answer.part) else {
        bail!("the answer does not say what the file is: is the gateway of another version?")
    };
    // The name was another's to choose: only its last part may count.
    let own = Path::new(&file.file_name).file_name().map(PathBuf::from);
    let path = to.map(Path::to_owned).or(own).context("the file has no usable name: give one with --to FILE")?;
    if path.exists() {
        bail!("{} is there already: give another with --to FILE", path.display());
    }
    let mut partial = path.clone().into_os_string();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let taken = take(&mut answers, &file, &partial).await;
    let put = match taken {
        Ok(()) => place(&partial, &path).await.with_context(|| format!("{} cannot be written", path.display())),
        Err(error) => Err(error),
    };
    let _ = tokio::fs::remove_file(&partial).await;
    put.map(|()| (file, path))
}

/// Gives what came its name: never in the place of a file that came there meanwhile.
async fn place(partial: &Path, path: &Path) -> std::io::Result<()> {
    match tokio::fs::hard_link(partial, path).await {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(error),
        // Not every file system has a second name for a file.
        Err(_) => tokio::fs::rename(partial, path).await,
        Ok(()) => Ok(()),
    }
}

/// Writes what comes to a file of its own, and checks it.
async fn take(
    answers: &mut tonic::Streaming<DownloadEvidenceResponse>,
    file: &EvidenceFile,
    partial: &Path,
) -> Result<()> {
    let unwritable = || format!("{} cannot be written", partial.display());
    let mut target = tokio::fs::File::create(partial).await.with_context(unwritable)?;
    let bar = bar(u64::try_from(file.size).unwrap_or_default());
    let mut hasher = Sha256::new();
    while let Some(answer) = answers.next().await {
        if let Some(Sent::Chunk(chunk)) = answer.map_err(|status| explain(&status))?.part {
            hasher.update(&chunk);
            target.write_all(&chunk).await.with_context(unwritable)?;
            bar.inc(chunk.len() as u64);
        }
    }
    bar.finish_and_clear();
    target.sync_all().await.with_context(unwritable)?;
    let found = format!("{:x}", hasher.finalize());
    if found != file.sha256 {
        bail!("what came is not what was uploaded (sha256 {found}, not {}): fetch it again", file.sha256);
    }
    Ok(())
}

fn bar(size: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bytes} of {total_bytes}  {bytes_per_sec}  {elapsed}");
    ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The media type of a file by its ending.
fn by_ending(file: &Path) -> &'static str {
    let ending = file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("pdf") => "application/pdf",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("zip") => "application/zip",
        Some("gz" | "tgz") => "application/gzip",
        Some("csv") => "text/csv",
        Some("txt" | "log" | "md") => "text/plain",
        Some("htm" | "html") => "text/html",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("pcap") => "application/vnd.tcpdump.pcap",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
