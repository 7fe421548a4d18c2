//! Value flows from what depends to what supports.

use testkit::reason;
use wire::assets::v1::asset_policy::ValuationRule;
use wire::assets::v1::asset_policy_service_client::AssetPolicyServiceClient;
use wire::assets::v1::{
    ActivateAssetPolicyRequest, AnalyzeAssetImpactRequest, Asset, AssetPolicy, CreateAssetPolicyRequest,
    CreateDependencyRequest, DeleteAssetRequest, DeleteDependencyRequest, Dependency, ExplainAssetValueRequest,
    ExplainAssetValueResponse, UpdateAssetRequest,
};

use crate::{assets, dependencies, get, on_every_database, rated};

fn edge(dependent: &str, supporting: &str, allow_cycle: bool) -> CreateDependencyRequest {
    let name = |id: &str| format!("organizations/acme/assets/{id}");
    let dependency = Dependency { dependent: name(dependent), supporting: name(supporting), ..Default::default() };
    let dependency_id = format!("{dependent}-{supporting}");
    CreateDependencyRequest {
        parent: "organizations/acme".to_owned(),
        dependency_id,
        dependency: Some(dependency),
        allow_cycle,
    }
}

async fn inherits(bench: &testkit::Bench, id: &str) -> (f64, String) {
    let asset = get(bench, id).await;
    (asset.inherited_value, asset.inherited_from.rsplit('/').next().unwrap_or_default().to_owned())
}

on_every_database! {
    async fn a_supporting_asset_is_worth_what_depends_on_it(bench) {
        for (id, ratings) in [("service", (3, 3, 3)), ("router", (1, 1, 1)), ("power", (0, 0, 0))] {
            rated(&bench, id, ratings).await;
        }
        dependencies(&bench).create_dependency(edge("router", "power", false)).await.unwrap();
        dependencies(&bench).create_dependency(edge("service", "router", false)).await.unwrap();
        assert_eq!(inherits(&bench, "power").await, (9.0, "service".to_owned()));
        let power = get(&bench, "power").await;
        assert_eq!((power.value, power.effective_value, power.grade), (0.0, 9.0, 1));

        let lower = Asset { name: "organizations/acme/assets/service".to_owned(), confidentiality: 1, integrity: 1, availability: 2, ..Default::default() };
        assets(&bench).update_asset(UpdateAssetRequest { asset: Some(lower), update_mask: None }).await.unwrap();
        assert_eq!(inherits(&bench, "power").await, (4.0, "service".to_owned()));

        let name = "organizations/acme/dependencies/service-router".to_owned();
        dependencies(&bench).delete_dependency(DeleteDependencyRequest { name, ..Default::default() }).await.unwrap();
        assert_eq!(inherits(&bench, "power").await, (3.0, "router".to_owned()));
        let name = "organizations/acme/assets/power".to_owned();
        let used = assets(&bench).delete_asset(DeleteAssetRequest { name, ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&used), "STILL_REFERENCED");
        assert!(used.message().contains("supporting=\"organizations/acme/assets/power\""), "{}", used.message());
    }

    async fn circles_are_told_and_when_meant_are_safe(bench) {
        for (id, ratings) in [("a", (3, 3, 3)), ("b", (1, 1, 2)), ("c", (1, 1, 1))] {
            rated(&bench, id, ratings).await;
        }
        dependencies(&bench).create_dependency(edge("a", "b", false)).await.unwrap();
        dependencies(&bench).create_dependency(edge("b", "c", false)).await.unwrap();
        let circle = dependencies(&bench).create_dependency(edge("c", "a", false)).await.unwrap_err();
        assert_eq!(reason(&circle), "DEPENDENCY_CYCLE");
        assert!(circle.message().contains("c > a > b > c"), "{}", circle.message());
        dependencies(&bench).create_dependency(edge("c", "a", true)).await.unwrap();
        assert_eq!(inherits(&bench, "a").await, (4.0, "b".to_owned()), "never from itself");
        assert_eq!(inherits(&bench, "b").await, (9.0, "a".to_owned()));
        assert_eq!(inherits(&bench, "c").await, (9.0, "a".to_owned()));
        let itself = dependencies(&bench).create_dependency(edge("a", "a", true)).await.unwrap_err();
        assert_eq!(reason(&itself), "DEPENDENCY_ON_SELF");
        let absent = dependencies(&bench).create_dependency(edge("a", "nowhere", true)).await.unwrap_err();
        assert_eq!(reason(&absent), "REFERENCE_MISSING");
    }

    async fn impact_is_everything_that_depends_directly_or_not(bench) {
        for id in ["power", "router", "service", "portal"] {
            rated(&bench, id, (2, 2, 1)).await;
        }
        for (dependent, supporting) in [("router", "power"), ("service", "router"), ("portal", "service")] {
            dependencies(&bench).create_dependency(edge(dependent, supporting, false)).await.unwrap();
        }
        let mut request = AnalyzeAssetImpactRequest { name: "organizations/acme/assets/power".to_owned(), page_size: 2, ..Default::default() };
        let first = assets(&bench).analyze_asset_impact(request.clone()).await.unwrap().into_inner();
        assert_eq!((first.total, first.greatest_value), (3, 5.0));
        let depths: Vec<(&str, i32)> = first.assets.iter().map(|hit| (hit.display_name.as_str(), hit.depth)).collect();
        assert_eq!(depths, [("router", 1), ("service", 2)]);
        request.page_token = first.next_page_token;
        let second = assets(&bench).analyze_asset_impact(request).await.unwrap().into_inner();
        assert_eq!(second.assets.len(), 1);
        assert_eq!(second.assets[0].via, "organizations/acme/assets/service");
        assert!(second.next_page_token.is_empty());
    }

    async fn another_policy_values_everything_anew(bench) {
        rated(&bench, "service", (1, 1, 3)).await;
        rated(&bench, "router", (1, 1, 1)).await;
        dependencies(&bench).create_dependency(edge("service", "router", false)).await.unwrap();
        assert_eq!(inherits(&bench, "router").await.0, 5.0);
        let mut policies = AssetPolicyServiceClient::new(bench.client("ada", &["acme"], &["administrator"]));
        let policy = AssetPolicy { display_name: "Greatest".to_owned(), valuation_rule: ValuationRule::Max.into(), ..Default::default() };
        let parent = "organizations/acme".to_owned();
        let policy = policies.create_asset_policy(CreateAssetPolicyRequest { parent, asset_policy: Some(policy), ..Default::default() }).await.unwrap().into_inner();
        let active = policies.activate_asset_policy(ActivateAssetPolicyRequest { name: policy.name, etag: policy.etag }).await.unwrap().into_inner();
        assert_eq!(active.revision, 1);
        assert!(active.revalued_assets >= 2);
        assert_eq!(get(&bench, "service").await.value, 3.0);
        assert_eq!(inherits(&bench, "router").await, (3.0, "service".to_owned()));
    }

    async fn edges_that_come_at_the_same_moment_all_count(bench) {
        rated(&bench, "router", (0, 0, 0)).await;
        rated(&bench, "power", (0, 0, 0)).await;
        let mut edges = vec![edge("router", "power", true)];
        for number in 0..8 {
            let id = format!("s{number}");
            rated(&bench, &id, (1 + number / 4, 1 + number % 3, 1 + number / 7)).await;
            edges.push(edge(&id, "router", true));
        }
        let calls = edges.into_iter().map(|edge| {
            let mut client = dependencies(&bench);
            async move { client.create_dependency(edge).await }
        });
        for made in futures::future::join_all(calls).await {
            made.unwrap();
        }
        let greatest = (0..8).map(|number| f64::from(1 + number / 4 + 1 + number % 3 + 1 + number / 7)).fold(0.0, f64::max);
        assert_eq!(inherits(&bench, "router").await.0, greatest);
        assert_eq!(inherits(&bench, "power").await.0, greatest);
    }

    async fn an_explanation_names_the_source_and_the_way(bench) {
        for (id, ratings) in [("service", (3, 3, 3)), ("router", (1, 1, 1)), ("power", (0, 0, 0)), ("spare", (1, 1, 1))] {
            rated(&bench, id, ratings).await;
        }
        dependencies(&bench).create_dependency(edge("router", "power", false)).await.unwrap();
        let before = explain(&bench, "power").await;
        dependencies(&bench).create_dependency(edge("service", "router", false)).await.unwrap();
        let power = explain(&bench, "power").await;
        assert_eq!((power.effective_value, power.own_value, power.inherited_value, power.grade), (9.0, 0.0, 9.0, 1));
        let way: Vec<(&str, f64)> = power.path.iter().map(|step| (step.display_name.as_str(), step.value)).collect();
        assert_eq!(way, [("service", 9.0), ("router", 3.0), ("power", 0.0)]);
        assert_eq!(power.path[0].dependency, "organizations/acme/dependencies/service-router");
        assert_eq!(power.path[0].kind, "uses");
        assert_eq!(power.since_method, "telwarden.assets.v1.DependencyService/CreateDependency");
        assert_eq!(power.since_actor, "ana");
        let micros = |explained: &ExplainAssetValueResponse| store::micros(explained.since.as_ref());
        assert!(micros(&power) > micros(&before), "the value is what it is since the second dependency");
        let spare = explain(&bench, "spare").await;
        assert!(spare.path.is_empty() && spare.inherited_from.is_empty());
        assert_eq!((spare.own_value, spare.rule()), (3.0, ValuationRule::Sum));
    }

    async fn on_any_graph_the_explanation_is_what_a_search_of_all_ways_finds(bench) {
        for seed in 1..=3_u64 {
            let graph = random_graph(seed, 24, 40);
            fill(&bench, seed, &graph).await;
            for at in 0..graph.own.len() {
                let explained = explain(&bench, &graph.id(seed, at)).await;
                let expected = graph.greatest_above(at);
                assert_eq!(explained.inherited_value, expected, "seed {seed}, asset {at}");
                if expected == 0.0 {
                    assert!(explained.path.is_empty());
                    continue;
                }
                let way: Vec<usize> = explained.path.iter().map(|step| graph.at(seed, &step.asset)).collect();
                assert_eq!(way.last(), Some(&at));
                assert_eq!(graph.own[way[0]], expected, "it begins with the asset whose value it is");
                assert!(explained.inherited_from.ends_with(&graph.id(seed, way[0])));
                assert!(way.windows(2).all(|pair| graph.edges.contains(&(pair[0], pair[1]))), "each depends on the next: {way:?}");
            }
        }
    }
}

async fn explain(bench: &testkit::Bench, id: &str) -> ExplainAssetValueResponse {
    let name = format!("organizations/acme/assets/{id}");
    assets(bench).explain_asset_value(ExplainAssetValueRequest { name }).await.unwrap().into_inner()
}

/// A graph with circles: own values, and edges as (dependent, supporting).
struct Graph {
    own: Vec<f64>,
    edges: Vec<(usize, usize)>,
}

impl Graph {
    fn id(&self, seed: u64, at: usize) -> String {
        format!("g{seed}-n{at}")
    }

    fn at(&self, seed: u64, name: &str) -> usize {
        (0..self.own.len()).find(|at| name.ends_with(&format!("/{}", self.id(seed, *at)))).unwrap()
    }

    /// The greatest own value among all that depend on an asset, by visiting everything.
    fn greatest_above(&self, at: usize) -> f64 {
        let mut seen = std::collections::BTreeSet::from([at]);
        while let Some((dependent, _)) = self.edges.iter().find(|(from, to)| seen.contains(to) && !seen.contains(from))
        {
            seen.insert(*dependent);
        }
        seen.remove(&at);
        seen.iter().filter_map(|other| self.own.get(*other)).copied().fold(0.0, f64::max)
    }
}

fn random_graph(seed: u64, assets: usize, edges: usize) -> Graph {
    // A linear congruential generator (Knuth's MMIX constants): the same graph for the same seed, everywhere.
    let mut state = seed;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    // Ratings of 0 to 3 alike give values of 0, 3, 6 and 9.
    let own = (0..assets).map(|_| next(4) as f64 * 3.0).collect();
    let mut made = Vec::new();
    while made.len() < edges {
        let edge = (next(assets), next(assets));
        if edge.0 != edge.1 && !made.contains(&edge) {
            made.push(edge);
        }
    }
    Graph { own, edges: made }
}

async fn fill(bench: &testkit::Bench, seed: u64, graph: &Graph) {
    for (at, own) in graph.own.iter().enumerate() {
        let rating = (*own / 3.0) as i32;
        rated(bench, &graph.id(seed, at), (rating, rating, rating)).await;
    }
    for (dependent, supporting) in &graph.edges {
        let request = edge(&graph.id(seed, *dependent), &graph.id(seed, *supporting), true);
        dependencies(bench).create_dependency(request).await.unwrap();
    }
}
