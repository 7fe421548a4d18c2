//! `telwarden risk quantify`: what risks cost in a year, simulated; of a file without a running suite, or of a risk of the register.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use quantify::{Curve, Model, Settings, Stopped, Watch};
use serde_json::Value;
use wire::risk::v1::quantification::State;
use wire::risk::v1::quantification_service_client::QuantificationServiceClient;
use wire::risk::v1::{GetQuantificationRequest, Quantification, QuantifyRiskRequest};

use crate::client::{Client, Connection, Output, explain};

/// What to quantify, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Quantify {
    /// A file in YAML or JSON (docs/quantify.md), or the name of a risk: `organizations/{organization}/risks/{risk}`.
    pub what: String,
    /// How many years to simulate, 2 to 10,000,000.
    #[arg(long, default_value_t = 100_000)]
    pub years: u64,
    /// Where the draws begin. The same file, years and seed give the same figures to the last digit.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The model of a risk, as a file; the one of its last quantification where left out.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// The currency of a risk's model, as ISO 4217 codes it.
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Also draws the curves into this file, as SVG.
    #[arg(long)]
    pub svg: Option<PathBuf>,
}

/// What came of it: as JSON, and as the text for programs.
struct Told {
    value: Value,
    text: String,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, a model that is refused (each violation on a line), what the suite answers.
pub(super) async fn run(connection: &Connection, which: &Quantify) -> Result<()> {
    let told = if which.what.starts_with("organizations/") {
        of_risk(connection.open().await?, which).await?
    } else {
        of_file(which).await?
    };
    if let Some(path) = &which.svg {
        std::fs::write(path, picture(&told.value)?).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    match connection.output {
        Output::Json => println!("{}", told.text),
        Output::Table => print!("{}", drawn(&told.value)),
    }
    Ok(())
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent} %  {human_pos} of {human_len} years  {elapsed}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A model's text. No more of a file is read than a model may have and one byte, by which the engine sees that it has more.
fn model(path: &Path) -> std::io::Result<String> {
    let mut text = Vec::new();
    let most = u64::try_from(Model::MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path)?.take(most).read_to_end(&mut text)?;
    String::from_utf8(text).map_err(|wrong| std::io::Error::new(std::io::ErrorKind::InvalidData, wrong.utf8_error()))
}

// === Of a file ===

async fn of_file(which: &Quantify) -> Result<Told> {
    let path = Path::new(&which.what);
    let text = model(path).with_context(|| {
        format!(
            "{} cannot be read; for a risk give its whole name, organizations/{{organization}}/risks/{{risk}}",
            path.display()
        )
    })?;
    let settings = Settings { years: which.years, seed: which.seed, ..Settings::default() };
    let bar = bar();
    let shown = bar.clone();
    let watch = Watch::telling(move |progress| {
        shown.set_length(progress.total);
        shown.set_position(progress.done);
    });
    let simulated = tokio::task::spawn_blocking(move || {
        let model = Model::from_yaml(&text).map_err(Stopped::Refused)?;
        quantify::run(&model, &settings, &watch)
    });
    let outcome = simulated.await?;
    bar.finish_and_clear();
    match outcome {
        Ok(outcome) => Ok(Told { value: serde_json::to_value(&outcome)?, text: serde_json::to_string(&outcome)? }),
        Err(Stopped::Refused(wrong)) => bail!("{} is refused:\n{wrong}", path.display()),
        Err(stopped) => Err(stopped.into()),
    }
}

// === Of a risk ===

async fn of_risk(client: Client, which: &Quantify) -> Result<Told> {
    let model = match &which.model {
        Some(path) => model(path).with_context(|| format!("{} cannot be read", path.display()))?,
        None => String::new(),
    };
    let whole = |number: u64, what: &str| i64::try_from(number).with_context(|| format!("--{what} is too large"));
    let request = QuantifyRiskRequest {
        name: which.what.clone(),
        model,
        years: whole(which.years, "years")?,
        seed: whole(which.seed, "seed")?,
        currency_code: which.currency.clone(),
    };
    let mut service = QuantificationServiceClient::new(client);
    let mut at = service.quantify_risk(request).await.map_err(|status| explain(&status))?.into_inner();
    let bar = bar();
    while matches!(at.state(), State::Queued | State::Running) {
        bar.set_length(u64::try_from(at.total_years).unwrap_or_default());
        bar.set_position(u64::try_from(at.done_years).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(200)).await;
        let request = GetQuantificationRequest { name: at.name.clone() };
        at = service.get_quantification(request).await.map_err(|status| explain(&status))?.into_inner();
    }
    bar.finish_and_clear();
    let value =
        outcome(&at).with_context(|| format!("{} is {}: {}", at.name, at.state().as_str_name(), at.state_reason))?;
    Ok(Told { text: value.to_string(), value })
}

/// The engine's result within a quantification; none of one that is not DONE.
fn outcome(of: &Quantification) -> Option<Value> {
    of.outcome.clone().map(wire::json::of_struct)
}

// === For people ===

/// The figures as a table, and the curve.
#[must_use]
pub fn drawn(outcome: &Value) -> String {
    let mut table = comfy_table::Table::new();
    table.set_header(["of a year", "mean", "± error", "sd", "p50", "p90", "p95", "p99", "TVaR95"]);
    let scenarios = outcome["scenarios"].as_object().into_iter().flatten().map(|(id, of)| (id.as_str(), of));
    for (id, of) in scenarios.chain([("all together", &outcome["portfolio"])]) {
        for (view, figures) in [("", of), (" retained", &of["retained"]), (" transferred", &of["transferred"])] {
            if figures.is_null() {
                continue;
            }
            let figure = |name: &str| amount(figures[name].as_f64());
            let figures = ["mean", "mean_error", "sd", "p50", "p90", "p95", "p99", "tvar95"].map(figure);
            table.add_row([format!("{id}{view}")].into_iter().chain(figures));
        }
    }
    let mut out = format!("{table}\n");
    if let Some(curve) = outcome.pointer("/portfolio/curve").and_then(curve) {
        out.push('\n');
        out.push_str(&quantify::plain_curve(&curve, &appetite(outcome)));
    }
    out.push_str(&choices(outcome));
    out
}

/// The options beside each other, where there are any.
fn choices(outcome: &Value) -> String {
    let Some(options) = outcome["options"].as_object().filter(|options| !options.is_empty()) else {
        return String::new();
    };
    let mut table = comfy_table::Table::new();
    table.set_header(["option", "kind", "cost", "premium", "expected loss", "TVaR99", "net benefit", "kWh"]);
    for (id, of) in options {
        let kind = of["kind"].as_str().unwrap_or_default().to_owned();
        let borne = if of["retained"].is_null() { of } else { &of["retained"] };
        let figures =
            [&of["cost"], &of["premium"], &borne["mean"], &borne["tvar99"], &of["net_benefit"], &of["energy_kwh"]];
        table.add_row([id.clone(), kind].into_iter().chain(figures.map(|figure| amount(figure.as_f64()))));
    }
    format!("\n{table}\n")
}

/// Whole units, in groups of three.
pub(crate) fn amount(of: Option<f64>) -> String {
    let Some(of) = of else { return String::new() };
    let digits = format!("{:.0}", of.abs());
    let mut grouped = if of <= -0.5 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

fn curve(of: &Value) -> Option<Curve> {
    serde_json::from_value(of.clone()).ok()
}

/// The points of the appetite line: a loss, and the probability of more that is bearable.
fn appetite(outcome: &Value) -> Vec<(f64, f64)> {
    let points = outcome.pointer("/portfolio/appetite/line").and_then(Value::as_array);
    points
        .into_iter()
        .flatten()
        .filter_map(|point| Some((point["loss"].as_f64()?, point["bearable"].as_f64()?)))
        .collect()
}

/// The curves of all scenarios together, before insurance and after.
fn picture(outcome: &Value) -> Result<String> {
    let gross = outcome.pointer("/portfolio/curve").and_then(curve).context("the result has no curve")?;
    let retained = outcome.pointer("/portfolio/retained_curve").and_then(curve);
    let curves: Vec<(&str, &Curve)> = [("before insurance", Some(&gross)), ("retained", retained.as_ref())]
        .into_iter()
        .filter_map(|(name, curve)| Some((name, curve?)))
        .collect();
    Ok(quantify::svg_curve(&curves, &appetite(outcome), &quantify::Labels::default()))
}
