//! The arithmetic of cyber insurance (ITU-T X.1061), apart from any row: its words, what a policy says of a scenario, what it pays, how quotes rank.
//!
//! All of it is pure. Policies, claims and questionnaires are resources of their own (`insurance_policy.rs`, `insurance_claim.rs`,
//! `insurer_questionnaire.rs`) and ask here.

pub(crate) mod need;
pub(crate) mod quotes;
pub(crate) mod stance;
pub(crate) mod terms;
pub(crate) mod words;
