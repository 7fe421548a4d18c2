//! What has an `@`: e-mail addresses, and the identities of TS 23.003 that are written like them.

use memchr::memchr_iter;

use super::{phone::Phones, subscriber};
use crate::{
    ascii::{alphanumeric, before, byte, digit, part, run, run_back},
    candidate::Candidate,
    kind::Kind,
};

/// The longest local part and domain (RFC 5321 4.5.3.1).
const LOCAL: usize = 64;
const DOMAIN: usize = 255;

/// Endings of file names; `icon@2x.png` is a picture.
const FILES: [&[u8]; 9] = [b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"html"];

pub(crate) fn find(phones: &Phones, text: &[u8], candidates: &mut Vec<Candidate>) {
    for at in memchr_iter(b'@', text) {
        if let Some(found) = address(phones, text, at) {
            candidates.push(found);
        }
    }
}

fn address(phones: &Phones, text: &[u8], at: usize) -> Option<Candidate> {
    let mut start = run_back(text, at, LOCAL, local);
    // Marks at the beginning belong to the sentence: `'a@b.example'`, `-a@b.example`.
    start = run(text, start, |byte| !alphanumeric(byte) && byte != b'+' && byte != b'_' && byte < 0x80).min(at);
    start = boundary(text, start, at);
    let end = domain(text, at + 1)?;
    let name = part(text, start, at);
    if name.is_empty() || before(text, at) == b'.' || name.windows(2).any(|pair| pair == b"..") {
        return None;
    }
    let host = part(text, at + 1, end);
    if host.to_ascii_lowercase().ends_with(b"3gppnetwork.org") {
        return Some(network_identity(text, name, start, at, end));
    }
    if name.starts_with(b"nai-") {
        return Some(Candidate::new(Kind::SUPI, 950, start, end));
    }
    let dialled = name.strip_prefix(b"+").unwrap_or(name);
    let uri = part(text, start.saturating_sub(5), start).to_ascii_lowercase();
    let called = uri.ends_with(b"sip:") || uri.ends_with(b"sips:") || name.len() > dialled.len();
    if called && phones.international(dialled) {
        return Some(Candidate::new(Kind::MSISDN, 950, start, at));
    }
    // `https://user:secret@host` is no address of mail.
    let secret = before(text, start) == b':'
        && part(text, start.saturating_sub(LOCAL), start).windows(3).any(|three| three == b"://");
    (!secret).then(|| Candidate::new(Kind::EMAIL_ADDRESS, 950, start, end))
}

/// `262011234567890@ims.mnc001.mcc262.3gppnetwork.org`, with a digit in front for the kind of authentication (TS 23.003 13.2, 19.3).
fn network_identity(text: &[u8], name: &[u8], start: usize, at: usize, end: usize) -> Candidate {
    let digits = name.iter().copied().all(digit);
    let lead = usize::from(name.len() == 16);
    if digits && subscriber::imsi(part(text, start + lead, at)) {
        return Candidate::new(Kind::IMSI, 990, start + lead, at);
    }
    Candidate::new(Kind::SUPI, 900, start, end)
}

/// Not the middle of a letter of several bytes.
fn boundary(text: &[u8], start: usize, at: usize) -> usize {
    run(text, start, |byte| byte & 0xc0 == 0x80).min(at)
}

/// What may stand in a local part; letters beyond ASCII may (RFC 6531), marks of sentences and URIs may not, though RFC 5322 lets some.
fn local(byte: u8) -> bool {
    alphanumeric(byte) || byte >= 0x80 || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'&' | b'~')
}

/// Where the domain that begins at `start` ends: at least two labels, the last one of letters.
fn domain(text: &[u8], start: usize) -> Option<usize> {
    let mut end =
        run(text, start, |byte| alphanumeric(byte) || byte >= 0x80 || matches!(byte, b'.' | b'-')).min(start + DOMAIN);
    while end > start && matches!(before(text, end), b'.' | b'-') {
        end -= 1;
    }
    // `a@b.example.Then`: nothing can be done; `a@b.example..` has been cut.
    while end > start && end < text.len() && byte(text, end) & 0xc0 == 0x80 {
        end -= 1;
    }
    let host = part(text, start, end);
    let mut labels = host.rsplit(|byte| *byte == b'.');
    let last = labels.next()?;
    let letters = last.len() >= 2 && last.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
    let good = letters || last.to_ascii_lowercase().starts_with(b"xn--");
    let mut rest = labels.peekable();
    let several = rest.peek().is_some() && rest.all(|label| !label.is_empty() && !label.starts_with(b"-"));
    let file = FILES.iter().any(|ending| last.eq_ignore_ascii_case(ending));
    (good && several && !file).then_some(end)
}
