//! How far the scopes have come, each and as a whole (ITU-T X.1053: affiliates rolled up to the group).

use std::collections::{BTreeMap, BTreeSet};

use access::Context;
use fault::{Fault, Outcome};
use wire::Choice as _;
use wire::controls::v1::statement::State;
use wire::controls::v1::{Scope, ScopeSummary, Statement, SummarizeStatementsRequest, SummarizeStatementsResponse};

use crate::Registry;

/// How many lines are told.
const MOST_LINES: usize = 1000;

impl Registry {
    pub(super) async fn summarize(
        &self,
        context: &Context,
        r: SummarizeStatementsRequest,
    ) -> Outcome<SummarizeStatementsResponse> {
        let parent = resource::parse_parent(&r.parent)
            .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
        let organizations: BTreeSet<String> = [parent].into_iter().chain(r.organizations).collect();
        let mut lines = Vec::new();
        for organization in &organizations {
            context.enter(organization, &format!("organizations/{organization}"))?;
            let all = |sql: &mut store::Sql| {
                sql.push("1 = 1 ORDER BY id");
            };
            let scopes = self.scopes.find(organization, all).await?;
            let catalogue = format!("organizations/{organization}/catalogues/{}", r.catalogue_id);
            let counting = |sql: &mut store::Sql| {
                sql.push("state IN ('DRAFT', 'PROPOSED', 'APPROVED')");
                if !r.catalogue_id.is_empty() {
                    sql.push(" AND catalogue = ").bind(catalogue);
                }
            };
            lines.extend(lines_of(&scopes, &self.statements.find(organization, counting).await?));
        }
        Ok(whole(lines))
    }
}

/// A line for each scope and catalogue; one for a scope without a statement.
pub(super) fn lines_of(scopes: &[Scope], statements: &[Statement]) -> Vec<ScopeSummary> {
    let rank = |statement: &Statement| (statement.state() == State::Approved, statement.revision);
    let mut counting: BTreeMap<&str, BTreeMap<&str, &Statement>> = BTreeMap::new();
    for statement in statements {
        let best = counting.entry(&statement.scope).or_default().entry(&statement.catalogue).or_insert(statement);
        if rank(statement) > rank(best) {
            *best = statement;
        }
    }
    let mut lines = Vec::new();
    for scope in scopes {
        let own = ScopeSummary {
            scope: scope.name.clone(),
            display_name: scope.display_name.clone(),
            weight: scope.weight,
            ..Default::default()
        };
        match counting.get(scope.name.as_str()) {
            Some(statements) => lines.extend(statements.values().map(|statement| line(own.clone(), statement))),
            None => lines.push(own),
        }
    }
    lines
}

fn line(own: ScopeSummary, statement: &Statement) -> ScopeSummary {
    ScopeSummary {
        statement: statement.name.clone(),
        catalogue: statement.catalogue.clone(),
        statement_state: statement.state().text().to_owned(),
        rows: statement.rows,
        decided: statement.applicable + statement.not_applicable,
        applicable: statement.applicable,
        kept: statement.kept,
        kept_decided: statement.kept_decided,
        completion: if statement.kept > 0 {
            f64::from(statement.kept_decided) / f64::from(statement.kept)
        } else {
            0.0
        },
        ..own
    }
}

/// All lines as one: the sum of weight times completion over the sum of weights. A line of which nothing is kept counts for
/// nothing, since nothing is asked there; a scope without a statement counts as not begun.
pub(super) fn whole(mut lines: Vec<ScopeSummary>) -> SummarizeStatementsResponse {
    lines.sort_by(|one, other| one.completion.total_cmp(&other.completion).then_with(|| one.scope.cmp(&other.scope)));
    let mut summary = SummarizeStatementsResponse::default();
    let mut done = 0.0;
    for line in &lines {
        if line.kept > 0 || line.statement.is_empty() {
            summary.weight += line.weight;
            done += line.weight * line.completion;
        }
        summary.rows += i64::from(line.rows);
        summary.decided += i64::from(line.decided);
        summary.applicable += i64::from(line.applicable);
        summary.kept += i64::from(line.kept);
    }
    if summary.weight > 0.0 {
        summary.completion = done / summary.weight;
    }
    summary.left_out = i32::try_from(lines.len().saturating_sub(MOST_LINES)).unwrap_or(i32::MAX);
    lines.truncate(MOST_LINES);
    summary.scopes = lines;
    summary
}
