//! Questionnaires of insurers: what they ask before they bear a risk (ITU-T X.1061, 13). The answers are kept within (`insurer_answer.rs`), and what
//! is counted of them here follows in the same transaction. Reading needs `readRestricted`.

use access::Context;
use fault::{Fault, Outcome};
use store::{Life as _, Reference, Referrer, Resource as _, Rules, Side, in_state, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::risk::v1::insurer_questionnaire::State;
use wire::risk::v1::insurer_questionnaire_service_server::InsurerQuestionnaireService;
use wire::risk::v1::{
    CloseInsurerQuestionnaireRequest, CreateInsurerQuestionnaireRequest, DeleteInsurerQuestionnaireRequest,
    ErrorReason, GetInsurerQuestionnaireRequest, InsurerQuestionnaire, ListInsurerQuestionnairesRequest,
    ListInsurerQuestionnairesResponse, ReviseInsurerQuestionnaireRequest, SubmitInsurerQuestionnaireRequest,
    UpdateInsurerQuestionnaireRequest,
};

use crate::insurance_policy::InsurancePolicies;
use crate::insurer::Insurers;
use crate::{Registry, ties};

const NOUN: &str = "insurer questionnaire";

// === The table ===

/// All questionnaires of insurers.
pub struct InsurerQuestionnaires;

impl store::Resource for InsurerQuestionnaires {
    type Message = InsurerQuestionnaire;
    const TABLE: &'static str = "insurer_questionnaire";
    const COLLECTION: &'static str = "insurerQuestionnaires";

    fn columns() -> &'static [store::Column<InsurerQuestionnaire>] {
        store::columns![InsurerQuestionnaire;
            display_name: text order search, insurer: text index, policy: text index, due_time: time order, owner: text,
            changed_answers: integer, material_change: boolean, submit_time: time order, state: choice(State) order,
        ]
    }

    fn sides() -> &'static [Side<InsurerQuestionnaire>] {
        store::sides![InsurerQuestionnaire; labels: map "insurer_questionnaire_label"]
    }

    fn references() -> &'static [Reference<InsurerQuestionnaire>] {
        store::references![InsurerQuestionnaire; insurer: Insurers, policy: InsurancePolicies]
    }

    fn referrers() -> &'static [Referrer] {
        const { &[Referrer::within("answers", "insurer_answer")] }
    }

    store::head!(InsurerQuestionnaire;
        answer_count, changed_answers, material_change, submit_time, submitter, state, state_reason, state_time
    );
}

// === The rules ===

impl Rules for InsurerQuestionnaires {
    type Needs = ();

    fn create(context: &Context, (): &(), new: &mut InsurerQuestionnaire) -> Outcome<()> {
        InsurerQuestionnaires::enter(new, State::Draft, "", context.clock.now());
        Ok(())
    }

    fn update(_: &Context, (): &(), old: &InsurerQuestionnaire, new: &mut InsurerQuestionnaire) -> Outcome<()> {
        new.material_change = new.changed_answers > 0;
        if old.state() == State::Closed && written(old) != written(new) {
            return in_state(NOUN, old.state(), &[State::Draft, State::Submitted], "changed");
        }
        Ok(())
    }

    fn delete(_: &Context, (): &(), old: &InsurerQuestionnaire) -> Outcome<()> {
        in_state(NOUN, old.state(), &[State::Draft], "deleted: close it instead")
    }
}

store::life!(InsurerQuestionnaires; State, NOUN);

/// What callers write of it.
fn written(questionnaire: &InsurerQuestionnaire) -> InsurerQuestionnaire {
    let mut written = questionnaire.clone();
    InsurerQuestionnaires::clear_output(&mut written);
    InsurerQuestionnaire { etag: String::new(), ..written }
}

/// What must be so before an insurer gets the answers.
fn answered(of: &InsurerQuestionnaire) -> Outcome<()> {
    if of.answer_count == 0 {
        let message = format!("{} has no answers yet: write them before it is submitted", of.name);
        return Err(
            Fault::precondition(ErrorReason::InsurerQuestionnaireEmpty, message).with("questionnaire", &of.name)
        );
    }
    if of.changed_answers > 0 {
        let message = format!(
            "{} of the answers of {} do not hold (state = CHANGED): change, confirm or declare them before it is submitted",
            of.changed_answers, of.name
        );
        return Err(Fault::precondition(ErrorReason::InsurerAnswerChanged, message)
            .with("questionnaire", &of.name)
            .with("count", of.changed_answers));
    }
    Ok(())
}

impl Registry {
    /// Moves a questionnaire from one of some states into another. It holds the tie of the organization, since answers are counted in it.
    async fn step_questionnaire(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        (from, to, done): (&[State], State, &str),
        reason: &str,
    ) -> Outcome<InsurerQuestionnaire> {
        let mut tx = ties::begin(&self.database, context, name).await?;
        let rule = |context: &Context, old: &InsurerQuestionnaire, new: &mut InsurerQuestionnaire| {
            in_state(NOUN, old.state(), from, done)?;
            let now = context.clock.now();
            InsurerQuestionnaires::enter(new, to, reason, now);
            if to == State::Submitted {
                answered(old)?;
                new.submit_time = timestamp(now);
                new.submitter.clone_from(&context.caller.subject);
            }
            Ok(())
        };
        let moved = self.insurer_questionnaires.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(moved)
    }
}

// === The API ===

#[tonic::async_trait]
impl InsurerQuestionnaireService for Registry {
    async fn create_insurer_questionnaire(
        &self,
        request: Request<CreateInsurerQuestionnaireRequest>,
    ) -> Result<Response<InsurerQuestionnaire>, Status> {
        self.insurer_questionnaires.serve_create(request).await
    }

    async fn get_insurer_questionnaire(
        &self,
        request: Request<GetInsurerQuestionnaireRequest>,
    ) -> Result<Response<InsurerQuestionnaire>, Status> {
        self.insurer_questionnaires.serve_get(request).await
    }

    async fn list_insurer_questionnaires(
        &self,
        request: Request<ListInsurerQuestionnairesRequest>,
    ) -> Result<Response<ListInsurerQuestionnairesResponse>, Status> {
        self.insurer_questionnaires.serve_list(request).await
    }

    async fn update_insurer_questionnaire(
        &self,
        request: Request<UpdateInsurerQuestionnaireRequest>,
    ) -> Result<Response<InsurerQuestionnaire>, Status> {
        self.insurer_questionnaires.serve_update(request).await
    }

    async fn delete_insurer_questionnaire(
        &self,
        request: Request<DeleteInsurerQuestionnaireRequest>,
    ) -> Result<Response<()>, Status> {
        self.insurer_questionnaires.serve_delete(request).await
    }

    async fn submit_insurer_questionnaire(
        &self,
        request: Request<SubmitInsurerQuestionnaireRequest>,
    ) -> Result<Response<InsurerQuestionnaire>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Draft][..], State::Submitted, "submitted");
        reply(self.step_questionnaire(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn revise_insurer_questionnaire(
        &self,
        request: Request<ReviseInsurerQuestionnaireRequest>,
    ) -> Result<Response<InsurerQuestionnaire>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Submitted][..], State::Draft, "revised");
        reply(self.step_questionnaire(&context, (&r.name, &r.etag), step, &r.reason).await)
    }

    async fn close_insurer_questionnaire(
        &self,
        request: Request<CloseInsurerQuestionnaireRequest>,
    ) -> Result<Response<InsurerQuestionnaire>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Draft, State::Submitted][..], State::Closed, "closed");
        reply(self.step_questionnaire(&context, (&r.name, &r.etag), step, &r.reason).await)
    }
}
