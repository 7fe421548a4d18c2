//! A believable telecommunications operator, generated from a seed.
