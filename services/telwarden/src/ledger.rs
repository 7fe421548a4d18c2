//! Verifies the ledgers offline: no service need run.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::client::Output;
use crate::suite;

/// Which ledgers.
#[derive(Clone, Debug, clap::Args)]
pub struct Verify {
    /// Where the databases are.
    #[arg(long, default_value = "./telwarden-data")]
    pub data: PathBuf,
    /// Only this service's.
    #[arg(long)]
    pub service: Option<String>,
    /// The PostgreSQL server that holds the databases, where they are not embedded.
    #[arg(long)]
    pub postgres: Option<String>,
}

/// Checks that each chain holds and that every row is what the ledger last said of it.
///
/// # Errors
/// Names the first entry or row that was altered, is missing or out of order.
pub async fn verify(options: &Verify, output: Output) -> Result<()> {
    let mut known = Vec::new();
    for (service, tables) in suite::services() {
        known.push(service);
        if options.service.as_deref().is_some_and(|wanted| wanted != service) {
            continue;
        }
        if options.postgres.is_none() && !options.data.join(format!("{service}.db")).exists() {
            bail!("{} holds no database of {service}: name the folder with --data", options.data.display());
        }
        let database = suite::open(service, &tables, &options.data, options.postgres.as_deref()).await?;
        let found = store::verify(&database, &tables).await.map_err(|fault| anyhow::anyhow!("{fault}"))?;
        database.close().await;
        let verified = match found {
            Ok(verified) => verified,
            Err(finding) => {
                if output == Output::Json {
                    println!(
                        "{}",
                        serde_json::json!({"service": service, "holds": false, "finding": finding.to_string()})
                    );
                }
                bail!("{service}: {finding}");
            }
        };
        match output {
            Output::Json => println!(
                "{}",
                serde_json::json!({"service": service, "holds": true, "entries": verified.entries, "rows": verified.rows, "digest": verified.digest})
            ),
            Output::Table => {
                let rows: Vec<String> = verified.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
                println!(
                    "{service}: the chain of {} entries holds; rows as the ledger says: {}",
                    verified.entries,
                    rows.join(", ")
                );
                println!(
                    "newest digest {} (note it down elsewhere: it proves later that nothing before it was rewritten)",
                    verified.digest
                );
            }
        }
    }
    if options.service.as_deref().is_some_and(|wanted| !known.contains(&wanted)) {
        bail!("no service {}; there are: {}", options.service.as_deref().unwrap_or_default(), known.join(", "));
    }
    Ok(())
}
