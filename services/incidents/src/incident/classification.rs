//! How grave an incident is and in which part of the operator it happens (ITU-T E.409): by answers to questions, or by a decision with a reason.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use access::Context;
use classify::{Leads, Scheme, Standing};
use fault::{Fault, Outcome};
use jiff::Timestamp;
use store::timestamp;
use wire::incidents::v1::describe_classification_response::{Answer, Question};
use wire::incidents::v1::incident::{Domain, Level, LevelChange};
use wire::incidents::v1::{DescribeClassificationResponse, ErrorReason, Incident};

use super::unclassified;

/// The questions that ship.
static SCHEME: LazyLock<Result<Scheme, String>> =
    LazyLock::new(|| Scheme::shipped().map_err(|violations| format!("{violations:?}")));

fn scheme() -> Outcome<&'static Scheme> {
    SCHEME.as_ref().map_err(|problem| Fault::defect(problem.clone()))
}

/// Classifies by answers: those given now, over those given before. The first level is kept as the original one; another is a change of level.
///
/// # Errors
/// `CLASSIFICATION_INCOMPLETE` with the question to answer and its answers; `LEVEL_FORBIDS`.
pub(super) fn classify(
    context: &Context,
    old: &Incident,
    new: &mut Incident,
    given: &BTreeMap<String, String>,
    reason: &str,
) -> Outcome<()> {
    let scheme = scheme()?;
    let mut answers = old.answers.clone();
    answers.extend(given.clone());
    let outcome = scheme
        .decide(&answers)
        .map_err(|wrong| incomplete(&wrong.question, &wrong.allowed.join(", "), wrong.to_string()))?;
    if let Some(foreign) = given.keys().find(|id| outcome.unasked.contains(id) && !known(scheme, id)) {
        let questions: Vec<&str> = scheme.questions().map(|(_, question)| question.id.as_str()).collect();
        let message = format!("there is no question {foreign:?}: the questions are {}", questions.join(", "));
        return Err(incomplete(foreign, "", message));
    }
    for walk in [&outcome.level, &outcome.domain] {
        if let Some(question) = &walk.ask {
            let allowed: Vec<&str> = question.answers.keys().map(String::as_str).collect();
            let allowed = allowed.join(", ");
            let message = format!("{} ({}): answer one of {allowed}", question.text, question.id);
            return Err(incomplete(&question.id, &allowed, message));
        }
    }
    new.answers = answers.into_iter().filter(|(id, _)| !outcome.unasked.contains(id)).collect();
    let domain = outcome.domain.is.unwrap_or_default().to_uppercase();
    new.set_domain(Domain::from_str_name(&domain).unwrap_or_default());
    let level = outcome.level.is.unwrap_or_default().to_uppercase();
    let level = Level::from_str_name(&level).unwrap_or_default();
    if old.level() == Level::Unspecified {
        new.set_level(level);
        new.set_original_level(level);
        return Ok(());
    }
    if level == old.level() {
        return Ok(());
    }
    let reason = if reason.trim().is_empty() { "classified anew" } else { reason };
    change_level(context, old, new, level, reason)
}

/// Raises or lowers the level by a decision.
///
/// # Errors
/// `INCIDENT_NOT_CLASSIFIED`, `LEVEL_FORBIDS` with the levels it may have.
pub(super) fn change_level(
    context: &Context,
    old: &Incident,
    new: &mut Incident,
    to: Level,
    reason: &str,
) -> Outcome<()> {
    if old.level() == Level::Unspecified {
        return Err(unclassified(old, "given another level"));
    }
    let scheme = scheme()?;
    let now = context.clock.now();
    let at = Timestamp::from_microsecond(now).map_err(Fault::defect)?;
    let name = |level: Level| level.as_str_name().to_lowercase();
    let standing = Standing { original: name(old.level()), moves: Vec::new() };
    let by = &context.caller.subject;
    standing.with(scheme, &name(to), reason, by, at).map_err(|refused| {
        let allowed = scheme.moves.get(&name(old.level())).map(|levels| levels.join(", ").to_uppercase());
        Fault::precondition(ErrorReason::LevelForbids, refused.to_string())
            .with("from", old.level().as_str_name())
            .with("to", to.as_str_name())
            .with("allowed", allowed.unwrap_or_default())
            .on("level")
    })?;
    new.level_changes.push(LevelChange {
        from: old.level,
        to: to.into(),
        reason: reason.to_owned(),
        by: by.clone(),
        change_time: timestamp(now),
    });
    new.set_level(to);
    Ok(())
}

/// The questions, for people and programs that ask them.
pub(super) fn describe() -> Outcome<DescribeClassificationResponse> {
    let scheme = scheme()?;
    let question = |(decides, question): (&'static str, &classify::Question)| Question {
        id: question.id.clone(),
        text: question.text.clone(),
        decides: decides.to_owned(),
        answers: question.answers.iter().map(answer).collect(),
    };
    Ok(DescribeClassificationResponse {
        edition: scheme.edition.clone(),
        provisional: scheme.provisional.clone(),
        questions: scheme.questions().map(question).collect(),
    })
}

fn answer((answer, leads): (&String, &Leads)) -> Answer {
    let (asks, decides) = match leads {
        Leads::Ask(question) => (question.clone(), String::new()),
        Leads::Is(is) => (String::new(), is.to_uppercase()),
    };
    Answer { answer: answer.clone(), asks, decides }
}

fn known(scheme: &Scheme, id: &str) -> bool {
    scheme.questions().any(|(_, question)| question.id == id)
}

fn incomplete(question: &str, answers: &str, message: String) -> Box<Fault> {
    Fault::invalid(ErrorReason::ClassificationIncomplete, message)
        .with("question", question)
        .with("answers", answers)
        .on(format!("answers.{question}"))
}
