//! Lines of JSON, one a finding: ports, names of the DNS, certificates of a log. A line that cannot be read is rejected alone.

use std::io::{BufRead as _, BufReader, Read};
use std::net::IpAddr;

use prost_types::Timestamp;
use serde_json::{Map, Value};
use wire::risk::v1::port_range::Protocol;
use wire::risk::v1::{ExposureCertificate, ExposureRecord};

use super::{Out, Scan, protocol, ranges};
use crate::text::word;
use crate::{IntakeError, dates, text};

const EXPECTED: &str = "lines of JSON, each an object such as {\"ip\":\"192.0.2.7\",\"port\":443,\"protocol\":\"tcp\"}";

/// A line may have at most so many bytes.
const LONGEST: u64 = 1 << 20;

/// What is understood of a line.
const KEYS: &[&str] = &[
    "ip",
    "port",
    "protocol",
    "fqdn",
    "name",
    "names",
    "service",
    "product",
    "version",
    "cpe",
    "banner",
    "certificate",
    "type",
    "value",
    "not_after",
    "fingerprint",
    "subject",
    "issuer",
    "time",
    "scan",
];

/// Reads a scan.
pub(super) fn read(input: &mut dyn Read) -> Result<Scan, IntakeError> {
    let mut reader = BufReader::new(input);
    let (mut out, mut line, mut number, mut objects) = (Out::default(), Vec::new(), 0_u64, 0_u64);
    out.scan.engine = "jsonl".to_owned();
    let mut newest: Option<Timestamp> = None;
    loop {
        line.clear();
        number += 1;
        let origin = format!("line {number}");
        let taken = reader.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line);
        if taken.map_err(|source| IntakeError::Input { at: origin.clone(), source })? == 0 {
            break;
        }
        if line.len() as u64 > LONGEST {
            return Err(IntakeError::TooLarge { at: origin, limit: format!("{} MiB a line", LONGEST >> 20) });
        }
        let bytes = line.strip_prefix(b"\xEF\xBB\xBF".as_slice()).unwrap_or(&line).trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        out.count("line");
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Object(object)) => {
                objects += 1;
                take(&object, &origin, &mut newest, &mut out)?;
            }
            Ok(_) => out.reject(&origin, "", "it is no JSON object: write one object a line".to_owned()),
            Err(error) => {
                let message = format!("it is no JSON (column {}): write one object a line", error.column());
                out.reject(&origin, "", message);
            }
        }
    }
    if out.scan.report.objects.is_empty() {
        return Err(IntakeError::Empty { expected: EXPECTED });
    }
    if objects == 0 {
        let (at, found) = ("line 1".to_owned(), "no line with a JSON object".to_owned());
        return Err(IntakeError::Unexpected { at, found, expected: EXPECTED });
    }
    out.scan.scan_time = out.scan.scan_time.or(newest);
    Ok(out.into_scan())
}

fn take(
    object: &Map<String, Value>,
    origin: &str,
    newest: &mut Option<Timestamp>,
    out: &mut Out,
) -> Result<(), IntakeError> {
    for key in object.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        out.warn(format!("`{}` is not understood and left out", text::line(key, 60)));
    }
    if let Some(Value::Object(scan)) = object.get("scan") {
        scan_itself(scan, origin, out);
        return Ok(());
    }
    if let Some(time) = dates::read(&word(object, "time"), &[]) {
        *newest = newest.filter(|known| (known.seconds, known.nanos) >= (time.seconds, time.nanos)).or(Some(time));
    }
    let read = if object.contains_key("type") { of_dns(object) } else { of_port(object) };
    match read {
        Ok(record) => out.record(ExposureRecord { origin: origin.to_owned(), ..record }),
        Err(Wrong::Field(field, message)) => {
            out.reject(origin, field, message);
            Ok(())
        }
        Err(Wrong::Kind(kind)) => {
            out.not_imported(&format!("record of the DNS, {kind}"), "it names no host: A, AAAA and CNAME do");
            Ok(())
        }
    }
}

/// Why a line is no record.
enum Wrong {
    Field(&'static str, String),
    Kind(String),
}

/// `{"scan":{"engine":"…","version":"…","arguments":"…","time":"…","prefixes":[…],"domains":[…],"ports":{"tcp":"1-1024"}}}`.
fn scan_itself(scan: &Map<String, Value>, origin: &str, out: &mut Out) {
    let engine = text::slug(&word(scan, "engine"));
    if !engine.is_empty() {
        out.scan.engine = text::clip(&engine, 63);
    }
    out.scan.engine_version = text::line(&word(scan, "version"), 100);
    out.scan.arguments = text::line(&word(scan, "arguments"), 4000);
    let time = word(scan, "time");
    out.scan.scan_time = dates::read(&time, &[]);
    if out.scan.scan_time.is_none() && !time.is_empty() {
        out.reject(
            origin,
            "scan.time",
            format!("`{}` is no time: write it as 2026-11-30T12:00:00Z", text::line(&time, 60)),
        );
    }
    out.scan.scope.prefixes = list(scan, "prefixes", 49);
    out.scan.scope.domains = list(scan, "domains", 253);
    let Some(Value::Object(ports)) = scan.get("ports") else { return };
    for (spoken, given) in ports {
        let found = protocol(spoken).ok_or_else(|| spoken.clone());
        let given = given.as_str().unwrap_or_default();
        if let Err(part) = found.and_then(|protocol| ranges(protocol, given, &mut out.scan.scope.ports)) {
            let message = format!(
                "`{}` is no protocol and no range of ports: write {{\"tcp\":\"1-1024,8080\"}}",
                text::line(&part, 60)
            );
            out.reject(origin, "scan.ports", message);
        }
    }
}

/// A text or a list of texts.
fn list(object: &Map<String, Value>, key: &str, longest: usize) -> Vec<String> {
    let texts: Vec<&str> = match object.get(key) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<String> = Vec::new();
    for text in texts.into_iter().map(|text| text::clip(text, longest)).filter(|text| !text.is_empty()) {
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn names(object: &Map<String, Value>) -> Vec<String> {
    let mut names = list(object, "fqdn", 253);
    for name in list(object, "name", 253).into_iter().chain(list(object, "names", 253)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(100);
    names
}

fn ip(given: &str, field: &'static str) -> Result<String, Wrong> {
    if given.is_empty() {
        return Ok(String::new());
    }
    let address = given.parse::<IpAddr>().map(|address| address.to_canonical().to_string());
    address.map_err(|_| Wrong::Field(field, format!("`{}` is no IPv4 and no IPv6 address", text::line(given, 60))))
}

/// A record of the DNS: a host by its name.
fn of_dns(object: &Map<String, Value>) -> Result<ExposureRecord, Wrong> {
    let (kind, value) = (word(object, "type").to_ascii_uppercase(), word(object, "value"));
    let mut names = names(object);
    if names.is_empty() {
        return Err(Wrong::Field("name", "a record of the DNS is of a name: give `name`".to_owned()));
    }
    let ip = match kind.as_str() {
        "A" | "AAAA" if value.is_empty() => {
            return Err(Wrong::Field("value", "an address is missing: give `value`".to_owned()));
        }
        "A" | "AAAA" => ip(&value, "value")?,
        "CNAME" => {
            let target = text::clip(value.trim_end_matches('.'), 253);
            if !target.is_empty() && !names.contains(&target) {
                names.push(target);
            }
            String::new()
        }
        _ => return Err(Wrong::Kind(text::line(&kind, 20))),
    };
    Ok(ExposureRecord { ip, names, ..Default::default() })
}

/// A port of a host; without a port, a host by its name or its certificate.
fn of_port(object: &Map<String, Value>) -> Result<ExposureRecord, Wrong> {
    let (ip, names) = (ip(&word(object, "ip"), "ip")?, names(object));
    if ip.is_empty() && names.is_empty() {
        return Err(Wrong::Field("ip", "it is of no host: give `ip`, or `name` or `fqdn`".to_owned()));
    }
    let given = word(object, "port");
    let port = match given.as_str() {
        "" => 0,
        given => given.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| {
            Wrong::Field("port", format!("`{}` is no port: ports are 1 to 65535", text::line(given, 60)))
        })?,
    };
    let spoken = word(object, "protocol");
    let protocol = match spoken.as_str() {
        _ if port == 0 => Protocol::Unspecified,
        "" => Protocol::Tcp,
        given => protocol(given).ok_or_else(|| {
            Wrong::Field("protocol", format!("`{}` has no ports: TCP, UDP and SCTP have", text::line(given, 60)))
        })?,
    };
    let cpes = list(object, "cpe", 300).into_iter().take(10).collect();
    Ok(ExposureRecord {
        ip,
        names,
        port: port.into(),
        protocol: protocol.into(),
        service: text::line(&word(object, "service"), 100),
        product: text::line(&word(object, "product"), 200),
        product_version: text::line(&word(object, "version"), 100),
        cpes,
        banner: text::line(&word(object, "banner"), 2000),
        certificate: certificate(object)?,
        ..Default::default()
    })
}

/// The certificate of a line: an object of its own, or beside the name, as logs of certificates have it.
fn certificate(object: &Map<String, Value>) -> Result<Option<ExposureCertificate>, Wrong> {
    let own = match object.get("certificate") {
        Some(Value::Object(own)) => own,
        _ => object,
    };
    let hexadecimal: String = word(own, "fingerprint").chars().filter(char::is_ascii_hexdigit).collect();
    let end = word(own, "not_after");
    let expire_time = dates::read(&end, &[]);
    if expire_time.is_none() && !end.is_empty() {
        let message = format!("`{}` is no time: write it as 2027-02-01T00:00:00Z", text::line(&end, 60));
        return Err(Wrong::Field("not_after", message));
    }
    let certificate = ExposureCertificate {
        fingerprint: text::clip(&hexadecimal.to_lowercase(), 128),
        subject: text::line(&word(own, "subject"), 500),
        issuer: text::line(&word(own, "issuer"), 500),
        expire_time,
    };
    Ok((certificate != ExposureCertificate::default()).then_some(certificate))
}
