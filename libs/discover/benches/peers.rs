//! Discovery beside presidio-analyzer, in one run on one machine: bytes a second of both, their ratio, and what both find.
//!
//! `cargo bench -p discover` starts the script of `tests/peers` with `python3` (another interpreter: `DISCOVER_PYTHON`); without presidio-analyzer
//! it says what was SKIPPED. `DISCOVER_BENCH_MB` is the size of the sample in megabytes (64); the peer looks at as much of it as it can in
//! `DISCOVER_PEER_SECONDS` (20), and its rate is taken to hold for the rest.

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write as _},
    ops::ControlFlow,
    path::Path,
    process::Command,
    time::Instant,
};

use discover::{Scanner, Settings, Watch, generate};

/// Kind, first, behind the last.
type Label = (String, usize, usize);

/// What the peer calls a kind.
fn ours(name: &str) -> &str {
    match name {
        "PHONE_NUMBER" => "MSISDN",
        "IBAN_CODE" => "IBAN",
        other => other,
    }
}

fn variable(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// The most memory the process has held, in MB, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1_024)
}

/// Bytes a second, the shortest of three runs.
#[expect(clippy::cast_precision_loss, reason = "a rate is printed with a few digits")]
fn rate(path: &Path, threads: usize, spans: bool) -> Result<f64, Box<dyn Error>> {
    let scanner = Scanner::new(Settings { threads, ..Settings::default() })?;
    let mut best = 0.0_f64;
    for _ in 0..3 {
        let begun = Instant::now();
        let mut found = 0_u64;
        let report = if spans {
            scanner.scan(File::open(path)?, &Watch::new(), &mut |_| {
                found += 1;
                ControlFlow::Continue(())
            })?
        } else {
            scanner.count(File::open(path)?, &Watch::new())?
        };
        best = best.max(report.bytes as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// The peer's answer on a file, or nothing after saying so.
fn peer(path: &Path, seconds: u64, how: &str) -> Option<serde_json::Value> {
    let python = std::env::var("DISCOVER_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/presidio_scan.py");
    let output = Command::new(python).arg(script).arg(path).arg(seconds.to_string()).arg(how).output().ok()?;
    let found = serde_json::from_slice(&output.stdout).ok();
    if found.is_none() {
        println!("  SKIPPED: presidio-analyzer does not run here (is it installed for DISCOVER_PYTHON?)");
    }
    found
}

fn speed(folder: &Path) -> Result<(), Box<dyn Error>> {
    let megabytes = variable("DISCOVER_BENCH_MB", 64);
    let path = folder.join("calls.csv");
    let mut file = BufWriter::new(File::create(&path)?);
    let bytes = generate::write_call_records(1, megabytes * 1_000_000, &mut file)?;
    file.flush()?;
    drop(file);
    println!("call records, {} MB", bytes / 1_000_000);
    println!("  most memory before: {:?} MB", peak());
    let one = rate(&path, 1, false)?;
    println!("  ours, one thread: {:.1} MB/s", one / 1e6);
    let two = rate(&path, 2, false)?;
    println!("  ours, two threads: {:.1} MB/s", two / 1e6);
    println!("  ours, two threads, each finding told: {:.1} MB/s", rate(&path, 2, true)? / 1e6);
    println!("  most memory so far: {:?} MB", peak());
    let mut fastest = 0.0_f64;
    for lines in ["1", "50"] {
        let Some(peer) = peer(&path, variable("DISCOVER_PEER_SECONDS", 20), lines) else { break };
        let number = |name: &str| peer.get(name).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
        let theirs = number("bytes") / number("seconds").max(1e-9);
        println!(
            "  presidio, {lines} lines at a time: {:.4} MB/s on the first {:.0} bytes; the rest is extrapolated",
            theirs / 1e6,
            number("bytes")
        );
        fastest = fastest.max(theirs);
    }
    if fastest > 0.0 {
        println!("  ratio to its faster way, two threads: {:.0}; one thread: {:.0}", two / fastest, one / fastest);
    }
    std::fs::remove_file(&path)?;
    Ok(())
}

/// Labels found and findings that are none, by kind, as precision and recall.
#[expect(clippy::cast_precision_loss, reason = "a share is printed with four digits")]
fn beside(all: &[Label], bytes: usize, name: &str, found: &[Label]) {
    println!("  {name}");
    let mut kinds: Vec<&str> = all.iter().map(|label| label.0.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let labels: Vec<_> = all.iter().filter(|label| label.0 == kind && label.2 <= bytes).collect();
        let own: Vec<_> = found.iter().filter(|one| one.0 == kind && one.2 <= bytes).collect();
        let hit = labels.iter().filter(|label| own.iter().any(|one| one.1 < label.2 && label.1 < one.2)).count();
        let wrong = own.iter().filter(|one| !labels.iter().any(|label| one.1 < label.2 && label.1 < one.2)).count();
        let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        println!(
            "    {kind:<15} precision {:.4} recall {:.4} of {}",
            share(own.len() - wrong, own.len()),
            share(hit, labels.len()),
            labels.len()
        );
    }
}

fn quality(folder: &Path) -> Result<(), Box<dyn Error>> {
    let sample = generate::text(7, 3_000);
    let path = folder.join("text.txt");
    std::fs::write(&path, &sample.text)?;
    println!("text, {} lines, {} labels", sample.text.lines().count(), sample.labels.len());
    let labels: Vec<Label> =
        sample.labels.iter().map(|label| (label.kind.to_owned(), label.start, label.end)).collect();
    let scanner = Scanner::new(Settings::default())?;
    let mut found = Vec::new();
    scanner.scan(sample.text.as_bytes(), &Watch::new(), &mut |one| {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        found.push((one.kind.to_owned(), place(one.start), place(one.end)));
        ControlFlow::Continue(())
    })?;
    let theirs = peer(&path, 600, "1");
    let bytes = theirs.as_ref().and_then(|peer| peer["bytes"].as_u64()).and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.unwrap_or(sample.text.len());
    beside(&labels, bytes, "ours", &found);
    if let Some(answer) = theirs.as_ref().and_then(|peer| peer["found"].as_array()) {
        let named = |one: &serde_json::Value| {
            let place = |at: &serde_json::Value| at.as_u64().and_then(|at| usize::try_from(at).ok());
            Some((ours(one[0].as_str()?).to_owned(), place(&one[1])?, place(&one[2])?))
        };
        let theirs: Vec<_> = answer.iter().filter_map(named).collect();
        beside(&labels, bytes, "presidio, all scores", &theirs);
    }
    std::fs::remove_file(&path)?;
    Ok(())
}

/// presidio-research's labelled sentences, of the shared data. Places are characters of all sentences one after another.
fn sentences(folder: &Path) -> Result<(), Box<dyn Error>> {
    const KINDS: [&str; 6] = ["MSISDN", "CREDIT_CARD", "IBAN", "EMAIL_ADDRESS", "IP_ADDRESS", "US_SSN"];
    let root = std::env::var_os("TELWARDEN_DATA").unwrap_or_default();
    let file = Path::new(&root).join("privacy/presidio-synth_dataset_v2.json");
    let Ok(text) = std::fs::read(&file) else {
        println!("SKIPPED: labelled sentences are not here; set TELWARDEN_DATA to the shared data");
        return Ok(());
    };
    let set: Vec<serde_json::Value> = serde_json::from_slice(&text)?;
    let texts: Vec<&str> = set.iter().filter_map(|sentence| sentence["full_text"].as_str()).collect();
    let path = folder.join("sentences.json");
    std::fs::write(&path, serde_json::to_string(&texts)?)?;
    let settings = "{regions: [US, GB, DE, IL, IN, CA, BR], national: [US_SSN]}";
    let scanner = Scanner::new(Settings::from_yaml(settings)?)?;
    let (mut labels, mut found, mut bases) = (Vec::new(), Vec::new(), vec![0]);
    let place = |at: &serde_json::Value| at.as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    for (sentence, text) in set.iter().zip(&texts) {
        let base = bases.last().copied().unwrap_or(0);
        for span in sentence["spans"].as_array().into_iter().flatten() {
            let kind = ours(span["entity_type"].as_str().unwrap_or_default());
            if KINDS.contains(&kind) {
                let (from, to) = (place(&span["start_position"]), place(&span["end_position"]));
                labels.push((kind.to_owned(), base + from, base + to));
            }
        }
        for one in scanner.find(text) {
            let character = |byte: u64| text.char_indices().take_while(|(at, _)| (*at as u64) < byte).count();
            found.push((one.kind.to_owned(), base + character(one.start), base + character(one.end)));
        }
        bases.push(base + text.chars().count());
    }
    println!("presidio-research's sentences, {} with {} labels", texts.len(), labels.len());
    beside(&labels, usize::MAX, "ours", &found);
    let theirs = peer(&path, 600, "documents");
    if let Some(answer) = theirs.as_ref().and_then(|peer| peer["found"].as_array()) {
        let named = |one: &serde_json::Value| {
            let base = bases.get(place(&one[0])).copied()?;
            Some((ours(one[1].as_str()?).to_owned(), base + place(&one[2]), base + place(&one[3])))
        };
        let theirs: Vec<Label> = answer.iter().filter_map(named).collect();
        beside(&labels, usize::MAX, "presidio, all scores", &theirs);
    }
    std::fs::remove_file(&path)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo also calls benches while it tests, and then wants no minutes of work.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("discover-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    speed(&folder)?;
    quality(&folder)?;
    sentences(&folder)?;
    std::fs::remove_dir(&folder)?;
    Ok(())
}
