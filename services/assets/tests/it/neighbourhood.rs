//! What lies around an asset, for drawing.

use testkit::{Bench, reason};
use wire::assets::v1::explore_asset_neighbourhood_request::Direction;
use wire::assets::v1::{
    CreateDependencyRequest, Dependency, ExploreAssetNeighbourhoodRequest, ExploreAssetNeighbourhoodResponse,
};

use crate::{assets, dependencies, on_every_database, rated};

fn name(id: &str) -> String {
    format!("organizations/acme/assets/{id}")
}

async fn depend(bench: &Bench, dependent: &str, supporting: &str, kind: &str) {
    let dependency = Dependency {
        dependent: name(dependent),
        supporting: name(supporting),
        kind: kind.to_owned(),
        ..Default::default()
    };
    let request = CreateDependencyRequest {
        parent: "organizations/acme".to_owned(),
        dependency_id: format!("{dependent}-{supporting}"),
        dependency: Some(dependency),
        allow_cycle: true,
    };
    dependencies(bench).create_dependency(request).await.unwrap();
}

async fn around(bench: &Bench, id: &str, depth: i32, way: Direction, most: i32) -> ExploreAssetNeighbourhoodResponse {
    let request =
        ExploreAssetNeighbourhoodRequest { name: name(id), max_depth: depth, direction: way.into(), max_assets: most };
    assets(bench).explore_asset_neighbourhood(request).await.unwrap().into_inner()
}

/// The assets as `id level`, and the dependencies as `dependent>supporting`.
fn told(answer: &ExploreAssetNeighbourhoodResponse) -> (Vec<String>, Vec<String>) {
    let id = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let assets = answer.assets.iter().map(|asset| format!("{} {}", id(&asset.asset), asset.level));
    let edges = answer.dependencies.iter().map(|edge| format!("{}>{}", id(&edge.dependent), id(&edge.supporting)));
    (assets.collect(), edges.collect())
}

on_every_database! {
    async fn a_neighbourhood_goes_both_ways_to_a_depth(bench) {
        for (id, ratings) in [("portal", (3, 3, 3)), ("service", (2, 2, 2)), ("billing", (1, 1, 1)), ("router", (1, 1, 1)),
            ("power", (0, 0, 0)), ("grid", (0, 0, 0)), ("beside", (1, 1, 1))] {
            rated(&bench, id, ratings).await;
        }
        for (dependent, supporting, kind) in [("portal", "service", "uses"), ("service", "router", "runs-on"), ("billing", "router", "uses"),
            ("service", "power", "powered-by"), ("router", "power", "powered-by"), ("power", "grid", "powered-by"),
            ("router", "beside", "adjacent"), ("billing", "service", "adjacent")] {
            depend(&bench, dependent, supporting, kind).await;
        }
        let (all, edges) = told(&around(&bench, "router", 0, Direction::Unspecified, 0).await);
        assert_eq!(all, ["router 0", "service -1", "billing -1", "power 1", "portal -2", "grid 2"]);
        assert_eq!(edges, ["billing>router", "billing>service", "portal>service", "power>grid", "router>power", "service>power", "service>router"]);
        let near = around(&bench, "router", 1, Direction::Unspecified, 0).await;
        assert_eq!(told(&near).0, ["router 0", "service -1", "billing -1", "power 1"]);
        assert_eq!(near.total, 4);
        let still: Vec<bool> = near.dependencies.iter().filter(|edge| edge.kind == "adjacent").map(|edge| edge.carries_value).collect();
        assert_eq!(still, [false]);
        assert_eq!(told(&around(&bench, "router", 9, Direction::Supporting, 0).await).0, ["router 0", "power 1", "grid 2"]);
        assert_eq!(told(&around(&bench, "router", 9, Direction::Dependents, 0).await).0, ["router 0", "service -1", "billing -1", "portal -2"]);
    }

    async fn of_too_many_the_nearest_and_most_valuable_are_given_and_the_rest_is_counted(bench) {
        rated(&bench, "base", (0, 0, 0)).await;
        for n in 0..6 {
            rated(&bench, &format!("s{n}"), (1, 1, 1 + n % 3)).await;
            depend(&bench, &format!("s{n}"), "base", "uses").await;
            rated(&bench, &format!("t{n}"), (1, 1, 1 + n % 3)).await;
            depend(&bench, &format!("t{n}"), &format!("s{n}"), "uses").await;
        }
        let answer = around(&bench, "base", 3, Direction::Unspecified, 4).await;
        let (given, edges) = told(&answer);
        assert_eq!(given, ["base 0", "s2 -1", "s5 -1", "s1 -1"], "the most valuable, then by id");
        assert_eq!(answer.total, 13);
        assert_eq!(edges, ["s1>base", "s2>base", "s5>base"], "only between those given");
        let answer = around(&bench, "base", 3, Direction::Unspecified, 9).await;
        assert_eq!(told(&answer).0[7..], ["t2 -2", "t5 -2"]);
        assert_eq!(told(&around(&bench, "base", 3, Direction::Unspecified, 1).await).0, ["base 0"]);
    }

    async fn a_circle_ends_and_the_nearer_side_counts(bench) {
        for id in ["a", "b", "c", "d"] {
            rated(&bench, id, (1, 1, 1)).await;
        }
        for (dependent, supporting) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")] {
            depend(&bench, dependent, supporting, "uses").await;
        }
        let answer = around(&bench, "a", 64, Direction::Unspecified, 0).await;
        assert_eq!(told(&answer).0, ["a 0", "d -1", "b 1", "c 2"]);
        assert_eq!((answer.total, answer.dependencies.len()), (4, 4));
        let request = ExploreAssetNeighbourhoodRequest { name: name("nothing"), ..Default::default() };
        assert_eq!(reason(&assets(&bench).explore_asset_neighbourhood(request).await.unwrap_err()), "RESOURCE_NOT_FOUND");
    }
}
