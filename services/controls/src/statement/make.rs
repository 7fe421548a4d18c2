//! How a statement comes to be with its rows, is revised, and is deleted with them.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use resource::Name;
use store::{Resource as _, Transaction, in_state};
use wire::ListQuery;
use wire::controls::v1::statement::State;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::tailoring::Baseline;
use wire::controls::v1::{
    Control, CreateStatementRequest, ErrorReason, ReviseStatementRequest, Statement, StatementRow,
};
use wire::fault::v1::ErrorReason as House;

use super::count::Counts;
use super::{Statements, baseline, hold, ids_of};
use crate::{Registry, id_of, organization_of};

/// How many rows a statement may have: they are made, read and approved at once.
const MOST_ROWS: usize = 5000;

impl Registry {
    pub(super) async fn make_statement(&self, context: &Context, r: CreateStatementRequest) -> Outcome<Statement> {
        let organization = resource::parse_parent(&r.parent)
            .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("parent"))?;
        context.enter(&organization, &r.parent)?;
        let mut draft = r.statement.unwrap_or_default();
        Statements::clear_output(&mut draft);
        if draft.baseline() == Baseline::Unspecified {
            draft.set_baseline(Baseline::Full);
        }
        let controls = self.decidable(context, &organization, &draft.catalogue).await?;
        let rows = controls.iter().map(|control| row(control, draft.baseline())).collect();
        let mut tx = self.database.begin(context).await?;
        let made = self.write_statement(&mut tx, &organization, &r.statement_id, draft, rows).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// The controls of a catalogue that can be decided on, in the order of the document; none where there is no such catalogue
    /// in the organization.
    pub(super) async fn decidable(
        &self,
        context: &Context,
        organization: &str,
        catalogue: &str,
    ) -> Outcome<Vec<Control>> {
        let mut found = Vec::new();
        if !Name::parse(catalogue, "catalogues").is_ok_and(|name| name.organization() == organization) {
            return Ok(found);
        }
        let mut token = String::new();
        loop {
            let page = self.controls.list(
                context,
                ListQuery {
                    parent: catalogue,
                    page_size: 1000,
                    page_token: &token,
                    filter: "introductory = false AND withdrawn = false",
                    order_by: "position",
                },
            );
            let page = page.await?;
            found.extend(page.items);
            if page.next_page_token.is_empty() || found.len() > MOST_ROWS {
                return Ok(found);
            }
            token = page.next_page_token;
        }
    }

    /// Writes a new statement with its rows. An empty `id` is made.
    pub(super) async fn write_statement(
        &self,
        tx: &mut Transaction,
        organization: &str,
        id: &str,
        mut draft: Statement,
        rows: Vec<StatementRow>,
    ) -> Outcome<Statement> {
        let id = if id.is_empty() { tx.context().clock.id() } else { id.to_owned() };
        if !resource::valid_id(&id) {
            let wrong = "an id has 1 to 63 of `a-z 0-9 - . _` and begins with a letter or digit";
            return Err(Fault::invalid(House::FieldInvalid, wrong).on("statement_id"));
        }
        hold(tx, &draft.scope).await?;
        draft.revision = self.next_revision(tx, organization, &draft).await?;
        Counts::of(&rows).put(&mut draft);
        // The scope and the catalogue are looked up here; only then is it said what is wrong with the catalogue.
        let made = self.statements.create_in(tx, organization, vec![(id.clone(), draft)]).await?;
        let made = made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))?;
        if rows.is_empty() || rows.len() > MOST_ROWS {
            let message = format!(
                "{} has {} controls that can be decided on; a statement is made for 1 to {MOST_ROWS}: name another catalogue",
                made.catalogue,
                if rows.is_empty() { "no".to_owned() } else { format!("more than {MOST_ROWS}") },
            );
            return Err(Fault::precondition(ErrorReason::CatalogueUnsuitable, message)
                .with("controls", rows.len())
                .with("limit", MOST_ROWS)
                .on("statement.catalogue"));
        }
        baseline::known(&made)?;
        let rows = rows.into_iter().map(|row| (format!("{id}/{}", id_of(&row.control)), row)).collect();
        self.statement_rows.create_in(tx, organization, rows).await?;
        Ok(made)
    }

    async fn next_revision(&self, tx: &mut Transaction, organization: &str, draft: &Statement) -> Outcome<i32> {
        let mut sql = tx.sql("SELECT COALESCE(MAX(revision), 0) FROM statement WHERE organization = ");
        sql.bind(organization).push(" AND scope = ").bind(draft.scope.as_str());
        sql.push(" AND catalogue = ").bind(draft.catalogue.as_str());
        let last: i64 = tx.row(sql).await?.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        Ok(i32::try_from(last).unwrap_or(i32::MAX).saturating_add(1))
    }

    pub(super) async fn revise(&self, context: &Context, r: ReviseStatementRequest) -> Outcome<Statement> {
        let old = self.statements.get(context, &r.name).await?;
        let allowed = [State::Approved, State::Superseded, State::Withdrawn];
        in_state("statement", old.state(), &allowed, "revised")?;
        let organization = organization_of(&old.name).to_owned();
        let controls = self.decidable(context, &organization, &old.catalogue).await?;
        let mut tx = self.database.begin(context).await?;
        let rows = carried(&controls, self.rows_of(&mut tx, &old).await?, old.baseline());
        let draft = Statement { migration: old.migration.clone(), ..successor(&old, r.display_name) };
        let made = self.write_statement(&mut tx, &organization, &r.statement_id, draft, rows).await?;
        tx.commit().await?;
        Ok(made)
    }

    pub(super) async fn delete_with_rows(&self, context: &Context, name: &str, etag: &str) -> Outcome<()> {
        let found = self.statements.get(context, name).await?;
        let deletable = |_: &Context, old: &Statement, _: &mut Statement| {
            in_state("statement", old.state(), &[State::Draft], "deleted: withdraw it, so that it stays on record")
        };
        let organization = organization_of(&found.name).to_owned();
        let mut tx = self.database.begin(context).await?;
        deletable(context, &found, &mut Statement::default())?;
        let ids = ids_of(&found, &self.rows_of(&mut tx, &found).await?);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.statement_rows.delete_many(&mut tx, &organization, &ids).await?;
        self.statements.change_in(&mut tx, name, etag, deletable).await?;
        self.statements.delete_many(&mut tx, &organization, &[id_of(name)]).await?;
        tx.commit().await
    }
}

/// A statement that is made of another, for the same scope and catalogue.
pub(super) fn successor(old: &Statement, display_name: String) -> Statement {
    Statement {
        display_name: if display_name.is_empty() { old.display_name.clone() } else { display_name },
        description: old.description.clone(),
        scope: old.scope.clone(),
        catalogue: old.catalogue.clone(),
        baseline: old.baseline,
        labels: old.labels.clone(),
        source: old.name.clone(),
        ..Default::default()
    }
}

/// The row with which a control begins.
pub(super) fn row(control: &Control, baseline: Baseline) -> StatementRow {
    let level = baseline::level(id_of(store::parent_of(&control.name)), id_of(&control.name));
    let mut row = StatementRow { tailoring: baseline::begun(level, baseline), ..Default::default() };
    row.set_level(level);
    row.set_decision(Decision::Undecided);
    described(&mut row, control);
    row
}

/// Says in a row what the catalogue says of its control.
fn described(row: &mut StatementRow, control: &Control) {
    row.control.clone_from(&control.name);
    row.label.clone_from(&control.label);
    row.title.clone_from(&control.title);
    row.theme.clone_from(&control.theme);
    row.position = control.position;
}

/// The rows of a revision: what the rows before say, for the controls that there are. A row whose control can no longer be
/// decided on is carried as it is.
fn carried(controls: &[Control], before: Vec<StatementRow>, baseline: Baseline) -> Vec<StatementRow> {
    let mut before: HashMap<String, StatementRow> = before.into_iter().map(|row| (row.control.clone(), row)).collect();
    let rows = controls.iter().map(|control| match before.remove(&control.name) {
        Some(mut row) => {
            described(&mut row, control);
            row
        }
        None => row(control, baseline),
    });
    let mut rows: Vec<StatementRow> = rows.collect();
    rows.extend(before.into_values());
    rows
}
