//! What holds for exposures, and what follows from a change of one: drift, the end of an approval, dates, the score.

use std::collections::HashMap;
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use store::{Changed, Collection, Rules, Transaction, micros, timestamp};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::exposure::{Match, State};
use wire::risk::v1::exposure_drift::Kind;
use wire::risk::v1::port_range::Protocol;
use wire::risk::v1::{ErrorReason, Exposure, ExposureCase, ExposureCertificate, ExposureDrift, ExposurePolicy};

use super::finding::{self, Open};
use super::reconcile::{self, Registered};
use super::{DAY, Exposures, due, host, score};
use crate::{exposure_policy, id_of, surface_snapshot};

/// How many changes an exposure keeps.
const MOST_DRIFTS: usize = 20;

/// What stands where a score is to be worked out anew. No score is below 0.
const STALE_SCORE: f64 = -1.0;

/// What the rules know of other rows.
#[derive(Default)]
pub struct Known {
    organization: String,
    policy: Arc<ExposurePolicy>,
    /// The value of assets, by id.
    values: HashMap<String, f64>,
    registered: Registered,
    open: Open,
}

impl Rules for Exposures {
    type Needs = Known;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&Exposure]) -> Outcome<Known> {
        let policy = exposure_policy::active(tx, organization).await?;
        // What is being made was not created yet. What is known follows the registry by its feed, except while it is withdrawn.
        let unplaced = |one: &&Exposure| one.create_time.is_none() || one.state() == State::Withdrawn;
        let made: Vec<&Exposure> = messages.iter().copied().filter(unplaced).collect();
        let registered = reconcile::registered(tx, organization, &made).await?;
        let found = made.iter().filter_map(|one| registered.of(one)).map(|(asset, _)| asset);
        let named = messages.iter().map(|one| one.asset.as_str()).filter(|name| !name.is_empty());
        let mut assets: Vec<&str> = named.chain(found).map(id_of).collect();
        assets.sort_unstable();
        assets.dedup();
        let values = reconcile::values(tx, organization, &assets).await?;
        let known = messages.iter().filter(|one| one.create_time.is_some());
        let exposures: Vec<&str> = known.map(|one| id_of(&one.name)).collect();
        let open = finding::open(tx, organization, &exposures, &assets).await?;
        Ok(Known { organization: organization.to_owned(), policy, values, registered, open })
    }

    fn create(context: &Context, known: &Known, new: &mut Exposure) -> Outcome<()> {
        sound(new)?;
        if new.asset.is_empty() {
            if let Some((asset, by)) = known.registered.of(new) {
                asset.clone_into(&mut new.asset);
                new.set_matched_by(by);
            }
        } else {
            exists(known, new)?;
            new.set_matched_by(Match::Claim);
        }
        let now = context.clock.now();
        if new.last_seen.is_none() {
            new.last_seen = timestamp(now);
            new.sources = vec!["by-hand".to_owned()];
            if !new.owner.is_empty() || !new.business_need.is_empty() {
                sign(context, new);
            }
        }
        if new.first_seen.is_none() {
            new.first_seen = new.last_seen;
        }
        let (state, why) = seen_first(new);
        enter(new, state, why, now);
        settle(known, now, new);
        Ok(())
    }

    fn update(context: &Context, known: &Known, old: &Exposure, new: &mut Exposure) -> Outcome<()> {
        sound(new)?;
        let now = context.clock.now();
        let by_service = context.caller.subject.starts_with("service:");
        if claimed(old) != claimed(new) && !by_service {
            sign(context, new);
            if new.asset != old.asset {
                exists(known, new)?;
                new.set_matched_by(if new.asset.is_empty() { Match::Unspecified } else { Match::Claim });
            }
        }
        note_drift(old, new, now);
        reopen(known, old, new, now);
        let parts = parts(new);
        if approval::hold(context, &mut new.approval, &parts) && stands(new.state()) {
            let why = new.approval.as_ref().map(|given| given.void_reason.clone()).unwrap_or_default();
            enter(new, State::Claimed, &why, now);
        }
        // A scan that sees it as it was approved is what monitoring is.
        if new.state() == State::Approved && micros(new.last_seen.as_ref()) > micros(new.decide_time.as_ref()) {
            enter(new, State::Monitored, "a scan saw it as it was approved", now);
        }
        defied(old, new, now);
        if matches!(new.state(), State::Discovered | State::Unknown) {
            let (state, why) = seen_first(new);
            if state != new.state() {
                enter(new, state, why, now);
            }
        }
        settle(known, now, new);
        Ok(())
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Exposure>]) -> Outcome<()> {
        due::settled(tx, organization, changed).await?;
        if changed.iter().any(|change| change.before.is_none()) {
            surface_snapshot::plan(tx, organization).await?;
        }
        Ok(())
    }
}

/// Works the scores of exposures out anew, by id: for whoever changes findings of them.
///
/// # Errors
/// `STORE_UNAVAILABLE`, `ETAG_MISMATCH` where another write met this one.
pub(crate) async fn rescore(tx: &mut Transaction, organization: &str, ids: &[&str]) -> Outcome<u64> {
    let exposures = Collection::<Exposures>::new(tx.database().clone());
    exposures.change_allowed(tx, organization, ids, |_, new| ask_score(new)).await
}

/// Asks for a score that is worked out anew.
pub(super) fn ask_score(new: &mut Exposure) {
    new.score = STALE_SCORE;
}

// === What holds ===

/// Brings address and names into their one form, and refuses what is nowhere or no port.
pub(super) fn sound(new: &mut Exposure) -> Outcome<()> {
    let wrong = |field: &str, message: String| {
        Err(Fault::invalid(House::FieldInvalid, message).on(format!("exposure.{field}")))
    };
    if new.ip.is_empty() && new.fqdn.is_empty() {
        let message = "an exposure is somewhere: give `ip`, `fqdn` or both";
        return Err(Fault::invalid(ErrorReason::ExposureWithoutHost, message).on("exposure.ip"));
    }
    if !new.ip.is_empty() {
        let Some(address) = host::address(&new.ip) else {
            return wrong("ip", format!("{} is no IPv4 and no IPv6 address: give one such as 192.0.2.7", new.ip));
        };
        new.ip = address.to_string();
    }
    if !new.fqdn.is_empty() {
        let Some(name) = host::name(&new.fqdn) else {
            return wrong("fqdn", format!("{} is no domain name: give one such as www.example.com", new.fqdn));
        };
        new.fqdn = name;
    }
    for at in 0..new.other_names.len() {
        let Some(given) = new.other_names.get_mut(at) else { continue };
        match host::name(given) {
            Some(name) => *given = name,
            None => return wrong(&format!("other_names[{at}]"), format!("{given} is no domain name: leave it out")),
        }
    }
    if new.port > 0 && new.protocol() == Protocol::Unspecified {
        return wrong("protocol", "a port is of a protocol: give TCP, UDP or SCTP".to_owned());
    }
    if new.port == 0 && new.protocol() != Protocol::Unspecified {
        return wrong(
            "port",
            "a protocol is spoken at a port from 1 to 65535: give it, or leave `protocol` out".to_owned(),
        );
    }
    new.behind.sort_unstable();
    new.behind.dedup();
    Ok(())
}

/// Its names, the first one first.
pub(super) fn names(exposure: &Exposure) -> impl Iterator<Item = &str> {
    std::iter::once(&exposure.fqdn).chain(&exposure.other_names).map(String::as_str).filter(|name| !name.is_empty())
}

fn exists(known: &Known, new: &Exposure) -> Outcome<()> {
    let own =
        |asset: &str| crate::organization_of(asset) == known.organization && known.values.contains_key(id_of(asset));
    if new.asset.is_empty() || own(&new.asset) {
        return Ok(());
    }
    let message = format!(
        "{} is not known here: register it, wait until the registry has told of it, or name another",
        new.asset
    );
    Err(Fault::invalid(ErrorReason::ExposureAssetUnknown, message).with("asset", &new.asset).on("exposure.asset"))
}

/// What somebody claims.
fn claimed(exposure: &Exposure) -> (&str, &str, &str, &[String]) {
    (&exposure.asset, &exposure.owner, &exposure.business_need, &exposure.behind)
}

/// What is approved: what answers there, whose it is, what for, behind what, and until when. Not its version or its banner: updating it is what
/// is asked for. Not its names, which come and go with those who use them.
pub(super) fn parts(exposure: &Exposure) -> [Vec<u8>; 1] {
    let approved = Exposure {
        name: exposure.name.clone(),
        service: exposure.service.clone(),
        product: exposure.product.clone(),
        certificate: exposure.certificate.as_ref().map(|certificate| ExposureCertificate {
            fingerprint: certificate.fingerprint.clone(),
            ..Default::default()
        }),
        asset: exposure.asset.clone(),
        behind: exposure.behind.clone(),
        owner: exposure.owner.clone(),
        business_need: exposure.business_need.clone(),
        approved_until: exposure.approved_until,
        ..Default::default()
    };
    [approved.encode_to_vec()]
}

/// Whoever calls has written parts of what is claimed, and so does not decide on it.
pub(super) fn sign(context: &Context, new: &mut Exposure) {
    for author in [&context.caller.subject, &context.caller.on_behalf_of] {
        if !author.is_empty() && !new.claimants.contains(author) {
            new.claimants.push(author.clone());
        }
    }
}

// === States ===

/// Whether an approval stands in this state.
pub(super) fn stands(state: State) -> bool {
    matches!(state, State::Approved | State::Monitored | State::Expiring)
}

/// Enters a state.
pub(super) fn enter(new: &mut Exposure, state: State, why: &str, now: i64) {
    new.set_state(state);
    new.state_time = timestamp(now);
    why.clone_into(&mut new.state_reason);
}

/// Where it is before anybody claims it.
fn seen_first(exposure: &Exposure) -> (State, &'static str) {
    match exposure.asset.is_empty() {
        true => (State::Unknown, "the registry knows no asset by its address or names"),
        false => (State::Discovered, "the registry knows its asset"),
    }
}

/// Opens again what was withdrawn and is seen after that.
fn reopen(known: &Known, old: &Exposure, new: &mut Exposure, now: i64) {
    let seen_again = match old.stale {
        true => !new.stale,
        false => micros(new.last_seen.as_ref()) > micros(old.state_time.as_ref()),
    };
    if old.state() != State::Withdrawn || new.state() != State::Withdrawn || !seen_again {
        return;
    }
    if !known.values.contains_key(id_of(&new.asset)) || new.asset.is_empty() {
        let (asset, by) = known.registered.of(new).unwrap_or(("", Match::Unspecified));
        asset.clone_into(&mut new.asset);
        new.set_matched_by(by);
    }
    let (state, _) = seen_first(new);
    enter(new, state, &format!("REOPENED: it was seen again after it was withdrawn ({})", old.state_reason), now);
    new.reopen_count = new.reopen_count.saturating_add(1);
    new.reopen_time = timestamp(now);
    // What was claimed of it before is for somebody to say anew.
    new.claimants.clear();
    new.case = None;
    drift(new, Kind::Reappeared, old.state_reason.clone(), String::new());
}

/// What must not be reachable, and is seen after that was said, is a case at once.
fn defied(old: &Exposure, new: &mut Exposure, now: i64) {
    if new.state() != State::Rejected {
        return;
    }
    if old.state() != State::Rejected {
        // A case from before is answered by the decision.
        new.case = None;
    } else if new.case.is_none() && micros(new.last_seen.as_ref()) > micros(new.decide_time.as_ref()) {
        let decided = new.decide_time.as_ref().map(ToString::to_string).unwrap_or_default();
        let reason = format!("it was rejected on {decided}, and was seen after that: {}", new.decision_note);
        new.case = Some(ExposureCase { raise_time: timestamp(now), reason });
    }
}

/// What follows from everything else: the end of an approval, dates, the score.
fn settle(known: &Known, now: i64, new: &mut Exposure) {
    if !stands(new.state()) {
        let why = new.state_reason.clone();
        if let Some(given) = new.approval.as_mut().filter(|given| given.void_time.is_none()) {
            given.void_time = timestamp(now);
            given.void_reason = why;
        }
        new.approved_until = None;
    }
    new.case_raised = new.case.is_some();
    let since = micros(new.state_time.as_ref());
    let days = |days: i32| i64::from(days) * DAY;
    new.case_due_time = (new.state() == State::Unknown && new.case.is_none())
        .then(|| timestamp(since.saturating_add(days(known.policy.unknown_days))))
        .flatten();
    new.expiring_time = match new.state() {
        State::Approved | State::Monitored => {
            timestamp(micros(new.approved_until.as_ref()).saturating_sub(days(known.policy.expiring_days)))
        }
        _ => None,
    };
    let open = known.open.of(id_of(&new.name), id_of(&new.asset));
    let value = known.values.get(id_of(&new.asset)).copied().filter(|value| *value > 0.0);
    let weight = score::weight(&known.policy.value_weights, value.unwrap_or(known.policy.unknown_value));
    new.open_findings = i32::try_from(open.len()).unwrap_or(i32::MAX);
    new.score = score::score(&open, weight);
}

// === Drift ===

fn note_drift(old: &Exposure, new: &mut Exposure, now: i64) {
    let fingerprint = |one: &Exposure| one.certificate.as_ref().map(|it| it.fingerprint.clone()).unwrap_or_default();
    let compared = [
        (Kind::ChangedCertificate, fingerprint(old), fingerprint(new)),
        (Kind::ChangedProduct, old.product.clone(), new.product.clone()),
        (Kind::ChangedService, old.service.clone(), new.service.clone()),
    ];
    let scanned = (&old.last_scan, old.last_seen) != (&new.last_scan, new.last_seen);
    // What nothing was known of before has not changed.
    for (kind, before, after) in compared.into_iter().filter(|(_, before, after)| before != after && !before.is_empty())
    {
        if scanned {
            drift(new, kind, before, after);
        } else {
            // Somebody wrote it.
            note(new, ExposureDrift { kind: kind.into(), time: timestamp(now), before, after, ..Default::default() });
        }
    }
}

/// Notes that something changed, as the scan that saw it last shows.
pub(super) fn drift(new: &mut Exposure, kind: Kind, before: String, after: String) {
    let (scan_run, time) = (new.last_scan.clone(), new.last_seen);
    note(new, ExposureDrift { kind: kind.into(), scan_run, time, before, after, ..Default::default() });
}

/// Notes a change; only the newest are kept.
pub(super) fn note(new: &mut Exposure, drift: ExposureDrift) {
    new.drifts.insert(0, ExposureDrift { exposure: new.name.clone(), ..drift });
    new.drifts.truncate(MOST_DRIFTS);
}
