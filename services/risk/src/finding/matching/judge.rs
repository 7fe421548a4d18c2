//! Whether a product that the estate has is one that a vulnerability or an advisory names, and how sure that is. Pure.

use wire::risk::v1::finding::Basis;
use wire::risk::v1::finding::basis::Method;
use wire::risk::v1::vulnerability::Affected;
use wire::risk::v1::{Advisory, Vulnerability};

use super::alias::Pair;
use crate::version::{Among, affected, among_words, compare};
use crate::vulnerability::names::{cpe, plain};

/// How sure a match is, 0 to 1: by what, and whether the version is known to be in.
const BY_CPE: [f64; 3] = [0.95, 0.8, 0.5];
const BY_ADVISORY: [f64; 3] = [0.9, 0.75, 0.45];
const BY_NAME: [f64; 3] = [0.85, 0.65, 0.4];

/// What an alias leaves of it.
const ALIAS: f64 = 0.9;

/// A product of the estate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Product {
    /// As the registry says, in small letters.
    pub(crate) vendor: String,
    /// As the registry says, in small letters.
    pub(crate) model: String,
    /// As the registry says; empty where it does not.
    pub(crate) version: String,
}

/// How sure a match is; none where the version is not among them.
fn confidence(scale: [f64; 3], among: Among, alias: bool) -> Option<f64> {
    let [yes, all, unknown] = scale;
    let sure = match among {
        Among::No => return None,
        Among::Yes => yes,
        Among::All => all,
        Among::Unknown => unknown,
    };
    // To two digits, so that it reads as what it is.
    Some(if alias { (sure * ALIAS * 100.0).round() / 100.0 } else { sure })
}

fn basis(method: Method, confidence: f64, (maker, name): &Pair, product: &Product, among: Among) -> Basis {
    let version = match among {
        Among::Yes => format!("version {} is among those affected", product.version),
        Among::All => "all versions are affected".to_owned(),
        _ if product.version.is_empty() => "the registry says no version".to_owned(),
        _ => format!("version {} cannot be compared", product.version),
    };
    let reason = format!("{maker} {name}: {version}");
    Basis { method: method.into(), confidence, reason: reason.chars().take(1000).collect() }
}

/// The surest match of a product by one of its pairs with a vulnerability; none where it is none.
pub(crate) fn vulnerability(one: &Vulnerability, pair: &Pair, alias: bool, product: &Product) -> Option<Basis> {
    let mut found: Vec<Basis> = Vec::new();
    let (mut said, mut excluded) = (false, false);
    for entry in &one.affected {
        let by_cpe: Vec<String> = entry.cpes.iter().filter_map(|name| version_of(name, pair)).collect();
        let by_name = plain(&entry.vendor) == pair.0 && plain(&entry.product) == pair.1;
        if by_cpe.is_empty() && !by_name {
            continue;
        }
        said = true;
        let among = entry_among(entry, &by_cpe, &product.version);
        excluded |= among == Among::No;
        let (scale, method) = if by_cpe.is_empty() { (BY_NAME, Method::VendorProduct) } else { (BY_CPE, Method::Cpe) };
        if let Some(sure) = confidence(scale, among, alias) {
            found.push(basis(method, sure, pair, product, among));
        }
    }
    // What one part says for certain counts more than what another leaves open.
    let best = found.into_iter().max_by(|one, other| one.confidence.total_cmp(&other.confidence));
    if said {
        let open = best.as_ref().is_some_and(|basis| basis.confidence <= 0.5);
        return best.filter(|_| !(excluded && open));
    }
    let kev = one.kev.iter().map(|kev| (&kev.vendor, &kev.product));
    let eu = one.eu_kev.iter().flat_map(|eu| eu.products.iter().map(|product| (&eu.vendor, product)));
    let listed = kev.chain(eu).any(|(maker, name)| plain(maker) == pair.0 && plain(name) == pair.1);
    let sure = confidence(BY_NAME, Among::Unknown, alias).filter(|_| listed)?;
    Some(basis(Method::VendorProduct, sure, pair, product, Among::Unknown))
}

/// The version of a CPE name of the pair; none where it is of another.
fn version_of(name: &str, pair: &Pair) -> Option<String> {
    let (maker, product, version) = cpe(name)?;
    (plain(&maker) == pair.0 && plain(&product) == pair.1).then_some(version)
}

/// By its ranges; where these leave it open, by the versions of its CPE names.
fn entry_among(entry: &Affected, by_cpe: &[String], version: &str) -> Among {
    let among = affected(&entry.versions, &entry.default_status, version);
    if among != Among::Unknown || version.is_empty() {
        return among;
    }
    let named: Vec<&String> = by_cpe.iter().filter(|known| !matches!(known.as_str(), "*" | "-")).collect();
    if named.iter().any(|known| compare(known, version) == Some(std::cmp::Ordering::Equal)) {
        return Among::Yes;
    }
    let all = !named.is_empty() && named.len() == by_cpe.len();
    let other = all && entry.versions.is_empty() && named.iter().all(|known| compare(known, version).is_some());
    if other { Among::No } else { Among::Unknown }
}

/// Whether products of an advisory, by their ids, have a product of the estate among them.
pub(crate) fn of_advisory(one: &Advisory, ids: &[String], pair: &Pair, version: &str) -> Among {
    let named = one.product_tree.iter().filter(|product| ids.contains(&product.product_id));
    let same = named.filter(|product| plain(&product.vendor) == pair.0 && plain(&product.product) == pair.1);
    same.map(|product| if product.version.is_empty() { Among::All } else { among_words(&product.version, version) })
        .max()
        .unwrap_or(Among::No)
}

/// The surest match of a product by one of its pairs with what an advisory says is affected, by CVE in small letters.
pub(crate) fn advisory(one: &Advisory, pair: &Pair, alias: bool, product: &Product) -> Vec<(String, Basis)> {
    let with_cve = one.statements.iter().filter(|said| !said.cve.is_empty());
    with_cve
        .filter_map(|said| {
            let among = of_advisory(one, &said.known_affected, pair, &product.version);
            let sure = confidence(BY_ADVISORY, among, alias)?;
            let mut basis = basis(Method::Advisory, sure, pair, product, among);
            basis.reason =
                format!("{} of {}: {}", one.tracking_id, one.publisher, basis.reason).chars().take(1000).collect();
            Some((said.cve.clone(), basis))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::risk::v1::vulnerability::{KnownExploited, VersionRange};

    fn pair(maker: &str, product: &str) -> Pair {
        (maker.to_owned(), product.to_owned())
    }

    fn product(version: &str) -> Product {
        Product { vendor: "acme networks".to_owned(), model: "router os".to_owned(), version: version.to_owned() }
    }

    fn entry(cpes: &[&str]) -> Affected {
        let range = VersionRange {
            version: "7.0".to_owned(),
            less_than: "7.2".to_owned(),
            status: "affected".to_owned(),
            ..Default::default()
        };
        Affected {
            origin: "cna".to_owned(),
            vendor: "Acme Networks".to_owned(),
            product: "Router-OS".to_owned(),
            versions: vec![range],
            cpes: cpes.iter().map(|name| (*name).to_owned()).collect(),
            default_status: "unaffected".to_owned(),
            ..Default::default()
        }
    }

    fn found(one: &Vulnerability, version: &str, alias: bool) -> Option<(Method, f64)> {
        let basis = vulnerability(one, &pair("acme networks", "router os"), alias, &product(version))?;
        Some((basis.method(), basis.confidence))
    }

    #[test]
    fn a_cpe_name_is_surer_than_words_and_a_known_version_than_none() {
        let words = Vulnerability { affected: vec![entry(&[])], ..Default::default() };
        assert_eq!(found(&words, "7.1", false), Some((Method::VendorProduct, 0.85)));
        assert_eq!(found(&words, "7.2", false), None);
        assert_eq!(found(&words, "", false), Some((Method::VendorProduct, 0.4)));
        assert_eq!(found(&words, "7.1", true), Some((Method::VendorProduct, 0.77)));
        let named = Vulnerability {
            affected: vec![entry(&["cpe:2.3:o:acme_networks:router_os:*:*:*:*:*:*:*:*"])],
            ..Default::default()
        };
        assert_eq!(found(&named, "7.1", false), Some((Method::Cpe, 0.95)));
        assert_eq!(found(&named, "next", false), Some((Method::Cpe, 0.5)));
        let other = pair("acme networks", "switch os");
        assert_eq!(vulnerability(&named, &other, false, &product("7.1")), None);
    }

    #[test]
    fn where_no_range_helps_the_versions_of_cpe_names_do() {
        let mut entry = entry(&["cpe:2.3:o:acme_networks:router_os:7.1:*:*:*:*:*:*:*"]);
        entry.versions.clear();
        let one = Vulnerability { affected: vec![entry], ..Default::default() };
        assert_eq!(found(&one, "7.1", false), Some((Method::Cpe, 0.95)));
        assert_eq!(found(&one, "7.3", false), None);
    }

    #[test]
    fn a_list_names_products_without_versions() {
        let kev = KnownExploited {
            vendor: "Acme Networks".to_owned(),
            product: "Router OS".to_owned(),
            ..Default::default()
        };
        let one = Vulnerability { kev: Some(kev), ..Default::default() };
        assert_eq!(found(&one, "7.1", false), Some((Method::VendorProduct, 0.4)));
    }

    #[test]
    fn a_part_that_rules_it_out_counts_more_than_one_that_says_nothing() {
        let mut vague = entry(&[]);
        vague.versions.clear();
        vague.default_status.clear();
        let one = Vulnerability { affected: vec![entry(&[]), vague], ..Default::default() };
        assert_eq!(found(&one, "7.9", false), None);
        assert_eq!(found(&one, "7.1", false), Some((Method::VendorProduct, 0.85)));
    }
}
