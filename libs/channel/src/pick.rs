//! Which endpoint takes the next call: the less loaded of two drawn at random. Values in, values out.

/// Picks among `count` endpoints. `load` gives the load of the endpoint at an index, or `None` where it cannot take a
/// call. `random` decides the draw. `None` where no endpoint can take a call.
///
/// A draw that cannot take a call is replaced by the next one that can, so that a ready endpoint is always found.
pub(crate) fn pick(count: usize, random: u64, load: impl Fn(usize) -> Option<f64>) -> Option<usize> {
    if count == 0 {
        return None;
    }
    // Two draws from one number: its halves are independent, and the bias of the remainder is below one in 10⁷.
    let (low, high) = (random & u64::from(u32::MAX), random >> 32);
    let first_draw = usize::try_from(low).unwrap_or(0) % count;
    let (first, first_load) = next_ready(count, first_draw, count, &load)?;
    if count == 1 {
        return Some(first);
    }
    // The second is drawn among the others, by its distance from the first.
    let distance = 1 + usize::try_from(high).unwrap_or(0) % (count - 1);
    let others = (0..count - 1).map(|step| (first + 1 + (distance - 1 + step) % (count - 1)) % count);
    let second = others.into_iter().find_map(|index| load(index).map(|load| (index, load)));
    match second {
        Some((second, second_load)) if second_load < first_load => Some(second),
        _ => Some(first),
    }
}

fn next_ready(count: usize, from: usize, steps: usize, load: impl Fn(usize) -> Option<f64>) -> Option<(usize, f64)> {
    (0..steps).map(|step| (from + step) % count).find_map(|index| load(index).map(|load| (index, load)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picks(loads: &[Option<f64>]) -> Vec<usize> {
        let mut counts = vec![0; loads.len()];
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..10_000 {
            random = random.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(0x2545_F491_4F6C_DD1D);
            let mixed = (random ^ (random >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            if let Some(index) = pick(loads.len(), mixed, |index| loads[index]) {
                counts[index] += 1;
            }
        }
        counts
    }

    #[test]
    fn equal_loads_share_equally() {
        for count in 1..6 {
            for share in picks(&vec![Some(1.0); count]) {
                let even = 10_000 / count;
                assert!(share.abs_diff(even) < 500, "{share} of {even}");
            }
        }
    }

    #[test]
    fn the_heaviest_is_never_picked_while_another_is_ready() {
        assert_eq!(picks(&[Some(1.0), Some(9.0), Some(1.0)])[1], 0);
    }

    #[test]
    fn one_that_cannot_take_a_call_is_never_picked() {
        let counts = picks(&[None, Some(5.0), None, Some(5.0)]);
        assert_eq!((counts[0], counts[2]), (0, 0));
        assert_eq!(counts[1] + counts[3], 10_000);
    }

    proptest! {
        #[test]
        fn some_is_picked_if_and_only_if_some_is_ready(
            loads in proptest::collection::vec(proptest::option::of(0.0f64..10.0), 0..9),
            random: u64,
        ) {
            let picked = pick(loads.len(), random, |index| loads[index]);
            prop_assert_eq!(picked.is_some(), loads.iter().any(Option::is_some));
            if let Some(index) = picked {
                prop_assert!(loads[index].is_some());
            }
        }
    }
}
