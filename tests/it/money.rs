//! What the sample operator's risks cost in a year, through the suite: each quantified, then all together as they are insured, as a board sees it.

use telwarden::client::{Client, Connection};
use telwarden::money;
use telwarden::posture::money as posture;

/// The organization `acme`, which has the risks and the insurance of the sample operator, has them quantified.
pub(crate) async fn shows_the_money(owner: &Client, auditing: &Connection, viewing: &Connection) {
    let nothing = posture::read(auditing.open().await.unwrap(), "acme", None).await.unwrap();
    assert!(nothing.is_none() && posture::text(None).contains("docs/quantify.md"));
    let made = money::create(owner, "acme", sample::money()).await.unwrap();
    assert_eq!(made, sample::money().models.len() + 1, "each risk, and all of them together");
    assert_eq!(money::create(owner, "acme", sample::money()).await.unwrap(), 0, "again changes nothing");

    let seen = posture::read(auditing.open().await.unwrap(), "acme", None).await.unwrap().unwrap();
    let retained = seen.retained.as_ref().unwrap();
    assert!(retained.mean < seen.gross.mean && retained.tvar99 < seen.gross.tvar99, "insurance pays: {seen:?}");
    assert!(seen.premium > 0.0 && seen.of.currency_code == "EUR", "{seen:?}");
    let screen = posture::text(Some(&seen));
    for part in [
        "Money, EUR a year, by 6 scenarios and 20 000 simulated years",
        "without insurance: expected",
        "with insurance",
        "premiums: ",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let json = posture::json(Some(&seen));
    assert!(json.pointer("/withInsurance/tailLoss").is_some_and(serde_json::Value::is_number), "{json}");
    // A model holds the terms of policies, which not every viewer sees; the screen goes on without it.
    let hidden = posture::read(viewing.open().await.unwrap(), "acme", None).await.unwrap();
    assert!(hidden.is_none() && posture::json(None).is_null());
}
