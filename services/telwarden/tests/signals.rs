//! `telwarden incidents import alarms|ves`: from a file onto the stream, to a service that only counts.

#[cfg(test)]
mod signals {
    use std::collections::BTreeMap;
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures::{Stream, StreamExt as _};
    use prost::Message as _;
    use serde_json::{Value, json};
    use telwarden::client::{Client, Connection, Output, over};
    use telwarden::incidents::import::{Format, Import};
    use telwarden::incidents::signals::{Done, bring, open};
    use tonic::transport::Server;
    use tonic::transport::server::TcpIncoming;
    use tonic::{Request, Response, Status, Streaming};
    use wire::incidents::v1::intake_signals_request::Part;
    use wire::incidents::v1::signal_service_server::{SignalService, SignalServiceServer};
    use wire::incidents::v1::{
        BatchIntakeSignalsRequest, CreateSignalRequest, GetSignalRequest, IntakeSignalsRequest, IntakeSignalsResponse,
        ListSignalsRequest, ListSignalsResponse, RejectedSignal, Signal, SignalRecord,
    };

    /// What it was given: whose, and how many records and bytes each message had.
    #[derive(Debug, Default)]
    struct Seen {
        parent: String,
        messages: Vec<(usize, usize)>,
        signals: BTreeMap<(String, String), Signal>,
    }

    /// A service that keeps what it is given, refuses the device `bad`, and ends after so many messages.
    #[derive(Clone, Default)]
    struct Counting {
        seen: Arc<Mutex<Seen>>,
        ends_after: Option<usize>,
    }

    impl Counting {
        fn client(&self) -> Client {
            over(SignalServiceServer::new(self.clone()), "token").unwrap()
        }

        fn take(&self, records: Vec<SignalRecord>, told: &mut IntakeSignalsResponse) {
            let mut seen = self.seen.lock().unwrap();
            let bytes = records.iter().map(SignalRecord::encoded_len).sum();
            seen.messages.push((records.len(), bytes));
            for record in records {
                let signal = record.signal.unwrap();
                (told.position, told.read) = (record.position, told.read + 1);
                if signal.device == "bad" {
                    told.rejected += 1;
                    told.rejected_signals.push(RejectedSignal { origin: record.origin, ..Default::default() });
                    continue;
                }
                let key = (signal.source.clone(), signal.source_id.clone());
                match seen.signals.insert(key, signal.clone()) {
                    None => told.created += 1,
                    Some(known) if known == signal => told.unchanged += 1,
                    Some(_) => told.updated += 1,
                }
            }
            told.cases = 1;
        }
    }

    #[tonic::async_trait]
    impl SignalService for Counting {
        type IntakeSignalsStream = Pin<Box<dyn Stream<Item = Result<IntakeSignalsResponse, Status>> + Send>>;

        async fn intake_signals(
            &self,
            request: Request<Streaming<IntakeSignalsRequest>>,
        ) -> Result<Response<Self::IntakeSignalsStream>, Status> {
            let mut requests = request.into_inner();
            let Some(Part::Start(start)) = requests.message().await?.and_then(|first| first.part) else {
                return Err(Status::invalid_argument("the first message is `start`"));
            };
            self.seen.lock().unwrap().parent = start.parent;
            let (this, mut told) = (self.clone(), IntakeSignalsResponse::default());
            let most = self.ends_after.unwrap_or(usize::MAX);
            let answers = requests.take(most).map(move |next| {
                told.rejected_signals.clear();
                match next?.part {
                    Some(Part::Batch(batch)) => this.take(batch.records, &mut told),
                    _ => return Err(Status::invalid_argument("the others carry records")),
                }
                Ok(told.clone())
            });
            Ok(Response::new(Box::pin(answers)))
        }

        async fn batch_intake_signals(
            &self,
            _: Request<BatchIntakeSignalsRequest>,
        ) -> Result<Response<IntakeSignalsResponse>, Status> {
            Err(Status::unimplemented(""))
        }

        async fn create_signal(&self, _: Request<CreateSignalRequest>) -> Result<Response<Signal>, Status> {
            Err(Status::unimplemented(""))
        }

        async fn get_signal(&self, _: Request<GetSignalRequest>) -> Result<Response<Signal>, Status> {
            Err(Status::unimplemented(""))
        }

        async fn list_signals(&self, _: Request<ListSignalsRequest>) -> Result<Response<ListSignalsResponse>, Status> {
            Err(Status::unimplemented(""))
        }
    }

    fn which(format: Format, file: PathBuf, source: &str) -> Import {
        Import { format, file, organization: "acme".to_owned(), source: source.to_owned(), map: None }
    }

    fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    async fn import(service: &Counting, which: &Import) -> Done {
        bring(service.client(), "acme", open(which).unwrap()).await.unwrap()
    }

    fn table(rows: usize) -> String {
        let rows = (0..rows).map(|row| format!("{row},rtr-{},link_down,{}\n", row % 97, 1_796_040_000 + row));
        std::iter::once("id,device,kind,time\n".to_owned()).chain(rows).collect()
    }

    #[tokio::test]
    async fn a_table_goes_in_by_messages_of_a_thousand_and_a_second_time_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), "alarms.csv.gz", &packed(table(2500).as_bytes()));
        let (service, which) = (Counting::default(), which(Format::Alarms, file, "nms-north"));
        let done = import(&service, &which).await;
        let wanted = json!({"read": 2500, "created": 2500, "updated": 0, "unchanged": 0, "rejected": 0, "suppressed": 0, "cases": 1, "incidents": 0, "left_out": 0});
        assert_eq!(done.json(), wanted);
        let sizes: Vec<usize> = service.seen.lock().unwrap().messages.iter().map(|(records, _)| *records).collect();
        assert_eq!(sizes, [1000, 1000, 500]);
        assert_eq!(service.seen.lock().unwrap().parent, "organizations/acme");
        let again = import(&service, &which).await;
        assert_eq!((again.told.created, again.told.unchanged), (0, 2500));
    }

    #[tokio::test]
    async fn json_is_told_by_its_first_byte_and_messages_keep_to_their_size() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(3900);
        let alarms: Vec<Value> = (0..1200)
            .map(|id| json!({"id": id, "probableCause": "fan", "alarmedObject": {"id": "rtr-1"}, "alarmRaisedTime": "2026-11-30T12:00:00Z", "alarmDetails": long}))
            .collect();
        let file = written(folder.path(), "alarms.json", json!(alarms).to_string().as_bytes());
        let service = Counting::default();
        let done = import(&service, &which(Format::Alarms, file, "nms-north")).await;
        assert_eq!(done.told.created, 1200);
        let seen = service.seen.lock().unwrap();
        assert!(
            seen.messages.len() > 1 && seen.messages.iter().all(|(_, bytes)| *bytes <= 2 << 20),
            "{:?}",
            seen.messages
        );
    }

    #[tokio::test]
    async fn what_is_refused_here_and_there_is_counted_together() {
        let folder = tempfile::tempdir().unwrap();
        let text = "id,device,kind,time\n1,a,k,7\n2,bad,k,7\n3,c,k,never\n4,d,k,7\n";
        let file = written(folder.path(), "alarms.csv", text.as_bytes());
        let done = import(&Counting::default(), &which(Format::Alarms, file, "nms-north")).await;
        let told = done.json();
        assert_eq!((&told["read"], &told["created"], &told["rejected"]), (&json!(4), &json!(2), &json!(2)));
        assert!(done.text().starts_with("4 read, 2 new"), "{}", done.text());
    }

    #[tokio::test]
    async fn events_are_read_as_such_and_what_is_no_condition_is_left_out() {
        let event = |domain: &str, id: u32| {
            json!({"event": {"commonEventHeader": {"version": "4.1", "vesEventListenerVersion": "7.2", "domain": domain, "eventName": "x", "eventId": id.to_string(),
                "sequence": 0, "priority": "Low", "reportingEntityName": "col-1", "sourceName": "gnb-1", "startEpochMicrosec": 1, "lastEpochMicrosec": 2}}})
        };
        let lines = format!("{}\n{}\n", event("heartbeat", 1), event("other", 2));
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), "events.json", lines.as_bytes());
        let done = import(&Counting::default(), &which(Format::Ves, file, "")).await;
        let told = done.json();
        assert_eq!((&told["read"], &told["created"], &told["left_out"]), (&json!(1), &json!(1), &json!(1)));
    }

    #[tokio::test]
    async fn a_file_that_breaks_off_keeps_what_came_before_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let alarm = r#"{"id":1,"probableCause":"fan","alarmedObject":"a","alarmRaisedTime":"2026-11-30T12:00:00Z"}"#;
        let file = written(folder.path(), "cut.json", format!("{alarm}\n{{\"id\":").as_bytes());
        let done = import(&Counting::default(), &which(Format::Alarms, file, "nms-north")).await;
        assert_eq!(done.told.created, 1);
        assert!(done.broken.is_some_and(|why| why.contains("line 2")));
    }

    #[tokio::test]
    async fn an_intake_that_ends_early_is_no_success() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), "alarms.csv", table(9000).as_bytes());
        let service = Counting { ends_after: Some(1), ..Counting::default() };
        let read = open(&which(Format::Alarms, file, "nms-north")).unwrap();
        let error = bring(service.client(), "acme", read).await.unwrap_err().to_string();
        assert!(error.contains("took 1000 of") && error.contains("read the file again"), "{error}");
    }

    #[tokio::test]
    async fn over_the_network_an_intake_that_ends_early_ends_here_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), "alarms.csv", table(100_000).as_bytes());
        let service = Counting { ends_after: Some(1), ..Counting::default() };
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}", incoming.local_addr().unwrap());
        let serving = Server::builder().add_service(SignalServiceServer::new(service)).serve_with_incoming(incoming);
        let serving = tokio::spawn(serving);
        let client = Connection::new(url, "token".to_owned(), Output::Json).open().await.unwrap();
        let read = open(&which(Format::Alarms, file, "nms-north")).unwrap();
        let bringing = tokio::time::timeout(Duration::from_secs(60), bring(client, "acme", read));
        let error = bringing.await.expect("it does not wait for what does not come").unwrap_err().to_string();
        assert!(error.contains("read the file again"), "{error}");
        serving.abort();
    }

    #[test]
    fn what_cannot_be_read_is_told_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let (csv, json) = (written(folder.path(), "a.csv", b"id\n"), written(folder.path(), "a.json", b"{}"));
        let map = Some(written(folder.path(), "map.toml", b"[columns]\nA = \"devise\"\n"));
        for (which, told) in [
            (which(Format::Alarms, folder.path().join("none"), "n"), "cannot be read"),
            (which(Format::Alarms, csv.clone(), ""), "--source"),
            (Import { map: map.clone(), ..which(Format::Alarms, json, "n") }, "--map is for tables"),
            (Import { map, ..which(Format::Alarms, csv, "n") }, "no field `devise`"),
        ] {
            let error = open(&which).err().map(|error| format!("{error:#}")).unwrap_or_default();
            assert!(error.contains(told), "{told}: {error}");
        }
    }
}
