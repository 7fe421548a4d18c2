//! Statements that move from one edition to the next, and from a light profile to the whole (ITU-T X.1053).

use testkit::reason;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::statement_row::migration::Outcome;
use wire::controls::v1::tailoring::{Baseline, Kind};
use wire::controls::v1::{
    MigrateStatementRequest, PromoteStatementRequest, RowDecision, Scope, Statement, StatementRow,
    SummarizeStatementsRequest, Tailoring,
};

use crate::on_every_database;
use crate::scope::make as scope;
use crate::statement::{PARENT, approve, by, create, decide, decide_all, draft, get, id_of, made, propose, row, rows};

fn one<'a>(rows: &'a [StatementRow], id: &str) -> &'a StatementRow {
    rows.iter().find(|row| id_of(&row.name) == id).unwrap()
}

on_every_database! {
    async fn a_statement_of_2016_becomes_one_of_2023(bench) {
        let before = made(&bench, "before", "x1051-2016").await;
        decide_all(&bench, &before.name, "").await;
        let said = |control: &str, decision: Decision, why: &str| RowDecision {
            risk_references: vec![format!("R-{control}")],
            legal_references: vec!["Act 12".to_owned()],
            owner: "CISO".to_owned(),
            ..row(control, decision, why)
        };
        decide(&bench, &before.name, vec![
            said("tel-ndc", Decision::Applicable, "secrecy of communications"),
            said("18.2.3", Decision::Applicable, "technical review"),
            // 14.2.1 becomes 8.25 alone; 12.1.2 goes with three others into 8.32, which all apply.
            said("14.2.1", Decision::NotApplicable, "nothing is developed"),
            said("12.1.2", Decision::NotApplicable, "nothing changes"),
        ]).await.unwrap();
        let request = MigrateStatementRequest { name: before.name.clone(), statement_id: "after".to_owned(), ..Default::default() };
        let done = by(&bench, "ana").migrate_statement(request).await.unwrap().into_inner();
        let (after, moved) = (done.statement.unwrap(), done.controls);
        assert_eq!((after.catalogue.as_str(), after.source.as_str()), ("organizations/acme/catalogues/x1051-2023", before.name.as_str()));

        // Every control of 2016 has gone somewhere; one of them to two places.
        assert_eq!(moved.len(), 127);
        let became = |outcome: Outcome| moved.iter().filter(|one| one.migration.as_ref().unwrap().outcome() == outcome).count();
        assert_eq!((became(Outcome::Split), became(Outcome::Unmapped), became(Outcome::Carried) + became(Outcome::Merged)), (1, 0, 126));
        let report = after.migration.clone().unwrap();
        assert_eq!((report.split, report.unmapped, report.arrived, report.conflicting), (1, 0, 12, 1));
        assert_eq!(report.open.len(), 1);
        assert_eq!((report.open[0].control.as_str(), &report.open[0].migration.as_ref().unwrap().controls), ("18.2.3", &vec!["5.36".to_owned(), "8.8".to_owned()]));

        // 12 are new and undecided, one conflicts; everything else carries a decision.
        assert_eq!((after.rows, after.undecided, after.not_applicable, after.applicable), (107, 13, 1, 93));
        let all = rows(&bench, &after.name, "").await;
        let new = rows(&bench, &after.name, "migration = NEW").await;
        assert_eq!(new.iter().filter(|row| id_of(&row.name).starts_with("tel-")).count(), 1);
        assert_eq!(new.len(), 12);
        assert!(new.iter().all(|row| row.decision() == Decision::Undecided));
        assert_eq!(rows(&bench, &after.name, "migration = SPLIT").await.iter().map(|row| id_of(&row.name)).collect::<Vec<_>>(), ["5.36", "8.8"]);

        let carried = one(&all, "tel-ndc");
        assert_eq!((carried.label.as_str(), carried.justification.as_str(), carried.owner.as_str()), ("5.42 TEL", "secrecy of communications", "CISO"));
        assert_eq!((carried.decided_by.as_str(), carried.risk_references.as_slice()), ("ana", ["R-tel-ndc".to_owned()].as_slice()));
        assert_eq!(one(&all, "8.25").decision(), Decision::NotApplicable);
        let conflict = one(&all, "8.32");
        assert_eq!(conflict.decision(), Decision::Undecided);
        let note = &conflict.migration.as_ref().unwrap().note;
        assert!(note.contains("conflict") && note.contains("12.1.2 NOT_APPLICABLE (nothing changes)"), "{note}");
        assert!(conflict.risk_references.contains(&"R-12.1.2".to_owned()), "a conflict loses no reference");
        for heir in ["5.36", "8.8"] {
            assert!(one(&all, heir).risk_references.contains(&"R-18.2.3".to_owned()), "{heir}");
        }
        // What it was made of stays as it is.
        assert_eq!((get(&bench, &before.name).await.not_applicable, rows(&bench, &before.name, "").await.len()), (2, 127));

        let back = MigrateStatementRequest { name: after.name.clone(), ..Default::default() };
        assert_eq!(reason(&by(&bench, "ana").migrate_statement(back).await.unwrap_err()), "MIGRATION_UNKNOWN");
        let elsewhere = format!("{PARENT}/catalogues/nist-csf-2.0");
        let elsewhere = MigrateStatementRequest { name: before.name, catalogue: elsewhere, ..Default::default() };
        assert_eq!(reason(&by(&bench, "ana").migrate_statement(elsewhere).await.unwrap_err()), "MIGRATION_UNKNOWN");
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn a_light_profile_grows_without_losing_anything(bench) {
        scope(&bench, "net", Scope { display_name: "Affiliate".to_owned(), ..Default::default() }).await;
        let light = Statement { baseline: Baseline::Essential.into(), ..draft("x1051-2023") };
        let light = create(&bench, "light", light).await.unwrap();
        assert_eq!((light.rows, light.undecided, light.kept), (107, 107, 39));
        let put_off = rows(&bench, &light.name, "tailoring = DEFER").await;
        assert_eq!(put_off.len(), 107 - 39);
        assert!(put_off.iter().all(|row| !row.tailoring.as_ref().unwrap().rationale.is_empty()));

        // A row that is put off may be decided all the same, and a person may put one off for reasons of their own.
        let early = RowDecision {
            risk_references: vec!["R1".to_owned()],
            legal_references: vec!["Act 12".to_owned()],
            ..row("5.7", Decision::Applicable, "we share what we learn")
        };
        let later = |rationale: &str| Some(Tailoring { kind: Kind::Defer.into(), rationale: rationale.to_owned(), due_time: None });
        let own = RowDecision { control: "5.1".to_owned(), tailoring: later("after the merger"), ..Default::default() };
        let reworded = RowDecision { control: "5.12".to_owned(), tailoring: later("no tool yet"), ..Default::default() };
        decide(&bench, &light.name, vec![early, own, reworded]).await.unwrap();
        decide_all(&bench, &light.name, "level = ESSENTIAL AND NOT tailoring = DEFER").await;
        let decided = get(&bench, &light.name).await;
        assert_eq!((decided.applicable, decided.kept, decided.kept_decided), (39, 38, 38));
        // Under the light profile this is all there is to decide.
        propose(&bench, "ana", &light.name).await.unwrap();
        let done = approve(&bench, "bea", &light.name).await.unwrap();

        let promote = async |name: &str, baseline: Baseline| {
            let request = PromoteStatementRequest { name: name.to_owned(), baseline: baseline.into(), etag: String::new() };
            by(&bench, "ana").promote_statement(request).await.map(tonic::Response::into_inner)
        };
        assert_eq!(reason(&promote(&done.name, Baseline::Standard).await.unwrap_err()), "STATEMENT_FROZEN");
        let revise = wire::controls::v1::ReviseStatementRequest { name: done.name, ..Default::default() };
        let next = by(&bench, "ana").revise_statement(revise).await.unwrap().into_inner();
        assert_eq!(next.baseline(), Baseline::Essential);
        assert_eq!(reason(&promote(&next.name, Baseline::Essential).await.unwrap_err()), "BASELINE_NOT_HIGHER");
        let standard = promote(&next.name, Baseline::Standard).await.unwrap();
        assert_eq!((standard.baseline(), standard.kept, standard.applicable), (Baseline::Standard, 38 + 48, 39));
        let full = promote(&next.name, Baseline::Full).await.unwrap();
        assert_eq!((full.kept, full.applicable, full.undecided), (106, 39, 68));

        let all = rows(&bench, &next.name, "").await;
        let early = one(&all, "5.7");
        assert_eq!((early.decision(), early.justification.as_str(), early.decided_by.as_str()), (Decision::Applicable, "we share what we learn", "ana"));
        assert_eq!((early.risk_references.len(), early.legal_references.len()), (1, 1));
        assert_eq!(early.tailoring.as_ref().unwrap().kind(), Kind::Keep);
        // What a person put off stays so; what they said of a row that came back is kept.
        assert_eq!(one(&all, "5.1").tailoring.as_ref().unwrap().rationale, "after the merger");
        assert!(one(&all, "5.12").tailoring.as_ref().unwrap().rationale.contains("no tool yet"));
        // Under FULL every row is decided, put off or not.
        let refused = propose(&bench, "ana", &next.name).await.unwrap_err();
        assert_eq!(reason(&refused), "STATEMENT_INCOMPLETE");
    }

    async fn a_baseline_is_asked_for_where_one_is_known(bench) {
        scope(&bench, "net", Scope { display_name: "Affiliate".to_owned(), ..Default::default() }).await;
        let unknown = Statement { baseline: Baseline::Essential.into(), ..draft("x1051-2016") };
        assert_eq!(reason(&create(&bench, "", unknown).await.unwrap_err()), "BASELINE_UNKNOWN");
    }

    async fn affiliates_roll_up_to_the_group(bench) {
        let weighed = |weight: f64| Scope { display_name: format!("{weight}"), weight, ..Default::default() };
        for (id, weight) in [("net", 30_000.0), ("small", 10_000.0), ("idle", 10_000.0)] {
            scope(&bench, id, weighed(weight)).await;
        }
        let big = create(&bench, "big", draft("x1051-2023")).await.unwrap();
        decide_all(&bench, &big.name, "").await;
        let small = Statement {
            scope: format!("{PARENT}/scopes/small"),
            baseline: Baseline::Essential.into(),
            ..draft("x1051-2023")
        };
        let small = create(&bench, "small", small).await.unwrap();
        let few = rows(&bench, &small.name, "level = ESSENTIAL").await;
        let some = few.iter().take(13).map(|one| row(id_of(&one.name), Decision::NotApplicable, "no"));
        decide(&bench, &small.name, some.collect()).await.unwrap();
        let summarize = async |organizations: &[&str]| {
            let request = SummarizeStatementsRequest {
                parent: PARENT.to_owned(),
                catalogue_id: "x1051-2023".to_owned(),
                organizations: organizations.iter().map(|&id| id.to_owned()).collect(),
            };
            by(&bench, "ana").summarize_statements(request).await.map(tonic::Response::into_inner)
        };
        let whole = summarize(&[]).await.unwrap();
        let told: Vec<(&str, i32, i32, i32)> =
            whole.scopes.iter().map(|line| (id_of(&line.scope), line.kept, line.kept_decided, line.applicable)).collect();
        assert_eq!(told, [("idle", 0, 0, 0), ("small", 39, 13, 0), ("net", 107, 107, 107)]);
        // (30 000 × 1 + 10 000 × 13/39 + 10 000 × 0) / 50 000
        assert!((whole.completion - (30_000.0 + 10_000.0 / 3.0) / 50_000.0).abs() < 1e-9, "{whole:?}");
        assert_eq!((whole.rows, whole.decided, whole.applicable), (214, 120, 107));
        // Whoever does not act for an affiliate is told nothing of it.
        assert_eq!(reason(&summarize(&["other"]).await.unwrap_err()), "RESOURCE_NOT_FOUND");
    }
}
