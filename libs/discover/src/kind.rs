//! The kinds of data that are looked for.

use serde::{Deserialize, Serialize};

use crate::category::Category;

/// A kind within one scanner: the built-in ones first, then those of own recognisers. At most [`Kind::MOST`], so that kinds fit a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind(pub(crate) u8);

impl Kind {
    pub(crate) const MSISDN: Self = Self(0);
    pub(crate) const IMSI: Self = Self(1);
    pub(crate) const IMEI: Self = Self(2);
    pub(crate) const ICCID: Self = Self(3);
    pub(crate) const SUPI: Self = Self(4);
    pub(crate) const SUCI: Self = Self(5);
    pub(crate) const IP_ADDRESS: Self = Self(6);
    pub(crate) const MAC_ADDRESS: Self = Self(7);
    pub(crate) const EMAIL_ADDRESS: Self = Self(8);
    pub(crate) const CREDIT_CARD: Self = Self(9);
    pub(crate) const IBAN: Self = Self(10);
    pub(crate) const LOCATION: Self = Self(11);

    /// Kinds of one scanner; one bit of a mask is for words that speak against.
    pub(crate) const MOST: usize = 63;

    /// The names of the built-in kinds, by number, with the category of PII each belongs to (domain facts 9.3).
    pub(crate) const BUILT_IN: [(&'static str, Category); 12] = [
        ("MSISDN", Category::Identity),
        ("IMSI", Category::Identity),
        ("IMEI", Category::Device),
        ("ICCID", Category::Identity),
        ("SUPI", Category::Identity),
        ("SUCI", Category::Identity),
        ("IP_ADDRESS", Category::Traffic),
        ("MAC_ADDRESS", Category::Device),
        ("EMAIL_ADDRESS", Category::Subscriber),
        ("CREDIT_CARD", Category::Billing),
        ("IBAN", Category::Billing),
        ("LOCATION", Category::Location),
    ];

    pub(crate) fn place(self) -> usize {
        usize::from(self.0)
    }

    /// Its bit in a mask of kinds.
    pub(crate) fn bit(self) -> u64 {
        1 << self.0
    }
}

/// A kind of a scanner and what it says about the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) category: Category,
}

/// The names of the built-in kinds.
pub fn built_in_kinds() -> impl Iterator<Item = &'static str> {
    Kind::BUILT_IN.iter().map(|(name, _)| *name)
}
