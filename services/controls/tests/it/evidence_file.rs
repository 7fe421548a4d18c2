//! Files of evidence: all of one or nothing, kept once, gone with the last that names it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::{Clock, ManualClock, SystemClock};
use controls::evidence::Files;
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use testkit::{Bench, reason};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use wire::controls::v1 as api;
use wire::controls::v1::download_evidence_response::Part as Sent;
use wire::controls::v1::evidence::State;
use wire::controls::v1::upload_evidence_request::Part;

use crate::evidence::{ALWAYS, Client, create, evidence, get, name, of, until};

const LIMIT: u64 = 3 << 20;
const SILENCE: Duration = Duration::from_millis(300);

/// The service with its files in a folder, by a clock that is turned by hand.
struct Shelf {
    bench: Bench,
    clock: Arc<ManualClock>,
    folder: TempDir,
}

impl Shelf {
    async fn new(postgres: Option<&str>) -> Self {
        Self::with_silence(postgres, controls::evidence::SILENCE).await
    }

    async fn with_silence(postgres: Option<&str>, upload_silence: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let evidence_files = Files::in_folder(folder.path(), LIMIT).unwrap();
        let settings = controls::Settings { evidence_files, upload_silence };
        let own = Arc::clone(&clock) as Arc<dyn Clock>;
        let bench = Bench::start_at(
            Arc::clone(&own),
            controls::NAME,
            &controls::tables(),
            postgres,
            &controls::services(),
            |database| async move { controls::service_with(&database, own, settings).await.unwrap() },
        )
        .await;
        Self { bench, clock, folder }
    }

    fn files(&self) -> Vec<String> {
        under(self.folder.path())
    }
}

/// The names of all files under a folder.
fn under(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(under(&path));
        } else {
            found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

fn digest(content: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(content))
}

fn start(id: &str, content: &[u8]) -> api::UploadStart {
    api::UploadStart {
        name: name(id),
        file_name: format!("{id}.pdf"),
        media_type: "application/pdf".to_owned(),
        size: i64::try_from(content.len()).unwrap(),
        sha256: digest(content),
    }
}

fn opening(start: api::UploadStart) -> api::UploadEvidenceRequest {
    api::UploadEvidenceRequest { part: Some(Part::Start(start)) }
}

fn chunk(bytes: &[u8]) -> api::UploadEvidenceRequest {
    api::UploadEvidenceRequest { part: Some(Part::Chunk(bytes.to_vec())) }
}

async fn send(mut client: Client, messages: Vec<api::UploadEvidenceRequest>) -> Result<api::Evidence, Status> {
    client.upload_evidence(futures::stream::iter(messages)).await.map(tonic::Response::into_inner)
}

/// Uploads a file in chunks.
pub(crate) async fn upload(bench: &Bench, id: &str, content: &[u8]) -> Result<api::Evidence, Status> {
    let chunks = content.chunks(300_000).map(chunk);
    send(evidence(bench), std::iter::once(opening(start(id, content))).chain(chunks).collect()).await
}

/// What a download says of the file, and its bytes.
async fn download(bench: &Bench, id: &str, offset: i64) -> Result<(api::EvidenceFile, Vec<u8>), Status> {
    let request = api::DownloadEvidenceRequest { name: name(id), offset };
    let mut answers = evidence(bench).download_evidence(request).await?.into_inner();
    let mut bytes = Vec::new();
    let Some(Sent::File(file)) = answers.next().await.unwrap()?.part else { unreachable!("the file comes first") };
    while let Some(answer) = answers.next().await {
        match answer?.part {
            Some(Sent::Chunk(chunk)) => bytes.extend(chunk),
            other => unreachable!("only bytes follow: {other:?}"),
        }
    }
    Ok((file, bytes))
}

/// Bytes that are not the same everywhere.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

macro_rules! on_a_shelf {
    ($(async fn $name:ident($shelf:ident) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in testkit::backends() {
                let $shelf = Shelf::new(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}

on_a_shelf! {
    async fn a_file_comes_back_as_it_was_from_any_place_on(shelf) {
        let bench = &shelf.bench;
        create(bench, "log", of(&[], ALWAYS)).await.unwrap();
        let bytes = content(1_000_001);
        let uploaded = upload(bench, "log", &bytes).await.unwrap();
        let file = uploaded.file.clone().unwrap();
        assert_eq!((uploaded.state(), file.file_name.as_str(), file.media_type.as_str()), (State::Valid, "log.pdf", "application/pdf"));
        assert_eq!((file.size, file.sha256.as_str(), file.uploader.as_str()), (1_000_001, digest(&bytes).as_str(), "ana"));
        assert_eq!(shelf.files(), [digest(&bytes)]);
        assert_eq!(download(bench, "log", 0).await.unwrap(), (file.clone(), bytes.clone()));
        for from in [1, 262_144, 999_999, 1_000_001] {
            let (_, rest) = download(bench, "log", from).await.unwrap();
            assert!(rest == bytes[usize::try_from(from).unwrap()..], "from {from}");
        }
        let beyond = download(bench, "log", 1_000_002).await.unwrap_err();
        assert_eq!((beyond.code(), reason(&beyond).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
        create(bench, "empty", of(&[], ALWAYS)).await.unwrap();
        assert_eq!(reason(&download(bench, "empty", 0).await.unwrap_err()), "EVIDENCE_HAS_NO_FILE");
        testkit::ledger_holds(bench, &controls::tables()).await;
    }

    async fn what_is_not_what_was_announced_leaves_nothing(shelf) {
        let bench = &shelf.bench;
        create(bench, "log", of(&[], ALWAYS)).await.unwrap();
        let bytes = content(700_000);
        let good = start("log", &bytes);
        let other = api::UploadStart { sha256: digest(b"another file"), ..good.clone() };
        let large = api::UploadStart { size: i64::try_from(LIMIT).unwrap() + 1, ..good.clone() };
        let folder = api::UploadStart { file_name: "../../etc/passwd".to_owned(), ..good.clone() };
        let whole = |start: &api::UploadStart| vec![opening(start.clone()), chunk(&bytes[..400_000]), chunk(&bytes[400_000..])];
        let cases = [
            ("another digest", whole(&other), Code::InvalidArgument, "UPLOAD_DIGEST_WRONG"),
            ("too few bytes", vec![opening(good.clone()), chunk(&bytes[..400_000])], Code::InvalidArgument, "UPLOAD_SIZE_WRONG"),
            ("no bytes", vec![opening(good.clone())], Code::InvalidArgument, "UPLOAD_SIZE_WRONG"),
            ("too many bytes", [whole(&good), vec![chunk(b"x")]].concat(), Code::InvalidArgument, "UPLOAD_SIZE_WRONG"),
            ("beyond the limit", whole(&large), Code::InvalidArgument, "UPLOAD_TOO_LARGE"),
            ("no start", vec![chunk(&bytes)], Code::InvalidArgument, "UPLOAD_NOT_STARTED"),
            ("nothing at all", vec![], Code::InvalidArgument, "UPLOAD_NOT_STARTED"),
            ("an empty message", vec![opening(good.clone()), api::UploadEvidenceRequest { part: None }], Code::InvalidArgument, "UPLOAD_NOT_STARTED"),
            ("two starts", vec![opening(good.clone()), opening(good.clone())], Code::InvalidArgument, "UPLOAD_NOT_STARTED"),
            ("an empty chunk", vec![opening(good.clone()), chunk(b"")], Code::InvalidArgument, "FIELD_INVALID"),
            ("a large chunk", vec![opening(good.clone()), chunk(&content((1 << 20) + 1))], Code::InvalidArgument, "FIELD_INVALID"),
            ("a path", whole(&folder), Code::InvalidArgument, "FIELD_INVALID"),
        ];
        for (case, messages, code, why) in cases {
            let refused = send(evidence(bench), messages).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (code, why), "{case}: {}", refused.message());
            if why == "UPLOAD_TOO_LARGE" {
                assert!(refused.message().contains(&LIMIT.to_string()), "{}", refused.message());
            }
            assert_eq!(shelf.files(), Vec::<String>::new(), "{case}");
            let left = get(bench, "log").await;
            assert_eq!((left.state(), left.file), (State::Empty, None), "{case}");
        }
        upload(bench, "log", &bytes).await.unwrap();
    }

    async fn a_call_that_its_caller_breaks_off_leaves_nothing(shelf) {
        let bench = &shelf.bench;
        create(bench, "log", of(&[], ALWAYS)).await.unwrap();
        let bytes = content(700_000);
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let mut client = evidence(bench);
        let call = tokio::spawn(async move { client.upload_evidence(ReceiverStream::new(receiver)).await });
        sender.send(opening(start("log", &bytes))).await.unwrap();
        sender.send(chunk(&bytes[..400_000])).await.unwrap();
        until("it comes in", async || shelf.files().len() == 1).await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        until("it is cleared away", async || shelf.files().is_empty()).await;
        assert_eq!(get(bench, "log").await.state(), State::Empty);
        drop(sender);
    }

    async fn the_same_file_is_kept_once_and_goes_with_the_last_that_names_it(shelf) {
        let bench = &shelf.bench;
        let bytes = content(500_000);
        for id in ["a", "b"] {
            create(bench, id, of(&[], ALWAYS)).await.unwrap();
            upload(bench, id, &bytes).await.unwrap();
        }
        create(bench, "c", of(&[], ALWAYS)).await.unwrap();
        upload(bench, "c", b"another").await.unwrap();
        assert_eq!(shelf.files().len(), 2);
        let delete = async |id: &str| {
            let request = api::WithdrawEvidenceRequest { name: name(id), reason: "old".to_owned(), ..Default::default() };
            evidence(bench).withdraw_evidence(request).await.unwrap();
            let request = api::DeleteEvidenceRequest { name: name(id), ..Default::default() };
            evidence(bench).delete_evidence(request).await.unwrap();
        };
        delete("a").await;
        // Deleting the one and the other is looked at in this order.
        delete("c").await;
        until("the file of c is gone", async || shelf.files() == [digest(&bytes)]).await;
        assert_eq!(download(bench, "b", 0).await.unwrap().1, bytes, "b names it still");
        delete("b").await;
        until("the file is gone", async || shelf.files().is_empty()).await;
    }

    async fn a_file_is_never_replaced_and_the_same_again_changes_nothing(shelf) {
        let bench = &shelf.bench;
        create(bench, "log", of(&[], ALWAYS)).await.unwrap();
        let first = upload(bench, "log", b"first").await.unwrap();
        let refused = upload(bench, "log", b"second").await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "EVIDENCE_HAS_FILE"));
        assert_eq!(upload(bench, "log", b"first").await.unwrap(), first);
        assert_eq!(shelf.files(), [digest(b"first")]);
        create(bench, "void", of(&[], ALWAYS)).await.unwrap();
        let request = api::WithdrawEvidenceRequest { name: name("void"), reason: "a mistake".to_owned(), ..Default::default() };
        evidence(bench).withdraw_evidence(request).await.unwrap();
        assert_eq!(reason(&upload(bench, "void", b"first").await.unwrap_err()), "STATE_FORBIDS");
    }

    async fn many_who_upload_and_delete_the_same_file_at_once_lose_none(shelf) {
        let bench = &shelf.bench;
        let bytes = content(200_000);
        let ids: Vec<String> = (0..12).map(|number| format!("e{number}")).collect();
        for id in &ids {
            create(bench, id, of(&[], ALWAYS)).await.unwrap();
        }
        for id in &ids[..6] {
            upload(bench, id, &bytes).await.unwrap();
            let request = api::WithdrawEvidenceRequest { name: name(id), reason: "old".to_owned(), ..Default::default() };
            evidence(bench).withdraw_evidence(request).await.unwrap();
        }
        let deleting = futures::future::join_all(ids[..6].iter().map(async |id| {
            let request = api::DeleteEvidenceRequest { name: name(id), ..Default::default() };
            evidence(bench).delete_evidence(request).await.map(drop)
        }));
        let uploading = futures::future::join_all(ids[6..].iter().map(async |id| upload(bench, id, &bytes).await.map(drop)));
        let (deleted, uploaded) = tokio::join!(deleting, uploading);
        for outcome in deleted.into_iter().chain(uploaded) {
            outcome.unwrap();
        }
        // What is due for the file is done, and it is there.
        shelf.clock.advance(3_600_000_000);
        let waits = "SELECT COUNT(*) FROM deadline WHERE kind = 'remove-evidence-file'";
        let left = async || -> i64 { bench.database.row(bench.database.sql(waits)).await.unwrap().unwrap().try_get_by_index(0).unwrap() };
        until("it is looked at", async || left().await == 0).await;
        assert_eq!(shelf.files(), [digest(&bytes)]);
        for id in &ids[6..] {
            assert_eq!(download(bench, id, 0).await.unwrap().1, bytes, "{id}");
        }
    }

    async fn a_file_whose_evidence_was_never_written_is_found_and_removed(shelf) {
        let bench = &shelf.bench;
        create(bench, "log", of(&[], ALWAYS)).await.unwrap();
        upload(bench, "log", b"kept").await.unwrap();
        create(bench, "lost", of(&[], ALWAYS)).await.unwrap();
        upload(bench, "lost", b"lost").await.unwrap();
        assert_eq!(shelf.files().len(), 2);
        // As after a crash between the file and the commit: the file is there, and no row names it.
        let mut tx = bench.database.begin(&context(&shelf.clock)).await.unwrap();
        let mut sql = tx.sql("DELETE FROM evidence_file WHERE sha256 = ");
        sql.bind(digest(b"lost"));
        assert_eq!(tx.run(sql).await.unwrap(), 1);
        tx.commit().await.unwrap();
        shelf.clock.advance(3_600_000_000);
        until("it is removed", async || shelf.files() == [digest(b"kept")]).await;
    }

    async fn a_damaged_file_never_ends_well(shelf) {
        let bench = &shelf.bench;
        create(bench, "log", of(&[], ALWAYS)).await.unwrap();
        let bytes = content(600_000);
        upload(bench, "log", &bytes).await.unwrap();
        let sha256 = digest(&bytes);
        let path = shelf.folder.path().join("files/acme").join(&sha256[..2]).join(&sha256);
        let mut other = bytes.clone();
        other[599_999] ^= 1;
        std::fs::write(&path, other).unwrap();
        let damaged = download(bench, "log", 0).await.unwrap_err();
        assert_eq!((damaged.code(), reason(&damaged).as_str()), (Code::DataLoss, "EVIDENCE_FILE_DAMAGED"));
        std::fs::write(&path, &bytes[..300_000]).unwrap();
        assert_eq!(download(bench, "log", 0).await.unwrap_err().code(), Code::DataLoss, "cut short");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(download(bench, "log", 0).await.unwrap_err().code(), Code::DataLoss, "gone");
    }

    async fn files_are_for_those_who_may(shelf) {
        let bench = &shelf.bench;
        create(bench, "log", of(&[], ALWAYS)).await.unwrap();
        upload(bench, "log", b"secret").await.unwrap();
        let as_who = |organization: &str, role: &str| Client::new(bench.client("eve", &[organization], &[role]));
        let request = || api::DownloadEvidenceRequest { name: name("log"), offset: 0 };
        let code = async |mut client: Client| client.download_evidence(request()).await.map(drop).unwrap_err().code();
        assert_eq!(code(as_who("elsewhere", "administrator")).await, Code::NotFound);
        assert_eq!(code(as_who("acme", "viewer")).await, Code::PermissionDenied);
        assert!(as_who("acme", "auditor").download_evidence(request()).await.is_ok());
        let messages = vec![opening(start("log", b"x")), chunk(b"x")];
        assert_eq!(send(as_who("elsewhere", "administrator"), messages.clone()).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(send(as_who("acme", "auditor"), messages).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

fn context(clock: &Arc<ManualClock>) -> access::Context {
    access::Context {
        caller: Arc::new(access::Caller::service("controls", "acme")),
        method: "test".into(),
        trace: String::new(),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        roles: Arc::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_falls_silent_is_cut_off() {
    let shelf = Shelf::with_silence(None, SILENCE).await;
    create(&shelf.bench, "log", of(&[], ALWAYS)).await.unwrap();
    let bytes = content(700_000);
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    sender.send(opening(start("log", &bytes))).await.unwrap();
    sender.send(chunk(&bytes[..400_000])).await.unwrap();
    let cut = evidence(&shelf.bench).upload_evidence(ReceiverStream::new(receiver)).await.unwrap_err();
    assert_eq!((cut.code(), reason(&cut).as_str()), (Code::Aborted, "UPLOAD_CUT"), "{}", cut.message());
    assert_eq!(shelf.files(), Vec::<String>::new());
}

/// What a crash left on its way in is swept at the start and each hour; what may still be coming in is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_swept() {
    let shelf = Shelf::new(None).await;
    let incoming = shelf.folder.path().join("incoming");
    let aged = |name: &str, minutes: u64| {
        let file = std::fs::File::create(incoming.join(name)).unwrap();
        let now = std::time::UNIX_EPOCH + Duration::from_micros(u64::try_from(shelf.clock.now()).unwrap());
        file.set_modified(now - Duration::from_secs(60 * minutes)).unwrap();
    };
    aged("whole", 11);
    aged("half#1", 11);
    aged("young#1", 5);
    let files = Files::in_folder(shelf.folder.path(), LIMIT).unwrap();
    let clock = Arc::clone(&shelf.clock) as Arc<dyn Clock>;
    controls::service_with(&shelf.bench.database, clock, controls::Settings::new(files)).await.unwrap();
    assert_eq!(shelf.files(), ["young#1"], "swept before it serves");
    shelf.clock.advance(3_600_000_000);
    until("an hour later it is old too", async || shelf.files().is_empty()).await;
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let fault = Files::in_folder(&file, LIMIT).unwrap_err();
    assert_eq!(fault.reason(), "FILE_STORE_UNAVAILABLE");
    assert!(fault.message().contains(file.to_str().unwrap()), "{}", fault.message());
}
