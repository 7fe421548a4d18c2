//! A statement of one edition becomes one of the next, with every decision that can be carried.

use std::collections::{HashMap, HashSet};

use access::Context;
use fault::{Fault, Outcome};
use wire::Choice as _;
use wire::controls::v1::statement_row::migration::Outcome as Became;
use wire::controls::v1::statement_row::{Decision, Migration};
use wire::controls::v1::tailoring::Baseline;
use wire::controls::v1::{
    ErrorReason, MigrateStatementRequest, MigrateStatementResponse, MigratedControl, MigrationReport, Statement,
    StatementRow,
};

use super::cut;
use super::make::{row, successor};
use crate::shipped::{self, Fate};
use crate::{Registry, id_of, organization_of};

/// The longest justification, in characters.
const MOST: usize = 8000;
/// The most references of a kind in a row.
const MOST_REFERENCES: usize = 200;

impl Registry {
    pub(super) async fn migrate(
        &self,
        context: &Context,
        r: MigrateStatementRequest,
    ) -> Outcome<MigrateStatementResponse> {
        let old = self.statements.get(context, &r.name).await?;
        let organization = organization_of(&old.name).to_owned();
        let (target, migration) = way(&old, &r.catalogue)?;
        let controls = self.decidable(context, &organization, &target).await?;
        let mut tx = self.database.begin(context).await?;
        let before = self.rows_of(&mut tx, &old).await?;
        let earlier: HashMap<&str, &StatementRow> = before.iter().map(|row| (id_of(&row.name), row)).collect();
        let mut rows = Vec::with_capacity(controls.len());
        let mut conflicting = 0;
        for control in &controls {
            let mut row = row(control, Baseline::Full);
            if let Some(arrived) = migration.arrived(id_of(&control.name)) {
                let from: Vec<&StatementRow> =
                    arrived.from.iter().filter_map(|id| earlier.get(id.as_str()).copied()).collect();
                conflicting += i32::from(carry(&mut row, &from, &migration));
            }
            rows.push(row);
        }
        let moved = moved(&migration);
        let report = report(&migration, &moved, conflicting);
        let draft = Statement {
            catalogue: target,
            baseline: Baseline::Full.into(),
            migration: Some(report),
            ..successor(&old, r.display_name)
        };
        let made = self.write_statement(&mut tx, &organization, &r.statement_id, draft, rows).await?;
        tx.commit().await?;
        Ok(MigrateStatementResponse { statement: Some(made), controls: moved })
    }
}

/// The catalogue to go to, and where each control goes.
fn way(old: &Statement, wanted: &str) -> Outcome<(String, shipped::Migration)> {
    let from = shipped::catalogue(id_of(&old.catalogue));
    let to = match wanted {
        "" => from.and_then(|from| {
            let continues = |to: &&shipped::Catalogue| to.origins_catalogue.as_deref() == Some(from.key.as_str());
            shipped::catalogues().iter().find(continues)
        }),
        _ => shipped::catalogue(id_of(wanted)),
    };
    let target = to.map_or_else(
        || wanted.to_owned(),
        |to| format!("organizations/{}/catalogues/{}", organization_of(&old.name), to.key),
    );
    let migration = from.zip(to).and_then(|(from, to)| shipped::migration(from, to));
    match migration.filter(|_| wanted.is_empty() || wanted == target) {
        Some(migration) => Ok((target, migration)),
        None => {
            let to = if wanted.is_empty() { "a later edition" } else { wanted };
            let message = format!(
                "nothing says which controls of {to} continue those of {}: make a new statement for it, or migrate from \
                 x1051-2016 to x1051-2023",
                old.catalogue
            );
            let fault = Fault::precondition(ErrorReason::MigrationUnknown, message);
            Err(fault.with("from", &old.catalogue).with("to", wanted).on("catalogue"))
        }
    }
}

/// Puts into a row what the earlier rows say that its control continues. Gives whether they conflict: then it is undecided.
pub(super) fn carry(row: &mut StatementRow, from: &[&StatementRow], migration: &shipped::Migration) -> bool {
    let (decision, conflict) = agreed(from);
    row.set_decision(decision);
    let alike: Vec<&StatementRow> = from.iter().filter(|one| one.decision() == decision).copied().collect();
    row.justification = cut(&justification(&alike), MOST);
    row.owner =
        alike.iter().chain(from).map(|one| one.owner.clone()).find(|owner| !owner.is_empty()).unwrap_or_default();
    row.risk_references = united(from, |one| &one.risk_references);
    row.legal_references = united(from, |one| &one.legal_references);
    let tailored = from.first().and_then(|first| first.tailoring.clone());
    if from.iter().all(|one| one.tailoring == tailored) {
        row.tailoring = tailored;
    }
    if decision != Decision::Undecided
        && let Some(last) = alike.iter().max_by_key(|one| store::micros(one.decide_time.as_ref()))
    {
        row.decided_by.clone_from(&last.decided_by);
        row.decide_time = last.decide_time;
    }
    row.migration = Some(outcome(from, conflict, migration));
    conflict
}

/// What earlier decisions make of a control that asks for all that they were about, and whether they conflict. Where a part
/// applies and nothing speaks against it, the whole applies; where a part does not, that says nothing of a part nobody decided.
fn agreed(from: &[&StatementRow]) -> (Decision, bool) {
    let some = |decision: Decision| from.iter().any(|row| row.decision() == decision);
    match (some(Decision::Applicable), some(Decision::NotApplicable), some(Decision::Undecided)) {
        (true, true, _) => (Decision::Undecided, true),
        (true, false, _) => (Decision::Applicable, false),
        (false, true, false) => (Decision::NotApplicable, false),
        _ => (Decision::Undecided, false),
    }
}

/// What the earlier justifications say together: each that says something of its own, under the control it is of.
fn justification(rows: &[&StatementRow]) -> String {
    let mut seen = HashSet::new();
    let own: Vec<&&StatementRow> =
        rows.iter().filter(|row| !row.justification.is_empty() && seen.insert(row.justification.as_str())).collect();
    match own.as_slice() {
        [only] => only.justification.clone(),
        several => {
            let lines: Vec<String> =
                several.iter().map(|row| format!("{}: {}", id_of(&row.name), row.justification)).collect();
            lines.join("\n")
        }
    }
}

/// The references of all rows, each once.
fn united(rows: &[&StatementRow], of: fn(&StatementRow) -> &Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let all = rows.iter().flat_map(|row| of(row)).filter(|reference| seen.insert(reference.as_str()));
    all.take(MOST_REFERENCES).cloned().collect()
}

fn outcome(from: &[&StatementRow], conflict: bool, migration: &shipped::Migration) -> Migration {
    let mut notes = Vec::new();
    let mut became = match from {
        [] => Became::New,
        [_] => Became::Carried,
        _ => Became::Merged,
    };
    for row in from {
        if let Some(Fate::Split { to }) = migration.fate(id_of(&row.name)) {
            became = Became::Split;
            notes.push(format!("{} was split over {}: look at each.", id_of(&row.name), to.join(" and ")));
        }
    }
    let said = |row: &&StatementRow| {
        let why =
            if row.justification.is_empty() { String::new() } else { format!(" ({})", cut(&row.justification, 200)) };
        format!("{} {}{why}", id_of(&row.name), row.decision().text())
    };
    let differ = from.iter().any(|row| Some(row.decision()) != from.first().map(|first| first.decision()));
    if conflict || differ {
        let all: Vec<String> = from.iter().map(said).collect();
        let begin =
            if conflict { "The earlier decisions conflict, so it is undecided" } else { "Not all was decided alike" };
        notes.push(format!("{begin}: {}.", all.join(", ")));
    }
    if became == Became::New {
        notes.push("New in this edition: nothing was decided about it.".to_owned());
    }
    Migration {
        outcome: became.into(),
        controls: from.iter().map(|row| id_of(&row.name).to_owned()).collect(),
        note: notes.join(" "),
    }
}

/// What became of each earlier control.
fn moved(migration: &shipped::Migration) -> Vec<MigratedControl> {
    let from = shipped::catalogue(&migration.from);
    let one = |moved: &shipped::Moved| {
        let (became, controls, note) = match &moved.fate {
            Fate::Carried { to } => (Became::Carried, vec![to.clone()], String::new()),
            Fate::Merged { to, with } => {
                (Became::Merged, vec![to.clone()], format!("Together with {}.", with.join(", ")))
            }
            Fate::Split { to } => (Became::Split, to.clone(), "Look at each.".to_owned()),
            Fate::Unmapped => (Became::Unmapped, Vec::new(), "No later control continues it.".to_owned()),
        };
        let control = from.and_then(|from| from.control(&moved.id));
        MigratedControl {
            control: moved.id.clone(),
            label: control.and_then(|control| control.label.clone()).unwrap_or_default(),
            title: control.map(|control| control.title.clone()).unwrap_or_default(),
            migration: Some(Migration { outcome: became.into(), controls, note }),
        }
    };
    migration.moved.iter().map(one).collect()
}

fn report(migration: &shipped::Migration, moved: &[MigratedControl], conflicting: i32) -> MigrationReport {
    let counts = migration.counts();
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let open = moved.iter().filter(|control| {
        let became = control.migration.as_ref().map(Migration::outcome);
        matches!(became, Some(Became::Split | Became::Unmapped))
    });
    MigrationReport {
        carried: number(counts.carried),
        merged: number(counts.merged),
        split: number(counts.split),
        unmapped: number(counts.unmapped),
        arrived: number(counts.new),
        conflicting,
        open: open.cloned().collect(),
    }
}
