//! Decisions about what a source no longer lists (X.1057 clause 8.3, change and disposal): is it still there, or gone?

use std::collections::{HashMap, HashSet};

use access::Context;
use fault::{Fault, Outcome};
use store::{Transaction, in_state};
use wire::assets::v1::asset::State;
use wire::assets::v1::resolve_unlisted_request::Decision;
use wire::assets::v1::resolve_unlisted_response::Resolution;
use wire::assets::v1::{Asset, ErrorReason, ResolveUnlistedRequest, ResolveUnlistedResponse};
use wire::fault::v1::ErrorReason as House;

use crate::Registry;

/// Answers ResolveUnlisted: each asset on its own, all in one transaction.
pub(crate) async fn resolve(
    registry: &Registry,
    context: &Context,
    request: &ResolveUnlistedRequest,
) -> Outcome<ResolveUnlistedResponse> {
    let organization = crate::enter(context, &request.parent)?;
    let decision = match request.decision() {
        Decision::Unspecified => {
            let message = "decision: say KEEP for assets that are still there, or RETIRE for those that are gone";
            return Err(Fault::invalid(House::FieldInvalid, message).on("decision"));
        }
        decision => decision,
    };
    if decision == Decision::Retire {
        // It does what RetireAsset does.
        context.require("assets.assets.retire", "decision")?;
    }
    let prefix = format!("organizations/{organization}/assets/");
    let ids: HashSet<&str> = request.assets.iter().filter_map(|name| name.strip_prefix(&prefix)).collect();
    let ids: Vec<&str> = ids.into_iter().filter(|id| resource::valid_id(id)).collect();
    let mut tx = crate::locks::begin_flow(&registry.database, context, &organization).await?;
    let changes = registry
        .assets
        .change_each(&mut tx, &organization, &ids, |_, old, new| decide(&request.source, decision, old, new));
    let became = changes.await?;
    if decision == Decision::Keep {
        let kept = became.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(id, _)| id.as_str());
        remember(&mut tx, &organization, &request.source, kept.collect()).await?;
    }
    tx.commit().await?;
    let resolutions = request.assets.iter().map(|name| resolution(name, &became, name.strip_prefix(&prefix)));
    Ok(ResolveUnlistedResponse { resolutions: resolutions.collect() })
}

fn decide(source: &str, decision: Decision, old: &Asset, new: &mut Asset) -> Outcome<()> {
    if !old.unlisted_by.iter().any(|unlisting| unlisting == source) {
        let message = format!(
            "{source} lists it, never listed it, or someone has decided before: the filter unlisted_by:\"{source}\" lists what waits"
        );
        return Err(Fault::precondition(ErrorReason::AssetNotUnlisted, message)
            .with("asset", &old.name)
            .with("source", source));
    }
    // Of what is gone already, only the flag is left to take away.
    if decision == Decision::Retire && !gone(old) {
        in_state("asset", old.state(), &[State::InService], "retired")?;
        new.set_state(State::Retired);
    }
    new.unlisted_by.retain(|unlisting| unlisting != source);
    Ok(())
}

fn resolution(asset: &str, became: &HashMap<String, Outcome<bool>>, id: Option<&str>) -> Resolution {
    let refused = |reason: &str, message: &str| Resolution {
        asset: asset.to_owned(),
        resolved: false,
        reason: reason.to_owned(),
        message: message.to_owned(),
    };
    match id.and_then(|id| became.get(id)) {
        Some(Ok(_)) => Resolution { asset: asset.to_owned(), resolved: true, ..Default::default() },
        Some(Err(fault)) => refused(fault.reason(), fault.message()),
        None => {
            let fault = Fault::not_found(asset);
            refused(fault.reason(), fault.message())
        }
    }
}

/// Remembers that assets are kept although the source does not list them, so that its next full import does not ask again.
async fn remember(tx: &mut Transaction, organization: &str, source: &str, ids: Vec<&str>) -> Outcome<()> {
    if ids.is_empty() {
        return Ok(());
    }
    forget(tx, organization, source, &ids).await?;
    let rows = ids.iter().map(|id| vec![organization.into(), source.into(), (*id).into()]).collect();
    tx.insert("asset_unlisted_kept", &["organization", "source", "asset"], rows).await
}

/// Lets go of decisions to keep: the source lists the assets again, so that a later silence of it is news.
pub(crate) async fn forget(tx: &mut Transaction, organization: &str, source: &str, ids: &[&str]) -> Outcome<()> {
    let mut sql = tx.sql("DELETE FROM asset_unlisted_kept WHERE organization = ");
    sql.bind(organization).push(" AND source = ").bind(source).push(" AND ").is_in("asset", ids);
    tx.run(sql).await?;
    Ok(())
}

/// The ids of the assets that are kept although the source does not list them.
pub(crate) async fn kept(tx: &mut Transaction, organization: &str, source: &str) -> Outcome<HashSet<String>> {
    let mut sql = tx.sql("SELECT asset FROM asset_unlisted_kept WHERE organization = ");
    sql.bind(organization).push(" AND source = ").bind(source);
    tx.rows(sql).await?.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
}

/// Whether an asset is gone as far as anyone knows: that its source lists it no more is then no news.
pub(crate) fn gone(asset: &Asset) -> bool {
    matches!(asset.state(), State::Retired | State::Disposed)
}
