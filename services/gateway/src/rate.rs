//! A token bucket for every principal.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many principals are remembered. One that is forgotten starts with a full bucket.
const REMEMBERED: usize = 10_000;

/// The share of every principal.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    held: f64,
    touched: Instant,
}

impl RateLimit {
    /// Buckets of `burst` calls, filled again at `per_second`.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let (per_second, burst) = (f64::from(per_second.max(1)), f64::from(burst.max(1)));
        Self { per_second, burst, buckets: Mutex::default() }
    }

    /// Takes one call out of the bucket of `principal`.
    ///
    /// # Errors
    /// How long the principal has to wait for the next.
    pub(crate) fn take(&self, principal: &str, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock();
        if let Some(bucket) = buckets.get_mut(principal) {
            bucket.held = self.held(*bucket, now);
            bucket.touched = now;
            if bucket.held < 1.0 {
                return Err(Duration::from_secs_f64((1.0 - bucket.held) / self.per_second));
            }
            bucket.held -= 1.0;
            return Ok(());
        }
        if buckets.len() >= REMEMBERED {
            self.forget(&mut buckets, now);
        }
        buckets.insert(principal.to_owned(), Bucket { held: self.burst - 1.0, touched: now });
        Ok(())
    }

    fn held(&self, bucket: Bucket, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(bucket.touched).as_secs_f64() * self.per_second;
        (bucket.held + gained).min(self.burst)
    }

    /// Forgets full buckets, which are as good as none; where there are too few, also the half untouched for longest.
    fn forget(&self, buckets: &mut HashMap<String, Bucket>, now: Instant) {
        buckets.retain(|_, bucket| self.held(*bucket, now) < self.burst);
        if buckets.len() < REMEMBERED {
            return;
        }
        let mut ages: Vec<Instant> = buckets.values().map(|bucket| bucket.touched).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        buckets.retain(|_, bucket| bucket.touched > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_for_its_principal_alone() {
        let (limit, start) = (RateLimit::new(10, 2), Instant::now());
        assert_eq!(limit.take("a", start), Ok(()));
        assert_eq!(limit.take("a", start), Ok(()));
        assert_eq!(limit.take("a", start), Err(Duration::from_millis(100)));
        assert_eq!(limit.take("b", start), Ok(()));
        let later = start + Duration::from_millis(100);
        assert_eq!(limit.take("a", later), Ok(()));
        assert!(limit.take("a", later).is_err());
        // A long pause gives no more than the burst.
        let much_later = start + Duration::from_secs(60);
        assert_eq!(limit.take("a", much_later), Ok(()));
        assert_eq!(limit.take("a", much_later), Ok(()));
        assert!(limit.take("a", much_later).is_err());
    }

    #[test]
    fn no_more_principals_are_remembered_than_there_is_room_for() {
        let (limit, start) = (RateLimit::new(1, 10), Instant::now());
        for number in 0..2 * REMEMBERED {
            assert_eq!(limit.take(&number.to_string(), start), Ok(()));
            assert!(limit.buckets.lock().len() <= REMEMBERED);
        }
    }
}
