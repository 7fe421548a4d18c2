//! Prints the OpenAPI document of every service that has an HTTP binding: `cargo run -p transcode --example openapi > openapi.json`.

use std::error::Error;
use std::io::Write as _;

use transcode::{Info, openapi};

fn main() -> Result<(), Box<dyn Error>> {
    let pool = wire::pool();
    let services: Vec<String> = pool.services().map(|service| service.full_name().to_owned()).collect();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let info = Info { title: "Telwarden", version: env!("CARGO_PKG_VERSION"), description: "", server: "" };
    let document = openapi(pool, &services, &info)?;
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string_pretty(&document)?)?;
    Ok(())
}
