//! The command line of the suite.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use access::{Clock as _, LocalKey, SystemClock, shipped_roles};
use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use process::listen::TlsSettings;
use telwarden::client::Connection;
use telwarden::suite::{self, Options, Suite};
use telwarden::{
    call, controls, estate, evidence, handling, import, incidents, insurance, ledger, member, money, posture,
    programme, quarantine, registers, risk, risks, surface, surveys, triage, watch,
};

/// Every message is many small pieces of memory, taken by one thread and given back by another. Elsewhere the system's own does: this one is bound to
/// the size of a page for which it was built.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Information security management for telecommunications operators (ITU-T X.1051 and its family).
#[derive(Debug, Parser)]
#[command(name = "telwarden", version, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the whole suite in one process.
    Up(Up),
    /// Runs one service, or the gateway, alone, as production does.
    Serve {
        /// `assets`, `controls`, `risk` or `gateway`.
        service: String,
        /// Its settings; what the file leaves out stays at the default (see docs/config.md).
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Prints a token of the embedded default.
    Token(Token),
    /// Imports a file of another system.
    Import(import::Import),
    /// Calls any method: `telwarden call telwarden.assets.v1.AssetService/GetAsset '{"name": "…"}'`.
    Call {
        /// `package.Service/Method`.
        method: String,
        /// The request as JSON; a list of requests for a client stream.
        #[arg(default_value = "{}")]
        json: String,
    },
    /// Follows the changes of an organization.
    Watch(watch::Watch),
    /// Works on ledgers offline.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Asks the asset register, for people.
    #[command(subcommand)]
    Assets(estate::Assets),
    /// The import runs, what they found and what they missed.
    Surveys(surveys::Surveys),
    /// The records that imports rejected.
    Quarantine(quarantine::Quarantine),
    /// Which controls apply.
    #[command(subcommand)]
    Controls(controls::Controls),
    /// Incidents: what is due, and what happened.
    #[command(subcommand)]
    Incidents(incidents::Incidents),
    /// Risks: the register, the heat map, and what is brought in.
    #[command(subcommand)]
    Risk(risk::Risk),
    /// Files of evidence.
    #[command(subcommand)]
    Evidence(evidence::Files),
    /// One screen for the board: what there is, how valuable, how well known.
    Posture {
        /// Whose.
        #[arg(long)]
        organization: String,
    },
    /// Writes a generated operator's inventory to stdout.
    Sample {
        /// The same seed gives the same estate.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// 1 is about 2,000 assets, 500 about a million; may be a fraction.
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
        /// The format.
        #[arg(long, default_value = "tmf639", value_parser = ["tmf639"])]
        format: String,
    },
}

#[derive(Debug, Subcommand)]
enum Ledger {
    /// Checks that the chain holds and that every row is what the ledger last said of it.
    Verify(ledger::Verify),
}

#[derive(Debug, clap::Args)]
struct Up {
    /// Where databases, keys and files of evidence are kept.
    #[arg(long, default_value = "./telwarden-data")]
    data: PathBuf,
    /// Where the gateway listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Import the sample operator into organization `sample`.
    #[arg(long)]
    sample: bool,
    /// A PostgreSQL server to keep one database for each service on, instead of embedded databases.
    #[arg(long)]
    postgres: Option<String>,
    /// Listen beyond loopback without TLS.
    #[arg(long)]
    insecure: bool,
    /// The certificate that the gateway shows, and those that vouch for it (PEM): it serves https://.
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// The authority whose clients alone may connect (PEM): mutual TLS.
    #[arg(long, value_name = "FILE")]
    tls_client_ca: Option<PathBuf>,
}

impl Up {
    fn tls(&self) -> Result<Option<TlsSettings>> {
        match (&self.tls_cert, &self.tls_key, &self.tls_client_ca) {
            (None, None, None) => Ok(None),
            (Some(certificate), Some(key), authority) => Ok(Some(TlsSettings {
                certificate: certificate.clone(),
                key: key.clone(),
                client_authority: authority.clone(),
            })),
            (Some(_), None, _) => bail!("--tls-cert is given without --tls-key: TLS needs both"),
            (None, Some(_), _) => bail!("--tls-key is given without --tls-cert: TLS needs both"),
            (None, None, Some(_)) => bail!("--tls-client-ca is given without --tls-cert and --tls-key: it needs both"),
        }
    }
}

#[derive(Debug, clap::Args)]
struct Token {
    /// Where `telwarden up` keeps its data.
    #[arg(long, default_value = "./telwarden-data")]
    data: PathBuf,
    /// The organization the caller acts for; several times for a group.
    #[arg(long, required_unless_present = "service")]
    organization: Vec<String>,
    /// The caller's role; several times for several.
    #[arg(long, required_unless_present = "service")]
    role: Vec<String>,
    /// Who the caller is.
    #[arg(long, default_value = "operator")]
    subject: String,
    /// A token by which this service calls others (its setting `follow.token_file`), instead of one for a caller of the gateway.
    #[arg(long, conflicts_with_all = ["organization", "role", "subject"])]
    service: Option<String>,
    /// How long it holds: `30m`, `1h`.
    #[arg(long, default_value = "1h")]
    ttl: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments));
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let connection = &arguments.connection;
    match &arguments.command {
        Command::Up(up) => serve(up).await,
        Command::Serve { service, config } => telwarden::serve::serve(service, config.as_deref()).await,
        Command::Token(token) => mint(token),
        Command::Import(options) => import::run(connection, options).await,
        Command::Call { method, json } => call::call(connection, method, json).await,
        Command::Watch(options) => watch::watch(connection, options).await,
        Command::Ledger(Ledger::Verify(options)) => ledger::verify(options, connection.output).await,
        Command::Assets(assets) => estate::run(connection, assets).await,
        Command::Controls(of) => controls::run(connection, of).await,
        Command::Incidents(of) => incidents::run(connection, of).await,
        Command::Risk(of) => risk::run(connection, of).await,
        Command::Evidence(files) => evidence::run(connection, files).await,
        Command::Surveys(options) => surveys::run(connection, options).await,
        Command::Quarantine(options) => quarantine::run(connection, options).await,
        Command::Posture { organization } => posture::posture(connection, organization).await,
        Command::Sample { seed, scale, .. } => write_sample(*seed, *scale),
    }
}

fn write_sample(seed: u64, scale: f64) -> Result<()> {
    if !(scale > 0.0 && scale <= 10_000.0) {
        bail!("--scale must be above 0 and at most 10000");
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    sample::write_tmf639(sample::Settings { seed, scale }, &mut out)?;
    out.flush()?;
    Ok(())
}

fn mint(token: &Token) -> Result<()> {
    let roles = shipped_roles();
    let known: Vec<&str> = roles.names().map(|(name, _)| name).collect();
    if let Some(unknown) = token.role.iter().find(|role| !known.contains(&role.as_str())) {
        bail!("no role {unknown}; there are: {}", known.join(", "));
    }
    if let Some(wrong) = token.organization.iter().find(|id| !resource::valid_id(id)) {
        bail!("{wrong} is no organization id: 1 to 63 of `a-z 0-9 - . _`, beginning with a letter or digit");
    }
    let lifetime: process::config::Period = token.ttl.parse().with_context(|| format!("--ttl {}", token.ttl))?;
    let key = LocalKey::open(&token.data.join("keys"))?;
    let now = SystemClock.now();
    let minted = if let Some(service) = &token.service {
        member::member(service)?;
        let subject = format!("service:{service}");
        key.mint(&subject, &[access::EVERY_ORGANIZATION], &[access::SERVICE_ROLE], now, lifetime.into())?
    } else {
        let organizations: Vec<&str> = token.organization.iter().map(String::as_str).collect();
        let roles: Vec<&str> = token.role.iter().map(String::as_str).collect();
        key.mint(&token.subject, &organizations, &roles, now, lifetime.into())?
    };
    println!("{minted}");
    Ok(())
}

async fn serve(up: &Up) -> Result<()> {
    let tls = up.tls()?;
    if !up.listen.ip().is_loopback() && tls.is_none() && !up.insecure {
        bail!(
            "{} is beyond loopback and would carry tokens in clear: give --tls-cert and --tls-key, or put TLS in front and add --insecure",
            up.listen
        );
    }
    let telemetry = process::telemetry::start(&telemetry())?;
    let options = Options {
        data: up.data.clone(),
        listen: up.listen,
        postgres: up.postgres.clone(),
        gateway: gateway::Settings::default(),
        tls,
    };
    let suite = suite::start(options).await?;
    let supporting = match up.sample {
        true => load_sample(&suite).await?,
        false => None,
    };
    println!("{{\"ready\":true,\"gateway\":\"{}\"}}", suite.url());
    std::io::stdout().flush()?;
    hint(up, &suite, supporting.as_deref());
    process::shutdown::until_signal().await?;
    eprintln!("draining");
    suite.stop().await?;
    telemetry.shutdown().await.context("telemetry could not be flushed")?;
    Ok(())
}

fn telemetry() -> process::telemetry::TelemetrySettings {
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
    let mut settings = process::telemetry::TelemetrySettings::default().named("telwarden");
    settings.otlp_endpoint = endpoint;
    // As OpenTelemetry names it, in milliseconds.
    let every = std::env::var("OTEL_METRIC_EXPORT_INTERVAL").ok().and_then(|every| format!("{every}ms").parse().ok());
    settings.metric_period = every.unwrap_or(settings.metric_period);
    "warn".clone_into(&mut settings.log_filter);
    settings
}

/// Imports the sample operator and shows it; gives the id of an asset that much depends on.
async fn load_sample(suite: &Suite) -> Result<Option<String>> {
    use std::ops::ControlFlow;
    let token = suite.token("sample", &["sample"], &["administrator"])?;
    let client = suite.client(&token)?;
    eprintln!("importing the sample operator into organization `sample`");
    let start = wire::assets::v1::ImportStart {
        parent: "organizations/sample".to_owned(),
        source: "sample".to_owned(),
        accept_states: true,
        ..Default::default()
    };
    let settings = sample::Settings { seed: 1, scale: 1.0 };
    let mut bytes = Vec::new();
    sample::write_tmf639(settings, &mut bytes)?;
    let read = move |sink: &mut dyn FnMut(intake::Item) -> ControlFlow<()>| {
        intake::read(intake::Format::Tmf639, &mut bytes.as_slice(), &intake::Settings::default(), sink)
    };
    let done = import::stream(client.clone(), start, Box::new(read)).await?;
    let counts = done.summary.counts.unwrap_or_default();
    eprintln!(
        "{} read, {} new, {} unchanged, {} rejected",
        counts.read, counts.created, counts.unchanged, counts.rejected
    );
    let made = registers::create(client.clone(), "sample", "sample", &sample::registers(settings)?).await?;
    eprintln!(
        "{} interconnects, {} security levels and {} essential users new",
        made.interconnects, made.security_levels, made.essential_users
    );
    let approver = suite.client(&suite.token("sample-approver", &["sample"], &["approver", "control-owner"])?)?;
    let people = programme::People { owner: client.clone(), approver };
    let made = programme::create(&people, "sample", &sample::programme()).await?;
    eprintln!(
        "{} statements of applicability, {} implementations of controls and {} exceptions new",
        made.statements, made.implementations, made.exceptions
    );
    let threats = surface::threats(&people, "sample", sample::surface()).await?;
    let risks = risks::create(&people, "sample", "sample", sample::risks()).await?;
    let made = surface::create(&people, "sample", "sample", sample::surface()).await?;
    eprintln!(
        "{threats} threats, {} risks, {} exposures, {} findings and {} links to legacy networks new",
        risks + made.risks,
        made.exposures,
        made.findings,
        made.legacy_links
    );
    let made = insurance::create(&people, "sample", sample::insurance()).await?;
    eprintln!(
        "{} insurers, {} insurance policies and quotes, {} answers to insurers and {} claims new",
        made.insurers, made.policies, made.answers, made.claims
    );
    let quantified = money::create(&client, "sample", sample::money()).await?;
    eprintln!("{quantified} quantifications new");
    let handled = handling::create(&client, "sample", "sample", sample::incidents()).await?;
    let signals = triage::create(&client, "sample", "sample", sample::signals()).await?;
    eprintln!("{handled} incidents and {signals} signals new");
    let estate = posture::estate::read(client, "sample").await?;
    eprint!("{}", posture::estate::text("sample", &estate));
    let last = estate.deepest_dependency.last().and_then(|name| name.rsplit('/').next());
    Ok(last.map(str::to_owned))
}

fn hint(up: &Up, suite: &Suite, supporting: Option<&str>) {
    let organization = if up.sample { "sample" } else { "acme" };
    let (url, data) = (suite.url(), up.data.display());
    let curl = if up.tls_cert.is_some() { "curl --cacert \"$TELWARDEN_CA\"" } else { "curl" };
    eprintln!("\nTelwarden serves at {url} (browse it: {url}/docs)\nTry next, in another terminal:");
    if up.tls_cert.is_some() {
        eprintln!("  export TELWARDEN_CA=FILE   # the authority that the gateway's certificate comes from");
    }
    eprintln!(
        "  export TELWARDEN_GATEWAY={url} TELWARDEN_TOKEN=$(telwarden token --data {data} --organization {organization} --role administrator)"
    );
    eprintln!(
        "  {curl} -s -H \"authorization: Bearer $TELWARDEN_TOKEN\" '{url}/v1/organizations/{organization}/assets?page_size=3&order_by=effective_value%20desc'"
    );
    if let Some(asset) = supporting {
        eprintln!(
            "  {curl} -s -H \"authorization: Bearer $TELWARDEN_TOKEN\" '{url}/v1/organizations/{organization}/assets/{asset}:impact?page_size=5'"
        );
        eprintln!("  telwarden assets explain {asset} --organization {organization}");
    }
    eprintln!("  telwarden posture --organization {organization}");
}
