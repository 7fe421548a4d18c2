//! Coverage: how much of what applies is done, of a catalogue, of those it is mapped to, of the assets of selectors.
//!
//! Nothing is kept. What is done is counted by control in the database, what follows by mappings is worked out in memory
//! (`coverage/judge.rs`), so a report costs a handful of statements whatever the number of implementations.

mod judge;
mod known;
mod selectors;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::Context;
use fault::Outcome;
use store::{open, reply};
use tonic::{Request, Response, Status};
use wire::controls::v1::coverage_service_server::CoverageService;
use wire::controls::v1::summarize_coverage_response::Part;
use wire::controls::v1::{
    AnalyzeCoverageGapsRequest, AnalyzeCoverageGapsResponse, Catalogue, CoverageGap, Derived, SummarizeCoverageRequest,
    SummarizeCoverageResponse, SummarizeSelectorCoverageRequest, SummarizeSelectorCoverageResponse,
};

use judge::{Done, Follows, Rank, Tally, derive};
use known::{Decided, DoneBy, Related, Row};

use crate::{Registry, estate, id_of, organization_of, shipped};

/// What is known of one catalogue.
struct Known {
    rows: Vec<Row>,
    done: HashMap<String, Done>,
    decided: Decided,
}

impl Known {
    /// What is done about a control.
    fn done(&self, row: &Row) -> Done {
        self.done.get(&row.id).copied().unwrap_or_default()
    }

    /// The controls that apply.
    fn applicable(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !self.decided.inapplicable.contains(&row.id))
    }

    /// The sum over some of the controls.
    fn tally(&self, of: impl Fn(&Row) -> bool) -> Tally {
        let mut tally = Tally::default();
        for row in self.rows.iter().filter(|row| of(row)) {
            if self.decided.inapplicable.contains(&row.id) {
                tally.leave_out();
            } else {
                let done = self.done(row);
                tally.add(done.level, done.effectiveness);
            }
        }
        tally
    }
}

impl Registry {
    /// The catalogue, found and allowed, and its scope, where one is named.
    async fn entered(&self, context: &Context, name: &str, scope: &str) -> Outcome<(Catalogue, Vec<String>)> {
        let catalogue = self.catalogues.get(context, name).await?;
        let sites = match scope {
            "" => Vec::new(),
            scope => self.scopes.get(context, scope).await?.sites,
        };
        Ok((catalogue, sites))
    }

    async fn known(
        &self,
        organization: &str,
        catalogue: &str,
        done: &mut DoneBy,
        decided: &mut HashMap<String, Decided>,
    ) -> Outcome<Known> {
        Ok(Known {
            rows: self.rows_of_catalogue(organization, catalogue).await?,
            done: done.remove(catalogue).unwrap_or_default(),
            decided: decided.remove(catalogue).unwrap_or_default(),
        })
    }

    async fn summarized(&self, context: &Context, r: &SummarizeCoverageRequest) -> Outcome<SummarizeCoverageResponse> {
        let (catalogue, sites) = self.entered(context, &r.name, &r.scope).await?;
        let organization = organization_of(&catalogue.name);
        let key = id_of(&catalogue.name);
        let mut done = self.done(organization, &r.scope).await?;
        let mut decided = self.decided(organization, &r.scope).await?;
        let known = self.known(organization, key, &mut done, &mut decided).await?;
        let facts = estate::facts(&self.database, organization, &sites).await?;
        let mut derived = Vec::new();
        for (other, related) in self.related(organization, key).await? {
            let there = self.known(organization, &other, &mut done, &mut decided).await?;
            derived.push(derivation(organization, &other, &related, &known.done, &there));
        }
        let statement = |id: &String| format!("organizations/{organization}/statements/{id}");
        Ok(SummarizeCoverageResponse {
            statements: known.decided.statements.iter().map(statement).collect(),
            coverage: Some(known.tally(|_| true).coverage()),
            themes: themes(&catalogue, &known),
            site_types: site_types(&known, facts.get("site-type")),
            derived,
        })
    }

    async fn gaps(&self, context: &Context, r: &AnalyzeCoverageGapsRequest) -> Outcome<Vec<CoverageGap>> {
        let (catalogue, _) = self.entered(context, &r.name, &r.scope).await?;
        let organization = organization_of(&catalogue.name);
        let mut done = self.done(organization, &r.scope).await?;
        let mut decided = self.decided(organization, &r.scope).await?;
        let key = id_of(&catalogue.name);
        let known = self.known(organization, key, &mut done, &mut decided).await?;
        // Seen from the others: what they do for this catalogue.
        let mut follows: BTreeMap<String, (Rank, CoverageGap)> = BTreeMap::new();
        for (other, related) in self.related(organization, key).await? {
            let nothing = HashMap::new();
            let entries: Vec<_> = related.entries.into_iter().map(judge::Entry::turned).collect();
            for (control, one) in derive(done.get(&other).unwrap_or(&nothing), &entries) {
                let held = follows.entry(control.to_owned()).or_default();
                if one.rank > held.0 {
                    *held = (one.rank, by_mapping(one));
                }
            }
        }
        let open = known.applicable().filter_map(|row| {
            let done = known.done(row);
            let (rank, by) = follows.remove(&row.id).unwrap_or_default();
            let wanted = done.level.max(rank) < Rank::Full && (!r.orphans_only || done.implementations == 0);
            wanted.then_some((row, done, rank, by))
        });
        Ok(open
            .map(|(row, done, rank, by)| CoverageGap {
                control: format!("{}/controls/{}", catalogue.name, row.id),
                label: row.label.clone(),
                title: row.title.clone(),
                theme: row.theme.clone(),
                level: done.level.level().into(),
                implementations: done.implementations,
                level_by_mapping: rank.level().into(),
                ..by
            })
            .collect())
    }
}

fn by_mapping(follows: Follows<'_>) -> CoverageGap {
    CoverageGap { mapping_entry: follows.by.name.clone(), relation: follows.by.relation.into(), ..Default::default() }
}

/// By theme, in the order of the catalogue; last what has none that the catalogue knows.
fn themes(catalogue: &Catalogue, known: &Known) -> Vec<Part> {
    let listed: BTreeSet<&str> = catalogue.themes.iter().map(|theme| theme.id.as_str()).collect();
    let of = |key: &str, title: &str, tally: Tally| Part {
        key: key.to_owned(),
        title: title.to_owned(),
        coverage: Some(tally.coverage()),
    };
    let named =
        catalogue.themes.iter().map(|theme| of(&theme.id, &theme.title, known.tally(|row| row.theme == theme.id)));
    let rest = of("", "", known.tally(|row| !listed.contains(row.theme.as_str())));
    named.chain([rest]).filter(|part| !is_empty(part)).collect()
}

/// By kind of site that there is, of the controls that rules of applicability tie to it.
fn site_types(known: &Known, there: Option<&BTreeSet<String>>) -> Vec<Part> {
    let part = |site_type: &String| {
        let rules = shipped::rules().iter().filter(|rule| rule.fact == "site-type" && rule.any_of.contains(site_type));
        let controls: BTreeSet<&String> = rules.flat_map(|rule| &rule.controls).collect();
        let coverage = Some(known.tally(|row| controls.contains(&row.id)).coverage());
        Part { key: site_type.clone(), title: site_type.replace('-', " "), coverage }
    };
    there.into_iter().flatten().map(part).filter(|part| !is_empty(part)).collect()
}

fn is_empty(part: &Part) -> bool {
    part.coverage.as_ref().is_none_or(|of| of.applicable + of.not_applicable == 0)
}

/// What is done for another catalogue: by mappings from the one, or by itself, whichever is more.
fn derivation(
    organization: &str,
    other: &str,
    related: &Related,
    done: &HashMap<String, Done>,
    there: &Known,
) -> Derived {
    let follows = derive(done, &related.entries);
    let mut tally = Tally::default();
    let (mut full, mut partial, mut unmapped) = (0, 0, 0);
    for row in &there.rows {
        if there.decided.inapplicable.contains(&row.id) {
            tally.leave_out();
            continue;
        }
        let own = there.done(row);
        let by = follows.get(row.id.as_str());
        let rank = by.map_or(Rank::None, |one| one.rank);
        unmapped += i32::from(by.is_none());
        full += i32::from(rank == Rank::Full && own.level < Rank::Full);
        partial += i32::from(rank == Rank::Partial && own.level < Rank::Partial);
        tally.add(own.level.max(rank), own.effectiveness);
    }
    let mapping = |id: &String| format!("organizations/{organization}/mappings/{id}");
    Derived {
        catalogue: format!("organizations/{organization}/catalogues/{other}"),
        mappings: related.mappings.iter().map(mapping).collect(),
        coverage: Some(tally.coverage()),
        full_by_mapping: full,
        partial_by_mapping: partial,
        unmapped,
    }
}

#[tonic::async_trait]
impl CoverageService for Registry {
    async fn summarize_coverage(
        &self,
        request: Request<SummarizeCoverageRequest>,
    ) -> Result<Response<SummarizeCoverageResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.summarized(&context, &r).await)
    }

    async fn analyze_coverage_gaps(
        &self,
        request: Request<AnalyzeCoverageGapsRequest>,
    ) -> Result<Response<AnalyzeCoverageGapsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.gaps(&context, &r).await.map(|gaps| AnalyzeCoverageGapsResponse { gaps }))
    }

    async fn summarize_selector_coverage(
        &self,
        request: Request<SummarizeSelectorCoverageRequest>,
    ) -> Result<Response<SummarizeSelectorCoverageResponse>, Status> {
        let (context, r) = open(request)?;
        let selectors = self.selectors_covered(&context, &r.parent).await;
        reply(selectors.map(|selectors| SummarizeSelectorCoverageResponse { selectors }))
    }
}
