//! What an incident is called, and with whom it may be shared.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use classify::{Audience, Glossary, Scheme, TrafficLight};
//! let answers = [("real", "yes"), ("harmful", "yes"), ("security", "no"), ("presence", "yes")];
//! let answers = answers.map(|(question, answer)| (question.to_owned(), answer.to_owned())).into();
//! let outcome = Scheme::shipped()?.decide(&answers)?;
//! assert_eq!((outcome.level.is.as_deref(), outcome.domain.is.as_deref()), (Some("incident"), Some("physical")));
//! let rsit = Glossary::shipped()?.translate("x736-cause", "Authentication failure", "rsit");
//! assert_eq!(rsit[0].term, "intrusion-attempts/brute-force");
//! assert!("TLP:AMBER".parse::<TrafficLight>()?.share(Audience::Community).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! - `tree`: E.409's levels and domains, by questions that are data; the answers are stored, so the way to a level can be walked again.
//! - `standing`: a level goes up and down with a reason and a name; the original one stays.
//! - `taxonomy`: RSIT, the terms of GSMA, ETSI ISI, X.736 and VERIS by identifier and short title, and the mappings between them.
//! - `traffic_light`: TLP 2.0; what is made of several parts has the most restrictive label, and nothing leaves beyond its label.

mod standing;
mod taxonomy;
mod traffic_light;
mod tree;

pub use standing::{Direction, Move, Refused, Standing};
pub use taxonomy::{Glossary, Mapping, MappingSet, Relation, Taxonomy, Term, Translation};
pub use traffic_light::{Audience, Beyond, NoLabel, TrafficLight};
pub use tree::{Leads, NoAnswer, Outcome, Question, Scheme, Walk, Walked};
