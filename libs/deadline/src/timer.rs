//! The timer: what waits for the nearest deadline, and acts on what is due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use access::{Caller, Clock, Context};
use fault::Outcome;
use futures::future::BoxFuture;
use store::{Database, Dialect, Transaction};

use crate::table::{self, Deadline};

/// Acts on a deadline that is due. It writes through the transaction, which is committed with the deadline's removal; its caller
/// is the service itself and its method `deadline/{kind}`.
pub type Handler = Box<dyn for<'a> Fn(&'a mut Transaction, &'a Deadline) -> BoxFuture<'a, Outcome<()>> + Send + Sync>;

/// How long a deadline that another replica has set may stay unknown to this one. The replica that set it acts on it at once;
/// this is for the case that it is gone.
pub const POLL: Duration = Duration::from_secs(30);

/// How many deadlines are looked at at once.
const PORTION: usize = 100;
/// How long to wait for another replica that acts on a deadline at this moment, and after a first failure.
const SECOND: i64 = 1_000_000;
/// The longest wait after failures.
const HOUR: i64 = 3_600 * SECOND;

/// Acts on the deadlines of a database that are due.
pub struct Timer {
    database: Database,
    rounds: Rounds,
}

/// What a timer does, without the database: the task that waits does not keep it open.
struct Rounds {
    clock: Arc<dyn Clock>,
    handlers: BTreeMap<&'static str, Handler>,
}

/// What became of a deadline that is due.
enum Became {
    Done,
    Failed,
    /// Another replica acts on it, or it is no longer what it was.
    Elsewhere,
}

impl Timer {
    /// A timer without handlers.
    #[must_use]
    pub fn new(database: &Database, clock: Arc<dyn Clock>) -> Self {
        Self { database: database.clone(), rounds: Rounds { clock, handlers: BTreeMap::new() } }
    }

    /// Acts on deadlines of one kind by `handler`: `.on("expire-exception", |tx, deadline| Box::pin(expire(tx, deadline)))`.
    /// Deadlines of kinds without a handler are left alone.
    #[must_use]
    pub fn on<H>(mut self, kind: &'static str, handler: H) -> Self
    where
        H: for<'a> Fn(&'a mut Transaction, &'a Deadline) -> BoxFuture<'a, Outcome<()>> + Send + Sync + 'static,
    {
        self.rounds.handlers.insert(kind, Box::new(handler));
        self
    }

    /// Acts on everything that is due now, once. Gives how many handlers succeeded.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`. A handler that fails is no error: its deadline is put off.
    pub async fn round(&self) -> Outcome<u64> {
        self.rounds.run(&self.database).await.map(|(done, _)| done)
    }

    /// Acts on everything that is due now, and then, in a task of its own, on what falls due, until nobody else holds the database.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`, and then no task is started.
    pub async fn start(self) -> Outcome<()> {
        let Self { database, rounds } = self;
        // Listening begins before looking, so that nothing is set unheard in between.
        let (mut bell, mut looked) = (database.bell(), rounds.clock.now());
        let (_, mut next) = rounds.run(&database).await?;
        let (weak, polls) = (database.weak(), database.dialect() == Dialect::Postgres);
        drop(database);
        tokio::spawn(async move {
            loop {
                let poll = looked.saturating_add(i64::try_from(POLL.as_micros()).unwrap_or(i64::MAX));
                // A wait is short also where nothing is due for long: the machine's clock may be turned meanwhile.
                let rung = tokio::select! {
                    () = rounds.clock.until(next.unwrap_or(i64::MAX).min(poll)) => false,
                    rung = bell.changed() => match rung {
                        Ok(()) => true,
                        Err(_) => return,
                    },
                };
                looked = rounds.clock.now();
                if !rung && !polls && next.is_none_or(|next| next > looked) {
                    continue;
                }
                let Some(database) = weak.upgrade() else { return };
                next = match rounds.run(&database).await {
                    Ok((_, next)) => next,
                    Err(fault) => {
                        let service = database.service();
                        tracing::warn!(%fault, service, "what is due could not be looked up; trying again");
                        Some(looked.saturating_add(SECOND))
                    }
                };
            }
        });
        Ok(())
    }
}

impl Rounds {
    /// Acts on what is due; gives how many handlers succeeded, and when to look again.
    async fn run(&self, database: &Database) -> Outcome<(u64, Option<i64>)> {
        let kinds: Vec<&str> = self.handlers.keys().copied().collect();
        let (mut done, mut elsewhere) = (0, false);
        loop {
            let now = self.clock.now();
            let portion = table::due(database, &kinds, now, i64::try_from(PORTION).unwrap_or(i64::MAX)).await?;
            for (deadline, attempts) in &portion {
                match self.act(database, deadline, *attempts).await? {
                    Became::Done => done += 1,
                    Became::Failed => {}
                    Became::Elsewhere => elsewhere = true,
                }
            }
            // What is done or failed is no longer due, so a full portion has others behind it.
            if portion.len() < PORTION || elsewhere {
                break;
            }
        }
        let next = table::nearest(database, &kinds).await?;
        let soon = self.clock.now().saturating_add(SECOND);
        Ok((done, next.map(|next| if elsewhere { next.max(soon) } else { next })))
    }

    /// Acts on one deadline. Fails only where the failure cannot be written down either.
    async fn act(&self, database: &Database, deadline: &Deadline, attempts: i64) -> Outcome<Became> {
        let context = self.context(database, deadline);
        match self.handle(database, &context, deadline).await {
            Ok(became) => Ok(became),
            Err(fault) => {
                let Deadline { organization, kind, name, .. } = deadline;
                let attempts = attempts.saturating_add(1);
                tracing::warn!(%fault, organization, kind, name, attempts, "what is due failed; trying again later");
                let wait = SECOND << (attempts - 1).clamp(0, 12);
                let until = self.clock.now().saturating_add(wait.min(HOUR));
                let mut tx = database.begin(&context).await?;
                table::postpone(&mut tx, deadline, attempts, until).await?;
                tx.commit().await?;
                Ok(Became::Failed)
            }
        }
    }

    async fn handle(&self, database: &Database, context: &Context, deadline: &Deadline) -> Outcome<Became> {
        let Some(handler) = self.handlers.get(deadline.kind.as_str()) else { return Ok(Became::Elsewhere) };
        let mut tx = database.begin(context).await?;
        if !table::claim(&mut tx, deadline).await? {
            tx.undo().await?;
            return Ok(Became::Elsewhere);
        }
        match handler(&mut tx, deadline).await {
            Ok(()) => {
                table::done(&mut tx, deadline).await?;
                tx.commit().await?;
                Ok(Became::Done)
            }
            Err(fault) => {
                // On SQLite the next write would wait for this one.
                tx.undo().await?;
                Err(fault)
            }
        }
    }

    /// On its own account, the service itself.
    fn context(&self, database: &Database, deadline: &Deadline) -> Context {
        Context {
            caller: Arc::new(Caller::service(database.service(), &deadline.organization)),
            method: format!("deadline/{}", deadline.kind).into(),
            trace: String::new(),
            clock: Arc::clone(&self.clock),
            roles: Arc::default(),
        }
    }
}
