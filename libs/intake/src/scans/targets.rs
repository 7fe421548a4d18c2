//! What a scan was pointed at, as the arguments of nmap say.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

/// A range of octets is written out to at most so many addresses.
const MOST_ADDRESSES: usize = 65_536;

/// Options of nmap that take the argument after them. An unknown option takes none.
const WITH_VALUE: &[&str] = &[
    "-p",
    "-oN",
    "-oX",
    "-oS",
    "-oG",
    "-oA",
    "-e",
    "-S",
    "-g",
    "-D",
    "-b",
    "-sI",
    "-iR",
    "-iL",
    "--exclude",
    "--excludefile",
    "--exclude-ports",
    "--top-ports",
    "--port-ratio",
    "--script",
    "--script-args",
    "--script-args-file",
    "--dns-servers",
    "--source-port",
    "--data",
    "--data-string",
    "--data-length",
    "--ip-options",
    "--ttl",
    "--spoof-mac",
    "--proxies",
    "--proxy",
    "--max-retries",
    "--host-timeout",
    "--script-timeout",
    "--scan-delay",
    "--max-scan-delay",
    "--min-rate",
    "--max-rate",
    "--min-hostgroup",
    "--max-hostgroup",
    "--min-parallelism",
    "--max-parallelism",
    "--min-rtt-timeout",
    "--max-rtt-timeout",
    "--initial-rtt-timeout",
    "--version-intensity",
    "--datadir",
    "--servicedb",
    "--versiondb",
    "--stylesheet",
    "--resume",
    "--mtu",
    "--scanflags",
    "--ports",
    "--range",
    "--rate",
];

/// Options after which the arguments alone do not say what was looked at.
const HIDDEN: &[&str] = &["-iR", "-iL", "--exclude", "--excludefile", "--exclude-ports", "--resume"];

/// What the arguments say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Targets {
    /// Prefixes and addresses.
    pub(super) prefixes: Vec<String>,
    /// Targets that are names, or are too many to write out.
    pub(super) others: Vec<String>,
    /// The option that hides what was looked at.
    pub(super) hidden: Option<String>,
}

/// Reads the arguments, the program first.
pub(super) fn read(arguments: &str) -> Targets {
    let mut targets = Targets::default();
    let mut words = words(arguments).into_iter().skip(1);
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or_default();
        if HIDDEN.contains(&name) {
            targets.hidden = Some(name.to_owned());
        }
        if word.starts_with('-') && word.len() > 1 {
            if WITH_VALUE.contains(&word.as_str()) {
                words.next();
            }
            continue;
        }
        match prefixes(&word) {
            Some(found) => targets.prefixes.extend(found),
            None => targets.others.push(word),
        }
    }
    targets
}

/// Words as a shell would have them, roughly: quotes hold spaces together.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut open) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => (quote, open) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (None, c) => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}

/// An address, a prefix, or ranges of octets.
fn prefixes(word: &str) -> Option<Vec<String>> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(vec![address.to_canonical().to_string()]);
    }
    if let Ok(net) = word.parse::<IpNet>() {
        return Some(vec![net.trunc().to_string()]);
    }
    octets(word)
}

/// `192.0.2.1-20`, `192.0.2,5.*`.
fn octets(word: &str) -> Option<Vec<String>> {
    let parts: Vec<Vec<u8>> = word.split('.').map(octet).collect::<Option<_>>()?;
    let [a, b, c, d] = parts.as_slice() else { return None };
    if [a, b, c, d].iter().map(|part| part.len()).product::<usize>() > MOST_ADDRESSES {
        return None;
    }
    let mut nets = Vec::new();
    for first in a {
        for second in b {
            for third in c {
                nets.extend(
                    d.iter().map(|fourth| IpNet::from(IpAddr::V4(Ipv4Addr::new(*first, *second, *third, *fourth)))),
                );
            }
        }
    }
    Some(IpNet::aggregate(&nets).iter().map(ToString::to_string).collect())
}

fn octet(text: &str) -> Option<Vec<u8>> {
    let mut found = Vec::new();
    for part in text.split(',') {
        let (first, last) = match part {
            "*" | "-" => (0, 255),
            _ => match part.split_once('-') {
                None => (part.parse().ok()?, part.parse().ok()?),
                Some((first, last)) => {
                    let bound = |text: &str, open: u8| if text.is_empty() { Some(open) } else { text.parse().ok() };
                    (bound(first, 0)?, bound(last, 255)?)
                }
            },
        };
        found.extend(first..=last);
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_from_options_and_their_values() {
        let found = read(
            "nmap -sV -T4 -p 1-1024 -oX \"my scan.xml\" --script=ssl-cert --max-rate 100 192.0.2.0/24 2001:db8::1 www.example.com",
        );
        assert_eq!(found.prefixes, ["192.0.2.0/24", "2001:db8::1"]);
        assert_eq!((found.others, found.hidden), (vec!["www.example.com".to_owned()], None));
    }

    #[test]
    fn ranges_of_octets_are_written_out_and_put_together() {
        assert_eq!(read("nmap 192.0.2.0-3").prefixes, ["192.0.2.0/30"]);
        assert_eq!(read("nmap 192.0.2,3.*").prefixes, ["192.0.2.0/23"]);
        assert_eq!(read("nmap 192.0.2.7,9").prefixes, ["192.0.2.7/32", "192.0.2.9/32"]);
        assert_eq!(read("nmap 10.*.*.1").prefixes.len(), 65_536);
        assert_eq!(read("nmap 10.*.*.1-2").others, ["10.*.*.1-2"], "too many");
    }

    #[test]
    fn what_hides_the_targets_is_named() {
        assert_eq!(read("nmap -iL hosts.txt").hidden.as_deref(), Some("-iL"));
        assert_eq!(read("nmap --exclude 192.0.2.1 192.0.2.0/24").hidden.as_deref(), Some("--exclude"));
    }
}
