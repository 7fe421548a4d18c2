//! Correlation books as their callers see them: checked as a whole, one in force, and what they change.

use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::CorrelationBook;
use wire::incidents::v1::case_service_client::CaseServiceClient;
use wire::incidents::v1::correlation_book::State;
use wire::incidents::v1::correlation_book_service_client::CorrelationBookServiceClient;
use wire::incidents::v1::signal::Placement;

use crate::incident::{PARENT, time};
use crate::on_every_database;
use crate::signal::{alarm, cases, listed, taken};

fn client(bench: &Bench) -> CorrelationBookServiceClient<Client> {
    CorrelationBookServiceClient::new(bench.client("ana", &["acme"], &["administrator"]))
}

const POWER: &str = "
edition: ours-1
duplicates: 1 hours
repeats: 24 hours
late: 60 seconds
causes:
  - {id: power-takes-the-link, cause: [power_lost], effect: [link_down], hops: 0, within: 5 minutes}
";

async fn created(bench: &Bench, id: &str, rules: &str) -> Result<CorrelationBook, tonic::Status> {
    let book = CorrelationBook { display_name: id.to_owned(), rules: rules.to_owned(), ..Default::default() };
    let request = api::CreateCorrelationBookRequest {
        parent: PARENT.to_owned(),
        correlation_book_id: id.to_owned(),
        correlation_book: Some(book),
    };
    Ok(client(bench).create_correlation_book(request).await?.into_inner())
}

fn enact(name: &str) -> api::EnactCorrelationBookRequest {
    api::EnactCorrelationBookRequest { name: name.to_owned(), ..Default::default() }
}

on_every_database! {
    async fn what_is_wrong_with_a_book_is_told_by_its_field(bench) {
        let wrong = POWER.replace("hops: 0", "hops: 9");
        assert_eq!(field(&created(&bench, "one", &wrong).await.unwrap_err()), "correlation_book.rules.causes[0].hops");
        let made = created(&bench, "one", POWER).await.unwrap();
        assert_eq!((made.state(), made.edition.as_str()), (State::Draft, "ours-1"));
    }

    async fn a_book_in_force_places_what_comes_from_then_on(bench) {
        let made = created(&bench, "one", POWER).await.unwrap();
        client(&bench).enact_correlation_book(enact(&made.name)).await.unwrap();
        taken(&bench, &[alarm("1", "mast-7", "power_lost", 0), alarm("2", "mast-7", "link_down", 4), alarm("3", "mast-7", "door", 5)]).await;
        let known = listed(&bench, "").await;
        assert_eq!((known[1].placement(), known[1].rule.as_str()), (Placement::Attaches, "power-takes-the-link"));
        assert_eq!(known[1].root.as_ref().unwrap().kind, "power_lost");
        assert_eq!(known[2].placement(), Placement::Opens, "no rule of this book says that one device is one case");
        let update = api::UpdateCorrelationBookRequest {
            correlation_book: Some(CorrelationBook { name: made.name.clone(), display_name: "x".to_owned(), ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(reason(&client(&bench).update_correlation_book(update).await.unwrap_err()), "STATE_FORBIDS");
        let second = created(&bench, "two", &POWER.replace("ours-1", "ours-2")).await.unwrap();
        client(&bench).enact_correlation_book(enact(&second.name)).await.unwrap();
        let get = api::GetCorrelationBookRequest { name: made.name };
        assert_eq!(client(&bench).get_correlation_book(get).await.unwrap().into_inner().state(), State::Withdrawn);
        let withdraw = api::WithdrawCorrelationBookRequest { name: second.name, ..Default::default() };
        client(&bench).withdraw_correlation_book(withdraw).await.unwrap();
        taken(&bench, &[alarm("4", "mast-7", "fan", 6)]).await;
        assert_eq!(listed(&bench, "kind = \"fan\"").await[0].rule, "one-device", "what ships holds again");
    }

    async fn a_cause_that_comes_late_becomes_the_root_and_the_cases_one(bench) {
        let made = created(&bench, "one", POWER).await.unwrap();
        client(&bench).enact_correlation_book(enact(&made.name)).await.unwrap();
        taken(&bench, &[alarm("1", "mast-7", "link_down", 10)]).await;
        // Its cause is told after it, in a portion of its own.
        taken(&bench, &[alarm("2", "mast-7", "power_lost", 8)]).await;
        let open = cases(&bench, "state = OPEN").await;
        assert_eq!((open.len(), open[0].signal_count), (1, 2));
        assert_eq!((open[0].root.as_ref().unwrap().kind.as_str(), open[0].display_name.as_str()), ("power_lost", "power_lost at mast-7"));
        assert!(listed(&bench, "").await.iter().all(|signal| signal.case == open[0].name));
    }

    async fn a_case_that_was_decided_on_stays_when_its_cause_is_told_late(bench) {
        let made = created(&bench, "one", &POWER.replace("effect: [link_down]", "effect: [link_down, cell_down]")).await.unwrap();
        client(&bench).enact_correlation_book(enact(&made.name)).await.unwrap();
        // Two effects, told apart as long as nobody knows what caused them; somebody decides on one.
        taken(&bench, &[alarm("1", "mast-7", "link_down", 10), alarm("2", "mast-7", "cell_down", 11)]).await;
        let known = listed(&bench, "").await;
        let (whole, decided) = (&known[0], &known[1]);
        assert_ne!(whole.case, decided.case);
        let mut handling = CaseServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        handling.promote_case(api::PromoteCaseRequest { name: decided.case.clone(), ..Default::default() }).await.unwrap();
        taken(&bench, &[alarm("3", "mast-7", "power_lost", 8)]).await;
        let stands = cases(&bench, "state = PROMOTED").await;
        assert_eq!((stands.len(), &stands[0].name, stands[0].signal_count), (1, &decided.case, 1));
        taken(&bench, &[alarm("4", "mast-7", "cell_down", 20)]).await;
        assert_eq!(listed(&bench, "source_id = \"4\"").await[0].case, whole.case, "what comes later belongs to the cause's");
        let open = cases(&bench, "state = OPEN").await;
        assert_eq!((open.len(), &open[0].name, open[0].signal_count), (1, &whole.case, 3));
    }

    async fn young_cases_become_parts_of_that_of_their_cause(bench) {
        let made = created(&bench, "one", &POWER.replace("effect: [link_down]", "effect: [link_down, cell_down]")).await.unwrap();
        client(&bench).enact_correlation_book(enact(&made.name)).await.unwrap();
        taken(&bench, &[alarm("1", "mast-7", "link_down", 10), alarm("2", "mast-7", "cell_down", 11)]).await;
        assert_eq!(cases(&bench, "state = OPEN").await.len(), 2);
        let told = taken(&bench, &[alarm("3", "mast-7", "power_lost", 8)]).await;
        assert_eq!(told.cases, -1, "one less than before");
        let open = cases(&bench, "state = OPEN").await;
        assert_eq!((open.len(), open[0].signal_count, open[0].raised_count), (1, 3, 3));
        let parts = cases(&bench, "state = MERGED").await;
        assert_eq!((parts.len(), &parts[0].merged_into), (1, &open[0].name));
        assert!(listed(&bench, "").await.iter().all(|signal| signal.case == open[0].name));
    }

    async fn rules_are_learnt_from_what_came_and_can_be_made_a_book(bench) {
        // Each hour of three days the power goes, and the link seconds after it; doors open whenever they like.
        let mut signals = Vec::new();
        for hour in 0..72 {
            let at = hour * 3_600;
            signals.push(alarm(&format!("p{hour}"), "mast-7", "power_lost", at));
            signals.push(alarm(&format!("l{hour}"), "mast-7", "link_down", at + 20));
            signals.push(alarm(&format!("d{hour}"), "mast-7", "door", at + 1_800));
        }
        taken(&bench, &signals).await;
        let learn = |begin: &str| api::LearnCorrelationRulesRequest {
            parent: PARENT.to_owned(), begin_time: time(begin), end_time: time("2026-04-01T00:00:00Z"), ..Default::default()
        };
        let learnt = client(&bench).learn_correlation_rules(learn("2026-03-01T00:00:00Z")).await.unwrap().into_inner();
        assert_eq!((learnt.signals, learnt.learnt), (216, 1));
        assert!(learnt.rules.contains("learnt: power_lost causes link_down"), "{}", learnt.rules);
        let made = created(&bench, "learnt", &learnt.rules).await.unwrap();
        client(&bench).enact_correlation_book(enact(&made.name)).await.unwrap();
        assert_eq!(field(&client(&bench).learn_correlation_rules(learn("2026-05-01T00:00:00Z")).await.unwrap_err()), "end_time");
    }
}
