//! The mobile country codes of the world.

use crate::ascii::number;

/// Mobile country codes in use (E.212 and its lists of assigned codes), as ranges. Provisional: codes are assigned from time to time.
#[rustfmt::skip]
const COUNTRIES: &[(u16, u16)] = &[
    (1, 1), (202, 202), (204, 204), (206, 206), (208, 208), (212, 214), (216, 216), (218, 222), (225, 226),
    (228, 228), (230, 232), (234, 235), (238, 238), (240, 240), (242, 242), (244, 244), (246, 248), (250, 250),
    (255, 255), (257, 257), (259, 260), (262, 262), (266, 266), (268, 268), (270, 270), (272, 272), (274, 274),
    (276, 276), (278, 278), (280, 280), (282, 284), (286, 286), (288, 290), (292, 295), (297, 297), (302, 302),
    (308, 308), (310, 316), (330, 330), (332, 332), (334, 334), (338, 338), (340, 340), (342, 342), (344, 344),
    (346, 346), (348, 348), (350, 350), (352, 352), (354, 354), (356, 356), (358, 358), (360, 360), (362, 366),
    (368, 368), (370, 370), (372, 372), (374, 374), (376, 376), (400, 402), (404, 406), (410, 410), (412, 422),
    (424, 432), (434, 434), (436, 438), (440, 441), (450, 450), (452, 452), (454, 457), (460, 461), (466, 467),
    (470, 470), (472, 472), (502, 502), (505, 505), (510, 510), (514, 515), (520, 520), (525, 525), (528, 528),
    (530, 530), (536, 537), (539, 555), (602, 655), (657, 659), (702, 702), (704, 704), (706, 706), (708, 708),
    (710, 710), (712, 712), (714, 714), (716, 716), (722, 722), (724, 724), (730, 730), (732, 732), (734, 734),
    (736, 736), (738, 738), (740, 740), (742, 742), (744, 744), (746, 746), (748, 748), (750, 750), (901, 902),
    (995, 995), (999, 999),
];

/// Whether three digits are a mobile country code in use.
pub(crate) fn country(digits: &[u8]) -> bool {
    let code = u16::try_from(number(digits)).unwrap_or(u16::MAX);
    let place = COUNTRIES.partition_point(|(_, last)| *last < code);
    digits.len() == 3 && COUNTRIES.get(place).is_some_and(|(first, _)| *first <= code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order() {
        assert!(COUNTRIES.windows(2).all(|pair| pair[0].1 < pair[1].0), "the search needs it");
        assert!(country(b"001") && country(b"262") && !country(b"100") && !country(b"26") && !country(b"2620"));
    }

    #[test]
    fn every_country_of_the_list_of_networks_is_known() {
        let root = std::env::var_os("TELWARDEN_DATA").map_or_else(
            || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
            std::path::PathBuf::from,
        );
        let file = root.join("inventory/mcc-mnc-list.json");
        let Ok(text) = std::fs::read(&file) else {
            println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
            return;
        };
        let networks: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let unknown: std::collections::BTreeSet<&str> = networks
            .iter()
            .filter(|network| network["status"] == "Operational")
            .filter_map(|network| network["mcc"].as_str())
            .filter(|code| !country(code.as_bytes()))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
