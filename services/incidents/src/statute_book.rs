//! Statute books: what the law asks of an organization, over what ships, and what the organization is to the law (docs/clocks.md).
//!
//! Nothing about a law is in code. A book is checked as a whole when it is written, and everything that is wrong with it is told at once. One is IN_FORCE
//! at a time; without one, what ships holds alone.

mod law;

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Life as _, Move, Rules, Transaction, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::Violation;
use wire::incidents::v1 as api;
use wire::incidents::v1::StatuteBook;
use wire::incidents::v1::statute_book::State;
use wire::incidents::v1::statute_book_service_server::StatuteBookService;

use crate::Registry;

pub(crate) use law::Law;

// === The table ===

/// All statute books.
pub struct StatuteBooks;

impl store::Resource for StatuteBooks {
    type Message = StatuteBook;
    const TABLE: &'static str = "statute_book";
    const COLLECTION: &'static str = "statuteBooks";

    fn columns() -> &'static [store::Column<StatuteBook>] {
        store::columns![StatuteBook; display_name: text order search, state: choice(State) order]
    }

    store::head!(StatuteBook; state, state_reason, state_time, edition);
}

store::life!(StatuteBooks; State, "statute book");

const ENACT: Move<State> = Move::new(&[State::Draft], State::InForce, "put in force");
const WITHDRAW: Move<State> = Move::new(&[State::InForce], State::Withdrawn, "taken out of force");

// === The rules ===

impl Rules for StatuteBooks {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut StatuteBook) -> Outcome<()> {
        new.edition = match law::own(&new.book) {
            Ok(book) => book.map(|book| book.edition().to_owned()).unwrap_or_default(),
            Err(violations) => {
                let told = violations.list().iter().map(|wrong| Violation {
                    field: format!("statute_book.book.{}", wrong.field),
                    description: format!("{}; {}", wrong.problem, wrong.remedy),
                });
                return Err(Fault::violations(told.collect()));
            }
        };
        for (field, users) in [("national_users", &new.national_users), ("own_users", &new.own_users)] {
            if let Some((kind, count)) = users.iter().find(|(_, count)| **count < 0) {
                let message = format!("{count} users of {kind}: give 0 or more");
                let reason = wire::fault::v1::ErrorReason::FieldInvalid;
                return Err(Fault::invalid(reason, message).on(format!("statute_book.{field}.{kind}")));
            }
        }
        Ok(())
    }

    fn create(context: &Context, needs: &(), new: &mut StatuteBook) -> Outcome<()> {
        Self::enter(new, State::Draft, "", context.clock.now());
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &StatuteBook, new: &mut StatuteBook) -> Outcome<()> {
        if old.state() == new.state() {
            in_state("statute book", old.state(), &[State::Draft], "changed")?;
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, _: &(), old: &StatuteBook) -> Outcome<()> {
        in_state("statute book", old.state(), &[State::Draft], "deleted")
    }
}

/// The book in force of an organization; none where there is none.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn in_force(tx: &mut Transaction, organization: &str) -> Outcome<Option<StatuteBook>> {
    let books = Collection::<StatuteBooks>::new(tx.database().clone());
    let found = books.select(tx, organization, |sql| {
        sql.push("state = ").bind(State::InForce.as_str_name());
    });
    Ok(found.await?.into_iter().next())
}

impl Registry {
    /// Puts a book in force, in the place of the one that was. Two at once would both be in force: one waits for the other.
    async fn enact(&self, context: &Context, r: &api::EnactStatuteBookRequest) -> Outcome<StatuteBook> {
        const ENACTING: i32 = 7_310_690;
        let organization = crate::organization_of(&r.name);
        context.enter(organization, &r.name)?;
        let mut tx = self.database.begin(context).await?;
        tx.hold(ENACTING, organization, store::Hold::Alone).await?;
        if let Some(before) = in_force(&mut tx, organization).await?.filter(|before| before.name != r.name) {
            let reason = format!("{} came in its place", r.name);
            self.statute_books.step_in(&mut tx, (&before.name, ""), &WITHDRAW, &reason).await?;
        }
        let enacted = self.statute_books.step_in(&mut tx, (&r.name, &r.etag), &ENACT, &r.reason).await?;
        crate::obligation::look_at_all(&mut tx, organization).await?;
        tx.commit().await?;
        Ok(enacted)
    }

    /// Takes a book out of force: what ships holds alone again.
    async fn withdraw(&self, context: &Context, r: &api::WithdrawStatuteBookRequest) -> Outcome<StatuteBook> {
        let organization = crate::organization_of(&r.name);
        context.enter(organization, &r.name)?;
        let mut tx = self.database.begin(context).await?;
        let withdrawn = self.statute_books.step_in(&mut tx, (&r.name, &r.etag), &WITHDRAW, &r.reason).await?;
        crate::obligation::look_at_all(&mut tx, organization).await?;
        tx.commit().await?;
        Ok(withdrawn)
    }

    async fn regimes(&self, context: &Context, parent: &str) -> Outcome<api::DescribeRegimesResponse> {
        let organization = store::enter(context, parent, "parent")?;
        let mut tx = self.database.begin(context).await?;
        let book = in_force(&mut tx, &organization).await?;
        tx.commit().await?;
        Ok(law::describe(&Law::of(book.as_ref())?))
    }
}

// === The API ===

#[tonic::async_trait]
impl StatuteBookService for Registry {
    async fn create_statute_book(
        &self,
        request: Request<api::CreateStatuteBookRequest>,
    ) -> Result<Response<StatuteBook>, Status> {
        self.statute_books.serve_create(request).await
    }

    async fn get_statute_book(
        &self,
        request: Request<api::GetStatuteBookRequest>,
    ) -> Result<Response<StatuteBook>, Status> {
        self.statute_books.serve_get(request).await
    }

    async fn list_statute_books(
        &self,
        request: Request<api::ListStatuteBooksRequest>,
    ) -> Result<Response<api::ListStatuteBooksResponse>, Status> {
        self.statute_books.serve_list(request).await
    }

    async fn update_statute_book(
        &self,
        request: Request<api::UpdateStatuteBookRequest>,
    ) -> Result<Response<StatuteBook>, Status> {
        self.statute_books.serve_update(request).await
    }

    async fn delete_statute_book(
        &self,
        request: Request<api::DeleteStatuteBookRequest>,
    ) -> Result<Response<()>, Status> {
        self.statute_books.serve_delete(request).await
    }

    async fn enact_statute_book(
        &self,
        request: Request<api::EnactStatuteBookRequest>,
    ) -> Result<Response<StatuteBook>, Status> {
        let (context, r) = open(request)?;
        reply(self.enact(&context, &r).await)
    }

    async fn withdraw_statute_book(
        &self,
        request: Request<api::WithdrawStatuteBookRequest>,
    ) -> Result<Response<StatuteBook>, Status> {
        let (context, r) = open(request)?;
        reply(self.withdraw(&context, &r).await)
    }

    async fn describe_regimes(
        &self,
        request: Request<api::DescribeRegimesRequest>,
    ) -> Result<Response<api::DescribeRegimesResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.regimes(&context, &r.parent).await)
    }
}
