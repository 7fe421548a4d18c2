//! Controls (ITU-T X.1051): catalogues, Statements of Applicability, and the life cycle of every control.

pub mod oscal;
pub mod shipped;
