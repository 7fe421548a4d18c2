//! TLP.

use classify::{Audience, TrafficLight, TrafficLight::*};
use proptest::prelude::*;

const AUDIENCES: [Audience; 5] =
    [Audience::Named, Audience::Organization, Audience::Clients, Audience::Community, Audience::World];

#[test]
fn labels_are_read_as_people_write_them_and_white_is_clear() {
    for (text, label) in [
        ("TLP:RED", Red),
        ("amber+strict", AmberStrict),
        (" tlp:Amber ", Amber),
        ("GREEN", Green),
        ("CLEAR", Clear),
        ("TLP:WHITE", Clear),
    ] {
        assert_eq!(text.parse(), Ok(label), "{text}");
    }
    for text in ["", "AMBER STRICT", "TLP:", "ORANGE", "TLP:TLP:RED"] {
        assert!(text.parse::<TrafficLight>().unwrap_err().to_string().contains("WHITE is read as CLEAR"));
    }
    assert_eq!(serde_json::from_str::<TrafficLight>("\"white\"").unwrap().to_string(), "CLEAR");
    assert_eq!(serde_json::to_string(&AmberStrict).unwrap(), "\"AMBER+STRICT\"");
}

#[test]
fn the_order_is_red_amber_strict_amber_green_clear() {
    assert!(Red > AmberStrict && AmberStrict > Amber && Amber > Green && Green > Clear);
    assert_eq!(TrafficLight::of([Green, AmberStrict, Clear]), Some(AmberStrict));
    assert_eq!(TrafficLight::of([]), None);
}

#[test]
fn nothing_is_shared_beyond_its_label() {
    let allowed = |label: TrafficLight| AUDIENCES.iter().filter(|audience| label.share(**audience).is_ok()).count();
    assert_eq!(TrafficLight::ALL.map(allowed), [5, 4, 3, 2, 1]);
    let refused = Amber.share(Audience::Community).unwrap_err().to_string();
    assert!(
        refused.contains("TLP:AMBER") && refused.contains("its clients") && refused.contains("the community"),
        "{refused}"
    );
}

fn labels() -> impl Strategy<Value = TrafficLight> {
    proptest::sample::select(&TrafficLight::ALL[..])
}

proptest! {
    #[test]
    fn what_is_made_of_two_is_shared_with_those_alone_who_may_see_both(one in labels(), other in labels(), audience in proptest::sample::select(&AUDIENCES[..])) {
        prop_assert_eq!(one.merge(other), other.merge(one));
        prop_assert_eq!(one.merge(other).share(audience).is_ok(), one.share(audience).is_ok() && other.share(audience).is_ok());
    }
}
