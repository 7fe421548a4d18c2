//! Many rows decided in one call.

use std::collections::HashMap;

use access::Context;
use fault::{Fault, Outcome};
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::{DecideStatementRequest, ErrorReason, RowDecision, Statement, StatementRow};
use wire::fault::v1::ErrorReason as House;

use super::thawed;
use crate::{Registry, id_of, organization_of};

impl Registry {
    /// Decides rows of a draft: all of them, or none.
    pub(super) async fn decide(&self, context: &Context, r: DecideStatementRequest) -> Outcome<Statement> {
        let statement = self.statements.get(context, &r.name).await?;
        thawed(&statement)?;
        let (organization, id) = (organization_of(&statement.name).to_owned(), id_of(&statement.name).to_owned());
        let ids: Vec<String> = r.decisions.iter().map(|decision| format!("{id}/{}", decision.control)).collect();
        let wanted = by_control(&r.decisions)?;
        let mut tx = self.database.begin(context).await?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let decided = self.statement_rows.change_each(&mut tx, &organization, &ids, |_, old, new| {
            if let Some(decision) = wanted.get(id_of(&old.name)) {
                apply(decision, new);
            }
            Ok(())
        });
        let mut decided = decided.await?;
        for (at, (id, decision)) in ids.iter().zip(&r.decisions).enumerate() {
            match decided.remove(*id) {
                Some(Ok(_)) => {}
                Some(Err(fault)) => return Err(at_its_place(fault, at, &decision.control)),
                None => return Err(no_row(&decision.control).on(format!("decisions[{at}].control"))),
            }
        }
        let statement = self.statements.load(&mut tx, &organization, &[&id]).await?;
        tx.commit().await?;
        statement.into_iter().next().ok_or_else(|| Fault::not_found(&r.name))
    }
}

/// The decisions by the ids of their controls.
fn by_control(decisions: &[RowDecision]) -> Outcome<HashMap<&str, &RowDecision>> {
    let mut wanted = HashMap::with_capacity(decisions.len());
    for (at, decision) in decisions.iter().enumerate() {
        if wanted.insert(decision.control.as_str(), decision).is_some() {
            let message = format!("{} is decided twice in one call: keep one decision of it", decision.control);
            return Err(Fault::invalid(House::FieldInvalid, message).on(format!("decisions[{at}].control")));
        }
    }
    Ok(wanted)
}

/// Puts into a row what a decision says of it.
fn apply(decision: &RowDecision, row: &mut StatementRow) {
    if decision.decision() != Decision::Unspecified {
        row.decision = decision.decision;
    }
    for (said, field) in [(&decision.justification, &mut row.justification), (&decision.owner, &mut row.owner)] {
        if !said.is_empty() {
            field.clone_from(said);
        }
    }
    let lists = [
        (&decision.risk_references, &mut row.risk_references),
        (&decision.legal_references, &mut row.legal_references),
    ];
    for (said, field) in lists {
        if !said.is_empty() {
            field.clone_from(said);
        }
    }
    if decision.tailoring.is_some() {
        row.tailoring.clone_from(&decision.tailoring);
    }
}

/// A refusal of a row, at the decision that caused it.
fn at_its_place(fault: Box<Fault>, at: usize, control: &str) -> Box<Fault> {
    let field = fault.field().strip_prefix("row.").map(|field| format!("decisions[{at}].{field}"));
    let fault = fault.with("control", control);
    match field {
        Some(field) => fault.on(field),
        None => fault,
    }
}

fn no_row(control: &str) -> Box<Fault> {
    let message = format!(
        "the statement has no row for {control}: name a control by its id in the statement's catalogue, the last part of the \
         name of its row"
    );
    Fault::invalid(ErrorReason::ControlNotInStatement, message).with("control", control)
}
