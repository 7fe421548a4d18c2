//! Exposures follow the asset registry, as its feed tells of it.
