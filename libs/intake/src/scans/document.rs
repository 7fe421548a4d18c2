//! The elements of XML of nmap, as they open and close.

use std::collections::BTreeMap;
use std::net::IpAddr;

use prost_types::Timestamp;
use wire::risk::v1::ExposureRecord;

use super::nmap::EXPECTED;
use super::{Out, certificate, protocol, ranges, targets};
use crate::lines::{Place, malformed};
use crate::{IntakeError, text};

/// Elements may nest at most so deep.
const DEEPEST: usize = 100;

/// Attributes by name.
pub(super) type Attributes = BTreeMap<String, String>;

/// A host that is open.
#[derive(Default)]
struct Host {
    origin: String,
    up: bool,
    address: String,
    /// What stands in place of an address that is none.
    wrong: String,
    names: Vec<String>,
    ports: Vec<ExposureRecord>,
}

/// A port that is open in the file.
#[derive(Default)]
struct Port {
    record: ExposureRecord,
    state: String,
    wrong: Option<(&'static str, String)>,
}

/// A script whose output is open.
#[derive(Default)]
struct Script {
    id: String,
    output: String,
    /// Keys of the tables that are open.
    tables: Vec<String>,
    parts: BTreeMap<String, String>,
}

/// The file as far as it was read.
#[derive(Default)]
pub(super) struct Document {
    open: Vec<String>,
    host: Option<Host>,
    port: Option<Port>,
    script: Option<Script>,
    /// The key and the text of what is open within a script or a port.
    key: String,
    text: String,
    /// Every address that the file tells of.
    addresses: Vec<String>,
    seen_root: bool,
    closed: bool,
    finished: Option<bool>,
}

impl Document {
    /// An element opens.
    pub(super) fn open(
        &mut self,
        name: &str,
        attributes: &Attributes,
        at: Place,
        out: &mut Out,
    ) -> Result<(), IntakeError> {
        if self.closed {
            return Err(malformed(at, "something follows the end of `nmaprun`".to_owned()));
        }
        if !self.seen_root {
            if name != "nmaprun" {
                let found = format!("the element `{}`", text::line(name, 60));
                return Err(IntakeError::Unexpected { at: at.to_string(), found, expected: EXPECTED });
            }
            self.seen_root = true;
            root(attributes, out);
        }
        self.open.push(name.to_owned());
        if self.open.len() > DEEPEST {
            let limit = format!("{DEEPEST} levels of nesting");
            return Err(IntakeError::TooLarge { at: at.to_string(), limit });
        }
        self.text.clear();
        match (name, &mut self.host, &mut self.port) {
            ("scaninfo", None, _) => looked_at(attributes, out),
            ("finished", None, _) => self.finished = Some(get(attributes, "exit") != "error"),
            ("host", None, _) => {
                out.count("host");
                self.host = Some(Host { origin: at.to_string(), ..Host::default() });
            }
            ("status", Some(host), None) => host.up = get(attributes, "state") == "up",
            ("address", Some(host), None) => address(host, attributes),
            ("hostname", Some(host), None) => host.names.push(text::clip(get(attributes, "name"), 253)),
            ("port", Some(_), None) => self.port = Some(port(attributes, at)),
            ("state", Some(_), Some(port)) => get(attributes, "state").clone_into(&mut port.state),
            ("service", Some(_), Some(port)) => service(&mut port.record, attributes),
            ("script", Some(_), Some(_)) => {
                let (id, output) = (get(attributes, "id").to_owned(), get(attributes, "output").to_owned());
                self.script = Some(Script { id, output, ..Script::default() });
            }
            ("table" | "elem", _, _) => {
                get(attributes, "key").clone_into(&mut self.key);
                if let Some(script) = self.script.as_mut().filter(|_| name == "table") {
                    script.tables.push(self.key.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The element that was opened last closes.
    pub(super) fn close(&mut self, out: &mut Out) -> Result<(), IntakeError> {
        match self.open.pop().as_deref() {
            Some("nmaprun") if self.open.is_empty() => self.closed = true,
            Some("host") => {
                if let Some(host) = self.host.take() {
                    self.take(host, out)?;
                }
            }
            Some("port") => self.take_port(out),
            Some("cpe") => {
                if let Some(port) = &mut self.port {
                    let cpe = text::clip(&self.text, 300);
                    if !cpe.is_empty() && port.record.cpes.len() < 10 && !port.record.cpes.contains(&cpe) {
                        port.record.cpes.push(cpe);
                    }
                }
            }
            Some("script") => self.take_script(),
            Some("table") => drop(self.script.as_mut().and_then(|script| script.tables.pop())),
            Some("elem") => {
                if let Some(script) = &mut self.script {
                    let mut place = script.tables.clone();
                    place.push(self.key.clone());
                    script.parts.insert(place.join("."), text::clip(&self.text, 500));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Text inside of the element that was opened last.
    pub(super) fn text(&mut self, text: &str, at: Place) -> Result<(), IntakeError> {
        if matches!(self.open.last().map(String::as_str), Some("cpe" | "elem")) {
            self.text.push_str(text);
        } else if self.open.is_empty() && !text.trim_start_matches('\u{feff}').trim().is_empty() {
            if self.closed {
                return Err(malformed(at, "text follows the end of `nmaprun`".to_owned()));
            }
            let found = "text that is no XML".to_owned();
            return Err(IntakeError::Unexpected { at: at.to_string(), found, expected: EXPECTED });
        }
        Ok(())
    }

    /// The file ends.
    pub(super) fn end(mut self, at: Place, out: &mut Out) -> Result<(), IntakeError> {
        if !self.open.is_empty() {
            let problem = "`nmaprun` is not closed: the scan was stopped before its end".to_owned();
            return Err(IntakeError::Truncated { at: at.to_string(), problem });
        }
        if !self.closed {
            return Err(IntakeError::Empty { expected: EXPECTED });
        }
        if self.finished != Some(true) {
            // What it did not come to was not missed.
            out.warn("the scan says that it did not come to its end: nothing counts as missed");
            out.scan.scope = Default::default();
            return Ok(());
        }
        self.scope(out);
        Ok(())
    }

    /// What was looked at, as the arguments say; where they do not, the hosts that the file tells of.
    fn scope(&mut self, out: &mut Out) {
        let found = targets::read(&out.scan.arguments);
        let hosts = std::mem::take(&mut self.addresses);
        if let Some(option) = found.hidden {
            out.warn(format!("{option} hides what was looked at: only hosts that the file tells of can be missed"));
            out.scan.scope.prefixes = hosts;
            return;
        }
        if !found.others.is_empty() {
            let named = text::clip(&found.others.join(", "), 200);
            out.warn(format!(
                "{named}: of targets that are no addresses, only hosts that the file tells of can be missed"
            ));
        }
        let mut prefixes = found.prefixes;
        if !found.others.is_empty() || prefixes.is_empty() {
            prefixes.extend(hosts);
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        out.scan.scope.prefixes = prefixes;
    }

    /// A host closes: its ports are records now.
    fn take(&mut self, host: Host, out: &mut Out) -> Result<(), IntakeError> {
        if host.address.is_empty() {
            let message = format!(
                "`{}` is no IPv4 and no IPv6 address: mend it, or leave the host out",
                text::line(&host.wrong, 60)
            );
            out.reject(&host.origin, "address", message);
            return Ok(());
        }
        self.addresses.push(host.address.clone());
        if !host.up && host.ports.is_empty() {
            out.not_imported("host, down", "nothing answered there");
            return Ok(());
        }
        if host.ports.is_empty() {
            out.not_imported("host, without an open port", "nothing can be reached there");
        }
        let mut names = host.names;
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        names.truncate(100);
        for record in host.ports {
            out.record(ExposureRecord { ip: host.address.clone(), names: names.clone(), ..record })?;
        }
        Ok(())
    }

    fn take_port(&mut self, out: &mut Out) {
        let (Some(port), Some(host)) = (self.port.take(), &mut self.host) else { return };
        out.count("port");
        if let Some((field, message)) = port.wrong {
            out.reject(&port.record.origin, field, message);
        } else if port.state == "open" {
            host.ports.push(port.record);
        } else {
            out.not_imported(
                &format!("port, {}", text::line(&port.state, 30)),
                "only a port that is open can be reached",
            );
        }
    }

    fn take_script(&mut self) {
        let (Some(script), Some(port)) = (self.script.take(), &mut self.port) else { return };
        match script.id.as_str() {
            "ssl-cert" => port.record.certificate = certificate::of(&script.parts, &script.output),
            "banner" => port.record.banner = text::line(&script.output, 2000),
            _ => {}
        }
    }
}

fn get<'a>(attributes: &'a Attributes, key: &str) -> &'a str {
    attributes.get(key).map(|value| value.trim()).unwrap_or_default()
}

/// What the scan says of itself.
fn root(attributes: &Attributes, out: &mut Out) {
    let engine = text::slug(get(attributes, "scanner"));
    out.scan.engine = if engine.is_empty() { "nmap".to_owned() } else { text::clip(&engine, 63) };
    out.scan.engine_version = text::line(get(attributes, "version"), 100);
    out.scan.arguments = text::line(get(attributes, "args"), 4000);
    let seconds = get(attributes, "start").parse::<i64>().ok();
    out.scan.scan_time = seconds.map(|seconds| Timestamp { seconds, nanos: 0 });
}

/// Which ports were looked at.
fn looked_at(attributes: &Attributes, out: &mut Out) {
    let Some(protocol) = protocol(get(attributes, "protocol")) else { return };
    if let Err(part) = ranges(protocol, get(attributes, "services"), &mut out.scan.scope.ports) {
        out.warn(format!("`{}` of `scaninfo` is no range of ports: it counts as not looked at", text::line(&part, 60)));
    }
}

/// The address of a host; one of its network card is none that is reached from elsewhere.
fn address(host: &mut Host, attributes: &Attributes) {
    let given = get(attributes, "addr");
    if get(attributes, "addrtype") == "mac" || !host.address.is_empty() {
        return;
    }
    match given.parse::<IpAddr>() {
        Ok(address) => host.address = address.to_canonical().to_string(),
        Err(_) => given.clone_into(&mut host.wrong),
    }
}

fn port(attributes: &Attributes, at: Place) -> Port {
    let (number, spoken) = (get(attributes, "portid"), get(attributes, "protocol"));
    let mut port = Port::default();
    port.record.origin = at.to_string();
    match number.parse::<u16>() {
        Ok(number) if number > 0 => port.record.port = number.into(),
        _ => {
            let message = format!("`{}` is no port: ports are 1 to 65535", text::line(number, 60));
            port.wrong = Some(("portid", message));
        }
    }
    match protocol(spoken) {
        Some(protocol) => port.record.protocol = protocol.into(),
        None => {
            let message = format!("`{}` has no ports: TCP, UDP and SCTP have", text::line(spoken, 60));
            port.wrong = Some(("protocol", message));
        }
    }
    port
}

fn service(record: &mut ExposureRecord, attributes: &Attributes) {
    let name = text::line(get(attributes, "name"), 90);
    record.service = match (get(attributes, "tunnel"), name.as_str()) {
        ("ssl", "http") => "https".to_owned(),
        ("ssl", "" | "unknown" | "ssl") => "tls".to_owned(),
        ("ssl", name) if !name.ends_with('s') => format!("{name}-tls"),
        (_, "unknown") => String::new(),
        _ => name,
    };
    // What is guessed by the number of the port alone says nothing of what answers.
    record.product = text::line(get(attributes, "product"), 200);
    record.product_version = text::line(get(attributes, "version"), 100);
}
