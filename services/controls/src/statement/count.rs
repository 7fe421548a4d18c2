//! How many rows of a statement are decided, kept beside it.

use fault::{Fault, Outcome};
use store::{Collection, Transaction};
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::tailoring::Kind;
use wire::controls::v1::{Statement, StatementRow};

use super::Statements;
use crate::id_of;

/// How many rows there are, and how many of them are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) rows: i32,
    pub(super) applicable: i32,
    pub(super) not_applicable: i32,
    pub(super) undecided: i32,
    pub(super) kept: i32,
    pub(super) kept_decided: i32,
}

impl Counts {
    /// Counts rows.
    pub(super) fn of(rows: &[StatementRow]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.add(row.decision(), put_off(row), 1);
        }
        counts
    }

    fn add(&mut self, decision: Decision, put_off: bool, count: i32) {
        let decided = match decision {
            Decision::Applicable => &mut self.applicable,
            Decision::NotApplicable => &mut self.not_applicable,
            Decision::Undecided | Decision::Unspecified => &mut self.undecided,
        };
        *decided += count;
        self.rows += count;
        if !put_off {
            self.kept += count;
            self.kept_decided +=
                if matches!(decision, Decision::Applicable | Decision::NotApplicable) { count } else { 0 };
        }
    }

    /// Puts them into a statement.
    pub(super) fn put(self, statement: &mut Statement) {
        statement.rows = self.rows;
        statement.applicable = self.applicable;
        statement.not_applicable = self.not_applicable;
        statement.undecided = self.undecided;
        statement.kept = self.kept;
        statement.kept_decided = self.kept_decided;
    }
}

/// Whether a row is put off.
pub(crate) fn put_off(row: &StatementRow) -> bool {
    row.tailoring.as_ref().is_some_and(|tailoring| tailoring.kind() == Kind::Defer)
}

/// Counts the rows of a statement anew, after some of them changed in the same transaction.
pub(crate) async fn recount(tx: &mut Transaction, organization: &str, name: &str) -> Outcome<()> {
    let mut sql = tx.sql("SELECT decision, tailoring, COUNT(*) FROM statement_row WHERE organization = ");
    sql.bind(organization).push(" AND ").within(id_of(name)).push(" GROUP BY decision, tailoring");
    let mut counts = Counts::default();
    for row in tx.rows(sql).await? {
        let decision: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let tailoring: String = row.try_get_by_index(1).map_err(Fault::defect)?;
        let count: i64 = row.try_get_by_index(2).map_err(Fault::defect)?;
        let decision = Decision::from_str_name(&decision).unwrap_or_default();
        counts.add(decision, tailoring == Kind::Defer.as_str_name(), i32::try_from(count).unwrap_or(i32::MAX));
    }
    let statements = Collection::<Statements>::new(tx.database().clone());
    let put = |_: &access::Context, _: &Statement, new: &mut Statement| {
        counts.put(new);
        Ok(())
    };
    statements.change_in(tx, name, "", put).await.map(drop)
}
