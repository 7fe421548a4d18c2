//! Coverage: what is done of what applies, and what follows for other catalogues and for the assets of selectors.

use testkit::Bench;
use wire::controls::v1::catalogue_service_client::CatalogueServiceClient;
use wire::controls::v1::control_service_client::ControlServiceClient;
use wire::controls::v1::coverage::Level;
use wire::controls::v1::coverage_service_client::CoverageServiceClient;
use wire::controls::v1::implementation::State;
use wire::controls::v1::mapping_entry::Relation;
use wire::controls::v1::mapping_entry_service_client::MappingEntryServiceClient;
use wire::controls::v1::mapping_service_client::MappingServiceClient;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::{
    AnalyzeCoverageGapsRequest, Catalogue, Control, Coverage, CoverageGap, CreateCatalogueRequest,
    CreateControlRequest, CreateMappingEntryRequest, CreateMappingRequest, Implementation, Mapping, MappingEntry,
    SelectorCoverage, SummarizeCoverageRequest, SummarizeCoverageResponse, SummarizeSelectorCoverageRequest,
};

use crate::implementation::{PARENT, bring, go, propose, thought_of};
use crate::on_every_database;
use crate::scope::{service, told};
use crate::statement::{decide, made, row};

fn client(bench: &Bench) -> testkit::Client {
    bench.client("ana", &["acme"], &["administrator"])
}

fn catalogue(id: &str) -> String {
    format!("{PARENT}/catalogues/{id}")
}

async fn summary(bench: &Bench, of: &str, scope: &str) -> SummarizeCoverageResponse {
    let request = SummarizeCoverageRequest { name: catalogue(of), scope: scope.to_owned() };
    CoverageServiceClient::new(client(bench)).summarize_coverage(request).await.unwrap().into_inner()
}

async fn gaps(bench: &Bench, of: &str, orphans_only: bool) -> Vec<CoverageGap> {
    let request = AnalyzeCoverageGapsRequest { name: catalogue(of), orphans_only, ..Default::default() };
    CoverageServiceClient::new(client(bench)).analyze_coverage_gaps(request).await.unwrap().into_inner().gaps
}

async fn selectors(bench: &Bench) -> Vec<SelectorCoverage> {
    let request = SummarizeSelectorCoverageRequest { parent: PARENT.to_owned() };
    CoverageServiceClient::new(client(bench)).summarize_selector_coverage(request).await.unwrap().into_inner().selectors
}

/// An implementation of a control that operates.
async fn operating(bench: &Bench, id: &str, implementation: Implementation) {
    propose(bench, id, implementation).await.unwrap();
    bring(bench, id, State::Operating).await;
}

fn of_control(id: &str) -> Implementation {
    Implementation { control: format!("{}/controls/{id}", catalogue("x1051-2023")), ..thought_of(id) }
}

/// The catalogue `own` with controls `a.1` to `a.3`, and a mapping from X.1051 of 2023 that names the first two.
async fn own_framework(bench: &Bench) {
    let own = Catalogue { display_name: "Own".to_owned(), ..Default::default() };
    let (parent, catalogue_id) = (PARENT.to_owned(), "own".to_owned());
    let request = CreateCatalogueRequest { parent, catalogue_id, catalogue: Some(own) };
    CatalogueServiceClient::new(client(bench)).create_catalogue(request).await.unwrap();
    for id in ["a.1", "a.2", "a.3"] {
        let control = Control { title: id.to_owned(), ..Default::default() };
        let request =
            CreateControlRequest { parent: catalogue("own"), control_id: id.to_owned(), control: Some(control) };
        ControlServiceClient::new(client(bench)).create_control(request).await.unwrap();
    }
    let mapping = Mapping {
        display_name: "X.1051 to our own".to_owned(),
        source_catalogue: catalogue("x1051-2023"),
        target_catalogue: catalogue("own"),
        ..Default::default()
    };
    let (parent, mapping_id) = (PARENT.to_owned(), "to-own".to_owned());
    let request = CreateMappingRequest { parent, mapping_id, mapping: Some(mapping) };
    MappingServiceClient::new(client(bench)).create_mapping(request).await.unwrap();
    for (id, source, relation, target) in
        [("whole", "8.16", Relation::Superset, "a.1"), ("part", "8.15", Relation::Subset, "a.2")]
    {
        let entry = MappingEntry {
            sources: vec![source.to_owned()],
            targets: vec![target.to_owned()],
            relation: relation.into(),
            ..Default::default()
        };
        let request = CreateMappingEntryRequest {
            parent: format!("{PARENT}/mappings/to-own"),
            mapping_entry_id: id.to_owned(),
            mapping_entry: Some(entry),
        };
        MappingEntryServiceClient::new(client(bench)).create_mapping_entry(request).await.unwrap();
    }
}

fn counts(coverage: Option<&Coverage>) -> [i32; 6] {
    let of = coverage.unwrap();
    [of.applicable, of.full, of.partial, of.planned, of.none, of.not_applicable]
}

on_every_database! {
    async fn a_control_is_as_far_as_its_furthest_implementation(bench) {
        assert_eq!(counts(summary(&bench, "x1051-2023", "").await.coverage.as_ref()), [107, 0, 0, 0, 107, 0]);
        operating(&bench, "monitoring", of_control("8.16")).await;
        propose(&bench, "monitoring-2", of_control("8.16")).await.unwrap();
        propose(&bench, "logging", of_control("8.15")).await.unwrap();
        let seen = summary(&bench, "x1051-2023", "").await;
        assert_eq!(counts(seen.coverage.as_ref()), [107, 1, 0, 1, 105, 0]);
        assert!(seen.statements.is_empty(), "nobody has decided what applies");
        let themes: i32 = seen.themes.iter().map(|part| counts(part.coverage.as_ref())[0]).sum();
        assert_eq!(themes, 107, "every control is in one theme, or in none that is known");
        let technological = seen.themes.iter().find(|part| counts(part.coverage.as_ref())[1] == 1).unwrap();
        assert_eq!(counts(technological.coverage.as_ref())[3], 1, "{technological:?}");

        let open = gaps(&bench, "x1051-2023", false).await;
        assert!(open.iter().all(|gap| !gap.control.ends_with("/8.16")) && open.len() == 106);
        let logging = open.iter().find(|gap| gap.control.ends_with("/8.15")).unwrap();
        assert_eq!((logging.level(), logging.implementations), (Level::Planned, 1));
        assert_eq!(gaps(&bench, "x1051-2023", true).await.len(), 105, "what has none is an orphan");

        // In remediation it is done in part.
        go(&bench, "ana", "remediate", "monitoring").await.unwrap();
        assert_eq!(counts(summary(&bench, "x1051-2023", "").await.coverage.as_ref()), [107, 0, 1, 1, 105, 0]);
    }

    async fn what_a_mapping_passes_on_says_which_and_never_makes_a_part_the_whole(bench) {
        own_framework(&bench).await;
        for id in ["8.15", "8.16"] {
            operating(&bench, id, of_control(id)).await;
        }
        let seen = summary(&bench, "x1051-2023", "").await;
        let own = seen.derived.iter().find(|one| one.catalogue == catalogue("own")).unwrap();
        assert_eq!(counts(own.coverage.as_ref()), [3, 1, 1, 0, 1, 0]);
        assert_eq!((own.full_by_mapping, own.partial_by_mapping, own.unmapped), (1, 1, 1));
        assert_eq!(own.mappings, [format!("{PARENT}/mappings/to-own")]);
        // What is shipped claims of no standard that it fulfils another.
        let csf = seen.derived.iter().find(|one| one.catalogue == catalogue("nist-csf-2.0")).unwrap();
        assert_eq!((csf.full_by_mapping, counts(csf.coverage.as_ref())[0]), (0, 106));

        let open = gaps(&bench, "own", false).await;
        let part = open.iter().find(|gap| gap.control.ends_with("/a.2")).unwrap();
        assert_eq!((part.level(), part.level_by_mapping(), part.relation()), (Level::None, Level::Partial, Relation::Subset));
        assert_eq!(part.mapping_entry, format!("{PARENT}/mappings/to-own/entries/part"));
        assert_eq!(open.iter().map(|gap| gap.title.as_str()).collect::<Vec<_>>(), ["a.2", "a.3"]);

        // Seen from the other side, a part is asked of the whole.
        let back = summary(&bench, "own", "").await;
        let x1051 = back.derived.iter().find(|one| one.catalogue == catalogue("x1051-2023")).unwrap();
        assert_eq!((x1051.full_by_mapping, counts(x1051.coverage.as_ref())[1]), (0, 2));
    }

    async fn what_does_not_apply_is_not_asked_for(bench) {
        let statement = made(&bench, "s", "x1051-2023").await;
        let scope = format!("{PARENT}/scopes/net");
        decide(&bench, &statement.name, vec![row("8.16", Decision::NotApplicable, "no network of its own")]).await.unwrap();
        operating(&bench, "elsewhere", Implementation { scope: scope.clone(), ..of_control("8.15") }).await;
        let there = summary(&bench, "x1051-2023", &scope).await;
        assert_eq!(there.statements, std::slice::from_ref(&statement.name));
        assert_eq!(counts(there.coverage.as_ref()), [106, 1, 0, 0, 105, 1]);
        // A draft binds nobody outside its scope.
        let everywhere = summary(&bench, "x1051-2023", "").await;
        assert_eq!(counts(everywhere.coverage.as_ref()), [107, 1, 0, 0, 106, 0]);
    }

    async fn assets_that_come_and_go_are_covered_by_what_operates_for_them(bench) {
        told(&bench, &[("selector", "core", "READY", ""), ("selector", "all", "READY", "")]).await;
        let mut tx = bench.database.begin(&service()).await.unwrap();
        let text = |of: &str| sea_orm::Value::from(of);
        let member = |selector: &str, asset: &str| vec![text("acme"), text(selector), text(asset)];
        let members = vec![member("core", "a"), member("core", "b"), member("all", "a"), member("all", "b"), member("all", "c")];
        tx.insert("estate_membership", &["organization", "selector", "asset"], members).await.unwrap();
        for (selector, count) in [("core", 2_i64), ("all", 3)] {
            let row = vec![text("acme"), text(selector), sea_orm::Value::from(count), sea_orm::Value::from(0_i64)];
            tx.insert("estate_selector", &["organization", "selector", "members", "changes"], vec![row]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let of = |selector: &str| Implementation { selector: format!("{PARENT}/selectors/{selector}"), ..of_control("8.16") };
        operating(&bench, "core", of("core")).await;
        propose(&bench, "all", of("all")).await.unwrap();
        let seen = selectors(&bench).await;
        let told: Vec<_> = seen.iter().map(|one| (one.members, one.controls, one.operating, one.applicable, one.implemented)).collect();
        assert_eq!(told, [(3, 1, 0, 3, 2), (2, 1, 1, 2, 2)], "{seen:?}");
    }
}
