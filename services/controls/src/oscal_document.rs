//! OSCAL documents: what was imported, kept as it came beside the rows that were made of it, and what is exported.

mod catalogue;
mod content;
mod export;
pub(crate) mod id;
mod import;
mod mapping;
mod overlay;
pub(crate) mod profile;
mod receive;
mod rejected;
mod scope;
mod sources;
pub(crate) mod whole;

use std::pin::Pin;
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use futures::Stream;
use store::{Changed, Rules, Side, Transaction, open, reply};
use tonic::{Request, Response, Status, Streaming};
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::oscal_document_service_server::OscalDocumentService;
use wire::controls::v1::{
    DeleteOscalDocumentRequest, ErrorReason, ExportOscalRequest, ExportOscalResponse, GetOscalDocumentRequest,
    ImportOscalRequest, ImportOscalResponse, ListOscalDocumentsRequest, ListOscalDocumentsResponse, OscalDocument,
};

use crate::oscal::{Limits, ReadError};
use crate::{Registry, organization_of};

/// How many bytes a document may have.
pub const MOST_BYTES: usize = 64 << 20;

/// How much of a document is read: 2,000,000 JSON values, 64 levels, 20,000 groups and controls.
pub(crate) const LIMITS: Limits = Limits { bytes: MOST_BYTES, depth: 64, values: 2_000_000, controls: 20_000 };

/// The documents.
pub struct OscalDocuments;

impl store::Resource for OscalDocuments {
    type Message = OscalDocument;
    const TABLE: &'static str = "oscal_document";
    const COLLECTION: &'static str = "oscalDocuments";

    fn columns() -> &'static [store::Column<OscalDocument>] {
        store::columns![OscalDocument;
            kind: choice(Kind), title: text order search, uuid: text index, location: text,
        ]
    }

    fn sides() -> &'static [Side<OscalDocument>] {
        store::sides![OscalDocument; resources: set "oscal_document_resource"]
    }

    store::head!(OscalDocument;
        kind, title, version, oscal_version, last_modified, uuid, location, sha256, size_bytes, resources, items, rejected,
        rejected_items,
    );
}

impl Rules for OscalDocuments {
    type Needs = ();

    /// The bytes of a document go with it.
    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<OscalDocument>]) -> Outcome<()> {
        let gone = changed.iter().filter(|change| change.after.is_none()).filter_map(|change| change.before.as_ref());
        for document in gone {
            content::forget(tx, organization, crate::id_of(&document.name)).await?;
        }
        Ok(())
    }
}

/// What a caller hears of a document that cannot be read.
pub(crate) fn unreadable(error: &ReadError) -> Box<Fault> {
    let message = error.to_string();
    match error {
        ReadError::Malformed { line, column, .. } => {
            Fault::invalid(ErrorReason::OscalMalformed, message).with("line", line).with("column", column)
        }
        ReadError::Root { found } => {
            Fault::invalid(ErrorReason::OscalMalformed, message).with("found", found.join(", "))
        }
        ReadError::Limit { what, limit, .. } => too_large(message, what, *limit),
        ReadError::Document(problem) => Fault::invalid(ErrorReason::OscalInvalid, message).with("path", &problem.path),
    }
    .on("chunk")
}

pub(crate) fn too_large(message: impl Into<String>, what: &str, limit: usize) -> Box<Fault> {
    Fault::invalid(ErrorReason::OscalTooLarge, message).with("what", what).with("limit", limit)
}

/// Work that takes longer than a moment, off the threads that serve.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
    tokio::task::spawn_blocking(work).await.map_err(Fault::defect)
}

/// Serves documents. Imports and exports hold the registry by themselves.
pub(crate) struct Documents(pub(crate) Arc<Registry>);

#[tonic::async_trait]
impl OscalDocumentService for Documents {
    type ExportOscalStream = Pin<Box<dyn Stream<Item = Result<ExportOscalResponse, Status>> + Send>>;

    async fn import_oscal(
        &self,
        request: Request<Streaming<ImportOscalRequest>>,
    ) -> Result<Response<ImportOscalResponse>, Status> {
        let context = Context::of(&request)?;
        reply(import::import(&self.0, &context, request.into_inner()).await)
    }

    async fn export_oscal(
        &self,
        request: Request<ExportOscalRequest>,
    ) -> Result<Response<Self::ExportOscalStream>, Status> {
        let (context, r) = open(request)?;
        let organization = store::enter(&context, &r.parent, "parent")?;
        if organization_of(&r.resource) != organization {
            return Err(Fault::not_found(&r.resource).into());
        }
        let bytes = export::export(&self.0, &context, &organization, &r).await?;
        let chunks = bytes.chunks(256 << 10).map(|chunk| Ok(ExportOscalResponse { chunk: chunk.to_vec() }));
        Ok(Response::new(Box::pin(futures::stream::iter(chunks.collect::<Vec<_>>()))))
    }

    async fn get_oscal_document(
        &self,
        request: Request<GetOscalDocumentRequest>,
    ) -> Result<Response<OscalDocument>, Status> {
        self.0.oscal_documents.serve_get(request).await
    }

    async fn list_oscal_documents(
        &self,
        request: Request<ListOscalDocumentsRequest>,
    ) -> Result<Response<ListOscalDocumentsResponse>, Status> {
        self.0.oscal_documents.serve_list(request).await
    }

    async fn delete_oscal_document(
        &self,
        request: Request<DeleteOscalDocumentRequest>,
    ) -> Result<Response<()>, Status> {
        self.0.oscal_documents.serve_delete(request).await
    }
}
