//! Acceptance: somebody with the authority bears a risk as it stands, until a date (ISO/IEC 27005).

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use store::{micros, timestamp};
use tonic::Code;
use wire::risk::v1::risk::Acceptance;
use wire::risk::v1::{AcceptRiskRequest, ErrorReason, Risk, RiskCriteria};

use super::known::Known;
use super::rules::level;
use crate::score::UNKNOWN;

const DAY: i64 = 86_400_000_000;
/// The longest acceptance of a level for which the criteria say nothing, in days.
const LONGEST_DAYS: i32 = 365;

/// What the caller asks for, to be decided once it is known what that needs.
pub(super) fn asked(request: &AcceptRiskRequest) -> Acceptance {
    let approval = wire::approval::v1::Approval { comment: request.comment.clone(), ..Default::default() };
    Acceptance {
        // To what deadlines keep, so that what is shown is when it ends.
        until: timestamp(micros(request.until.as_ref())),
        conditions: request.conditions.clone(),
        approval: Some(approval),
        ..Acceptance::default()
    }
}

/// Decides on what was asked for: refuses who wrote or assessed the risk, who lacks the authority, and what would last too long.
///
/// # Errors
/// `DUTIES_NOT_SEGREGATED`, `AUTHORITY_EXCEEDED`, `ACCEPTANCE_TOO_LONG`.
pub(super) fn decide(context: &Context, known: &Known, new: &mut Risk) -> Outcome<()> {
    for author in &new.authors {
        approval::by_another(context, author, || {
            format!("{author} wrote parts of the risk and so cannot accept it: another person must")
        })?;
    }
    approval::by_another(context, &new.assessor, || {
        format!("{} assessed the risk and so cannot accept it: another person must", new.assessor)
    })?;
    let none = RiskCriteria::default();
    let criteria = known.criteria(new).unwrap_or(&none);
    let level = level(new.current.as_ref());
    let authority = authorized(context, criteria, level)?;
    let mut asked = new.acceptance.take().unwrap_or_default();
    within(context, criteria, level, micros(asked.until.as_ref()))?;
    let comment = asked.approval.take().map(|given| given.comment).unwrap_or_default();
    let current = new.current.clone().unwrap_or_default();
    asked.accepter.clone_from(&context.caller.subject);
    asked.authority_level = authority;
    asked.level = level;
    asked.level_label = current.level_label;
    asked.score = current.score;
    new.acceptance = Some(asked);
    let given = approval::approve(context, "", &parts(known, new), &comment)?;
    if let Some(acceptance) = new.acceptance.as_mut() {
        acceptance.approval = Some(given);
    }
    new.authors.clear();
    Ok(())
}

/// Makes an acceptance void where the risk is no longer what was accepted. Gives whether it did so now.
pub(super) fn held(context: &Context, known: &Known, new: &mut Risk) -> bool {
    let parts = parts(known, new);
    new.acceptance.as_mut().is_some_and(|acceptance| approval::hold(context, &mut acceptance.approval, &parts))
}

/// What was decided on: the target, the criteria, how great the risk was, its treatments, until when and on which conditions. A risk that became
/// less, or is within the appetite, is still within what was decided.
fn parts(known: &Known, risk: &Risk) -> Vec<Vec<u8>> {
    let given = risk.acceptance.clone().unwrap_or_default();
    let current = risk.current.clone().unwrap_or_default();
    let Risk { name, asset, service, selector, criteria, .. } = risk.clone();
    let borne = known.criteria(risk).is_some_and(|criteria| current.level <= criteria.appetite);
    let within = borne || (current.level <= given.level && current.score <= given.score);
    let decided = Acceptance {
        level: if within { given.level } else { current.level },
        score: if within { given.score } else { current.score },
        until: given.until,
        conditions: given.conditions,
        ..Acceptance::default()
    };
    let of = Risk { name, asset, service, selector, criteria, acceptance: Some(decided), ..Risk::default() };
    let treatments = known.treatments(risk).join("\n");
    vec![of.encode_to_vec(), treatments.into_bytes()]
}

/// Up to which level the caller may accept risks; -1 where the level is within the appetite, and so needs no authority.
fn authorized(context: &Context, criteria: &RiskCriteria, level: i32) -> Outcome<i32> {
    if level <= criteria.appetite {
        return Ok(UNKNOWN);
    }
    let caller = &context.caller;
    let has = |one: &&wire::risk::v1::risk_criteria::Authority| {
        one.subjects.contains(&caller.subject) || one.roles.iter().any(|role| caller.roles.contains(role))
    };
    let highest = criteria.authorities.iter().filter(has).map(|one| one.level_up_to).max().unwrap_or(UNKNOWN);
    if level <= highest {
        return Ok(highest);
    }
    let label = label(criteria, level);
    let who = who(criteria, level);
    let yours = if highest < 0 {
        "you may accept none by these criteria".to_owned()
    } else {
        format!("your authority ends at level {highest} ({})", self::label(criteria, highest))
    };
    let message = format!("its current level is {level} ({label}), and {yours}; {who} may accept it");
    Err(Fault::new(Code::PermissionDenied, ErrorReason::AuthorityExceeded, message)
        .with("level", level)
        .with("label", label)
        .with("authority", highest)
        .with("who", who))
}

fn label(criteria: &RiskCriteria, level: i32) -> &str {
    let at = usize::try_from(level).ok().and_then(|level| criteria.levels.get(level));
    at.map_or("", |level| level.label.as_str())
}

/// Who may accept a level, for people.
fn who(criteria: &RiskCriteria, level: i32) -> String {
    let named = criteria.authorities.iter().filter(|one| one.level_up_to >= level);
    let (mut roles, mut subjects) = (Vec::new(), Vec::new());
    for one in named {
        roles.extend(one.roles.iter().map(String::as_str));
        subjects.extend(one.subjects.iter().map(String::as_str));
    }
    match (roles.is_empty(), subjects.is_empty()) {
        (true, true) => "nobody".to_owned(),
        (false, true) => format!("who has the role {}", roles.join(" or ")),
        (true, false) => subjects.join(" or "),
        (false, false) => format!("who has the role {}, or {}", roles.join(" or "), subjects.join(" or ")),
    }
}

/// Refuses a time that is over, or later than the criteria allow for the level.
fn within(context: &Context, criteria: &RiskCriteria, level: i32, until: i64) -> Outcome<()> {
    let at = usize::try_from(level).ok().and_then(|level| criteria.levels.get(level));
    let days = match at.map_or(0, |level| level.longest_acceptance_days) {
        ..=0 => LONGEST_DAYS,
        days => days,
    };
    let now = context.clock.now();
    if until > now && until <= now.saturating_add(i64::from(days).saturating_mul(DAY)) {
        return Ok(());
    }
    let message = format!(
        "an acceptance of this level ends after now and at most {days} days ahead: accept it again when it ends"
    );
    Err(Fault::invalid(ErrorReason::AcceptanceTooLong, message).with("limit", days).on("until"))
}
