//! What a survey found that the register did not know. It is a list for people to work off, so it holds what they have not
//! yet looked at: identifying an asset takes it off.

use access::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fault::{Fault, Outcome};
use store::Transaction;
use wire::assets::v1::import_result::Outcome as Became;
use wire::assets::v1::{Asset, ImportItem, ImportResult, ReviewFoundAssetsRequest, ReviewFoundAssetsResponse};
use wire::fault::v1::ErrorReason;

use crate::{Registry, id_of, organization_of};

/// Whether the register has any asset: an import into an empty one fills it, and finds nothing.
pub(crate) async fn register_has_assets(registry: &Registry, organization: &str) -> Outcome<bool> {
    let mut sql = registry.database.sql("SELECT 1 FROM asset WHERE organization = ");
    sql.bind(organization).push(" LIMIT 1");
    Ok(registry.database.row(sql).await?.is_some())
}

/// Notes the assets that a batch created; gives how many.
pub(crate) async fn note(
    tx: &mut Transaction,
    survey: &str,
    items: &[ImportItem],
    results: &[ImportResult],
) -> Outcome<i64> {
    use wire::assets::v1::import_item::Record;
    let created = items
        .iter()
        .zip(results)
        .filter(|(item, result)| matches!(item.record, Some(Record::Asset(_))) && result.outcome() == Became::Created);
    let (organization, survey) = (organization_of(survey), id_of(survey));
    let rows: Vec<Vec<sea_orm::Value>> =
        created.map(|(_, result)| vec![organization.into(), survey.into(), id_of(&result.name).into()]).collect();
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if count > 0 {
        tx.insert("survey_found", &["organization", "survey", "asset"], rows).await?;
    }
    Ok(count)
}

/// Answers ReviewFoundAssets.
pub(crate) async fn review(
    registry: &Registry,
    context: &Context,
    request: &ReviewFoundAssetsRequest,
) -> Outcome<ReviewFoundAssetsResponse> {
    let survey = registry.surveys.get(context, &request.name).await?;
    let organization = organization_of(&survey.name);
    let after = place(&request.page_token)?;
    let size = match request.page_size {
        ..=0 => 50,
        size => i64::from(size.min(1000)),
    };
    let mut sql =
        registry.database.sql("SELECT f.asset FROM survey_found f JOIN asset a ON a.organization = f.organization");
    sql.push(" AND a.id = f.asset WHERE f.organization = ").bind(organization);
    sql.push(" AND f.survey = ").bind(id_of(&survey.name)).push(" AND f.asset > ").bind(after.as_str());
    sql.push(" AND a.state = 'SURVEYED' ORDER BY f.asset LIMIT ").bind(size + 1);
    let rows = registry.database.rows(sql).await?;
    let ids: Vec<String> =
        rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect::<Outcome<_>>()?;
    let more = i64::try_from(ids.len()).is_ok_and(|found| found > size);
    let shown: Vec<&str> = ids.iter().take(usize::try_from(size).unwrap_or_default()).map(String::as_str).collect();
    let next_page_token = match shown.last().filter(|_| more) {
        Some(last) => URL_SAFE_NO_PAD.encode(last),
        None => String::new(),
    };
    let mut assets: Vec<Asset> = match shown.is_empty() {
        true => Vec::new(),
        false => {
            let named = |sql: &mut store::Sql| {
                sql.is_in("id", &shown);
            };
            registry.assets.find(organization, named).await?
        }
    };
    assets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ReviewFoundAssetsResponse { assets, next_page_token })
}

/// Where a page goes on: the last id of the one before. It gives no right and says nothing that the page did not.
fn place(token: &str) -> Outcome<String> {
    let wrong = |_| {
        let message = "the page token was not made by this method: start without one";
        Fault::invalid(ErrorReason::PageTokenInvalid, message).on("page_token")
    };
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| ()).map_err(wrong)?;
    let after = String::from_utf8(bytes).map_err(|_| ()).map_err(wrong)?;
    if after.is_empty() || resource::valid_id(&after) { Ok(after) } else { Err(wrong(())) }
}
