//! The ledger proves what happened, and shows what was altered.

use sea_orm::ConnectionTrait as _;
use store::Finding;

use crate::rated;

async fn verify(bench: &testkit::Bench) -> Result<store::Verified, Finding> {
    store::verify(&bench.database, &assets::tables()).await.unwrap()
}

/// Runs a statement behind the service's back, as an intruder would.
async fn tamper(bench: &testkit::Bench, sql: &str) {
    let url = format!("sqlite://{}", bench.folder.path().join("assets.db").display());
    let connection = sea_orm::Database::connect(url).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_altered_is_named() {
    let bench = crate::registry(None).await;
    for id in ["a", "b", "c"] {
        rated(&bench, id, (1, 2, 3)).await;
    }
    let verified = verify(&bench).await.unwrap();
    assert_eq!((verified.entries, verified.rows["asset"]), (3, 3));

    tamper(&bench, "UPDATE asset SET owner = 'mallory' WHERE id = 'b'").await;
    let finding = verify(&bench).await.unwrap_err();
    assert!(
        matches!(&finding, Finding::RowAltered { resource, differing, .. } if resource.ends_with("/b") && differing == "owner"),
        "{finding}"
    );
    tamper(&bench, "UPDATE asset SET owner = '' WHERE id = 'b'").await;
    assert!(verify(&bench).await.is_ok());

    tamper(&bench, "UPDATE ledger SET actor = 'nobody' WHERE seq = 2").await;
    assert!(matches!(verify(&bench).await, Err(Finding::EntryAltered { sequence: 2, .. })));
    tamper(&bench, "UPDATE ledger SET actor = 'ana' WHERE seq = 2").await;
    assert!(verify(&bench).await.is_ok());

    tamper(&bench, "DELETE FROM ledger WHERE seq = 2").await;
    assert!(matches!(verify(&bench).await, Err(Finding::EntryMissing { sequence: 2 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_came_or_went_by_the_back_door_is_named() {
    let bench = crate::registry(None).await;
    rated(&bench, "a", (1, 2, 3)).await;
    rated(&bench, "b", (1, 2, 3)).await;
    tamper(&bench, "DELETE FROM asset WHERE id = 'b'").await;
    assert!(matches!(verify(&bench).await, Err(Finding::RowMissing { resource, .. }) if resource.ends_with("/b")));
    tamper(&bench, "UPDATE asset SET id = 'z' WHERE id = 'a'").await;
    assert!(matches!(verify(&bench).await, Err(Finding::RowUnknown { resource, .. }) if resource.ends_with("/z")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_holds_on_every_database_under_concurrent_writers() {
    for postgres in testkit::backends() {
        let bench = std::sync::Arc::new(crate::registry(postgres.as_deref()).await);
        let writers = (0..8).map(|writer| {
            let bench = std::sync::Arc::clone(&bench);
            tokio::spawn(async move {
                for number in 0..10 {
                    rated(&bench, &format!("w{writer}-{number}"), (1, 1, 1)).await;
                }
            })
        });
        futures::future::try_join_all(writers).await.unwrap();
        let mut head = bench.database.head();
        tokio::time::timeout(std::time::Duration::from_secs(20), head.wait_for(|head| *head == 80))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(verify(&bench).await.unwrap().entries, 80);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_fails_those_alone_who_ask_for_it() {
    use wire::assets::v1::asset_service_client::AssetServiceClient;
    use wire::assets::v1::{Asset, CreateAssetRequest, GetAssetRequest};
    let bench = crate::registry(None).await;
    rated(&bench, "sound", (1, 1, 1)).await;
    let other = AssetServiceClient::new(bench.client("bo", &["other"], &["asset-manager"]));
    let asset = Asset { display_name: "Broken".to_owned(), r#type: "router".to_owned(), ..Default::default() };
    let parent = "organizations/other".to_owned();
    let create = CreateAssetRequest { parent, asset_id: "broken".to_owned(), asset: Some(asset) };
    other.clone().create_asset(create).await.unwrap();
    tamper(&bench, "UPDATE asset SET body = x'FFFF' WHERE id = 'broken'").await;
    // Read in turn and at once, so that readers of both organizations share statements.
    let reads = (0..200).map(|n| {
        let (mut client, name) = match n % 2 {
            0 => (crate::assets(&bench), "organizations/acme/assets/sound"),
            _ => (other.clone(), "organizations/other/assets/broken"),
        };
        async move { (n % 2, client.get_asset(GetAssetRequest { name: name.to_owned() }).await) }
    });
    for (whose, read) in futures::future::join_all(reads).await {
        assert_eq!(read.is_ok(), whose == 0, "{read:?}");
    }
}
