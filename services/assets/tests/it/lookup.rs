//! Look-ups by how the network knows an asset, against an oracle that compares every identifier with what is asked.

use std::collections::BTreeMap;
use std::net::IpAddr;

use futures::StreamExt as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use testkit::{Bench, reason};
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, CreateAssetRequest, LookupAssetsRequest, LookupMatch, NetworkIdentifier};

use crate::{assets, on_every_database};

const KINDS: [Kind; 11] = [
    Kind::Ip,
    Kind::Prefix,
    Kind::Fqdn,
    Kind::NetworkElement,
    Kind::PointCode,
    Kind::E164,
    Kind::Imsi,
    Kind::Asn,
    Kind::Plmn,
    Kind::Mac,
    Kind::Cell,
];

/// What an identifier stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Addresses from and to, IPv4 in its mapped place, and whether written as IPv4.
    Net(u128, u128, bool),
    /// Numbers of one kind and length, from and to.
    Numbers(Kind, usize, u64, u64),
    Word(Kind, String),
}

impl Place {
    fn holds(&self, asked: &Self) -> bool {
        match (self, asked) {
            (Self::Net(low, high, _), Self::Net(from, to, v4)) => {
                // Nobody who asks for an IPv4 address means the whole of IPv6.
                let mapped = u128::from(std::net::Ipv4Addr::UNSPECIFIED.to_ipv6_mapped());
                low <= from && to <= high && (!v4 || (*low >= mapped && *high <= mapped + u128::from(u32::MAX)))
            }
            (Self::Numbers(kind, length, low, high), Self::Numbers(asked, digits, from, to)) => {
                kind == asked && length == digits && low <= from && to <= high
            }
            _ => self == asked,
        }
    }

    fn breadth(&self) -> u128 {
        match self {
            Self::Net(low, high, _) => high - low,
            Self::Numbers(_, _, low, high) => u128::from(high - low),
            Self::Word(..) => 0,
        }
    }
}

/// What a text says when it is read as one kind; nothing where it has not that form.
fn read(kind: Kind, text: &str) -> Option<Place> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = |text: String| Some(Place::Word(kind, text));
    match kind {
        Kind::Ip => net(text, None),
        Kind::Prefix => text.split_once('/').and_then(|(address, length)| net(address, Some(length.parse().ok()?))),
        Kind::E164 | Kind::Imsi => {
            let (low, high) = text.split_once("..").unwrap_or((text, text));
            let (low, high) = (low.trim_start_matches('+'), high.trim_start_matches('+'));
            let lengths = if kind == Kind::Imsi { 15..=15 } else { 3..=15 };
            let fits = digits(low) && digits(high) && low.len() == high.len() && lengths.contains(&low.len());
            let (from, to) = (low.parse().ok()?, high.parse().ok()?);
            (fits && from <= to).then_some(Place::Numbers(kind, low.len(), from, to))
        }
        Kind::Asn => {
            let number = text.to_lowercase();
            let number = number.strip_prefix("as").unwrap_or(&number);
            if digits(number) { word(number.parse::<u32>().ok()?.to_string()) } else { None }
        }
        Kind::PointCode if digits(text) => {
            text.parse::<u32>().ok().filter(|code| *code < 1 << 24).and_then(|code| word(code.to_string()))
        }
        Kind::PointCode => {
            let parts: Vec<u8> = text.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
            if parts.len() == 3 { word(format!("{parts:?}")) } else { None }
        }
        Kind::Plmn => {
            let code = text.replace('-', "");
            if digits(&code) && (5..=6).contains(&code.len()) { word(code) } else { None }
        }
        Kind::Mac => {
            let code = text.replace([':', '-'], "").to_lowercase();
            let hex =
                code.len() == 12 && code.len() < text.len() && code.chars().all(|digit| digit.is_ascii_hexdigit());
            if hex { word(code) } else { None }
        }
        Kind::Fqdn => {
            let name = text.to_lowercase();
            let name = name.trim_end_matches('.').to_owned();
            let allowed = |character: char| character.is_ascii_alphanumeric() || character == '-';
            if name.split('.').all(|label| !label.is_empty() && label.chars().all(allowed)) { word(name) } else { None }
        }
        _ => word(text.to_owned()),
    }
}

fn net(address: &str, length: Option<u32>) -> Option<Place> {
    let address: IpAddr = address.parse().ok()?;
    let (bits, v4) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_ipv6_mapped()), true),
        IpAddr::V6(v6) => (u128::from(v6), false),
    };
    let all = if v4 { 32 } else { 128 };
    let free = all - length.unwrap_or(all).min(all);
    let mask = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    Some(Place::Net(bits & !mask, bits | mask, v4))
}

/// Addresses, numbers and names from a small world, so that they overlap, nest and touch.
fn identifier() -> impl Strategy<Value = (Kind, String)> {
    let v4 = (0_u8..3, 0_u8..4, prop_oneof![Just(0_u8), Just(255), any::<u8>()]);
    let v4 = v4.prop_map(|(b, c, d)| format!("10.{b}.{c}.{d}")).boxed();
    let v6 = (0_u16..3, prop_oneof![0_u16..3, Just(0x8000_u16), Just(0xffff)], 0_u16..4);
    let v6 = v6.prop_map(|(b, c, d)| format!("2001:db8:{b:x}:{c:x}::{d:x}"));
    let mapped = (0_u8..3, 0_u8..4).prop_map(|(c, d)| format!("::ffff:10.0.{c}.{d}"));
    let v6 = prop_oneof![4 => v6, 1 => mapped].boxed();
    let address = prop_oneof![v4.clone(), v6.clone()].prop_map(|address| (Kind::Ip, address));
    let short = (v4, 0_u8..=32).prop_map(|(address, length)| (Kind::Prefix, format!("{address}/{length}")));
    let long = (v6, prop_oneof![0_u8..=128, 28_u8..=68, 92_u8..=98]);
    let long = long.prop_map(|(address, length)| (Kind::Prefix, format!("{address}/{length}")));
    let number = (0_u64..300, 0_u64..300, any::<bool>()).prop_map(|(a, b, one)| {
        let (low, high) = (a.min(b), a.max(b));
        (Kind::E164, if one { format!("+4915{low:05}") } else { format!("+4915{low:05}..+4915{high:05}") })
    });
    let edges = prop_oneof![Just((0_u64, 999_u64)), Just((0, 99)), Just((100, 999)), Just((999, 999)), Just((9, 10))];
    let edges = edges.prop_map(|(low, high)| (Kind::E164, format!("{low:03}..{high:03}")));
    let subscriber = (0_u64..2000, 0_u64..2000, any::<bool>()).prop_map(|(a, b, one)| {
        let (low, high) = (a.min(b), a.max(b));
        let text = |number: u64| format!("26201{number:010}");
        (Kind::Imsi, if one { text(low) } else { format!("{}..{}", text(low), text(high)) })
    });
    let words = prop::sample::select(vec![
        "as12",
        "AS12",
        "12",
        "12345",
        "26201",
        "262-01",
        "2-17-5",
        "10.0.0.0",
        "Core1.example.net.",
        "core1.example.net",
        "example.net",
        "262010000000001",
        "491500100",
        "00:00:5e:00:53:01",
        "0000-5e00-5301",
        "001",
        "a b",
    ]);
    let words = (prop::sample::select(KINDS.to_vec()), words).prop_map(|(kind, text)| (kind, text.to_owned()));
    prop_oneof![3 => address, 3 => short, 3 => long, 3 => number, 1 => edges, 3 => subscriber, 4 => words]
        .prop_filter("has the form of its kind", |(kind, text)| read(*kind, text).is_some())
}

async fn create(bench: &Bench, parent: &str, id: &str, identifiers: &[(Kind, String)]) {
    let kept = identifiers.iter().map(|(kind, value)| NetworkIdentifier { kind: (*kind).into(), value: value.clone() });
    let asset = Asset {
        display_name: id.to_owned(),
        r#type: "router".to_owned(),
        network_identifiers: kept.collect(),
        ..Default::default()
    };
    let request = CreateAssetRequest { parent: parent.to_owned(), asset_id: id.to_owned(), asset: Some(asset) };
    let client = bench.client("ana", &["acme", "e0", "e1", "e2"], &["asset-manager"]);
    let mut client = wire::assets::v1::asset_service_client::AssetServiceClient::new(client);
    client.create_asset(request).await.unwrap();
}

async fn lookup(bench: &Bench, parent: &str, kind: Option<Kind>, text: &str) -> Vec<LookupMatch> {
    let request = LookupAssetsRequest {
        parent: parent.to_owned(),
        network_identifier: text.to_owned(),
        kind: kind.unwrap_or_default().into(),
        ..Default::default()
    };
    let client = bench.client("ana", &["acme", "e0", "e1", "e2"], &["viewer"]);
    let mut client = wire::assets::v1::asset_service_client::AssetServiceClient::new(client);
    let answer = client.lookup_assets(request).await;
    assert!(answer.is_ok(), "{kind:?} {text}: {answer:?}");
    answer.unwrap().into_inner().matches
}

fn id_of(found: &LookupMatch) -> String {
    found.asset.as_ref().unwrap().display_name.clone()
}

/// Asks and compares with the oracle: which assets, and that the closest comes first, by its closest identifier.
async fn compare(
    bench: &Bench,
    parent: &str,
    estate: &BTreeMap<String, Vec<(Kind, String)>>,
    kind: Option<Kind>,
    text: &str,
) {
    let asked: Vec<Place> = match kind {
        Some(kind) => read(kind, text).into_iter().collect(),
        None => KINDS.into_iter().filter_map(|kind| read(kind, text)).collect(),
    };
    // The least breadth of each asset that holds it, and which of its identifiers have it.
    let mut expected: BTreeMap<String, (u128, Vec<usize>)> = BTreeMap::new();
    for (id, identifiers) in estate {
        let holding: Vec<(usize, u128)> = identifiers
            .iter()
            .map(|(kind, text)| read(*kind, text).unwrap())
            .enumerate()
            .filter(|(_, kept)| asked.iter().any(|asked| kept.holds(asked)))
            .map(|(index, kept)| (index, kept.breadth()))
            .collect();
        if let Some(least) = holding.iter().map(|(_, breadth)| *breadth).min() {
            let closest = holding.iter().filter(|(_, breadth)| *breadth == least).map(|(index, _)| *index).collect();
            expected.insert(id.clone(), (least, closest));
        }
    }
    let found = lookup(bench, parent, kind, text).await;
    let mut ids: Vec<String> = found.iter().map(id_of).collect();
    let breadths: Vec<u128> = ids.iter().map(|id| expected.get(id).map_or(0, |(breadth, _)| *breadth)).collect();
    for found in &found {
        let id = id_of(found);
        let asset = found.asset.as_ref().unwrap();
        let closest = expected.get(&id).map(|(_, closest)| closest.as_slice()).unwrap_or_default();
        assert!(!closest.is_empty(), "{kind:?} {text}: {id} by {}, which does not hold it", found.matched);
        let named: Vec<&str> =
            closest.iter().filter_map(|at| Some(asset.network_identifiers.get(*at)?.value.as_str())).collect();
        assert!(named.contains(&found.matched.as_str()), "{kind:?} {text}: {id} by {}, not {named:?}", found.matched);
    }
    assert!(breadths.is_sorted(), "{kind:?} {text}: {ids:?} {breadths:?}");
    ids.sort();
    assert_eq!(ids, expected.into_keys().collect::<Vec<_>>(), "{kind:?} {text}");
}

on_every_database! {
    async fn a_look_up_finds_what_an_oracle_finds(bench) {
        let mut runner = TestRunner::deterministic();
        let mut draw = |most: usize| prop::collection::vec(identifier(), 1..=most).new_tree(&mut runner).unwrap().current();
        for round in 0..3 {
            let parent = format!("organizations/e{round}");
            let estate: BTreeMap<String, Vec<(Kind, String)>> = (0..60).map(|n| (format!("a{n:02}"), draw(6))).collect();
            futures::stream::iter(&estate).for_each_concurrent(8, |(id, kept)| create(&bench, &parent, id, kept)).await;
            let mut asked: Vec<(Option<Kind>, String)> = Vec::new();
            while asked.len() < 400 {
                for (kind, text) in draw(20) {
                    asked.push((if asked.len().is_multiple_of(2) { Some(kind) } else { None }, text));
                }
            }
            let ask = |(kind, text): &(Option<Kind>, String)| {
                let (bench, parent, estate, kind, text) = (&bench, &parent, &estate, *kind, text.clone());
                async move { compare(bench, parent, estate, kind, &text).await }
            };
            futures::stream::iter(&asked).map(ask).buffer_unordered(8).collect::<Vec<()>>().await;
        }
    }

    async fn the_closest_is_found_however_much_lies_around_it(bench) {
        // 1,280 ranges share the blocks around the number; what is asked for is one of a thousand and more.
        let parent = "organizations/acme";
        for asset in 0..5 {
            let around = (0..256).map(|n| (Kind::E164, format!("+490000000000..+49{:010}", 9_000_000_000_u64 + 1000 * asset + n)));
            create(&bench, parent, &format!("wide{asset}"), &around.collect::<Vec<_>>()).await;
        }
        create(&bench, parent, "exact", &[(Kind::E164, "+491234567890".to_owned())]).await;
        let found = lookup(&bench, parent, None, "+491234567890").await;
        let ids: Vec<String> = found.iter().map(id_of).collect();
        assert_eq!(ids, ["exact", "wide0", "wide1", "wide2", "wide3", "wide4"]);
        assert_eq!(found[1].matched, "+490000000000..499000000000");
        let range = lookup(&bench, parent, Some(Kind::E164), "+490000000001..+490000000002").await;
        assert_eq!(range.iter().map(id_of).collect::<Vec<_>>(), ["wide0", "wide1", "wide2", "wide3", "wide4"]);
    }

    async fn a_great_range_with_small_blocks_at_its_end_is_not_the_closest(bench) {
        let parent = "organizations/acme";
        create(&bench, parent, "great", &[(Kind::E164, "0000..2001".to_owned())]).await;
        create(&bench, parent, "small", &[(Kind::E164, "2000..2099".to_owned())]).await;
        let found = lookup(&bench, parent, None, "2001").await;
        assert_eq!(found.iter().map(id_of).collect::<Vec<_>>(), ["small", "great"]);
    }

    async fn a_blank_identifier_is_refused(bench) {
        let blank = NetworkIdentifier { kind: Kind::Cell.into(), value: "  ".to_owned() };
        let asset = Asset { display_name: "a".to_owned(), r#type: "router".to_owned(), network_identifiers: vec![blank], ..Default::default() };
        let request = CreateAssetRequest { parent: "organizations/acme".to_owned(), asset: Some(asset), ..Default::default() };
        assert_eq!(reason(&assets(&bench).create_asset(request).await.unwrap_err()), "NETWORK_IDENTIFIER_INVALID");
        let request = LookupAssetsRequest { parent: "organizations/acme".to_owned(), network_identifier: " ".to_owned(), ..Default::default() };
        assert_eq!(reason(&assets(&bench).lookup_assets(request).await.unwrap_err()), "NETWORK_IDENTIFIER_INVALID");
    }
}
