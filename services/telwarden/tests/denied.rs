//! Attempts that are denied leave a row that says who tried what, and nobody can fill a disk with them.

#![expect(clippy::unwrap_used, reason = "clippy takes what helps a test for production code")]

use std::collections::BTreeMap;
use std::time::Duration;

use access::{Clock as _, LocalKey, SystemClock};
use store::Database;
use telwarden::suite::{self, Options};
use tonic::Code;
use wire::assets::v1::site_service_client::SiteServiceClient;
use wire::assets::v1::{DeleteSiteRequest, GetSiteRequest};

/// Attempts and what was left out of them, by subject, method, permission, reason and cause.
async fn told(database: &Database) -> BTreeMap<[String; 5], (i64, i64)> {
    let text = "SELECT subject, method, permission, reason, cause, left_out FROM denied_attempt";
    let mut told = BTreeMap::new();
    for row in database.rows(database.sql(text)).await.unwrap() {
        let key = [0, 1, 2, 3, 4].map(|column| row.try_get_by_index::<String>(column).unwrap());
        let entry: &mut (i64, i64) = told.entry(key).or_default();
        entry.0 += 1;
        entry.1 += row.try_get_by_index::<i64>(5).unwrap();
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_is_remembered_on_every_database() {
    for postgres in testkit::backends() {
        let folder = tempfile::tempdir().unwrap();
        let postgres = match postgres {
            None => None,
            Some(server) => match testkit::location(&folder, "assets", Some(&server)).await {
                store::Location::Url(url) => Some(url),
                store::Location::File(_) => panic!("a URL"),
            },
        };
        let data = folder.path().join("data");
        let listen = "127.0.0.1:0".parse().unwrap();
        let gateway = gateway::Settings::default();
        let running = suite::start(Options { data, listen, postgres, gateway, tls: None }).await.unwrap();
        let client = |token: &str| SiteServiceClient::new(running.client(token).unwrap());
        let name = || "organizations/acme/sites/s1".to_owned();

        let viewer = running.token("eve", &["acme", "beta"], &["viewer"]).unwrap();
        for _ in 0..50 {
            let request = DeleteSiteRequest { name: name(), ..Default::default() };
            assert_eq!(client(&viewer).delete_site(request).await.unwrap_err().code(), Code::PermissionDenied);
        }
        let other = LocalKey::open(&folder.path().join("other")).unwrap();
        let hour = Duration::from_secs(3600);
        let forged = other.mint("eve", &["acme"], &["administrator"], SystemClock.now(), hour).unwrap();
        let get = || GetSiteRequest { name: name() };
        assert_eq!(client(&forged).get_site(get()).await.unwrap_err().code(), Code::Unauthenticated);
        assert_eq!(client(&viewer).get_site(get()).await.unwrap_err().code(), Code::NotFound, "that one is let in");

        let database = running.databases.first().unwrap().clone();
        let all = async {
            while told(&database).await.values().map(|(count, _)| count).sum::<i64>() < 31 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.expect("they are written");
        let told = told(&database).await;
        let eve =
            ["eve", "telwarden.assets.v1.SiteService/DeleteSite", "assets.sites.delete", "PERMISSION_MISSING", ""];
        let nobody = ["", "telwarden.assets.v1.SiteService/GetSite", "assets.sites.read", "TOKEN_INVALID", "signature"];
        let expected = BTreeMap::from([(eve.map(str::to_owned), (30, 0)), (nobody.map(str::to_owned), (1, 0))]);
        assert_eq!(told, expected, "of fifty, thirty: so many are told a minute");
        let row = database.row(database.sql("SELECT organizations FROM denied_attempt WHERE subject = 'eve'")).await;
        assert_eq!(row.unwrap().unwrap().try_get_by_index::<String>(0).unwrap(), "acme,beta");
        running.stop().await.unwrap();
    }
}
