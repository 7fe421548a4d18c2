//! A place in every ledger at once.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fault::{Fault, Outcome};
use wire::fault::v1::ErrorReason;

/// The cursor of every service, by its name. A service that has none yet starts at its oldest change.
///
/// Names that are not known here are kept: a reader does not lose its place in a service that is away for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor(BTreeMap<String, String>);

impl Cursor {
    /// Reads what [`Cursor::write`] wrote; empty is no place at all.
    ///
    /// # Errors
    /// `CURSOR_INVALID`.
    pub(crate) fn read(text: &str) -> Outcome<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).map(Self).ok_or_else(|| {
            let text = "the cursor was not made by this feed: send the cursor of a response as it came, or none";
            Fault::invalid(ErrorReason::CursorInvalid, text).on("cursor")
        })
    }

    /// Base64 (URL alphabet, no padding) of a JSON object.
    pub(crate) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&self.0).unwrap_or_default())
    }

    /// The place in the ledger of one service; empty where there is none.
    pub(crate) fn of(&self, service: &str) -> &str {
        self.0.get(service).map_or("", String::as_str)
    }

    /// Moves on in one ledger.
    pub(crate) fn advance(&mut self, service: &str, cursor: String) {
        if let Some(place) = self.0.get_mut(service) {
            *place = cursor;
        } else {
            self.0.insert(service.to_owned(), cursor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let mut cursor = Cursor::default();
        cursor.advance("risk", "a".to_owned());
        cursor.advance("assets", "17".to_owned());
        cursor.advance("risk", "b".to_owned());
        let read = Cursor::read(&cursor.write()).unwrap();
        assert_eq!((read.of("assets"), read.of("risk"), read.of("new")), ("17", "b", ""));
        for wrong in ["17", "!", &URL_SAFE_NO_PAD.encode("[1]"), &URL_SAFE_NO_PAD.encode(r#"{"a":1}"#)] {
            assert_eq!(Cursor::read(wrong).unwrap_err().reason(), "CURSOR_INVALID", "{wrong}");
        }
    }
}
