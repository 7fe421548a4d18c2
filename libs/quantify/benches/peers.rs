//! The engine beside its peers, in one run on one machine: seconds of both, and their ratio.
//!
//! `cargo bench -p quantify` starts the scripts of `tests/peers` with `python3`; without numpy or pyfair it says what was SKIPPED.

use std::{error::Error, fmt::Write as _, process::Command, time::Instant};

use quantify::{Model, Outcome, Settings, Watch, run};

const MU: f64 = 11.0;
const SIGMA: f64 = 1.0;

fn compound(scenarios: usize) -> String {
    let mut yaml = String::from("scenarios:\n");
    for at in 0..scenarios {
        let _ = write!(
            yaml,
            "  - id: s{at}\n    frequency: {{distribution: poisson, rate: 1}}\n    severity: {{distribution: lognormal, mu: {MU}, \
             sigma: {SIGMA}}}\n"
        );
    }
    yaml
}

/// The tree of `pyfair_scenario.py`.
fn fair(risks: usize) -> String {
    let mut yaml = String::from("scenarios:\n");
    for at in 0..risks {
        let _ = write!(
            yaml,
            "  - id: risk{at}
    form: product
    fair:
      threat_event_frequency: {{distribution: pert, low: 1, mode: 4, high: 10, variant: moment}}
      threat_capability: {{distribution: pert, low: 0.1, mode: 0.5, high: 0.9, variant: moment}}
      resistance_strength: {{distribution: pert, low: 0.3, mode: 0.6, high: 0.95, variant: moment}}
      primary_loss: {{distribution: pert, low: 10000, mode: 50000, high: 500000, variant: moment}}
      secondary_loss_event_frequency: {{distribution: pert, low: 0.05, mode: 0.1, high: 0.4, variant: moment}}
      secondary_loss_magnitude: {{distribution: pert, low: 50000, mode: 200000, high: 2000000, variant: moment}}
"
        );
    }
    yaml
}

/// The shortest of three runs.
fn timed(yaml: &str, years: u64, threads: usize) -> Result<(f64, Outcome), Box<dyn Error>> {
    let mut best = once(yaml, years, threads)?;
    for _ in 0..2 {
        let again = once(yaml, years, threads)?;
        if again.0 < best.0 {
            best = again;
        }
    }
    Ok(best)
}

fn once(yaml: &str, years: u64, threads: usize) -> Result<(f64, Outcome), Box<dyn Error>> {
    let begun = Instant::now();
    let model = Model::from_yaml(yaml)?;
    let outcome = run(&model, &Settings { years, seed: 1, threads, ..Settings::default() }, &Watch::new())?;
    Ok((begun.elapsed().as_secs_f64(), outcome))
}

/// A peer's JSON, of the shortest of three runs as ours is, or nothing after saying so.
fn peer(script: &str, arguments: &[&str]) -> Option<serde_json::Value> {
    let runs = (0..3).filter_map(|_| peer_once(script, arguments));
    let found = runs.min_by(|one, other| taken(one).total_cmp(&taken(other)));
    if found.is_none() {
        println!("  SKIPPED: {script} does not run here (is the package installed?)");
    }
    found
}

fn peer_once(script: &str, arguments: &[&str]) -> Option<serde_json::Value> {
    let path = format!("{}/tests/peers/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3").arg(path).args(arguments).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// All the seconds that a peer tells of.
fn taken(peer: &serde_json::Value) -> f64 {
    seconds(peer, &["seconds", "drawing", "figures"])
}

fn seconds(peer: &serde_json::Value, names: &[&str]) -> f64 {
    names.iter().filter_map(|name| peer[name].as_f64()).sum()
}

fn beside(what: &str, ours: f64, peer: Option<(&str, f64)>) {
    match peer {
        Some((name, theirs)) => {
            println!("  {what}: ours {ours:.4} s, {name} {theirs:.4} s, ratio {:.1}", theirs / ours);
        }
        None => println!("  {what}: ours {ours:.4} s"),
    }
}

/// The most memory the process has held, in MB, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1_024)
}

fn against_pyfair(title: &str, risks: usize, years: u64) -> Result<(), Box<dyn Error>> {
    println!("{title}");
    let (ours, outcome) = timed(&fair(risks), years, 0)?;
    let theirs = peer("pyfair_scenario.py", &[&years.to_string(), &risks.to_string()]);
    beside("all threads", ours, theirs.as_ref().map(|peer| ("pyfair", seconds(peer, &["seconds"]))));
    let mean = theirs.map(|peer| seconds(&peer, &["mean"]));
    println!(
        "  mean: ours {:.0} ± {:.0}, pyfair {mean:.0?}",
        outcome.portfolio.losses.gross.mean, outcome.portfolio.losses.gross.mean_error
    );
    Ok(())
}

fn against_numpy(title: &str, scenarios: usize, years: u64, threads: usize) -> Result<(), Box<dyn Error>> {
    println!("{title}");
    let (ours, outcome) = timed(&compound(scenarios), years, threads)?;
    let (scenarios, years, mu, sigma) = (scenarios.to_string(), years.to_string(), MU.to_string(), SIGMA.to_string());
    let theirs = peer("numpy_compound.py", &[&scenarios, &years, "1", &mu, &sigma]);
    let both = |names: &[&str]| theirs.as_ref().map(|peer| ("numpy", seconds(peer, names)));
    beside("with figures and their errors, numpy draws and sums only", ours, both(&["drawing"]));
    beside("the same, numpy with its figures", ours, both(&["drawing", "figures"]));
    println!("  mean of all: {:.0}", outcome.portfolio.losses.gross.mean);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo also calls benches while it tests, and then wants no minutes of work.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    against_pyfair("one FAIR scenario, 1 000 000 years", 1, 1_000_000)?;
    against_numpy("compound Poisson-lognormal, 1 000 000 years, one thread", 1, 1_000_000, 1)?;
    against_pyfair("portfolio of 100 risks, 100 000 years", 100, 100_000)?;
    println!("  most memory so far: {:?} MB", peak());
    against_numpy("1 000 compound Poisson-lognormal scenarios, 100 000 years, all threads", 1_000, 100_000, 0)?;
    Ok(())
}
