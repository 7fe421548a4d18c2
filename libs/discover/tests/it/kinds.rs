//! What each kind looks like, and what is none.

use crate::{scanner, told};

#[track_caller]
fn finds(text: &str, expected: &[&str]) {
    assert_eq!(told(&scanner(""), text), expected, "{text}");
}

#[test]
fn telephone_numbers() {
    finds("call +49 171 1234567 now", &["MSISDN +49 171 1234567"]);
    finds("(+49) 171/1234567.", &["MSISDN (+49) 171/1234567"]);
    finds("tel:+4917112345678;ext=1", &["MSISDN +4917112345678"]);
    finds("sip:+491711234567@ims.example.org", &["MSISDN +491711234567"]);
    finds("gpsi=msisdn-491711234567", &["MSISDN 491711234567"]);
    finds("MSISDN491711234567", &["MSISDN 491711234567"]);
    finds("0049 171 1234567", &["MSISDN 0049 171 1234567"]);
    finds("calling number 491711234567", &["MSISDN 491711234567"]);
    finds("+1 212-555-2368x45", &["MSISDN +1 212-555-2368x45"]);
    finds("phone 0494 92 82 32", &["MSISDN 0494 92 82 32"]);
    finds("電話+491711234567です", &["MSISDN +491711234567"]);
    finds("call +49 171 1234567 10 times", &["MSISDN +49 171 1234567"]);
}

#[test]
fn what_is_no_telephone_number() {
    for text in [
        "order 4917112345678",
        "491711234567 bytes",
        "2024-05-01 12:30:45",
        "01.05.2024 17:00",
        "20240501123045",
        "550e8400-e29b-41d4-a716-446655440000",
        "978-3-16-148410-0",
        "total 1234567.89",
        "70248 31",
        "v2.10.1",
        "1,234,567,890",
        "d41d8cd98f00b204e9800998ecf8427e",
        "+1",
        "+",
    ] {
        finds(text, &[]);
    }
}

#[test]
fn numbers_as_they_are_dialled_at_home() {
    let german = scanner("regions: [DE]");
    assert_eq!(told(&german, "0171 1234567"), ["MSISDN 0171 1234567"]);
    assert_eq!(told(&german, "(030) 12345678"), ["MSISDN (030) 12345678"]);
    assert_eq!(told(&german, "01711234567"), ["MSISDN 01711234567"]);
    assert_eq!(told(&german, "491711234567"), ["MSISDN 491711234567"], "a country of one's own is trusted more");
    assert_eq!(told(&scanner(""), "0171 1234567"), Vec::<String>::new());
}

#[test]
fn subscribers_and_equipment() {
    finds("attach of 262011234567890 failed", &["IMSI 262011234567890"]);
    finds("IMSI262011234567890", &["IMSI 262011234567890"]);
    finds("imsi: 123456789012345", &[]);
    finds("imsi-001010123456789", &["SUPI imsi-001010123456789"]);
    finds("0262011234567890@wlan.mnc001.mcc262.3gppnetwork.org", &["IMSI 262011234567890"]);
    finds("nai-user@operator.example", &["SUPI nai-user@operator.example"]);
    finds("suci-0-262-01-0000-0-0-0123456789.", &["SUCI suci-0-262-01-0000-0-0-0123456789"]);
    finds("pei imei-490154203237518", &["IMEI 490154203237518"]);
    finds("IMEI: 49-015420-323751-8", &["IMEI 49-015420-323751-8"]);
    finds("imei 4901542032375181 (IMEISV)", &["IMEI 4901542032375181"]);
    finds("IMEI 490154203237519", &[]);
    finds("SIM 8949020000012345674F", &["ICCID 8949020000012345674"]);
    finds("IMSI 262011234567890, IMEI 352099001761481", &["IMSI 262011234567890", "IMEI 352099001761481"]);
}

#[test]
fn networks_and_mail() {
    finds("from 10.12.33.4:5060 to [2001:db8::1:2]:5060", &["IP_ADDRESS 10.12.33.4", "IP_ADDRESS 2001:db8::1:2"]);
    finds("10.12.33.0/24", &["IP_ADDRESS 10.12.33.0"]);
    finds("ip:fe80::1:2:3%eth0", &["IP_ADDRESS fe80::1:2:3"]);
    finds("127.0.0.1, 0.0.0.0, ::1, 255.255.255.0, 1.2.3.4.5, 300.1.1.1", &[]);
    finds("std::vec::Vec, 12:30:45", &[]);
    finds(
        "mac 00:1b:44:11:3a:b7, 00-1B-44-11-3A-B8 and 001b.4411.3ab9",
        &["MAC_ADDRESS 00:1b:44:11:3a:b7", "MAC_ADDRESS 00-1B-44-11-3A-B8", "MAC_ADDRESS 001b.4411.3ab9"],
    );
    finds(
        "write to <anna.b+isp@mail.example.org>, or 'jörg@example.de'.",
        &["EMAIL_ADDRESS anna.b+isp@mail.example.org", "EMAIL_ADDRESS jörg@example.de"],
    );
    finds("icon@2x.png, a@b, @handle, https://user:secret@host.example/", &[]);
}

#[test]
fn money_and_places() {
    finds("4111-1111-1111-1111, 378282246310005", &["CREDIT_CARD 4111-1111-1111-1111", "CREDIT_CARD 378282246310005"]);
    finds("4111 1111 1111 1112", &[]);
    finds("IBAN GB82 WEST 1234 5698 7654 32.", &["IBAN GB82 WEST 1234 5698 7654 32"]);
    finds("GB82 WEST 1234 5698 7654 33", &[]);
    finds("at 52.5200, 13.4050 since", &["LOCATION 52.5200, 13.4050"]);
    finds("POINT(-71.060316 48.432044)", &["LOCATION -71.060316 48.432044"]);
    finds("ecgi 262-01-0A1B2C3, cgi 262-01-1234-56789", &["LOCATION 262-01-0A1B2C3", "LOCATION 262-01-1234-56789"]);
    finds("3.14159, twice", &[]);
}
