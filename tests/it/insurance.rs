//! Insurance, through the suite: the sample operator's, as those see it who may; and the loop that closes by itself: a failed test of a control makes
//! what an insurer was told no longer hold.

use std::time::Duration;

use telwarden::client::{Connection, Output};
use telwarden::insurance::{self, Made};
use telwarden::posture::insurance as posture;
use telwarden::programme::People;
use telwarden::risk::coverage::{self, Coverage};
use telwarden::risk::quotes::{self, Criterion, Quotes};
use telwarden::suite::Suite;
use wire::risk::v1::insurance_policy::Stance;
use wire::risk::v1::insurer_answer::State;
use wire::risk::v1::insurer_answer_service_client::InsurerAnswerServiceClient;
use wire::risk::v1::{GetInsurerAnswerRequest, InsurerAnswer};

pub(crate) fn auditor(running: &Suite) -> Connection {
    Connection::new(running.url(), running.token("audrey", &["acme"], &["auditor"]).unwrap(), Output::Json)
}

/// The organization `acme`, which has the risks and the programme of the sample operator, gets its insurance.
pub(crate) async fn shows_the_insurance(running: &Suite, people: &People, viewing: &Connection) {
    let made = insurance::create(people, "acme", sample::insurance()).await.unwrap();
    assert_eq!(made, Made { insurers: 2, policies: 5, answers: 3, claims: 1 });
    assert_eq!(insurance::create(people, "acme", sample::insurance()).await.unwrap(), Made::default());

    let client = auditor(running).open().await.unwrap();
    let asked = |policies: &[&str]| Coverage {
        organization: "acme".to_owned(),
        policies: policies.iter().map(|id| (*id).to_owned()).collect(),
        filter: String::new(),
        why: true,
        limit: 100,
    };
    let map = coverage::coverage(client.clone(), &asked(&[])).await.unwrap();
    // The tower of two layers and the property policy cover.
    assert_eq!(map.policies.len(), 3);
    let of = |map: &wire::risk::v1::MapInsuranceCoverageResponse, id: &str| {
        let row = map.rows.iter().find(|row| row.risk.ends_with(id)).cloned().unwrap();
        (row.best(), row.cells)
    };
    let (best, cells) = of(&map, "/emergency-overload");
    assert!(best != Stance::Covered && cells.iter().any(|cell| cell.stance() == Stance::Excluded), "{cells:?}");
    let screen = coverage::drawn(&map, true);
    for part in ["excluded", "exclusion infrastructure, clause 6.4 (X.1061 10.5)", "silent"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let next = coverage::coverage(client.clone(), &asked(&["cyber-next-skerry"])).await.unwrap();
    assert_eq!(of(&next, "/emergency-overload").0, Stance::Covered, "the other offer carves it back");

    let by = |weights: &[(Criterion, f64)]| Quotes {
        organization: "acme".to_owned(),
        policies: Vec::new(),
        weights: weights.to_vec(),
        filter: String::new(),
        why: true,
    };
    for (criterion, first) in [(Criterion::Premium, "nordhaven"), (Criterion::Exclusions, "skerry")] {
        let ranked = quotes::quotes(client.clone(), &by(&[(criterion, 1.0)])).await.unwrap();
        assert!(ranked.ranks[0].policy.as_ref().unwrap().insurer.ends_with(first), "{criterion:?}");
        assert!(quotes::drawn(&ranked, true).contains("the lowest"));
    }

    let seen = posture::read(client, "acme", None).await.unwrap().unwrap();
    assert_eq!((seen.claims.len(), seen.to_declare.len()), (1, 0));
    assert_eq!((seen.claims[0].total_amount, seen.claims[0].expected_payout), (460_000.0, 210_000.0));
    let screen = posture::text(Some(&seen));
    for part in ["3 policies cover", "RENEWAL DUE", "the insurer is to be told until", "of which 210000 may be paid"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    // Not every viewer sees that, and the screen goes on without it.
    let hidden = posture::read(viewing.open().await.unwrap(), "acme", None).await.unwrap();
    assert!(hidden.is_none() && posture::text(None).is_empty() && posture::json(None).is_null());
}

/// A control has failed a test: what the insurer was told of it no longer holds.
pub(crate) async fn a_failed_test_is_to_be_declared(running: &Suite) {
    let client = auditor(running).open().await.unwrap();
    let name = "organizations/acme/insurerQuestionnaires/cyber-renewal/insurerAnswers/floods".to_owned();
    let answers = InsurerAnswerServiceClient::new(client.clone());
    let fallen = async {
        loop {
            let request = GetInsurerAnswerRequest { name: name.clone() };
            let now: InsurerAnswer = answers.clone().get_insurer_answer(request).await.unwrap().into_inner();
            if now.state() == State::Changed {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let now = tokio::time::timeout(Duration::from_secs(30), fallen).await.expect("it is raised within 30 s");
    let alert = now.alert.unwrap();
    assert_eq!(alert.resource, "organizations/acme/implementations/ddos-filtering");
    let seen = posture::read(client, "acme", None).await.unwrap().unwrap();
    assert!(posture::text(Some(&seen)).contains("MATERIAL CHANGE to declare"));
}
