//! The light profile (ITU-T X.1053): how much a statement asks for, and how it comes to ask for more.

use access::Context;
use fault::{Fault, Outcome};
use wire::Choice as _;
use wire::controls::v1::tailoring::{Baseline, Kind};
use wire::controls::v1::{ErrorReason, PromoteStatementRequest, Statement, StatementRow, Tailoring};

use super::count::put_off;
use super::{cut, ids_of, thawed};
use crate::{Registry, id_of, organization_of, shipped};

/// The longest rationale, in characters.
const MOST: usize = 4000;

fn ladder(catalogue: &str) -> Option<&'static shipped::Grouping> {
    shipped::groupings()
        .iter()
        .find(|grouping| grouping.kind == shipped::Kind::Baseline && grouping.catalogue == catalogue)
}

/// From which baseline on a control is asked for, by the ids of the catalogue and of the control; FULL where nothing says.
pub(super) fn level(catalogue: &str, control: &str) -> Baseline {
    let part = ladder(catalogue).and_then(|ladder| ladder.parts_of(control).next());
    match part.map(|part| part.key.as_str()) {
        Some("essential") => Baseline::Essential,
        Some("standard") => Baseline::Standard,
        _ => Baseline::Full,
    }
}

/// Refuses a baseline below FULL for a catalogue for which none is known.
pub(super) fn known(statement: &Statement) -> Outcome<()> {
    if statement.baseline() == Baseline::Full || ladder(id_of(&statement.catalogue)).is_some() {
        return Ok(());
    }
    let (baseline, catalogue) = (statement.baseline().text(), &statement.catalogue);
    let message = format!(
        "no baseline {baseline} is known for {catalogue}: leave baseline out to ask for the whole catalogue, or name one for \
         which there is a baseline, such as x1051-2023"
    );
    Err(Fault::precondition(ErrorReason::BaselineUnknown, message)
        .with("baseline", baseline)
        .with("catalogue", catalogue)
        .on("statement.baseline"))
}

/// How a row begins that the baseline does not ask for; nothing where it does.
pub(super) fn begun(level: Baseline, baseline: Baseline) -> Option<Tailoring> {
    (level > baseline).then(|| Tailoring {
        kind: Kind::Defer.into(),
        rationale: format!(
            "Not asked for by the baseline {} (our provisional reading of ITU-T X.1053): the baseline {} brings it back.",
            baseline.text(),
            level.text()
        ),
        due_time: None,
    })
}

/// How a row that was put off comes back. What a person said when putting it off is kept.
pub(super) fn brought_back(row: &StatementRow, from: Baseline, to: Baseline) -> Tailoring {
    let before = row.tailoring.as_ref().map(|tailoring| tailoring.rationale.as_str()).unwrap_or_default();
    let ours = begun(row.level(), from).is_some_and(|begun| begun.rationale == before);
    let mut rationale = format!("Brought back by the promotion from {} to {}.", from.text(), to.text());
    if !ours && !before.is_empty() {
        rationale.push_str(&format!(" It had been put off: {before}"));
    }
    Tailoring { kind: Kind::Keep.into(), rationale: cut(&rationale, MOST), due_time: None }
}

impl Registry {
    /// Raises the baseline, and brings back what it asks for.
    pub(super) async fn promote(&self, context: &Context, r: &PromoteStatementRequest) -> Outcome<Statement> {
        let found = self.statements.get(context, &r.name).await?;
        let organization = organization_of(&found.name).to_owned();
        let mut tx = self.database.begin(context).await?;
        let rows = self.rows_of(&mut tx, &found).await?;
        let ids = ids_of(&found, &rows);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        // All rows are claimed before the statement is, as everywhere.
        self.statement_rows.change_each(&mut tx, &organization, &ids, |_, _, _| Ok(())).await?;
        let check = |_: &Context, old: &Statement, _: &mut Statement| {
            thawed(old)?;
            higher(old.baseline(), r.baseline())
        };
        let statement = self.statements.change_in(&mut tx, &r.name, &r.etag, check).await?;
        let (from, to) = (statement.baseline(), r.baseline());
        let back = self.statement_rows.change_each(&mut tx, &organization, &ids, |_, old, new| {
            if put_off(old) && old.level() > from && old.level() <= to {
                new.tailoring = Some(brought_back(old, from, to));
            }
            Ok(())
        });
        for outcome in back.await?.into_values() {
            outcome?;
        }
        let raise = |_: &Context, _: &Statement, new: &mut Statement| {
            new.set_baseline(to);
            Ok(())
        };
        let raised = self.statements.change_in(&mut tx, &r.name, "", raise).await?;
        tx.commit().await?;
        Ok(raised)
    }
}

fn higher(present: Baseline, wanted: Baseline) -> Outcome<()> {
    if wanted > present {
        return Ok(());
    }
    let message = format!(
        "the statement asks for the baseline {}: promote it to a higher one (ESSENTIAL is below STANDARD, STANDARD below FULL)",
        present.text()
    );
    Err(Fault::precondition(ErrorReason::BaselineNotHigher, message).with("baseline", present.text()).on("baseline"))
}
