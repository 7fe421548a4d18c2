//! The words that speak for a kind, or against any, near a number or in a column's name.
//!
//! Words are lower case; case does not matter where they are found. They hold as whole words, `callingNumber` and `calling_number` included.

use crate::kind::Kind;

mod category;

pub(crate) use category::categories_of;

/// Words of each built-in kind. Longer ones win: `sim card` is no payment card.
pub(crate) const FOR: [(Kind, &[&str]); 12] = [
    (
        Kind::MSISDN,
        &[
            "msisdn",
            "phone",
            "phones",
            "telephone",
            "telephones",
            "tel",
            "mobile",
            "call",
            "called",
            "calling",
            "caller",
            "callee",
            "calls",
            "dial",
            "dialed",
            "dialled",
            "fax",
            "sms",
            "whatsapp",
            "isdn",
            "cli",
            "gpsi",
            "anumber",
            "bnumber",
            "a number",
            "b number",
            "a_number",
            "b_number",
            "a-number",
            "b-number",
            "a party",
            "b party",
            "a_party",
            "b_party",
            "anum",
            "bnum",
            "subscriber number",
            "subscriber_number",
            "rufnummer",
            "telefon",
            "telefonnummer",
            "handy",
            "handynummer",
            "mobil",
            "téléphone",
            "telephone number",
            "portable",
            "teléfono",
            "telefono",
            "móvil",
            "celular",
            "telefone",
            "numéro",
            "ring",
            "landline",
            "hotline",
            "cell phone",
            "cellphone",
            "phone card",
            "diverted",
            "redirecting",
            "forwarded to",
            "originating",
            "terminating",
            "e164",
            "contact number",
        ],
    ),
    (Kind::IMSI, &["imsi", "imsis", "subscriber identity", "subscriber_identity"]),
    (
        Kind::IMEI,
        &[
            "imei",
            "imeis",
            "imeisv",
            "equipment",
            "handset",
            "pei",
            "device id",
            "device_id",
            "terminal id",
            "terminal_id",
        ],
    ),
    (
        Kind::ICCID,
        &["iccid", "icc", "sim", "sims", "uicc", "esim", "sim card", "simcard", "sim_card", "sim serial", "ssn_sim"],
    ),
    (Kind::SUPI, &["supi"]),
    (Kind::SUCI, &["suci"]),
    (
        Kind::IP_ADDRESS,
        &[
            "ip",
            "ips",
            "ipv4",
            "ipv6",
            "ip address",
            "ip_address",
            "inet",
            "host",
            "remote addr",
            "remote_addr",
            "subnet",
            "framed",
        ],
    ),
    (Kind::MAC_ADDRESS, &["mac", "bssid", "hwaddr", "ethernet", "ether", "wifi", "wlan", "mac_address"]),
    (Kind::EMAIL_ADDRESS, &["email", "emails", "mail", "e-mail", "e_mail"]),
    (
        Kind::CREDIT_CARD,
        &[
            "card",
            "cards",
            "visa",
            "mastercard",
            "amex",
            "american express",
            "maestro",
            "discover",
            "diners",
            "jcb",
            "credit card",
            "debit card",
            "credit",
            "debit",
            "pan",
            "cvv",
            "cvc",
            "payment",
            "kreditkarte",
            "carte bancaire",
            "tarjeta",
            "cc",
        ],
    ),
    (Kind::IBAN, &["iban", "bank", "bank account", "account", "konto", "sepa"]),
    (
        Kind::LOCATION,
        &[
            "lat",
            "latitude",
            "lon",
            "lng",
            "long",
            "longitude",
            "gps",
            "coordinate",
            "coordinates",
            "coords",
            "position",
            "location",
            "geo",
            "cell",
            "cellid",
            "cell id",
            "cell_id",
            "cgi",
            "ecgi",
            "ncgi",
            "nrcgi",
            "eci",
            "nci",
            "uli",
            "lac",
            "tai",
            "eutracellid",
            "nrcellid",
            "enodeb",
            "gnodeb",
            "breitengrad",
            "längengrad",
        ],
    ),
];

/// Words that say a number is something else.
pub(crate) const AGAINST: &[&str] = &[
    "version",
    "release",
    "build",
    "order",
    "invoice",
    "ticket",
    "amount",
    "bytes",
    "octets",
    "volume",
    "price",
    "total",
    "duration",
    "timestamp",
    "checksum",
    "hash",
    "transaction",
    "reference",
    "ref",
    "count",
    "serial",
    "sequence",
    "seq",
    "charging",
    "correlation",
    "uplink",
    "downlink",
    "quantity",
    "article",
    "isbn",
    "ean",
    "sku",
    "part no",
    "part number",
    "job",
    "pid",
    "session id",
    "session_id",
    "record id",
    "record_id",
    "epoch",
    "case number",
    "tracking",
    "parcel",
    "oid",
    "firmware",
    "upload",
    "download",
    "netmask",
    "milliseconds",
    "microseconds",
    "nanoseconds",
    "request id",
    "request_id",
    "trace id",
    "trace_id",
    "port",
];

/// Against, in the name of a column only: in a sentence a time says nothing about the number beside it.
pub(crate) const AGAINST_IN_NAMES: &[&str] =
    &["time", "date", "start", "end", "begin", "created", "updated", "id", "rate", "cost", "charge", "size"];

/// A name as words, one space between and around: `smsText`, `sms_text` and `SMS-Text` are all ` sms text `.
pub(crate) fn spaced(name: &str) -> String {
    let mut spaced = String::from(" ");
    let mut lower = false;
    for letter in name.chars() {
        let joint = !letter.is_alphanumeric();
        if (joint || (lower && letter.is_uppercase())) && !spaced.ends_with(' ') {
            spaced.push(' ');
        }
        if !joint {
            spaced.extend(letter.to_lowercase());
        }
        lower = letter.is_lowercase() || letter.is_numeric();
    }
    if !spaced.ends_with(' ') {
        spaced.push(' ');
    }
    spaced
}

/// Whether a spaced name holds a word, itself perhaps of several.
pub(crate) fn holds(name: &str, word: &str) -> bool {
    name.contains(spaced(word).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_read_as_words() {
        for name in ["smsText", "sms_text", "SMS-Text", "sms text", " sms.text"] {
            assert_eq!(spaced(name), " sms text ", "{name}");
            assert!(categories_of(name).any(|category| category == crate::Category::Content));
        }
        assert!(categories_of("hostname").next().is_none());
    }
}
