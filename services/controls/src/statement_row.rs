//! Rows of Statements of Applicability: what is decided about one control (ISO/IEC 27001 clause 6.1.3 d).

use std::collections::{BTreeSet, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Datum, Dialect, FieldType, Part, Reference, Rules, Transaction, enum_text};
use tonic::{Request, Response, Status};
use wire::Choice;
use wire::controls::v1::statement::State;
use wire::controls::v1::statement_row::migration::Outcome as Migrated;
use wire::controls::v1::statement_row::{Decision, Migration, Suggestion};
use wire::controls::v1::statement_row_service_server::StatementRowService;
use wire::controls::v1::tailoring::{Baseline, Kind};
use wire::controls::v1::{
    ErrorReason, GetStatementRowRequest, ListStatementRowsRequest, ListStatementRowsResponse, StatementRow, Tailoring,
    UpdateStatementRowRequest,
};

use crate::control::Controls;
use crate::statement::{Statements, frozen, recount};
use crate::{Registry, id_of};

// === The table ===

/// The rows of all statements.
pub struct StatementRows;

impl store::Resource for StatementRows {
    type Message = StatementRow;
    const TABLE: &'static str = "statement_row";
    const COLLECTION: &'static str = "statements/*/rows";

    fn columns() -> &'static [store::Column<StatementRow>] {
        store::columns![StatementRow;
            control: text index, label: text order search, title: text order search, theme: text,
            position: integer order, level: choice(Baseline), decision: choice(Decision), owner: text,
            tailoring: part(Tailored), suggestion: part(Suggested), migration: part(Outcomes),
        ]
    }

    fn references() -> &'static [Reference<StatementRow>] {
        store::references![StatementRow; name(parent): Statements, control: Controls]
    }

    store::head!(StatementRow;
        control, label, title, theme, position, level, decided_by, decide_time, suggestion, migration,
    );
}

/// A choice within a field as a column: the name of its value, empty where the field is unset.
fn text<C: Choice>(number: Option<i32>) -> Datum<'static> {
    Datum::from(number.map(|number| enum_text(C::VALUES, number)).unwrap_or_default())
}

/// The number of a choice by the name of its value; 0 where it is none.
fn number<C: Choice>(datum: Datum<'_>) -> i32 {
    let text = datum.text();
    C::VALUES.iter().find(|(name, _)| *name == text).map_or(0, |(_, number)| *number)
}

/// What a profile makes of the control, as a column.
struct Tailored;

impl Part<StatementRow> for Tailored {
    fn field_type() -> FieldType {
        FieldType::Enum(<Kind as Choice>::VALUES)
    }

    fn get(row: &StatementRow) -> Datum<'_> {
        text::<Kind>(row.tailoring.as_ref().map(|tailoring| tailoring.kind))
    }

    fn set(row: &mut StatementRow, datum: Datum<'_>) {
        let kind = number::<Kind>(datum);
        if row.tailoring.is_some() || kind != 0 {
            row.tailoring.get_or_insert_default().kind = kind;
        }
    }
}

/// The decision that is suggested, as a column.
struct Suggested;

impl Part<StatementRow> for Suggested {
    fn field_type() -> FieldType {
        FieldType::Enum(<Decision as Choice>::VALUES)
    }

    fn get(row: &StatementRow) -> Datum<'_> {
        text::<Decision>(row.suggestion.as_ref().map(|suggestion| suggestion.decision))
    }

    fn set(row: &mut StatementRow, datum: Datum<'_>) {
        let decision = number::<Decision>(datum);
        if row.suggestion.is_some() || decision != 0 {
            let suggestion: &mut Suggestion = row.suggestion.get_or_insert_default();
            suggestion.decision = decision;
        }
    }
}

/// What a migration made of the control, as a column.
struct Outcomes;

impl Part<StatementRow> for Outcomes {
    fn field_type() -> FieldType {
        FieldType::Enum(<Migrated as Choice>::VALUES)
    }

    fn get(row: &StatementRow) -> Datum<'_> {
        text::<Migrated>(row.migration.as_ref().map(|migration| migration.outcome))
    }

    fn set(row: &mut StatementRow, datum: Datum<'_>) {
        let outcome = number::<Migrated>(datum);
        if row.migration.is_some() || outcome != 0 {
            let migration: &mut Migration = row.migration.get_or_insert_default();
            migration.outcome = outcome;
        }
    }
}

// === The rules ===

/// The states of the statements that the rows are of, by id. None of a row that is being made: its statement is made with it.
#[derive(Default)]
pub struct Needs {
    states: HashMap<String, State>,
}

impl Rules for StatementRows {
    type Needs = Needs;

    /// Claims the statements as well, so that none is proposed with rows that nobody saw.
    async fn needs(tx: &mut Transaction, organization: &str, rows: &[&StatementRow]) -> Outcome<Needs> {
        let ids: BTreeSet<&str> = rows.iter().map(|row| id_of(store::parent_of(&row.name))).collect();
        let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        if ids.is_empty() {
            return Ok(Needs::default());
        }
        let mut sql = tx.sql("SELECT id, state FROM statement WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", &ids).push(" ORDER BY id");
        if sql.dialect() == Dialect::Postgres {
            sql.push(" FOR NO KEY UPDATE");
        }
        let mut states = HashMap::with_capacity(ids.len());
        for row in tx.rows(sql).await? {
            let (id, state): (String, String) =
                (row.try_get_by_index(0).map_err(Fault::defect)?, row.try_get_by_index(1).map_err(Fault::defect)?);
            states.insert(id, State::from_str_name(&state).unwrap_or_default());
        }
        Ok(Needs { states })
    }

    fn create(_: &Context, _: &Needs, new: &mut StatementRow) -> Outcome<()> {
        settle(new)
    }

    fn update(context: &Context, needs: &Needs, old: &StatementRow, new: &mut StatementRow) -> Outcome<()> {
        thawed(needs, old)?;
        settle(new)?;
        if old.decision == new.decision && old.justification == new.justification {
            return Ok(());
        }
        let decided = new.decision() != Decision::Undecided;
        new.decided_by = if decided { context.caller.subject.clone() } else { String::new() };
        new.decide_time = if decided { store::timestamp(context.clock.now()) } else { None };
        Ok(())
    }

    fn delete(_: &Context, needs: &Needs, old: &StatementRow) -> Outcome<()> {
        thawed(needs, old)
    }

    /// The statement counts its rows. What comes and goes with it is counted when it does.
    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<StatementRow>]) -> Outcome<()> {
        let counted = |row: &StatementRow| (row.decision, row.tailoring.as_ref().map(|tailoring| tailoring.kind));
        let statements: BTreeSet<&str> = changed
            .iter()
            .filter_map(|change| Some((change.before.as_ref()?, change.after.as_ref()?)))
            .filter(|(before, after)| counted(before) != counted(after))
            .map(|(_, after)| store::parent_of(&after.name))
            .collect();
        for statement in statements {
            recount(tx, organization, statement).await?;
        }
        Ok(())
    }
}

/// Refuses to change a row of a statement that is no draft.
fn thawed(needs: &Needs, row: &StatementRow) -> Outcome<()> {
    let statement = store::parent_of(&row.name);
    match needs.states.get(id_of(statement)) {
        None | Some(State::Draft) => Ok(()),
        Some(&state) => Err(frozen(statement, state)),
    }
}

/// Makes what says nothing say so in one way, and refuses to tailor without a reason.
fn settle(row: &mut StatementRow) -> Outcome<()> {
    if row.decision() == Decision::Unspecified {
        row.set_decision(Decision::Undecided);
    }
    if row.tailoring.as_ref().is_some_and(|tailoring| *tailoring == Tailoring::default()) {
        row.tailoring = None;
    }
    let Some(tailoring) = &row.tailoring else { return Ok(()) };
    if tailoring.kind() != Kind::Keep && tailoring.rationale.trim().is_empty() {
        let message =
            "a control that is not kept as it is needs a reason: say in tailoring.rationale why, or choose KEEP";
        return Err(Fault::invalid(ErrorReason::TailoringReasonMissing, message).on("row.tailoring.rationale"));
    }
    Ok(())
}

// === The API ===

#[tonic::async_trait]
impl StatementRowService for Registry {
    async fn get_statement_row(
        &self,
        request: Request<GetStatementRowRequest>,
    ) -> Result<Response<StatementRow>, Status> {
        self.statement_rows.serve_get(request).await
    }

    async fn list_statement_rows(
        &self,
        request: Request<ListStatementRowsRequest>,
    ) -> Result<Response<ListStatementRowsResponse>, Status> {
        self.statement_rows.serve_list(request).await
    }

    async fn update_statement_row(
        &self,
        request: Request<UpdateStatementRowRequest>,
    ) -> Result<Response<StatementRow>, Status> {
        self.statement_rows.serve_update(request).await
    }
}
