//! Matching: which assets have what a vulnerability or an advisory names.
//!
//! Not each vulnerability with each asset: the makers and models that the estate has are few, however many assets there are. Those that
//! records and advisories name are looked up by name; what is left is judged by version once for all assets of a version, and only then are
//! assets read, in portions. Each portion is committed for itself; a call that is cut off goes on where it stood when it comes again.

pub(crate) mod alias;
pub(crate) mod judge;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Sql};
use wire::risk::v1::finding::Basis;
use wire::risk::v1::vulnerability::State;
use wire::risk::v1::{Advisory, Finding, MatchFindingsRequest, MatchFindingsResponse};

use super::sight::{self, Sighted};
use crate::advisory::vex;
use crate::vulnerability::{Vulnerabilities, import};
use crate::{Registry, id_of};
use alias::Pair;
use judge::Product;

/// How sure a match must be where nothing is said.
const SURE_ENOUGH: f64 = 0.5;

/// How many new findings one call records.
const MOST_NEW: i32 = 100_000;

/// How many findings are written at once.
const PORTION: usize = 500;

/// A maker and model as the registry writes them, in small letters.
type Model = (String, String);

/// What the estate has, by the pairs under which it is looked up: the model, and whether that is by an alias.
type Wanted = HashMap<Pair, Vec<(Model, bool)>>;

/// What a vulnerability or an advisory names: the models, each with a pair.
type Named = BTreeMap<String, BTreeSet<(Pair, Model, bool)>>;

/// The surest match of a product, by CVE in small letters.
type Hits = BTreeMap<Product, BTreeMap<String, Basis>>;

/// Matches, and records what is found.
pub(super) async fn run(
    registry: &Registry,
    context: &Context,
    r: &MatchFindingsRequest,
) -> Outcome<MatchFindingsResponse> {
    let organization = crate::enter(context, &r.parent, "parent")?;
    let mut matching = Matching { registry, context, organization, response: MatchFindingsResponse::default() };
    let least = if r.min_confidence > 0.0 { r.min_confidence } else { SURE_ENOUGH };
    let wanted = matching.wanted().await?;
    let (vulnerabilities, advisories) = (matching.named(&wanted, &r.filter).await?, matching.advised(&wanted).await?);
    let models: BTreeSet<&Model> =
        vulnerabilities.values().chain(advisories.values()).flatten().map(|(_, model, _)| model).collect();
    let versions = matching.versions(&models).await?;
    matching.response.assets = sum(versions.values().flatten().map(|(_, count)| *count));
    let mut hits = Hits::new();
    matching.judge_vulnerabilities(&vulnerabilities, &versions, &mut hits).await?;
    matching.judge_advisories(&advisories, &versions, &r.filter, &mut hits).await?;
    let cves: BTreeSet<String> = hits.values().flat_map(BTreeMap::keys).cloned().collect();
    matching.response.vulnerabilities = i32::try_from(cves.len()).unwrap_or(i32::MAX);
    matching.record(hits, &versions, least, r.validate_only).await?;
    if !r.validate_only {
        let cves: Vec<&str> = cves.iter().map(String::as_str).collect();
        let mut tx = registry.database.begin(context).await?;
        matching.response.not_affected = vex::apply(&mut tx, &matching.organization, &cves).await?;
        tx.commit().await?;
    }
    Ok(matching.response)
}

fn sum(counts: impl Iterator<Item = i64>) -> i32 {
    i32::try_from(counts.sum::<i64>()).unwrap_or(i32::MAX)
}

struct Matching<'a> {
    registry: &'a Registry,
    context: &'a Context,
    organization: String,
    response: MatchFindingsResponse,
}

/// By model: its versions, and how many assets have each.
type Versions = HashMap<Model, Vec<(String, i64)>>;

impl Matching<'_> {
    async fn rows(&self, sql: Sql) -> Outcome<Vec<sea_orm::QueryResult>> {
        self.registry.database.rows(sql).await
    }

    fn sql(&self, text: &str) -> Sql {
        self.registry.database.sql(text)
    }

    /// The makers and models of the estate, by the pairs under which they are looked up. The index alone answers.
    async fn wanted(&self) -> Outcome<Wanted> {
        let mut sql = self.sql("SELECT DISTINCT vendor, product FROM estate_thing WHERE organization = ");
        sql.bind(self.organization.as_str()).push(" AND vendor > ''");
        let mut wanted = Wanted::new();
        for row in self.rows(sql).await? {
            let model: Model = (text(&row, 0)?, text(&row, 1)?);
            for (pair, alias) in alias::pairs(&model.0, &model.1) {
                wanted.entry(pair).or_default().push((model.clone(), alias));
            }
        }
        Ok(wanted)
    }

    /// What of it vulnerabilities name that the filter lets through, by their ids.
    async fn named(&self, wanted: &Wanted, filter: &str) -> Outcome<Named> {
        let mut sql = self.sql("SELECT id, maker, product FROM vulnerability_product WHERE organization = ");
        sql.bind(self.organization.as_str()).push(" AND ");
        let (makers, products) = sides(wanted);
        sql.is_in("maker", &makers).push(" AND ").is_in("product", &products);
        if !filter.is_empty() {
            sql.push(" AND id IN (SELECT id FROM vulnerability WHERE organization = ").bind(self.organization.as_str());
            sql.push(" AND ");
            Collection::<Vulnerabilities>::matching(&self.organization, filter, "filter", &mut sql)?;
            sql.push(")");
        }
        found(&self.rows(sql).await?, wanted)
    }

    /// What of it advisories name, by their ids.
    async fn advised(&self, wanted: &Wanted) -> Outcome<Named> {
        let mut sql = self.sql("SELECT id, maker, product FROM advisory_subject WHERE organization = ");
        sql.bind(self.organization.as_str()).push(" AND ");
        let (makers, products) = sides(wanted);
        sql.is_in("maker", &makers).push(" AND ").is_in("product", &products);
        found(&self.rows(sql).await?, wanted)
    }

    /// The versions of models, and how many assets have each.
    async fn versions(&self, models: &BTreeSet<&Model>) -> Outcome<Versions> {
        let mut versions = Versions::new();
        if models.is_empty() {
            return Ok(versions);
        }
        let part = |of: fn(&Model) -> &str| {
            let mut names: Vec<&str> = models.iter().map(|model| of(model)).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let mut sql = self.sql(
            "SELECT vendor, product, product_version, CAST(COUNT(*) AS BIGINT) FROM estate_thing WHERE organization = ",
        );
        sql.bind(self.organization.as_str()).push(" AND ").is_in("vendor", &part(|model| &model.0));
        sql.push(" AND ").is_in("product", &part(|model| &model.1));
        sql.push(" GROUP BY vendor, product, product_version");
        for row in self.rows(sql).await? {
            let model: Model = (text(&row, 0)?, text(&row, 1)?);
            if models.contains(&model) {
                let count: i64 = row.try_get_by_index(3).map_err(Fault::defect)?;
                versions.entry(model).or_default().push((text(&row, 2)?, count));
            }
        }
        Ok(versions)
    }

    async fn judge_vulnerabilities(&self, named: &Named, versions: &Versions, hits: &mut Hits) -> Outcome<()> {
        let ids: Vec<&str> = named.keys().map(String::as_str).collect();
        for chunk in ids.chunks(PORTION) {
            let found = self
                .registry
                .vulnerabilities
                .find(&self.organization, |sql| {
                    sql.is_in("id", chunk);
                })
                .await?;
            for one in found.iter().filter(|one| one.state() != State::Rejected) {
                let id = id_of(&one.name);
                for (pair, model, alias) in named.get(id).into_iter().flatten() {
                    for product in products(model, versions) {
                        if let Some(basis) = judge::vulnerability(one, pair, *alias, &product) {
                            keep(hits, product, id, basis);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn judge_advisories(&self, named: &Named, versions: &Versions, filter: &str, hits: &mut Hits) -> Outcome<()> {
        let ids: Vec<&str> = named.keys().map(String::as_str).collect();
        let mut found = Hits::new();
        for chunk in ids.chunks(100) {
            let advisories = self
                .registry
                .advisories
                .find(&self.organization, |sql| {
                    sql.is_in("id", chunk);
                })
                .await?;
            for one in &advisories {
                judge_one(one, named, versions, &mut found);
            }
        }
        let cves: BTreeSet<&str> = found.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
        let passed = self.passed(&cves, filter).await?;
        for (product, of_product) in found {
            for (cve, basis) in
                of_product.into_iter().filter(|(cve, _)| passed.as_ref().is_none_or(|all| all.contains(cve)))
            {
                keep(hits, product.clone(), &cve, basis);
            }
        }
        Ok(())
    }

    /// Which vulnerabilities the filter lets through; none where there is no filter, and any may be.
    async fn passed(&self, cves: &BTreeSet<&str>, filter: &str) -> Outcome<Option<HashSet<String>>> {
        if filter.is_empty() {
            return Ok(None);
        }
        let ids: Vec<&str> = cves.iter().copied().collect();
        let mut sql = self.sql("SELECT id FROM vulnerability WHERE organization = ");
        sql.bind(self.organization.as_str()).push(" AND ").is_in("id", &ids).push(" AND ");
        Collection::<Vulnerabilities>::matching(&self.organization, filter, "filter", &mut sql)?;
        let rows = self.rows(sql).await?;
        rows.iter().map(|row| text(row, 0)).collect::<Outcome<HashSet<String>>>().map(Some)
    }

    /// Records what is sure enough, in portions.
    async fn record(&mut self, hits: Hits, versions: &Versions, least: f64, count_only: bool) -> Outcome<()> {
        for (product, of_product) in hits {
            let model = (product.vendor.clone(), product.model.clone());
            let assets = versions.get(&model).into_iter().flatten().find(|(version, _)| *version == product.version);
            let assets = assets.map_or(0, |(_, count)| *count);
            let all = i64::try_from(of_product.len()).unwrap_or(i64::MAX);
            let sure: BTreeMap<String, Basis> =
                of_product.into_iter().filter(|(_, basis)| basis.confidence >= least).collect();
            let enough = i64::try_from(sure.len()).unwrap_or(i64::MAX);
            let add =
                |to: &mut i32, pairs: i64| *to = to.saturating_add(sum([pairs.saturating_mul(assets)].into_iter()));
            add(&mut self.response.matched, enough);
            add(&mut self.response.unsure, all - enough);
            if !count_only && !sure.is_empty() && !self.response.more {
                self.record_product(&product, &sure).await?;
            }
        }
        Ok(())
    }

    async fn record_product(&mut self, product: &Product, sure: &BTreeMap<String, Basis>) -> Outcome<()> {
        let mut after = String::new();
        loop {
            let assets = self.assets(product, &after).await?;
            let Some(last) = assets.last() else { return Ok(()) };
            after.clone_from(last);
            let pairs: Vec<(&String, (&String, &Basis))> =
                assets.iter().flat_map(|asset| sure.iter().map(move |hit| (asset, hit))).collect();
            for portion in pairs.chunks(PORTION) {
                if self.response.created >= MOST_NEW {
                    self.response.more = true;
                    return Ok(());
                }
                let seen = portion.iter().map(|(asset, (cve, basis))| self.finding(asset, cve, basis)).collect();
                let mut tx = self.registry.database.begin(self.context).await?;
                let sighted = sight::sight(&mut tx, &self.organization, seen).await?;
                tx.commit().await?;
                self.count(sighted);
            }
        }
    }

    fn finding(&self, asset: &str, cve: &str, basis: &Basis) -> Finding {
        Finding {
            vulnerability: import::name(&self.organization, cve),
            asset: format!("organizations/{}/assets/{asset}", self.organization),
            r#match: Some(basis.clone()),
            source: "match".to_owned(),
            ..Default::default()
        }
    }

    fn count(&mut self, sighted: Sighted) {
        let response = &mut self.response;
        for (to, more) in [
            (&mut response.created, sighted.created),
            (&mut response.reopened, sighted.reopened),
            (&mut response.seen, sighted.seen),
            (&mut response.unchanged, sighted.unchanged),
        ] {
            *to = to.saturating_add(more);
        }
    }

    /// The ids of assets of a product, a page after another.
    async fn assets(&self, product: &Product, after: &str) -> Outcome<Vec<String>> {
        let mut sql = self.sql("SELECT id FROM estate_thing WHERE organization = ");
        sql.bind(self.organization.as_str()).push(" AND vendor = ").bind(product.vendor.as_str());
        sql.push(" AND product = ").bind(product.model.as_str()).push(" AND id > ").bind(after);
        sql.push(" AND product_version = ")
            .bind(product.version.as_str())
            .push(" AND kind = 'asset' ORDER BY id LIMIT 1000");
        self.rows(sql).await?.iter().map(|row| text(row, 0)).collect()
    }
}

fn text(row: &sea_orm::QueryResult, at: usize) -> Outcome<String> {
    row.try_get_by_index(at).map_err(Fault::defect)
}

/// The makers and the products that are looked up.
fn sides(wanted: &Wanted) -> (Vec<&str>, Vec<&str>) {
    let makers: BTreeSet<&str> = wanted.keys().map(|(maker, _)| maker.as_str()).collect();
    let products: BTreeSet<&str> = wanted.keys().map(|(_, product)| product.as_str()).collect();
    (makers.into_iter().collect(), products.into_iter().collect())
}

/// The models that rows of id, maker and product name.
fn found(rows: &[sea_orm::QueryResult], wanted: &Wanted) -> Outcome<Named> {
    let mut named = Named::new();
    for row in rows {
        let (id, pair) = (text(row, 0)?, (text(row, 1)?, text(row, 2)?));
        for (model, alias) in wanted.get(&pair).into_iter().flatten() {
            named.entry(id.clone()).or_default().insert((pair.clone(), model.clone(), *alias));
        }
    }
    Ok(named)
}

fn products<'a>(model: &'a Model, versions: &'a Versions) -> impl Iterator<Item = Product> + 'a {
    let of_model = versions.get(model).into_iter().flatten();
    of_model.map(|(version, _)| Product { vendor: model.0.clone(), model: model.1.clone(), version: version.clone() })
}

fn judge_one(one: &Advisory, named: &Named, versions: &Versions, hits: &mut Hits) {
    for (pair, model, alias) in named.get(id_of(&one.name)).into_iter().flatten() {
        for product in products(model, versions) {
            for (cve, basis) in judge::advisory(one, pair, *alias, &product) {
                keep(hits, product.clone(), &cve, basis);
            }
        }
    }
}

/// Keeps the surest match of a product and a vulnerability.
fn keep(hits: &mut Hits, product: Product, cve: &str, basis: Basis) {
    let known = hits.entry(product).or_default().entry(cve.to_owned()).or_default();
    if basis.confidence > known.confidence {
        *known = basis;
    }
}
