//! Deleting a catalogue with all that is in it.

use access::Context;
use fault::{Fault, Outcome};
use store::{Hold, Resource, Rules, Transaction};
use tonic::Code;
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::DeleteThreatCatalogueRequest;

use super::{ThreatCatalogues, count};
use crate::mitigation::Mitigations;
use crate::threat::Threats;
use crate::{Registry, id_of};

/// Deletes a catalogue, its threats and its mitigations, unless something else names one of them: then nothing is deleted.
pub(super) async fn clear(
    registry: &Registry,
    context: &Context,
    request: &DeleteThreatCatalogueRequest,
) -> Outcome<()> {
    let name = resource::Name::parse(&request.name, ThreatCatalogues::COLLECTION)
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("name"))?;
    context.enter(name.organization(), &request.name)?;
    let (organization, id) = (name.organization(), name.id());
    // What is in it is not counted one by one.
    let mut tx = registry.database.begin(context).await?.bulk();
    tx.hold(count::CATALOGUES, &request.name, Hold::Alone).await?;
    let known = registry.threat_catalogues.load(&mut tx, organization, &[id]).await?;
    let known = known.into_iter().next().ok_or_else(|| Fault::not_found(&request.name))?;
    if !request.etag.is_empty() && request.etag != known.etag {
        let message = "the catalogue has changed since you read it: read it again, and delete what it is now";
        return Err(Fault::new(Code::Aborted, House::EtagMismatch, message).with("current", &known.etag).on("etag"));
    }
    empty(&registry.threats, &mut tx, organization, id).await?;
    empty(&registry.mitigations, &mut tx, organization, id).await?;
    registry.threat_catalogues.delete_many(&mut tx, organization, &[id]).await?;
    // Looked up after the rows are gone: what began to name one of them before has been written by now.
    unnamed::<Threats>(&mut tx, organization, &format!("{}/threats/", request.name)).await?;
    unnamed::<Mitigations>(&mut tx, organization, &format!("{}/mitigations/", request.name)).await?;
    tx.commit().await
}

async fn empty<R: Rules>(
    collection: &store::Collection<R>,
    tx: &mut Transaction,
    organization: &str,
    catalogue: &str,
) -> Outcome<()> {
    let rows = collection.select(tx, organization, |sql| {
        sql.within(catalogue);
    });
    let ids: Vec<String> = rows.await?.iter().map(|row| format!("{catalogue}/{}", id_of(R::name(row)))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    collection.delete_many(tx, organization, &ids).await.map(drop)
}

/// Refuses where something still names a resource whose name begins so.
async fn unnamed<R: Resource>(tx: &mut Transaction, organization: &str, prefix: &str) -> Outcome<()> {
    // '0' follows '/'.
    let end = format!("{}0", prefix.trim_end_matches('/'));
    for referrer in R::referrers() {
        let column = referrer.column;
        let mut sql = tx.sql(format!("SELECT COUNT(*) FROM {} WHERE organization = ", referrer.table));
        sql.bind(organization).push(&format!(" AND \"{column}\" > ")).bind(prefix);
        sql.push(&format!(" AND \"{column}\" < ")).bind(end.as_str());
        let row = tx.row(sql).await?;
        let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        if count > 0 {
            let what = referrer.what;
            let message = format!("{count} {what} name what is in the catalogue: let them go of it first");
            return Err(Fault::precondition(House::StillReferenced, message).with("count", count).with("by", what));
        }
    }
    Ok(())
}
