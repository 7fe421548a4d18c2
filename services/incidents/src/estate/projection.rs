//! How changes of the registry become rows here.

use std::collections::{BTreeMap, BTreeSet};

use fault::Outcome;
use prost::Name as _;
use sea_orm::Value;
use store::Transaction;
use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, Dependency};
use wire::changes::v1::Change;

use crate::{correlator, id_of, organization_of};

/// The kinds of changes that are taken in.
pub(crate) const KINDS: [&str; 2] = ["telwarden.assets.v1.Asset", "telwarden.assets.v1.Dependency"];

/// Keeps the projection.
pub(crate) struct Projection;

/// By organization: by id, what it is now; none where it is gone.
type Now<T> = BTreeMap<String, BTreeMap<String, Option<T>>>;

#[tonic::async_trait]
impl feed::Handler for Projection {
    async fn apply(&self, tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
        let (mut assets, mut links) = (Now::<Asset>::new(), Now::<Dependency>::new());
        // Where devices stand, what they are called and what they hang on: correlation rests on it.
        let mut moved = BTreeSet::new();
        for change in changes {
            let organization = organization_of(&change.resource).to_owned();
            let id = id_of(&change.resource).to_owned();
            if change.kind == Dependency::full_name() {
                moved.insert(organization.clone());
                links.entry(organization).or_default().insert(id, feed::after(change)?);
            } else if change.kind == Asset::full_name() {
                let living = |asset: &Asset| !matches!(asset.state(), State::Retired | State::Disposed);
                let before = feed::before::<Asset>(change)?.filter(living);
                let after = feed::after::<Asset>(change)?.filter(living);
                if before.as_ref().map(placed) != after.as_ref().map(placed) {
                    moved.insert(organization.clone());
                }
                assets.entry(organization).or_default().insert(id, after);
            }
        }
        for (organization, assets) in assets {
            write_assets(tx, &organization, assets).await?;
        }
        for (organization, links) in links {
            write_links(tx, &organization, links).await?;
        }
        for organization in moved {
            correlator::start_anew(tx, &organization).await?;
        }
        Ok(())
    }
}

/// Where an asset stands and what it is called.
fn placed(asset: &Asset) -> (&str, BTreeSet<(String, String)>) {
    (&asset.site, names(asset))
}

/// By which names it is known, in small letters, each with the system that gives it.
fn names(asset: &Asset) -> BTreeSet<(String, String)> {
    let own = [id_of(&asset.name).to_lowercase(), asset.display_name.to_lowercase()];
    let named = |kind: Kind| matches!(kind, Kind::Ip | Kind::Fqdn);
    let network = asset.network_identifiers.iter().filter(|one| named(one.kind())).map(|one| one.value.to_lowercase());
    let plain = own.into_iter().chain(network).map(|name| (name, String::new()));
    let given = asset.external_ids.iter().map(|one| (one.value.to_lowercase(), one.system.clone()));
    plain.chain(given).filter(|(name, _)| !name.is_empty()).collect()
}

async fn write_assets(
    tx: &mut Transaction,
    organization: &str,
    assets: BTreeMap<String, Option<Asset>>,
) -> Outcome<()> {
    let ids: Vec<&str> = assets.keys().map(String::as_str).collect();
    clear(tx, "estate_asset", organization, "id", &ids).await?;
    clear(tx, "estate_name", organization, "asset", &ids).await?;
    let (mut rows, mut called): (Vec<Vec<Value>>, Vec<Vec<Value>>) = (Vec::new(), Vec::new());
    for (id, asset) in assets.iter().filter_map(|(id, asset)| Some((id.as_str(), asset.as_ref()?))) {
        let names = names(asset).into_iter();
        called.extend(names.map(|(name, system)| vec![organization.into(), name.into(), system.into(), id.into()]));
        rows.push(vec![
            organization.into(),
            id.into(),
            asset.display_name.as_str().into(),
            id_of(&asset.site).into(),
            asset.effective_value.into(),
            i64::from(asset.grade).into(),
            asset.service.as_ref().map_or(0, |service| service.subscribers).into(),
        ]);
    }
    let columns = ["organization", "id", "display_name", "site", "value", "grade", "subscribers"];
    tx.insert("estate_asset", &columns, rows).await?;
    tx.insert("estate_name", &["organization", "name", "system", "asset"], called).await
}

async fn write_links(
    tx: &mut Transaction,
    organization: &str,
    links: BTreeMap<String, Option<Dependency>>,
) -> Outcome<()> {
    let ids: Vec<&str> = links.keys().map(String::as_str).collect();
    clear(tx, "estate_link", organization, "id", &ids).await?;
    let row = |(id, link): (&String, &Option<Dependency>)| {
        let link = link.as_ref()?;
        let ends = [id_of(&link.dependent), id_of(&link.supporting)];
        Some(vec![organization.into(), id.as_str().into(), ends[0].into(), ends[1].into(), link.kind.as_str().into()])
    };
    let columns = ["organization", "id", "dependent", "supporting", "kind"];
    tx.insert("estate_link", &columns, links.iter().filter_map(row).collect()).await
}

async fn clear(tx: &mut Transaction, table: &str, organization: &str, column: &str, ids: &[&str]) -> Outcome<()> {
    let mut sql = tx.sql(format!("DELETE FROM {table} WHERE organization = "));
    sql.bind(organization).push(" AND ").is_in(column, ids);
    tx.run(sql).await.map(drop)
}
