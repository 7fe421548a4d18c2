//! What ties the risks of an organization together: one write at a time changes them and what is counted and cached of them.
//!
//! The counts of the heat map and the value of a selector are kept in rows that many risks share. Whoever writes risks holds the tie before any row, so
//! that two writes neither wait for each other in a circle nor count past each other.

use access::Context;
use fault::Outcome;
use store::{Database, Hold, Transaction};

/// The lock, by organization.
const TIES: i32 = 7_310_650;

/// Holds the tie of an organization until the transaction ends.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn hold(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    tx.hold(TIES, organization, Hold::Alone).await
}

/// Begins a transaction that holds the tie of the organization of a name. A name that is none is refused where it is read.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, `STORE_UNAVAILABLE`.
pub(crate) async fn begin(database: &Database, context: &Context, name: &str) -> Outcome<Transaction> {
    let organization = crate::organization_of(name);
    if !organization.is_empty() {
        context.enter(organization, name)?;
    }
    let mut tx = database.begin(context).await?;
    hold(&mut tx, organization).await?;
    Ok(tx)
}
