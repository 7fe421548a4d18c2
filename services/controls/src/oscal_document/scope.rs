//! What stands in a scope as OSCAL documents: its statements of applicability, what is done about the controls, what tests found, and what
//! is still to be done.

pub(crate) mod assessment;
pub(crate) mod component;
pub(crate) mod milestones;
pub(crate) mod statement;

use std::collections::{BTreeSet, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use jiff::Timestamp;
use prost_types::Timestamp as Stamp;
use store::{Resource as _, Rules};
use wire::controls::v1::statement::State;
use wire::controls::v1::{
    ControlTest, Evidence, Exception, Implementation, OscalDocument, Scope, Statement, StatementRow, TestRun,
};

use super::id::id_of as ours;
use super::{aside, content, too_large, whole};
use crate::oscal::export::{Header, Party};
use crate::oscal::{self, Body};
use crate::scope::Scopes;
use crate::statement::Statements;
use crate::{Registry, id_of};

/// How many rows of a kind one document may be made of.
const MOST: usize = 20_000;

/// What stands in a scope.
#[derive(Default)]
pub(crate) struct Within {
    /// The scope.
    pub(crate) scope: Scope,
    /// The statements that count, with their rows.
    pub(crate) statements: Vec<(Statement, Vec<StatementRow>)>,
    /// The implementations for it and for the whole organization.
    pub(crate) implementations: Vec<Implementation>,
    /// The tests of these.
    pub(crate) tests: Vec<ControlTest>,
    /// Their runs, the oldest first.
    pub(crate) runs: Vec<TestRun>,
    /// What proves the implementations, and what the runs name.
    pub(crate) evidence: Vec<Evidence>,
    /// The exceptions from implementations and controls of the scope that are asked for or count.
    pub(crate) exceptions: Vec<Exception>,
    /// How the documents of catalogues write the ids of their controls.
    pub(crate) ids: Ids,
}

/// By the name of a catalogue how its document writes ids that we write otherwise.
#[derive(Default)]
pub(crate) struct Ids(HashMap<String, HashMap<String, String>>);

impl Ids {
    /// The catalogue of a control, and its id as the catalogue's document writes it.
    pub(crate) fn of(&self, control: &str) -> (String, String) {
        let catalogue = resource::parent_of(control);
        let id = id_of(control);
        let written = self.0.get(catalogue).and_then(|ids| ids.get(id));
        (catalogue.to_owned(), written.cloned().unwrap_or_else(|| id.to_owned()))
    }
}

/// Gathers what stands in a scope, or what one statement says.
pub(crate) async fn gather(
    registry: &Registry,
    context: &Context,
    organization: &str,
    resource: &str,
) -> Outcome<Option<Within>> {
    if resource::Name::parse(resource, Statements::COLLECTION).is_ok() {
        let statement = registry.statements.get(context, resource).await?;
        let scope = registry.scopes.get(context, &statement.scope).await?;
        let rows = rows_of(registry, organization, &statement).await?;
        let mut within = Within { scope, statements: vec![(statement, rows)], ..Within::default() };
        within.ids = ids(registry, organization, &within).await?;
        return Ok(Some(within));
    }
    if resource::Name::parse(resource, Scopes::COLLECTION).is_err() {
        return Ok(None);
    }
    let mut within = Within { scope: registry.scopes.get(context, resource).await?, ..Within::default() };
    let found = registry.statements.find(organization, |sql| {
        sql.push("scope = ").bind(resource).push(" ORDER BY id LIMIT ").bind(limit());
    });
    for statement in counting(bounded("statements", found.await?)?) {
        let rows = rows_of(registry, organization, &statement).await?;
        within.statements.push((statement, rows));
    }
    let found = registry.implementations.find(organization, |sql| {
        sql.push("(scope = ").bind(resource).push(" OR scope = '') ORDER BY id LIMIT ").bind(limit());
    });
    within.implementations = bounded("implementations", found.await?)?;
    let names: Vec<&str> = within.implementations.iter().map(|one| one.name.as_str()).collect();
    within.tests = of_these(&registry.control_tests, organization, "control tests", "id", &names).await?;
    within.runs = of_these(&registry.test_runs, organization, "test runs", "run_time, id", &names).await?;
    within.evidence = evidence(registry, organization, &names, &within.runs).await?;
    within.exceptions = exceptions(registry, organization, &names, &within.statements).await?;
    within.ids = ids(registry, organization, &within).await?;
    Ok(Some(within))
}

/// What proves the implementations, and what the runs name.
async fn evidence(
    registry: &Registry,
    organization: &str,
    implementations: &[&str],
    runs: &[TestRun],
) -> Outcome<Vec<Evidence>> {
    let named: BTreeSet<&str> = runs.iter().flat_map(|run| &run.evidence).map(|name| id_of(name)).collect();
    let named: Vec<&str> = named.into_iter().collect();
    let found = registry.evidence.find(organization, |sql| {
        sql.push("(")
            .is_in("id", &named)
            .push(" OR id IN (SELECT id FROM evidence_implementation WHERE organization = ")
            .bind(organization)
            .push(" AND ")
            .is_in("\"value\"", implementations)
            .push(")) ORDER BY id LIMIT ")
            .bind(limit());
    });
    bounded("pieces of evidence", found.await?)
}

/// The exceptions that are asked for or count, from the implementations and from the controls that apply.
async fn exceptions(
    registry: &Registry,
    organization: &str,
    implementations: &[&str],
    statements: &[(Statement, Vec<StatementRow>)],
) -> Outcome<Vec<Exception>> {
    let controls: Vec<&str> = statements.iter().flat_map(|(_, rows)| rows).map(|row| row.control.as_str()).collect();
    let found = registry.exceptions.find(organization, |sql| {
        sql.is_in("state", &["REQUESTED", "GRANTED"])
            .push(" AND (")
            .is_in("implementation", implementations)
            .push(" OR (implementation = '' AND ")
            .is_in("control", &controls)
            .push(")) ORDER BY id LIMIT ")
            .bind(limit());
    });
    bounded("exceptions", found.await?)
}

fn limit() -> i64 {
    i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1)
}

fn bounded<T>(what: &str, found: Vec<T>) -> Outcome<Vec<T>> {
    if found.len() <= MOST {
        return Ok(found);
    }
    let message =
        format!("the scope has more than {MOST} {what}, which is what one document is made of: narrow the scope");
    Err(too_large(message, what, MOST))
}

/// What is about these implementations.
async fn of_these<R: Rules>(
    collection: &store::Collection<R>,
    organization: &str,
    what: &str,
    order: &str,
    names: &[&str],
) -> Outcome<Vec<R::Message>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = collection.find(organization, |sql| {
        sql.is_in("implementation", names).push(" ORDER BY ").push(order).push(" LIMIT ").bind(limit());
    });
    bounded(what, found.await?)
}

async fn rows_of(registry: &Registry, organization: &str, statement: &Statement) -> Outcome<Vec<StatementRow>> {
    let id = id_of(&statement.name);
    let found = registry.statement_rows.find(organization, |sql| {
        sql.within(id).push(" ORDER BY position, id LIMIT ").bind(limit());
    });
    bounded("rows", found.await?)
}

/// The statement that counts of each catalogue: the one in force, else the newest that somebody still works on.
fn counting(statements: Vec<Statement>) -> Vec<Statement> {
    let rank = |statement: &Statement| match statement.state() {
        State::Approved => 2,
        State::Proposed | State::Draft => 1,
        _ => 0,
    };
    let mut best: Vec<Statement> = Vec::new();
    for statement in statements.into_iter().filter(|statement| rank(statement) > 0) {
        match best.iter_mut().find(|other| other.catalogue == statement.catalogue) {
            Some(other) if (rank(other), other.revision) < (rank(&statement), statement.revision) => *other = statement,
            Some(_) => {}
            None => best.push(statement),
        }
    }
    best
}

/// How the documents of all catalogues that are named write their ids.
async fn ids(registry: &Registry, organization: &str, within: &Within) -> Outcome<Ids> {
    let named = within.statements.iter().map(|(statement, _)| statement.catalogue.clone());
    let implemented = within.implementations.iter().map(|one| resource::parent_of(&one.control).to_owned());
    let catalogues: BTreeSet<String> = named.chain(implemented).collect();
    let mut ids = HashMap::new();
    for catalogue in catalogues {
        if let Some(document) = whole::kept(registry, organization, &catalogue).await? {
            ids.insert(catalogue, written(registry, organization, &document).await?);
        }
    }
    Ok(Ids(ids))
}

async fn written(
    registry: &Registry,
    organization: &str,
    document: &OscalDocument,
) -> Outcome<HashMap<String, String>> {
    let bytes = content::of(&registry.database, organization, document).await?;
    aside(move || {
        let document = oscal::read(&bytes, &super::LIMITS).map_err(|error| super::unreadable(&error))?;
        let mut ids = HashMap::new();
        if let Body::Catalog(catalog) = &document.body {
            for control in &catalog.controls {
                if let Some(id) = ours(&control.id) {
                    ids.entry(id).or_insert_with(|| control.id.clone());
                }
            }
        }
        Ok::<_, Box<Fault>>(ids)
    })
    .await?
}

impl Within {
    /// The head of a document about the scope: it is as old as the newest of what it is made of.
    fn header(&self, kind: &str, title: String, version: Option<String>) -> Header {
        let rows = self
            .statements
            .iter()
            .flat_map(|(statement, rows)| rows.iter().map(|row| row.update_time).chain([statement.update_time]));
        let times = rows
            .chain(self.implementations.iter().map(|one| one.update_time))
            .chain(self.tests.iter().map(|one| one.update_time))
            .chain(self.runs.iter().map(|one| one.update_time))
            .chain(self.evidence.iter().map(|one| one.update_time))
            .chain(self.exceptions.iter().map(|one| one.update_time))
            .chain([self.scope.update_time]);
        let last_modified = super::overlay::changed(times);
        Header {
            name: format!("{}\n{kind}", self.scope.name),
            title,
            version: version.unwrap_or_else(|| last_modified.to_string()),
            last_modified,
            parties: self.parties(),
            remarks: Some(self.scope.description.clone()).filter(|text| !text.is_empty()),
        }
    }

    /// Everybody who is named.
    fn parties(&self) -> Vec<Party> {
        let owners = self.implementations.iter().flat_map(|one| [&one.owner, &one.operator]);
        let tests = self.tests.iter().map(|test| &test.owner).chain(self.runs.iter().map(|run| &run.tester));
        let collected = self.evidence.iter().map(|one| &one.collected_by);
        let asked = self.exceptions.iter().map(|one| &one.requester);
        let names: BTreeSet<&String> =
            owners.chain(tests).chain(collected).chain(asked).chain([&self.scope.owner]).collect();
        let named = names.into_iter().filter(|name| !name.trim().is_empty());
        named.map(|name| Party { name: name.clone(), title: name.clone(), person: true }).collect()
    }
}

/// Somebody, where it is said who.
fn somebody(name: &str) -> Option<String> {
    Some(name.to_owned()).filter(|name| !name.trim().is_empty())
}

fn time(stamp: Option<&Stamp>) -> Option<Timestamp> {
    Timestamp::from_microsecond(store::micros(Some(stamp?))).ok()
}

fn attribute(name: &str, value: impl Into<String>) -> oscal::export::Attribute {
    oscal::export::Attribute { name: name.to_owned(), value: value.into(), remarks: None }
}

#[cfg(test)]
mod tests {
    use super::counting;
    use wire::controls::v1::Statement;
    use wire::controls::v1::statement::State;

    #[test]
    fn the_statement_in_force_counts_else_the_newest() {
        let statement = |name: &str, catalogue: &str, state: State, revision| Statement {
            name: name.to_owned(),
            catalogue: catalogue.to_owned(),
            state: state.into(),
            revision,
            ..Default::default()
        };
        let counted = counting(vec![
            statement("old", "a", State::Superseded, 1),
            statement("in force", "a", State::Approved, 2),
            statement("next", "a", State::Draft, 3),
            statement("first draft", "b", State::Proposed, 1),
            statement("second draft", "b", State::Draft, 2),
            statement("gone", "c", State::Withdrawn, 1),
        ]);
        let names: Vec<&str> = counted.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["in force", "second draft"]);
    }
}
