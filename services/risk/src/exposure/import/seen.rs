//! What a record says, and how it is laid over what is known. Pure.

use fault::{Fault, Outcome};
use prost_types::Timestamp;
use store::micros;
use wire::risk::v1::{ErrorReason, Exposure, ExposureRecord};

use crate::exposure::{host, rules};

/// How many other names an exposure keeps.
const MOST_NAMES: usize = 100;

/// What all records of a scan have in common.
pub(super) struct Basis<'a> {
    pub(super) engine: &'a str,
    pub(super) scan_run: &'a str,
    pub(super) scan_time: Option<Timestamp>,
}

/// The exposure that a record tells of, with its id.
pub(super) fn of(record: &ExposureRecord, basis: &Basis<'_>) -> Outcome<(String, Exposure)> {
    fault::check(record)?;
    // Names of hosts that are none are common in the answers of resolvers, and say nothing.
    let mut names: Vec<String> = Vec::new();
    for name in record.names.iter().filter_map(|name| host::name(name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if record.ip.is_empty() && names.is_empty() {
        let message = "a record is of something: give `ip`, or a domain name in `names`";
        return Err(Fault::invalid(ErrorReason::ExposureWithoutHost, message).on("ip"));
    }
    let mut names = names.into_iter();
    let mut exposure = Exposure {
        ip: record.ip.clone(),
        fqdn: names.next().unwrap_or_default(),
        other_names: names.collect(),
        port: record.port,
        protocol: record.protocol,
        service: record.service.clone(),
        product: record.product.clone(),
        product_version: record.product_version.clone(),
        cpes: record.cpes.clone(),
        banner: record.banner.clone(),
        certificate: record.certificate.clone().filter(|it| !it.fingerprint.is_empty() || !it.subject.is_empty()),
        first_seen: basis.scan_time,
        last_seen: basis.scan_time,
        first_scan: basis.scan_run.to_owned(),
        last_scan: basis.scan_run.to_owned(),
        sources: vec![basis.engine.to_owned()],
        ..Default::default()
    };
    if let Some(certificate) = exposure.certificate.as_mut() {
        certificate.fingerprint = certificate.fingerprint.replace([':', ' '], "").to_lowercase();
    }
    rules::sound(&mut exposure)?;
    let id = host::id(&exposure.ip, &exposure.fqdn, exposure.port, exposure.protocol());
    Ok((id, exposure))
}

/// Lays what was seen over what is known. What was not seen of it stays; what is older than what is known tells only that it was there.
pub(super) fn lay(known: &mut Exposure, seen: &Exposure) {
    for source in &seen.sources {
        if let Err(at) = known.sources.binary_search(source) {
            known.sources.insert(at, source.clone());
        }
    }
    let (time, newest) = (micros(seen.last_seen.as_ref()), micros(known.last_seen.as_ref()));
    if time < micros(known.first_seen.as_ref()) {
        known.first_seen = seen.first_seen;
    }
    if time < newest {
        return;
    }
    known.last_seen = seen.last_seen;
    known.last_scan.clone_from(&seen.last_scan);
    if time > micros(known.last_missed_time.as_ref()) {
        known.missed_scans = 0;
        known.stale = false;
    }
    for (own, new) in [(&mut known.service, &seen.service), (&mut known.banner, &seen.banner)] {
        if !new.is_empty() {
            own.clone_from(new);
        }
    }
    if !seen.product.is_empty() {
        known.product.clone_from(&seen.product);
        known.product_version.clone_from(&seen.product_version);
    }
    if !seen.cpes.is_empty() {
        known.cpes.clone_from(&seen.cpes);
    }
    if seen.certificate.is_some() {
        known.certificate.clone_from(&seen.certificate);
    }
    for name in rules::names(seen) {
        if known.fqdn.is_empty() {
            name.clone_into(&mut known.fqdn);
        }
        let has = known.fqdn == name || known.other_names.iter().any(|other| other == name);
        if !has && known.other_names.len() < MOST_NAMES {
            known.other_names.push(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::risk::v1::ExposureCertificate;
    use wire::risk::v1::port_range::Protocol;

    use super::*;

    fn basis(at: i64) -> Basis<'static> {
        Basis { engine: "nmap", scan_run: "organizations/acme/scanRuns/one", scan_time: store::timestamp(at) }
    }

    fn record() -> ExposureRecord {
        ExposureRecord {
            ip: "192.0.2.7".to_owned(),
            names: vec!["WWW.example.com.".to_owned(), "not a name".to_owned(), "a.example.com".to_owned()],
            port: 443,
            protocol: Protocol::Tcp.into(),
            service: "https".to_owned(),
            product: "nginx".to_owned(),
            certificate: Some(ExposureCertificate { fingerprint: "AA:BB".to_owned(), ..Default::default() }),
            ..Default::default()
        }
    }

    #[test]
    fn a_record_becomes_an_exposure_with_a_stable_id() {
        let (id, seen) = of(&record(), &basis(1)).unwrap_or_default();
        assert_eq!(
            (id.as_str(), seen.fqdn.as_str(), seen.other_names),
            ("192.0.2.7-tcp-443", "www.example.com", vec!["a.example.com".to_owned()])
        );
        assert_eq!(seen.certificate.map(|it| it.fingerprint), Some("aabb".to_owned()));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        let refused = |record: ExposureRecord| of(&record, &basis(1)).err().map(|fault| fault.field().to_owned());
        assert_eq!(refused(ExposureRecord { port: 70_000, ..record() }), Some("port".to_owned()));
        assert_eq!(
            refused(ExposureRecord { ip: "192.0.2.256".to_owned(), ..record() }),
            Some("exposure.ip".to_owned())
        );
        assert_eq!(refused(ExposureRecord { protocol: 0, ..record() }), Some("exposure.protocol".to_owned()));
        assert_eq!(
            refused(ExposureRecord { ip: String::new(), names: vec!["a b".to_owned()], ..record() }),
            Some("ip".to_owned())
        );
    }

    #[test]
    fn what_was_not_seen_stays_and_what_is_older_changes_nothing() {
        let (_, mut known) = of(&record(), &basis(10)).unwrap_or_default();
        let (_, bare) = of(
            &ExposureRecord {
                service: String::new(),
                product: String::new(),
                certificate: None,
                names: Vec::new(),
                ..record()
            },
            &basis(20),
        )
        .unwrap_or_default();
        let before = known.clone();
        lay(&mut known, &bare);
        assert_eq!(
            (micros(known.last_seen.as_ref()), &known.product, &known.certificate, &known.fqdn),
            (20, &before.product, &before.certificate, &before.fqdn)
        );
        let (_, older) =
            of(&ExposureRecord { product: "apache".to_owned(), ..record() }, &basis(5)).unwrap_or_default();
        lay(&mut known, &older);
        assert_eq!(
            (known.product.as_str(), micros(known.first_seen.as_ref()), micros(known.last_seen.as_ref())),
            ("nginx", 5, 20)
        );
        let same = known.clone();
        lay(&mut known, &bare);
        assert_eq!(known, same, "the same again");
    }

    #[test]
    fn what_a_later_scan_missed_stays_missed() {
        let (_, mut known) = of(&record(), &basis(10)).unwrap_or_default();
        (known.missed_scans, known.stale, known.last_missed_time) = (3, true, store::timestamp(30));
        let (_, between) = of(&record(), &basis(20)).unwrap_or_default();
        lay(&mut known, &between);
        assert!(known.missed_scans == 3 && known.stale);
        let (_, later) = of(&record(), &basis(40)).unwrap_or_default();
        lay(&mut known, &later);
        assert!(known.missed_scans == 0 && !known.stale);
    }
}
