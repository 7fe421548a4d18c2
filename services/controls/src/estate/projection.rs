//! How changes of the registry become rows here.

use std::collections::BTreeMap;

use fault::Outcome;
use prost::Name as _;
use store::Transaction;
use wire::assets::v1::asset::State;
use wire::assets::v1::{Asset, EssentialUser, Interconnect, Selector, SelectorMembership, ServiceSecurityLevel, Site};
use wire::changes::v1::Change;

use crate::id_of;

/// The kinds of changes that are taken in.
pub(crate) const KINDS: [&str; 7] = [
    "telwarden.assets.v1.Asset",
    "telwarden.assets.v1.Site",
    "telwarden.assets.v1.Interconnect",
    "telwarden.assets.v1.EssentialUser",
    "telwarden.assets.v1.ServiceSecurityLevel",
    "telwarden.assets.v1.Selector",
    "telwarden.assets.v1.SelectorMembership",
];

/// Keeps the projection.
pub(crate) struct Projection;

/// What a thing of the registry is, and where.
struct Thing {
    key: String,
    site: String,
}

/// By organization, kind and id.
type Things = BTreeMap<(String, &'static str, String), Option<Thing>>;
/// By organization, selector and asset: whether the asset is in.
type Memberships = BTreeMap<(String, String, String), bool>;

#[tonic::async_trait]
impl feed::Handler for Projection {
    async fn apply(&self, tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
        let (mut things, mut memberships) = (Things::new(), Memberships::new());
        for change in changes {
            // The last change of a thing says what it is now.
            if change.kind == SelectorMembership::full_name() {
                let (before, after) = (feed::before::<SelectorMembership>(change)?, feed::after(change)?);
                let Some(membership) = after.as_ref().or(before.as_ref()) else { continue };
                let (selector, asset) = (id_of(&membership.selector).to_owned(), id_of(&membership.asset).to_owned());
                memberships.insert((organization(change), selector, asset), after.is_some());
            } else if let Some((kind, thing)) = thing(change)? {
                things.insert((organization(change), kind, id_of(&change.resource).to_owned()), thing);
            }
        }
        write_things(tx, things).await?;
        write_memberships(tx, memberships).await
    }
}

fn organization(change: &Change) -> String {
    change.resource.split('/').nth(1).unwrap_or_default().to_owned()
}

/// What a change makes of a thing: its kind, and what it is now; none where it is gone.
fn thing(change: &Change) -> Outcome<Option<(&'static str, Option<Thing>)>> {
    let plain = |key: String| Thing { key, site: String::new() };
    Ok(Some(match change.kind.as_str() {
        "telwarden.assets.v1.Asset" => {
            // What has retired is protected by nobody any more.
            let asset = feed::after::<Asset>(change)?
                .filter(|asset| !matches!(asset.state(), State::Retired | State::Disposed));
            ("asset", asset.map(|asset| Thing { key: asset.r#type, site: id_of(&asset.site).to_owned() }))
        }
        "telwarden.assets.v1.Site" => ("site", feed::after::<Site>(change)?.map(|site| plain(site.r#type))),
        "telwarden.assets.v1.Interconnect" => {
            ("interconnect", feed::after::<Interconnect>(change)?.map(|one| plain(one.kind)))
        }
        "telwarden.assets.v1.EssentialUser" => {
            ("essential-user", feed::after::<EssentialUser>(change)?.map(|one| plain(one.category)))
        }
        "telwarden.assets.v1.ServiceSecurityLevel" => {
            ("service", feed::after::<ServiceSecurityLevel>(change)?.map(|one| plain(id_of(&one.asset).to_owned())))
        }
        "telwarden.assets.v1.Selector" => {
            ("selector", feed::after::<Selector>(change)?.map(|one| plain(one.state().as_str_name().to_owned())))
        }
        _ => return Ok(None),
    }))
}

async fn write_things(tx: &mut Transaction, things: Things) -> Outcome<()> {
    let mut groups: BTreeMap<_, Vec<(String, Option<Thing>)>> = BTreeMap::new();
    for ((organization, kind, id), thing) in things {
        groups.entry((organization, kind)).or_default().push((id, thing));
    }
    for ((organization, kind), things) in groups {
        let ids: Vec<&str> = things.iter().map(|(id, _)| id.as_str()).collect();
        let mut sql = tx.sql("DELETE FROM estate_thing WHERE organization = ");
        sql.bind(organization.as_str()).push(" AND kind = ").bind(kind).push(" AND ").is_in("id", &ids);
        tx.run(sql).await?;
        let rows = things.into_iter().filter_map(|(id, thing)| {
            let thing = thing?;
            Some(vec![organization.as_str().into(), kind.into(), id.into(), thing.key.into(), thing.site.into()])
        });
        let rows = rows.collect::<Vec<_>>();
        tx.insert("estate_thing", &["organization", "kind", "id", "key", "site"], rows).await?;
    }
    Ok(())
}

async fn write_memberships(tx: &mut Transaction, memberships: Memberships) -> Outcome<()> {
    let mut groups: BTreeMap<(String, String), Vec<(String, bool)>> = BTreeMap::new();
    for ((organization, selector, asset), inside) in memberships {
        groups.entry((organization, selector)).or_default().push((asset, inside));
    }
    for ((organization, selector), assets) in groups {
        let ids: Vec<&str> = assets.iter().map(|(asset, _)| asset.as_str()).collect();
        let mut sql = tx.sql("DELETE FROM estate_membership WHERE organization = ");
        sql.bind(organization.as_str()).push(" AND selector = ").bind(selector.as_str());
        sql.push(" AND ").is_in("asset", &ids);
        let gone = i64::try_from(tx.run(sql).await?).unwrap_or(i64::MAX);
        let inside = assets.into_iter().filter(|(_, inside)| *inside);
        let rows: Vec<_> = inside
            .map(|(asset, _)| vec![organization.as_str().into(), selector.as_str().into(), asset.into()])
            .collect();
        let moved = i64::try_from(rows.len()).unwrap_or(i64::MAX) - gone;
        tx.insert("estate_membership", &["organization", "selector", "asset"], rows).await?;
        count(tx, &organization, &selector, moved).await?;
    }
    Ok(())
}

async fn count(tx: &mut Transaction, organization: &str, selector: &str, moved: i64) -> Outcome<()> {
    let mut sql = tx.sql("INSERT INTO estate_selector (organization, selector, members, changes) VALUES (");
    sql.bind(organization).push(", ").bind(selector).push(", ").bind(moved).push(", 1)");
    sql.push(
        " ON CONFLICT (organization, selector) DO UPDATE SET members = estate_selector.members + excluded.members, ",
    );
    sql.push("changes = estate_selector.changes + 1");
    tx.run(sql).await.map(drop)
}
