//! What is filtered and ordered by within the fields of an implementation.

use store::{Choice as _, Datum, FieldType, Part};
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::{Effectiveness, Judgement, Verdict};

/// The verdict on the design as a column.
pub(super) struct OfDesign;
/// The verdict on the operation as a column.
pub(super) struct OfOperation;
/// The score of the effectiveness as a column.
pub(super) struct Score;

fn verdict_of(judgement: Option<&Judgement>) -> Datum<'_> {
    Datum::from(judgement.map(Judgement::verdict).unwrap_or_default().text())
}

fn judge_as(judgement: &mut Option<Judgement>, datum: Datum<'_>) {
    let text = datum.text();
    let verdict = Verdict::from_str_name(&text).unwrap_or_default();
    match judgement.as_mut() {
        Some(judgement) => judgement.set_verdict(verdict),
        None if verdict != Verdict::Unspecified => {
            *judgement = Some(Judgement { verdict: verdict.into(), ..Default::default() });
        }
        None => {}
    }
}

impl Part<Implementation> for OfDesign {
    fn field_type() -> FieldType {
        FieldType::Enum(Verdict::VALUES)
    }

    fn get(one: &Implementation) -> Datum<'_> {
        verdict_of(one.design_effectiveness.as_ref())
    }

    fn set(one: &mut Implementation, datum: Datum<'_>) {
        judge_as(&mut one.design_effectiveness, datum);
    }
}

impl Part<Implementation> for OfOperation {
    fn field_type() -> FieldType {
        FieldType::Enum(Verdict::VALUES)
    }

    fn get(one: &Implementation) -> Datum<'_> {
        verdict_of(one.operating_effectiveness.as_ref())
    }

    fn set(one: &mut Implementation, datum: Datum<'_>) {
        judge_as(&mut one.operating_effectiveness, datum);
    }
}

impl Part<Implementation> for Score {
    fn field_type() -> FieldType {
        FieldType::Real
    }

    fn get(one: &Implementation) -> Datum<'_> {
        Datum::Real(one.effectiveness.as_ref().map_or(0.0, |worked| worked.score))
    }

    fn set(one: &mut Implementation, datum: Datum<'_>) {
        let score = datum.real();
        match one.effectiveness.as_mut() {
            Some(worked) => worked.score = score,
            None if score != 0.0 => one.effectiveness = Some(Effectiveness { score, ..Default::default() }),
            None => {}
        }
    }
}
