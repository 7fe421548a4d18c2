//! Files of evidence through the command line and the gateway of a suite in one process.

#![expect(clippy::unwrap_used, reason = "clippy takes what helps a test for production code")]

use std::path::Path;
use std::time::Duration;

use telwarden::client::{Connection, Output};
use telwarden::evidence::{download, upload};
use telwarden::suite::{self, Options, Suite};
use tokio_stream::wrappers::ReceiverStream;
use wire::controls::v1::evidence::State;
use wire::controls::v1::evidence_service_client::EvidenceServiceClient;
use wire::controls::v1::upload_evidence_request::Part;
use wire::controls::v1::{CreateEvidenceRequest, Evidence, GetEvidenceRequest, UploadEvidenceRequest, UploadStart};

async fn start(data: &Path) -> (Suite, Connection) {
    let options = Options {
        data: data.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        postgres: None,
        gateway: gateway::Settings::default(),
        tls: None,
    };
    let running = suite::start(options).await.unwrap();
    let token = running.token("ana", &["acme"], &["control-owner"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    (running, connection)
}

async fn create(connection: &Connection, id: &str) -> String {
    let request = CreateEvidenceRequest {
        parent: "organizations/acme".to_owned(),
        evidence_id: id.to_owned(),
        evidence: Some(Evidence { display_name: id.to_owned(), ..Default::default() }),
    };
    let mut client = EvidenceServiceClient::new(connection.open().await.unwrap());
    client.create_evidence(request).await.unwrap().into_inner().name
}

/// How many files there are under a folder.
fn files(folder: &Path) -> usize {
    let count = |path: &Path| if path.is_dir() { files(path) } else { 1 };
    std::fs::read_dir(folder).unwrap().map(|entry| count(&entry.unwrap().path())).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_up_and_comes_down_and_what_goes_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (running, connection) = start(&folder.path().join("data")).await;
    let client = async || connection.open().await.unwrap();
    let name = create(&connection, "report").await;
    let source = folder.path().join("report.pdf");
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| u8::try_from(at % 249).unwrap()).collect();
    std::fs::write(&source, &bytes).unwrap();

    let uploaded = upload(client().await, name.clone(), &source, None).await.unwrap();
    let file = uploaded.file.clone().unwrap();
    assert_eq!(
        (uploaded.state(), file.file_name.as_str(), file.media_type.as_str()),
        (State::Valid, "report.pdf", "application/pdf")
    );
    assert_eq!(files(&folder.path().join("data/evidence")), 1, "beside the databases");

    let target = folder.path().join("copy.pdf");
    let (told, path) = download(client().await, &name, Some(&target)).await.unwrap();
    assert_eq!((told, path.as_path()), (file, target.as_path()));
    assert!(std::fs::read(&target).unwrap() == bytes);
    assert!(!folder.path().join("copy.pdf.part").exists());

    let said = |error: anyhow::Error| format!("{error:#}");
    let there = said(download(client().await, &name, Some(&target)).await.unwrap_err());
    assert!(there.contains("copy.pdf is there already"), "{there}");
    let missing = said(upload(client().await, name.clone(), &folder.path().join("none.pdf"), None).await.unwrap_err());
    assert!(missing.contains("none.pdf cannot be read"), "{missing}");
    let empty = folder.path().join("empty.txt");
    std::fs::write(&empty, "").unwrap();
    let empty = said(upload(client().await, name.clone(), &empty, None).await.unwrap_err());
    assert!(empty.contains("empty.txt is empty"), "{empty}");
    let other = folder.path().join("other.txt");
    std::fs::write(&other, "other").unwrap();
    let held = said(upload(client().await, name.clone(), &other, None).await.unwrap_err());
    assert!(held.contains("EVIDENCE_HAS_FILE"), "{held}");
    let nowhere = "organizations/acme/evidence/none".to_owned();
    let nowhere = said(upload(client().await, nowhere, &source, None).await.unwrap_err());
    assert!(nowhere.contains("RESOURCE_NOT_FOUND"), "{nowhere}");
    let foreign = said(download(client().await, "organizations/other/evidence/x", None).await.unwrap_err());
    assert!(foreign.contains("RESOURCE_NOT_FOUND"), "{foreign}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_broken_off_at_the_gateway_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (running, connection) = start(&data).await;
    let name = create(&connection, "report").await;
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let start = UploadStart {
        name: name.clone(),
        file_name: "x".to_owned(),
        media_type: String::new(),
        size: 600_000,
        sha256: "0".repeat(64),
    };
    for part in [Part::Start(start), Part::Chunk(vec![7; 300_000])] {
        sender.send(UploadEvidenceRequest { part: Some(part) }).await.unwrap();
    }
    let until = async |count: usize| {
        while files(&data.join("evidence")) != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let patience = Duration::from_secs(20);
    {
        let mut client = EvidenceServiceClient::new(connection.open().await.unwrap());
        let call = client.upload_evidence(ReceiverStream::new(receiver));
        tokio::select! {
            answer = call => panic!("half a file was answered: {answer:?}"),
            came = tokio::time::timeout(patience, until(1)) => came.expect("it comes in"),
        }
    }
    tokio::time::timeout(patience, until(0)).await.expect("it is cleared away");
    let mut client = EvidenceServiceClient::new(connection.open().await.unwrap());
    let left = client.get_evidence(GetEvidenceRequest { name }).await.unwrap().into_inner();
    assert_eq!((left.state(), left.file), (State::Empty, None));
    drop(sender);
    running.stop().await.unwrap();
}
