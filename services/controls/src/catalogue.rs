//! Catalogues: sets of controls, each of one edition of one document.

use std::sync::LazyLock;

use store::{Referrer, Rules, Shipped, Side, open, reply};
use tonic::{Code, Request, Response, Status};
use wire::controls::v1::catalogue_service_server::CatalogueService;
use wire::controls::v1::control_suggestion::Ground;
use wire::controls::v1::{
    Catalogue, Control, ControlSuggestion, CreateCatalogueRequest, DeleteCatalogueRequest, EstateFact,
    GetCatalogueRequest, ListCataloguesRequest, ListCataloguesResponse, SuggestControlsRequest,
    SuggestControlsResponse, Theme, UpdateCatalogueRequest,
};

use crate::{Registry, estate, organization_of, shipped};

/// The catalogues: those that ship, and the organization's own.
pub struct Catalogues;

static SHIPPED: LazyLock<Shipped<Catalogue>> =
    LazyLock::new(|| shipped::catalogues().iter().map(|catalogue| (catalogue.key.clone(), of(catalogue))).collect());

/// A shipped catalogue as the API shows it.
fn of(catalogue: &shipped::Catalogue) -> Catalogue {
    let document = shipped::document(&catalogue.document);
    let theme = |group: &shipped::Group| Theme {
        id: group.id.clone(),
        label: group.label.clone(),
        title: group.title.clone(),
        parent: group.parent.clone().unwrap_or_default(),
    };
    Catalogue {
        display_name: catalogue.title.clone(),
        document: document.map(|document| document.designation.clone()).unwrap_or_default(),
        edition: document.and_then(|document| document.edition.clone()).unwrap_or_default(),
        language: "en".to_owned(),
        provenance: catalogue.provenance.clone(),
        shipped: true,
        provisional: catalogue.provisional().next().is_some(),
        shipped_controls: i32::try_from(catalogue.controls.len()).unwrap_or(i32::MAX),
        themes: catalogue.groups.iter().map(theme).collect(),
        ..Default::default()
    }
}

impl store::Resource for Catalogues {
    type Message = Catalogue;
    const TABLE: &'static str = "catalogue";
    const COLLECTION: &'static str = "catalogues";

    fn columns() -> &'static [store::Column<Catalogue>] {
        store::columns![Catalogue;
            display_name: text order search, document: text order search, edition: text order, language: text,
            shipped: boolean, provisional: boolean,
        ]
    }

    fn sides() -> &'static [Side<Catalogue>] {
        store::sides![Catalogue; labels: map "catalogue_label"]
    }

    fn referrers() -> &'static [Referrer] {
        const NAMED: &[Referrer] = &[
            Referrer::within("controls", "control"),
            Referrer {
                what: "mappings",
                table: "mapping",
                column: "source_catalogue",
                filter: "source_catalogue=",
                by_id: false,
            },
            Referrer {
                what: "mappings",
                table: "mapping",
                column: "target_catalogue",
                filter: "target_catalogue=",
                by_id: false,
            },
            Referrer {
                what: "profiles",
                table: "profile_catalogue",
                column: "value",
                filter: "catalogues:",
                by_id: false,
            },
            Referrer {
                what: "statements",
                table: "statement",
                column: "catalogue",
                filter: "catalogue=",
                by_id: false,
            },
        ];
        NAMED
    }

    fn shipped() -> &'static Shipped<Catalogue> {
        &SHIPPED
    }

    store::head!(Catalogue; shipped, provisional, shipped_controls);
}

impl Rules for Catalogues {
    type Needs = ();
}

#[tonic::async_trait]
impl CatalogueService for Registry {
    async fn create_catalogue(&self, request: Request<CreateCatalogueRequest>) -> Result<Response<Catalogue>, Status> {
        self.catalogues.serve_create(request).await
    }

    async fn get_catalogue(&self, request: Request<GetCatalogueRequest>) -> Result<Response<Catalogue>, Status> {
        self.catalogues.serve_get(request).await
    }

    async fn list_catalogues(
        &self,
        request: Request<ListCataloguesRequest>,
    ) -> Result<Response<ListCataloguesResponse>, Status> {
        self.catalogues.serve_list(request).await
    }

    async fn update_catalogue(&self, request: Request<UpdateCatalogueRequest>) -> Result<Response<Catalogue>, Status> {
        self.catalogues.serve_update(request).await
    }

    async fn delete_catalogue(&self, request: Request<DeleteCatalogueRequest>) -> Result<Response<()>, Status> {
        self.catalogues.serve_delete(request).await
    }

    async fn suggest_controls(
        &self,
        request: Request<SuggestControlsRequest>,
    ) -> Result<Response<SuggestControlsResponse>, Status> {
        let (context, r) = open(request)?;
        // The catalogue is looked up first, so that a foreign organization is told nothing.
        let catalogue = self.catalogues.get(&context, &r.name).await?.name;
        let facts = estate::facts(&self.database, organization_of(&catalogue), &r.sites).await?;
        let mut suggestions = Vec::new();
        for suggestion in shipped::suggestions(&facts) {
            // The rules know the extended controls of X.1051 by their ids; other catalogues may have none of them.
            match self.controls.get(&context, &format!("{catalogue}/controls/{}", suggestion.control)).await {
                Ok(control) => suggestions.push(suggested(control, &suggestion)),
                Err(fault) if fault.code() == Code::NotFound => {}
                Err(fault) => return reply(Err(fault)),
            }
        }
        let facts = facts.into_iter().map(|(key, values)| EstateFact { key, values: values.into_iter().collect() });
        reply(Ok(SuggestControlsResponse { suggestions, facts: facts.collect() }))
    }
}

fn suggested(control: Control, suggestion: &shipped::Suggestion) -> ControlSuggestion {
    ControlSuggestion {
        control: control.name,
        label: control.label,
        title: control.title,
        grounds: grounds(suggestion),
    }
}

/// Why a control is suggested.
pub(crate) fn grounds(suggestion: &shipped::Suggestion) -> Vec<Ground> {
    let ground = |rule: &&shipped::Rule| Ground {
        rule: rule.key.clone(),
        condition: rule.condition.clone(),
        reason: rule.reason.clone(),
        provisional: rule.mark.is_provisional(),
    };
    suggestion.rules.iter().map(ground).collect()
}
