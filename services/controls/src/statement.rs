//! Statements of Applicability: which controls of a catalogue apply in a scope (ITU-T X.1051, ISO/IEC 27001 clause 6.1.3 d).
//!
//! A statement and its rows are made in one transaction, changed while it is a DRAFT, and frozen once proposed. Whoever writes rows
//! claims them before the statement; whoever moves the statement claims it alone and reads the rows, so the two meet at it.

mod approve;
mod baseline;
mod count;
mod decide;
mod make;
mod migrate;
mod suggest;
mod summary;
#[cfg(test)]
mod tests;

use access::Context;
use fault::{Fault, Outcome};
use store::{Hold, Reference, Referrer, Rules, Side, Transaction, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::Choice as _;
use wire::controls::v1::statement::State;
use wire::controls::v1::statement_service_server::StatementService;
use wire::controls::v1::tailoring::Baseline;
use wire::controls::v1::{
    ApproveStatementRequest, CreateStatementRequest, DecideStatementRequest, DeleteStatementRequest, ErrorReason,
    GetStatementRequest, ListStatementsRequest, ListStatementsResponse, MigrateStatementRequest,
    MigrateStatementResponse, PromoteStatementRequest, ProposeStatementRequest, ReviseStatementRequest, Statement,
    StatementRow, SuggestStatementRequest, SuggestStatementResponse, SummarizeStatementsRequest,
    SummarizeStatementsResponse, UpdateStatementRequest, VerifyStatementRequest, VerifyStatementResponse,
    WithdrawStatementRequest,
};

use crate::catalogue::Catalogues;
use crate::scope::Scopes;
use crate::{Registry, id_of, organization_of};

pub(crate) use approve::scope_changed;
pub(crate) use count::recount;

// === The table ===

/// All statements.
pub struct Statements;

impl store::Resource for Statements {
    type Message = Statement;
    const TABLE: &'static str = "statement";
    const COLLECTION: &'static str = "statements";

    fn columns() -> &'static [store::Column<Statement>] {
        store::columns![Statement;
            display_name: text order search, scope: text index, catalogue: text index, baseline: choice(Baseline),
            state: choice(State) order, revision: integer order, undecided: integer order,
        ]
    }

    fn sides() -> &'static [Side<Statement>] {
        store::sides![Statement; labels: map "statement_label"]
    }

    fn references() -> &'static [Reference<Statement>] {
        store::references![Statement; scope: Scopes, catalogue: Catalogues]
    }

    fn referrers() -> &'static [Referrer] {
        const { &[Referrer::within("rows", "statement_row")] }
    }

    store::head!(Statement;
        state, revision, rows, applicable, not_applicable, undecided, kept, kept_decided, source, migration, proposer,
        propose_time, approval, superseded_by, supersede_time, withdrawer, withdraw_time, withdraw_reason,
    );
}

// === The rules ===

impl Rules for Statements {
    type Needs = ();

    fn create(_: &Context, (): &(), new: &mut Statement) -> Outcome<()> {
        new.set_state(State::Draft);
        Ok(())
    }

    /// What is no draft only moves.
    fn update(_: &Context, (): &(), old: &Statement, new: &mut Statement) -> Outcome<()> {
        if old.state() != State::Draft && old.state() == new.state() && old != new {
            return Err(frozen(&old.name, old.state()));
        }
        Ok(())
    }

    fn delete(_: &Context, (): &(), old: &Statement) -> Outcome<()> {
        in_state("statement", old.state(), &[State::Draft], "deleted: withdraw it, so that it stays on record")
    }
}

/// Why a statement that is no draft, or a row of it, is not changed, and what to do instead.
pub(crate) fn frozen(name: &str, state: State) -> Box<Fault> {
    let (way, instead) = match state {
        State::Proposed => ("withdraw", "withdraw it, then revise it"),
        _ => ("revise", "revise it"),
    };
    let state = state.text();
    let message = format!(
        "the statement is {state}, so it and its rows are frozen: {instead}, which makes a new draft with all that its rows say"
    );
    Fault::precondition(ErrorReason::StatementFrozen, message)
        .with("statement", name)
        .with("state", state)
        .with("way", way)
}

/// Refuses to change what is no draft.
fn thawed(statement: &Statement) -> Outcome<()> {
    if statement.state() == State::Draft { Ok(()) } else { Err(frozen(&statement.name, statement.state())) }
}

/// The number of the lock on what is in force in a scope, this purpose's own in the whole suite.
const IN_FORCE: i32 = 7_310_620;

/// One write at a time numbers or approves the statements of a scope, or changes what they are about. It is held before a
/// statement is claimed.
async fn hold(tx: &mut Transaction, scope: &str) -> Outcome<()> {
    tx.hold(IN_FORCE, scope, Hold::Alone).await
}

impl Registry {
    /// The rows of a statement, in the order of their ids.
    async fn rows_of(&self, tx: &mut Transaction, statement: &Statement) -> Outcome<Vec<StatementRow>> {
        let id = id_of(&statement.name);
        let within = |sql: &mut store::Sql| {
            sql.within(id).push(" ORDER BY id");
        };
        self.statement_rows.select(tx, organization_of(&statement.name), within).await
    }
}

/// The ids of rows within the organization: `s/5.7`.
fn ids_of<'a>(statement: &Statement, rows: impl IntoIterator<Item = &'a StatementRow>) -> Vec<String> {
    let id = id_of(&statement.name);
    rows.into_iter().map(|row| format!("{id}/{}", id_of(&row.name))).collect()
}

/// A text, cut where it is longer than `most` characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

// === The API ===

#[tonic::async_trait]
impl StatementService for Registry {
    async fn create_statement(&self, request: Request<CreateStatementRequest>) -> Result<Response<Statement>, Status> {
        let (context, r) = open(request)?;
        reply(self.make_statement(&context, r).await)
    }

    async fn get_statement(&self, request: Request<GetStatementRequest>) -> Result<Response<Statement>, Status> {
        self.statements.serve_get(request).await
    }

    async fn list_statements(
        &self,
        request: Request<ListStatementsRequest>,
    ) -> Result<Response<ListStatementsResponse>, Status> {
        self.statements.serve_list(request).await
    }

    async fn update_statement(&self, request: Request<UpdateStatementRequest>) -> Result<Response<Statement>, Status> {
        self.statements.serve_update(request).await
    }

    async fn delete_statement(&self, request: Request<DeleteStatementRequest>) -> Result<Response<()>, Status> {
        let (context, r) = open(request)?;
        reply(self.delete_with_rows(&context, &r.name, &r.etag).await)
    }

    async fn propose_statement(
        &self,
        request: Request<ProposeStatementRequest>,
    ) -> Result<Response<Statement>, Status> {
        let (context, r) = open(request)?;
        reply(self.propose(&context, &r.name, &r.etag).await)
    }

    async fn approve_statement(
        &self,
        request: Request<ApproveStatementRequest>,
    ) -> Result<Response<Statement>, Status> {
        let (context, r) = open(request)?;
        reply(self.approve(&context, &r).await)
    }

    async fn withdraw_statement(
        &self,
        request: Request<WithdrawStatementRequest>,
    ) -> Result<Response<Statement>, Status> {
        let (context, r) = open(request)?;
        let change = |context: &Context, old: &Statement, new: &mut Statement| {
            in_state("statement", old.state(), &[State::Proposed, State::Approved], "withdrawn")?;
            new.set_state(State::Withdrawn);
            new.withdrawer.clone_from(&context.caller.subject);
            new.withdraw_time = store::timestamp(context.clock.now());
            new.withdraw_reason = r.reason;
            Ok(())
        };
        reply(self.statements.change(&context, &r.name, &r.etag, change).await)
    }

    async fn decide_statement(&self, request: Request<DecideStatementRequest>) -> Result<Response<Statement>, Status> {
        let (context, r) = open(request)?;
        reply(self.decide(&context, r).await)
    }

    async fn suggest_statement(
        &self,
        request: Request<SuggestStatementRequest>,
    ) -> Result<Response<SuggestStatementResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.suggest(&context, &r.name).await)
    }

    async fn revise_statement(&self, request: Request<ReviseStatementRequest>) -> Result<Response<Statement>, Status> {
        let (context, r) = open(request)?;
        reply(self.revise(&context, r).await)
    }

    async fn migrate_statement(
        &self,
        request: Request<MigrateStatementRequest>,
    ) -> Result<Response<MigrateStatementResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.migrate(&context, r).await)
    }

    async fn promote_statement(
        &self,
        request: Request<PromoteStatementRequest>,
    ) -> Result<Response<Statement>, Status> {
        let (context, r) = open(request)?;
        reply(self.promote(&context, &r).await)
    }

    async fn verify_statement(
        &self,
        request: Request<VerifyStatementRequest>,
    ) -> Result<Response<VerifyStatementResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.verify(&context, &r.name).await)
    }

    async fn summarize_statements(
        &self,
        request: Request<SummarizeStatementsRequest>,
    ) -> Result<Response<SummarizeStatementsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.summarize(&context, r).await)
    }
}
