use super::*;
use crate::{gamma::Beta, normal::Ziggurat, stream::Key};

const DRAWS: usize = 1_000_000;
/// Shapes of PERTs: pyfair's loss, the rule's own, one at an end, a narrow one, and a nearly flat one.
const SHAPES: [(f64, f64); 6] =
    [(1.149_549, 4.049_951), (4.0, 4.0), (1.0, 5.0), (400.0, 90.0), (1.01, 1.000_2), (3_000.0, 1.5)];

/// The regularized incomplete beta function, by its continued fraction (Lentz).
fn distribution_function(alpha: f64, beta: f64, x: f64) -> f64 {
    if x > (alpha + 1.0) / (alpha + beta + 2.0) {
        return 1.0 - distribution_function(beta, alpha, 1.0 - x);
    }
    let constant = libm::lgamma(alpha + beta) - libm::lgamma(alpha) - libm::lgamma(beta);
    let front = libm::exp(constant + alpha * libm::log(x) + beta * libm::log(1.0 - x)) / alpha;
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (alpha + beta) * x / (alpha + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (beta - m) * x / ((alpha + 2.0 * m - 1.0) * (alpha + 2.0 * m));
        let odd = -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2.0 * m) * (alpha + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / (1.0 + term * d);
            c = 1.0 + term / c;
            fraction *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

/// The greatest distance of the draws from the distribution function, times √n: below 1.95 in 999 of 1 000 samples of the very
/// distribution (Kolmogorov).
fn distance(alpha: f64, beta: f64, mut drawn: Vec<f64>) -> f64 {
    drawn.sort_unstable_by(f64::total_cmp);
    let n = drawn.len() as f64;
    // Every hundredth will do: between two of them there are 100 ÷ n.
    let off = drawn.iter().enumerate().step_by(100).map(|(at, x)| {
        let expected = distribution_function(alpha, beta, *x);
        (expected - at as f64 / n).abs()
    });
    off.fold(0.0, f64::max) * n.sqrt()
}

/// χ² of the draws over 200 classes of equal probability, as standard deviations above what is expected.
fn scatter(alpha: f64, beta: f64, drawn: &[f64]) -> f64 {
    const CLASSES: usize = 200;
    let mut counts = [0_u32; CLASSES];
    for x in drawn {
        let class = (distribution_function(alpha, beta, *x) * CLASSES as f64) as usize;
        counts[class.min(CLASSES - 1)] += 1;
    }
    let each = drawn.len() as f64 / CLASSES as f64;
    let square: f64 = counts.iter().map(|count| (f64::from(*count) - each).powi(2) / each).sum();
    let freedom = (CLASSES - 1) as f64;
    (square - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn draws_are_as_near_to_the_distribution_as_those_from_gammas() {
    for (number, (alpha, beta)) in SHAPES.into_iter().enumerate() {
        let key = Key::new(number as u64, "strips");
        let mut strips = vec![0.0; DRAWS];
        // Blocks of years, as a run draws them.
        let made = Strips::beta(alpha, beta).unwrap();
        for (block, part) in strips.chunks_mut(2_048).enumerate() {
            made.fill(0.0, 1.0, &mut key.block(block as u64), part);
        }
        let gammas = Beta::new(alpha, beta);
        let mut stream = key.purpose("gammas").block(0);
        let gammas: Vec<f64> = (0..DRAWS).map(|_| gammas.draw(Ziggurat::get(), &mut stream)).collect();
        let scattered = [scatter(alpha, beta, &strips[..200_000]), scatter(alpha, beta, &gammas[..200_000])];
        let distances = [distance(alpha, beta, strips), distance(alpha, beta, gammas)];
        println!("beta({alpha}, {beta}): distance {distances:.3?}, scatter {scattered:.3?} of strips and of gammas");
        assert!(distances.iter().all(|distance| *distance < 1.95), "{alpha} {beta}: {distances:?}");
        assert!(scattered.iter().all(|scatter| scatter.abs() < 4.0), "{alpha} {beta}: {scattered:?}");
    }
}

#[test]
fn few_draws_and_many_have_one_distribution() {
    // Below and above where lanes begin, and where a part of the last chunk is left over.
    for size in [1, FEW - 1, FEW, CHUNK + 1, 3 * CHUNK - 1] {
        let strips = Strips::beta(2.0, 3.5).unwrap();
        let key = Key::new(size as u64, "sizes");
        let mut drawn = vec![0.0; DRAWS / size * size];
        for (block, part) in drawn.chunks_mut(size).enumerate() {
            strips.fill(0.0, 1.0, &mut key.block(block as u64), part);
        }
        let distance = distance(2.0, 3.5, drawn);
        assert!(distance < 1.95, "{distance} for {size} draws at a time");
    }
}

#[test]
fn draws_keep_to_the_range() {
    for (alpha, beta) in SHAPES {
        let mut drawn = vec![0.0; 200_000];
        Strips::beta(alpha, beta).unwrap().fill(-3.0, 7.0, &mut Key::new(1, "range").block(0), &mut drawn);
        assert!(drawn.iter().all(|x| (-3.0..=4.0).contains(x)), "{alpha} {beta}");
    }
}

#[test]
fn lanes_draw_what_a_processor_without_them_draws() {
    let strips = Strips::beta(1.3, 6.0).unwrap();
    let start = Lanes::new(&mut Key::new(5, "processors").block(0));
    let (mut words, mut drawn) = ([0; CHUNK], [[0.0; CHUNK]; 2]);
    let [first, second] = &mut drawn;
    let (mut one, mut other) = (start, start);
    let with = pulp::Arch::new().dispatch(Draw {
        strips: &strips,
        low: 0.1,
        range: 0.7,
        lanes: &mut one,
        words: &mut words,
        drawn: first,
    });
    let job = Draw { strips: &strips, low: 0.1, range: 0.7, lanes: &mut other, words: &mut words, drawn: second };
    let without = pulp::NullaryFnOnce::call(job);
    assert_eq!(with, without);
    assert_eq!(first.map(f64::to_bits), second.map(f64::to_bits));
}
