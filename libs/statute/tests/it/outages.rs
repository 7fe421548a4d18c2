//! From intervals to thresholds.

use statute::{
    Book,
    outage::{Crossing, Measured, Outage, Refused, Surroundings, measure},
};

use crate::at;

const BEGIN: &str = "2026-03-01T00:00:00Z";

fn outage(population: &str, minutes: (i64, Option<i64>), users: u64) -> Outage {
    let instant = |minutes: i64| at(BEGIN) + jiff::SignedDuration::from_mins(minutes);
    Outage {
        service: "mobile_internet".to_owned(),
        population: population.to_owned(),
        from: instant(minutes.0),
        to: minutes.1.map(instant),
        users,
    }
}

fn around(national: u64) -> Surroundings {
    Surroundings { national_users: [("mobile_internet".to_owned(), national)].into(), ..Surroundings::default() }
}

fn measured(outages: &[Outage], around: &Surroundings) -> Measured {
    measure(outages, around, at("2026-03-02T00:00:00Z")).unwrap().remove(0)
}

fn crossing(threshold: &str, measured: &Measured, around: &Surroundings) -> Crossing {
    let book = Book::shipped().unwrap();
    let threshold = book.thresholds().iter().find(|one| one.id == threshold).unwrap();
    threshold.crossing(measured, around, at("2026-03-02T00:00:00Z"))
}

fn on_ladder(minutes: i64, users: u64) -> Option<bool> {
    let around = around(1_000);
    crossing("outage-ladder", &measured(&[outage("all", (0, Some(minutes)), users)], &around), &around).crossed
}

#[test]
fn the_ladder_is_climbed_as_the_vectors_say() {
    assert_eq!(on_ladder(150, 120), Some(true), "2 h 30 and 12 %");
    assert_eq!(on_ladder(120, 120), Some(false), "exactly 2 h and 12 %: strictly longer is asked");
    assert_eq!(on_ladder(540, 12), Some(true), "9 h and 1.2 %");
    assert_eq!(on_ladder(121, 151), Some(true));
    assert_eq!(on_ladder(61, 150), Some(false), "15 % is not more than 15 %");
    assert_eq!(on_ladder(481, 10), Some(false), "1 % is not more than 1 %");
    for (hours, percent) in [(1, 15), (2, 10), (4, 5), (6, 2), (8, 1)] {
        assert_eq!(on_ladder(hours * 60 + 1, percent * 10 + 1), Some(true), "{hours} h");
        assert_eq!(on_ladder(hours * 60, percent * 10 + 1), Some(false), "{hours} h, not longer");
    }
}

#[test]
fn user_hours_are_an_integral() {
    let around = Surroundings::default();
    let found = measured(&[outage("all", (0, Some(270)), 300_000)], &around);
    assert_eq!(found.user_hours(), 1_350_000.0);
    assert_eq!(crossing("enisa-user-hours", &found, &around).crossed, Some(true));
    let less = measured(&[outage("all", (0, Some(200)), 300_000)], &around);
    assert_eq!(less.user_hours(), 1_000_000.0);
    assert_eq!(crossing("enisa-user-hours", &less, &around).crossed, Some(false), "more than a million is asked");
}

#[test]
fn overlaps_of_one_population_count_once_and_populations_add_up() {
    let found = measured(
        &[
            outage("north", (0, Some(60)), 100),
            outage("north", (30, Some(90)), 80),
            outage("south", (30, Some(60)), 50),
            outage("north", (120, Some(150)), 10),
        ],
        &around(1_000),
    );
    assert_eq!(found.duration.as_mins(), 120, "0 to 90 and 120 to 150");
    assert_eq!((found.users, found.peak), (150, 150));
    // 100 × 30, 150 × 30, 80 × 30, 10 × 30
    assert_eq!(found.user_minutes, 3_000.0 + 4_500.0 + 2_400.0 + 300.0);
    assert_eq!(found.users_percent, Some(15.0));
    assert!(!found.open);
    assert!(found.why.iter().any(|why| why.contains("4 intervals")), "{:?}", found.why);
}

#[test]
fn no_more_users_are_hit_than_there_are() {
    let mut around = around(1_000);
    around.own_users.insert("mobile_internet".to_owned(), 120);
    let found = measured(&[outage("north", (0, Some(60)), 100), outage("south", (0, Some(60)), 50)], &around);
    assert_eq!((found.users, found.peak, found.user_minutes), (120, 120, 7_200.0));
}

#[test]
fn an_open_outage_says_when_it_will_cross() {
    let around = around(1_000);
    let open = [outage("all", (0, None), 120)];
    let found = measure(&open, &around, at("2026-03-01T01:00:00Z")).unwrap().remove(0);
    assert!(found.open);
    assert_eq!(found.users_now, 120);
    let book = Book::shipped().unwrap();
    let ladder = book.thresholds().iter().find(|one| one.id == "outage-ladder").unwrap();
    let crossing = ladder.crossing(&found, &around, at("2026-03-01T01:00:00Z"));
    assert_eq!((crossing.crossed, crossing.crosses_after), (Some(false), Some(at("2026-03-01T02:00:00Z"))));
    assert_eq!(crossing.why.len(), 5, "every rung says what was found");
    let hours = book.thresholds().iter().find(|one| one.id == "enisa-user-hours").unwrap();
    let open = [outage("all", (0, None), 100_000)];
    let found = measure(&open, &around, at("2026-03-01T04:00:00Z")).unwrap().remove(0);
    let crossing = hours.crossing(&found, &around, at("2026-03-01T04:00:00Z"));
    assert_eq!(crossing.crosses_after, Some(at("2026-03-01T10:00:00Z")));
}

#[test]
fn a_share_of_unknown_users_is_not_known() {
    let around = Surroundings::default();
    let found = measured(&[outage("all", (0, Some(600)), 900)], &around);
    assert_eq!(crossing("outage-ladder", &found, &around).crossed, None);
    let short = measured(&[outage("all", (0, Some(30)), 900)], &around);
    assert_eq!(crossing("outage-ladder", &short, &around).crossed, Some(false), "too short for any share");
}

#[test]
fn intervals_that_are_none_are_refused() {
    let now = at("2026-03-01T02:00:00Z");
    let refused = |outage: Outage| measure(&[outage], &Surroundings::default(), now).unwrap_err();
    assert!(matches!(refused(outage("all", (60, Some(30)), 1)), Refused::Backwards { at: 0, .. }));
    assert!(matches!(refused(outage("all", (180, None), 1)), Refused::NotYet { .. }));
    assert!(matches!(refused(outage("all", (0, None), u64::MAX)), Refused::Users { .. }));
}
