//! Documents and their editions: what work rests on.

use std::sync::LazyLock;

use access::Context;
use fault::Outcome;
use store::{Rules, Shipped, Side};
use tonic::{Request, Response, Status};
use wire::controls::v1::document::Status as Standing;
use wire::controls::v1::document_service_server::DocumentService;
use wire::controls::v1::{
    CreateDocumentRequest, DeleteDocumentRequest, Document, GetDocumentRequest, ListDocumentsRequest,
    ListDocumentsResponse, UpdateDocumentRequest,
};

use crate::{Registry, shipped};

/// The documents: those that ship, and the organization's own.
pub struct Documents;

static SHIPPED: LazyLock<Shipped<Document>> =
    LazyLock::new(|| shipped::documents().iter().map(|document| (document.key.clone(), of(document))).collect());

/// A shipped document as the API shows it.
fn of(document: &shipped::Document) -> Document {
    let status = match document.status {
        shipped::Status::InForce => Standing::InForce,
        shipped::Status::Superseded => Standing::Superseded,
        shipped::Status::Withdrawn => Standing::Withdrawn,
        shipped::Status::Draft => Standing::Draft,
        shipped::Status::Unknown => Standing::Unknown,
    };
    Document {
        designation: document.designation.clone(),
        title: document.title.clone(),
        edition: document.edition.clone().unwrap_or_default(),
        publish_date: document.published.clone().unwrap_or_default(),
        status: status.into(),
        supersedes: document.supersedes.clone(),
        superseded_by: document.superseded_by.clone().unwrap_or_default(),
        twins: document.twins.clone(),
        supplements: document.supplements.clone().unwrap_or_default(),
        note: document.note.clone().unwrap_or_default(),
        provenance: document.provenance.clone(),
        provisional: document.mark.is_provisional(),
        outdated: document.is_outdated(),
        shipped: true,
        ..Default::default()
    }
}

impl store::Resource for Documents {
    type Message = Document;
    const TABLE: &'static str = "document";
    const COLLECTION: &'static str = "documents";

    fn columns() -> &'static [store::Column<Document>] {
        store::columns![Document;
            designation: text order search, title: text order search, publish_date: text order,
            status: choice(Standing), outdated: boolean, provisional: boolean, shipped: boolean,
        ]
    }

    fn sides() -> &'static [Side<Document>] {
        store::sides![Document; labels: map "document_label"]
    }

    fn shipped() -> &'static Shipped<Document> {
        &SHIPPED
    }

    store::head!(Document; outdated, shipped);
}

impl Rules for Documents {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut Document) -> Outcome<()> {
        let past = matches!(new.status(), Standing::Superseded | Standing::Withdrawn);
        new.outdated = past || !new.superseded_by.is_empty();
        Ok(())
    }
}

#[tonic::async_trait]
impl DocumentService for Registry {
    async fn create_document(&self, request: Request<CreateDocumentRequest>) -> Result<Response<Document>, Status> {
        self.documents.serve_create(request).await
    }

    async fn get_document(&self, request: Request<GetDocumentRequest>) -> Result<Response<Document>, Status> {
        self.documents.serve_get(request).await
    }

    async fn list_documents(
        &self,
        request: Request<ListDocumentsRequest>,
    ) -> Result<Response<ListDocumentsResponse>, Status> {
        self.documents.serve_list(request).await
    }

    async fn update_document(&self, request: Request<UpdateDocumentRequest>) -> Result<Response<Document>, Status> {
        self.documents.serve_update(request).await
    }

    async fn delete_document(&self, request: Request<DeleteDocumentRequest>) -> Result<Response<()>, Status> {
        self.documents.serve_delete(request).await
    }
}
