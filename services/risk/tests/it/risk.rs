//! Risks as their callers see them: what they are about, how they are scored, how they move, how many are where.

use testkit::reason;
use tonic::Code;
use wire::risk::v1 as api;
use wire::risk::v1::Risk;
use wire::risk::v1::heatmap_risks_request::View;
use wire::risk::v1::risk::{Consequences, LossEstimate, State};
use wire::risk::v1::treatment::TreatmentOption;

use crate::on_every_database;
use crate::register::{
    DAY, PARENT, accept, add, assess, assess_residual, bring, came_to, close, counts_hold, create, estate, evaluate,
    get, link, managed, named, plan, reopen, signalling, treat, treatment, update,
};
use crate::source::Source;

fn heatmap(filter: &str, view: View) -> api::HeatmapRisksRequest {
    let filter = filter.to_owned();
    api::HeatmapRisksRequest { parent: PARENT.to_owned(), filter, view: view.into(), ..Default::default() }
}

on_every_database! {
    async fn a_risk_is_scored_by_its_criteria_and_says_how(bench) {
        estate(&bench).await;
        let risk = create(&bench, "r", signalling()).await.unwrap();
        assert_eq!(risk.state(), State::Identified);
        assert_eq!(risk.criteria, named("riskCriteria", "matrix-5x5"));
        assert_eq!((risk.asset_value.to_bits(), risk.above_appetite), (7.0_f64.to_bits(), true));
        for score in [&risk.inherent, &risk.current, &risk.residual] {
            assert_eq!(came_to(score.as_ref()), (4, 4, 3));
        }
        let score = risk.inherent.unwrap();
        assert_eq!(score.level_label, "high");
        let steps: Vec<(&str, i32, &str)> =
            score.steps.iter().map(|step| (step.what.as_str(), step.value, step.origin.as_str())).collect();
        let criteria = named("riskCriteria", "matrix-5x5");
        let expected =
            [("likelihood", 4, "likelihood"), ("consequence", 4, "consequences.availability"), ("level", 3, &criteria)];
        assert_eq!(steps, expected);
        assert!(risk.score_reason.unwrap().text.contains("mia"));
        assert_eq!(risk.authors, ["mia"]);
        // A selector is worth the most of its assets, and the risk is one row.
        let core = Risk { asset: String::new(), selector: named("selectors", "core"), ..signalling() };
        assert!(create(&bench, "s", core).await.unwrap().asset_value >= 7.0);
        let loss = LossEstimate {
            currency_code: "EUR".to_owned(),
            value: 500_000.0,
            exposure_factor: 0.3,
            yearly_occurrences: 0.4,
            ..Default::default()
        };
        let lossy = update(&bench, "r", Risk { loss: Some(loss), ..signalling() }, &["loss"]).await.unwrap();
        assert!((lossy.loss.unwrap().annual_loss - 60_000.0).abs() < 1e-6);
        counts_hold(&bench).await;
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn the_three_kinds_of_criteria_stand_side_by_side(bench) {
        estate(&bench).await;
        let by = |criteria: &str, risk: Risk| Risk { criteria: named("riskCriteria", criteria), ..risk };
        let additive = Risk { likelihood: 3, ease: 3, consequences: None, ..signalling() };
        let additive = create(&bench, "a", by("additive-0-8", additive)).await.unwrap();
        // An asset of the value 7 is in the position 3; with 2 and 2 that is the rank 7.
        assert_eq!(came_to(additive.current.as_ref()), (4, 3, 2));
        assert_eq!(additive.current.unwrap().score, 7);
        let consequences = Consequences { confidentiality: 2, integrity: 4, ..Default::default() };
        let product = Risk { likelihood: 3, ease: 5, consequences: Some(consequences), ..signalling() };
        let product = create(&bench, "p", by("product-cia", product)).await.unwrap();
        assert_eq!(came_to(product.current.as_ref()), (15, 4, 2));
        assert_eq!(product.current.unwrap().score, 60);
    }

    async fn a_risk_is_about_one_thing_that_is_known(bench) {
        estate(&bench).await;
        let other = "organizations/other/assets/amf".to_owned();
        let off = Consequences { legal: 6, ..Default::default() };
        for (risk, why, field) in [
            (Risk { asset: String::new(), ..signalling() }, "RISK_TARGET_UNCLEAR", "risk.asset"),
            (Risk { service: named("assets", "voice"), ..signalling() }, "RISK_TARGET_UNCLEAR", "risk.asset"),
            (Risk { asset: named("assets", "none"), ..signalling() }, "RISK_TARGET_UNKNOWN", "risk.asset"),
            (Risk { asset: other, ..signalling() }, "RISK_TARGET_UNKNOWN", "risk.asset"),
            (Risk { likelihood: 6, ..signalling() }, "RISK_OFF_SCALE", "risk.likelihood"),
            (Risk { ease: 1, ..signalling() }, "RISK_OFF_SCALE", "risk.ease"),
            (Risk { consequences: Some(off), ..signalling() }, "RISK_OFF_SCALE", "risk.consequences.legal"),
            (Risk { criteria: named("riskCriteria", "none"), ..signalling() }, "REFERENCE_MISSING", "risk.criteria"),
            (Risk { threat: "storm".to_owned(), ..signalling() }, "FIELD_INVALID", "risk.threat"),
            (Risk { threat: "organizations/other/threats/t".to_owned(), ..signalling() }, "FIELD_INVALID", "risk.threat"),
            (Risk { implementations: vec![link("a", 1, 0), link("a", 0, 1)], ..signalling() }, "FIELD_INVALID", "risk.implementations[1]"),
        ] {
            use tonic_types::StatusExt as _;
            let refused = create(&bench, "wrong", risk).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, why), "{}", refused.message());
            let fields = refused.get_details_bad_request().unwrap().field_violations;
            assert_eq!(fields.first().unwrap().field, field);
        }
        let sly = Risk { state: State::Accepted.into(), above_appetite: false, assessor: "x".to_owned(), ..signalling() };
        let sly = create(&bench, "sly", sly).await.unwrap();
        assert_eq!((sly.state(), sly.above_appetite, sly.assessor.as_str()), (State::Identified, true, ""));
    }

    async fn controls_lower_a_risk_by_as_much_as_they_are_effective(bench) {
        use wire::controls::v1::implementation::State as Life;
        estate(&bench).await;
        let controls = Source::new("controls");
        controls.implementation("full", None, (Life::Operating, 1.0), "");
        controls.implementation("half", None, (Life::UnderReview, 0.5), "");
        controls.implementation("broken", None, (Life::Remediation, 0.0), "the test failed");
        controls.follow(&bench.database).await;
        let implementations = vec![link("full", 1, 0), link("half", 0, 2), link("broken", 4, 4), link("none", 4, 4)];
        let risk = create(&bench, "r", Risk { implementations, ..signalling() }).await.unwrap();
        assert_eq!(came_to(risk.inherent.as_ref()), (4, 4, 3));
        assert_eq!(came_to(risk.current.as_ref()), (3, 3, 2));
        let notes: Vec<String> = risk.current.unwrap().steps.into_iter().map(|step| step.note).collect();
        assert!(notes.iter().any(|note| note.starts_with("REMEDIATION")), "{notes:?}");
        assert!(notes.iter().any(|note| note.starts_with("not known here")), "{notes:?}");
        add(&bench, "r", "t", treatment(TreatmentOption::Modify, (1, 2))).await.unwrap();
        let treated = get(&bench, "r").await;
        assert_eq!(came_to(treated.current.as_ref()), (3, 3, 2));
        assert_eq!(came_to(treated.residual.as_ref()), (1, 2, 0));
        counts_hold(&bench).await;
    }

    async fn a_risk_goes_its_way_and_no_other(bench) {
        estate(&bench).await;
        let now = access::Clock::now(&access::SystemClock);
        create(&bench, "r", Risk { likelihood: 0, ..signalling() }).await.unwrap();
        let blank = assess(&bench, "r").await.unwrap_err();
        assert_eq!((blank.code(), reason(&blank).as_str()), (Code::FailedPrecondition, "RISK_NOT_SCORED"));
        for refused in [
            evaluate(&bench, "r").await,
            plan(&bench, "r").await,
            treat(&bench, "r").await,
            assess_residual(&bench, "r").await,
            accept(&bench, "r", ("ada", "administrator"), now + DAY).await,
            reopen(&bench, "r").await,
        ] {
            assert_eq!(reason(&refused.unwrap_err()), "STATE_FORBIDS");
        }
        update(&bench, "r", signalling(), &["likelihood"]).await.unwrap();
        assert_eq!(assess(&bench, "r").await.unwrap().assessor, "mia");
        evaluate(&bench, "r").await.unwrap();
        assert_eq!(reason(&plan(&bench, "r").await.unwrap_err()), "TREATMENT_MISSING");
        add(&bench, "r", "t", treatment(TreatmentOption::Retain, (0, 0))).await.unwrap();
        plan(&bench, "r").await.unwrap();
        treat(&bench, "r").await.unwrap();
        assess_residual(&bench, "r").await.unwrap();
        let mut client = managed(&bench);
        let delete = api::DeleteRiskRequest { name: named("risks", "r"), ..Default::default() };
        assert_eq!(reason(&client.delete_risk(delete).await.unwrap_err()), "RISK_ON_RECORD");
        assert_eq!(close(&bench, "r").await.unwrap().state_reason, "sold");
        update(&bench, "r", signalling(), &["likelihood"]).await.unwrap();
        let changed = Risk { owner: "zoe".to_owned(), ..signalling() };
        assert_eq!(reason(&update(&bench, "r", changed, &["owner"]).await.unwrap_err()), "STATE_FORBIDS");
        assert_eq!(reopen(&bench, "r").await.unwrap().state(), State::Reopened);
        counts_hold(&bench).await;
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn the_heat_map_and_the_summary_count_what_is_there(bench) {
        estate(&bench).await;
        let now = access::Clock::now(&access::SystemClock);
        bring(&bench, "accepted", signalling(), State::Accepted, now + 10 * DAY).await;
        bring(&bench, "low", Risk { likelihood: 1, owner: "zoe".to_owned(), ..signalling() }, State::Evaluated, 0).await;
        create(&bench, "blank", Risk { likelihood: 0, ..signalling() }).await.unwrap();
        create(&bench, "gone", Risk { likelihood: 5, ..signalling() }).await.unwrap();
        close(&bench, "gone").await.unwrap();
        let mut client = managed(&bench);
        let map = client.heatmap_risks(heatmap("", View::Unspecified)).await.unwrap().into_inner();
        assert_eq!((map.cells.len(), map.count, map.above_appetite, map.unscored), (25, 2, 1, 1));
        let found: Vec<(i32, i32, i32, i64)> = map
            .cells
            .iter()
            .filter(|cell| cell.count > 0)
            .map(|cell| (cell.likelihood, cell.consequence, cell.level, cell.count))
            .collect();
        assert_eq!(found, [(1, 4, 1, 1), (4, 4, 3, 1)]);
        let worst: Vec<&str> = map.top_risks.iter().map(|risk| risk.name.as_str()).collect();
        assert_eq!(worst, [named("risks", "accepted"), named("risks", "low")]);
        assert_eq!((map.level_labels.len(), map.level_colors.len(), map.likelihood_labels.len()), (5, 5, 5));
        let residual = client.heatmap_risks(heatmap("", View::Residual)).await.unwrap().into_inner();
        let found: Vec<(i32, i32)> =
            residual.cells.iter().filter(|cell| cell.count > 0).map(|cell| (cell.likelihood, cell.consequence)).collect();
        assert_eq!(found, [(1, 4), (2, 4)]);
        let zoe = client.heatmap_risks(heatmap("owner = \"zoe\"", View::Current)).await.unwrap().into_inner();
        assert_eq!((zoe.count, zoe.unscored, zoe.top_risks.len()), (1, 0, 1));
        assert_eq!(reason(&client.heatmap_risks(heatmap("no = 1", View::Current)).await.unwrap_err()), "FILTER_INVALID");
        let request = api::SummarizeRisksRequest { parent: PARENT.to_owned(), expiring_days: 0 };
        let summary = client.summarize_risks(request).await.unwrap().into_inner();
        assert_eq!((summary.count, summary.above_appetite, summary.acceptances_expiring), (3, 1, 1));
        let levels: Vec<(i32, &str, i64)> =
            summary.levels.iter().map(|level| (level.level, level.label.as_str(), level.count)).collect();
        assert_eq!(levels, [(-1, "", 1), (1, "low", 1), (3, "high", 1)]);
        assert_eq!(summary.highest.iter().map(|level| level.level).collect::<Vec<_>>(), [3]);
        let states: Vec<(State, i64)> = summary.states.iter().map(|state| (state.state(), state.count)).collect();
        let expected =
            [(State::Identified, 1), (State::Evaluated, 1), (State::Accepted, 1), (State::Closed, 1)];
        assert_eq!(states, expected);
        let list = api::ListRisksRequest {
            parent: PARENT.to_owned(),
            filter: "above_appetite = true AND state != CLOSED AND current_level >= 3".to_owned(),
            order_by: "current_level desc".to_owned(),
            ..Default::default()
        };
        assert_eq!(client.list_risks(list).await.unwrap().into_inner().risks.len(), 1);
        counts_hold(&bench).await;
    }
}
