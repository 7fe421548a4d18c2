//! Lines of text with values in them.

use super::{Draw, Sample, values};

/// Words before a value of each kind that tell it; the others tell nothing.
const TOLD: [(&str, &[&str]); 12] = [
    ("MSISDN", &["MSISDN ", "call me at ", "phone: ", "his mobile is ", "Tel. ", "calling party ", "sms from "]),
    ("IMSI", &["IMSI ", "imsi=", "subscriber identity: ", "IMSI: "]),
    ("IMEI", &["IMEI ", "imei=", "handset ", "IMEI: "]),
    ("ICCID", &["ICCID ", "SIM card ", "new SIM: "]),
    ("SUPI", &["SUPI ", "supi="]),
    ("SUCI", &["SUCI ", "suci="]),
    ("IP_ADDRESS", &["ip ", "IP address ", "host="]),
    ("MAC_ADDRESS", &["MAC ", "bssid="]),
    ("EMAIL_ADDRESS", &["e-mail ", "mail to "]),
    ("CREDIT_CARD", &["card ", "paid by Visa ", "credit card: "]),
    ("IBAN", &["IBAN ", "bank account "]),
    ("LOCATION", &["GPS ", "position ", "cell "]),
];

const PLAIN: &[&str] = &["got ", "see ", "", "attach failed for ", "checked ", "now ", "the value "];
const BEGINNINGS: &[&str] = &["Customer wrote: ", "INFO ", "note - ", "Dear team, ", "", "[core-7] "];
const ENDINGS: &[&str] = &[".", " today", ", please check", " (see ticket)", "", " and nothing else"];

/// A line: a beginning, a value or two, a number that is nobody's, an ending.
pub(super) fn line(draw: &mut Draw, sample: &mut Sample) {
    sample.text.push_str(draw.word(BEGINNINGS));
    if draw.below(2) == 0 {
        sample.text.push_str(&values::nobody(draw));
        sample.text.push_str(", ");
    }
    if draw.below(5) > 0 {
        labelled(draw, sample);
    }
    if draw.below(4) == 0 {
        sample.text.push_str("; ");
        labelled(draw, sample);
    }
    if draw.below(3) == 0 {
        sample.text.push_str(", ");
        sample.text.push_str(&values::nobody(draw));
    }
    sample.text.push_str(draw.word(ENDINGS));
    sample.text.push('\n');
}

fn labelled(draw: &mut Draw, sample: &mut Sample) {
    let Some((kind, words)) = draw.one(&TOLD).copied() else { return };
    let told = draw.below(2) == 0;
    sample.text.push_str(if told { draw.word(words) } else { draw.word(PLAIN) });
    let value = match kind {
        "MSISDN" => telephone(draw, told),
        "IMSI" => values::imsi(draw),
        "IMEI" => imei(draw),
        "ICCID" => values::iccid(draw),
        "SUPI" => values::supi(draw),
        "SUCI" => values::suci(draw),
        "IP_ADDRESS" if draw.below(2) == 0 => values::address6(draw),
        "IP_ADDRESS" => values::address4(draw),
        "MAC_ADDRESS" => values::mac(draw),
        "EMAIL_ADDRESS" => values::email(draw),
        "CREDIT_CARD" => card(draw),
        "IBAN" => iban(draw),
        _ if draw.below(2) == 0 => values::cell(draw),
        _ => values::coordinates(draw),
    };
    sample.put(kind, &value);
}

/// As people write it; without `+` only where words tell what it is, since nobody else could.
fn telephone(draw: &mut Draw, told: bool) -> String {
    let (code, rest) = values::telephone(draw);
    let (area, number) = rest.split_at_checked(3).unwrap_or((&rest, ""));
    match draw.below(if told { 6 } else { 4 }) {
        0 => format!("+{code}{rest}"),
        1 => format!("+{code} {area} {number}"),
        2 => format!("+{code}-{area}-{number}"),
        3 => format!("+{code} ({area}) {number}"),
        4 => format!("{code}{rest}"),
        _ => format!("00{code}{rest}"),
    }
}

fn imei(draw: &mut Draw) -> String {
    let plain = values::imei(draw);
    let cut = |from: usize, to: usize| plain.get(from..to).unwrap_or_default();
    match draw.below(3) {
        0 => format!("{}-{}-{}-{}", cut(0, 2), cut(2, 8), cut(8, 14), cut(14, 15)),
        _ => plain,
    }
}

fn card(draw: &mut Draw) -> String {
    let plain = values::card(draw);
    match draw.below(2) {
        0 if plain.len() == 16 => in_groups(&plain, draw.word(&[" ", "-"])),
        _ => plain,
    }
}

fn iban(draw: &mut Draw) -> String {
    let plain = values::iban(draw);
    if draw.below(2) == 0 { in_groups(&plain, " ") } else { plain }
}

/// Groups of four.
fn in_groups(plain: &str, mark: &str) -> String {
    let letters: Vec<char> = plain.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(mark)
}
