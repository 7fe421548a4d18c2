//! `telwarden up` over TLS, and the command line that calls it, as processes of their own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy takes what helps a test for production code")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const LIST: [&str; 3] = ["call", "telwarden.assets.v1.AssetService/ListAssets", r#"{"parent": "organizations/acme"}"#];

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telwarden"));
    for name in
        ["TELWARDEN_CA", "TELWARDEN_TOKEN", "TELWARDEN_GATEWAY", "TELWARDEN_CLIENT_CERT", "TELWARDEN_CLIENT_KEY"]
    {
        command.env_remove(name);
    }
    command
}

/// A folder with an authority, and a certificate of it for this machine and for a client.
struct Paper {
    folder: tempfile::TempDir,
}

impl Paper {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::new(params, key);
        for name in ["server", "client"] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            std::fs::write(folder.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
            std::fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The suite, until dropped.
struct Suite {
    child: Child,
    url: String,
    token: String,
}

impl Suite {
    fn up(paper: &Paper, more: &[&str]) -> Self {
        let data = paper.path("data");
        let mut child = program()
            .args(["up", "--data"])
            .arg(&data)
            .arg("--tls-cert")
            .arg(paper.path("server.pem"))
            .arg("--tls-key")
            .arg(paper.path("server.key"))
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let token = program()
            .args(["token", "--organization", "acme", "--role", "administrator", "--data"])
            .arg(&data)
            .output()
            .unwrap();
        let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
        Self { child, url: ready["gateway"].as_str().unwrap().to_owned(), token }
    }

    fn address(&self) -> SocketAddr {
        let port = self.url.rsplit(':').next().unwrap();
        format!("127.0.0.1:{port}").parse().unwrap()
    }

    fn call(&self, gateway: &str, more: &[&Path]) -> Output {
        let mut command = program();
        command.args(LIST).args(["--gateway", gateway]).env("TELWARDEN_TOKEN", &self.token);
        for (option, path) in ["--ca", "--client-cert", "--client-key"].iter().zip(more) {
            command.arg(option).arg(path);
        }
        command.output().unwrap()
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asks for a page over TLS, offering these protocols; the answer, and the protocol chosen.
fn get(address: SocketAddr, authority: &Path, protocols: &[&str]) -> (String, String) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // Whether the other side says goodbye properly is not what is asked here.
    let _ = stream.read_to_end(&mut answer);
    let chosen = stream.conn.alpn_protocol().unwrap_or_default();
    (String::from_utf8_lossy(&answer).into_owned(), String::from_utf8_lossy(chosen).into_owned())
}

#[test]
fn the_suite_serves_every_protocol_under_tls_and_says_so_to_those_who_do_not() {
    let paper = Paper::new();
    // Beyond loopback: with a certificate there is nothing insecure about it.
    let suite = Suite::up(&paper, &["--listen", "0.0.0.0:0"]);
    assert!(suite.url.starts_with("https://0.0.0.0:"), "{}", suite.url);
    let address = suite.address();
    let (by_address, by_name) = (format!("https://{address}"), format!("https://localhost:{}", address.port()));
    let authority = paper.path("ca.pem");

    for gateway in [&by_address, &by_name] {
        let output = suite.call(gateway, &[&authority]);
        assert!(output.status.success(), "{}", said(&output));
    }
    let stranger = suite.call(&by_address, &[]);
    assert!(!stranger.status.success() && said(&stranger).contains("--ca"), "{}", said(&stranger));
    let foreign = suite.call(&by_address, &[&Paper::new().path("ca.pem")]);
    assert!(!foreign.status.success() && said(&foreign).contains("invalid peer certificate"), "{}", said(&foreign));

    let (answer, chosen) = get(address, &authority, &["http/1.1"]);
    assert!(answer.starts_with("HTTP/1.1 200") && chosen == "http/1.1", "{answer} {chosen}");
    let (answer, chosen) = get(address, &authority, &[]);
    assert!(answer.starts_with("HTTP/1.1 200") && chosen.is_empty(), "{answer} {chosen}");
    assert_eq!(get(address, &authority, &["h2", "http/1.1"]).1, "h2");

    let clear = suite.call(&format!("http://{address}"), &[]);
    assert!(!clear.status.success() && said(&clear).contains("https://"), "{}", said(&clear));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
}

#[test]
fn under_mutual_tls_only_holders_of_a_certificate_are_served() {
    let paper = Paper::new();
    let authority = paper.path("ca.pem");
    let suite = Suite::up(&paper, &["--listen", "127.0.0.1:0", "--tls-client-ca", authority.to_str().unwrap()]);
    let known = suite.call(&suite.url, &[&authority, &paper.path("client.pem"), &paper.path("client.key")]);
    assert!(known.status.success(), "{}", said(&known));
    let unknown = suite.call(&suite.url, &[&authority]);
    assert!(!unknown.status.success(), "a client without a certificate is refused");
    let half = suite.call(&suite.url, &[&authority, &paper.path("client.pem")]);
    assert!(!half.status.success() && said(&half).contains("--client-key"), "{}", said(&half));
}

#[test]
fn what_is_half_set_or_cannot_be_used_does_not_start() {
    let paper = Paper::new();
    let path = |name: &str| paper.path(name).to_str().unwrap().to_owned();
    let table = [
        (vec!["--tls-cert".to_owned(), path("server.pem")], "--tls-key"),
        (vec!["--tls-key".to_owned(), path("server.key")], "--tls-cert"),
        (vec!["--tls-client-ca".to_owned(), path("ca.pem")], "--tls-cert and --tls-key"),
        (vec!["--tls-cert".to_owned(), path("none.pem"), "--tls-key".to_owned(), path("server.key")], "none.pem"),
        (
            vec!["--tls-cert".to_owned(), path("server.pem"), "--tls-key".to_owned(), path("client.key")],
            "certificate and key",
        ),
        (vec!["--listen".to_owned(), "0.0.0.0:0".to_owned()], "--tls-cert"),
    ];
    for (options, expected) in table {
        let mut command = program();
        let output = command.args(["up", "--data"]).arg(paper.path("data")).args(&options).output().unwrap();
        assert!(!output.status.success(), "{options:?}");
        assert!(said(&output).contains(expected), "{options:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "nothing is announced: {options:?}");
    }
}
