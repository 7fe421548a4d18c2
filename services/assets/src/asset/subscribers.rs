//! How many subscribers are behind an asset: summed over distinct services, by whatever basis each was counted.

use fault::{Fault, Outcome};
use store::{Datum, FieldType, Part};
use wire::assets::v1::{Asset, ImpactedService};

use crate::{Registry, id_of};

/// How many services an answer lists.
const MOST: usize = 20;

/// The subscribers of a service as a column: 0 where it has none.
pub(super) struct Subscribers;

impl Part<Asset> for Subscribers {
    fn field_type() -> FieldType {
        FieldType::Integer
    }

    fn get(asset: &Asset) -> Datum {
        Datum::Integer(asset.service.as_ref().map_or(0, |service| service.subscribers))
    }

    fn set(asset: &mut Asset, datum: Datum) {
        let subscribers = datum.integer();
        if asset.service.is_some() || subscribers != 0 {
            asset.service.get_or_insert_default().subscribers = subscribers;
        }
    }
}

/// The subscribers behind an asset.
#[derive(Default)]
pub(super) struct Behind {
    /// All of them, summed.
    pub(super) subscribers: i64,
    /// How many services have any.
    pub(super) services: i64,
    /// The services with the most, the greatest first.
    pub(super) largest: Vec<ImpactedService>,
}

/// Sums up the subscribers of an asset and of those that depend on it, each named in full and once.
pub(super) async fn behind(
    registry: &Registry,
    organization: &str,
    asset: &str,
    dependents: &[&str],
) -> Outcome<Behind> {
    let mut behind = Behind::default();
    let mut largest: Vec<(i64, String)> = Vec::new();
    let ids: Vec<&str> = dependents.iter().copied().chain([asset]).map(id_of).collect();
    for chunk in ids.chunks(5000) {
        let mut sql = registry.database.sql("SELECT subscribers, id FROM asset WHERE organization = ");
        sql.bind(organization)
            .push(" AND ")
            .is_in("id", chunk)
            .push(" AND subscribers > 0 ORDER BY subscribers DESC, id");
        for row in registry.database.rows(sql).await? {
            let subscribers: i64 = row.try_get_by_index(0).map_err(Fault::defect)?;
            behind.subscribers = behind.subscribers.saturating_add(subscribers);
            behind.services += 1;
            largest.push((subscribers, row.try_get_by_index(1).map_err(Fault::defect)?));
        }
        largest.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        largest.truncate(MOST);
    }
    if largest.is_empty() {
        return Ok(behind);
    }
    let ids: Vec<&str> = largest.iter().map(|(_, id)| id.as_str()).collect();
    let found = registry.assets.find(organization, |sql| {
        sql.is_in("id", &ids);
    });
    let found = found.await?;
    let services = ids.iter().filter_map(|id| found.iter().find(|asset| id_of(&asset.name) == *id));
    behind.largest = services
        .map(|asset| ImpactedService {
            asset: asset.name.clone(),
            display_name: asset.display_name.clone(),
            service: asset.service.clone(),
        })
        .collect();
    Ok(behind)
}
