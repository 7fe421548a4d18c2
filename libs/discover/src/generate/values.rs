//! Values of each kind, and numbers that are like them and nobody's.

use super::Draw;
use crate::checksum;

/// Mobile numbers: calling code, what they begin with, and how many digits follow.
const PLANS: [(&str, &str, usize); 12] = [
    ("49", "151", 8),
    ("49", "171", 7),
    ("44", "7400", 6),
    ("33", "6", 8),
    ("1", "212", 7),
    ("34", "61", 7),
    ("91", "98", 8),
    ("55", "119", 8),
    ("234", "803", 7),
    ("226", "70", 6),
    ("60", "12", 7),
    ("41", "79", 7),
];

/// A telephone number as calling code and the rest.
pub(crate) fn telephone(draw: &mut Draw) -> (&'static str, String) {
    let (code, begins, count) = draw.one(&PLANS).copied().unwrap_or(("49", "171", 7));
    let mut rest = draw.digits(count);
    // Exchanges and mobile numbers do not begin with 0 or 1 everywhere.
    rest.replace_range(0..1, draw.word(&["2", "3", "5", "6", "7"]));
    if code == "1" {
        rest.replace_range(1..3, draw.word(&["34", "56", "68", "72"]));
    }
    if code == "55" {
        rest.replace_range(0..1, "8");
    }
    (code, format!("{begins}{rest}"))
}

/// Digits with a Luhn digit behind them.
fn checked(body: &str) -> String {
    let tries = ('0'..='9').map(|digit| format!("{body}{digit}"));
    tries.into_iter().find(|whole| checksum::luhn(whole.as_bytes())).unwrap_or_default()
}

pub(crate) fn imsi(draw: &mut Draw) -> String {
    let plmn = draw.word(&["00101", "99999", "26201", "310410", "61302", "50212", "20801", "40445"]);
    format!("{plmn}{}", draw.digits(15 - plmn.len()))
}

pub(crate) fn imei(draw: &mut Draw) -> String {
    let body = draw.word(&["35", "86", "01", "99"]);
    checked(&format!("{body}{}", draw.digits(12)))
}

pub(crate) fn iccid(draw: &mut Draw) -> String {
    let country = draw.word(&["49", "44", "33", "226", "60", "01"]);
    let length = if draw.below(2) == 0 { 18 } else { 19 };
    checked(&format!("89{country}{}", draw.digits(length - 2 - country.len())))
}

pub(crate) fn card(draw: &mut Draw) -> String {
    let (begins, length) = draw
        .one(&[("4", 16), ("51", 16), ("55", 16), ("37", 15), ("6011", 16), ("2221", 16)])
        .copied()
        .unwrap_or(("4", 16));
    checked(&format!("{begins}{}", draw.digits(length - 1 - begins.len())))
}

/// An account: country, two digits that check, and the rest.
pub(crate) fn iban(draw: &mut Draw) -> String {
    let (country, bank, digits) = draw
        .one(&[("DE", "", 18), ("GB", "WEST", 14), ("FR", "", 23), ("NL", "ABNA", 10), ("ES", "", 20)])
        .copied()
        .unwrap_or(("DE", "", 18));
    let account = format!("{bank}{}", draw.digits(digits));
    let tries = (2..99).map(|check| format!("{country}{check:02}{account}"));
    tries.into_iter().find(|whole| checksum::iban(whole.as_bytes())).unwrap_or_default()
}

pub(crate) fn address4(draw: &mut Draw) -> String {
    let first = draw.one(&[10_u64, 100, 172, 192, 81, 203, 93, 185]).copied().unwrap_or(10);
    format!("{first}.{}.{}.{}", draw.below(256), draw.below(256), 1 + draw.below(254))
}

pub(crate) fn address6(draw: &mut Draw) -> String {
    let group = |draw: &mut Draw| format!("{:x}", 1 + draw.below(0xffff));
    match draw.below(3) {
        0 => format!("2001:db8:{}:{}::{}", group(draw), group(draw), group(draw)),
        1 => format!("fe80::{}:{}:{}:{}", group(draw), group(draw), group(draw), group(draw)),
        _ => format!("2a02:{}", (0..7).map(|_| group(draw)).collect::<Vec<_>>().join(":")),
    }
}

pub(crate) fn mac(draw: &mut Draw) -> String {
    let mark = draw.word(&[":", "-"]);
    let pairs: Vec<String> = (0..6).map(|_| draw.hexadecimal(2)).collect();
    pairs.join(mark)
}

pub(crate) fn email(draw: &mut Draw) -> String {
    let first = draw.word(&["anna", "jose", "li.wei", "fatou", "o.brien", "tom_k", "mara+isp", "k9"]);
    let host = draw.word(&["example.org", "mail.example.com", "example.net", "post.example.org", "example.edu"]);
    format!("{first}{}@{host}", draw.below(100))
}

pub(crate) fn supi(draw: &mut Draw) -> String {
    format!("imsi-{}", imsi(draw))
}

pub(crate) fn suci(draw: &mut Draw) -> String {
    match draw.below(2) {
        0 => format!("suci-0-001-01-{}-0-0-{}", draw.digits(4), draw.digits(10)),
        _ => format!("suci-0-999-99-{}-1-{}-{}", draw.digits(2), 1 + draw.below(200), draw.hexadecimal(24)),
    }
}

pub(crate) fn coordinates(draw: &mut Draw) -> String {
    let mark = draw.word(&[", ", " ", ",", "; "]);
    let sign = draw.word(&["", "-"]);
    format!("{}.{}{mark}{sign}{}.{}", draw.below(90), draw.digits(5), draw.below(180), draw.digits(5))
}

pub(crate) fn cell(draw: &mut Draw) -> String {
    let network = draw.word(&["262-01", "001-01", "613-02", "310-410"]);
    match draw.below(2) {
        0 => format!("{network}-{}-{}", 1 + draw.below(65_000), 1 + draw.below(65_000)),
        _ => format!("{network}-{}", 10_000_000 + draw.below(200_000_000)),
    }
}

/// A moment of 2024 as its parts: month, day, hour, minute, second.
pub(crate) fn moment(draw: &mut Draw) -> [u64; 5] {
    [1 + draw.below(12), 1 + draw.below(28), draw.below(24), draw.below(60), draw.below(60)]
}

/// A number that is like an identifier and is none.
pub(crate) fn nobody(draw: &mut Draw) -> String {
    let [month, day, hour, minute, second] = moment(draw);
    match draw.below(14) {
        0 => format!("order {}", draw.digits(10)),
        1 => format!("invoice 2024-{}", draw.digits(6)),
        2 => format!("{}.{} EUR", draw.below(100_000), draw.digits(2)),
        3 => format!("2024-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
        4 => format!("{day:02}.{month:02}.2024"),
        5 => format!("2024{month:02}{day:02}{hour:02}{minute:02}{second:02}"),
        6 => format!("version {}.{}.{}", draw.below(20), draw.below(30), draw.below(30)),
        7 => format!("release {}.{}.{}.{}", draw.below(9), draw.below(20), draw.below(20), draw.below(20)),
        8 => {
            let hex = draw.hexadecimal(32);
            let cut = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
            format!("{}-{}-{}-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32))
        }
        9 => draw.hexadecimal(40),
        10 => format!("{} bytes", draw.below(10_000_000_000)),
        11 => format!("epoch 17{}", draw.digits(8)),
        12 => format!("ISBN 978-3-{}-{}-{}", draw.digits(2), draw.digits(6), draw.digits(1)),
        _ => format!("took {} ms", draw.below(100_000)),
    }
}
