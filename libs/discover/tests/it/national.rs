//! National identifiers that ship, and recognisers of one's own.

use discover::{national_kinds, national_recognisers};

use crate::{scanner, told};

#[test]
fn each_that_ships_has_an_example() {
    let examples = [
        ("US_SSN", "ssn 536-90-4399", "536-90-4399"),
        ("UK_NINO", "AB 12 34 56 C", "AB 12 34 56 C"),
        ("UK_NHS", "NHS 943 476 5919", "943 476 5919"),
        ("DE_TAX_ID", "steuer-id 86095742719", "86095742719"),
        ("FR_NIR", "2 55 08 14 168 025 38", "2 55 08 14 168 025 38"),
        ("ES_DNI", "12345678Z", "12345678Z"),
        ("IT_FISCAL_CODE", "RSSMRA85T10A562S", "RSSMRA85T10A562S"),
        ("NL_BSN", "BSN 111222333", "111222333"),
        ("BE_NRN", "85.07.30-033.28", "85.07.30-033.28"),
        ("PL_PESEL", "PESEL 44051401359", "44051401359"),
        ("SE_PERSONNUMMER", "811228-9874", "811228-9874"),
        ("FI_HETU", "131052-308T", "131052-308T"),
        ("DK_CPR", "CPR 070761-4285", "070761-4285"),
        ("CH_AHV", "756.9217.0769.85", "756.9217.0769.85"),
        ("HR_OIB", "OIB 33392005961", "33392005961"),
        ("IN_AADHAAR", "Aadhaar 2345 6789 0124", "2345 6789 0124"),
        ("IN_PAN", "ABCPE1234F", "ABCPE1234F"),
        ("MY_NRIC", "880115-14-5423", "880115-14-5423"),
        ("AU_TFN", "TFN 123 456 782", "123 456 782"),
    ];
    let mut kinds = national_kinds();
    for (kind, text, value) in examples {
        let only = scanner(&format!("{{national: [{kind}], kinds: [{kind}]}}"));
        assert_eq!(told(&only, text), [format!("{kind} {value}")], "{text}");
        kinds.retain(|known| known != kind);
    }
    assert!(kinds.is_empty(), "without an example: {kinds:?}");
    assert!(national_recognisers().iter().all(|recogniser| recogniser.provisional));
}

#[test]
fn a_wrong_check_digit_is_no_identifier() {
    for (kind, text) in [
        ("FR_NIR", "2 55 08 14 168 025 39"),
        ("ES_DNI", "12345678A"),
        ("CH_AHV", "756.9217.0769.84"),
        ("FI_HETU", "131052-308A"),
    ] {
        let only = scanner(&format!("{{national: [{kind}], kinds: [{kind}]}}"));
        assert!(told(&only, text).is_empty(), "{text}");
    }
}

#[test]
fn recognisers_of_ones_own() {
    let own = scanner(
        r"
recognisers:
  - {kind: CUSTOMER_NUMBER, pattern: '\bK-\d{6}\b', score: 0.3, context: [customer, kunde], category: SUBSCRIBER}
  - {kind: METER, pattern: '\b\d{9}\b', validator: luhn, validated: 0.6}
  - {kind: MSISDN, pattern: '\b#\d{4}\b|\bext \d{4}\b', score: 0.9}
context: {IMSI: [teilnehmerkennung]}
",
    );
    assert_eq!(told(&own, "customer K-123456"), ["CUSTOMER_NUMBER K-123456"]);
    assert_eq!(told(&own, "part K-123456"), Vec::<String>::new());
    assert_eq!(told(&own, "meter 123456782"), ["METER 123456782"]);
    assert_eq!(told(&own, "meter 123456783"), Vec::<String>::new());
    assert_eq!(told(&own, "ext 1234"), ["MSISDN ext 1234"]);
}
