//! What stands before a service: our gateway alone, and nginx for comparison.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use access::LocalKey;
use anyhow::{Context as _, Result, bail};

use super::child::Serving;

/// Starts `telwarden serve gateway` before the service at `upstream`, as production runs it.
pub(crate) fn gateway(program: &Path, folder: &Path, keys: &Path, upstream: &str) -> Result<Serving> {
    let trust = LocalKey::open(keys)?.trust();
    let file = folder.join("gateway.toml");
    let text = format!(
        "[door]\naddress = \"127.0.0.1:0\"\n[upstreams]\nassets = [{upstream:?}]\n\
         [trust]\nissuer = {:?}\naudience = {:?}\nkey_set = {:?}\n",
        trust.issuer,
        trust.audience,
        trust.key_set.display().to_string(),
    );
    std::fs::write(&file, text)?;
    Serving::start(program, &["serve".as_ref(), "gateway".as_ref(), "--config".as_ref(), file.as_os_str()])
}

/// nginx before a service; ended when dropped.
pub(crate) struct Nginx {
    child: Child,
    _folder: tempfile::TempDir,
    /// Its URL.
    pub(crate) url: String,
}

impl Nginx {
    /// Starts nginx before the service at `upstream`; none where it is not installed.
    pub(crate) async fn start(upstream: &str) -> Result<Option<Self>> {
        if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_err() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        let listen = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let authority = upstream.trim_start_matches("http://");
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration(folder.path(), &listen.to_string(), authority))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file).arg("-e").arg(folder.path().join("error.log"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut nginx = Self { child, _folder: folder, url: format!("http://{listen}") };
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(listen).await.is_ok() {
                return Ok(Some(nginx));
            }
            if let Some(status) = nginx.child.try_wait().context("nginx")? {
                bail!("nginx ended by itself: {status}; its configuration does not suit this version");
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        bail!("nginx was started and does not listen")
    }

    /// The id of its first process, whose children do the work.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM by the tool: nginx ends its workers only when it is asked, not when it is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// As many workers as processors, connections to the service kept, nothing logged: the fastest it can be asked to be.
fn configuration(folder: &Path, listen: &str, upstream: &str) -> String {
    let folder = folder.display();
    let user = if is_root() { "user root;" } else { "" };
    format!(
        "{user}
daemon off;
worker_processes auto;
pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  keepalive_requests 1000000000;
  upstream service {{ server {upstream}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen {listen} http2;
    location / {{ grpc_pass grpc://service; }}
  }}
}}
"
    )
}

/// Workers of a root's nginx run as nobody, who cannot enter our folder.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
