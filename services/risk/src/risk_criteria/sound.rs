//! Whether the parts of risk criteria fit together. Pure.

use fault::{Fault, Outcome};
use wire::risk::v1::risk_method::Kind;
use wire::risk::v1::{ErrorReason, RiskCriteria};

use crate::score::{self, Unsound};

fn wrong(field: &str, message: impl Into<String>) -> Box<Fault> {
    Fault::invalid(ErrorReason::CriteriaUnsound, message).on(format!("risk_criteria.{field}"))
}

/// Refuses criteria whose parts do not fit together.
///
/// # Errors
/// `CRITERIA_UNSOUND`, with the field.
pub(super) fn sound(criteria: &RiskCriteria) -> Outcome<()> {
    for (field, length) in [
        ("likelihood_steps", criteria.likelihood_steps.len()),
        ("consequence_steps", criteria.consequence_steps.len()),
        ("levels", criteria.levels.len()),
    ] {
        if length < 2 {
            return Err(wrong(field, format!("a scale of {length} says nothing: give 2 to 10")));
        }
    }
    match criteria.kind() {
        Kind::Matrix => matrix(criteria)?,
        Kind::Additive => additive(criteria)?,
        Kind::Product => ranked(criteria)?,
        Kind::Unspecified => {
            return Err(wrong("kind", "say which arithmetic it uses: MATRIX, ADDITIVE or PRODUCT"));
        }
    }
    decided(criteria)
}

fn matrix(criteria: &RiskCriteria) -> Outcome<()> {
    if !criteria.ease_steps.is_empty() {
        return Err(wrong("ease_steps", "a matrix has no scale of ease of exploitation: leave it empty"));
    }
    if !criteria.asset_value_limits.is_empty() {
        return Err(wrong("asset_value_limits", "only ADDITIVE looks at the value of assets: leave it empty"));
    }
    let (likelihoods, consequences) = (criteria.likelihood_steps.len(), criteria.consequence_steps.len());
    let levels = criteria.levels.len();
    let Err(unsound) = score::sound(&criteria.matrix_rows, likelihoods, consequences, levels) else { return Ok(()) };
    let (message, row, column) = match unsound {
        Unsound::Rows(are, should) => {
            (format!("the matrix has {are} rows and needs {should}: one for each position of likelihood"), 0, 0)
        }
        Unsound::Cells(row, are, should) => (
            format!("row {row} of the matrix has {are} cells and needs {should}: one for each position of consequence"),
            row,
            0,
        ),
        Unsound::Level(row, column) => {
            let highest = levels.saturating_sub(1);
            (format!("row {row}, column {column} of the matrix is no level: give one of 0 to {highest}"), row, column)
        }
        Unsound::FallsRight(row, column) => (
            format!(
                "row {row}, column {column} of the matrix is lower than the cell left of it: levels rise with consequence"
            ),
            row,
            column,
        ),
        Unsound::FallsDown(row, column) => (
            format!(
                "row {row}, column {column} of the matrix is lower than the cell above it: levels rise with likelihood"
            ),
            row,
            column,
        ),
    };
    let fault = wrong("matrix_rows", message);
    Err(if row > 0 { fault.with("row", row).with("column", column) } else { fault })
}

fn ranked(criteria: &RiskCriteria) -> Outcome<()> {
    if !criteria.matrix_rows.is_empty() {
        return Err(wrong("matrix_rows", "only MATRIX has a matrix: leave it empty"));
    }
    if criteria.ease_steps.len() < 2 {
        return Err(wrong("ease_steps", "this kind needs a scale of ease of exploitation: give 2 to 10 positions"));
    }
    let mut before = None;
    for level in &criteria.levels {
        let rises = before.map_or(level.lowest_score == 0, |before| level.lowest_score > before);
        if !rises {
            return Err(wrong("levels", "the lowest score of the first level is 0, and each one after it is higher"));
        }
        before = Some(level.lowest_score);
    }
    Ok(())
}

fn additive(criteria: &RiskCriteria) -> Outcome<()> {
    ranked(criteria)?;
    let (limits, needed) = (&criteria.asset_value_limits, criteria.consequence_steps.len().saturating_sub(1));
    if limits.len() != needed {
        let message =
            format!("give {needed} limits of asset value: one for each position of consequence but the first");
        return Err(wrong("asset_value_limits", message));
    }
    let ascends = limits.iter().zip(limits.iter().skip(1)).all(|(one, next)| one < next);
    if !ascends || limits.iter().any(|limit| !limit.is_finite()) {
        return Err(wrong(
            "asset_value_limits",
            "the limits of asset value ascend: each is greater than the one before",
        ));
    }
    Ok(())
}

/// What the levels are for: appetite and authorities.
fn decided(criteria: &RiskCriteria) -> Outcome<()> {
    let highest = i32::try_from(criteria.levels.len()).unwrap_or(i32::MAX).saturating_sub(1);
    let none_above = |level: i32, field: &str| {
        if level <= highest {
            return Ok(());
        }
        Err(wrong(field, format!("{level} is no level of these criteria: the highest is {highest}")))
    };
    none_above(criteria.appetite, "appetite")?;
    for (authority, at) in criteria.authorities.iter().zip(0..) {
        none_above(authority.level_up_to, &format!("authorities[{at}].level_up_to"))?;
        if authority.roles.is_empty() && authority.subjects.is_empty() {
            let message = "an authority that nobody has is none: name roles, subjects or both";
            return Err(wrong(&format!("authorities[{at}]"), message));
        }
    }
    Ok(())
}

/// Refuses what would leave risks without a meaning: another kind, a shorter scale, fewer levels.
///
/// # Errors
/// `CRITERIA_IN_USE`.
pub(super) fn keeps(old: &RiskCriteria, new: &RiskCriteria, risks: i64) -> Outcome<()> {
    let shorter = |was: usize, becomes: usize| becomes < was;
    let field = match () {
        () if old.kind != new.kind => "kind",
        () if shorter(old.likelihood_steps.len(), new.likelihood_steps.len()) => "likelihood_steps",
        () if shorter(old.ease_steps.len(), new.ease_steps.len()) => "ease_steps",
        () if shorter(old.consequence_steps.len(), new.consequence_steps.len()) => "consequence_steps",
        () if shorter(old.levels.len(), new.levels.len()) => "levels",
        () => return Ok(()),
    };
    if risks == 0 {
        return Ok(());
    }
    let message = format!("{risks} risks use these criteria, so that {field} stays: make new criteria for another");
    Err(Fault::precondition(ErrorReason::CriteriaInUse, message)
        .with("risks", risks)
        .on(format!("risk_criteria.{field}")))
}

#[cfg(test)]
mod tests {
    use wire::risk::v1::risk_criteria::{Authority, ScaleStep};

    use super::*;
    use crate::risk_criteria::shipped;

    fn of(key: &str) -> RiskCriteria {
        shipped::criteria().into_iter().find(|(id, _)| id == key).map(|(_, one)| one).unwrap_or_default()
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_field() {
        type Spoil = fn(&mut RiskCriteria);
        let table: [(&str, Spoil, &str); 13] = [
            ("matrix-5x5", |c| c.levels.truncate(1), "levels"),
            ("matrix-5x5", |c| c.kind = 0, "kind"),
            ("matrix-5x5", |c| c.matrix_rows.truncate(4), "matrix_rows"),
            ("matrix-5x5", |c| c.matrix_rows[1].levels[4] = 0, "matrix_rows"),
            ("matrix-5x5", |c| c.matrix_rows[4].levels[0] = 0, "matrix_rows"),
            ("matrix-5x5", |c| c.levels.truncate(4), "matrix_rows"),
            ("matrix-5x5", |c| c.ease_steps = vec![ScaleStep::default()], "ease_steps"),
            ("additive-0-8", |c| c.asset_value_limits.truncate(3), "asset_value_limits"),
            ("additive-0-8", |c| c.asset_value_limits[1] = 1.0, "asset_value_limits"),
            ("additive-0-8", |c| c.levels[0].lowest_score = 1, "levels"),
            ("product-cia", |c| c.ease_steps.clear(), "ease_steps"),
            ("product-cia", |c| c.appetite = 3, "appetite"),
            ("product-cia", |c| c.authorities.push(Authority::default()), "authorities[2]"),
        ];
        for (key, spoil, field) in table {
            let mut criteria = of(key);
            spoil(&mut criteria);
            let fault = sound(&criteria).err();
            let said = fault.as_ref().map(|fault| (fault.reason(), fault.to_string()));
            assert!(said.is_some_and(|(reason, _)| reason == "CRITERIA_UNSOUND"), "{key} {field}");
            let status = fault.map(tonic::Status::from);
            let named = status.and_then(|status| {
                use tonic_types::StatusExt as _;
                Some(status.get_details_bad_request()?.field_violations.first()?.field.clone())
            });
            assert_eq!(named, Some(format!("risk_criteria.{field}")), "{key}");
        }
    }

    #[test]
    fn what_risks_use_keeps_its_kind_and_grows_only() {
        let old = of("matrix-5x5");
        let mut shorter = old.clone();
        shorter.levels.truncate(4);
        assert!(keeps(&old, &shorter, 0).is_ok());
        assert_eq!(keeps(&old, &shorter, 3).err().map(|fault| fault.reason()), Some("CRITERIA_IN_USE"));
        assert!(keeps(&shorter, &old, 3).is_ok());
        assert!(keeps(&old, &RiskCriteria { appetite: 3, ..old.clone() }, 3).is_ok());
    }
}
