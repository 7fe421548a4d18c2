//! NetBox dumps.
use crate::Settings;
use crate::out::{Go, Out};
use std::io::Read;
/// Reads a dump.
pub(crate) fn read(_input: &mut dyn Read, _settings: &Settings, _out: &mut Out<'_>) -> Go {
    Ok(())
}
