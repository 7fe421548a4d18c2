//! Seeing findings: what is new is recorded, what is known was last seen now, and what was fixed and is there again is REOPENED.
//!
//! The one path for matching and for scanners. Seeing the same again within a day writes nothing.

use std::collections::HashMap;

use fault::{Fault, Outcome};
use sha2::{Digest as _, Sha256};
use store::{Collection, Hold, Transaction, micros, timestamp};
use wire::risk::v1::Finding;
use wire::risk::v1::finding::State;
use wire::risk::v1::finding::basis::Method;

use super::Findings;
use super::moves::{self, By, Step};
use crate::id_of;

const DAY: i64 = 86_400_000_000;

/// The lock of who sees findings: two at once would each record what the other does.
const SIGHTS: i32 = 7_310_672;

/// How sure a sight must be to reopen what was fixed.
const SURE: f64 = 0.7;

/// What became of what was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sighted {
    /// Findings that are new.
    pub(crate) created: i32,
    /// Findings that were REOPENED.
    pub(crate) reopened: i32,
    /// Findings that were last seen now.
    pub(crate) seen: i32,
    /// Findings that stay as they are.
    pub(crate) unchanged: i32,
    /// Findings that their rules refuse; the log says why.
    pub(crate) refused: i32,
}

impl std::ops::AddAssign for Sighted {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.reopened += other.reopened;
        self.seen += other.seen;
        self.unchanged += other.unchanged;
        self.refused += other.refused;
    }
}

/// The id of a finding by what is weak and where: the same for whoever finds it.
pub(crate) fn id(finding: &Finding) -> String {
    let what = if finding.vulnerability.is_empty() { &finding.weakness } else { &finding.vulnerability };
    let target = if finding.exposure.is_empty() { &finding.asset } else { &finding.exposure };
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(format!("{what}\n{target}").as_bytes()));
    let digest = digest.get(..20).unwrap_or_default();
    match id_of(&finding.vulnerability) {
        "" => format!("weakness.{digest}"),
        id => format!("{}.{digest}", id.chars().take(40).collect::<String>()),
    }
}

/// What is weak, and where.
type Key = (String, String);

fn key(vulnerability: &str, weakness: &str, asset: &str, exposure: &str) -> Key {
    let what = if vulnerability.is_empty() { weakness } else { vulnerability };
    let target = if exposure.is_empty() { asset } else { exposure };
    (what.to_owned(), target.to_owned())
}

/// Records that findings were seen now, at most some thousand at once. Of the same twice the first counts.
pub(crate) async fn sight(tx: &mut Transaction, organization: &str, seen: Vec<Finding>) -> Outcome<Sighted> {
    tx.hold(SIGHTS, organization, Hold::Alone).await?;
    let known = known(tx, organization, &seen).await?;
    let mut sighted = Sighted::default();
    let (mut drafts, mut again) = (HashMap::new(), HashMap::new());
    for finding in seen {
        let key = key(&finding.vulnerability, &finding.weakness, &finding.asset, &finding.exposure);
        match known.get(&key) {
            Some(id) => drop(again.entry(id.clone()).or_insert(finding)),
            None => drop(drafts.entry(id(&finding)).or_insert(finding)),
        }
    }
    let findings = Collection::<Findings>::new(tx.database().clone());
    let mut drafts: Vec<(String, Finding)> = drafts.into_iter().collect();
    drafts.sort_by(|(one, _), (other, _)| one.cmp(other));
    for outcome in findings.create_each(tx, organization, drafts).await? {
        match outcome {
            Ok(_) => sighted.created += 1,
            Err(fault) => {
                sighted.refused += 1;
                tracing::warn!(organization, %fault, "a finding is not recorded");
            }
        }
    }
    let now = tx.context().clock.now();
    let mut ids: Vec<&str> = again.keys().map(String::as_str).collect();
    ids.sort_unstable();
    let mut reopened = 0;
    let became = findings.change_each(tx, organization, &ids, |context, old, new| {
        if let Some(sight) = again.get(id_of(&old.name)) {
            see(old, new, sight, now)?;
            if new.state() != old.state() {
                new.decider.clone_from(&context.caller.subject);
                reopened += 1;
            }
        }
        Ok(())
    });
    for outcome in became.await?.into_values() {
        match outcome {
            Ok(true) => sighted.seen += 1,
            Ok(false) => sighted.unchanged += 1,
            Err(fault) => {
                sighted.refused += 1;
                tracing::warn!(organization, %fault, "a finding is not brought up to date");
            }
        }
    }
    sighted.reopened = reopened;
    sighted.seen = (sighted.seen - reopened).max(0);
    Ok(sighted)
}

/// What seeing does to a finding that is known.
///
/// # Errors
/// Never by itself; the table of moves would say.
pub(super) fn see(old: &Finding, new: &mut Finding, sight: &Finding, now: i64) -> Outcome<()> {
    if now.saturating_sub(micros(old.last_seen_time.as_ref())) >= DAY {
        new.last_seen_time = timestamp(now);
    }
    let (before, by) = (old.r#match.clone().unwrap_or_default(), sight.r#match.clone().unwrap_or_default());
    if before.method() != Method::ByHand && by.confidence > before.confidence {
        new.r#match.clone_from(&sight.r#match);
    }
    // What is mitigated, accepted or not affected is there still, and that is known.
    let gone = old.resolution() == State::Fixed && !moves::OPEN.contains(&old.state());
    if gone && by.confidence >= SURE {
        let reason = format!("it was seen again: {}", by.reason);
        new.last_seen_time = timestamp(now);
        moves::make(Step::Reopen, old, new, &By { decider: "", reason: &reason, now })?;
    }
    Ok(())
}

/// The ids of findings that are known already, by what is weak and where.
async fn known(tx: &mut Transaction, organization: &str, seen: &[Finding]) -> Outcome<HashMap<Key, String>> {
    let mut found = HashMap::new();
    let targets = |of: fn(&Finding) -> &str| {
        let mut names: Vec<&str> = seen.iter().map(of).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    for (column, names) in [("asset", targets(|one| &one.asset)), ("exposure", targets(|one| &one.exposure))] {
        if names.is_empty() {
            continue;
        }
        let vulnerabilities = targets(|one| &one.vulnerability);
        let mut sql = tx.sql("SELECT id, vulnerability, weakness, asset, exposure FROM finding WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in(column, &names).push(" AND (weakness <> '' OR ");
        sql.is_in("vulnerability", &vulnerabilities).push(")");
        for row in tx.rows(sql).await? {
            let text = |at| row.try_get_by_index::<String>(at).map_err(Fault::defect);
            found.insert(key(&text(1)?, &text(2)?, &text(3)?, &text(4)?), text(0)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::risk::v1::finding::Basis;

    fn finding(state: State, resolution: State) -> Finding {
        let mut finding = Finding {
            vulnerability: "organizations/acme/vulnerabilities/cve-2024-3400".to_owned(),
            asset: "organizations/acme/assets/gateway".to_owned(),
            last_seen_time: timestamp(10 * DAY),
            ..Default::default()
        };
        finding.set_state(state);
        finding.set_resolution(resolution);
        finding
    }

    fn sight(confidence: f64) -> Finding {
        Finding {
            r#match: Some(Basis { confidence, reason: "version 1".to_owned(), ..Default::default() }),
            ..Default::default()
        }
    }

    fn seen(old: &Finding, confidence: f64, now: i64) -> Finding {
        let mut new = old.clone();
        assert!(see(old, &mut new, &sight(confidence), now).is_ok());
        new
    }

    #[test]
    fn what_was_fixed_and_is_seen_again_is_reopened_where_that_is_sure() {
        for state in [State::Fixed, State::Verified, State::Closed] {
            let old = finding(state, State::Fixed);
            let new = seen(&old, 0.9, 11 * DAY);
            assert_eq!((new.state(), new.reopen_count, new.resolution()), (State::Reopened, 1, State::Unspecified));
            assert_eq!(micros(new.open_time.as_ref()), 11 * DAY);
            assert_eq!(seen(&old, 0.5, 11 * DAY).state(), state);
        }
        for (state, resolution) in [
            (State::Mitigated, State::Mitigated),
            (State::Closed, State::Mitigated),
            (State::Accepted, State::Accepted),
            (State::NotAffected, State::NotAffected),
            (State::Open, State::Unspecified),
        ] {
            assert_eq!(seen(&finding(state, resolution), 1.0, 11 * DAY).state(), state);
        }
    }

    #[test]
    fn the_same_within_a_day_changes_nothing() {
        let open = seen(&finding(State::Open, State::Unspecified), 0.9, 11 * DAY);
        assert_eq!(seen(&open, 0.9, 12 * DAY - 1), open);
        assert_ne!(seen(&open, 0.9, 12 * DAY), open);
    }

    #[test]
    fn an_id_is_of_what_is_weak_and_where() {
        let one = finding(State::Open, State::Unspecified);
        let other = Finding { asset: "organizations/acme/assets/other".to_owned(), ..one.clone() };
        assert!(id(&one).starts_with("cve-2024-3400.") && resource::valid_id(&id(&one)));
        assert_ne!(id(&one), id(&other));
        let weak = Finding { weakness: "default password".to_owned(), vulnerability: String::new(), ..one };
        assert!(id(&weak).starts_with("weakness."));
    }
}
