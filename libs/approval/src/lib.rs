//! A decision by someone else, bound to the digest of exactly what was approved.
