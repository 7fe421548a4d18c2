//! What other services tell scores risks anew, says why, and opens what came above the appetite.

use access::Clock as _;
use futures::StreamExt as _;
use testkit::Bench;
use wire::controls::v1::implementation::State as Life;
use wire::risk::v1::risk::State;
use wire::risk::v1::{Finding, Risk, finding};

use crate::on_every_database;
use crate::register::{DAY, bring, came_to, changes, counts_hold, create, estate, get, link, named, signalling, treat};
use crate::source::Source;

const RESCORE: &str = "reaction/rescore-risks";

/// A risk that two controls hold within the appetite.
fn controlled() -> Risk {
    Risk { implementations: vec![link("filter", 3, 0), link("spare", 0, 1)], ..signalling() }
}

/// The controls, which work.
async fn controls(bench: &Bench) -> (Source, feed::Running) {
    let controls = Source::new("controls");
    for id in ["filter", "spare"] {
        controls.implementation(id, None, (Life::Operating, 1.0), "");
    }
    let running = controls.follow(&bench.database).await;
    (controls, running)
}

async fn version(bench: &Bench, id: &str) -> String {
    get(bench, id).await.etag
}

/// The trace of the newest change of a resource by a method.
async fn trace(bench: &Bench, resource: &str, method: &str) -> String {
    let mut sql = bench.database.sql("SELECT trace FROM ledger WHERE resource = ");
    sql.bind(resource).push(" AND method = ").bind(method).push(" ORDER BY seq DESC LIMIT 1");
    bench.database.row(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

on_every_database! {
    async fn a_failed_test_opens_the_risks_that_relied_on_the_control(bench) {
        estate(&bench).await;
        let (controls, running) = controls(&bench).await;
        let end = access::SystemClock.now() + DAY;
        let accepted = bring(&bench, "accepted", controlled(), State::Accepted, end).await;
        assert_eq!(came_to(accepted.current.as_ref()), (1, 3, 1));
        assert!(!accepted.above_appetite);
        assert_eq!(accepted.acceptance.unwrap().authority_level, -1, "within the appetite nobody needs authority");
        bring(&bench, "treating", controlled(), State::Treating, 0).await;
        bring(&bench, "analysed", controlled(), State::Analysed, 0).await;
        create(&bench, "other", signalling()).await.unwrap();
        let other = version(&bench, "other").await;
        let working = (Life::Operating, 1.0);
        controls.implementation("filter", Some(working), (Life::Remediation, 0.0), "test daily failed");
        controls.taken_in(&running).await;
        for id in ["accepted", "treating"] {
            let open = get(&bench, id).await;
            assert_eq!((open.state(), came_to(open.current.as_ref())), (State::Reopened, (4, 3, 3)), "{id}");
            for part in ["high", "implementations/filter", "REMEDIATION", "test daily failed"] {
                assert!(open.state_reason.contains(part), "{part}: {}", open.state_reason);
            }
            let why = open.score_reason.unwrap();
            assert_eq!((why.service.as_str(), why.resource), ("controls", named("implementations", "filter")));
            assert_eq!(why.sequence, 3);
            // The ledger leads back to the cause.
            assert!(trace(&bench, &named("risks", id), RESCORE).await.contains(&format!("{:032x}", 3)));
        }
        let analysed = get(&bench, "analysed").await;
        assert_eq!((analysed.state(), analysed.above_appetite), (State::Analysed, true), "it is looked at anyway");
        assert_eq!(version(&bench, "other").await, other);
        // What works again lowers the risk again, and moves nothing.
        controls.implementation("filter", Some((Life::Remediation, 0.0)), (Life::UnderReview, 0.7), "");
        controls.taken_in(&running).await;
        let better = get(&bench, "accepted").await;
        assert_eq!((better.state(), came_to(better.current.as_ref())), (State::Reopened, (2, 3, 1)));
        counts_hold(&bench).await;
        testkit::ledger_holds(&bench, &::risk::tables()).await;
        running.stop().await;
    }

    async fn what_comes_to_the_same_is_not_written(bench) {
        estate(&bench).await;
        let (controls, running) = controls(&bench).await;
        create(&bench, "r", controlled()).await.unwrap();
        let before = version(&bench, "r").await;
        let working = (Life::Operating, 1.0);
        // Another word for why, and a control that the risk does not name.
        controls.implementation("filter", Some(working), working, "reviewed");
        controls.implementation("stranger", None, working, "");
        controls.taken_in(&running).await;
        assert_eq!(version(&bench, "r").await, before);
        assert_eq!(changes(&bench, &named("risks", "r"), RESCORE).await, 0);
        // Half as effective: three steps become one, and the spare loses its one.
        controls.implementation("filter", Some(working), (Life::Operating, 0.5), "");
        controls.implementation("spare", Some(working), (Life::Operating, 0.5), "");
        controls.taken_in(&running).await;
        let less = get(&bench, "r").await;
        assert_eq!(came_to(less.current.as_ref()), (3, 4, 3));
        assert!(less.score_reason.unwrap().text.contains("from 1.00 to 0.50"));
        running.stop().await;
    }

    async fn the_value_of_assets_and_the_members_of_selectors_move_risks(bench) {
        let (assets, running) = estate(&bench).await;
        let by_value = |risk: Risk| Risk {
            criteria: named("riskCriteria", "additive-0-8"),
            likelihood: 2,
            ease: 1,
            consequences: None,
            ..risk
        };
        create(&bench, "asset", by_value(signalling())).await.unwrap();
        let core = Risk { asset: String::new(), selector: named("selectors", "core"), ..signalling() };
        let core = create(&bench, "core", by_value(core)).await.unwrap();
        let voice = Risk { asset: String::new(), service: named("assets", "voice"), ..signalling() };
        create(&bench, "voice", by_value(voice)).await.unwrap();
        let still = version(&bench, "voice").await;
        assert_eq!(came_to(core.current.as_ref()), (1, 3, 1));
        assets.asset("amf", Some(7.0), Some(9.0));
        assets.taken_in(&running).await;
        for id in ["asset", "core"] {
            let risk = get(&bench, id).await;
            assert_eq!(came_to(risk.current.as_ref()), (1, 4, 1), "{id}");
            assert!(risk.asset_value >= 9.0);
            assert!(risk.score_reason.unwrap().text.contains("went from 7 to 9"));
        }
        assert_eq!(version(&bench, "voice").await, still);
        assets.member("core", "amf", false);
        assets.taken_in(&running).await;
        let risk = get(&bench, "core").await;
        assert_eq!(came_to(risk.current.as_ref()), (1, 1, 0));
        assert!(risk.score_reason.unwrap().text.contains("left"));
        assets.member("core", "voice", true);
        assets.taken_in(&running).await;
        assert_eq!(came_to(get(&bench, "core").await.current.as_ref()), (1, 3, 1));
        counts_hold(&bench).await;
        testkit::ledger_holds(&bench, &::risk::tables()).await;
        running.stop().await;
    }

    async fn more_risks_than_one_portion_holds_are_each_scored_anew_once(bench) {
        const RISKS: usize = 1_001;
        let (assets, running) = estate(&bench).await;
        let valued = Risk {
            criteria: named("riskCriteria", "additive-0-8"), likelihood: 2, ease: 1, consequences: None, ..signalling()
        };
        let (bench, valued) = (&bench, &valued);
        let create = |number: usize| async move { create(bench, &format!("r-{number:04}"), valued.clone()).await };
        let made: Vec<_> = futures::stream::iter((0..RISKS).map(create)).buffer_unordered(16).collect().await;
        assert!(made.iter().all(Result::is_ok));
        assets.asset("amf", Some(7.0), Some(9.0));
        assets.taken_in(&running).await;
        for id in ["r-0000", "r-0999", "r-1000"] {
            let risk = get(bench, id).await;
            assert_eq!((came_to(risk.current.as_ref()), risk.asset_value.to_bits()), ((1, 4, 1), 9.0_f64.to_bits()), "{id}");
            assert_eq!(changes(bench, &named("risks", id), RESCORE).await, 1, "{id}");
        }
        let sql = "SELECT COUNT(*) FROM ledger WHERE method = 'reaction/rescore-risks'";
        let written: i64 = bench.database.row(bench.database.sql(sql)).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        assert_eq!(written, RISKS as i64);
        counts_hold(bench).await;
        testkit::ledger_holds(bench, &::risk::tables()).await;
        running.stop().await;
    }

    async fn a_risk_ends_with_its_asset(bench) {
        let (assets, running) = estate(&bench).await;
        let end = access::SystemClock.now() + DAY;
        bring(&bench, "r", signalling(), State::Accepted, end).await;
        let core = Risk { asset: String::new(), selector: named("selectors", "core"), ..signalling() };
        create(&bench, "core", core).await.unwrap();
        let weak = Finding {
            weakness: "the default password works".to_owned(),
            asset: named("assets", "amf"),
            ..Finding::default()
        };
        crate::finding::create(&bench, "weak", weak.clone()).await.unwrap();
        crate::finding::create(&bench, "accepted", weak).await.unwrap();
        crate::finding::accept(&bench, "accepted", end).await.unwrap();
        assets.asset("amf", Some(7.0), None);
        assets.taken_in(&running).await;
        let gone = get(&bench, "r").await;
        assert_eq!(gone.state(), State::Closed);
        assert!(gone.state_reason.contains("has retired or is gone"), "{}", gone.state_reason);
        let core = get(&bench, "core").await;
        assert_eq!((core.state(), core.asset_value.to_bits()), (State::Identified, 4.0_f64.to_bits()));
        // What was found on it is over with it, and the ledger leads to the cause.
        let over = crate::finding::get(&bench, "weak").await;
        assert_eq!(over.state(), finding::State::Closed);
        assert!(over.state_reason.contains("assets/amf has retired or is gone"), "{}", over.state_reason);
        assert_eq!(changes(&bench, &named("findings", "weak"), "reaction/retire-findings").await, 1);
        let accepted = crate::finding::get(&bench, "accepted").await;
        assert_eq!((accepted.state(), accepted.resolution()), (finding::State::Closed, finding::State::Unspecified));
        let sql = "SELECT COUNT(*) FROM deadline WHERE name = 'organizations/acme/findings/accepted'";
        let left: i64 = bench.database.row(bench.database.sql(sql)).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        assert_eq!(left, 0, "no acceptance is left to end and open it again");
        assert!(treat(&bench, "r").await.is_err());
        counts_hold(&bench).await;
        running.stop().await;
    }
}
