//! What coverage is worked out from, read in as few statements as there are questions.

use std::collections::{BTreeMap, HashMap, HashSet};

use fault::{Fault, Outcome};
use sea_orm::{QueryResult, TryGetable};
use store::{Choice as _, Resource as _};
use wire::controls::v1::implementation::State;
use wire::controls::v1::statement::State as StatementState;
use wire::controls::v1::statement_row::Decision;

use super::judge::{Done, Entry, Rank, inverse};
use crate::Registry;
use crate::control::Controls;
use crate::mapping::Mappings;
use crate::mapping_entry::MappingEntries;

/// A control that can be decided on.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its id in its catalogue.
    pub(super) id: String,
    /// What its document calls it.
    pub(super) label: String,
    /// Its title.
    pub(super) title: String,
    /// The id of its theme.
    pub(super) theme: String,
    position: i64,
}

/// What is done, by the id of the catalogue and then by that of the control.
pub(super) type DoneBy = HashMap<String, HashMap<String, Done>>;

/// What statements say of a catalogue.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// The ids of the statements.
    pub(super) statements: Vec<String>,
    /// The ids of the controls that apply in none of them.
    pub(super) inapplicable: HashSet<String>,
}

/// What relates another catalogue to one.
#[derive(Debug, Default)]
pub(super) struct Related {
    /// The ids of the mappings.
    pub(super) mappings: Vec<String>,
    /// Their entries, each seen from the one catalogue.
    pub(super) entries: Vec<Entry>,
}

/// A value of a row.
pub(super) fn value<T: TryGetable>(row: &QueryResult, index: usize) -> Outcome<T> {
    row.try_get_by_index(index).map_err(Fault::defect)
}

/// The ids of the catalogue and of the control that a name has: `…/catalogues/{catalogue}/controls/{control}`.
fn placed(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.split('/').skip(3);
    Some((parts.next()?, parts.nth(1)?))
}

impl Registry {
    /// The controls of a catalogue that can be decided on, in the order of its document.
    pub(super) async fn rows_of_catalogue(&self, organization: &str, catalogue: &str) -> Outcome<Vec<Row>> {
        let shipped = Controls::shipped().within(catalogue).filter(|(_, one)| !one.introductory && !one.withdrawn);
        let mut rows: Vec<Row> = shipped
            .map(|(id, one)| Row {
                id: id.rsplit('/').next().unwrap_or_default().to_owned(),
                label: one.label.clone(),
                title: one.title.clone(),
                theme: one.theme.clone(),
                position: one.position.into(),
            })
            .collect();
        if rows.is_empty() {
            let mut sql =
                self.database.sql("SELECT id, label, title, theme, position FROM control WHERE organization = ");
            sql.bind(organization).push(" AND introductory = 0 AND withdrawn = 0 AND ").within(catalogue);
            for row in self.database.rows(sql).await? {
                let id: String = value(&row, 0)?;
                rows.push(Row {
                    id: id.rsplit('/').next().unwrap_or_default().to_owned(),
                    label: value(&row, 1)?,
                    title: value(&row, 2)?,
                    theme: value(&row, 3)?,
                    position: value(&row, 4)?,
                });
            }
        }
        rows.sort_by(|one, other| (one.position, &one.id).cmp(&(other.position, &other.id)));
        Ok(rows)
    }

    /// What is done about the controls of all catalogues: in a scope and for the whole organization, or anywhere.
    pub(super) async fn done(&self, organization: &str, scope: &str) -> Outcome<DoneBy> {
        let mut sql = self.database.sql(
            "SELECT control, state, CAST(COUNT(*) AS BIGINT), MAX(effectiveness) FROM implementation WHERE organization = ",
        );
        sql.bind(organization).push(" AND state <> ").bind(State::Retired.text());
        if !scope.is_empty() {
            sql.push(" AND ").is_in("scope", &["", scope]);
        }
        sql.push(" GROUP BY control, state");
        let mut by = DoneBy::new();
        for row in self.database.rows(sql).await? {
            let (name, state): (String, String) = (value(&row, 0)?, value(&row, 1)?);
            let Some((catalogue, control)) = placed(&name) else { continue };
            let (count, effectiveness): (i64, f64) = (value(&row, 2)?, value(&row, 3)?);
            let done = by.entry(catalogue.to_owned()).or_default().entry(control.to_owned()).or_default();
            done.level = done.level.max(Rank::of(State::from_str_name(&state).unwrap_or_default()));
            done.effectiveness = done.effectiveness.max(effectiveness);
            done.implementations = done.implementations.saturating_add(i32::try_from(count).unwrap_or(i32::MAX));
        }
        Ok(by)
    }

    /// What statements decide, by the id of the catalogue. Of each scope and catalogue the newest that is APPROVED counts; with one
    /// scope, where none is, its newest that still may be.
    pub(super) async fn decided(&self, organization: &str, scope: &str) -> Outcome<HashMap<String, Decided>> {
        let standing =
            [StatementState::Draft, StatementState::Proposed, StatementState::Approved].map(|one| one.text());
        let asked = if scope.is_empty() { &standing[2..] } else { &standing[..] };
        let mut sql = self.database.sql("SELECT scope, catalogue, id, state FROM statement WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("state", asked);
        if !scope.is_empty() {
            sql.push(" AND scope = ").bind(scope);
        }
        sql.push(" ORDER BY revision");
        let mut chosen: BTreeMap<(String, String), (bool, String)> = BTreeMap::new();
        for row in self.database.rows(sql).await? {
            let state: String = value(&row, 3)?;
            let approved = state == StatementState::Approved.text();
            let held = chosen.entry((value(&row, 1)?, value(&row, 0)?)).or_default();
            // The rows come by revision, so the later replaces the earlier, but never an approved one by one that is not.
            if approved || !held.0 {
                *held = (approved, value(&row, 2)?);
            }
        }
        let mut by: HashMap<String, Decided> = HashMap::new();
        for ((catalogue, _), (_, statement)) in chosen {
            by.entry(crate::id_of(&catalogue).to_owned()).or_default().statements.push(statement);
        }
        for decided in by.values_mut() {
            decided.inapplicable = self.inapplicable(organization, &decided.statements).await?;
        }
        Ok(by)
    }

    async fn inapplicable(&self, organization: &str, statements: &[String]) -> Outcome<HashSet<String>> {
        let (mut applies, mut does_not) = (HashSet::new(), HashSet::new());
        for statement in statements {
            let mut sql = self.database.sql("SELECT id, decision FROM statement_row WHERE organization = ");
            sql.bind(organization).push(" AND ").within(statement);
            for row in self.database.rows(sql).await? {
                let (id, decision): (String, String) = (value(&row, 0)?, value(&row, 1)?);
                let control = id.rsplit('/').next().unwrap_or_default().to_owned();
                let side = if decision == Decision::NotApplicable.text() { &mut does_not } else { &mut applies };
                side.insert(control);
            }
        }
        does_not.retain(|control| !applies.contains(control));
        Ok(does_not)
    }

    /// The mappings between a catalogue and others, by the id of the other.
    pub(super) async fn related(&self, organization: &str, catalogue: &str) -> Outcome<BTreeMap<String, Related>> {
        let mut by: BTreeMap<String, Related> = BTreeMap::new();
        for (id, mapping) in Mappings::shipped().iter() {
            let Some((other, forward)) = across(&mapping.source_catalogue, &mapping.target_catalogue, catalogue) else {
                continue;
            };
            let related = by.entry(other.to_owned()).or_default();
            related.mappings.push(id.to_owned());
            for (entry, one) in MappingEntries::shipped().within(id) {
                let name = resource::written(organization, MappingEntries::COLLECTION, entry);
                related.entries.push(seen(name, &one.sources, &one.targets, one.relation(), forward));
            }
        }
        let name = format!("organizations/{organization}/catalogues/{catalogue}");
        let mut sql =
            self.database.sql("SELECT id, source_catalogue, target_catalogue FROM mapping WHERE organization = ");
        sql.bind(organization).push(" AND (source_catalogue = ").bind(name.as_str());
        sql.push(" OR target_catalogue = ").bind(name.as_str()).push(") ORDER BY id");
        for row in self.database.rows(sql).await? {
            let (id, source, target): (String, String, String) = (value(&row, 0)?, value(&row, 1)?, value(&row, 2)?);
            let Some((other, forward)) = across(crate::id_of(&source), crate::id_of(&target), catalogue) else {
                continue;
            };
            let related = by.entry(other.to_owned()).or_default();
            for one in self
                .mapping_entries
                .find(organization, |sql| {
                    sql.within(&id);
                })
                .await?
            {
                let relation = one.relation();
                related.entries.push(seen(one.name, &one.sources, &one.targets, relation, forward));
            }
            related.mappings.push(id);
        }
        Ok(by)
    }
}

/// The other of two catalogues, and whether the one is the source.
fn across<'a>(source: &'a str, target: &'a str, one: &str) -> Option<(&'a str, bool)> {
    match (source == one, target == one) {
        (true, _) => Some((target, true)),
        (false, true) => Some((source, false)),
        (false, false) => None,
    }
}

fn seen(
    name: String,
    sources: &[String],
    targets: &[String],
    relation: wire::controls::v1::mapping_entry::Relation,
    forward: bool,
) -> Entry {
    let (sources, targets) = (sources.to_vec(), targets.to_vec());
    if forward {
        Entry { name, from: sources, to: targets, relation }
    } else {
        Entry { name, from: targets, to: sources, relation: inverse(relation) }
    }
}
