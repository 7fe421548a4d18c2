//! One import run and the survey that records it: how it begins, says how far it is, is stopped, and ends.
//!
//! While a run reads and writes, a task beside it brings the survey up to date, so that no batch waits for it. Cancelling is
//! writing CANCELLED into the survey: whichever replica runs the import sees it before its next batch. Within one process
//! the run hears of it at once, also while it waits for its caller.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::Context;
use fault::{Fault, Outcome};
use store::{Dialect, Transaction};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use wire::Choice as _;
use wire::assets::v1::survey::State;
use wire::assets::v1::{ErrorReason, ImportCounts, ImportStart, Survey};

use super::found;
use super::keeper::keep;
use crate::{Registry, id_of, organization_of};

/// The runs of this process: the survey's name, and who cancelled it.
#[derive(Default)]
pub(crate) struct Running(Mutex<HashMap<String, watch::Sender<Option<String>>>>);

impl Running {
    fn held(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Option<String>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a run that someone cancels it, where it runs here.
    pub(crate) fn cancel(&self, survey: &str, by: &str) {
        if let Some(run) = self.held().get(survey) {
            run.send_replace(Some(by.to_owned()));
        }
    }
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    /// Counts of all items.
    pub(crate) counts: ImportCounts,
    /// Counts per kind.
    pub(crate) by_kind: BTreeMap<String, ImportCounts>,
    /// Assets that the register did not know.
    pub(crate) found: i64,
    /// Rejected items that are kept.
    pub(crate) quarantined: i64,
    /// Rejected items beyond what is kept.
    pub(crate) not_quarantined: i64,
    /// Where to go on after a cut.
    pub(crate) resume_token: String,
}

impl Standing {
    pub(super) fn put(&self, survey: &mut Survey) {
        survey.counts = Some(self.counts);
        survey.by_kind.clone_from(&self.by_kind);
        survey.found_assets = self.found;
        survey.quarantined = self.quarantined;
        survey.not_quarantined = self.not_quarantined;
        survey.resume_token.clone_from(&self.resume_token);
    }
}

/// What is known of a run only when it has ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending {
    /// Assets flagged as no longer listed.
    pub(crate) unlisted: i64,
    /// Assets whose inherited value changed.
    pub(crate) revalued: i64,
    /// Whether what it wrote stays.
    pub(crate) committed: bool,
}

impl Ending {
    fn put(self, survey: &mut Survey) {
        survey.unlisted_assets = self.unlisted;
        survey.revalued_assets = self.revalued;
        survey.committed = self.committed;
    }
}

/// One import run. That of a dry run has no survey, and records nothing.
pub(crate) struct Run {
    registry: Arc<Registry>,
    context: Context,
    running: Arc<Running>,
    /// The survey's name; empty for a dry run.
    survey: String,
    /// Whether what it creates is news to the register.
    finds: bool,
    standing: Arc<Mutex<Standing>>,
    cancelled: watch::Receiver<Option<String>>,
    keeper: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    /// Whether the survey has its end already.
    closed: bool,
}

impl Run {
    /// Begins a run, with its survey where it is no dry run.
    pub(crate) async fn start(
        registry: &Arc<Registry>,
        running: &Arc<Running>,
        context: &Context,
        start: &ImportStart,
        organization: &str,
    ) -> Outcome<Self> {
        let (sender, cancelled) = watch::channel(None);
        let mut run = Self {
            registry: Arc::clone(registry),
            context: context.clone(),
            running: Arc::clone(running),
            survey: String::new(),
            finds: false,
            standing: Arc::default(),
            cancelled,
            keeper: None,
            closed: false,
        };
        if start.dry_run {
            return Ok(run);
        }
        run.finds = found::register_has_assets(registry, organization).await?;
        let mut tx = registry.database.begin(context).await?;
        let drafts = vec![(context.clock.id(), opened(context, start))];
        let made = registry.surveys.create_in(&mut tx, organization, drafts).await?;
        tx.commit().await?;
        run.survey = made.into_iter().next().map(|survey| survey.name).unwrap_or_default();
        run.running.held().insert(run.survey.clone(), sender.clone());
        // An import in one transaction keeps an embedded database to itself: nobody else writes until it ends.
        if !(start.atomic && registry.database.dialect() == Dialect::Sqlite) {
            let (stop, stopped) = oneshot::channel();
            let keep = keep(
                Arc::clone(registry),
                context.clone(),
                run.survey.clone(),
                Arc::clone(&run.standing),
                sender,
                stopped,
            );
            run.keeper = Some((stop, tokio::spawn(keep)));
        }
        Ok(run)
    }

    /// The survey's name; empty for a dry run.
    pub(crate) fn survey(&self) -> &str {
        &self.survey
    }

    /// Whether assets that this run creates are news to the register.
    pub(crate) fn finds(&self) -> bool {
        self.finds
    }

    /// Says how far the run is.
    pub(crate) fn note(&self, standing: Standing) {
        *held(&self.standing) = standing;
    }

    /// Whether to take another batch.
    ///
    /// # Errors
    /// `IMPORT_CANCELLED`.
    pub(crate) async fn go_on(&self, transaction: Option<&mut Transaction>) -> Outcome<()> {
        if self.survey.is_empty() {
            return Ok(());
        }
        if self.canceller().is_some() {
            return Err(self.stopped());
        }
        let mut sql = self.registry.database.sql("SELECT state FROM survey WHERE organization = ");
        sql.bind(organization_of(&self.survey)).push(" AND id = ").bind(id_of(&self.survey));
        let row = match transaction {
            // It sees what others commit meanwhile, and takes no second connection.
            Some(tx) => tx.row(sql).await?,
            None => self.registry.database.row(sql).await?,
        };
        let state: Option<String> = row.map(|row| row.try_get_by_index(0).map_err(Fault::defect)).transpose()?;
        if state.is_some_and(|state| state == State::Cancelled.text()) { Err(self.stopped()) } else { Ok(()) }
    }

    /// Waits until someone cancels the run.
    ///
    /// # Errors
    /// `IMPORT_CANCELLED`, always.
    pub(crate) async fn until_cancelled<T>(&self) -> Outcome<T> {
        let mut cancelled = self.cancelled.clone();
        let heard = cancelled.wait_for(Option::is_some).await.is_ok();
        if heard {
            return Err(self.stopped());
        }
        // A dry run cannot be cancelled: its caller ends it by going away.
        std::future::pending().await
    }

    /// Makes way for the transaction in which the end is recorded. On an embedded database it shuts out the task beside the
    /// run, which must then not wait to write while the run waits for it to end.
    pub(crate) async fn make_way(&mut self) {
        if self.registry.database.dialect() == Dialect::Sqlite {
            self.rest().await;
        }
    }

    /// Records in a transaction that the run has come to its end. Gives whether it has: someone may have cancelled it before.
    /// [`Run::make_way`] comes before the transaction begins.
    pub(crate) async fn complete(&mut self, tx: &mut Transaction, ending: Ending) -> Outcome<bool> {
        if self.survey.is_empty() {
            return Ok(true);
        }
        self.rest().await;
        let (standing, canceller) = (held(&self.standing).clone(), self.canceller());
        let rule = |context: &Context, old: &Survey, new: &mut Survey| {
            close(context, &standing, ending, new);
            if old.state() == State::Cancelled {
                return Ok(());
            }
            match canceller {
                None => completed(new),
                Some(by) => {
                    new.set_state(State::Cancelled);
                    new.canceller = by;
                }
            }
            Ok(())
        };
        let survey = self.registry.surveys.change_in(tx, &self.survey, "", rule).await?;
        Ok(survey.state() == State::Completed)
    }

    /// Records in a transaction of its own that the run has come to its end, or why it has not. Where even that fails, it stays
    /// RUNNING until the sweep finds it.
    pub(crate) async fn end(&mut self, ending: Ending, broken: Option<&Fault>) {
        if self.survey.is_empty() || self.closed {
            return;
        }
        self.rest().await;
        let (standing, canceller) = (held(&self.standing).clone(), self.canceller());
        let rule = |context: &Context, old: &Survey, new: &mut Survey| {
            close(context, &standing, ending, new);
            match (old.state(), canceller, broken) {
                (State::Cancelled, ..) => {}
                (_, Some(by), Some(_)) => {
                    new.set_state(State::Cancelled);
                    new.canceller = by;
                }
                (_, _, Some(fault)) => {
                    new.set_state(State::Cut);
                    fault.reason().clone_into(&mut new.cut_reason);
                    fault.message().clone_into(&mut new.cut_message);
                }
                (_, _, None) => completed(new),
            }
            Ok(())
        };
        if let Err(fault) = self.registry.surveys.change(&self.context, &self.survey, "", rule).await {
            tracing::warn!(%fault, survey = self.survey, "the end of an import could not be recorded");
        }
    }

    /// Says that the transaction in which the end was recorded has landed.
    pub(crate) fn closed(&mut self) {
        self.closed = true;
    }

    /// What the caller of a cancelled import hears.
    pub(crate) fn stopped(&self) -> Box<Fault> {
        let message = format!(
            "the import was cancelled, see {}; what was committed stays, and the last resume token goes on from there",
            self.survey
        );
        Fault::new(tonic::Code::Cancelled, ErrorReason::ImportCancelled, message).with("survey", &self.survey)
    }

    fn canceller(&self) -> Option<String> {
        self.cancelled.borrow().clone()
    }

    /// Ends the task that brings the survey up to date, a write under way included.
    async fn rest(&mut self) {
        if let Some((stop, keeper)) = self.keeper.take() {
            let _ = stop.send(());
            let _ = keeper.await;
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.running.held().remove(&self.survey);
    }
}

pub(super) fn held(standing: &Mutex<Standing>) -> MutexGuard<'_, Standing> {
    standing.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The survey of a run that begins.
fn opened(context: &Context, start: &ImportStart) -> Survey {
    let now = store::timestamp(context.clock.now());
    let mut survey = Survey {
        source: start.source.clone(),
        importer: context.caller.subject.clone(),
        start_time: now,
        alive_time: now,
        full: start.full,
        atomic: start.atomic,
        accept_states: start.accept_states,
        resumed: !start.resume_token.is_empty(),
        counts: Some(ImportCounts::default()),
        // Every batch of it stays, unless it is all or nothing.
        committed: !start.atomic,
        ..Default::default()
    };
    survey.set_state(State::Running);
    survey
}

fn close(context: &Context, standing: &Standing, ending: Ending, survey: &mut Survey) {
    let now = store::timestamp(context.clock.now());
    standing.put(survey);
    ending.put(survey);
    survey.end_time = now;
    survey.alive_time = now;
    survey.cut_reason.clear();
    survey.cut_message.clear();
}

/// There is nothing to go on with.
fn completed(survey: &mut Survey) {
    survey.set_state(State::Completed);
    survey.resume_token.clear();
}
