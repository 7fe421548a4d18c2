//! The bytes of documents, kept as they came. The ledger knows them by their digest, which the document's row says.

use fault::{Fault, Outcome};
use sha2::{Digest as _, Sha256};
use store::{Database, Sql, Transaction};
use wire::controls::v1::OscalDocument;

/// How many bytes a row holds.
const PART: usize = 256 << 10;

/// The digest of a document.
pub(crate) fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Keeps the bytes of a document, instead of those before.
pub(crate) async fn keep(tx: &mut Transaction, organization: &str, id: &str, bytes: &[u8]) -> Outcome<()> {
    forget(tx, organization, id).await?;
    let rows = bytes
        .chunks(PART)
        .zip(0_i64..)
        .map(|(part, number)| vec![organization.into(), id.into(), number.into(), part.to_vec().into()]);
    // A few rows at a time, so that no statement is larger than it must be.
    for rows in rows.collect::<Vec<_>>().chunks(16) {
        tx.insert("oscal_content", &["organization", "id", "part", "bytes"], rows.to_vec()).await?;
    }
    Ok(())
}

/// Forgets the bytes of a document.
pub(crate) async fn forget(tx: &mut Transaction, organization: &str, id: &str) -> Outcome<()> {
    let mut sql = tx.sql("DELETE FROM oscal_content WHERE organization = ");
    sql.bind(organization).push(" AND id = ").bind(id);
    tx.run(sql).await.map(|_| ())
}

fn select(mut sql: Sql, organization: &str, id: &str) -> Sql {
    sql.bind(organization).push(" AND id = ").bind(id).push(" ORDER BY part");
    sql
}

const SELECT: &str = "SELECT bytes FROM oscal_content WHERE organization = ";

/// The bytes of a document, as a transaction sees them.
pub(crate) async fn of_in(tx: &mut Transaction, organization: &str, document: &OscalDocument) -> Outcome<Vec<u8>> {
    let id = crate::id_of(&document.name).to_owned();
    let rows = tx.rows(select(tx.sql(SELECT), organization, &id)).await?;
    checked(&rows, document)
}

/// The bytes of a document.
pub(crate) async fn of(database: &Database, organization: &str, document: &OscalDocument) -> Outcome<Vec<u8>> {
    let id = crate::id_of(&document.name);
    let rows = database.rows(select(database.sql(SELECT), organization, id)).await?;
    checked(&rows, document)
}

fn checked(rows: &[sea_orm::QueryResult], document: &OscalDocument) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(document.size_bytes).unwrap_or_default());
    for row in rows {
        bytes.extend(row.try_get_by_index::<Vec<u8>>(0).map_err(Fault::defect)?);
    }
    if digest(&bytes) == document.sha256 {
        Ok(bytes)
    } else {
        Err(Fault::defect(format!("{} is not what was imported", document.name)))
    }
}
