//! What the name of a column says where its values say nothing.

use super::{holds, spaced};
use crate::category::Category;

/// Words in the name of a column that speak for a category whose values no pattern tells.
const CATEGORIES: [(Category, &[&str]); 8] = [
    (
        Category::Subscriber,
        &[
            "name",
            "surname",
            "firstname",
            "lastname",
            "address",
            "street",
            "city",
            "postcode",
            "zip",
            "birth",
            "birthdate",
            "dob",
            "gender",
            "customer",
            "subscriber",
        ],
    ),
    (
        Category::Content,
        &[
            "content",
            "body",
            "message",
            "messages",
            "voicemail",
            "transcript",
            "recording",
            "sms text",
            "sms_text",
            "text",
        ],
    ),
    (Category::Billing, &["invoice", "tariff", "bill", "billing", "charge", "charged", "payment"]),
    (Category::Credit, &["balance", "credit score", "credit_score", "creditworthiness", "dunning", "arrears"]),
    (Category::Biometric, &["fingerprint", "biometric", "face", "iris", "voiceprint"]),
    (Category::LawfulInterception, &["liid", "warrant", "interception", "intercept", "lawful"]),
    (Category::Identity, &["passport", "kyc", "licence number", "national id", "national_id", "tax id", "tax_id"]),
    (Category::Location, &["site", "sector", "roaming"]),
];

/// The categories that the name of a column speaks for.
pub(crate) fn categories_of(name: &str) -> impl Iterator<Item = Category> {
    let spaced = spaced(name);
    CATEGORIES.into_iter().filter(move |(_, words)| words.iter().any(|word| holds(&spaced, word))).map(|(one, _)| one)
}
