//! Questionnaires of insurers: answers rest on controls, and where one falls there is a material change to declare, once.

use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::controls::v1::implementation::State as Life;
use wire::risk::v1 as api;
use wire::risk::v1::insurer_answer::State;
use wire::risk::v1::insurer_answer_service_client::InsurerAnswerServiceClient;
use wire::risk::v1::insurer_questionnaire::State as Questionnaire;
use wire::risk::v1::insurer_questionnaire_service_client::InsurerQuestionnaireServiceClient;
use wire::risk::v1::{Insurer, InsurerAnswer, InsurerQuestionnaire};

use super::{fields, insurer};
use crate::on_every_database;
use crate::register::{PARENT, changes, named};
use crate::source::Source;

const FLAG: &str = "reaction/flag-insurer-answers";
const WORKS: (Life, f64) = (Life::Operating, 1.0);

fn questionnaires(bench: &Bench) -> InsurerQuestionnaireServiceClient<testkit::Client> {
    InsurerQuestionnaireServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

fn answers(bench: &Bench) -> InsurerAnswerServiceClient<testkit::Client> {
    InsurerAnswerServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

/// The controls `mfa`, which works, and `backup`, which does not; the questionnaire `q` of an insurer.
async fn asked(bench: &Bench) -> (Source, feed::Running) {
    let controls = Source::new("controls");
    controls.implementation("mfa", None, WORKS, "");
    controls.implementation("backup", None, (Life::Remediation, 0.0), "");
    let running = controls.follow(&bench.database).await;
    insurer(bench, "nordic", Insurer::default()).await.unwrap();
    let questionnaire = InsurerQuestionnaire {
        display_name: "Renewal 2027".to_owned(),
        insurer: named("insurers", "nordic"),
        ..InsurerQuestionnaire::default()
    };
    let request = api::CreateInsurerQuestionnaireRequest {
        parent: PARENT.to_owned(),
        insurer_questionnaire_id: "q".to_owned(),
        insurer_questionnaire: Some(questionnaire),
    };
    questionnaires(bench).create_insurer_questionnaire(request).await.unwrap();
    (controls, running)
}

async fn questionnaire(bench: &Bench) -> InsurerQuestionnaire {
    let request = api::GetInsurerQuestionnaireRequest { name: named("insurerQuestionnaires", "q") };
    questionnaires(bench).get_insurer_questionnaire(request).await.unwrap().into_inner()
}

fn answer_name(id: &str) -> String {
    format!("{}/insurerAnswers/{id}", named("insurerQuestionnaires", "q"))
}

async fn answer(bench: &Bench, id: &str, implementations: &[&str]) -> Result<InsurerAnswer, Status> {
    let answer = InsurerAnswer {
        question: format!("Is {id} in place everywhere?"),
        answer: "Yes.".to_owned(),
        implementations: implementations.iter().map(|id| named("implementations", id)).collect(),
        ..InsurerAnswer::default()
    };
    let request = api::CreateInsurerAnswerRequest {
        parent: named("insurerQuestionnaires", "q"),
        insurer_answer_id: id.to_owned(),
        insurer_answer: Some(answer),
    };
    answers(bench).create_insurer_answer(request).await.map(tonic::Response::into_inner)
}

async fn get(bench: &Bench, id: &str) -> InsurerAnswer {
    let request = api::GetInsurerAnswerRequest { name: answer_name(id) };
    answers(bench).get_insurer_answer(request).await.unwrap().into_inner()
}

async fn submit(bench: &Bench) -> Result<InsurerQuestionnaire, Status> {
    let request =
        api::SubmitInsurerQuestionnaireRequest { name: named("insurerQuestionnaires", "q"), ..Default::default() };
    questionnaires(bench).submit_insurer_questionnaire(request).await.map(tonic::Response::into_inner)
}

async fn declare(bench: &Bench, id: &str) -> Result<InsurerAnswer, Status> {
    let request = api::DeclareInsurerAnswerRequest {
        name: answer_name(id),
        declaration: "told by letter".to_owned(),
        ..Default::default()
    };
    answers(bench).declare_insurer_answer(request).await.map(tonic::Response::into_inner)
}

async fn confirm(bench: &Bench, id: &str) -> Result<InsurerAnswer, Status> {
    let request = api::ConfirmInsurerAnswerRequest { name: answer_name(id), ..Default::default() };
    answers(bench).confirm_insurer_answer(request).await.map(tonic::Response::into_inner)
}

/// The traces of the changes of a resource by a method, the oldest first.
async fn traces(bench: &Bench, resource: &str) -> Vec<String> {
    let mut sql = bench.database.sql("SELECT trace FROM ledger WHERE resource = ");
    sql.bind(resource).push(" AND method = ").bind(FLAG).push(" ORDER BY seq");
    let rows = bench.database.rows(sql).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

on_every_database! {
    async fn a_falling_control_raises_the_alert_once(bench) {
        let (controls, running) = asked(&bench).await;
        for (id, rests) in [("mfa", &["mfa"][..]), ("staff", &[]), ("later", &["unknown"])] {
            assert_eq!(answer(&bench, id, rests).await.unwrap().state(), State::Holds, "{id}");
        }
        let submitted = submit(&bench).await.unwrap();
        assert_eq!((submitted.state(), submitted.answer_count, submitted.material_change), (Questionnaire::Submitted, 3, false));
        controls.implementation("mfa", Some(WORKS), (Life::Operating, 0.8), "");
        controls.taken_in(&running).await;
        assert_eq!(get(&bench, "mfa").await.state(), State::Holds, "it still does its work");
        controls.implementation("mfa", Some((Life::Operating, 0.8)), (Life::Remediation, 0.0), "test daily failed");
        controls.taken_in(&running).await;
        let fallen = get(&bench, "mfa").await;
        assert_eq!(fallen.state(), State::Changed);
        let alert = fallen.alert.clone().unwrap();
        assert_eq!((alert.service.as_str(), alert.resource, alert.sequence), ("controls", named("implementations", "mfa"), 4));
        for part in ["OPERATING", "REMEDIATION", "test daily failed"] {
            assert!(alert.text.contains(part), "{part}: {}", alert.text);
        }
        let standing = questionnaire(&bench).await;
        assert!(standing.material_change && standing.changed_answers == 1);
        assert_eq!(get(&bench, "staff").await.state(), State::Holds);
        // It comes and falls again before anybody looks: the alert stands, and is not raised a second time.
        controls.implementation("mfa", Some((Life::Remediation, 0.0)), WORKS, "");
        controls.implementation("mfa", Some(WORKS), (Life::Remediation, 0.0), "again");
        controls.taken_in(&running).await;
        assert_eq!(get(&bench, "mfa").await, fallen);
        for resource in [answer_name("mfa"), named("insurerQuestionnaires", "q")] {
            let traces = traces(&bench, &resource).await;
            assert_eq!(traces.len(), 1, "{resource}");
            assert!(traces[0].contains(&format!("{:032x}", 4)), "the ledger leads back to the cause: {}", traces[0]);
        }
        testkit::ledger_holds(&bench, &::risk::tables()).await;
        running.stop().await;
    }

    async fn what_was_declared_holds_again_only_when_the_control_does(bench) {
        let (controls, running) = asked(&bench).await;
        answer(&bench, "mfa", &["mfa"]).await.unwrap();
        submit(&bench).await.unwrap();
        assert_eq!(reason(&declare(&bench, "mfa").await.unwrap_err()), "STATE_FORBIDS");
        assert_eq!(reason(&confirm(&bench, "mfa").await.unwrap_err()), "STATE_FORBIDS");
        controls.implementation("mfa", Some(WORKS), (Life::Remediation, 0.0), "");
        controls.taken_in(&running).await;
        let declared = declare(&bench, "mfa").await.unwrap();
        assert_eq!((declared.state(), declared.declarer.as_str()), (State::Declared, "mia"));
        assert!(declared.alert.is_some() && !questionnaire(&bench).await.material_change);
        let early = confirm(&bench, "mfa").await.unwrap_err();
        assert_eq!(reason(&early), "INSURER_ANSWER_UNSUPPORTED");
        assert!(early.message().contains("REMEDIATION"), "{}", early.message());
        controls.implementation("mfa", Some((Life::Remediation, 0.0)), WORKS, "");
        controls.taken_in(&running).await;
        let holds = confirm(&bench, "mfa").await.unwrap();
        assert!(holds.state() == State::Holds && holds.alert.is_none() && holds.declaration.is_empty());
        // The next fall is another one.
        controls.implementation("mfa", Some(WORKS), (Life::Retired, 0.0), "");
        controls.taken_in(&running).await;
        assert_eq!(changes(&bench, &answer_name("mfa"), FLAG).await, 2);
        running.stop().await;
    }

    async fn an_insurer_gets_no_answer_that_does_not_hold(bench) {
        let (controls, running) = asked(&bench).await;
        assert_eq!(reason(&submit(&bench).await.unwrap_err()), "INSURER_QUESTIONNAIRE_EMPTY");
        let untrue = answer(&bench, "backup", &["backup"]).await.unwrap();
        assert_eq!((untrue.state(), untrue.alert.unwrap().service.as_str()), (State::Changed, "risk"));
        let refused = submit(&bench).await.unwrap_err();
        assert_eq!((reason(&refused), refused.code()), ("INSURER_ANSWER_CHANGED".to_owned(), Code::FailedPrecondition));
        // It is answered otherwise, and then does not rest on that control.
        let update = |paths: &[&str]| api::UpdateInsurerAnswerRequest {
            insurer_answer: Some(InsurerAnswer { name: answer_name("backup"), answer: "Not yet.".to_owned(), ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
        };
        let honest = answers(&bench).update_insurer_answer(update(&["answer", "implementations"])).await.unwrap().into_inner();
        assert!(honest.state() == State::Holds && honest.alert.is_none());
        submit(&bench).await.unwrap();
        // What the insurer has is not changed behind its back.
        for refused in [
            answers(&bench).update_insurer_answer(update(&["question"])).await.unwrap_err(),
            answer(&bench, "more", &[]).await.unwrap_err(),
            submit(&bench).await.unwrap_err(),
        ] {
            assert!(["STATE_FORBIDS", "FIELD_INVALID"].contains(&reason(&refused).as_str()), "{}", refused.message());
        }
        let stranger = InsurerAnswer {
            question: "?".to_owned(), answer: "!".to_owned(),
            implementations: vec!["organizations/other/implementations/x".to_owned()], ..Default::default()
        };
        let revise = api::ReviseInsurerQuestionnaireRequest {
            name: named("insurerQuestionnaires", "q"), reason: "one more question".to_owned(), ..Default::default()
        };
        questionnaires(&bench).revise_insurer_questionnaire(revise).await.unwrap();
        let request = api::CreateInsurerAnswerRequest {
            parent: named("insurerQuestionnaires", "q"), insurer_answer: Some(stranger), ..Default::default()
        };
        assert_eq!(fields(&answers(&bench).create_insurer_answer(request).await.unwrap_err()), ["insurer_answer.implementations[0]"]);
        let mut viewer = InsurerQuestionnaireServiceClient::new(bench.client("vic", &["acme"], &["viewer"]));
        let get = api::GetInsurerQuestionnaireRequest { name: named("insurerQuestionnaires", "q") };
        assert_eq!(viewer.get_insurer_questionnaire(get).await.unwrap_err().code(), Code::PermissionDenied);
        drop(controls);
        testkit::ledger_holds(&bench, &::risk::tables()).await;
        running.stop().await;
    }
}
