//! How many subscribers are behind an asset: summed over distinct services, by whatever basis each was counted.

use fault::Outcome;
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

    fn get(asset: &Asset) -> Datum<'_> {
        Datum::Integer(asset.service.as_ref().map_or(0, |service| service.subscribers))
    }

    fn set(asset: &mut Asset, datum: Datum<'_>) {
        let subscribers = datum.integer();
        if asset.service.is_some() || subscribers != 0 {
            asset.service.get_or_insert_default().subscribers = subscribers;
        }
    }
}

/// The subscribers behind an asset: those of it and of what depends on it, each counted once.
#[derive(Default)]
pub(super) struct Behind {
    /// All of them, summed.
    pub(super) subscribers: i64,
    /// How many services have any.
    pub(super) services: i64,
    /// Those with the most, with their ids.
    most: Vec<(i64, String)>,
}

impl Behind {
    /// Adds a service by its id, where it has subscribers.
    pub(super) fn add(&mut self, subscribers: i64, id: &str) {
        if subscribers <= 0 {
            return;
        }
        self.subscribers = self.subscribers.saturating_add(subscribers);
        self.services += 1;
        self.most.push((subscribers, id.to_owned()));
        if self.most.len() >= 50 * MOST {
            self.cut();
        }
    }

    /// Adds the asset that is asked about.
    pub(super) fn own(&mut self, asset: &Asset) {
        self.add(asset.service.as_ref().map_or(0, |service| service.subscribers), id_of(&asset.name));
    }

    fn cut(&mut self) {
        self.most.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        self.most.truncate(MOST);
    }

    /// The services with the most, the greatest first.
    pub(super) async fn largest(&mut self, registry: &Registry, organization: &str) -> Outcome<Vec<ImpactedService>> {
        self.cut();
        if self.most.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = self.most.iter().map(|(_, id)| id.as_str()).collect();
        let found = registry.assets.find(organization, |sql| {
            sql.is_in("id", &ids);
        });
        let found = found.await?;
        let services = ids.iter().filter_map(|id| found.iter().find(|asset| id_of(&asset.name) == *id));
        let told = services.map(|asset| ImpactedService {
            asset: asset.name.clone(),
            display_name: asset.display_name.clone(),
            service: asset.service.clone(),
        });
        Ok(told.collect())
    }
}
