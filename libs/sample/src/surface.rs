//! What of the operator can be reached from networks that it does not control, what was found on it, where it leads on into old networks, and
//! the threats that the operator keeps a list of (ITU-T X.1059; X.1055).
//!
//! It is the same for every seed and size. Hosts are known by the names of the inventory export; addresses come from the ranges that are set
//! aside for documentation (RFC 5737). Times are given in days before or after today. Two findings are of vulnerabilities that exist,
//! so that what is known of these (known to be exploited or not) shows; all others are weaknesses in words.

/// How a port is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// What has become of an exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// It was seen, and the registry knows the host.
    Discovered,
    /// It was seen, and nobody knows whose it is.
    Unknown,
    /// Somebody answers for it.
    Claimed,
    /// Somebody else allows it for so many days.
    Approved(i64),
    /// It must not be reachable.
    Rejected,
    /// As approved, and a scan saw it since just as it was approved.
    Monitored(i64),
    /// As approved, and not for much longer.
    Expiring(i64),
    /// It is reachable no more.
    Withdrawn,
}

/// One port of one host that can be reached.
#[derive(Clone, Copy, Debug)]
pub struct Exposure {
    /// The address that the scan saw.
    pub ip: &'static str,
    /// The name that belongs to it; empty where it has none.
    pub fqdn: &'static str,
    /// The port.
    pub port: i32,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// What is spoken there.
    pub service: &'static str,
    /// What answers there.
    pub product: &'static str,
    /// What stands in front of it.
    pub behind: &'static [&'static str],
    /// Who answers for it, where somebody does.
    pub owner: &'static str,
    /// What it must be reachable for, where somebody answers for it.
    pub business_need: &'static str,
    /// What has become of it.
    pub reach: Reach,
}

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the exposure with this address and port.
    Exposure(&'static str, i32),
    /// On an asset.
    Asset(&'static str),
}

/// What was done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Course {
    /// Nothing yet.
    Open,
    /// Something makes it bearable.
    Mitigated,
    /// It is said to be repaired.
    Fixed,
    /// It is accepted for so many days.
    Accepted(i64),
    /// Somebody looked, and it is repaired.
    Verified,
    /// Nothing is left to do.
    Closed,
    /// The target is not affected.
    NotAffected,
    /// It is there again.
    Reopened,
}

/// A weakness of something.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// Its id.
    pub id: &'static str,
    /// Where.
    pub place: Place,
    /// The CVE, where it is one of [`Surface::vulnerabilities`]; else empty.
    pub cve: &'static str,
    /// What is weak, in words, where no CVE says it.
    pub weakness: &'static str,
    /// The CVSS vector, where no CVE says it.
    pub vector: &'static str,
    /// Who or what found it.
    pub source: &'static str,
    /// How many days ago.
    pub days_ago: i64,
    /// What was done about it, and the words for that.
    pub course: (Course, &'static str),
}

/// A vulnerability: facts of its record.
#[derive(Clone, Copy, Debug)]
pub struct Vulnerability {
    /// Its id.
    pub cve: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Its base vector.
    pub vector: &'static str,
    /// When CISA listed it as known to be exploited; empty where it did not.
    pub kev_date: &'static str,
}

/// A way from what can be reached into an old network.
#[derive(Clone, Copy, Debug)]
pub struct LegacyLink {
    /// Its id.
    pub id: &'static str,
    /// From where.
    pub from: Place,
    /// Where to.
    pub network: &'static str,
    /// What is spoken there.
    pub protocol: &'static str,
    /// The implementation that keeps it within bounds; none for none.
    pub control: Option<&'static str>,
    /// What the reviewer said; empty where nobody looked yet.
    pub review: &'static str,
}

/// A threat of the operator's own list.
#[derive(Clone, Copy, Debug)]
pub struct Threat {
    /// What the list calls it.
    pub key: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// Where in the network it happens.
    pub segment: &'static str,
    /// Whether it was seen in use at the operator or its peers.
    pub observed: bool,
}

/// All of it.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// The id and the name of the list of threats.
    pub catalogue: (&'static str, &'static str),
    /// The threats of the list.
    pub threats: &'static [Threat],
    /// What the scans look at: prefixes.
    pub scope: &'static [&'static str],
    /// How many days ago the first of two scans was; the second is of today.
    pub first_scan_days: i64,
    /// What can be reached.
    pub exposures: &'static [Exposure],
    /// The vulnerabilities that findings name.
    pub vulnerabilities: &'static [Vulnerability],
    /// What was found.
    pub findings: &'static [Finding],
    /// Ways into old networks.
    pub legacy_links: &'static [LegacyLink],
    /// The profile that ships of which risks are made, and the service that they are about.
    pub profile: (&'static str, &'static str),
}

/// The attack surface of the operator.
#[must_use]
pub fn surface() -> &'static Surface {
    &SURFACE
}

const SURFACE: Surface = Surface {
    catalogue: ("norvane-threats", "Threats that Norvane Telecom plans for"),
    threats: THREATS,
    scope: &["203.0.113.0/24", "198.51.100.0/24"],
    first_scan_days: 12,
    exposures: EXPOSURES,
    vulnerabilities: VULNERABILITIES,
    findings: FINDINGS,
    legacy_links: LEGACY_LINKS,
    profile: ("roaming-and-signalling", "roaming-000001"),
};

const THREATS: &[Threat] = &[
    Threat {
        key: "NT-1",
        title: "Flood of traffic against the border",
        summary: "Networks of taken-over devices send more than the links at the border carry.",
        segment: "Transport",
        observed: true,
    },
    Threat {
        key: "NT-2",
        title: "Signalling from a network that has no business with the subscriber",
        summary: "Messages that only a home network should send come in over an interconnect and ask where a subscriber is.",
        segment: "Roaming",
        observed: true,
    },
    Threat {
        key: "NT-3",
        title: "A maintainer's access used by another",
        summary: "Somebody deceives a supplier's engineer and works on elements with his account.",
        segment: "O&M",
        observed: true,
    },
    Threat {
        key: "NT-4",
        title: "An update that carries more than it says",
        summary: "What a supplier delivers was changed on its way or at its source.",
        segment: "O&M",
        observed: false,
    },
];

const EXPOSURES: &[Exposure] = &[
    Exposure {
        ip: "203.0.113.1",
        fqdn: "border-router-000001.net.norvane.example",
        port: 179,
        protocol: Protocol::Tcp,
        service: "bgp",
        product: "Border router",
        behind: &["session-filter"],
        owner: "head of network operations",
        business_need: "Routes are exchanged with peers and carriers.",
        reach: Reach::Monitored(300),
    },
    Exposure {
        ip: "203.0.113.53",
        fqdn: "dns-server-000001.net.norvane.example",
        port: 53,
        protocol: Protocol::Udp,
        service: "domain",
        product: "Resolver",
        behind: &["scrubbing"],
        owner: "head of platforms",
        business_need: "The names of the operator are asked for from everywhere.",
        reach: Reach::Approved(180),
    },
    Exposure {
        ip: "203.0.113.80",
        fqdn: "load-balancer-000001.net.norvane.example",
        port: 443,
        protocol: Protocol::Tcp,
        service: "https",
        product: "Customer portal",
        behind: &["scrubbing", "waf"],
        owner: "head of platforms",
        business_need: "Customers manage their contracts there.",
        reach: Reach::Monitored(300),
    },
    Exposure {
        ip: "203.0.113.200",
        fqdn: "console-server-000001.net.norvane.example",
        port: 22,
        protocol: Protocol::Tcp,
        service: "ssh",
        product: "OpenSSH",
        behind: &[],
        owner: "",
        business_need: "",
        reach: Reach::Rejected,
    },
    Exposure {
        ip: "203.0.113.254",
        fqdn: "firewall-000001.net.norvane.example",
        port: 500,
        protocol: Protocol::Udp,
        service: "isakmp",
        product: "Firewall",
        behind: &[],
        owner: "head of security operations",
        business_need: "Staff and maintainers enter by the tunnel that ends there.",
        reach: Reach::Expiring(20),
    },
    Exposure {
        ip: "203.0.113.2",
        fqdn: "border-router-000002.net.norvane.example",
        port: 830,
        protocol: Protocol::Tcp,
        service: "netconf-ssh",
        product: "Border router",
        behind: &[],
        owner: "head of network operations",
        business_need: "A maintainer reads the configuration during the change of hardware.",
        reach: Reach::Claimed,
    },
    Exposure {
        ip: "203.0.113.123",
        fqdn: "ntp-server-000001.net.norvane.example",
        port: 123,
        protocol: Protocol::Udp,
        service: "ntp",
        product: "Time server",
        behind: &[],
        owner: "",
        business_need: "",
        reach: Reach::Discovered,
    },
    Exposure {
        ip: "198.51.100.23",
        fqdn: "",
        port: 23,
        protocol: Protocol::Tcp,
        service: "telnet",
        product: "",
        behind: &[],
        owner: "",
        business_need: "",
        reach: Reach::Unknown,
    },
    Exposure {
        ip: "203.0.113.21",
        fqdn: "ftp.norvane.example",
        port: 21,
        protocol: Protocol::Tcp,
        service: "ftp",
        product: "File server",
        behind: &[],
        owner: "head of platforms",
        business_need: "",
        reach: Reach::Withdrawn,
    },
];

const VULNERABILITIES: &[Vulnerability] = &[
    Vulnerability {
        cve: "CVE-2023-44487",
        title: "HTTP/2 Rapid Reset",
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        kev_date: "2023-10-10",
    },
    Vulnerability {
        cve: "CVE-2024-6387",
        title: "OpenSSH signal handler race",
        vector: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H",
        kev_date: "",
    },
];

const FINDINGS: &[Finding] = &[
    Finding {
        id: "console-ssh",
        place: Place::Exposure("203.0.113.200", 22),
        cve: "CVE-2024-6387",
        weakness: "",
        vector: "",
        source: "outside scan",
        days_ago: 40,
        course: (Course::Open, ""),
    },
    Finding {
        id: "portal-streams",
        place: Place::Exposure("203.0.113.80", 443),
        cve: "CVE-2023-44487",
        weakness: "",
        vector: "",
        source: "outside scan",
        days_ago: 12,
        course: (Course::Mitigated, "The balancer allows few streams a second from one address."),
    },
    Finding {
        id: "tunnel-ssh",
        place: Place::Asset("firewall-000001"),
        cve: "CVE-2024-6387",
        weakness: "",
        vector: "",
        source: "inventory of versions",
        days_ago: 12,
        course: (Course::NotAffected, "The firewall has no such server."),
    },
    Finding {
        id: "resolver-open",
        place: Place::Exposure("203.0.113.53", 53),
        cve: "",
        weakness: "The resolver answers everybody's questions, not only customers'",
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:L",
        source: "pentest of spring",
        days_ago: 30,
        course: (Course::Accepted(60), "Limits of rate hold until the new resolvers stand."),
    },
    Finding {
        id: "router-sessions",
        place: Place::Asset("border-router-000001"),
        cve: "",
        weakness: "Sessions of the routing protocol carry no authentication",
        vector: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:H/A:H",
        source: "pentest of spring",
        days_ago: 70,
        course: (Course::Fixed, "All sessions have keys."),
    },
    Finding {
        id: "time-monlist",
        place: Place::Exposure("203.0.113.123", 123),
        cve: "",
        weakness: "The time server answers commands that multiply traffic",
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
        source: "outside scan",
        days_ago: 100,
        course: (Course::Verified, "The commands are switched off."),
    },
    Finding {
        id: "portal-ciphers",
        place: Place::Exposure("203.0.113.80", 443),
        cve: "",
        weakness: "The portal still offers ciphers of the last century",
        vector: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
        source: "pentest of spring",
        days_ago: 150,
        course: (Course::Closed, "Only current ciphers are offered."),
    },
    Finding {
        id: "default-password",
        place: Place::Asset("console-server-000001"),
        cve: "",
        weakness: "The password is the one that it came with",
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        source: "walk through the hall",
        days_ago: 20,
        course: (Course::Reopened, "The replacement has the same one."),
    },
];

const LEGACY_LINKS: &[LegacyLink] = &[
    LegacyLink {
        id: "border-to-signalling",
        from: Place::Exposure("203.0.113.1", 179),
        network: "Signalling over IP with carriers",
        protocol: "SIGTRAN",
        control: Some("interconnect-isolation"),
        review: "Only the two signalling transfer points are reached, and only by carriers with a contract.",
    },
    LegacyLink {
        id: "console-to-elements",
        from: Place::Asset("console-server-000001"),
        network: "Element management of the exchanges",
        protocol: "TELNET",
        control: None,
        review: "",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_state_is_shown_and_what_is_named_is_there() {
        let of = surface();
        let reaches: HashSet<_> = of.exposures.iter().map(|one| std::mem::discriminant(&one.reach)).collect();
        let courses: HashSet<_> = of.findings.iter().map(|one| std::mem::discriminant(&one.course.0)).collect();
        assert_eq!((reaches.len(), courses.len()), (8, 8));
        let there = |place: Place| match place {
            Place::Exposure(ip, port) => of.exposures.iter().any(|one| (one.ip, one.port) == (ip, port)),
            Place::Asset(id) => !id.is_empty(),
        };
        for finding in of.findings {
            assert!(there(finding.place), "{finding:?}");
            let known = of.vulnerabilities.iter().any(|one| one.cve == finding.cve);
            assert!(known != (finding.cve.is_empty() && !finding.weakness.is_empty()), "{finding:?}");
        }
        let controls: HashSet<&str> = crate::programme().implementations.iter().map(|one| one.id).collect();
        for link in of.legacy_links {
            assert!(there(link.from) && link.control.is_none_or(|id| controls.contains(id)), "{link:?}");
        }
        for one in of.exposures {
            let answered = !one.business_need.is_empty();
            let approved =
                matches!(one.reach, Reach::Claimed | Reach::Approved(_) | Reach::Monitored(_) | Reach::Expiring(_));
            assert_eq!(answered, approved, "somebody answers for what is claimed: {one:?}");
        }
    }
}
