//! The estate at one scale: how many of each family there are, and which asset depends on which, by arithmetic.
//!
//! Nothing is kept for each asset, so an operator of ten million assets takes no more memory than one of a hundred.

use std::collections::HashMap;
use std::ops::Range;

use crate::draw::Draw;
use crate::estate::{Family, GROUNDS, Ground, How, Kind, Need, SPAN_LIMIT, families};

/// Purposes of draws; each is drawn independently of the others.
pub(crate) mod purpose {
    pub(crate) const VARIANT: u64 = 1;
    pub(crate) const RATED: u64 = 2;
    pub(crate) const LOWERED: u64 = 3;
    pub(crate) const MAKER: u64 = 4;
    pub(crate) const RELEASE: u64 = 5;
    pub(crate) const SERIAL: u64 = 6;
    pub(crate) const STATE: u64 = 7;
    pub(crate) const STARTED: u64 = 8;
    pub(crate) const ENDS: u64 = 9;
    pub(crate) const OWNED: u64 = 10;
    pub(crate) const POWER: u64 = 11;
    pub(crate) const SUBSCRIBERS: u64 = 12;
    pub(crate) const MAINTAINER: u64 = 13;
    pub(crate) const NAME: u64 = 14;
    pub(crate) const NAME_END: u64 = 15;
    pub(crate) const NORTH: u64 = 16;
    pub(crate) const EAST: u64 = 17;
    pub(crate) const MANNED: u64 = 18;
    /// The needs of a family draw from here on, a block of [`NEED_STEP`] for each.
    pub(crate) const NEED: u64 = 1000;
    pub(crate) const NEED_STEP: u64 = 16;
}

/// How many addresses a prefix of the operator holds.
const ADDRESSES: u64 = 256;

/// An asset: which family, and which member of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Asset {
    pub(crate) family: usize,
    pub(crate) index: u64,
}

/// A family with its number of members.
#[derive(Debug)]
pub(crate) struct Members {
    pub(crate) family: &'static Family,
    pub(crate) count: u64,
    /// The number of the first member, counted through all families.
    pub(crate) first: u64,
    /// Where they stand, as an index into [`Layout::grounds`].
    pub(crate) ground: Option<usize>,
    /// The family they stand beside.
    beside: Option<usize>,
    needs: Vec<(Need, usize)>,
    salt: u64,
}

/// Ground with its number of sites.
#[derive(Debug)]
pub(crate) struct Sites {
    pub(crate) ground: &'static Ground,
    pub(crate) count: u64,
    salt: u64,
}

/// The estate at one scale.
#[derive(Debug)]
pub(crate) struct Layout {
    seed: u64,
    pub(crate) members: Vec<Members>,
    pub(crate) grounds: Vec<Sites>,
    pub(crate) regions: u64,
}

impl Layout {
    /// Lays the operator `seed` out at `scale`.
    pub(crate) fn new(seed: u64, scale: f64) -> Self {
        let index: HashMap<&str, usize> = families().enumerate().map(|(index, family)| (family.key, index)).collect();
        let mut first = 0;
        let mut members = Vec::new();
        for family in families() {
            let count = ((family.at_one * scale.powf(family.growth)).round() as u64).max(u64::from(family.kept));
            let needs =
                family.needs.iter().filter_map(|need| index.get(need.1).map(|target| (*need, *target))).collect();
            let ground = family.ground.and_then(|key| GROUNDS.iter().position(|ground| ground.key == key));
            let beside = family.beside.and_then(|key| index.get(key).copied());
            members.push(Members { family, count, first, ground, beside, needs, salt: salt(family.key) });
            first += count;
        }
        let grounds = GROUNDS
            .iter()
            .map(|ground| Sites {
                ground,
                count: index.get(ground.anchor).and_then(|at| members.get(*at)).map_or(0, |anchor| anchor.count),
                salt: salt(ground.key),
            })
            .collect();
        let regions = (4.0 * scale.powf(0.35)).round().clamp(2.0, 40.0) as u64;
        Self { seed, members, grounds, regions }
    }

    /// How many address prefixes it takes to hold an address for every asset.
    pub(crate) fn address_prefixes(&self) -> u64 {
        self.members.last().map_or(0, |last| last.first + last.count).div_ceil(ADDRESSES)
    }

    /// The draws of an asset.
    pub(crate) fn draw(&self, members: &Members, index: u64) -> Draw {
        Draw::new(self.seed, members.salt, index)
    }

    /// The draws of a site.
    pub(crate) fn site_draw(&self, sites: &Sites, index: u64) -> Draw {
        Draw::new(self.seed, sites.salt, index)
    }

    /// The site a member stands at.
    pub(crate) fn site(&self, members: &Members, index: u64) -> Option<(&Sites, u64)> {
        let sites = self.grounds.get(members.ground?).filter(|sites| sites.count > 0)?;
        let host = members.beside.and_then(|at| self.members.get(at)).filter(|host| host.count > 0);
        let site = host.map_or_else(
            || local(index, members.count, sites.count),
            |host| local(local(index, members.count, host.count), host.count, sites.count),
        );
        Some((sites, site))
    }

    /// The member of `target` nearest to member `index` of `members`, and those from which to take others beside it:
    /// of the same site, if any stand there.
    fn nearest(&self, members: &Members, index: u64, target: &Members) -> (u64, Range<u64>) {
        let along = (local(index, members.count, target.count), 0..target.count);
        // What stands beside another is found by number: the cells of a base station, one after the other.
        if members.ground != target.ground || target.beside.is_some() || beside(members, target) {
            return along;
        }
        let Some((sites, site)) = self.site(members, index) else {
            return along;
        };
        let there = first_at(site, sites.count, target.count)..first_at(site + 1, sites.count, target.count);
        if there.is_empty() {
            return (local(site, sites.count, target.count), 0..target.count);
        }
        // Spread the members of this site over the targets of this site, in order.
        let here = first_at(site, sites.count, members.count)..first_at(site + 1, sites.count, members.count);
        let (many, rank) = (there.end - there.start, index.saturating_sub(here.start));
        let step = if members.beside.is_some() {
            index % many
        } else {
            local(rank, here.end - here.start, many).min(many - 1)
        };
        (there.start + step, there)
    }

    /// The region in which number `index` of `count` lies.
    pub(crate) fn region(&self, index: u64, count: u64) -> u64 {
        local(index, count, self.regions)
    }

    /// What a member depends on, each kind and target once, never on itself.
    pub(crate) fn needs(&self, at: usize, members: &Members, index: u64, found: &mut Vec<(Kind, Asset)>) {
        found.clear();
        let draw = self.draw(members, index);
        let variant = draw.fraction(purpose::VARIANT);
        for (number, (Need(kind, _, how, share), target)) in (0_u64..).zip(&members.needs) {
            let Some(targets) = self.members.get(*target).filter(|targets| targets.count > 0) else {
                continue;
            };
            if variant < share.0 || variant >= share.1 {
                continue;
            }
            let from = purpose::NEED + number * purpose::NEED_STEP;
            let number_of_asset = members.first + index;
            let (nearest, around) = self.nearest(members, index, targets);
            let among = Among { index, of: members.count, count: targets.count, nearest, around, number_of_asset };
            for chosen in choose(*how, draw, from, among) {
                let asset = Asset { family: *target, index: chosen };
                let itself = *target == at && chosen == index;
                if !itself && !found.iter().any(|(other, known)| other == kind && *known == asset) {
                    found.push((*kind, asset));
                }
            }
        }
    }
}

/// What a choice of targets is made from: member `index` of `of`, among `count` targets.
struct Among {
    index: u64,
    of: u64,
    count: u64,
    nearest: u64,
    around: Range<u64>,
    number_of_asset: u64,
}

/// The targets a need chooses; repeats are possible.
fn choose(how: How, draw: Draw, from: u64, among: Among) -> Vec<u64> {
    let Among { index, of, count, nearest, around, number_of_asset } = among;
    match how {
        How::Local => vec![nearest],
        How::Near(many) => {
            let length = around.end - around.start;
            let place = nearest - around.start;
            (0..many.min(length)).map(|step| around.start + (place + step) % length).collect()
        }
        How::Span => {
            let start = local(index, of, count);
            let end = local(index + 1, of, count).clamp(start + 1, start + SPAN_LIMIT).min(count);
            (start..end).collect()
        }
        How::Next => vec![(index + 1) % count],
        How::Any(many) => (0..many).map(|step| draw.below(from + step, count)).collect(),
        How::Hub(many) => (0..many).map(|step| draw.hub(from + step, count)).collect(),
        How::Prefix => Some(number_of_asset / ADDRESSES).filter(|prefix| *prefix < count).into_iter().collect(),
        How::Here => {
            let first = first_at(index, of, count);
            Some(first).filter(|first| *first < first_at(index + 1, of, count)).into_iter().collect()
        }
        How::First => {
            if index == 0 {
                vec![0]
            } else {
                Vec::new()
            }
        }
    }
}

/// The one of `count` at the same place as number `index` of `of`.
fn local(index: u64, of: u64, count: u64) -> u64 {
    (u128::from(index) * u128::from(count) / u128::from(of.max(1))) as u64
}

/// The first of `count` that lies at number `index` of `of` or after it: the inverse of [`local`].
fn first_at(index: u64, of: u64, count: u64) -> u64 {
    (u128::from(index) * u128::from(count)).div_ceil(u128::from(of.max(1))) as u64
}

/// Whether `members` stand beside the members of `other`.
fn beside(members: &Members, other: &Members) -> bool {
    members.family.beside == Some(other.family.key)
}

/// A number for a key, so that a family keeps its draws when others come or go (FNV-1a).
fn salt(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
