//! Certificates as the script `ssl-cert` of nmap tells them.

use std::collections::BTreeMap;

use wire::risk::v1::ExposureCertificate;

use crate::{dates, text};

/// A certificate from the parts of the script's output, keyed by where they stand: `subject.commonName`, `validity.notAfter`, `sha1`. Where
/// there are none, from its text.
pub(super) fn of(parts: &BTreeMap<String, String>, output: &str) -> Option<ExposureCertificate> {
    let part = |key: &str| parts.get(key).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let name = |who: &str| {
        let prefix = format!("{who}.");
        let found = parts.iter().filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?, value)));
        let found: Vec<String> = found.map(|(key, value)| format!("{key}={}", text::line(value, 200))).collect();
        (!found.is_empty()).then(|| found.join(", "))
    };
    let lines =
        || output.lines().filter_map(|line| line.split_once(':')).map(|(key, value)| (key.trim(), value.trim()));
    let line = |wanted: &[&str]| {
        lines()
            .find(|(key, value)| wanted.iter().any(|want| key.eq_ignore_ascii_case(want)) && !value.is_empty())
            .map(|(_, value)| value.to_owned())
    };
    let fingerprint = part("sha256")
        .or_else(|| line(&["SHA-256", "SHA256"]))
        .or_else(|| part("sha1"))
        .or_else(|| line(&["SHA-1", "SHA1"]))
        .unwrap_or_default();
    let fingerprint: String = fingerprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let expires = part("validity.notAfter").or_else(|| line(&["Not valid after"])).unwrap_or_default();
    let certificate = ExposureCertificate {
        fingerprint: text::clip(&fingerprint, 128),
        subject: text::line(&name("subject").or_else(|| line(&["Subject"])).unwrap_or_default(), 500),
        issuer: text::line(&name("issuer").or_else(|| line(&["Issuer"])).unwrap_or_default(), 500),
        expire_time: dates::read(&expires, &[]),
    };
    (!certificate.fingerprint.is_empty() || !certificate.subject.is_empty()).then_some(certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_comes_from_its_parts_or_from_its_text() {
        let parts = [
            ("subject.commonName", "www.example.com"),
            ("issuer.organizationName", "Example CA"),
            ("validity.notAfter", "2027-02-01T00:00:00"),
            ("sha1", "AB:cd 01"),
        ];
        let parts = parts.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let certificate = of(&parts, "").unwrap_or_default();
        assert_eq!(
            (certificate.fingerprint.as_str(), certificate.subject.as_str(), certificate.issuer.as_str()),
            ("abcd01", "commonName=www.example.com", "organizationName=Example CA")
        );
        assert_eq!(certificate.expire_time.map(|time| time.seconds), Some(1_801_440_000));
        let output = "Subject: commonName=www.example.com/organizationName=Example\nNot valid before: 2026-01-01T00:00:00\nNot valid after:  2027-02-01T00:00:00\nMD5:   aaaa\nSHA-1: abcd 01";
        let certificate = of(&BTreeMap::new(), output).unwrap_or_default();
        assert_eq!(
            (certificate.fingerprint.as_str(), certificate.expire_time.map(|time| time.seconds)),
            ("abcd01", Some(1_801_440_000))
        );
        assert_eq!(of(&BTreeMap::new(), "no certificate"), None);
    }
}
