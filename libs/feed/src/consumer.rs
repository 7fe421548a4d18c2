//! The consuming half: follows the feed of another service, and takes in what it tells, in the consumer's own database.
//!
//! ```no_run
//! # async fn example<T>(database: store::Database, upstream: T, clock: std::sync::Arc<dyn access::Clock>) -> fault::Outcome<()>
//! # where
//! #     T: tonic::client::GrpcService<tonic::body::Body> + Clone + Send + Sync + 'static,
//! #     T::Future: Send,
//! #     T::Error: Into<tonic::codegen::StdError>,
//! #     T::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
//! #     <T::ResponseBody as tonic::codegen::Body>::Error: Into<tonic::codegen::StdError> + Send,
//! # {
//! use wire::assets::v1::Site;
//! use wire::changes::v1::Change;
//!
//! struct Projection;
//!
//! #[tonic::async_trait]
//! impl feed::Handler for Projection {
//!     async fn apply(&self, tx: &mut store::Transaction, changes: &[Change]) -> fault::Outcome<()> {
//!         for change in changes {
//!             match feed::after::<Site>(change)? {
//!                 Some(site) => println!("{} is now {}", site.name, site.display_name),
//!                 None => println!("{} is gone", change.resource),
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let running = feed::Consumer::new(&database, "assets", upstream, clock)
//!     .kinds(&["telwarden.assets.v1.Site"])
//!     .start(Projection)
//!     .await?;
//! # running.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! What holds:
//!
//! - **At least once, effect once.** How far the feed has been followed is a row, written in the transaction of the effect. A
//!   handler that also acts outside of the database may do so again after a crash.
//! - **Whole and in order.** A handler gets whole transactions of the source, in the order of its ledger; several at once when
//!   it is behind.
//! - **One at a time.** Of several replicas the one whose transaction first finds the row where it left it has effect; the
//!   others find that it has moved, stand by, and go on from there when it moves no more.
//! - **Nothing is skipped.** A change that cannot be taken in stops the feed: what is before it is taken in, the rest waits. It
//!   is told in the log, as a metric and as a row ([`parked`]), and is tried again after 1 s, 2 s, 4 s and so on up to ten
//!   minutes, and at a restart at once. Failures that pass (`UNAVAILABLE`, `ABORTED`) are tried again soon, and stop nothing.
//! - **It comes back.** A source that does not answer is called again, from the place reached, for as long as it takes.
//!
//! A service lists [`TABLE`] among its migrations (a copy of the file `feed.sql`, and a test that it is one).

mod batch;
mod follow;
mod place;
mod standing;

use std::sync::Arc;

use access::{Caller, Clock, Context};
use fault::Outcome;
use store::{Database, Transaction};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use wire::changes::v1::Change;
use wire::changes::v1::change_service_client::ChangeServiceClient;

use batch::Limits;
use follow::Follower;
pub use place::{Parked, TABLE, parked, rewind};
pub use standing::Standing;

/// Takes in what a feed tells.
#[tonic::async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Takes in whole transactions of the source, in order, of any organization. What is written through `tx` is committed
    /// together with the place reached in the feed. It must write nothing by a transaction of its own. The transaction acts as
    /// the service itself; what follows from one change is written after [`crate::react`].
    ///
    /// # Errors
    /// `UNAVAILABLE` and `ABORTED`: all is undone and tried again soon. Any other failure, and a panic: all is undone, and where
    /// the changes are those of one transaction of the source, the feed is parked ([`parked`]); those of several are tried one
    /// transaction after another before that.
    async fn apply(&self, tx: &mut Transaction, changes: &[Change]) -> Outcome<()>;
}

/// Follows the feed of another service.
pub struct Consumer<T> {
    database: Database,
    source: String,
    client: ChangeServiceClient<T>,
    clock: Arc<dyn Clock>,
    kinds: Vec<String>,
    limits: Limits,
}

impl<T> Consumer<T>
where
    T: GrpcService<Body> + Clone + Send + Sync + 'static,
    T::Future: Send,
    T::Error: Into<StdError>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    /// Follows the feed of `source` by `client`: an in-process service or a channel, which puts the token of this service on each
    /// call ([`access::ServiceToken::around`]). How far it has got is kept under the name of the source; a second consumer of
    /// the same feed in the same database is given a name of its own, as in `assets/reactions`.
    #[must_use]
    pub fn new(database: &Database, source: &str, client: T, clock: Arc<dyn Clock>) -> Self {
        Self {
            database: database.clone(),
            source: source.to_owned(),
            // A transaction is told whole, however large it is.
            client: ChangeServiceClient::new(client).max_decoding_message_size(usize::MAX),
            clock,
            kinds: Vec::new(),
            limits: Limits { changes: 1000, bytes: 4 << 20 },
        }
    }

    /// Takes in only changes of these kinds (full message names); without this, all. Where a later version wants more kinds than
    /// the one before, it [`rewind`]s, or will not hear of what happened until then.
    #[must_use]
    pub fn kinds(mut self, kinds: &[&str]) -> Self {
        self.kinds = kinds.iter().map(|&kind| kind.to_owned()).collect();
        self
    }

    /// Takes in at most so many changes, and about so many bytes of them, by one transaction, unless one transaction of the
    /// source is larger. Default 1000, and 4 MiB.
    #[must_use]
    pub fn at_once(mut self, changes: usize, bytes: usize) -> Self {
        self.limits = Limits { changes, bytes };
        self
    }

    /// Follows the feed, in a task of its own, for as long as somebody else holds the database. Where services of one process
    /// follow each other, each holds the other's through its client: whoever ends them calls [`Running::stop`].
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`, and then no task is started. A source that does not answer is no error.
    pub async fn start(self, handler: impl Handler) -> Outcome<Running> {
        let Self { database, source, client, clock, kinds, limits } = self;
        let context = Context {
            caller: Arc::new(Caller::service_everywhere(database.service())),
            method: format!("feed/{source}").into(),
            trace: String::new(),
            clock: Arc::clone(&clock),
            roles: Arc::default(),
        };
        let mut tx = database.begin(&context).await?;
        place::begin(&mut tx, &source).await?;
        tx.commit().await?;
        let place = place::read(&database, &source).await?;
        let standing = standing::new(&database, &source, &clock, &place);
        let watch = standing.subscribe();
        let bell = database.bell();
        let follower = Follower {
            database: database.weak(),
            source,
            client,
            context,
            clock,
            kinds,
            limits,
            handler: Box::new(handler),
            standing,
        };
        drop(database);
        Ok(Running { task: tokio::spawn(follower.run(bell)), watch })
    }
}

/// A feed that is being followed. Dropping this leaves it so.
#[derive(Debug)]
pub struct Running {
    task: JoinHandle<()>,
    watch: watch::Receiver<Standing>,
}

impl Running {
    /// How far the feed has been followed, as it changes.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.watch.clone()
    }

    /// Follows no further. What is being taken in at this moment is undone.
    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}
