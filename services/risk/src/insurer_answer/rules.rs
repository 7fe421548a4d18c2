//! What holds for an answer however it is written, and what follows for its questionnaire.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use resource::Name;
use store::{Changed, Collection, Rules, Transaction, in_state, parent_of};
use wire::Violation;
use wire::risk::v1::insurer_answer::{Alert, State};
use wire::risk::v1::insurer_questionnaire::State as Questionnaire;
use wire::risk::v1::{ErrorReason, InsurerAnswer, InsurerQuestionnaire};

use super::{InsurerAnswers, hold};
use crate::estate::implementation::{self, Effect};
use crate::insurer_questionnaire::InsurerQuestionnaires;
use crate::{id_of, organization_of, ties};

/// What the rules of answers need to know.
#[derive(Default)]
pub struct Known {
    /// The questionnaires that they are within, by name.
    questionnaires: HashMap<String, InsurerQuestionnaire>,
    /// What the implementations they rest on do, by id.
    effects: HashMap<String, Effect>,
}

impl Rules for InsurerAnswers {
    type Needs = Known;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&InsurerAnswer]) -> Outcome<Known> {
        ties::hold(tx, organization).await?;
        let ids: BTreeSet<&str> = messages.iter().map(|one| id_of(parent_of(&one.name))).collect();
        let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        let collection = Collection::<InsurerQuestionnaires>::new(tx.database().clone());
        let found = collection.load(tx, organization, &ids).await?;
        let named: BTreeSet<&str> =
            messages.iter().flat_map(|one| &one.implementations).map(|name| id_of(name)).collect();
        let named: Vec<&str> = named.into_iter().collect();
        Ok(Known {
            questionnaires: found.into_iter().map(|one| (one.name.clone(), one)).collect(),
            effects: implementation::effects(tx, organization, &named).await?,
        })
    }

    fn create(context: &Context, known: &Known, new: &mut InsurerAnswer) -> Outcome<()> {
        drafted(known, new, "given an answer")?;
        named(new)?;
        judge(context, known, new);
        Ok(())
    }

    fn update(context: &Context, known: &Known, old: &InsurerAnswer, new: &mut InsurerAnswer) -> Outcome<()> {
        if said(old) != said(new) {
            drafted(known, new, "changed in its answers")?;
            named(new)?;
            judge(context, known, new);
        } else if old.state() != State::Holds && new.state() == State::Holds {
            return supported(known, new);
        }
        Ok(())
    }

    fn delete(_: &Context, known: &Known, old: &InsurerAnswer) -> Outcome<()> {
        drafted(known, old, "relieved of an answer")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<InsurerAnswer>]) -> Outcome<()> {
        let counts = |one: Option<&InsurerAnswer>| one.map(InsurerAnswer::state);
        let moved = changed.iter().filter(|one| counts(one.before.as_ref()) != counts(one.after.as_ref()));
        let of = moved.filter_map(|one| one.after.as_ref().or(one.before.as_ref()));
        let questionnaires: BTreeSet<&str> = of.map(|one| parent_of(&one.name)).collect();
        count(tx, organization, &questionnaires.into_iter().collect::<Vec<_>>()).await
    }
}

/// What is told to the insurer and what it rests on.
fn said(answer: &InsurerAnswer) -> (&str, &str, &[String], u64) {
    (&answer.question, &answer.answer, &answer.implementations, answer.least_effectiveness.to_bits())
}

/// Answers are written only while their questionnaire is a draft. That it does not exist is refused by the engine.
fn drafted(known: &Known, answer: &InsurerAnswer, done: &str) -> Outcome<()> {
    let Some(of) = known.questionnaires.get(parent_of(&answer.name)) else { return Ok(()) };
    in_state("insurer questionnaire", of.state(), &[Questionnaire::Draft], done)
}

/// Implementations are of this organization, and each stands once.
fn named(new: &InsurerAnswer) -> Outcome<()> {
    let mut wrong = Vec::new();
    for (name, at) in new.implementations.iter().zip(0..) {
        let ours = Name::parse(name, "implementations")
            .is_ok_and(|parsed| parsed.organization() == organization_of(&new.name));
        let description = if !ours {
            format!("{name} is no implementation of this organization")
        } else if new.implementations.iter().take(at).any(|before| before == name) {
            format!("{name} stands twice among implementations: leave one out")
        } else {
            continue;
        };
        wrong.push(Violation { field: format!("insurer_answer.implementations[{at}]"), description });
    }
    if wrong.is_empty() { Ok(()) } else { Err(Fault::violations(wrong)) }
}

/// Whether what an implementation does bears out an answer that asks for an effectiveness.
pub(super) fn bears(effect: &Effect, least: f64) -> bool {
    effect.works() && effect.score >= least
}

/// Says of an answer whether it holds as it is written. One that rests on an implementation that is not known yet is believed.
fn judge(context: &Context, known: &Known, new: &mut InsurerAnswer) {
    hold(new);
    let falls =
        |name: &&String| known.effects.get(id_of(name)).is_some_and(|effect| !bears(effect, new.least_effectiveness));
    let Some(fallen) = new.implementations.iter().find(falls).cloned() else { return };
    let state = known.effects.get(id_of(&fallen)).map_or("", |effect| effect.state.as_str());
    new.set_state(State::Changed);
    new.alert = Some(Alert {
        text: format!("{fallen} is {state}, and does not bear the answer out, when it is written"),
        service: crate::NAME.to_owned(),
        resource: fallen,
        sequence: 0,
        raise_time: store::timestamp(context.clock.now()),
    });
}

/// Refuses to say that an answer holds while something that it rests on does not do its work.
fn supported(known: &Known, new: &InsurerAnswer) -> Outcome<()> {
    let falls =
        |name: &&String| !known.effects.get(id_of(name)).is_some_and(|effect| bears(effect, new.least_effectiveness));
    let Some(fallen) = new.implementations.iter().find(falls) else { return Ok(()) };
    let state = known.effects.get(id_of(fallen)).map_or("not known", |effect| effect.state.as_str());
    let message =
        format!("{fallen} is {state}, and does not bear the answer out: have it work again, or declare the change");
    Err(Fault::precondition(ErrorReason::InsurerAnswerUnsupported, message)
        .with("implementation", fallen)
        .with("state", state))
}

/// Counts the answers of questionnaires anew.
async fn count(tx: &mut Transaction, organization: &str, questionnaires: &[&str]) -> Outcome<()> {
    if questionnaires.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql("SELECT questionnaire, state, COUNT(*) FROM insurer_answer WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("questionnaire", questionnaires).push(" GROUP BY questionnaire, state");
    let mut counts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in tx.rows(sql).await? {
        let name: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let state: String = row.try_get_by_index(1).map_err(Fault::defect)?;
        let count: i64 = row.try_get_by_index(2).map_err(Fault::defect)?;
        let of = counts.entry(name).or_default();
        of.0 += count;
        of.1 += if state == State::Changed.as_str_name() { count } else { 0 };
    }
    let number = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    let rule = |old: &InsurerQuestionnaire, new: &mut InsurerQuestionnaire| {
        let (all, changed) = counts.get(&old.name).copied().unwrap_or_default();
        (new.answer_count, new.changed_answers) = (number(all), number(changed));
        new.material_change = changed > 0;
    };
    let ids: Vec<&str> = questionnaires.iter().map(|name| id_of(name)).collect();
    let collection = Collection::<InsurerQuestionnaires>::new(tx.database().clone());
    collection.change_many(tx, organization, &ids, rule).await.map(drop)
}
