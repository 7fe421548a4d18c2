use wire::assets::v1::network_identifier::Kind;

use crate::identifiers::{host_address, network, of_kind, recognise};

#[test]
fn forms_without_doubt_are_recognised() {
    for (text, kind, value) in [
        (" 192.0.2.7 ", Kind::Ip, "192.0.2.7"),
        ("2001:DB8:0::1", Kind::Ip, "2001:db8::1"),
        ("fe80::1%eth0", Kind::Ip, "fe80::1"),
        ("192.0.2.7/24", Kind::Prefix, "192.0.2.0/24"),
        ("AA-BB-CC-00-11-22", Kind::Mac, "aa:bb:cc:00:11:22"),
        ("aabb.cc00.1122", Kind::Mac, "aa:bb:cc:00:11:22"),
        ("as64500", Kind::Asn, "AS64500"),
        ("+49 (151) 000-000", Kind::E164, "+49151000000"),
        ("2-17-5", Kind::PointCode, "2-17-5"),
        ("Router1.Example.NET.", Kind::Fqdn, "router1.example.net"),
    ] {
        let found = recognise(text).unwrap_or_else(|| panic!("{text} is an identifier"));
        assert_eq!((found.kind(), found.value.as_str()), (kind, value), "{text}");
    }
}

#[test]
fn forms_in_doubt_are_left_alone() {
    for text in [
        "",
        "router1",
        "12345",
        "262010000000000",
        "10.0.0.300",
        "1.2.3",
        "2-17-999",
        "a..b",
        "-a.example",
        "two words.net",
        "07465233456",
    ] {
        assert_eq!(recognise(text), None, "{text}");
    }
}

#[test]
fn stated_kinds_are_brought_into_form_or_refused() {
    for (kind, text, value) in [
        (Kind::E164, "0049151000000", Some("+49151000000")),
        (Kind::E164, "49151000000", Some("+49151000000")),
        (Kind::E164, "+49151000000..+49151999999", Some("+49151000000..+49151999999")),
        (Kind::E164, "49151000000-49151999999", Some("+49151000000..+49151999999")),
        (Kind::E164, "+49151999999..+49151000000", None),
        (Kind::E164, "+1234567890123456", None),
        (Kind::E164, "07465233456", None),
        (Kind::Imsi, "imsi-262010000000000", Some("262010000000000")),
        (Kind::Imsi, "262010000000000..262019999999999", Some("262010000000000..262019999999999")),
        (Kind::Imsi, "26201", None),
        (Kind::Asn, "1.10", Some("AS65546")),
        (Kind::Asn, "4294967296", None),
        (Kind::Plmn, "26201", Some("262-01")),
        (Kind::Plmn, "310-260", Some("310-260")),
        (Kind::Plmn, "2620", None),
        (Kind::PointCode, "16777215", Some("16777215")),
        (Kind::PointCode, "16777216", None),
        (Kind::PointCode, "2.17.5", Some("2-17-5")),
        (Kind::Mac, "aabbcc001122", None),
        (Kind::Cell, " 1234-5 ", Some("1234-5")),
    ] {
        assert_eq!(of_kind(kind, text).map(|found| found.value).as_deref(), value, "{kind:?} {text}");
    }
    assert_eq!(host_address("192.0.2.7/24").map(|found| found.value).as_deref(), Some("192.0.2.7"));
    assert_eq!(network("2001:db8::1/32").map(|found| found.value).as_deref(), Some("2001:db8::/32"));
}
