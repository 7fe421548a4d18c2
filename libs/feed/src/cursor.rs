//! Cursors: a place in one database's ledger, so that the cursor of another is told apart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cursor of a place.
pub(crate) fn write(identity: &str, sequence: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{identity}/{sequence}"))
}

/// The place of a cursor of this database; none for anything else.
pub(crate) fn read(identity: &str, cursor: &str) -> Option<i64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (of, sequence) = text.split_once('/')?;
    sequence.parse().ok().filter(|sequence| of == identity && *sequence >= 0)
}

/// The cursor of another place in the ledger that `cursor` is of; none where it is no cursor of ours.
pub(crate) fn at(cursor: &str, sequence: i64) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (identity, _) = text.split_once('/')?;
    Some(write(identity, sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_database_only() {
        let cursor = write("one", 7);
        assert_eq!(read("one", &cursor), Some(7));
        assert_eq!(read("two", &cursor), None);
        assert_eq!(read("one", "junk!"), None);
        assert_eq!(at(&cursor, 9), Some(write("one", 9)));
        assert_eq!(at("junk!", 9), None);
    }
}
