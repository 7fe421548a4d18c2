//! What the registry of assets tells of the network, and what follows for signals.

use std::sync::Arc;

use access::SystemClock;
use testkit::{Bench, Source};
use wire::assets::v1::{Asset, Dependency, ExternalId, ServiceDetails};
use wire::incidents::v1::signal::Placement;

use super::{alarm, cases, listed, taken};
use crate::incident::PARENT;
use crate::on_every_database;

async fn followed(bench: &Bench, source: &Source) -> feed::Running {
    let running = ::incidents::follow_assets(&bench.database, source.client(), Arc::new(SystemClock)).await.unwrap();
    source.taken_in(&running).await;
    running
}

fn asset(source: &Source, id: &str, called: &str, site: &str, subscribers: i64) {
    let name = format!("{PARENT}/assets/{id}");
    let asset = Asset {
        name: name.clone(),
        display_name: format!("The {id}"),
        site: format!("{PARENT}/sites/{site}"),
        external_ids: vec![ExternalId { system: "nms".to_owned(), value: called.to_owned(), ..Default::default() }],
        grade: 1,
        effective_value: 9.0,
        service: (subscribers > 0).then(|| ServiceDetails { subscribers, ..Default::default() }),
        ..Asset::default()
    };
    source.tell(&name, None, Some(&asset));
}

fn depends(source: &Source, dependent: &str, supporting: &str) {
    let name = format!("{PARENT}/dependencies/{dependent}-{supporting}");
    let link = Dependency {
        name: name.clone(),
        dependent: format!("{PARENT}/assets/{dependent}"),
        supporting: format!("{PARENT}/assets/{supporting}"),
        kind: "uses".to_owned(),
        ..Dependency::default()
    };
    source.tell(&name, None, Some(&link));
}

on_every_database! {
    async fn signals_of_one_site_are_one_case_with_the_users_behind_it(bench) {
        let source = Source::new("assets");
        asset(&source, "mast-7", "NE=7", "north", 0);
        asset(&source, "cell-7a", "NE=7a", "north", 0);
        asset(&source, "voice", "SVC=voice", "central", 120_000);
        depends(&source, "cell-7a", "mast-7");
        depends(&source, "voice", "cell-7a");
        let _running = followed(&bench, &source).await;
        taken(&bench, &[alarm("1", "NE=7", "power_lost", 0), alarm("2", "ne=7a", "cell_down", 60), alarm("3", "elsewhere", "fan", 61)]).await;
        let known = listed(&bench, "").await;
        assert_eq!(known[0].asset, format!("{PARENT}/assets/mast-7"));
        assert_eq!(known[0].site, format!("{PARENT}/sites/north"));
        assert_eq!((known[1].placement(), known[1].rule.as_str()), (Placement::Joins, "one-site"));
        assert_eq!((known[1].case.as_str(), known[2].asset.as_str()), (known[0].case.as_str(), ""));
        let queue = cases(&bench, "state = OPEN").await;
        assert_eq!(queue.len(), 2);
        assert_eq!(queue[0].name, known[0].case, "what more hangs on comes first");
        assert_eq!((queue[0].users_behind, queue[0].asset_value, queue[0].priority), (120_000, 9.0, 1));
        assert_eq!(queue[0].root_asset, known[0].asset);
        assert_eq!(queue[0].priority_reason, "major, grade 1, 120000 subscribers behind it");
        assert_eq!((queue[1].priority, queue[1].users_behind), (3, 0));
        assert_eq!(cases(&bench, &format!("assets:\"{PARENT}/assets/cell-7a\"")).await.len(), 1);
    }

    async fn a_link_that_comes_later_counts_for_what_comes_after_it(bench) {
        let source = Source::new("assets");
        asset(&source, "one", "one", "a", 0);
        asset(&source, "two", "two", "b", 0);
        let running = followed(&bench, &source).await;
        taken(&bench, &[alarm("1", "one", "los", 0), alarm("2", "two", "los", 5)]).await;
        assert_eq!(cases(&bench, "").await.len(), 2, "nothing says that they touch");
        depends(&source, "one", "two");
        source.taken_in(&running).await;
        taken(&bench, &[alarm("3", "one", "ber", 7200), alarm("4", "two", "ber", 7205)]).await;
        let later = listed(&bench, "kind = \"ber\"").await;
        assert_eq!(later[0].case, later[1].case);
        assert_eq!(later[1].rule, "next-to-it");
    }

    async fn a_name_that_two_assets_have_is_nobodys(bench) {
        let source = Source::new("assets");
        asset(&source, "one", "twin", "a", 0);
        asset(&source, "two", "twin", "b", 0);
        let _running = followed(&bench, &source).await;
        taken(&bench, &[alarm("1", "twin", "los", 0)]).await;
        assert_eq!(listed(&bench, "").await[0].asset, "", "better none than the wrong one");
    }
}
