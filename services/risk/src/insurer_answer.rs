//! Answers to the questionnaires of insurers, each within its questionnaire, and the controls that make it true (ITU-T X.1061, 13).
//!
//! An insurer relies on what it was told. Where a control that an answer rests on falls, the answer is CHANGED, once, with the change that did it, and its
//! questionnaire has a material change to declare, all in the transaction that takes the change in (`insurer_answer/alert.rs`). Reading needs
//! `readRestricted`.

mod alert;
mod rules;

use access::Context;
use fault::Outcome;
use store::{Datum, FieldType, Part, Reference, Side, in_state, open, parent_of, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::risk::v1 as api;
use wire::risk::v1::InsurerAnswer;
use wire::risk::v1::insurer_answer::State;
use wire::risk::v1::insurer_answer_service_server::InsurerAnswerService;

use crate::insurer_questionnaire::InsurerQuestionnaires;
use crate::{Registry, ties};

pub(crate) use alert::{alert, falls};

const NOUN: &str = "insurer answer";

// === The table ===

/// All answers to insurers.
pub struct InsurerAnswers;

impl store::Resource for InsurerAnswers {
    type Message = InsurerAnswer;
    const TABLE: &'static str = "insurer_answer";
    const COLLECTION: &'static str = "insurerQuestionnaires/*/insurerAnswers";

    fn columns() -> &'static [store::Column<InsurerAnswer>] {
        store::columns![InsurerAnswer; question: text order search, state: choice(State) order, questionnaire: part(OfQuestionnaire) index]
    }

    fn sides() -> &'static [Side<InsurerAnswer>] {
        store::sides![InsurerAnswer; implementations: set "insurer_answer_implementation"]
    }

    fn references() -> &'static [Reference<InsurerAnswer>] {
        store::references![InsurerAnswer; name(parent): InsurerQuestionnaires]
    }

    store::head!(InsurerAnswer; alert, declare_time, declarer, declaration, state);
}

/// The questionnaire it is within, by name.
struct OfQuestionnaire;

impl Part<InsurerAnswer> for OfQuestionnaire {
    fn field_type() -> FieldType {
        FieldType::Text
    }

    fn get(answer: &InsurerAnswer) -> Datum<'_> {
        Datum::from(parent_of(&answer.name))
    }

    /// It follows from the name.
    fn set(_: &mut InsurerAnswer, _: Datum<'_>) {}
}

/// Says that an answer holds.
fn hold(new: &mut InsurerAnswer) {
    new.set_state(State::Holds);
    (new.alert, new.declare_time) = (None, None);
    new.declarer.clear();
    new.declaration.clear();
}

impl Registry {
    /// Changes an answer by a rule, holding the tie of the organization.
    async fn change_answer(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        rule: impl FnOnce(&Context, &InsurerAnswer, &mut InsurerAnswer) -> Outcome<()> + Send,
    ) -> Outcome<InsurerAnswer> {
        let mut tx = ties::begin(&self.database, context, name).await?;
        let changed = self.insurer_answers.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

// === The API ===

#[tonic::async_trait]
impl InsurerAnswerService for Registry {
    async fn create_insurer_answer(
        &self,
        request: Request<api::CreateInsurerAnswerRequest>,
    ) -> Result<Response<InsurerAnswer>, Status> {
        self.insurer_answers.serve_create(request).await
    }

    async fn get_insurer_answer(
        &self,
        request: Request<api::GetInsurerAnswerRequest>,
    ) -> Result<Response<InsurerAnswer>, Status> {
        self.insurer_answers.serve_get(request).await
    }

    async fn list_insurer_answers(
        &self,
        request: Request<api::ListInsurerAnswersRequest>,
    ) -> Result<Response<api::ListInsurerAnswersResponse>, Status> {
        self.insurer_answers.serve_list(request).await
    }

    async fn update_insurer_answer(
        &self,
        request: Request<api::UpdateInsurerAnswerRequest>,
    ) -> Result<Response<InsurerAnswer>, Status> {
        let context = Context::of(&request)?;
        let r = request.into_inner();
        let answer = r.insurer_answer.unwrap_or_default();
        let mut tx = ties::begin(&self.database, &context, &answer.name).await?;
        let updated = self.insurer_answers.update_in(&mut tx, answer, r.update_mask).await?;
        tx.commit().await?;
        Ok(Response::new(updated))
    }

    async fn delete_insurer_answer(
        &self,
        request: Request<api::DeleteInsurerAnswerRequest>,
    ) -> Result<Response<()>, Status> {
        self.insurer_answers.serve_delete(request).await
    }

    async fn declare_insurer_answer(
        &self,
        request: Request<api::DeclareInsurerAnswerRequest>,
    ) -> Result<Response<InsurerAnswer>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &InsurerAnswer, new: &mut InsurerAnswer| {
            in_state(NOUN, old.state(), &[State::Changed], "declared")?;
            new.set_state(State::Declared);
            new.declare_time = timestamp(context.clock.now());
            new.declarer.clone_from(&context.caller.subject);
            new.declaration.clone_from(&r.declaration);
            Ok(())
        };
        reply(self.change_answer(&context, (&r.name, &r.etag), rule).await)
    }

    async fn confirm_insurer_answer(
        &self,
        request: Request<api::ConfirmInsurerAnswerRequest>,
    ) -> Result<Response<InsurerAnswer>, Status> {
        let (context, r) = open(request)?;
        let rule = |_: &Context, old: &InsurerAnswer, new: &mut InsurerAnswer| {
            in_state(NOUN, old.state(), &[State::Changed, State::Declared], "confirmed")?;
            hold(new);
            Ok(())
        };
        reply(self.change_answer(&context, (&r.name, &r.etag), rule).await)
    }
}
