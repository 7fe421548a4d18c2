//! Risk methods as their callers see them.

use testkit::reason;
use wire::risk::v1::risk_method::{Kind, Score};
use wire::risk::v1::risk_method_service_client::RiskMethodServiceClient;
use wire::risk::v1::{CreateRiskMethodRequest, ListRiskMethodsRequest, RankRiskMethodsRequest, RiskMethod};

use crate::on_every_database;

on_every_database! {
    async fn a_risk_method_is_created_found_and_unique_by_its_id(bench) {
        let mut client = RiskMethodServiceClient::new(bench.client("ana", &["acme"], &["administrator"]));
        let create = || CreateRiskMethodRequest {
            parent: "organizations/acme".to_owned(),
            risk_method_id: "one".to_owned(),
            risk_method: Some(RiskMethod { display_name: "One".to_owned(), kind: Kind::Additive.into(), ..Default::default() }),
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

    async fn methods_are_ranked_by_what_counts(bench) {
        let mut client = RiskMethodServiceClient::new(bench.client("ana", &["acme"], &["risk-manager"]));
        let rank = |weights: &[(&str, f64)]| RankRiskMethodsRequest {
            parent: "organizations/acme".to_owned(),
            weights: weights.iter().map(|(criterion, weight)| ((*criterion).to_owned(), *weight)).collect(),
        };
        // What ships, by what it says of itself in data/methods.toml: cost 5, 4, 3; supports-quantification 1, 2, 3.
        let order = async |client: &mut RiskMethodServiceClient<_>, weights: &[(&str, f64)]| -> Vec<(String, f64)> {
            let ranks = client.rank_risk_methods(rank(weights)).await.unwrap().into_inner().ranks;
            ranks.into_iter().map(|rank| (rank.risk_method.rsplit('/').next().unwrap().to_owned(), rank.score)).collect()
        };
        let of = |ranks: &[(&str, f64)]| ranks.iter().map(|(id, score)| ((*id).to_owned(), *score)).collect::<Vec<_>>();
        let cheap = order(&mut client, &[("cost", 2.0)]).await;
        assert_eq!(cheap, of(&[("matrix-5x5", 5.0), ("additive-0-8", 4.0), ("product-cia", 3.0)]));
        let money = order(&mut client, &[("supports-quantification", 3.0), ("cost", 1.0)]).await;
        assert_eq!(money, of(&[("product-cia", 3.0), ("additive-0-8", 2.5), ("matrix-5x5", 2.0)]));

        // The organization's own stands among them; a criterion it says nothing of is named.
        let own = RiskMethod {
            display_name: "House method".to_owned(),
            kind: Kind::Matrix.into(),
            scores: vec![Score { criterion: "fits-services".to_owned(), score: 5, ..Default::default() }],
            ..Default::default()
        };
        let request = CreateRiskMethodRequest {
            parent: "organizations/acme".to_owned(), risk_method_id: "house".to_owned(), risk_method: Some(own),
        };
        client.create_risk_method(request).await.unwrap();
        let ranks = client.rank_risk_methods(rank(&[("fits-services", 1.0), ("cost", 1.0)])).await.unwrap().into_inner().ranks;
        let own = ranks.iter().find(|rank| rank.risk_method.ends_with("/house")).unwrap();
        assert_eq!((own.score, own.missing.as_slice()), (2.5, ["cost".to_owned()].as_slice()));

        for (weights, field) in [(&[("cost", 0.0)][..], "weights"), (&[("cost", -1.0)], "weights.cost")] {
            let refused = client.rank_risk_methods(rank(weights)).await.unwrap_err();
            assert_eq!(reason(&refused), "FIELD_INVALID");
            assert!(refused.message().contains("weight") || refused.message().contains("counts"), "{field}: {refused}");
        }
        let shipped = client.delete_risk_method(wire::risk::v1::DeleteRiskMethodRequest {
            name: "organizations/acme/riskMethods/matrix-5x5".to_owned(), etag: String::new(),
        });
        assert_eq!(reason(&shipped.await.unwrap_err()), "RESOURCE_SHIPPED");
    }
}
