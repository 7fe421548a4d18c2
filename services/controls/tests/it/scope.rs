//! Scopes: what they name is known in the estate.

use std::sync::Arc;

use access::{Caller, Context, SystemClock};
use testkit::{Bench, reason};
use wire::controls::v1::scope_service_client::ScopeServiceClient;
use wire::controls::v1::{CreateScopeRequest, DeleteScopeRequest, ListScopesRequest, Scope, UpdateScopeRequest};

use crate::on_every_database;

const PARENT: &str = "organizations/acme";

/// A thing of the registry as its feed told it: kind, id, key and the id of its site.
pub(crate) type Told<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Makes things of acme's estate known, as the projection of the registry's feed does.
pub(crate) async fn told(bench: &Bench, things: &[Told<'_>]) {
    let mut tx = bench.database.begin(&service()).await.unwrap();
    let row = |&(kind, id, key, site): &Told<'_>| ["acme", kind, id, key, site].map(Into::into).to_vec();
    let columns = ["organization", "kind", "id", "key", "site"];
    tx.insert("estate_thing", &columns, things.iter().map(row).collect()).await.unwrap();
    tx.commit().await.unwrap();
}

/// The service of controls, acting for acme on its own account.
pub(crate) fn service() -> Context {
    Context {
        caller: Arc::new(Caller::service(controls::NAME, "acme")),
        method: "telwarden.controls.v1.ScopeService/CreateScope".into(),
        trace: String::new(),
        clock: Arc::new(SystemClock),
        roles: Arc::default(),
    }
}

pub(crate) fn scopes(bench: &Bench) -> ScopeServiceClient<testkit::Client> {
    ScopeServiceClient::new(bench.client("ana", &["acme"], &["administrator"]))
}

/// Makes a scope of acme.
pub(crate) async fn make(bench: &Bench, id: &str, scope: Scope) -> Scope {
    let request = CreateScopeRequest { parent: PARENT.to_owned(), scope_id: id.to_owned(), scope: Some(scope) };
    scopes(bench).create_scope(request).await.unwrap().into_inner()
}

on_every_database! {
    async fn a_scope_names_what_the_estate_knows(bench) {
        told(&bench, &[("site", "peak", "isolated-area", ""), ("asset", "voice", "voice-service", "")]).await;
        let create = |sites: &[&str], services: &[&str]| CreateScopeRequest {
            parent: PARENT.to_owned(),
            scope_id: String::new(),
            scope: Some(Scope {
                display_name: "Voice".to_owned(),
                sites: sites.iter().map(|&name| name.to_owned()).collect(),
                services: services.iter().map(|&name| name.to_owned()).collect(),
                ..Default::default()
            }),
        };
        let (peak, voice) = ("organizations/acme/sites/peak", "organizations/acme/assets/voice");
        let unknown = [
            create(&[peak, "organizations/acme/sites/valley"], &[]),
            create(&["organizations/other/sites/peak"], &[]),
            // An asset is no site, though something with the id of a site is known.
            create(&["organizations/acme/assets/peak"], &[]),
            create(&[], &["organizations/acme/assets/peak"]),
        ];
        for request in unknown {
            let refused = scopes(&bench).create_scope(request.clone()).await.unwrap_err();
            assert_eq!(reason(&refused), "ESTATE_UNKNOWN", "{request:?}");
        }
        let made = scopes(&bench).create_scope(create(&[peak], &[voice])).await.unwrap().into_inner();
        assert!((made.weight - 1.0).abs() < f64::EPSILON, "a scope counts once where nothing is said: {}", made.weight);

        let filter = format!("sites:\"{peak}\" AND services:\"{voice}\"");
        let request = ListScopesRequest { parent: PARENT.to_owned(), filter, ..Default::default() };
        assert_eq!(scopes(&bench).list_scopes(request).await.unwrap().into_inner().scopes, [made]);
    }

    async fn what_has_gone_from_the_estate_does_not_freeze_a_scope(bench) {
        told(&bench, &[("site", "peak", "isolated-area", "")]).await;
        let sites = vec!["organizations/acme/sites/peak".to_owned()];
        let made = make(&bench, "radio", Scope { display_name: "Radio".to_owned(), sites, ..Default::default() }).await;
        let mut tx = bench.database.begin(&service()).await.unwrap();
        tx.run(tx.sql("DELETE FROM estate_thing")).await.unwrap();
        tx.commit().await.unwrap();
        let renamed = Scope { display_name: "Radio network".to_owned(), weight: 20_000.0, ..made };
        let request = UpdateScopeRequest { scope: Some(renamed), update_mask: None };
        let changed = scopes(&bench).update_scope(request).await.unwrap().into_inner();
        assert_eq!((changed.display_name.as_str(), changed.sites.len()), ("Radio network", 1));
        let delete = DeleteScopeRequest { name: changed.name, etag: changed.etag };
        scopes(&bench).delete_scope(delete).await.unwrap();
    }
}
