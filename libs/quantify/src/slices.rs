//! Arithmetic on whole slices, in the lanes of the processor the program finds itself on.

struct Times<'a>(&'a mut [f64], &'a [f64]);
struct Plus<'a>(&'a mut [f64], &'a [f64]);
struct PlusProduct<'a>(&'a mut [f64], &'a [f64], &'a [f64], f64);

impl pulp::NullaryFnOnce for Times<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.iter_mut().zip(self.1).for_each(|(value, by)| *value *= by);
    }
}

impl pulp::NullaryFnOnce for Plus<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.iter_mut().zip(self.1).for_each(|(value, more)| *value += more);
    }
}

impl pulp::NullaryFnOnce for PlusProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self(values, one, other, factor) = self;
        values.iter_mut().zip(one).zip(other).for_each(|((value, one), other)| *value += one * other * factor);
    }
}

struct AtLeast<'a>(&'a [f64], &'a [f64]);

impl pulp::NullaryFnOnce for AtLeast<'_> {
    type Output = u64;

    #[inline(always)]
    fn call(self) -> u64 {
        self.0.iter().zip(self.1).map(|(one, other)| u64::from(one >= other)).sum()
    }
}

/// In how many pairs the first is at least the second.
pub(crate) fn at_least(ones: &[f64], others: &[f64]) -> u64 {
    pulp::Arch::new().dispatch(AtLeast(ones, others))
}

/// values ← values × by, as far as both go.
pub(crate) fn times(values: &mut [f64], by: &[f64]) {
    pulp::Arch::new().dispatch(Times(values, by));
}

/// values ← values + more, as far as both go.
pub(crate) fn plus(values: &mut [f64], more: &[f64]) {
    pulp::Arch::new().dispatch(Plus(values, more));
}

/// values ← values + one × other × factor, as far as all go.
pub(crate) fn plus_product(values: &mut [f64], one: &[f64], other: &[f64], factor: f64) {
    pulp::Arch::new().dispatch(PlusProduct(values, one, other, factor));
}
