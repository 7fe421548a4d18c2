//! Risk methods as their callers see them.

use testkit::reason;
use wire::risk::v1::risk_method_service_client::RiskMethodServiceClient;
use wire::risk::v1::{CreateRiskMethodRequest, ListRiskMethodsRequest, RiskMethod};

use crate::on_every_database;

on_every_database! {
    async fn a_risk_method_is_created_found_and_unique_by_its_id(bench) {
        let mut client = RiskMethodServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let create = || CreateRiskMethodRequest {
            parent: "organizations/acme".to_owned(),
            risk_method_id: "one".to_owned(),
            risk_method: Some(RiskMethod { display_name: "One".to_owned(), ..Default::default() }),
        };
        let made = client.create_risk_method(create()).await.unwrap().into_inner();
        assert_eq!(made.name, "organizations/acme/riskMethods/one");
        assert_eq!(reason(&client.create_risk_method(create()).await.unwrap_err()), "RESOURCE_EXISTS");
        let request = ListRiskMethodsRequest {
            parent: "organizations/acme".to_owned(),
            filter: "display_name=\"One\"".to_owned(),
            ..Default::default()
        };
        assert_eq!(client.list_risk_methods(request).await.unwrap().into_inner().risk_methods, [made]);
    }
}
