//! A file of 100 MB goes through the service, up and down, and the memory of the process stays flat. Alone in its process: what is
//! measured is the process.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

use std::sync::Arc;

use access::SystemClock;
use controls::evidence::{Files, LARGEST};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use testkit::Bench;
use wire::controls::v1 as api;
use wire::controls::v1::download_evidence_response::Part as Sent;
use wire::controls::v1::evidence_service_client::EvidenceServiceClient;
use wire::controls::v1::upload_evidence_request::Part;

const CHUNK: usize = 1_000_000;
const CHUNKS: usize = 100;
/// What may be on its way at a time, in both directions and on both sides: some chunks, the windows of HTTP/2, what the allocator keeps.
const MOST_MIB: i64 = 40;

/// A chunk of the file: no two are the same.
fn chunk(number: usize) -> Vec<u8> {
    (number as u64).to_be_bytes().into_iter().chain(std::iter::repeat(7)).take(CHUNK).collect()
}

/// The most memory the process has had at a time since it was last reset, in MiB.
fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() / 1024
}

fn reset() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let settings = controls::Settings::new(Files::in_folder(folder.path(), LARGEST).unwrap());
    let bench = Bench::start("controls", &controls::tables(), None, &controls::services(), |database| async move {
        controls::service_with(&database, Arc::new(SystemClock), settings).await.unwrap()
    })
    .await;
    let mut client = EvidenceServiceClient::new(bench.client("ana", &["acme"], &["control-owner"]));
    let request = api::CreateEvidenceRequest {
        parent: "organizations/acme".to_owned(),
        evidence_id: "large".to_owned(),
        evidence: Some(api::Evidence { display_name: "large".to_owned(), ..Default::default() }),
    };
    let name = client.create_evidence(request).await.unwrap().into_inner().name;
    let mut hasher = Sha256::new();
    (0..CHUNKS).for_each(|number| hasher.update(chunk(number)));
    let sha256 = data_encoding::HEXLOWER.encode(&hasher.finalize());
    let start = api::UploadStart {
        name: name.clone(),
        file_name: "large.bin".to_owned(),
        media_type: String::new(),
        size: (CHUNK * CHUNKS) as i64,
        sha256: sha256.clone(),
    };

    reset();
    let before = peak();
    let parts = std::iter::once(Part::Start(start)).chain((0..CHUNKS).map(|number| Part::Chunk(chunk(number))));
    let messages = parts.map(|part| api::UploadEvidenceRequest { part: Some(part) });
    client.upload_evidence(futures::stream::iter(messages)).await.unwrap();
    let up = peak() - before;

    reset();
    let before = peak();
    let mut answers =
        client.download_evidence(api::DownloadEvidenceRequest { name, offset: 0 }).await.unwrap().into_inner();
    let mut hasher = Sha256::new();
    while let Some(answer) = answers.next().await {
        if let Some(Sent::Chunk(bytes)) = answer.unwrap().part {
            hasher.update(bytes);
        }
    }
    assert_eq!(data_encoding::HEXLOWER.encode(&hasher.finalize()), sha256);
    let down = peak() - before;
    eprintln!("the peak grew by {up} MiB up and {down} MiB down");
    assert!(up < MOST_MIB && down < MOST_MIB, "up {up} MiB, down {down} MiB");
}
