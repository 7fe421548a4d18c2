//! Encrypted, with both sides showing who they are. The certificates are of this test alone, for `localhost`.

use std::sync::Arc;

use channel::{Endpoints, Settings, Tls, Upstream};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};
use tonic::Code;

use crate::replica::{call, reason, settings, status};

const AUTHORITY: &str = include_str!("../tls/authority.pem");
const SERVER: &str = include_str!("../tls/server.pem");
const SERVER_KEY: &str = include_str!("../tls/server.key.pem");
const CLIENT: &str = include_str!("../tls/client.pem");
const CLIENT_KEY: &str = include_str!("../tls/client.key.pem");

fn chain(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().unwrap()
}

/// A server that wants a certificate of its callers.
async fn server() -> u16 {
    let provider = Arc::new(crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    chain(AUTHORITY).into_iter().for_each(|certificate| roots.add(certificate).unwrap());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain(SERVER), PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).unwrap())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = hyper::service::service_fn(|_: Request<Incoming>| async {
                    Ok::<Response<_>, std::convert::Infallible>(status(Code::AlreadyExists, "seen"))
                });
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    port
}

fn tls(identity: bool) -> Tls {
    Tls {
        authority: AUTHORITY.to_owned(),
        identity: identity.then(|| (CLIENT.to_owned(), CLIENT_KEY.to_owned())),
        server_name: Some("localhost".to_owned()),
    }
}

async fn call_with(tls: Tls) -> tonic::Status {
    let endpoints = Endpoints::Static(vec![format!("https://127.0.0.1:{}", server().await)]);
    let upstream = Upstream::remote("assets", &endpoints, &Settings { tls: Some(tls), ..settings() }).unwrap();
    call(&upstream, "/t.T/Get").await.1
}

#[tokio::test]
async fn both_sides_known_a_call_passes() {
    assert_eq!(call_with(tls(true)).await.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_stranger_on_either_side_is_refused() {
    let nameless = call_with(tls(false)).await;
    let impostor = call_with(Tls { server_name: Some("elsewhere.example".to_owned()), ..tls(true) }).await;
    for status in [nameless, impostor] {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVICE_UNREACHABLE"));
        assert!(status.message().contains("was not sent"), "{}", status.message());
    }
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_named_and_keys_are_never_shown() {
    let endpoints = Endpoints::Static(vec!["https://127.0.0.1:1".to_owned()]);
    let table = [
        (Tls { authority: "/etc/authority.pem".to_owned(), ..tls(true) }, "tls.authority"),
        (Tls { identity: Some((CLIENT.to_owned(), "no key".to_owned())), ..tls(true) }, "tls.identity"),
        (Tls { identity: Some((CLIENT.to_owned(), SERVER_KEY.to_owned())), ..tls(true) }, "tls.identity"),
    ];
    for (tls, field) in table {
        let shown = format!("{tls:?}");
        assert!(!shown.contains("KEY") && !shown.contains("no key"), "{shown}");
        let fault = Upstream::remote("assets", &endpoints, &Settings { tls: Some(tls), ..settings() }).unwrap_err();
        assert_eq!((fault.reason(), fault.field()), ("FIELD_INVALID", field));
    }
}
