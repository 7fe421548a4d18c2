//! One screen that a security lead would put before a board. Every capability adds its part.

use std::collections::{BTreeMap, BTreeSet};

use access::{Clock as _, SystemClock};
use anyhow::{Result, bail};

use crate::client::{Connection, Output};

pub mod campaigns;
pub mod controls;
pub mod estate;
pub mod incidents;
pub mod insurance;
pub mod money;
pub mod quarantine;
pub mod registers;
pub mod risk;
pub mod selectors;
pub mod surface;

/// Prints the posture of an organization.
///
/// # Errors
/// What the service has against a call.
pub async fn posture(connection: &Connection, organization: &str) -> Result<()> {
    let client = connection.open().await?;
    let estate = estate::read(client.clone(), organization).await?;
    let selectors = selectors::read(client.clone(), organization).await?;
    let registers = registers::read(client.clone(), organization, connection.roles().as_ref()).await?;
    let campaigns = campaigns::read(client.clone(), organization).await?;
    let quarantine = quarantine::read(client.clone(), organization).await?;
    let controls = controls::read(client.clone(), organization).await?;
    let risk = risk::read(client.clone(), organization).await?;
    let money = money::read(client.clone(), organization, connection.roles().as_ref()).await?;
    let surface = surface::read(client.clone(), organization).await?;
    let incidents = incidents::read(client.clone(), organization, connection.roles().as_ref()).await?;
    let insurance = insurance::read(client, organization, connection.roles().as_ref()).await?;
    match connection.output {
        Output::Json => {
            let posture = serde_json::json!({
                "organization": organization, "estate": estate::json(&estate), "selectors": selectors::json(&selectors),
                "registers": registers::json(&registers), "campaigns": campaigns::json(&campaigns),
                "quarantine": quarantine::json(&quarantine), "controls": controls::json(&controls),
                "risk": risk::json(&risk), "money": money::json(money.as_ref()), "surface": surface::json(&surface),
                "insurance": insurance::json(insurance.as_ref()), "incidents": incidents::json(incidents.as_ref()),
            });
            println!("{posture}");
        }
        Output::Table => {
            print!("{}{}", estate::text(organization, &estate), selectors::text(&selectors));
            print!("{}{}{}", registers::text(&registers), campaigns::text(&campaigns), quarantine::text(&quarantine));
            print!("{}{}{}", controls::text(&controls), risk::text(&risk), money::text(money.as_ref()));
            print!("{}{}", insurance::text(insurance.as_ref()), surface::text(&surface));
            print!("{}", incidents::text(incidents.as_ref()));
        }
    }
    Ok(())
}

/// How many of each there are.
pub type Tally = BTreeMap<String, i64>;

/// `12.5 % (5 of 40)`; `none` where there is nothing to take a share of.
fn share(some: i64, all: i64) -> String {
    match all {
        ..=0 => "none".to_owned(),
        all => format!("{:.1} % ({some} of {all})", 100.0 * some as f64 / all as f64),
    }
}

/// `4 IN_FORCE · 1 ISOLATED`; `none` where there are none.
fn tallied(tally: &Tally) -> String {
    if tally.is_empty() {
        return "none".to_owned();
    }
    tally.iter().map(|(key, count)| format!("{count} {key}")).collect::<Vec<_>>().join(" · ")
}

fn count(tally: &mut Tally, key: impl Into<String>) {
    *tally.entry(key.into()).or_default() += 1;
}

/// Whether roles hold a permission, as far as is known here: roles of the operator's own, and no roles at all, may hold it.
fn may(roles: Option<&BTreeSet<String>>, permission: &str) -> bool {
    let shipped = access::shipped_roles();
    let known = |role: &String| shipped.names().any(|(name, _)| name == role);
    roles.is_none_or(|roles| !roles.iter().all(known) || shipped.allow(roles, permission))
}

/// How many pages of a list are read at most: registers of an operator are far below, and a screen is no export.
const PAGES: usize = 1000;

/// Reads a list page by page: `page` takes a page token, uses what is on the page, and gives the token of the next.
async fn pages(mut page: impl AsyncFnMut(String) -> Result<String>) -> Result<()> {
    let mut token = String::new();
    for _ in 0..PAGES {
        token = page(token).await?;
        if token.is_empty() {
            return Ok(());
        }
    }
    bail!("a register has more than {PAGES} pages: count it by its list")
}

/// Whether a time has come, as far as this machine's clock tells.
fn past(time: Option<&prost_types::Timestamp>) -> bool {
    within(time, 0)
}

/// Whether a time comes within so many days, as far as this machine's clock tells.
fn within(time: Option<&prost_types::Timestamp>, days: i64) -> bool {
    time.is_some_and(|time| time.seconds < SystemClock.now() / 1_000_000 + days * 86_400)
}
