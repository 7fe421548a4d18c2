//! What advisories say is not affected (VEX): findings of these products become NOT_AFFECTED, with the justification.

use std::collections::{BTreeMap, HashMap};

use fault::{Fault, Outcome};
use store::{Collection, Transaction};
use wire::risk::v1::advisory::Statement;
use wire::risk::v1::finding::{Justification, State};
use wire::risk::v1::{Advisory, Finding};

use super::Advisories;
use crate::finding::Findings;
use crate::finding::matching::alias;
use crate::finding::matching::judge::{Product, of_advisory};
use crate::finding::moves::{self, By, Step};
use crate::id_of;
use crate::version::Among;
pub(crate) use crate::version::compare as versions;
use crate::vulnerability::names::plain;

/// The CVEs of which an advisory says that something is not affected, in small letters.
pub(crate) fn spoken_of(one: &Advisory) -> Vec<String> {
    let said = one.statements.iter().filter(|said| !said.cve.is_empty() && !said.known_not_affected.is_empty());
    said.map(|said| said.cve.clone()).collect()
}

/// The makers and products that an advisory names, plain.
pub(super) fn subjects(one: &Advisory) -> Vec<Vec<String>> {
    let pairs = one.product_tree.iter().map(|product| vec![plain(&product.vendor), plain(&product.product)]);
    let mut pairs: Vec<Vec<String>> = pairs.filter(|pair| pair.iter().all(|name| !name.is_empty())).collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

/// Why a product is not affected, by what an advisory says of a vulnerability; none where it says no such thing, or not why.
fn justified(one: &Advisory, said: &Statement, product: &Product) -> Option<(Justification, String)> {
    for pair in alias::pairs(&product.vendor, &product.model).into_keys() {
        let sure = |ids: &[String]| matches!(of_advisory(one, ids, &pair, &product.version), Among::Yes | Among::All);
        if !sure(&said.known_not_affected) {
            continue;
        }
        let flag = said.flags.iter().find(|flag| flag.product_ids.is_empty() || sure(&flag.product_ids));
        let justification = flag.map(|flag| flag.justification()).unwrap_or_default();
        if justification != Justification::Unspecified || !said.impact.trim().is_empty() {
            return Some((justification, said.impact.clone()));
        }
    }
    None
}

/// What becomes of a finding.
struct Verdict {
    justification: Justification,
    impact: String,
    advisory: String,
    tracking: String,
}

/// Makes findings of vulnerabilities NOT_AFFECTED where an advisory says so of the product, and why. Gives how many.
pub(crate) async fn apply(tx: &mut Transaction, organization: &str, cves: &[&str]) -> Outcome<i32> {
    let mut count = 0;
    for chunk in cves.chunks(500) {
        let advisories = advisories(tx, organization, chunk).await?;
        if advisories.is_empty() {
            continue;
        }
        let spoken: Vec<String> = advisories.iter().flat_map(spoken_of).collect();
        let names: Vec<String> = chunk
            .iter()
            .filter(|cve| spoken.iter().any(|known| known == *cve))
            .map(|cve| crate::vulnerability::import::name(organization, cve))
            .collect();
        count += apply_to(tx, organization, &names, &advisories).await?;
    }
    Ok(count)
}

async fn advisories(tx: &mut Transaction, organization: &str, cves: &[&str]) -> Outcome<Vec<Advisory>> {
    let collection = Collection::<Advisories>::new(tx.database().clone());
    let mut found = collection
        .select(tx, organization, |sql| {
            sql.push("id IN (SELECT id FROM advisory_vulnerability WHERE organization = ").bind(organization);
            sql.push(" AND ").is_in("value", cves).push(")");
        })
        .await?;
    found.retain(|one| !spoken_of(one).is_empty());
    // The latest says last.
    found.sort_by_key(|one| store::micros(one.release_time.as_ref()));
    Ok(found)
}

async fn apply_to(
    tx: &mut Transaction,
    organization: &str,
    vulnerabilities: &[String],
    advisories: &[Advisory],
) -> Outcome<i32> {
    let (mut after, mut count) = (String::new(), 0);
    let named: Vec<&str> = vulnerabilities.iter().map(String::as_str).collect();
    loop {
        let mut sql = tx.sql("SELECT id, vulnerability, asset FROM finding WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("vulnerability", &named);
        sql.push(" AND ").is_in("state", &moves::OPEN.map(|state: State| state.as_str_name()));
        sql.push(" AND asset <> '' AND id > ").bind(after.as_str()).push(" ORDER BY id LIMIT 1000");
        let mut open = Vec::new();
        for row in tx.rows(sql).await? {
            let text = |at| row.try_get_by_index::<String>(at).map_err(Fault::defect);
            open.push((text(0)?, text(1)?, text(2)?));
        }
        let Some((last, ..)) = open.last() else { return Ok(count) };
        after.clone_from(last);
        let assets: Vec<&str> = open.iter().map(|(.., asset)| id_of(asset)).collect();
        let products = products(tx, organization, &assets).await?;
        let mut verdicts = BTreeMap::new();
        for (id, vulnerability, asset) in &open {
            let Some(product) = products.get(id_of(asset)) else { continue };
            let cve = id_of(vulnerability);
            let verdict = advisories.iter().rev().find_map(|one| verdict(one, cve, product));
            if let Some(verdict) = verdict {
                verdicts.insert(id.as_str(), verdict);
            }
        }
        count += dismiss(tx, organization, &verdicts).await?;
    }
}

fn verdict(one: &Advisory, cve: &str, product: &Product) -> Option<Verdict> {
    let said = one.statements.iter().filter(|said| said.cve == cve);
    let (justification, impact) = said.filter_map(|said| justified(one, said, product)).next()?;
    Some(Verdict { justification, impact, advisory: one.name.clone(), tracking: one.tracking_id.clone() })
}

async fn products(tx: &mut Transaction, organization: &str, assets: &[&str]) -> Outcome<HashMap<String, Product>> {
    let mut sql = tx
        .sql("SELECT id, vendor, product, product_version FROM estate_thing WHERE kind = 'asset' AND organization = ");
    sql.bind(organization).push(" AND ").is_in("id", assets);
    let rows = tx.rows(sql).await?;
    rows.iter()
        .map(|row| {
            let text = |at| row.try_get_by_index::<String>(at).map_err(Fault::defect);
            Ok((text(0)?, Product { vendor: text(1)?, model: text(2)?, version: text(3)? }))
        })
        .collect()
}

async fn dismiss(tx: &mut Transaction, organization: &str, verdicts: &BTreeMap<&str, Verdict>) -> Outcome<i32> {
    let ids: Vec<&str> = verdicts.keys().copied().collect();
    let now = tx.context().clock.now();
    let decider = tx.context().caller.subject.clone();
    let findings = Collection::<Findings>::new(tx.database().clone());
    let rule = |old: &Finding, new: &mut Finding| {
        let Some(verdict) = verdicts.get(id_of(&old.name)) else { return };
        let reason = match verdict.impact.as_str() {
            "" => format!("{} says that the product is not affected", verdict.tracking),
            impact => format!("{} says that the product is not affected: {impact}", verdict.tracking),
        };
        let reason: String = reason.chars().take(2000).collect();
        if moves::make(Step::Dismiss, old, new, &By { decider: &decider, reason: &reason, now }).is_ok() {
            new.set_justification(verdict.justification);
            new.advisory.clone_from(&verdict.advisory);
        }
    };
    let count = findings.change_allowed(tx, organization, &ids, rule).await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
