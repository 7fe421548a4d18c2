//! The whole suite in one process, and the operator's command line.

pub mod call;
pub mod client;
pub mod controls;
pub mod estate;
pub mod evidence;
pub mod handling;
pub mod import;
pub mod incidents;
pub mod insurance;
pub mod ledger;
pub mod member;
pub mod money;
pub mod posture;
pub mod programme;
pub mod quarantine;
pub mod registers;
pub mod risk;
pub mod risks;
pub mod serve;
pub mod suite;
pub mod surface;
pub mod surveys;
pub mod triage;
pub mod watch;
