//! The national identifiers that ship with the crate. They are looked for only if asked for: in a sample of another country their patterns are
//! numbers like any other.

use crate::settings::Recogniser;

const YAML: &str = include_str!("../data/national.yaml");

/// The bundled recognisers; none if the bundled text were wrong, which a test excludes.
pub(crate) fn bundled() -> Vec<Recogniser> {
    serde_saphyr::from_str(YAML).unwrap_or_default()
}

/// The kinds of the bundled national identifiers, for [`crate::Settings::national`].
#[must_use]
pub fn national_kinds() -> Vec<String> {
    bundled().into_iter().map(|recogniser| recogniser.kind).collect()
}

/// The bundled recognisers as they are: a beginning for one's own.
#[must_use]
pub fn national_recognisers() -> Vec<Recogniser> {
    bundled()
}
