//! A believable telecommunications operator, generated from a seed.
//!
//! Norvane Telecom is invented: its names, its peers and its makers do not exist, its addresses and numbers come from
//! ranges that nobody uses. Its shape is that of real operators: a wide radio and access network of small assets,
//! a transmission network of rings, a core of few functions on clusters in data centres, services on top, and below
//! everything power and cooling. Services depend on the core, the core on servers, servers on power: so the value of
//! a service flows down to the battery it needs. Most assets depend on a few others, and a few supporting assets
//! carry thousands.
//!
//! [`write_tmf639`] writes it as the resource inventory export that an operations support system would give
//! (TM Forum TMF639, in the form of version 5). Its extension points are used as follows:
//!
//! - `category` and the characteristic `assetType` hold the key of an asset type;
//! - `security.confidentiality`, `security.integrity`, `security.availability` (1 to 3), `security.classification`
//!   (`public`, `internal`, `confidential`, `secret`) and `security.legalTags` (a list) hold the rating;
//! - `ipAddress`, `fqdn`, `ipPrefix`, `e164Range`, `imsiRange` (`first..last`), `asNumber`, `plmn`, `pointCode` and
//!   `cellId` hold what the network knows an asset by;
//! - `softwareVersion`, `powerWatts` and `endOfLifeDate` (a date) say more about it;
//! - `subscribers`, `subscribersBasis` (how the number is known), `subscribersCounted` (a date) and `serviceAreas` say what a
//!   service is to customers;
//! - `recovery.rto`, `recovery.rpo` and `recovery.mtd` (ISO 8601 durations) say how fast the few that matter most must be back;
//! - a `place` carries the whole site: `siteType`, `region`, `manned`, `latitude`, `longitude`;
//! - a `resourceRelationship` says that this resource depends on the other, in the way its `relationshipType` names.
//!
//! [`registers`] gives what no inventory export has: interconnects, security levels of services, essential users.
//! [`programme()`] gives what the operator does about controls, [`risks()`] its risks, [`money()`] what they cost, [`insurance()`] who bears a part
//! of it, [`surface()`] what of it can be reached and what was found there, [`incidents()`] what went wrong, [`signals()`] what the network
//! and people said of it.

mod draw;
mod estate;
mod incidents;
mod insurance;
mod layout;
mod money;
mod naming;
mod programme;
mod registers;
mod resource;
mod risks;
mod signals;
mod surface;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use layout::{Asset, Layout};

pub use incidents::{Hit, Incident, NATIONAL_USERS, Stage as IncidentStage, incidents};
pub use insurance::{Answer, CLAIM_NOTICE_HOURS, Claim, Insurance, Insurer, Policy, insurance};
pub use money::{Money, money};
pub use programme::{CATALOGUE, Exception, Implementation, Life, Programme, Scope, Standing, Test, programme};
pub use registers::{EssentialUser, Interconnect, Registers, SecurityLevel, Stage, registers};
pub use risks::{About, Risk, SELECTOR, Stand, Treatment, Way, risks};
pub use signals::{CASE_OF_INCIDENT, CASE_OF_NOTHING, Signal, SignalForm, signals};
pub use surface::{
    Course, Exposure, Finding, LegacyLink, Place, Protocol, Reach, Surface, Threat, Vulnerability, surface,
};

/// The least scale that is still an operator: about 40 assets.
pub const MIN_SCALE: f64 = 0.01;
/// The greatest scale for which there are private addresses enough: about 10 million assets.
pub const MAX_SCALE: f64 = 5_000.0;

/// Which operator to generate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Anything; the same seed and scale give the same bytes.
    pub seed: u64,
    /// The size, [`MIN_SCALE`] to [`MAX_SCALE`]: 1 is about 2,000 assets, 500 about a million. Each asset depends on
    /// about three others.
    pub scale: f64,
}

impl Settings {
    /// Whether there is such an operator.
    fn check(self) -> io::Result<()> {
        let scale = self.scale;
        // Written so that "not a number" is refused too.
        if (MIN_SCALE..=MAX_SCALE).contains(&scale) {
            return Ok(());
        }
        let message = format!("scale is {scale}; give a number from {MIN_SCALE} to {MAX_SCALE}");
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Resources, each an asset.
    pub assets: u64,
    /// Relationships between them, each a dependency.
    pub dependencies: u64,
    /// Different sites among the places.
    pub sites: u64,
    /// Assets by the key of their type.
    pub per_type: BTreeMap<String, u64>,
}

/// Writes the operator as a JSON array of TMF639 resources, one to a line, and says what it wrote.
///
/// Memory does not grow with the scale. Many small writes are made: give it a buffer.
///
/// # Errors
///
/// `InvalidInput` where the scale is out of range; otherwise what `out` fails with.
pub fn write_tmf639(settings: Settings, out: &mut dyn Write) -> io::Result<Counts> {
    settings.check()?;
    let Settings { seed, scale } = settings;
    let layout = Layout::new(seed, scale);
    let mut counts = Counts { sites: layout.grounds.iter().map(|sites| sites.count).sum(), ..Counts::default() };
    let mut needs: Vec<(estate::Kind, Asset)> = Vec::new();
    let mut separator: &[u8] = b"[\n";
    for (at, members) in layout.members.iter().enumerate() {
        for index in 0..members.count {
            layout.needs(at, members, index, &mut needs);
            out.write_all(separator)?;
            serde_json::to_writer(&mut *out, &resource::resource(&layout, members, index, &needs))?;
            separator = b",\n";
            counts.dependencies += needs.len() as u64;
        }
        counts.assets += members.count;
        if members.count > 0 {
            *counts.per_type.entry(members.family.asset_type.to_owned()).or_default() += members.count;
        }
    }
    out.write_all(b"\n]\n")?;
    out.flush()?;
    Ok(counts)
}
