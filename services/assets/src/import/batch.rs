//! One batch of an import: match by external id, check each item on its own, write what is good in few statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use fault::{Fault, Outcome};
use store::{Resource, Rules, Transaction};
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_result::Outcome as Became;
use wire::assets::v1::{
    AssetRecord, Dependency, DependencyRecord, ErrorReason, ImportCounts, ImportItem, ImportResult, SiteRecord,
};

use super::merge::{merge_asset, merge_site, own_id};
use super::policy::Policy;
use crate::asset::Assets;
use crate::dependency::Dependencies;
use crate::site::Sites;
use crate::{Registry, id_of};

/// What an import has seen so far.
pub(crate) struct Session {
    organization: String,
    source: String,
    accept_states: bool,
    policy: Policy,
    /// How many fields the policy has kept as they are.
    kept_fields: i64,
    seen: HashSet<[u8; 16]>,
    /// What was seen since the last mark.
    fresh: Vec<[u8; 16]>,
    skipped: i64,
    /// At how many new ones of a kind the database is next told how full it is.
    take_stock_at: HashMap<String, i64>,
    by_kind: BTreeMap<String, ImportCounts>,
}

/// What an import has seen before a batch, beside what the batch itself is of.
pub(super) struct Mark {
    kept_fields: i64,
    take_stock_at: HashMap<String, i64>,
    by_kind: BTreeMap<String, ImportCounts>,
}

/// One item on its way.
struct Item<M> {
    index: usize,
    external_id: String,
    message: M,
    /// Fields the policy left out.
    kept: Vec<String>,
}

impl<M> Item<M> {
    fn new(index: usize, external_id: String, message: M) -> Self {
        Self { index, external_id, message, kept: Vec::new() }
    }
}

type Results = Vec<Option<ImportResult>>;

impl Session {
    pub(crate) fn new(organization: String, source: String, accept_states: bool, policy: Policy) -> Self {
        Self {
            organization,
            source,
            accept_states,
            policy,
            kept_fields: 0,
            seen: HashSet::new(),
            fresh: Vec::new(),
            skipped: 0,
            take_stock_at: HashMap::new(),
            by_kind: BTreeMap::new(),
        }
    }

    pub(super) fn organization(&self) -> &str {
        &self.organization
    }

    /// How many fields the policy of the source has kept as they are.
    pub(super) fn kept_fields(&self) -> i64 {
        self.kept_fields
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the stream lists any asset.
    pub(super) fn lists_assets(&self) -> bool {
        self.by_kind.get("asset").is_some_and(|counts| counts.read > 0)
    }

    /// Whether the stream lists an asset, be it one that was rejected.
    pub(super) fn lists_asset(&self, external_id: &str) -> bool {
        self.seen.contains(&seen("asset", external_id))
    }

    /// Items that an import before this one took: listed, and not looked at again.
    pub(super) fn skipped(&mut self, items: &[ImportItem]) {
        self.skipped += i64::try_from(items.len()).unwrap_or(i64::MAX);
        items.iter().for_each(|item| self.list(item));
    }

    fn list(&mut self, item: &ImportItem) {
        if let Some(Record::Asset(record)) = &item.record {
            self.see(seen("asset", &record.external_id));
        }
    }

    /// Remembers that something was seen; false where it was before.
    fn see(&mut self, what: [u8; 16]) -> bool {
        let first = self.seen.insert(what);
        if first {
            self.fresh.push(what);
        }
        first
    }

    /// Where a batch begins.
    pub(super) fn mark(&mut self) -> Mark {
        self.fresh.clear();
        Mark { kept_fields: self.kept_fields, take_stock_at: self.take_stock_at.clone(), by_kind: self.by_kind.clone() }
    }

    /// Forgets what came since the last mark.
    pub(super) fn back_to(&mut self, mark: Mark) {
        for what in self.fresh.drain(..) {
            self.seen.remove(&what);
        }
        (self.kept_fields, self.take_stock_at, self.by_kind) = (mark.kept_fields, mark.take_stock_at, mark.by_kind);
    }

    pub(super) fn by_kind(&self) -> BTreeMap<String, ImportCounts> {
        self.by_kind.clone()
    }

    pub(super) fn counts(&self) -> ImportCounts {
        let mut sum = ImportCounts { skipped: self.skipped, read: self.skipped, ..Default::default() };
        for counts in self.by_kind.values() {
            sum.read += counts.read;
            sum.created += counts.created;
            sum.updated += counts.updated;
            sum.unchanged += counts.unchanged;
            sum.rejected += counts.rejected;
        }
        sum
    }

    /// Writes a batch. Sites come before assets and assets before dependencies, whatever the order in the batch.
    pub(crate) async fn apply(
        &mut self,
        registry: &Registry,
        tx: &mut Transaction,
        items: Vec<ImportItem>,
    ) -> Outcome<Vec<ImportResult>> {
        let mut results: Results = vec![None; items.len()];
        let (mut sites, mut assets, mut dependencies, mut heads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, item) in items.into_iter().enumerate() {
            let kind = match &item.record {
                Some(Record::Site(_)) => "site",
                Some(Record::Asset(_)) => "asset",
                _ => "dependency",
            };
            heads.push((item.position, item.origin.clone(), kind));
            let violations = wire::Validate::violations(&item);
            if !violations.is_empty() {
                self.list(&item);
                set(&mut results, index, rejected(&Fault::violations(violations)));
                continue;
            }
            match item.record {
                Some(Record::Site(record)) => sites.push((index, record)),
                Some(Record::Asset(record)) => assets.push((index, record)),
                Some(Record::Dependency(record)) => dependencies.push((index, record)),
                None => {
                    let message = "the item is empty: set site, asset or dependency";
                    set(&mut results, index, rejected(&Fault::invalid(ErrorReason::ImportReferenceUnknown, message)));
                }
            }
        }
        self.sites(registry, tx, sites, &mut results).await?;
        self.assets(registry, tx, assets, &mut results).await?;
        self.dependencies(registry, tx, dependencies, &mut results).await?;
        let mut out = Vec::with_capacity(results.len());
        for ((position, origin, kind), result) in heads.into_iter().zip(results) {
            let result = ImportResult { position, origin, ..result.unwrap_or_default() };
            self.count(kind, result.outcome());
            self.kept_fields += i64::try_from(result.kept_fields.len()).unwrap_or(i64::MAX);
            out.push(result);
        }
        if self.has_grown() {
            tx.take_stock().await?;
        }
        Ok(out)
    }

    /// Whether there are four times as many new ones of a kind as when the database was last told.
    fn has_grown(&mut self) -> bool {
        let mut grown = false;
        for (kind, counts) in &self.by_kind {
            let at = self.take_stock_at.entry(kind.clone()).or_insert(400);
            if counts.created >= *at {
                *at = counts.created * 4;
                grown = true;
            }
        }
        grown
    }

    fn count(&mut self, kind: &str, became: Became) {
        let counts = self.by_kind.entry(kind.to_owned()).or_default();
        counts.read += 1;
        match became {
            Became::Created => counts.created += 1,
            Became::Updated => counts.updated += 1,
            Became::Unchanged => counts.unchanged += 1,
            _ => counts.rejected += 1,
        }
    }

    /// Whether the external id comes for the first time in this import.
    fn first(&mut self, kind: &str, external_id: &str) -> Outcome<()> {
        if self.see(seen(kind, external_id)) {
            return Ok(());
        }
        let message = format!("{external_id} came before in this import: the first one counts; leave this one out");
        Err(Fault::invalid(ErrorReason::ImportDuplicate, message).with("externalId", external_id).on("external_id"))
    }

    async fn sites(
        &mut self,
        registry: &Registry,
        tx: &mut Transaction,
        records: Vec<(usize, SiteRecord)>,
        results: &mut Results,
    ) -> Outcome<()> {
        let ids: Vec<String> = records.iter().map(|(_, record)| record.external_id.clone()).collect();
        let known = self.known(tx, "site_external_id", &ids).await?;
        let (mut fresh, mut old) = (Vec::new(), Vec::new());
        for (index, record) in records {
            if let Err(fault) = self.first("site", &record.external_id) {
                set(results, index, rejected(&fault));
                continue;
            }
            let mut message = record.site.unwrap_or_default();
            Sites::clear_output(&mut message);
            own_id(&mut message.external_ids, &self.source, &record.external_id);
            let mut item = Item::new(index, record.external_id, message);
            match known.get(&item.external_id) {
                Some(id) => old.push((id.clone(), item)),
                None => {
                    item.kept = self.policy.admit(&mut item.message);
                    fresh.push(item);
                }
            }
        }
        self.create::<Sites>(tx, &registry.sites, fresh, results).await?;
        self.update::<Sites>(tx, &registry.sites, old, results, |old, new| merge_site(&self.policy, old, new)).await
    }

    async fn assets(
        &mut self,
        registry: &Registry,
        tx: &mut Transaction,
        records: Vec<(usize, AssetRecord)>,
        results: &mut Results,
    ) -> Outcome<()> {
        let ids: Vec<String> = records.iter().map(|(_, record)| record.external_id.clone()).collect();
        let known = self.known(tx, "asset_external_id", &ids).await?;
        let places: Vec<String> =
            records.iter().map(|(_, record)| record.site_external_id.clone()).filter(|id| !id.is_empty()).collect();
        let places = self.known(tx, "site_external_id", &places).await?;
        let (mut fresh, mut old) = (Vec::new(), Vec::new());
        for (index, record) in records {
            if let Err(fault) = self.first("asset", &record.external_id) {
                set(results, index, rejected(&fault));
                continue;
            }
            let mut message = record.asset.unwrap_or_default();
            if !record.site_external_id.is_empty() {
                let Some(site) = places.get(&record.site_external_id) else {
                    set(results, index, rejected(&unknown("site_external_id", &record.site_external_id)));
                    continue;
                };
                message.site = format!("organizations/{}/sites/{site}", self.organization);
            }
            let proposed = message.state();
            Assets::clear_output(&mut message);
            if self.accept_states {
                message.set_state(proposed);
            }
            own_id(&mut message.external_ids, &self.source, &record.external_id);
            let mut item = Item::new(index, record.external_id, message);
            match known.get(&item.external_id) {
                Some(id) => old.push((id.clone(), item)),
                None => {
                    item.kept = self.policy.admit(&mut item.message);
                    fresh.push(item);
                }
            }
        }
        self.create::<Assets>(tx, &registry.assets, fresh, results).await?;
        self.update::<Assets>(tx, &registry.assets, old, results, |old, new| merge_asset(&self.policy, old, new)).await
    }

    async fn dependencies(
        &mut self,
        registry: &Registry,
        tx: &mut Transaction,
        records: Vec<(usize, DependencyRecord)>,
        results: &mut Results,
    ) -> Outcome<()> {
        let ends: Vec<String> = records
            .iter()
            .flat_map(|(_, record)| [record.dependent_external_id.clone(), record.supporting_external_id.clone()])
            .collect();
        let assets = self.known(tx, "asset_external_id", &ends).await?;
        let mut items = Vec::new();
        for (index, record) in records {
            match self.edge(&assets, record) {
                Ok((id, message)) => items.push(Item::new(index, id, message)),
                Err(fault) => set(results, index, rejected(&fault)),
            }
        }
        let ids: HashSet<&str> = items.iter().map(|item| item.external_id.as_str()).collect();
        let known = tx.existing::<Dependencies>(&self.organization, ids).await?;
        let (old, fresh): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| known.contains(&item.external_id));
        let old = old.into_iter().map(|item| (item.external_id.clone(), item)).collect();
        self.create::<Dependencies>(tx, &registry.dependencies, fresh, results).await?;
        self.update::<Dependencies>(tx, &registry.dependencies, old, results, |old, new| {
            old.description.clone_from(&new.description);
            Vec::new()
        })
        .await
    }

    /// A dependency and its id, which follows from what it says, so that the same edge is the same resource again.
    fn edge(&mut self, assets: &HashMap<String, String>, record: DependencyRecord) -> Outcome<(String, Dependency)> {
        use sha2::{Digest as _, Sha256};
        let name = |field: &str, external_id: &str| match assets.get(external_id) {
            Some(id) => Ok(format!("organizations/{}/assets/{id}", self.organization)),
            None => Err(unknown(field, external_id)),
        };
        let dependent = name("dependent_external_id", &record.dependent_external_id)?;
        let supporting = name("supporting_external_id", &record.supporting_external_id)?;
        let kind = if record.kind.is_empty() { "uses".to_owned() } else { record.kind };
        let digest = data_encoding::HEXLOWER
            .encode(&Sha256::digest(format!("{}\n{dependent}\n{supporting}\n{kind}", self.source)));
        let id = digest.get(..24).unwrap_or_default().to_owned();
        self.first("dependency", &id)?;
        let source = self.source.clone();
        Ok((
            id,
            Dependency { dependent, supporting, kind, description: record.description, source, ..Default::default() },
        ))
    }

    /// Which of the external ids of this source are known, and as which resource.
    async fn known(
        &self,
        tx: &mut Transaction,
        table: &str,
        external_ids: &[String],
    ) -> Outcome<HashMap<String, String>> {
        if external_ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut wanted: Vec<&str> = external_ids.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut sql = tx.sql(format!("SELECT \"value\", id FROM {table} WHERE organization = "));
        sql.bind(self.organization.as_str())
            .push(" AND \"system\" = ")
            .bind(self.source.as_str())
            .push(" AND ")
            .is_in("\"value\"", &wanted);
        let rows = tx.rows(sql).await?;
        rows.iter()
            .map(|row| {
                Ok((row.try_get_by_index(0).map_err(Fault::defect)?, row.try_get_by_index(1).map_err(Fault::defect)?))
            })
            .collect()
    }

    /// Creates new items, each refused alone. Their id is the external id where it can be one and is free, so that people and
    /// scripts find things again by the name the source gave them.
    async fn create<R: Rules>(
        &self,
        tx: &mut Transaction,
        collection: &store::Collection<R>,
        items: Vec<Item<R::Message>>,
        results: &mut Results,
    ) -> Outcome<()> {
        let wishes: Vec<String> = items.iter().map(|item| item.external_id.to_ascii_lowercase()).collect();
        let valid = wishes.iter().map(String::as_str).filter(|id| resource::valid_id(id)).collect();
        let mut taken = tx.existing::<R>(&self.organization, valid).await?;
        let (mut places, mut drafts) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        for (item, wish) in items.into_iter().zip(wishes) {
            let free = resource::valid_id(&wish) && taken.insert(wish.clone());
            let id = if free { wish } else { tx.context().clock.id() };
            places.push((item.index, item.kept));
            drafts.push((id, item.message));
        }
        let made = collection.create_each(tx, &self.organization, drafts).await?;
        for ((index, kept_fields), outcome) in places.into_iter().zip(made) {
            let result = match outcome {
                Ok(message) => ImportResult { kept_fields, ..became(Became::Created, R::name(&message)) },
                Err(fault) => rejected(&fault),
            };
            set(results, index, result);
        }
        Ok(())
    }

    /// Lays known items over what is known of them, each refused alone.
    async fn update<R: Rules>(
        &self,
        tx: &mut Transaction,
        collection: &store::Collection<R>,
        items: Vec<(String, Item<R::Message>)>,
        results: &mut Results,
        merge: impl Fn(&mut R::Message, &R::Message) -> Vec<String> + Send + Sync,
    ) -> Outcome<()> {
        if items.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = items.iter().map(|(id, _)| id.as_str()).collect();
        let mut news: HashMap<&str, &R::Message> = HashMap::with_capacity(items.len());
        for (id, item) in &items {
            news.entry(id).or_insert(&item.message);
        }
        let mut kept: HashMap<String, Vec<String>> = HashMap::new();
        let changes = collection.change_each(tx, &self.organization, &ids, |_, old, new| {
            let id = id_of(R::name(old));
            if let Some(item) = news.get(id) {
                kept.insert(id.to_owned(), merge(new, item));
            }
            Ok(())
        });
        let mut changes = changes.await?;
        for (id, item) in &items {
            let name = format!("organizations/{}/{}/{id}", self.organization, R::COLLECTION);
            let result = match changes.remove(id) {
                Some(Ok(differs)) => ImportResult {
                    kept_fields: kept.remove(id).unwrap_or_default(),
                    ..became(if differs { Became::Updated } else { Became::Unchanged }, &name)
                },
                Some(Err(fault)) => rejected(&fault),
                None => rejected(&twice(&item.external_id, &name)),
            };
            set(results, item.index, result);
        }
        Ok(())
    }
}

/// What is remembered of an item: enough to know it again, and the same size for any id.
fn seen(kind: &str, external_id: &str) -> [u8; 16] {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(format!("{kind} {external_id}"));
    digest.first_chunk::<16>().copied().unwrap_or_default()
}

fn set(results: &mut Results, index: usize, result: ImportResult) {
    if let Some(slot) = results.get_mut(index) {
        *slot = Some(result);
    }
}

fn became(outcome: Became, name: &str) -> ImportResult {
    ImportResult { outcome: outcome.into(), name: name.to_owned(), ..Default::default() }
}

fn rejected(fault: &Fault) -> ImportResult {
    ImportResult {
        outcome: Became::Rejected.into(),
        reason: fault.reason().to_owned(),
        message: fault.message().to_owned(),
        field: fault.field().to_owned(),
        ..Default::default()
    }
}

/// Two external ids of the source that the register has on one resource came in one batch.
fn twice(external_id: &str, name: &str) -> Box<Fault> {
    let message = format!("{external_id} is {name}, which another item of this batch is too: leave one of them out");
    Fault::invalid(ErrorReason::ImportDuplicate, message).with("externalId", external_id).on("external_id")
}

fn unknown(field: &str, external_id: &str) -> Box<Fault> {
    let message = format!(
        "{external_id} names nothing in this import before this item, nor in the register: send what it names first"
    );
    Fault::invalid(ErrorReason::ImportReferenceUnknown, message).with("externalId", external_id).on(field.to_owned())
}
