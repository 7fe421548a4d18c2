//! The vectors of the domain study (24.2, 24.3): each number is worked out there by hand.

use quantify::{Pert, Terms, Variant, Waiting, WaitingKind, lognormal_from_interval};

use crate::{figures, near, scenario};

#[track_caller]
fn close(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} for {expected}");
}

#[test]
fn pert_standard() {
    let pert = Pert::new(10_000.0, 50_000.0, 500_000.0, 4.0, Variant::Standard).unwrap();
    close(pert.mean(), 118_333.33, 0.005);
    close(pert.alpha(), 1.326_531, 5e-7);
    close(pert.beta(), 4.673_469, 5e-7);
    close(pert.sd(), 76_855.36, 0.005);
}

#[test]
fn pert_as_pyfair_shapes_it() {
    let pert = Pert::new(10_000.0, 50_000.0, 500_000.0, 4.0, Variant::Moment).unwrap();
    close(pert.mean(), 118_333.33, 0.005);
    close(pert.alpha(), 1.149_549, 5e-7);
    close(pert.beta(), 4.049_951, 5e-7);
    // The variant's definition: (b − a) ÷ (λ + 2).
    close(pert.sd(), 490_000.0 / 6.0, 1e-6);
}

#[test]
fn pert_of_one_value_is_a_constant_and_order_is_enforced() {
    assert_eq!(Pert::new(5.0, 5.0, 5.0, 4.0, Variant::Standard).unwrap().sd(), 0.0);
    assert!(Pert::new(5.0, 4.0, 6.0, 4.0, Variant::Standard).is_none());
    assert!(Pert::new(5.0, 7.0, 6.0, 4.0, Variant::Standard).is_none());
    assert!(Pert::new(1.0, f64::NAN, 6.0, 4.0, Variant::Standard).is_none());
}

#[test]
fn lognormal_from_a_ninety_percent_interval() {
    let (mu, sigma) = lognormal_from_interval(50_000.0, 2_000_000.0);
    close(mu, 12.664_218, 5e-7);
    close(sigma, 1.121_340, 5e-7);
    close(mu.exp(), 316_227.77, 0.005);
    close((mu + sigma * sigma / 2.0).exp(), 592_982.05, 0.05);
}

#[test]
fn compound_poisson_of_two_amounts() {
    let yaml = scenario(
        "{distribution: poisson, rate: 2}",
        "{distribution: discrete, values: [100000, 300000], weights: [0.5, 0.5]}",
    );
    let found = figures(&yaml, 400_000);
    near("mean", found.mean, found.mean_error, 400_000.0);
    near("sd", found.sd, found.sd_error, 316_227.77);
}

#[test]
fn payout_of_an_event() {
    let terms = Terms::plain(50_000.0, 150_000.0);
    let vectors =
        [(30_000.0, 0.0), (50_000.0, 0.0), (200_000.0, 150_000.0), (250_000.0, 150_000.0), (1_000_000.0, 150_000.0)];
    for (loss, payout) in vectors {
        assert_eq!(terms.event(loss), payout, "{loss}");
    }
    assert_eq!(250_000.0 - terms.event(250_000.0), 100_000.0);
    assert_eq!(1_000_000.0 - terms.event(1_000_000.0), 850_000.0);
}

#[test]
fn terms_of_a_year() {
    let losses = [120_000.0, 90_000.0, 400_000.0];
    let mut terms = Terms::plain(50_000.0, 150_000.0);
    assert_eq!(losses.map(|loss| terms.event(loss)), [70_000.0, 40_000.0, 150_000.0]);
    assert_eq!(terms.paid(&losses), 260_000.0);
    terms.aggregate_limit = 200_000.0;
    assert_eq!(terms.paid(&losses), 200_000.0);
    assert_eq!(losses.iter().sum::<f64>() - terms.paid(&losses), 410_000.0);
    terms.aggregate_deductible = 60_000.0;
    assert_eq!(terms.paid(&losses), 200_000.0);
}

#[test]
fn waiting_periods() {
    let excess = Waiting { hours: 12.0, kind: WaitingKind::TimeExcess };
    let qualifying = Waiting { kind: WaitingKind::Qualifying, ..excess };
    let limit = Terms::plain(0.0, 400_000.0);
    assert_eq!(excess.insured(30.0, 25_000.0), 450_000.0);
    assert_eq!(limit.event(excess.insured(30.0, 25_000.0)), 400_000.0);
    assert_eq!(excess.insured(10.0, 25_000.0), 0.0);
    assert_eq!(qualifying.insured(30.0, 25_000.0), 750_000.0);
    assert_eq!(qualifying.insured(12.0, 25_000.0), 0.0);
}

#[test]
fn insured_layer_of_an_exponential() {
    // m (e^(−d/m) − e^(−(d+L)/m)) per event, and as many events as the rate says.
    let (m, d, limit) = (100_000.0_f64, 50_000.0_f64, 150_000.0_f64);
    let event = m * ((-d / m).exp() - (-(d + limit) / m).exp());
    close(event, 47_119.54, 0.005);
    let yaml = format!(
        "{}    policy: {{excess: 50000, limit: 150000}}\n",
        scenario("{distribution: poisson, rate: 2}", "{distribution: exponential, mean: 100000}")
    );
    let transferred = crate::outcome(&yaml, 400_000).scenarios["x"].losses.transferred.unwrap();
    near("payout", transferred.mean, transferred.mean_error, 2.0 * event);
}
