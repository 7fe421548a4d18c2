//! How well the register is kept: what share of it is verified, what nobody answers for, what sources no longer list.

use fault::{Fault, Outcome};
use wire::assets::v1::Ratio;

use crate::Registry;

/// The rates of an estate.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// Of what is not disposed of, what was verified in the review cycle.
    pub(crate) coverage: Ratio,
    /// The same by type of site.
    pub(crate) site_types: Vec<Ratio>,
    /// Of all, what was found but nobody answers for.
    pub(crate) shadow: Ratio,
}

/// The rates of an organization; verified is what was verified at `since` (microseconds) or later.
pub(crate) async fn rates(registry: &Registry, organization: &str, since: i64) -> Outcome<Rates> {
    // Assets name their site in full; the site is looked up once for each, not for each asset.
    let prefix = format!("organizations/{organization}/sites/");
    let mut sql = registry.database.sql(
        "SELECT COALESCE(s.type, '') AS site_type, CAST(SUM(a.present) AS BIGINT), CAST(SUM(a.verified) AS BIGINT), \
         CAST(SUM(a.every) AS BIGINT), CAST(SUM(a.shadow) AS BIGINT) FROM (SELECT site, COUNT(*) AS every, \
         COUNT(CASE WHEN state <> 'DISPOSED' THEN 1 END) AS present, \
         COUNT(CASE WHEN state <> 'DISPOSED' AND verify_time >= ",
    );
    sql.bind(since).push(
        " THEN 1 END) AS verified, COUNT(CASE WHEN state IN ('SURVEYED', 'IDENTIFIED') AND owner = '' THEN 1 END) AS shadow \
         FROM asset WHERE organization = ",
    );
    sql.bind(organization).push(" GROUP BY site) a LEFT JOIN site s ON s.organization = ").bind(organization);
    sql.push(&format!(" AND s.id = SUBSTR(a.site, {})", prefix.chars().count() + 1));
    sql.push(" GROUP BY COALESCE(s.type, '') ORDER BY 2 DESC, 1");
    let mut rates = Rates::default();
    for row in registry.database.rows(sql).await? {
        let number = |index| row.try_get_by_index::<i64>(index).map_err(Fault::defect);
        let key = row.try_get_by_index(0).map_err(Fault::defect)?;
        let site_type = Ratio { key, numerator: number(2)?, denominator: number(1)? };
        rates.coverage.numerator += site_type.numerator;
        rates.coverage.denominator += site_type.denominator;
        rates.shadow.denominator += number(3)?;
        rates.shadow.numerator += number(4)?;
        if site_type.denominator > 0 {
            rates.site_types.push(site_type);
        }
    }
    Ok(rates)
}
