//! The AIP vocabulary with no I/O: names, ids, field masks, etags, page tokens, order-by, filters.
/// stub until the helper's crate lands
pub fn new_id(unix_millis: u64, random: [u8; 10]) -> String { let mut b=[0u8;16]; b[..6].copy_from_slice(&unix_millis.to_be_bytes()[2..]); b[6..].copy_from_slice(&random); b[6]=(b[6]&0x0f)|0x70; b[8]=(b[8]&0x3f)|0x80; uuid::Uuid::from_bytes(b).to_string() }
