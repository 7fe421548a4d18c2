use super::*;

fn check(values: &[f64]) {
    let least = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    let levels = [0.0, 0.3, 0.77, 0.999];
    let fast = Ordered::of(values, least, most, &levels);
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    for level in LEVELS {
        let (rank, below, above) = ranks(level, values.len());
        let expected = (sorted[rank], (sorted[above] - sorted[below]) / 2.0);
        assert_eq!(fast.percentile(level), expected, "{level} of {} values", values.len());
    }
    for level in [0.95, 0.99] {
        let (rank, size) = (ranks(level, values.len()).0, values.len() as f64 * (1.0 - level));
        let tail = sorted[rank] + sorted[rank..].iter().map(|value| value - sorted[rank]).sum::<f64>() / size;
        assert!((fast.tail(level).0 - tail).abs() <= 1e-9 * tail, "{level}: {:?} for {tail}", fast.tail(level));
    }
    for level in levels {
        let value = sorted[ranks(level, values.len()).0];
        let above = sorted.iter().filter(|other| **other > value).count();
        assert_eq!((fast.value(level), fast.above_level(level)), (value, above), "{level}");
    }
}

#[test]
fn agrees_with_sorting() {
    let scattered: Vec<f64> = (0..10_000_u64).map(|at| (at * 7_919 % 10_007) as f64).collect();
    check(&scattered);
    check(&scattered.iter().map(|x| if *x < 5_000.0 { 0.0 } else { x * x * x }).collect::<Vec<_>>());
    check(&scattered.iter().map(|x| if *x < 9_990.0 { 0.0 } else { 1.0 }).collect::<Vec<_>>());
    check(&scattered.iter().map(|x| (x / 1_000.0).floor()).collect::<Vec<_>>());
    check(&[0.0; 1_000]);
    check(&[7.0; 1_000]);
    for few in 1..30 {
        check(scattered.get(..few).unwrap());
    }
}
