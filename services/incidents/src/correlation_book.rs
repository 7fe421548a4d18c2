//! Correlation books: what belongs together and what caused what among signals (docs/correlation.md).
//!
//! A book is checked as a whole when it is written, and everything that is wrong with it is told at once. One is IN_FORCE at a time; without one, the rules
//! that ship hold. What is learnt from history is proposed, never put in force by itself.

mod learn;

use access::Context;
use correlate::Rules as Correlation;
use fault::{Fault, Outcome};
use store::{Collection, Life as _, Move, Rules, Transaction, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::Violation;
use wire::incidents::v1 as api;
use wire::incidents::v1::CorrelationBook;
use wire::incidents::v1::correlation_book::State;
use wire::incidents::v1::correlation_book_service_server::CorrelationBookService;

use crate::{Registry, correlator};

// === The table ===

/// All correlation books.
pub struct CorrelationBooks;

impl store::Resource for CorrelationBooks {
    type Message = CorrelationBook;
    const TABLE: &'static str = "correlation_book";
    const COLLECTION: &'static str = "correlationBooks";

    fn columns() -> &'static [store::Column<CorrelationBook>] {
        store::columns![CorrelationBook; display_name: text order search, state: choice(State) order]
    }

    store::head!(CorrelationBook; state, state_reason, state_time, edition);
}

store::life!(CorrelationBooks; State, "correlation book");

const ENACT: Move<State> = Move::new(&[State::Draft], State::InForce, "put in force");
const WITHDRAW: Move<State> = Move::new(&[State::InForce], State::Withdrawn, "taken out of force");

// === The rules ===

impl Rules for CorrelationBooks {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut CorrelationBook) -> Outcome<()> {
        let read = Correlation::from_yaml(&new.rules).map_err(|violations| {
            let told = violations.list().iter().map(|wrong| Violation {
                field: format!("correlation_book.rules.{}", wrong.field),
                description: format!("{}; {}", wrong.problem, wrong.remedy),
            });
            Fault::violations(told.collect())
        })?;
        new.edition = read.edition;
        Ok(())
    }

    fn create(context: &Context, needs: &(), new: &mut CorrelationBook) -> Outcome<()> {
        Self::enter(new, State::Draft, "", context.clock.now());
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &CorrelationBook, new: &mut CorrelationBook) -> Outcome<()> {
        if old.state() == new.state() {
            in_state("correlation book", old.state(), &[State::Draft], "changed")?;
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, _: &(), old: &CorrelationBook) -> Outcome<()> {
        in_state("correlation book", old.state(), &[State::Draft], "deleted")
    }
}

/// The rules in force of an organization; those that ship where it has none.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn rules(tx: &mut Transaction, organization: &str) -> Outcome<Correlation> {
    let read = match in_force(tx, organization).await? {
        Some(book) => Correlation::from_yaml(&book.rules),
        None => Correlation::shipped(),
    };
    read.map_err(|violations| Fault::defect(format!("{violations:?}")))
}

async fn in_force(tx: &mut Transaction, organization: &str) -> Outcome<Option<CorrelationBook>> {
    let books = Collection::<CorrelationBooks>::new(tx.database().clone());
    let found = books.select(tx, organization, |sql| {
        sql.push("state = ").bind(State::InForce.as_str_name());
    });
    Ok(found.await?.into_iter().next())
}

impl Registry {
    /// Puts a book in force, in the place of the one that was.
    async fn enact_correlation(
        &self,
        context: &Context,
        r: &api::EnactCorrelationBookRequest,
    ) -> Outcome<CorrelationBook> {
        let organization = crate::organization_of(&r.name);
        context.enter(organization, &r.name)?;
        let mut tx = correlator::begin(&self.database, context, organization).await?;
        if let Some(before) = in_force(&mut tx, organization).await?.filter(|before| before.name != r.name) {
            let reason = format!("{} came in its place", r.name);
            self.correlation_books.step_in(&mut tx, (&before.name, ""), &WITHDRAW, &reason).await?;
        }
        let enacted = self.correlation_books.step_in(&mut tx, (&r.name, &r.etag), &ENACT, &r.reason).await?;
        correlator::start_anew(&mut tx, organization).await?;
        tx.commit().await?;
        Ok(enacted)
    }

    async fn withdraw_correlation(
        &self,
        context: &Context,
        r: &api::WithdrawCorrelationBookRequest,
    ) -> Outcome<CorrelationBook> {
        let organization = crate::organization_of(&r.name);
        context.enter(organization, &r.name)?;
        let mut tx = correlator::begin(&self.database, context, organization).await?;
        let withdrawn = self.correlation_books.step_in(&mut tx, (&r.name, &r.etag), &WITHDRAW, &r.reason).await?;
        correlator::start_anew(&mut tx, organization).await?;
        tx.commit().await?;
        Ok(withdrawn)
    }
}

// === The API ===

#[tonic::async_trait]
impl CorrelationBookService for Registry {
    async fn create_correlation_book(
        &self,
        request: Request<api::CreateCorrelationBookRequest>,
    ) -> Result<Response<CorrelationBook>, Status> {
        self.correlation_books.serve_create(request).await
    }

    async fn get_correlation_book(
        &self,
        request: Request<api::GetCorrelationBookRequest>,
    ) -> Result<Response<CorrelationBook>, Status> {
        self.correlation_books.serve_get(request).await
    }

    async fn list_correlation_books(
        &self,
        request: Request<api::ListCorrelationBooksRequest>,
    ) -> Result<Response<api::ListCorrelationBooksResponse>, Status> {
        self.correlation_books.serve_list(request).await
    }

    async fn update_correlation_book(
        &self,
        request: Request<api::UpdateCorrelationBookRequest>,
    ) -> Result<Response<CorrelationBook>, Status> {
        self.correlation_books.serve_update(request).await
    }

    async fn delete_correlation_book(
        &self,
        request: Request<api::DeleteCorrelationBookRequest>,
    ) -> Result<Response<()>, Status> {
        self.correlation_books.serve_delete(request).await
    }

    async fn enact_correlation_book(
        &self,
        request: Request<api::EnactCorrelationBookRequest>,
    ) -> Result<Response<CorrelationBook>, Status> {
        let (context, r) = open(request)?;
        reply(self.enact_correlation(&context, &r).await)
    }

    async fn withdraw_correlation_book(
        &self,
        request: Request<api::WithdrawCorrelationBookRequest>,
    ) -> Result<Response<CorrelationBook>, Status> {
        let (context, r) = open(request)?;
        reply(self.withdraw_correlation(&context, &r).await)
    }

    async fn learn_correlation_rules(
        &self,
        request: Request<api::LearnCorrelationRulesRequest>,
    ) -> Result<Response<api::LearnCorrelationRulesResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.learn_rules(&context, &r).await)
    }
}
