//! Files that come packed.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::MOST_BYTES;
use crate::IntakeError;

/// How a file packed by gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The bytes of a file, unpacked where they are packed, without a byte order mark.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, IntakeError> {
    let plain = if bytes.starts_with(&GZIP) { Cow::Owned(gunzip(bytes)?) } else { Cow::Borrowed(bytes) };
    if plain.len() > MOST_BYTES {
        return Err(too_large());
    }
    Ok(match plain {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_prefix(MARK).unwrap_or(bytes)),
        Cow::Owned(bytes) if bytes.starts_with(MARK) => {
            Cow::Owned(bytes.get(MARK.len()..).unwrap_or_default().to_vec())
        }
        Cow::Owned(bytes) => Cow::Owned(bytes),
    })
}

/// The mark that some put before a text in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, IntakeError> {
    let mut plain = Vec::new();
    // One byte more than may be, so that what is too large is told from what just fits, and no bomb is unpacked whole.
    let mut most = MultiGzDecoder::new(bytes).take(MOST_BYTES as u64 + 1);
    most.read_to_end(&mut plain).map_err(|error| IntakeError::Truncated {
        at: format!("byte {} of what is unpacked", plain.len()),
        problem: format!("gzip: {error}"),
    })?;
    Ok(plain)
}

fn too_large() -> IntakeError {
    IntakeError::TooLarge { at: "its end".to_owned(), limit: format!("{MOST_BYTES} bytes, unpacked") }
}
