//! Import: a stream of advisories, each laid over its earlier version. Each batch is committed for itself.

use std::cmp::Ordering;

use access::Context;
use fault::{Fault, Outcome};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use store::micros;
use tonic::Streaming;
use wire::Validate as _;
use wire::risk::v1::import_advisories_request::Part;
use wire::risk::v1::import_advisories_response::RejectedRecord;
use wire::risk::v1::{
    Advisory, AdvisoryRecord, ErrorReason, ImportAdvisoriesRequest, ImportAdvisoriesResponse, ImportAdvisoriesStart,
};

use super::{derive, vex};
use crate::Registry;
use crate::vulnerability::import::{IMPORTS, cut, most, not_started};
use crate::vulnerability::tally::Tally;

/// Receives advisories, lays them over what is known, and lets what they say of products that are not affected count.
pub(super) async fn import(
    registry: &Registry,
    context: &Context,
    mut stream: Streaming<ImportAdvisoriesRequest>,
) -> Outcome<ImportAdvisoriesResponse> {
    let start = start(&mut stream).await?;
    let organization = crate::enter(context, &start.parent, "start.parent")?;
    tracing::info!(organization, source = start.source, "advisories are imported");
    let mut tally = Tally::default();
    let mut not_affected = 0;
    while let Some(message) = stream.next().await {
        let message = message.map_err(|status| cut(&status, tally.read))?;
        let Some(Part::Batch(batch)) = message.part else {
            return Err(not_started(
                "`start` came again, or a message was empty: send `start` once, first, then batches",
            ));
        };
        most(batch.records.len())?;
        not_affected += self::batch(registry, context, &organization, batch.records, &mut tally).await?;
    }
    Ok(response(tally, not_affected))
}

async fn start(stream: &mut Streaming<ImportAdvisoriesRequest>) -> Outcome<ImportAdvisoriesStart> {
    let first = stream.next().await.transpose().map_err(|status| cut(&status, 0))?;
    let Some(Part::Start(start)) = first.and_then(|message| message.part) else {
        return Err(not_started("send `start` as the first message"));
    };
    let mut violations = Vec::new();
    start.check(&wire::At::Root.field("start"), &mut violations);
    if violations.is_empty() { Ok(start) } else { Err(Fault::violations(violations)) }
}

/// Writes a batch; gives how many findings are NOT_AFFECTED by it.
async fn batch(
    registry: &Registry,
    context: &Context,
    organization: &str,
    records: Vec<AdvisoryRecord>,
    tally: &mut Tally,
) -> Outcome<i32> {
    let (mut items, mut places) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
    for record in records {
        tally.read = tally.read.saturating_add(1);
        let (place, tracking) =
            (record.place.clone(), record.advisory.as_ref().map(|one| one.tracking_id.clone()).unwrap_or_default());
        match item(record) {
            Ok(item) => {
                items.push(item);
                places.push((place, tracking));
            }
            Err(fault) => tally.refuse(&place, &tracking, &fault),
        }
    }
    let mut tx = registry.database.begin(context).await?;
    tx.hold(IMPORTS, organization, store::Hold::Alone).await?;
    let mut cves: Vec<String> = items.iter().flat_map(|(_, one)| vex::spoken_of(one)).collect();
    cves.sort_unstable();
    cves.dedup();
    let laid = registry.advisories.lay(&mut tx, organization, items, lay).await?;
    let changed = laid.created + laid.updated;
    tally.add(laid, &places);
    let cves: Vec<&str> = cves.iter().map(String::as_str).collect();
    // What changed nothing says nothing new.
    let not_affected = if changed > 0 { vex::apply(&mut tx, organization, &cves).await? } else { 0 };
    tx.commit().await?;
    Ok(not_affected)
}

/// A record as a row, or why it is none.
fn item(record: AdvisoryRecord) -> Outcome<(String, Advisory)> {
    fault::check(&record)?;
    let said = record.advisory.unwrap_or_default();
    if said.tracking_id.trim().is_empty() {
        let message = "it has no tracking id (`document.tracking.id`), by which an advisory is known";
        return Err(Fault::invalid(ErrorReason::VulnerabilityRecordInvalid, message).with("cve", ""));
    }
    let id = id(&said.tracking_id);
    let mut row = Advisory::default();
    lay(&mut row, &said);
    Ok((id, row))
}

/// A tracking id as an id: in small letters, what cannot stand in one as a hyphen. A digest tells apart what that makes the same.
pub(super) fn id(tracking: &str) -> String {
    let small = tracking.trim().to_lowercase();
    if resource::valid_id(&small) {
        return small;
    }
    let fits = |letter: char| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '-' };
    let stem: String = small.chars().map(fits).skip_while(|letter| !letter.is_ascii_alphanumeric()).take(50).collect();
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(small.as_bytes()));
    let digest = digest.get(..10).unwrap_or_default();
    if stem.is_empty() { format!("a-{digest}") } else { format!("{stem}-{digest}") }
}

/// Lays an advisory over its row, unless that is of a later version.
fn lay(row: &mut Advisory, said: &Advisory) {
    if older(said, row) {
        return;
    }
    let head = std::mem::take(row);
    *row = Advisory {
        name: head.name,
        create_time: head.create_time,
        update_time: head.update_time,
        etag: head.etag,
        ..said.clone()
    };
    derive(row);
}

/// Whether an advisory is of an earlier release than what is known; where releases are of one time, of an earlier version.
fn older(said: &Advisory, known: &Advisory) -> bool {
    if known.tracking_id.is_empty() {
        return false;
    }
    let time = micros(said.release_time.as_ref()).cmp(&micros(known.release_time.as_ref()));
    time.then_with(|| super::vex::versions(&said.version, &known.version).unwrap_or(Ordering::Equal)).is_lt()
}

fn response(tally: Tally, not_affected: i32) -> ImportAdvisoriesResponse {
    let Tally { read, created, updated, unchanged, rejected, refused } = tally;
    let told = refused.into_iter().map(|one| RejectedRecord {
        place: one.place,
        tracking_id: one.id,
        reason: one.reason,
        message: one.message,
    });
    ImportAdvisoriesResponse {
        read,
        created,
        updated,
        unchanged,
        rejected,
        rejected_records: told.collect(),
        not_affected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracking_id_becomes_an_id_and_two_never_the_same() {
        assert_eq!(id("ICSA-24-165-13"), "icsa-24-165-13");
        let (one, other) = (id("RHSA-2022:0011"), id("RHSA-2022-0011"));
        assert!(resource::valid_id(&one) && one.starts_with("rhsa-2022-0011-"), "{one}");
        assert_eq!(other, "rhsa-2022-0011");
        for odd in ["ÄÖÜ", &"x".repeat(300), "--", "a b"] {
            assert!(resource::valid_id(&id(odd)), "{odd}: {}", id(odd));
        }
    }

    #[test]
    fn an_earlier_release_does_not_replace_a_later_one() {
        let of = |version: &str, release: i64| Advisory {
            tracking_id: "A-1".to_owned(),
            version: version.to_owned(),
            release_time: store::timestamp(release),
            ..Default::default()
        };
        for (first, second, expected) in [
            (of("1", 10), of("2", 20), "2"),
            (of("2", 20), of("1", 10), "2"),
            (of("9", 10), of("10", 10), "10"),
            (of("10", 10), of("9", 10), "10"),
        ] {
            let mut row = first;
            lay(&mut row, &second);
            assert_eq!(row.version, expected);
        }
    }
}
