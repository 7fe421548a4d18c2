//! What the rules of implementations need to know of other rows, loaded in as few statements as there are questions.

use std::collections::{BTreeSet, HashMap, HashSet};

use fault::{Fault, Outcome};
use resource::Name;
use store::{Choice as _, Sql, Transaction};
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::State;
use wire::controls::v1::test_run::Result as RunResult;

use super::circle::Graph;
use super::effectiveness::{Tested, WINDOW, runs};
use crate::{estate, id_of};

/// What is known beside the messages themselves.
#[derive(Default)]
pub struct Known {
    /// Whose.
    organization: String,
    /// The selectors of the asset registry, of those that are named.
    selectors: HashSet<String>,
    /// The states of what is depended on, by id.
    states: HashMap<String, String>,
    /// What runs and depends on it, by the name of what is depended on.
    dependents: HashMap<String, Vec<String>>,
    /// What depends on what, where a message changes that.
    pub(crate) graph: Graph,
    /// What the tests gave, by the name of the implementation.
    tested: HashMap<String, Tested>,
    /// The tests that stand failed, by the name of the implementation.
    failing: HashMap<String, Vec<String>>,
}

impl Known {
    /// Loads it for these messages, as they are to become.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(super) async fn load(tx: &mut Transaction, organization: &str, messages: &[&Implementation]) -> Outcome<Self> {
        let mut known = Self { organization: organization.to_owned(), ..Default::default() };
        known.look_up_selectors(tx, organization, messages).await?;
        known.look_up_dependencies(tx, organization, messages).await?;
        known.look_up_dependents(tx, organization, messages).await?;
        known.look_up_tests(tx, organization, messages).await?;
        Ok(known)
    }

    /// Whether the asset registry is known to have a selector.
    pub(super) fn has_selector(&self, name: &str) -> bool {
        Name::parse(name, "selectors")
            .is_ok_and(|name| name.organization() == self.organization && self.selectors.contains(name.id()))
    }

    /// What an implementation depends on that does not operate.
    pub(super) fn idle_dependencies<'a>(&self, new: &'a Implementation) -> Vec<&'a str> {
        let operates = |name: &str| self.states.get(id_of(name)).is_some_and(|state| state == State::Operating.text());
        new.depends_on.iter().map(String::as_str).filter(|name| !operates(name)).collect()
    }

    /// What runs and depends on an implementation.
    pub(super) fn running_dependents(&self, new: &Implementation) -> Vec<&str> {
        self.dependents.get(&new.name).into_iter().flatten().map(String::as_str).collect()
    }

    /// The tests in use of an implementation of which the latest run that decided anything failed.
    pub(super) fn failing_tests(&self, new: &Implementation) -> Vec<&str> {
        self.failing.get(&new.name).into_iter().flatten().map(String::as_str).collect()
    }

    /// What the tests of an implementation gave.
    pub(super) fn tested(&self, new: &Implementation) -> Tested {
        self.tested.get(&new.name).copied().unwrap_or_default()
    }

    async fn look_up_selectors(
        &mut self,
        tx: &mut Transaction,
        organization: &str,
        messages: &[&Implementation],
    ) -> Outcome<()> {
        let ids: BTreeSet<&str> =
            messages.iter().map(|one| id_of(&one.selector)).filter(|selector| !selector.is_empty()).collect();
        self.selectors = estate::known(tx, organization, "selector", &ids.into_iter().collect::<Vec<_>>()).await?;
        Ok(())
    }

    async fn look_up_dependencies(
        &mut self,
        tx: &mut Transaction,
        organization: &str,
        messages: &[&Implementation],
    ) -> Outcome<()> {
        let ids: BTreeSet<&str> = messages.iter().flat_map(|one| &one.depends_on).map(|name| id_of(name)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut sql = tx.sql("SELECT id, state FROM implementation WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", &ids.into_iter().collect::<Vec<_>>());
        self.states = rows(tx, sql).await?.into_iter().map(|[id, state]| (id, state)).collect();
        let own: Vec<&str> = messages.iter().map(|one| id_of(&one.name)).collect();
        let mut sql = tx.sql("SELECT id, value FROM implementation_depends_on WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", &own);
        let kept: HashSet<[String; 2]> = rows(tx, sql).await?.into_iter().collect();
        let held = |one: &Implementation, name: &str| kept.contains(&[id_of(&one.name).to_owned(), name.to_owned()]);
        // What is only being created is depended on by nothing yet, and so closes no circle.
        let mut known = messages.iter().filter(|one| one.create_time.is_some());
        if known.any(|one| one.depends_on.iter().any(|name| !held(one, name))) {
            let mut sql = tx.sql("SELECT id, value FROM implementation_depends_on WHERE organization = ");
            sql.bind(organization);
            for [id, value] in rows(tx, sql).await? {
                self.graph.entry(format!("organizations/{organization}/implementations/{id}")).or_default().push(value);
            }
        }
        Ok(())
    }

    async fn look_up_dependents(
        &mut self,
        tx: &mut Transaction,
        organization: &str,
        messages: &[&Implementation],
    ) -> Outcome<()> {
        let ending: Vec<&str> = named(messages, |one| one.state() == State::Retired).collect();
        if ending.is_empty() {
            return Ok(());
        }
        let mut sql = tx.sql("SELECT d.value, i.id FROM implementation_depends_on d JOIN implementation i ");
        sql.push("ON i.organization = d.organization AND i.id = d.id WHERE d.organization = ").bind(organization);
        sql.push(" AND i.state IN ('OPERATING', 'UNDER_REVIEW') AND ").is_in("d.value", &ending).push(" ORDER BY i.id");
        for [on, id] in rows(tx, sql).await? {
            let name = format!("organizations/{organization}/implementations/{id}");
            self.dependents.entry(on).or_default().push(name);
        }
        Ok(())
    }

    async fn look_up_tests(
        &mut self,
        tx: &mut Transaction,
        organization: &str,
        messages: &[&Implementation],
    ) -> Outcome<()> {
        let running: Vec<&str> = named(messages, |one| runs(one.state())).collect();
        if running.is_empty() {
            return Ok(());
        }
        let since = tx.context().clock.now().saturating_sub(WINDOW);
        let mut sql =
            tx.sql("SELECT implementation, result, COUNT(*), MIN(run_time) FROM test_run WHERE organization = ");
        sql.bind(organization).push(" AND result IN ('PASSED', 'FAILED') AND run_time > ").bind(since).push(" AND ");
        sql.is_in("implementation", &running).push(" GROUP BY implementation, result");
        for row in tx.rows(sql).await? {
            let tested = self.tested.entry(row.try_get_by_index(0).map_err(Fault::defect)?).or_default();
            let result: String = row.try_get_by_index(1).map_err(Fault::defect)?;
            let count: i64 = row.try_get_by_index(2).map_err(Fault::defect)?;
            let oldest: i64 = row.try_get_by_index(3).map_err(Fault::defect)?;
            if result == RunResult::Passed.text() {
                tested.runs.0 = count;
            } else {
                tested.runs.1 = count;
            }
            tested.oldest = Some(tested.oldest.map_or(oldest, |known| known.min(oldest)));
        }
        let mut sql =
            tx.sql("SELECT implementation, id, deciding_result, deciding_time FROM control_test WHERE organization = ");
        sql.bind(organization).push(" AND state = 'ACTIVE' AND deciding_result IN ('PASSED', 'FAILED') AND ");
        sql.is_in("implementation", &running).push(" ORDER BY id");
        for row in tx.rows(sql).await? {
            let name: String = row.try_get_by_index(0).map_err(Fault::defect)?;
            let id: String = row.try_get_by_index(1).map_err(Fault::defect)?;
            let result: String = row.try_get_by_index(2).map_err(Fault::defect)?;
            let decided: i64 = row.try_get_by_index(3).map_err(Fault::defect)?;
            let (passed, latest) = (result == RunResult::Passed.text(), decided > since);
            let tested = self.tested.entry(name.clone()).or_default();
            tested.latest.0 += i64::from(passed && latest);
            tested.latest.1 += i64::from(!passed && latest);
            if !passed {
                let test = format!("organizations/{organization}/controlTests/{id}");
                self.failing.entry(name).or_default().push(test);
            }
        }
        Ok(())
    }
}

/// The names of those messages that were created before and are such.
fn named<'a>(messages: &[&'a Implementation], such: impl Fn(&Implementation) -> bool) -> impl Iterator<Item = &'a str> {
    messages.iter().filter(move |one| one.create_time.is_some() && such(one)).map(|one| one.name.as_str())
}

/// Rows of texts.
async fn rows<const N: usize>(tx: &mut Transaction, sql: Sql) -> Outcome<Vec<[String; N]>> {
    let read = |row: &sea_orm::QueryResult| {
        let mut texts = [const { String::new() }; N];
        for (at, text) in texts.iter_mut().enumerate() {
            *text = row.try_get_by_index(at).map_err(Fault::defect)?;
        }
        Ok(texts)
    };
    tx.rows(sql).await?.iter().map(read).collect()
}
