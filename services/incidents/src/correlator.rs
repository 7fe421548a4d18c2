//! What correlation remembers of each organization, in this process, and how it stays in step with what is written.
//!
//! The engine of an organization lives in memory and is only ever a copy: what it goes on from stands in `signal_episode`, written with each portion of
//! signals. `signal_stream` says how many portions came (another replica's are caught up with), and how often what it rests on has changed: rules, the
//! network, a decision about a case. Then it begins anew from the episodes. Whoever takes signals in or decides about cases holds the organization's lock.

mod rebuild;

pub(crate) use rebuild::{Episode, forget, hand_over};

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use access::Context;
use correlate::{Engine, Rules, Topology};
use fault::{Fault, Outcome};
use store::{Database, Hold, Transaction};

use crate::estate;

/// The lock of the signals and cases of an organization.
const SIGNALS: i32 = 7_310_693;

/// Past so many devices with their surroundings, the network is forgotten, and read anew as it is needed.
const MOST_DEVICES: usize = 200_000;

/// Begins a write of signals or cases of an organization.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn begin(database: &Database, context: &Context, organization: &str) -> Outcome<Transaction> {
    let mut tx = database.begin(context).await?;
    tx.hold(SIGNALS, organization, Hold::Alone).await?;
    Ok(tx)
}

/// Says that what correlation rests on has changed: engines begin anew from what is written.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn start_anew(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    let mut sql = tx.sql("INSERT INTO signal_stream (organization, position, generation, last_case) VALUES (");
    sql.bind(organization)
        .push(", 0, 1, 0) ON CONFLICT (organization) DO UPDATE SET generation = signal_stream.generation + 1");
    tx.run(sql).await.map(drop)
}

/// Where the intake of an organization stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How many portions came.
    pub(crate) position: i64,
    /// How often what correlation rests on has changed.
    pub(crate) generation: i64,
    /// The last number that was given to a case.
    pub(crate) last_case: i64,
}

/// Where the intake of an organization stands, as a write sees it.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn standing(tx: &mut Transaction, organization: &str) -> Outcome<Standing> {
    let mut sql = tx.sql("SELECT position, generation, last_case FROM signal_stream WHERE organization = ");
    sql.bind(organization);
    let Some(row) = tx.row(sql).await? else { return Ok(Standing::default()) };
    let number = |index: usize| row.try_get_by_index::<i64>(index).map_err(Fault::defect);
    Ok(Standing { position: number(0)?, generation: number(1)?, last_case: number(2)? })
}

/// Writes where it stands after a portion.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn advance(tx: &mut Transaction, organization: &str, to: Standing) -> Outcome<()> {
    let mut sql = tx.sql("INSERT INTO signal_stream (organization, position, generation, last_case) VALUES (");
    sql.bind(organization).push(", ").bind_all([to.position, to.generation, to.last_case]);
    sql.push(") ON CONFLICT (organization) DO UPDATE SET position = excluded.position, last_case = excluded.last_case");
    tx.run(sql).await.map(drop)
}

/// What this process remembers of each organization.
#[derive(Default)]
pub(crate) struct Correlators {
    held: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Option<Correlator>>>>>,
}

impl Correlators {
    /// What is remembered of an organization. Whoever holds it takes it out, and puts it back when what came of it is committed: what was decided and then
    /// undone must not be remembered.
    pub(crate) fn of(&self, organization: &str) -> Arc<tokio::sync::Mutex<Option<Correlator>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(held.entry(organization.to_owned()).or_default())
    }
}

/// The engine of an organization, and what goes with it.
pub(crate) struct Correlator {
    /// What decides.
    pub(crate) engine: Engine,
    /// Where it stands.
    pub(crate) standing: Standing,
    /// How far rules reach, in links.
    hops: u8,
    /// The longest of the rules' windows, in microseconds.
    horizon: i64,
    /// The devices whose surroundings the engine knows.
    surrounded: HashSet<String>,
    /// How many subscribers are behind assets that were asked about.
    users: HashMap<String, i64>,
}

impl Correlator {
    /// One that has seen nothing, by rules.
    fn new(mut rules: Rules, standing: Standing) -> Self {
        let causes = rules.causes.iter().map(|rule| (rule.hops, rule.within));
        let together = rules.together.iter().map(|rule| (rule.hops.unwrap_or_default(), rule.within));
        let reach: Vec<_> = causes.chain(together).collect();
        let hops = reach.iter().map(|(hops, _)| *hops).max().unwrap_or_default();
        let windows = reach.iter().map(|(_, within)| within.duration()).chain([rules.repeats.duration()]);
        let longest = windows.max().unwrap_or_default() + rules.late.duration();
        // What was sent before is known by its row, however long ago that was: the engine need not remember it too.
        rules.duplicates = correlate::Within::seconds(1);
        let mut engine = Engine::new(rules, Topology::default());
        engine.number_after(correlate::CaseId(u64::try_from(standing.last_case).unwrap_or_default()));
        let horizon = i64::try_from(longest.as_micros()).unwrap_or(i64::MAX);
        Self { engine, standing, hops, horizon, surrounded: HashSet::new(), users: HashMap::new() }
    }

    /// Makes the surroundings of devices known to the engine, as far as its rules reach.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(crate) async fn surround(
        &mut self,
        tx: &mut Transaction,
        organization: &str,
        devices: &BTreeSet<&str>,
    ) -> Outcome<()> {
        let new = devices.iter().filter(|device| !self.surrounded.contains(**device));
        let mut level: BTreeSet<String> = new.map(|device| (*device).to_owned()).collect();
        self.surrounded.extend(level.iter().cloned());
        let mut seen = level.clone();
        for hop in 0..=self.hops {
            if level.is_empty() {
                break;
            }
            let ids: Vec<&str> = level.iter().map(String::as_str).collect();
            for (id, known) in estate::assets(tx, organization, &ids).await? {
                let site = Some(known.site.as_str()).filter(|site| !site.is_empty());
                self.engine.topology_mut().place(&id, site);
            }
            if hop == self.hops {
                break;
            }
            let most = Topology::MOST_NEAR * ids.len().min(50);
            let links = estate::links(tx, organization, &ids, most).await?;
            let mut next = BTreeSet::new();
            for (one, other) in links {
                self.engine.topology_mut().link(&one, &other);
                if seen.insert(other.clone()) {
                    next.insert(other);
                }
            }
            level = next;
        }
        Ok(())
    }

    /// How many subscribers are behind an asset.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(crate) async fn users_behind(&mut self, tx: &mut Transaction, organization: &str, asset: &str) -> Outcome<i64> {
        if let Some(users) = self.users.get(asset) {
            return Ok(*users);
        }
        let users = estate::users_behind(tx, organization, asset).await?;
        self.users.insert(asset.to_owned(), users);
        Ok(users)
    }

    /// Whether it has grown so that it begins anew.
    pub(crate) fn is_full(&self) -> bool {
        self.surrounded.len() > MOST_DEVICES
    }
}
