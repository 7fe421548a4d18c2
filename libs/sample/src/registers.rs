//! The registers of the operator beside its inventory (ITU-T X.1051): whom it is interconnected with, what it promises its
//! customers, who comes first when communications fail.
//!
//! No inventory export has them, so they come as values, for whoever keeps them by the API. Assets are named by the ids
//! that [`crate::write_tmf639`] gives them, for the same settings. There are no disclosure requests: nobody invents those.

use std::io;

use crate::Settings;
use crate::draw::Draw;
use crate::layout::{Layout, purpose};
use crate::naming;
use crate::resource::numbered;

/// What the operator keeps beside its inventory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registers {
    /// With whom it exchanges traffic: two for each peer, one of them at a border router.
    pub interconnects: Vec<Interconnect>,
    /// What it promises of its services.
    pub security_levels: Vec<SecurityLevel>,
    /// Who comes first, the first one first.
    pub essential_users: Vec<EssentialUser>,
}

/// How far an interconnect has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Being set up.
    Draft,
    /// Traffic flows.
    InForce,
    /// Cut off, for this reason.
    Isolated(&'static str),
}

/// An interconnection with another operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interconnect {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// The other operator.
    pub peer: String,
    /// The key of its kind.
    pub kind: &'static str,
    /// Where the responsibilities meet.
    pub demarcation_point: String,
    /// How it is cut off.
    pub isolate_procedure: &'static str,
    /// How it is restored.
    pub restore_procedure: &'static str,
    /// The telephone number of the other side's operations centre.
    pub telephone: String,
    /// Its e-mail address.
    pub email: String,
    /// Where abuse is reported.
    pub abuse_email: String,
    /// Reference of the agreement.
    pub agreement: String,
    /// The day from which it holds: `2019-04-01`.
    pub agreement_start: String,
    /// The operator's assets at the demarcation point; the first one says at which site it is.
    pub assets: Vec<String>,
    /// How far it has come.
    pub stage: Stage,
}

/// A security level that a service is offered at.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityLevel {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// The service.
    pub asset: String,
    /// The operator's key of the level.
    pub level: &'static str,
    /// What it covers.
    pub protections: Vec<&'static str>,
    /// What customers are told.
    pub statement: String,
    /// Promised availability in percent of a month.
    pub availability_percent: f64,
    /// How soon customers hear of an incident, in minutes.
    pub incident_notification_minutes: i32,
    /// How soon the service is restored, in minutes.
    pub restoration_minutes: i32,
    /// Whether customers rely on it already.
    pub published: bool,
}

/// One who has priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EssentialUser {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// The key of its category.
    pub category: &'static str,
    /// Its place, 1 the first.
    pub priority: i32,
    /// The services it uses.
    pub assets: Vec<String>,
    /// The telephone number of its control room.
    pub telephone: String,
    /// The day on which its priority is looked at again.
    pub review: String,
}

const ISOLATE: &str = "1. Tell the other side's operations centre. 2. Shut the port at the demarcation point. 3. Withdraw the routes. \
    4. Check that traffic takes the other ways. 5. Record it here, with the reason.";
const RESTORE: &str = "1. Both operations centres agree that the cause is gone. 2. Open the port. 3. Test for 15 minutes. 4. Announce the \
    routes again. 5. Record it here.";
const LEAK: &str = "The peer announces routes that are not its own; its operations centre is looking for the cause.";

const ACCESS: &str = "Traffic on the access network is encrypted.";
const FLOODS: &str = "Floods of traffic towards the customer are filtered.";
const APART: &str = "Traffic is kept apart from that of other customers.";
const IDENTITY: &str = "The network proves its identity to the terminal.";
const WATCHED: &str = "The service is watched by the security operations centre at any hour.";

/// What is offered: family, its title, level, protections, availability, minutes until told, minutes until restored, published.
type Offer = (&'static str, &'static str, &'static str, &'static [&'static str], f64, i32, i32, bool);

const OFFERS: &[Offer] = &[
    ("mobile-voice", "Mobile voice", "standard", &[ACCESS, IDENTITY], 99.9, 480, 1440, true),
    ("mobile-data", "Mobile data", "standard", &[ACCESS, IDENTITY], 99.9, 480, 1440, true),
    ("emergency-calls", "Emergency calls", "priority", &[WATCHED, IDENTITY], 99.999, 30, 60, true),
    ("broadband", "Broadband", "standard", &[FLOODS], 99.5, 1440, 2880, true),
    ("enterprise-vpn", "Enterprise VPN", "standard", &[APART], 99.9, 240, 720, true),
    ("enterprise-vpn", "Enterprise VPN", "enhanced", &[APART, FLOODS, WATCHED], 99.99, 60, 240, false),
];

/// Who comes first: the name (of a customer, where a number is given: the one that the VPN of that number serves), category.
const PRIORITIES: &[(Option<u64>, &str, &str)] = &[
    (None, "Rescue coordination centre", "emergency-service"),
    (None, "Police control centre", "public-order"),
    (Some(0), "Ostbrook Hospitals", "hospital"),
    (None, "Crisis staff of the government", "government"),
    (Some(5), "Brysund Energy", "utility"),
    (Some(3), "Lunholt Water", "utility"),
    (Some(4), "Tarnwick Rail", "transport"),
    (Some(8), "Norgate Council", "government"),
];

/// The registers of the operator that these settings give.
///
/// # Errors
///
/// `InvalidInput` where the scale is out of range.
pub fn registers(settings: Settings) -> io::Result<Registers> {
    settings.check()?;
    let layout = Layout::new(settings.seed, settings.scale);
    Ok(Registers {
        interconnects: interconnects(&layout, settings.seed),
        security_levels: security_levels(&layout),
        essential_users: essential_users(&layout, settings.seed),
    })
}

/// How many members a family has.
fn count(layout: &Layout, family: &str) -> u64 {
    layout.members.iter().find(|members| members.family.key == family).map_or(0, |members| members.count)
}

/// A telephone number that nobody has.
fn telephone(draw: Draw) -> String {
    format!("+999 555 {:04}", draw.below(purpose::STARTED, 10_000))
}

/// Peering at each border router, voice at each interconnection service. One of the first kind is cut off, the last of the second is
/// being set up.
fn interconnects(layout: &Layout, seed: u64) -> Vec<Interconnect> {
    let kinds = [("border-router", "peering", "Peering"), ("interconnect-service", "voice", "Voice")];
    let mut list = Vec::new();
    for (number, (family, kind, title)) in (0..).zip(kinds) {
        let of_family = count(layout, family).min(10);
        for index in 0..of_family {
            let draw = Draw::new(seed, 0x1c00 + number, index);
            let peer = naming::namesake(family, index).unwrap_or_default();
            let host = peer.to_lowercase().replace(' ', "-");
            let started = 2015 + draw.below(purpose::STARTED, 10);
            list.push(Interconnect {
                id: format!("{kind}-{host}"),
                display_name: format!("{title} with {peer}"),
                kind,
                demarcation_point: format!(
                    "Optical distribution frame {}, port {}",
                    1 + draw.below(purpose::RELEASE, 12),
                    1 + draw.below(purpose::SERIAL, 48)
                ),
                isolate_procedure: ISOLATE,
                restore_procedure: RESTORE,
                telephone: telephone(draw),
                email: format!("noc@{host}.example"),
                abuse_email: format!("abuse@{host}.example"),
                agreement: format!("IC-{started}-{:03}", 1 + draw.below(purpose::VARIANT, 200)),
                agreement_start: format!("{started}-{:02}-01", 1 + draw.below(purpose::STATE, 12)),
                assets: vec![numbered(family, index)],
                stage: match (kind, index) {
                    ("peering", of) if of + 1 == of_family.min(3) => Stage::Isolated(LEAK),
                    ("voice", last) if last + 1 == of_family && last > 0 => Stage::Draft,
                    _ => Stage::InForce,
                },
                peer,
            });
        }
    }
    list
}

fn security_levels(layout: &Layout) -> Vec<SecurityLevel> {
    let offered = OFFERS.iter().filter(|offer| count(layout, offer.0) > 0);
    offered
        .map(|&(family, title, level, protections, available, told, restored, published)| SecurityLevel {
            id: format!("{family}-{level}"),
            display_name: format!("{title}, {level}"),
            asset: numbered(family, 0),
            level,
            protections: protections.to_vec(),
            statement: format!(
                "{title} of {} is available {available} % of each month. {} We tell you of an incident within {told} minutes.",
                naming::OPERATOR,
                protections.join(" ")
            ),
            availability_percent: available,
            incident_notification_minutes: told,
            restoration_minutes: restored,
            published,
        })
        .collect()
}

fn essential_users(layout: &Layout, seed: u64) -> Vec<EssentialUser> {
    let exists = |family: &'static str, index: u64| (index < count(layout, family)).then(|| numbered(family, index));
    let listed = (1_i32..).zip(PRIORITIES);
    listed
        .map(|(priority, &(customer, name, category))| {
            let draw = Draw::new(seed, 0xe500, u64::from(priority.unsigned_abs()));
            let own = customer.and_then(|number| exists("enterprise-vpn", number));
            let shared = [exists("emergency-calls", 0).filter(|_| priority == 1), exists("mobile-voice", 0)];
            EssentialUser {
                id: name.to_lowercase().replace(' ', "-"),
                display_name: name.to_owned(),
                category,
                priority,
                assets: own.into_iter().chain(shared.into_iter().flatten()).collect(),
                telephone: telephone(draw),
                review: format!("{}-{:02}-01", 2026 + draw.below(purpose::ENDS, 3), 1 + draw.below(purpose::STATE, 12)),
            }
        })
        .collect()
}
