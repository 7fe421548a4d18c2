use std::collections::BTreeMap;

use super::*;

const NMAP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<!-- by hand, as nmap 7 writes it -->
<nmaprun scanner="nmap" args="nmap -sV --script ssl-cert,banner -p 1-1024,8443 -oX out.xml 192.0.2.0/28" start="1796040000" startstr="Mon Nov 30 12:00:00 2026" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="1025" services="1-1024,8443"/>
<verbose level="0"/>
<host starttime="1796040001" endtime="1796040009"><status state="up" reason="echo-reply" reason_ttl="54"/>
<address addr="192.0.2.7" addrtype="ipv4"/>
<address addr="00:00:5E:00:53:01" addrtype="mac" vendor="ICANN"/>
<hostnames><hostname name="www.example.com" type="user"/><hostname name="edge-7.example.net" type="PTR"/></hostnames>
<ports><extraports state="closed" count="1022"><extrareasons reason="reset" count="1022"/></extraports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="54"/><service name="ssh" product="OpenSSH" version="9.2p1" extrainfo="protocol 2.0" method="probed" conf="10"><cpe>cpe:/a:openbsd:openssh:9.2p1</cpe><cpe>cpe:/o:linux:linux_kernel</cpe></service><script id="banner" output="SSH-2.0-OpenSSH_9.2p1"/></port>
<port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="54"/><service name="http" product="nginx &amp; friends" tunnel="ssl" method="probed" conf="10"/><script id="ssl-cert" output="Subject: commonName=www.example.com&#xa;Not valid after:  2027-02-01T00:00:00"><table key="subject"><elem key="commonName">www.example.com</elem></table>
<table key="extensions"><table><elem key="name">X509v3 Subject Alternative Name</elem><elem key="value">DNS:www.example.com</elem></table></table>
<table key="validity"><elem key="notBefore">2026-11-01T00:00:00</elem><elem key="notAfter">2027-02-01T00:00:00</elem></table><elem key="md5">00</elem><elem key="sha1">abcdef0123456789abcdef0123456789abcdef01</elem></script></port>
<port protocol="tcp" portid="25"><state state="filtered" reason="no-response" reason_ttl="0"/><service name="smtp" method="table" conf="3"/></port>
</ports></host>
<host><status state="down" reason="no-response"/><address addr="192.0.2.8" addrtype="ipv4"/></host>
<host><status state="up" reason="echo-reply"/><address addr="192.0.2.9" addrtype="ipv4"/><ports></ports></host>
<runstats><finished time="1796040010" timestr="" elapsed="10" summary="" exit="success"/><hosts up="2" down="1" total="3"/></runstats>
</nmaprun>
"#;

fn nmap(text: &str) -> Result<Scan, IntakeError> {
    read(Format::Nmap, &mut text.as_bytes())
}

fn lines(text: &str) -> Scan {
    read(Format::JsonLines, &mut text.as_bytes()).unwrap_or_default()
}

fn refused(text: &str) -> String {
    nmap(text).err().map(|error| error.to_string()).unwrap_or_default()
}

fn left(scan: &Scan) -> BTreeMap<&str, u64> {
    scan.report.not_imported.iter().map(|(kind, left)| (kind.as_str(), left.count)).collect()
}

#[test]
fn a_scan_of_nmap_tells_hosts_ports_products_and_certificates() {
    let scan = nmap(NMAP).unwrap_or_default();
    assert_eq!(
        (scan.engine.as_str(), scan.engine_version.as_str(), scan.scan_time.map(|time| time.seconds)),
        ("nmap", "7.93", Some(1_796_040_000))
    );
    assert_eq!(scan.scope.prefixes, ["192.0.2.0/28"]);
    let ranges: Vec<(i32, i32)> = scan.scope.ports.iter().map(|range| (range.first, range.last)).collect();
    assert_eq!(ranges, [(1, 1024), (8443, 8443)]);
    assert_eq!(scan.report.objects, BTreeMap::from([("host".to_owned(), 3), ("port".to_owned(), 3)]));
    assert_eq!(
        left(&scan),
        BTreeMap::from([("host, down", 1), ("host, without an open port", 1), ("port, filtered", 1)])
    );
    assert!(scan.report.rejected.is_empty() && scan.report.warnings.is_empty(), "{:?}", scan.report);
    let [ssh, https] = scan.records.as_slice() else { unreachable!("{:?}", scan.records) };
    assert_eq!(
        (
            ssh.ip.as_str(),
            ssh.port,
            ssh.protocol(),
            ssh.service.as_str(),
            ssh.product.as_str(),
            ssh.product_version.as_str()
        ),
        ("192.0.2.7", 22, Protocol::Tcp, "ssh", "OpenSSH", "9.2p1")
    );
    assert_eq!(
        (ssh.names.as_slice(), ssh.cpes.len(), ssh.banner.as_str()),
        (["edge-7.example.net".to_owned(), "www.example.com".to_owned()].as_slice(), 2, "SSH-2.0-OpenSSH_9.2p1")
    );
    assert!(ssh.origin.starts_with("line 13 "), "{}", ssh.origin);
    assert_eq!((https.service.as_str(), https.product.as_str()), ("https", "nginx & friends"));
    let certificate = https.certificate.clone().unwrap_or_default();
    assert_eq!(
        (
            certificate.fingerprint.as_str(),
            certificate.subject.as_str(),
            certificate.expire_time.map(|time| time.seconds)
        ),
        ("abcdef0123456789abcdef0123456789abcdef01", "commonName=www.example.com", Some(1_801_440_000))
    );
}

#[test]
fn wrong_hosts_and_ports_are_rejected_with_their_place_and_the_others_are_taken() {
    let text = NMAP.replace("portid=\"22\"", "portid=\"70000\"").replace("addr=\"192.0.2.8\"", "addr=\"192.0.2.888\"");
    let text = text.replace("protocol=\"tcp\" portid=\"25\"", "protocol=\"ip\" portid=\"25\"");
    let scan = nmap(&text).unwrap_or_default();
    assert_eq!(scan.records.len(), 1);
    let told: Vec<(&str, bool)> =
        scan.report.rejected.iter().map(|one| (one.field.as_str(), one.origin.starts_with("line "))).collect();
    assert_eq!(told, [("portid", true), ("protocol", true), ("address", true)]);
}

#[test]
fn files_that_are_no_scan_are_refused_with_place_and_remedy() {
    assert!(refused("").contains("empty"), "{}", refused(""));
    assert!(refused("PORT STATE\n22 open").contains("line 1 column 1"), "{}", refused("PORT STATE"));
    assert!(refused("<html><body/></html>").contains("the element `html`"), "{}", refused("<html/>"));
    let broken = NMAP.replace("</hostnames>", "</hostname>");
    assert!(refused(&broken).contains("malformed at line 11"), "{}", refused(&broken));
    let cut: String = NMAP.chars().take(1500).collect();
    assert!(refused(&cut).contains("ends in the middle"), "{}", refused(&cut));
    let deep = format!("<nmaprun>{}", "<a>".repeat(200));
    assert!(refused(&deep).contains("levels of nesting"), "{}", refused(&deep));
    let twice = format!("{NMAP}<nmaprun/>");
    assert!(refused(&twice).contains("follows the end"), "{}", refused(&twice));
}

#[test]
fn a_scan_that_did_not_end_or_hides_its_targets_misses_little_or_nothing() {
    let stopped = nmap(&NMAP.replace("exit=\"success\"", "exit=\"error\"")).unwrap_or_default();
    assert!(stopped.scope == ScanScope::default() && !stopped.report.warnings.is_empty());
    let listed = nmap(&NMAP.replace("192.0.2.0/28\"", "-iL hosts.txt\"")).unwrap_or_default();
    assert_eq!(listed.scope.prefixes, ["192.0.2.7", "192.0.2.8/31"]);
}

#[test]
fn lines_of_json_tell_ports_names_and_certificates() {
    let scan = lines(concat!(
        "{\"scan\":{\"engine\":\"Our Scanner\",\"version\":\"2\",\"time\":\"2026-11-30T12:00:00Z\",\"prefixes\":[\"192.0.2.0/24\"],\"domains\":\"example.com\",\"ports\":{\"tcp\":\"1-1024,8443\",\"udp\":\"53\"}}}\n",
        "{\"ip\":\"192.0.2.7\",\"port\":443,\"protocol\":\"TCP\",\"fqdn\":\"www.example.com\",\"service\":\"https\",\"product\":\"nginx\",\"version\":\"1.26\",\"cpe\":[\"cpe:/a:f5:nginx\"],\"certificate\":{\"fingerprint\":\"AB:CD\",\"subject\":\"CN=www.example.com\",\"not_after\":\"2027-02-01\"}}\n",
        "\n",
        "{\"name\":\"mx.example.com\",\"type\":\"A\",\"value\":\"192.0.2.25\"}\r\n",
        "{\"name\":\"alias.example.com\",\"type\":\"cname\",\"value\":\"mx.example.com.\"}\n",
        "{\"name\":\"example.com\",\"type\":\"MX\",\"value\":\"10 mx.example.com\"}\n",
        "{\"name\":\"*.example.com\",\"not_after\":\"2027-02-01T00:00:00Z\",\"fingerprint\":\"00ff\",\"colour\":\"blue\"}\n",
        "{\"ip\":\"2001:DB8::1\",\"port\":\"53\",\"protocol\":\"udp\"}",
    ));
    assert_eq!((scan.engine.as_str(), scan.scan_time.map(|time| time.seconds)), ("our-scanner", Some(1_796_040_000)));
    assert_eq!((scan.scope.prefixes.len(), scan.scope.domains.len(), scan.scope.ports.len()), (1, 1, 3));
    let told: Vec<(&str, &str, i32, &str)> = scan
        .records
        .iter()
        .map(|one| (one.ip.as_str(), one.names.first().map_or("", String::as_str), one.port, one.origin.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("192.0.2.7", "www.example.com", 443, "line 2"),
            ("192.0.2.25", "mx.example.com", 0, "line 4"),
            ("", "alias.example.com", 0, "line 5"),
            ("", "*.example.com", 0, "line 7"),
            ("2001:db8::1", "", 53, "line 8"),
        ]
    );
    assert_eq!(
        scan.records.first().and_then(|one| one.certificate.clone()).map(|it| it.fingerprint),
        Some("abcd".to_owned())
    );
    assert_eq!(left(&scan), BTreeMap::from([("record of the DNS, MX", 1)]));
    assert_eq!(scan.report.warnings, ["`colour` is not understood and left out"]);
}

#[test]
fn wrong_lines_are_rejected_alone() {
    let scan = lines(concat!(
        "{\"ip\":\"192.0.2.7\",\"port\":70000}\n",
        "{\"ip\":\"192.0.2.777\",\"port\":1}\n",
        "{\"port\":1}\n",
        "not json\n",
        "[1]\n",
        "{\"ip\":\"192.0.2.7\",\"port\":1,\"protocol\":\"icmp\"}\n",
        "{\"name\":\"a.example.com\",\"not_after\":\"soon\"}\n",
        "{\"ip\":\"192.0.2.7\",\"port\":1}\n",
    ));
    assert_eq!(scan.records.len(), 1);
    let told: Vec<(&str, &str)> =
        scan.report.rejected.iter().map(|one| (one.origin.as_str(), one.field.as_str())).collect();
    assert_eq!(
        told,
        [
            ("line 1", "port"),
            ("line 2", "ip"),
            ("line 3", "ip"),
            ("line 4", ""),
            ("line 5", ""),
            ("line 6", "protocol"),
            ("line 7", "not_after")
        ]
    );
    for nothing in ["", "\n\n", "PORT STATE\n22 open\n"] {
        assert!(read(Format::JsonLines, &mut nothing.as_bytes()).is_err(), "{nothing:?}");
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    for seed in 0..2000_u32 {
        // A file cut and bent at a place.
        let mut bytes = NMAP.as_bytes().to_vec();
        let at = usize::try_from(seed.wrapping_mul(2_654_435_761)).unwrap_or_default() % bytes.len();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = byte.wrapping_add(1 + u8::try_from(seed % 200).unwrap_or_default());
        }
        if seed % 3 == 0 {
            bytes.truncate(at);
        }
        let _ = read(Format::Nmap, &mut bytes.as_slice());
        let _ = read(Format::JsonLines, &mut bytes.as_slice());
    }
}
