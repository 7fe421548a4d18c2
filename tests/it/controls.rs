//! Controls, through the suite: what the asset registry holds is known to the service of controls without anybody asking.

use std::time::Duration;

use telwarden::client::{Connection, Output};
use telwarden::controls::{drawn, suggestions};
use wire::assets::v1::Site;
use wire::assets::v1::site_service_client::SiteServiceClient;
use wire::assets::v1::{CreateSiteRequest, DeleteSiteRequest};

/// A site is made, and the control for it suggested; it goes, and the suggestion with it. Another organization sees nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_estate_says_which_controls_apply() {
    let running = crate::story::start().await;
    let token = running.token("ana", &["acme", "other"], &["administrator"]).unwrap();
    let connection = Connection::new(running.url(), token, Output::Json);
    let mut sites = SiteServiceClient::new(connection.open().await.unwrap());
    let site = Site { display_name: "Peak".to_owned(), r#type: "isolated-area".to_owned(), ..Default::default() };
    let parent = "organizations/acme".to_owned();
    let request = CreateSiteRequest { parent, site_id: "peak".to_owned(), site: Some(site) };
    let made = sites.create_site(request).await.unwrap().into_inner();

    let isolated = async |organization: &str, sites: Vec<String>| {
        let found = suggestions(connection.open().await.unwrap(), organization, "x1051-2023", sites).await.unwrap();
        let control = found.suggestions.iter().find(|one| one.control.ends_with("/controls/tel-isolated")).cloned();
        (control, found)
    };
    let until = async |wanted: bool| {
        for _ in 0..600 {
            let (control, found) = isolated("acme", Vec::new()).await;
            if control.is_some() == wanted {
                return (control, found);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the service of controls did not hear of it within 30 s")
    };
    let (control, found) = until(true).await;
    let control = control.unwrap();
    assert_eq!(control.control, "organizations/acme/catalogues/x1051-2023/controls/tel-isolated");
    assert!(control.grounds.iter().any(|ground| ground.rule == "isolated-area"), "{control:?}");
    assert!(drawn(&found).contains("isolated"), "{}", drawn(&found));
    assert!(isolated("acme", vec![made.name.clone()]).await.0.is_some());
    assert!(isolated("acme", vec!["organizations/acme/sites/elsewhere".to_owned()]).await.0.is_none());
    assert!(isolated("other", Vec::new()).await.0.is_none());

    sites.delete_site(DeleteSiteRequest { name: made.name, etag: String::new() }).await.unwrap();
    until(false).await;
    running.stop().await.unwrap();
}
