//! What the operator owns, as tables: which families of assets there are, how many, where they stand, what they need.
//!
//! To add assets, add a family to one of the tables below; nothing else has to change. Members of a family are
//! numbered, and lie over the country in the order of their numbers: number `i` of `n` stands at the fraction
//! `i / n` of the way, so that [`How::Local`] finds the neighbour in another family by arithmetic alone.

mod business;
mod core;
mod data_centre;
mod radio;
mod transport;

/// In what way an asset depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    RunsOn,
    PartOf,
    PoweredBy,
    CarriedBy,
    Uses,
    Adjacent,
}

impl Kind {
    /// Its key in `dependency_kinds.toml`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::RunsOn => "runs-on",
            Self::PartOf => "part-of",
            Self::PoweredBy => "powered-by",
            Self::CarriedBy => "carried-by",
            Self::Uses => "uses",
            Self::Adjacent => "adjacent",
        }
    }
}

/// Which members of the target family an asset depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// The one at the same site; where none is there, the one at the same place along the country.
    Local,
    /// That one and the ones after it, so many in all: redundancy.
    Near(u64),
    /// All that stand in the stretch this member covers, at most [`SPAN_LIMIT`].
    Span,
    /// The following member of its own family: rings and neighbours.
    Next,
    /// So many anywhere.
    Any(u64),
    /// So many, mostly the first few of the family.
    Hub(u64),
    /// The member that holds the address of this asset (the target is the family of address prefixes).
    Prefix,
    /// The one that stands here, where there are fewer targets than members and most places have none.
    Here,
    /// Only the first member depends, on the first: the few genuine cycles.
    First,
}

/// The most targets [`How::Span`] gives one asset.
pub(crate) const SPAN_LIMIT: u64 = 40;

/// The part of a family's members a need holds for: from and up to which fraction of the member's own draw.
pub(crate) type Share = (f64, f64);
/// Every member.
pub(crate) const ALL: Share = (0.0, 1.0);

/// A need: its kind, the family of the target, which members of it, and for whom it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need(pub(crate) Kind, pub(crate) &'static str, pub(crate) How, pub(crate) Share);

/// How the network or the numbering plan knows the members of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Not,
    Address,
    Prefix,
    Pool,
    Telephone,
    Subscriber,
    System,
    Network,
    /// Point codes from this number on.
    PointCode(u64),
    Cell,
}

/// The rating of the members: confidentiality, integrity, availability (1 to 3), class, and which fraction is rated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rating {
    pub(crate) confidentiality: u64,
    pub(crate) integrity: u64,
    pub(crate) availability: u64,
    pub(crate) class: &'static str,
    pub(crate) share: f64,
}

/// Recovery objectives, as ISO 8601 durations; empty for none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery {
    pub(crate) rto: &'static str,
    pub(crate) rpo: &'static str,
    pub(crate) mtd: &'static str,
}

/// A family: assets of one type in one role.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// Unique; the ids of its members begin with it.
    pub(crate) key: &'static str,
    /// The key in `asset_types.toml`.
    pub(crate) asset_type: &'static str,
    /// What people call a member.
    pub(crate) title: &'static str,
    /// How many there are at scale 1.
    pub(crate) at_one: f64,
    /// The exponent with which the number follows the scale: 1 for what is everywhere, less for what is central.
    pub(crate) growth: f64,
    /// Whether even the smallest operator has one.
    pub(crate) kept: bool,
    /// Where they stand: the key of a [`Ground`].
    pub(crate) ground: Option<&'static str>,
    /// The family whose members they stand beside, where they follow those rather than spread over the ground.
    pub(crate) beside: Option<&'static str>,
    /// Which team answers for them.
    pub(crate) owner: &'static str,
    /// Maker and model, to choose from; none for what nobody makes.
    pub(crate) makers: &'static [(&'static str, &'static str)],
    pub(crate) rating: Option<Rating>,
    /// Legal regimes.
    pub(crate) legal: &'static [&'static str],
    pub(crate) known: Known,
    /// Power drawn, about, in watts; 0 where none.
    pub(crate) watts: u64,
    /// Subscribers a member serves, about; 0 where it is no service.
    pub(crate) subscribers: u64,
    /// How fast it must be back, where that is said.
    pub(crate) recovery: Option<Recovery>,
    /// Whether it can be touched.
    pub(crate) physical: bool,
    pub(crate) needs: &'static [Need],
}

/// Describes a family; the methods below say the rest.
const fn family(key: &'static str, asset_type: &'static str, title: &'static str, at_one: f64) -> Family {
    Family {
        key,
        asset_type,
        title,
        at_one,
        growth: 1.0,
        kept: false,
        ground: None,
        beside: None,
        owner: "",
        makers: &[],
        rating: None,
        legal: &[],
        known: Known::Not,
        watts: 0,
        subscribers: 0,
        recovery: None,
        physical: false,
        needs: &[],
    }
}

impl Family {
    /// The number follows the scale to this power.
    const fn growth(mut self, growth: f64) -> Self {
        self.growth = growth;
        self
    }

    /// Even the smallest operator has one.
    const fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// They stand on this ground.
    const fn on(mut self, ground: &'static str) -> Self {
        self.ground = Some(ground);
        self
    }

    /// They stand where the members of this family stand, which is on the same ground.
    const fn beside(mut self, family: &'static str) -> Self {
        self.beside = Some(family);
        self
    }

    const fn owner(mut self, owner: &'static str) -> Self {
        self.owner = owner;
        self
    }

    /// They are equipment, drawing about so many watts.
    const fn made(mut self, makers: &'static [(&'static str, &'static str)], watts: u64) -> Self {
        self.makers = makers;
        self.watts = watts;
        self.physical = true;
        self
    }

    /// They are software.
    const fn written(mut self, makers: &'static [(&'static str, &'static str)]) -> Self {
        self.makers = makers;
        self
    }

    /// They can be touched, but nobody makes them.
    const fn physical(mut self) -> Self {
        self.physical = true;
        self
    }

    /// Confidentiality, integrity, availability, class, and the fraction that is rated at all.
    const fn rated(mut self, cia: (u64, u64, u64), class: &'static str, share: f64) -> Self {
        self.rating = Some(Rating { confidentiality: cia.0, integrity: cia.1, availability: cia.2, class, share });
        self
    }

    const fn legal(mut self, tags: &'static [&'static str]) -> Self {
        self.legal = tags;
        self
    }

    const fn known(mut self, known: Known) -> Self {
        self.known = known;
        self
    }

    const fn serves(mut self, subscribers: u64) -> Self {
        self.subscribers = subscribers;
        self
    }

    /// It must be back in such times, as ISO 8601 durations: RTO, RPO (empty for none), MTD.
    const fn recovers(mut self, rto: &'static str, rpo: &'static str, mtd: &'static str) -> Self {
        self.recovery = Some(Recovery { rto, rpo, mtd });
        self
    }

    const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }
}

/// Ground to stand on: sites of one type, one for each member of the family that anchors it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    /// Unique; the ids of its sites begin with it.
    pub(crate) key: &'static str,
    /// The key in `site_types.toml`.
    pub(crate) site_type: &'static str,
    /// What people call such a place, after its name.
    pub(crate) title: &'static str,
    /// The family with one member on each.
    pub(crate) anchor: &'static str,
    /// The fraction where people work.
    pub(crate) manned: f64,
}

/// Every ground there is.
pub(crate) const GROUNDS: &[Ground] = &[
    ground("site-plot", "isolated-area", "Radio Site", "radio-site", 0.0),
    ground("site-landing", "isolated-area", "Landing Station", "landing-station", 0.2),
    ground("site-room", "equipment-room", "Equipment Room", "room-rectifier", 0.05),
    ground("site-centre", "communication-centre", "Communication Centre", "communication-centre", 1.0),
    ground("site-hall", "data-centre", "Data Centre", "data-centre", 1.0),
    ground("site-office", "office", "Office", "office-building", 1.0),
    ground("site-peer", "other-carrier-premises", "Carrier Hotel", "border-router", 0.5),
    ground("site-user", "user-premises", "Customer Premises", "cpe", 0.9),
];

const fn ground(
    key: &'static str,
    site_type: &'static str,
    title: &'static str,
    anchor: &'static str,
    manned: f64,
) -> Ground {
    Ground { key, site_type, title, anchor, manned }
}

/// Every family there is, in the order it is written.
pub(crate) fn families() -> impl Iterator<Item = &'static Family> {
    [business::FAMILIES, core::FAMILIES, data_centre::FAMILIES, transport::FAMILIES, radio::FAMILIES]
        .into_iter()
        .flatten()
}
