//! How changes of the registry become rows here.

use std::collections::BTreeMap;

use fault::Outcome;
use prost::Name as _;
use store::{Choice as _, Transaction};
use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, Selector, SelectorMembership, Site};
use wire::changes::v1::Change;

use crate::{id_of, organization_of};

/// The kinds of changes that are taken in.
pub(crate) const KINDS: [&str; 4] = [
    "telwarden.assets.v1.Asset",
    "telwarden.assets.v1.Site",
    "telwarden.assets.v1.Selector",
    "telwarden.assets.v1.SelectorMembership",
];

const THING: [&str; 12] = [
    "organization",
    "kind",
    "id",
    "key",
    "display_name",
    "site",
    "value",
    "owner",
    "vendor",
    "product",
    "product_version",
    "state",
];

/// Keeps the projection.
pub(crate) struct Projection;

/// What a thing of the registry is now.
#[derive(Default)]
struct Thing {
    key: String,
    display_name: String,
    site: String,
    value: f64,
    owner: String,
    vendor: String,
    product: String,
    product_version: String,
    state: String,
    identifiers: Vec<(&'static str, String)>,
}

/// By organization and kind: by id, what it is now; none where it is gone.
type Things = BTreeMap<(String, &'static str), BTreeMap<String, Option<Thing>>>;
/// By organization and selector: by asset, whether it is in.
type Memberships = BTreeMap<(String, String), BTreeMap<String, bool>>;

#[tonic::async_trait]
impl feed::Handler for Projection {
    async fn apply(&self, tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
        let (mut things, mut memberships) = (Things::new(), Memberships::new());
        for change in changes {
            let organization = organization_of(&change.resource).to_owned();
            // The last change of a thing says what it is now.
            if change.kind == SelectorMembership::full_name() {
                let (before, after) = (feed::before::<SelectorMembership>(change)?, feed::after(change)?);
                let Some(membership) = after.as_ref().or(before.as_ref()) else { continue };
                let of_selector =
                    memberships.entry((organization, id_of(&membership.selector).to_owned())).or_default();
                of_selector.insert(id_of(&membership.asset).to_owned(), after.is_some());
            } else if let Some((kind, thing)) = thing(change)? {
                let of_kind = things.entry((organization, kind)).or_default();
                of_kind.insert(id_of(&change.resource).to_owned(), thing);
            }
        }
        for ((organization, kind), things) in things {
            let ids: Vec<String> = things.keys().cloned().collect();
            write_things(tx, &organization, kind, things).await?;
            if kind == "asset" {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                crate::exposure::follow(tx, &organization, &ids).await?;
            }
        }
        for ((organization, selector), assets) in memberships {
            write_memberships(tx, &organization, &selector, assets).await?;
        }
        Ok(())
    }
}

/// What a change makes of a thing: its kind, and what it is now; none where it is gone.
fn thing(change: &Change) -> Outcome<Option<(&'static str, Option<Thing>)>> {
    Ok(Some(match change.kind.as_str() {
        "telwarden.assets.v1.Asset" => {
            // What has retired is at risk no more.
            let asset = feed::after::<Asset>(change)?
                .filter(|asset| !matches!(asset.state(), State::Retired | State::Disposed));
            ("asset", asset.map(of_asset))
        }
        "telwarden.assets.v1.Site" => {
            let site = feed::after::<Site>(change)?;
            ("site", site.map(|site| Thing { key: site.r#type, display_name: site.display_name, ..Thing::default() }))
        }
        "telwarden.assets.v1.Selector" => {
            let selector = feed::after::<Selector>(change)?;
            let of = |selector: Selector| Thing {
                key: selector.state().as_str_name().to_owned(),
                display_name: selector.display_name,
                ..Thing::default()
            };
            ("selector", selector.map(of))
        }
        _ => return Ok(None),
    }))
}

fn of_asset(asset: Asset) -> Thing {
    let named = |kind: Kind| matches!(kind, Kind::Ip | Kind::Prefix | Kind::Fqdn);
    let identifiers = asset.network_identifiers.iter().filter(|one| named(one.kind()));
    Thing {
        identifiers: identifiers.map(|one| (one.kind().text(), one.value.to_lowercase())).collect(),
        state: asset.state().text().to_owned(),
        key: asset.r#type,
        display_name: asset.display_name,
        site: id_of(&asset.site).to_owned(),
        value: asset.effective_value,
        owner: asset.owner,
        vendor: asset.vendor.to_lowercase(),
        product: asset.model.to_lowercase(),
        product_version: asset.software_version,
    }
}

async fn write_things(
    tx: &mut Transaction,
    organization: &str,
    kind: &'static str,
    things: BTreeMap<String, Option<Thing>>,
) -> Outcome<()> {
    let ids: Vec<&str> = things.keys().map(String::as_str).collect();
    let mut sql = tx.sql("DELETE FROM estate_thing WHERE organization = ");
    sql.bind(organization).push(" AND kind = ").bind(kind).push(" AND ").is_in("id", &ids);
    tx.run(sql).await?;
    if kind == "asset" {
        let mut sql = tx.sql("DELETE FROM estate_identifier WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("asset", &ids);
        tx.run(sql).await?;
    }
    let (mut rows, mut identifiers) = (Vec::new(), Vec::new());
    for (id, thing) in things.into_iter().filter_map(|(id, thing)| Some((id, thing?))) {
        let mut own = thing.identifiers;
        own.sort_unstable();
        own.dedup();
        identifiers.extend(
            own.into_iter()
                .map(|(kind, value)| vec![organization.into(), kind.into(), value.into(), id.as_str().into()]),
        );
        rows.push(vec![
            organization.into(),
            kind.into(),
            id.into(),
            thing.key.into(),
            thing.display_name.into(),
            thing.site.into(),
            thing.value.into(),
            thing.owner.into(),
            thing.vendor.into(),
            thing.product.into(),
            thing.product_version.into(),
            thing.state.into(),
        ]);
    }
    tx.insert("estate_thing", &THING, rows).await?;
    tx.insert("estate_identifier", &["organization", "kind", "value", "asset"], identifiers).await.map(drop)
}

async fn write_memberships(
    tx: &mut Transaction,
    organization: &str,
    selector: &str,
    assets: BTreeMap<String, bool>,
) -> Outcome<()> {
    let ids: Vec<&str> = assets.keys().map(String::as_str).collect();
    let mut sql = tx.sql("DELETE FROM estate_membership WHERE organization = ");
    sql.bind(organization).push(" AND selector = ").bind(selector).push(" AND ").is_in("asset", &ids);
    tx.run(sql).await?;
    let inside = assets.iter().filter(|(_, inside)| **inside);
    let rows = inside.map(|(asset, _)| vec![organization.into(), selector.into(), asset.as_str().into()]).collect();
    tx.insert("estate_membership", &["organization", "selector", "asset"], rows).await.map(drop)
}
