//! Keys that an identity provider publishes: fetched at the start, renewed when one is unknown, kept when it is down.

#![expect(clippy::unwrap_used, reason = "clippy takes what helps a test for production code")]

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use access::{AuthenticateLayer, Clock as _, Provider, Rules, SystemClock, TokenError, Verifier, shipped_roles};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use http::{HeaderMap, Request, Response};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer as Authority, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tower::{Layer as _, ServiceExt as _};

const ISSUER: &str = "https://identity.example.org";
const AUDIENCE: &str = "telwarden";
const PATH: &str = "/telwarden.assets.v1.AssetService/GetAsset";

/// A key of the provider, and its name.
struct Key {
    id: &'static str,
    signing: EncodingKey,
    algorithm: Algorithm,
    public: Value,
}

impl Key {
    fn ed(id: &'static str, seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let pem = key.to_pkcs8_pem(Default::default()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        Self {
            id,
            signing: EncodingKey::from_ed_pem(pem.as_bytes()).unwrap(),
            algorithm: Algorithm::EdDSA,
            public: json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "use": "sig", "x": x}),
        }
    }

    fn ec(id: &'static str) -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let (x, y) = key.public_key_raw().get(1..).unwrap().split_at(32);
        Self {
            id,
            signing: EncodingKey::from_ec_pem(key.serialize_pem().as_bytes()).unwrap(),
            algorithm: Algorithm::ES256,
            public: json!({"kty": "EC", "crv": "P-256", "kid": id, "alg": "ES256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)}),
        }
    }

    fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let exp = SystemClock.now() / 1_000_000 + 3600;
        let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "exp": exp, "organizations": ["acme"], "roles": ["viewer"]});
        change(&mut claims);
        let header = Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, &claims, &self.signing).unwrap()
    }
}

fn published(keys: &[&Key]) -> String {
    json!({"keys": keys.iter().map(|key| &key.public).collect::<Vec<_>>()}).to_string()
}

/// An identity provider: what it answers can be changed, and it counts how often it is asked.
#[derive(Clone)]
struct Server {
    address: SocketAddr,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), answer: Arc::default(), asked: Arc::default() };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (own, tls) = (own.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => own.converse(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                own.converse(stream).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    async fn converse(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        // Long enough for many to ask while one is answered.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = self.answer.lock().clone();
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }

    fn gives(&self, status: &str, more: &str, body: &str) {
        let length = body.len();
        *self.answer.lock() =
            format!("HTTP/1.1 {status}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn provider(url: String) -> Provider {
    Provider {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        key_set_url: url,
        authority: None,
        every: Duration::from_secs(3600),
        patience: Duration::ZERO,
    }
}

async fn verifier(server: &Server) -> Result<Verifier, TokenError> {
    Verifier::fetching(provider(format!("http://{}/jwks", server.address))).await
}

fn door(verifier: Verifier) -> AuthenticateLayer {
    let rules = Rules::of(wire::pool(), &["telwarden.assets.v1.AssetService"]).unwrap();
    AuthenticateLayer::new(Arc::new(verifier), shipped_roles(), rules, Arc::new(SystemClock))
}

fn bearing(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers
}

/// What the door says of a token: empty if it lets the call in.
async fn said(door: &AuthenticateLayer, token: &str) -> String {
    match door.admit_after_renewal(PATH, &bearing(token)).await {
        Ok(context) => {
            assert_eq!(context.unwrap().caller.organizations, BTreeSet::from(["acme".to_owned()]));
            String::new()
        }
        Err(fault) => {
            assert_eq!(fault.reason(), "TOKEN_INVALID");
            fault.message().to_owned()
        }
    }
}

#[tokio::test]
async fn keys_of_every_allowed_kind_verify_what_they_signed_and_nothing_else() {
    let server = Server::start(None).await;
    let (ed, ec) = (Key::ed("one", 1), Key::ec("two"));
    server.gives("200 OK", "", &published(&[&ed, &ec]));
    let door = door(verifier(&server).await.unwrap());
    assert_eq!(said(&door, &ed.token(|_| {})).await, "");
    assert_eq!(said(&door, &ec.token(|_| {})).await, "");

    let forged = Key { id: "one", ..Key::ed("one", 9) };
    assert!(said(&door, &forged.token(|_| {})).await.contains("signature"));
    let confused = Key { id: "two", ..Key::ed("two", 1) };
    assert!(said(&door, &confused.token(|_| {})).await.contains("algorithm"));
    // The public key as a shared secret, the oldest trick of all.
    let secret = URL_SAFE_NO_PAD.decode(ed.public.get("x").unwrap().as_str().unwrap()).unwrap();
    let shared = Key { signing: EncodingKey::from_secret(&secret), algorithm: Algorithm::HS256, ..Key::ed("one", 1) };
    assert!(said(&door, &shared.token(|_| {})).await.contains("algorithm"));
    let rest = ed.token(|_| {});
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"one"}"#), rest.split('.').nth(1).unwrap());
    assert!(said(&door, &unsigned).await.contains("algorithm"));
    assert!(
        said(&door, &ed.token(|claims| claims["iss"] = "https://other.example.org".into())).await.contains("issuer")
    );
    assert!(said(&door, &ed.token(|claims| claims["aud"] = "billing".into())).await.contains("audience"));
    assert_eq!(server.asked(), 1, "none of this is a reason to fetch");
}

#[tokio::test]
async fn a_new_key_is_known_at_once_and_a_withdrawn_one_no_more() {
    let server = Server::start(None).await;
    let (old, new) = (Key::ed("old", 1), Key::ed("new", 2));
    server.gives("200 OK", "", &published(&[&old]));
    let door = door(verifier(&server).await.unwrap());
    let echo =
        tower::service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new("served".to_owned())) });
    let service = door.layer(echo);
    let call = |token: String| {
        let mut request = Request::post(PATH).body(String::new()).unwrap();
        *request.headers_mut() = bearing(&token);
        let service = service.clone();
        async move { service.oneshot(request).await.unwrap().into_body() }
    };
    let kept = old.token(|_| {});
    assert_eq!(call(kept.clone()).await, "served");
    server.gives("200 OK", "", &published(&[&new]));
    assert_eq!(call(new.token(|_| {})).await, "served", "the call itself waits for the new key");
    assert_eq!(call(kept).await, "", "also a token that was let in before");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_causes_one_fetch() {
    let server = Server::start(None).await;
    let (known, unknown) = (Key::ed("known", 1), Key::ed("unknown", 2));
    server.gives("200 OK", "", &published(&[&known]));
    let door = door(verifier(&server).await.unwrap());
    for _ in 0..2 {
        let calls = (0..200).map(|number| {
            let (door, token) = (door.clone(), unknown.token(|claims| claims["iat"] = number.into()));
            async move { said(&door, &token).await }
        });
        for text in futures::future::join_all(calls).await {
            assert!(text.contains("kid"), "{text}");
        }
    }
    assert_eq!(server.asked(), 2, "one at the start, one for all of them");
    assert_eq!(said(&door, &known.token(|_| {})).await, "");
}

#[tokio::test]
async fn while_the_provider_is_down_the_last_good_keys_stay() {
    let server = Server::start(None).await;
    let key = Key::ed("one", 1);
    server.gives("200 OK", "", &published(&[&key]));
    let mut settings = provider(format!("http://{}/jwks", server.address));
    settings.every = Duration::from_secs(1);
    let door = door(Verifier::fetching(settings).await.unwrap());
    let endless = "x".repeat((1 << 20) + 1);
    for (status, body) in [("503 Service Unavailable", ""), ("200 OK", endless.as_str())] {
        server.gives(status, "", body);
        let before = server.asked();
        let failed = async {
            // The next one is asked after the answer has changed, and is over before the one after it.
            while server.asked() < before + 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), failed).await.expect("it is asked again and again");
        assert_eq!(said(&door, &key.token(|claims| claims["iat"] = before.into())).await, "", "{status}");
    }
    let next = Key::ed("two", 2);
    server.gives("200 OK", "", &published(&[&next]));
    assert_eq!(said(&door, &next.token(|_| {})).await, "", "and it recovers");
}

#[tokio::test]
async fn a_provider_that_gives_no_keys_stops_the_start_with_a_reason() {
    let server = Server::start(None).await;
    let endless = "x".repeat((1 << 20) + 1);
    let table = [
        ("404 Not Found", "", "", "HTTP 404"),
        (
            "302 Found",
            "location: ftp://elsewhere.example.org/\r\n",
            "",
            "ftp://elsewhere.example.org/, and redirects are not followed",
        ),
        ("200 OK", "", "<html>", "not a JSON Web Key Set"),
        ("200 OK", "", r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"s"}]}"#, "no key"),
        ("200 OK", "", &endless, "larger than 1048576 bytes"),
    ];
    for (status, more, body, expected) in table {
        server.gives(status, more, body);
        let text = verifier(&server).await.unwrap_err().to_string();
        assert!(text.contains(expected) && text.contains("key_set_url"), "{text}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let text = Verifier::fetching(provider(format!("http://{nobody}/"))).await.unwrap_err().to_string();
    assert!(text.contains("refused") && text.contains(&nobody.to_string()), "{text}");

    for (setting, change) in [
        ("issuer", (|provider: &mut Provider| provider.issuer.clear()) as fn(&mut Provider)),
        ("audience", |provider| provider.audience.clear()),
        ("key_set_url", |provider| provider.key_set_url.clear()),
        ("key_set_url", |provider| provider.key_set_url = "http://identity.example.org/".to_owned()),
        ("key_set_every", |provider| provider.every = Duration::ZERO),
    ] {
        let mut settings = provider("http://localhost:1/".to_owned());
        change(&mut settings);
        let text = Verifier::fetching(settings).await.unwrap_err().to_string();
        assert!(text.contains(&format!("setting {setting} ")), "{text}");
    }
}

#[tokio::test]
async fn a_provider_that_starts_late_is_waited_for() {
    let server = Server::start(None).await;
    let key = Key::ed("one", 1);
    server.gives("503 Service Unavailable", "", "");
    let mut settings = provider(format!("http://{}/jwks", server.address));
    settings.patience = Duration::from_secs(60);
    let starting = tokio::spawn(Verifier::fetching(settings));
    while server.asked() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.gives("200 OK", "", &published(&[&key]));
    assert_eq!(said(&door(starting.await.unwrap().unwrap()), &key.token(|_| {})).await, "");
}

#[tokio::test]
async fn over_https_only_the_named_authority_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let issue = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let path = folder.path().join(name);
        std::fs::write(&path, params.self_signed(&key).unwrap().pem()).unwrap();
        (path, Authority::new(params, key))
    };
    let (path, authority) = issue("ca.pem");
    let (other, _) = issue("other.pem");
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
        )
        .unwrap();
    let server = Server::start(Some(TlsAcceptor::from(Arc::new(config)))).await;
    let key = Key::ed("one", 1);
    server.gives("200 OK", "", &published(&[&key]));
    let settings = |authority: &std::path::Path, host: &str| Provider {
        authority: Some(authority.to_owned()),
        ..provider(format!("https://{host}:{}/jwks", server.address.port()))
    };
    let verifier = Verifier::fetching(settings(&path, "localhost")).await.unwrap();
    assert_eq!(said(&door(verifier), &key.token(|_| {})).await, "");
    for (authority, host) in [(&other, "localhost"), (&path, "127.0.0.1")] {
        let text = Verifier::fetching(settings(authority, host)).await.unwrap_err().to_string();
        assert!(text.contains("certificate"), "{text}");
    }
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let text = Verifier::fetching(settings(&empty, "localhost")).await.unwrap_err().to_string();
    assert!(text.contains("empty.pem"), "{text}");
}
