use super::*;

const S: Duration = Duration::from_secs(1);

fn breaker() -> (Instant, Breaker) {
    let now = Instant::now();
    let limits = BreakerLimits { shut_minimum: S, shut_maximum: 8 * S, ..BreakerLimits::default() };
    (now, Breaker::new(limits, now))
}

fn fail(breaker: &mut Breaker, now: Instant, times: u32) -> Option<Change> {
    (0..times).fold(None, |_, _| breaker.record(now, false, Verdict::Failure, true, 1.0))
}

#[test]
fn failures_in_a_row_shut_it() {
    let (now, mut breaker) = breaker();
    assert_eq!(fail(&mut breaker, now, 4), None);
    assert_eq!(fail(&mut breaker, now, 1), Some(Change::Ejected(S)));
    assert!(!breaker.admits(now));
}

#[test]
fn a_success_between_breaks_the_row() {
    let (now, mut breaker) = breaker();
    for _ in 0..3 {
        assert_eq!(fail(&mut breaker, now, 4), None);
        assert_eq!(breaker.record(now, false, Verdict::Success, true, 1.0), None);
    }
    assert_eq!(breaker.phase(), Phase::Open);
}

#[test]
fn a_low_success_rate_shuts_it_only_with_enough_calls() {
    // Three of four fail, never five in a row.
    let (now, mut breaker) = breaker();
    let mut calls = 0;
    let change = loop {
        calls += 1;
        let verdict = if calls % 4 == 0 { Verdict::Success } else { Verdict::Failure };
        if let Some(change) = breaker.record(now, false, verdict, true, 1.0) {
            break change;
        }
        assert!(calls < 100, "never shut");
    };
    assert_eq!((change, calls), (Change::Ejected(S), 21));
}

#[test]
fn old_calls_fade_from_the_success_rate() {
    let (now, mut breaker) = breaker();
    for call in 0..19u32 {
        let verdict = if call % 4 == 3 { Verdict::Success } else { Verdict::Failure };
        assert_eq!(breaker.record(now, false, verdict, true, 1.0), None);
    }
    let later = now + 60 * S;
    breaker.record(later, false, Verdict::Success, true, 1.0);
    assert_eq!(fail(&mut breaker, later, 4), None, "the sample is small again");
}

#[test]
fn strain_is_no_failure_but_fails_a_probe() {
    let (now, mut breaker) = breaker();
    for _ in 0..100 {
        assert_eq!(breaker.record(now, false, Verdict::Strained, true, 1.0), None);
    }
    fail(&mut breaker, now, 5);
    let later = now + 2 * S;
    assert!(breaker.begin(later));
    assert_eq!(breaker.record(later, true, Verdict::Strained, true, 1.0), Some(Change::Ejected(2 * S)));
}

#[test]
fn probation_admits_one_and_its_success_opens() {
    let (now, mut breaker) = breaker();
    fail(&mut breaker, now, 5);
    let later = now + S;
    assert!(breaker.admits(later));
    assert!(breaker.begin(later));
    assert!(!breaker.admits(later), "one probe at a time");
    assert!(!breaker.begin(later));
    assert_eq!(breaker.record(later, false, Verdict::Failure, true, 1.0), None, "late news does not decide");
    assert_eq!(breaker.record(later, true, Verdict::Success, true, 1.0), Some(Change::Returned));
    assert_eq!(fail(&mut breaker, later, 4), None, "the past is forgotten");
    assert_eq!(fail(&mut breaker, later, 1), Some(Change::Ejected(S)), "the wait starts small again");
}

#[test]
fn each_failed_probe_doubles_the_wait_up_to_the_maximum() {
    let (mut now, mut breaker) = breaker();
    fail(&mut breaker, now, 5);
    for expected in [2, 4, 8, 8] {
        now += 10 * S;
        assert!(breaker.begin(now));
        assert_eq!(breaker.record(now, true, Verdict::Failure, true, 1.0), Some(Change::Ejected(expected * S)));
    }
}

#[test]
fn a_probe_given_up_or_lost_lets_another_go() {
    let (now, mut breaker) = breaker();
    fail(&mut breaker, now, 5);
    let later = now + S;
    assert!(breaker.begin(later));
    breaker.abandon(later, true);
    assert!(breaker.begin(later));
    assert!(breaker.admits(later + PROBE_PATIENCE));
}

#[test]
fn it_stays_open_while_too_few_others_are_left_and_shuts_when_they_return() {
    let (now, mut breaker) = breaker();
    for _ in 0..50 {
        assert_eq!(breaker.record(now, false, Verdict::Failure, false, 1.0), None);
    }
    assert!(breaker.admits(now));
    assert_eq!(fail(&mut breaker, now, 1), Some(Change::Ejected(S)));
}

#[test]
fn chance_spreads_the_wait_over_its_upper_half() {
    for (times, chance, expected) in
        [(0, 0.0, 500), (0, 1.0, 1000), (2, 0.5, 3000), (40, 1.0, 8000), (u32::MAX, 0.0, 4000)]
    {
        assert_eq!(backoff(S, 8 * S, times, chance), Duration::from_millis(expected), "{times} {chance}");
    }
}
