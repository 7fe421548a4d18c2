//! A sweep over the begins and ends of a service's outages.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Measured, Outage, Refused, Surroundings};

/// What each service lost up to `now`, by service. What is open lasts until `now`; an end after `now` is not waited for.
///
/// # Errors
///
/// The first interval that is none.
pub fn measure(outages: &[Outage], around: &Surroundings, now: Timestamp) -> Result<Vec<Measured>, Refused> {
    if outages.len() > Outage::MOST {
        return Err(Refused::TooMany(outages.len()));
    }
    let mut services: BTreeMap<&str, Vec<&Outage>> = BTreeMap::new();
    for (at, outage) in outages.iter().enumerate() {
        checked(at, outage, now)?;
        services.entry(&outage.service).or_default().push(outage);
    }
    Ok(services.into_iter().map(|(service, outages)| one(service, &outages, around, now)).collect())
}

fn checked(at: usize, outage: &Outage, now: Timestamp) -> Result<(), Refused> {
    let from = outage.from;
    if from > now {
        return Err(Refused::NotYet { at, from, now });
    }
    if let Some(to) = outage.to
        && to < from
    {
        return Err(Refused::Backwards { at, from, to });
    }
    if outage.users > Outage::MOST_USERS {
        return Err(Refused::Users { at, users: outage.users });
    }
    Ok(())
}

/// Users of one population who are without the service now: of the intervals that are open, the one with most.
#[derive(Default)]
struct Population {
    /// How many intervals of so many users are open.
    open: BTreeMap<u64, usize>,
    most: u64,
}

impl Population {
    fn now(&self) -> u64 {
        self.open.last_key_value().map_or(0, |(users, _)| *users)
    }

    fn change(&mut self, users: u64, begins: bool) {
        let count = self.open.entry(users).or_default();
        *count = if begins { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            self.open.remove(&users);
        }
        self.most = self.most.max(self.now());
    }
}

fn one(service: &str, outages: &[&Outage], around: &Surroundings, now: Timestamp) -> Measured {
    let mut events: Vec<(Timestamp, bool, &Outage)> = Vec::with_capacity(outages.len() * 2);
    for outage in outages {
        events.push((outage.from, true, outage));
        events.push((outage.to.map_or(now, |to| to.min(now)), false, outage));
    }
    // At one instant begins come before ends, so that what touches is one stretch and a population has its maximum.
    events.sort_by_key(|(at, begins, _)| (*at, !*begins));
    let own = around.own_users.get(service).copied();
    let capped = |users: u64| own.map_or(users, |own| users.min(own));
    let mut populations: BTreeMap<&str, Population> = BTreeMap::new();
    let (mut down, mut sum, mut peak) = (0_usize, 0_u64, 0_u64);
    let (mut duration, mut user_minutes) = (SignedDuration::ZERO, 0.0);
    let mut before = events.first().map_or(now, |(at, _, _)| *at);
    for (at, begins, outage) in events {
        if down > 0 {
            let stretch = at.duration_since(before);
            duration = duration.saturating_add(stretch);
            user_minutes += capped(sum) as f64 * stretch.as_secs_f64() / 60.0;
        }
        before = at;
        let population = populations.entry(&outage.population).or_default();
        let was = population.now();
        population.change(outage.users, begins);
        sum = (sum - was).saturating_add(population.now());
        down = if begins { down + 1 } else { down.saturating_sub(1) };
        peak = peak.max(capped(sum));
    }
    let open = outages.iter().filter(|outage| outage.to.is_none_or(|to| to > now));
    let users_now = capped(most_of(open.clone().copied()));
    let users = capped(populations.values().map(|population| population.most).fold(0, u64::saturating_add));
    let national = around.national_users.get(service).copied().filter(|national| *national > 0);
    let users_percent = national.map(|national| (users as f64 / national as f64 * 100.0).min(100.0));
    let open = open.count() > 0;
    let measured = Measured {
        service: service.to_owned(),
        open,
        duration,
        users,
        peak,
        users_percent,
        user_minutes,
        users_now,
        why: Vec::new(),
    };
    Measured { why: reasons(&measured, outages.len(), populations.len(), national), ..measured }
}

/// Of each population the most, added up.
fn most_of<'a>(outages: impl Iterator<Item = &'a Outage>) -> u64 {
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for outage in outages {
        let users = most.entry(&outage.population).or_default();
        *users = outage.users.max(*users);
    }
    most.values().fold(0, |sum, users| sum.saturating_add(*users))
}

fn reasons(measured: &Measured, intervals: usize, populations: usize, national: Option<u64>) -> Vec<String> {
    let Measured { service, duration, users, peak, user_minutes, .. } = measured;
    let so_far = if measured.open { " so far" } else { "" };
    let mut why = vec![
        format!("{service} was down for {duration:#}{so_far}: {intervals} intervals, laid over each other"),
        format!("{users} users of {populations} populations were hit, {peak} of them at once"),
        format!("{user_minutes:.0} user-minutes, {:.1} user-hours", user_minutes / 60.0),
    ];
    match (measured.users_percent, national) {
        (Some(percent), Some(national)) => why.push(format!("{percent:.3} % of {national} national users")),
        _ => why.push("no share: the national users of the service are not known".to_owned()),
    }
    why
}
