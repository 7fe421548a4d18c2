//! How a statement is proposed and approved, and what the approval binds to.

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use store::{Collection, Transaction, in_state, timestamp};
use wire::controls::v1::statement::State;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::tailoring::Baseline;
use wire::controls::v1::{
    ApproveStatementRequest, ErrorReason, Scope, Statement, StatementRow, VerifyStatementResponse,
};

use super::count::put_off;
use super::{Statements, hold};
use crate::statement_row::StatementRows;
use crate::{Registry, id_of, organization_of};

/// How many rows a refusal names.
const NAMED: usize = 20;

/// What is approved: the statement, what it is about, and what every row says.
pub(super) fn parts(statement: &Statement, scope: &Scope, rows: &[StatementRow]) -> Vec<Vec<u8>> {
    let said = Statement {
        name: statement.name.clone(),
        display_name: statement.display_name.clone(),
        description: statement.description.clone(),
        scope: statement.scope.clone(),
        catalogue: statement.catalogue.clone(),
        baseline: statement.baseline,
        revision: statement.revision,
        ..Default::default()
    };
    let row = |row: &StatementRow| StatementRow {
        name: row.name.clone(),
        control: row.control.clone(),
        label: row.label.clone(),
        title: row.title.clone(),
        decision: row.decision,
        justification: row.justification.clone(),
        owner: row.owner.clone(),
        risk_references: row.risk_references.clone(),
        legal_references: row.legal_references.clone(),
        tailoring: row.tailoring.clone(),
        ..Default::default()
    };
    let mut parts = vec![said.encode_to_vec(), about(scope).encode_to_vec()];
    parts.extend(rows.iter().map(|one| row(one).encode_to_vec()));
    parts
}

/// What of a scope is part of what is approved: not how much it counts, nor its labels.
fn about(scope: &Scope) -> Scope {
    Scope {
        name: scope.name.clone(),
        display_name: scope.display_name.clone(),
        description: scope.description.clone(),
        services: scope.services.clone(),
        sites: scope.sites.clone(),
        organizational_units: scope.organizational_units.clone(),
        owner: scope.owner.clone(),
        ..Default::default()
    }
}

/// Refuses a statement of which rows are left to decide, or do not say why they do not apply.
pub(super) fn complete(statement: &Statement, rows: &[StatementRow]) -> Outcome<()> {
    let full = matches!(statement.baseline(), Baseline::Full | Baseline::Unspecified);
    let undecided = |row: &&StatementRow| {
        matches!(row.decision(), Decision::Undecided | Decision::Unspecified) && (full || !put_off(row))
    };
    let unjustified =
        |row: &&StatementRow| row.decision() == Decision::NotApplicable && row.justification.trim().is_empty();
    let ids =
        |rows: Vec<&StatementRow>| -> Vec<String> { rows.iter().map(|row| id_of(&row.name).to_owned()).collect() };
    let mut rows: Vec<&StatementRow> = rows.iter().collect();
    rows.sort_by_key(|row| row.position);
    let undecided = ids(rows.iter().copied().filter(undecided).collect());
    let unjustified = ids(rows.iter().copied().filter(unjustified).collect());
    if undecided.is_empty() && unjustified.is_empty() {
        return Ok(());
    }
    let named = |ids: &[String]| {
        let shown = ids.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        if ids.len() > NAMED { format!("{shown} and {} more", ids.len() - NAMED) } else { shown }
    };
    let mut wrong = Vec::new();
    if !undecided.is_empty() {
        wrong.push(format!("{} rows are undecided: {}", undecided.len(), named(&undecided)));
    }
    if !unjustified.is_empty() {
        let count = unjustified.len();
        wrong.push(format!("{count} rows are NOT_APPLICABLE without a justification: {}", named(&unjustified)));
    }
    let message = format!("{}; decide them and say why, then propose the statement", wrong.join("; "));
    let all: Vec<String> = undecided.iter().chain(&unjustified).cloned().collect();
    Err(Fault::precondition(ErrorReason::StatementIncomplete, message)
        .with("undecided", undecided.len())
        .with("unjustified", unjustified.len())
        .with("rows", named(&all)))
}

impl Registry {
    pub(super) async fn propose(&self, context: &Context, name: &str, etag: &str) -> Outcome<Statement> {
        let mut tx = self.database.begin(context).await?;
        let draft = |_: &Context, old: &Statement, _: &mut Statement| {
            in_state("statement", old.state(), &[State::Draft], "proposed")
        };
        let statement = self.statements.change_in(&mut tx, name, etag, draft).await?;
        let rows = self.rows_of(&mut tx, &statement).await?;
        complete(&statement, &rows)?;
        let propose = |context: &Context, _: &Statement, new: &mut Statement| {
            new.set_state(State::Proposed);
            new.proposer.clone_from(&context.caller.subject);
            new.propose_time = timestamp(context.clock.now());
            Ok(())
        };
        let proposed = self.statements.change_in(&mut tx, name, "", propose).await?;
        tx.commit().await?;
        Ok(proposed)
    }

    /// Approves, and supersedes what was in force, in one transaction. Of several approvals in one scope, one goes after the other.
    pub(super) async fn approve(&self, context: &Context, r: &ApproveStatementRequest) -> Outcome<Statement> {
        let found = self.statements.get(context, &r.name).await?;
        let organization = organization_of(&found.name).to_owned();
        let mut tx = self.database.begin(context).await?;
        hold(&mut tx, &found.scope).await?;
        let statement = self.statements.change_in(&mut tx, &r.name, &r.etag, |_, _, _| Ok(())).await?;
        let rows = self.rows_of(&mut tx, &statement).await?;
        complete(&statement, &rows)?;
        in_state("statement", statement.state(), &[State::Proposed], "approved")?;
        let scope = self.scopes.load(&mut tx, &organization, &[id_of(&statement.scope)]).await?;
        let scope = scope.into_iter().next().ok_or_else(|| Fault::not_found(&statement.scope))?;
        let parts = parts(&statement, &scope, &rows);
        let approval = approval::approve(context, &statement.proposer, &parts, &r.comment)?;
        let in_force = self.statements.select(&mut tx, &organization, |sql| {
            sql.push("state = 'APPROVED' AND scope = ").bind(statement.scope.as_str());
            sql.push(" AND catalogue = ").bind(statement.catalogue.as_str());
        });
        for before in in_force.await? {
            let supersede = |context: &Context, _: &Statement, new: &mut Statement| {
                new.set_state(State::Superseded);
                new.superseded_by.clone_from(&statement.name);
                new.supersede_time = timestamp(context.clock.now());
                Ok(())
            };
            self.statements.change_in(&mut tx, &before.name, "", supersede).await?;
        }
        let approve = |_: &Context, _: &Statement, new: &mut Statement| {
            new.set_state(State::Approved);
            new.approval = Some(approval);
            Ok(())
        };
        let approved = self.statements.change_in(&mut tx, &r.name, "", approve).await?;
        tx.commit().await?;
        Ok(approved)
    }

    /// Works out the digest anew.
    pub(super) async fn verify(&self, context: &Context, name: &str) -> Outcome<VerifyStatementResponse> {
        let statement = self.statements.get(context, name).await?;
        let scope = self.scopes.get(context, &statement.scope).await?;
        let id = id_of(&statement.name);
        let within = |sql: &mut store::Sql| {
            sql.within(id).push(" ORDER BY id");
        };
        let rows = self.statement_rows.find(organization_of(&statement.name), within).await?;
        let digest = approval::digest(&parts(&statement, &scope, &rows));
        let holds = approval::counts(statement.approval.as_ref())
            && statement.approval.as_ref().is_some_and(|given| given.digest == digest);
        Ok(VerifyStatementResponse { holds, digest, approval: statement.approval })
    }
}

/// Makes the approvals void that were given for a scope as it was before; their statements wait to be approved again.
pub(crate) async fn scope_changed(
    tx: &mut Transaction,
    organization: &str,
    before: &Scope,
    after: &Scope,
) -> Outcome<()> {
    if about(before) == about(after) {
        return Ok(());
    }
    hold(tx, &after.name).await?;
    let statements = Collection::<Statements>::new(tx.database().clone());
    let rows = Collection::<StatementRows>::new(tx.database().clone());
    let in_force = statements.select(tx, organization, |sql| {
        sql.push("state = 'APPROVED' AND scope = ").bind(after.name.as_str());
    });
    for statement in in_force.await? {
        let id = id_of(&statement.name);
        let rows = rows.select(tx, organization, |sql| {
            sql.within(id).push(" ORDER BY id");
        });
        let parts = parts(&statement, after, &rows.await?);
        let void = |context: &Context, _: &Statement, new: &mut Statement| {
            if approval::hold(context, &mut new.approval, &parts) {
                new.set_state(State::Proposed);
            }
            Ok(())
        };
        statements.change_in(tx, &statement.name, "", void).await?;
    }
    Ok(())
}
