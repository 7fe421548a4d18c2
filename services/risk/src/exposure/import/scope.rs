//! What a scan looked at. Pure.

use std::collections::HashSet;

use fault::{Fault, Outcome};
use ipnet::IpNet;
use wire::risk::v1::port_range::Protocol;
use wire::risk::v1::{ErrorReason, ScanScope};

use crate::exposure::host;

/// What a scan looked at.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Without those that lie in others.
    pub(super) prefixes: Vec<IpNet>,
    pub(super) domains: HashSet<String>,
    ports: Vec<(Protocol, i32, i32)>,
}

impl Scope {
    /// Reads it. None is an empty one.
    pub(super) fn read(scope: Option<&ScanScope>) -> Outcome<Self> {
        let Some(scope) = scope else { return Ok(Self::default()) };
        let wrong = |field: String, value: &str, what: &str| {
            let message = format!("`{value}` is {what}");
            Fault::invalid(ErrorReason::ScanScopeInvalid, message)
                .with("value", value)
                .on(format!("start.scope.{field}"))
        };
        let mut prefixes = Vec::with_capacity(scope.prefixes.len());
        for (at, given) in scope.prefixes.iter().enumerate() {
            let what = "no prefix like 192.0.2.0/24 and no address";
            prefixes.push(host::prefix(given).ok_or_else(|| wrong(format!("prefixes[{at}]"), given, what))?);
        }
        let mut domains = HashSet::with_capacity(scope.domains.len());
        for (at, given) in scope.domains.iter().enumerate() {
            let what = "no domain like example.com";
            domains.insert(host::name(given).ok_or_else(|| wrong(format!("domains[{at}]"), given, what))?);
        }
        let mut ports = Vec::with_capacity(scope.ports.len());
        for (at, range) in scope.ports.iter().enumerate() {
            if range.protocol() == Protocol::Unspecified || range.first > range.last {
                let value = format!("{}-{} of {}", range.first, range.last, range.protocol().as_str_name());
                let what = "no range of ports: give TCP, UDP or SCTP, and the first one not above the last";
                return Err(wrong(format!("ports[{at}]"), &value, what));
            }
            ports.push((range.protocol(), range.first, range.last));
        }
        Ok(Self { prefixes: IpNet::aggregate(&prefixes), domains, ports })
    }

    /// Whether it looked at a port, where it looked at its host.
    pub(super) fn has_port(&self, protocol: Protocol, port: i32) -> bool {
        self.ports.iter().any(|(of, first, last)| *of == protocol && (*first..=*last).contains(&port))
    }

    /// Whether it looked at ports at all.
    pub(super) fn has_ports(&self) -> bool {
        !self.ports.is_empty()
    }

    /// Whether it looked for a name.
    pub(super) fn has_name(&self, name: &str) -> bool {
        let below = name.char_indices().filter(|(_, c)| *c == '.').filter_map(|(at, _)| name.get(at + 1..));
        std::iter::once(name).chain(below).any(|domain| self.domains.contains(domain))
    }
}

#[cfg(test)]
mod tests {
    use wire::risk::v1::PortRange;

    use super::*;

    fn scope(prefixes: &[&str], domains: &[&str], ports: &[(Protocol, i32, i32)]) -> ScanScope {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let range =
            |&(protocol, first, last): &(Protocol, i32, i32)| PortRange { protocol: protocol.into(), first, last };
        ScanScope { prefixes: own(prefixes), domains: own(domains), ports: ports.iter().map(range).collect() }
    }

    #[test]
    fn it_knows_what_it_looked_at() {
        let given = scope(&["192.0.2.0/24", "192.0.2.7", "2001:db8::1"], &["Example.com."], &[(Protocol::Tcp, 20, 25)]);
        let scope = Scope::read(Some(&given)).unwrap_or_default();
        assert_eq!(scope.prefixes.len(), 2, "an address within a prefix is no other one");
        assert!(
            scope.has_port(Protocol::Tcp, 25)
                && !scope.has_port(Protocol::Udp, 25)
                && !scope.has_port(Protocol::Tcp, 26)
        );
        assert!(
            scope.has_name("a.b.example.com") && scope.has_name("example.com") && !scope.has_name("badexample.com")
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (given, field) in [
            (scope(&["192.0.2.0/24", "10.0.0.0/33"], &[], &[]), "start.scope.prefixes[1]"),
            (scope(&[], &["a b"], &[]), "start.scope.domains[0]"),
            (scope(&[], &[], &[(Protocol::Tcp, 9, 1)]), "start.scope.ports[0]"),
            (scope(&[], &[], &[(Protocol::Unspecified, 1, 9)]), "start.scope.ports[0]"),
        ] {
            let fault =
                Scope::read(Some(&given)).err().map(|fault| (fault.reason().to_owned(), fault.field().to_owned()));
            assert_eq!(fault, Some(("SCAN_SCOPE_INVALID".to_owned(), field.to_owned())));
        }
    }
}
