//! The stream of an import, to its end: `start`, then batches. Nothing is written before all of it is here.

use std::collections::HashSet;

use fault::{Fault, Outcome};
use futures::StreamExt as _;
use tonic::Streaming;
use wire::Validate;
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::import_threats_request::Part;
use wire::risk::v1::import_threats_response::Rejected;
use wire::risk::v1::threat_record::Record;
use wire::risk::v1::{ErrorReason, ImportThreatsRequest, ImportThreatsStart, Mitigation, Threat, ThreatRecord};

/// How many records one message may bring.
const MOST_OF_A_MESSAGE: usize = 500;

/// How many records one import may bring: all of them are written in one transaction.
const MOST_RECORDS: usize = 20_000;

/// A record that came.
pub(super) struct Item<M> {
    /// Its id within the catalogue.
    pub(super) id: String,
    /// Its key, as printed.
    pub(super) key: String,
    /// Where the source has it.
    pub(super) origin: String,
    /// What it says.
    pub(super) message: M,
}

/// The records of one kind that came.
pub(super) struct Came<M> {
    /// Those to be written, each id once.
    pub(super) items: Vec<Item<M>>,
    /// The ids of those that were refused: they came all the same.
    pub(super) refused: Vec<String>,
    ids: HashSet<String>,
}

impl<M> Default for Came<M> {
    fn default() -> Self {
        Self { items: Vec::new(), refused: Vec::new(), ids: HashSet::new() }
    }
}

/// What a stream brought.
#[derive(Default)]
pub(super) struct Received {
    /// How many records came.
    pub(super) read: usize,
    /// Threats.
    pub(super) threats: Came<Threat>,
    /// Mitigations.
    pub(super) mitigations: Came<Mitigation>,
    /// What cannot be taken.
    pub(super) rejected: Vec<Rejected>,
}

/// The first message.
pub(super) async fn start(stream: &mut Streaming<ImportThreatsRequest>) -> Outcome<ImportThreatsStart> {
    let first = stream.next().await.transpose().map_err(|status| cut(&status.to_string(), 0))?;
    let Some(Part::Start(start)) = first.and_then(|message| message.part) else {
        return Err(not_started("send `start` as the first message"));
    };
    let mut violations = Vec::new();
    start.check(&wire::At::Root.field("start"), &mut violations);
    if !violations.is_empty() {
        return Err(Fault::violations(violations));
    }
    if usize::try_from(start.records).unwrap_or(usize::MAX) > MOST_RECORDS {
        return Err(too_many().on("start.records"));
    }
    Ok(start)
}

/// The records that follow; `announced` of them, where that is above 0.
pub(super) async fn records(stream: &mut Streaming<ImportThreatsRequest>, announced: i32) -> Outcome<Received> {
    let mut received = Received::default();
    while let Some(message) = stream.next().await {
        let message = message.map_err(|status| cut(&status.to_string(), received.read))?;
        let Some(Part::Batch(batch)) = message.part else {
            let message = "`start` came again, or a message was empty: send `start` once, first, then batches";
            return Err(not_started(message));
        };
        if batch.records.len() > MOST_OF_A_MESSAGE {
            let message = format!("a message has at most {MOST_OF_A_MESSAGE} records: send smaller batches");
            return Err(too_large(message, "records of a message", MOST_OF_A_MESSAGE).on("batch.records"));
        }
        if received.read + batch.records.len() > MOST_RECORDS {
            return Err(too_many().on("batch.records"));
        }
        for record in batch.records {
            received.take(record);
        }
    }
    let announced = usize::try_from(announced).unwrap_or_default();
    if announced > 0 && announced != received.read {
        let message = format!("{announced} records were announced, and {} came", received.read);
        return Err(cut(&message, received.read));
    }
    Ok(received)
}

impl Received {
    fn take(&mut self, record: ThreatRecord) {
        self.read += 1;
        let origin = match record.origin.is_empty() {
            true => format!("record {}", self.read),
            false => record.origin.chars().take(256).collect(),
        };
        let refused = match record.record {
            Some(Record::Threat(threat)) => {
                let key = threat.key.clone();
                let field = "threat";
                admit(&mut self.threats, &key, field, origin, Threat { name: String::new(), ..threat })
            }
            Some(Record::Mitigation(mitigation)) => {
                let key = mitigation.key.clone();
                let field = "mitigation";
                admit(&mut self.mitigations, &key, field, origin, Mitigation { name: String::new(), ..mitigation })
            }
            None => Err(Box::new(rejected(
                &origin,
                "",
                &Fault::invalid(House::FieldInvalid, "the record is empty: send a threat or a mitigation").on("record"),
            ))),
        };
        if let Err(rejected) = refused {
            self.rejected.push(*rejected);
        }
    }
}

/// Takes a record among those of its kind, or says why not.
fn admit<M: Validate>(
    came: &mut Came<M>,
    key: &str,
    field: &'static str,
    origin: String,
    message: M,
) -> Result<(), Box<Rejected>> {
    let refuse = |fault: Box<Fault>| Box::new(rejected(&origin, key, &fault));
    let id = crate::keyed(key, &format!("{field}.key")).map_err(refuse)?;
    if !came.ids.insert(id.clone()) {
        let message = format!("`{key}` becomes the id `{id}`, as a record before did: give one of them another key");
        let fault = Fault::invalid(ErrorReason::ThreatKeyTwice, message).with("id", &id);
        return Err(refuse(fault.on(format!("{field}.key"))));
    }
    let mut violations = Vec::new();
    message.check(&wire::At::Root.field(field), &mut violations);
    if !violations.is_empty() {
        came.refused.push(id);
        return Err(refuse(Fault::violations(violations)));
    }
    came.items.push(Item { id, key: key.to_owned(), origin, message });
    Ok(())
}

/// A record that is not taken, as the caller hears of it.
pub(super) fn rejected(origin: &str, key: &str, fault: &Fault) -> Rejected {
    Rejected {
        origin: origin.to_owned(),
        key: key.chars().take(63).collect(),
        reason: fault.reason().to_owned(),
        message: fault.message().to_owned(),
        field: fault.field().to_owned(),
    }
}

fn too_many() -> Box<Fault> {
    let message = format!("an import has at most {MOST_RECORDS} records: split the source into several catalogues");
    too_large(message, "records", MOST_RECORDS)
}

fn too_large(message: String, what: &str, limit: usize) -> Box<Fault> {
    Fault::invalid(ErrorReason::ThreatImportTooLarge, message).with("what", what).with("limit", limit)
}

fn cut(why: &str, received: usize) -> Box<Fault> {
    let message = format!("the stream was cut, nothing of it is kept: {why}; import the catalogue again");
    Fault::new(tonic::Code::Aborted, ErrorReason::ThreatImportCut, message).with("received", received)
}

fn not_started(message: &str) -> Box<Fault> {
    Fault::invalid(ErrorReason::ThreatImportNotStarted, message)
}
