//! One kind of records brought to an edition: laid over the rows there are, and what did not come flagged as gone.

use std::collections::{HashMap, HashSet};

use fault::Outcome;
use prost_types::Timestamp;
use store::{Collection, Rules};
use wire::risk::v1::{Mitigation, Threat};

use super::receive::Came;
use super::{Import, lay};
use crate::id_of;
use crate::mitigation::Mitigations;
use crate::threat::Threats;

/// What an import brings.
pub(super) trait Imported: Rules {
    /// Lays what a record says over a row.
    const LAY: fn(&mut Self::Message, &Self::Message);

    /// Whether a row came by an import and is not gone yet; then its key.
    fn stands(row: &Self::Message) -> Option<&str>;

    /// Flags a row as gone.
    fn flag(row: &mut Self::Message, since: Option<Timestamp>, edition: &str);
}

impl Imported for Threats {
    const LAY: fn(&mut Threat, &Threat) = lay::threat;

    fn stands(row: &Threat) -> Option<&str> {
        (row.imported && !row.gone).then_some(row.key.as_str())
    }

    fn flag(row: &mut Threat, since: Option<Timestamp>, edition: &str) {
        (row.gone, row.gone_time, row.gone_edition) = (true, since, edition.to_owned());
    }
}

impl Imported for Mitigations {
    const LAY: fn(&mut Mitigation, &Mitigation) = lay::mitigation;

    fn stands(row: &Mitigation) -> Option<&str> {
        (row.imported && !row.gone).then_some(row.key.as_str())
    }

    fn flag(row: &mut Mitigation, since: Option<Timestamp>, edition: &str) {
        (row.gone, row.gone_time, row.gone_edition) = (true, since, edition.to_owned());
    }
}

/// A record's place in the catalogue.
pub(super) struct Place {
    /// Its id within the organization: `fight/fgt1557.001`.
    pub(super) id: String,
    /// Its key, as printed.
    pub(super) key: String,
    /// Whether it was refused.
    pub(super) refused: bool,
    origin: String,
}

/// What was brought.
pub(super) struct Brought<M> {
    /// The rows that were there before, by their ids within the organization.
    pub(super) existing: HashMap<String, M>,
    /// The records, in their order.
    pub(super) places: Vec<Place>,
    /// Keys of what was there and did not come, in order.
    pub(super) gone: Vec<String>,
}

impl<M> Brought<M> {
    /// The ids of what is there now, within the catalogue.
    pub(super) fn known(&self) -> HashSet<String> {
        let came = self.places.iter().filter(|place| !place.refused).map(|place| &place.id);
        came.chain(self.existing.keys()).map(|id| id_of(id).to_owned()).collect()
    }
}

impl Import<'_> {
    /// Brings records. Where none of a kind come, nothing of it is flagged: a source may not have any.
    pub(super) async fn bring<R: Imported>(
        &mut self,
        collection: &Collection<R>,
        came: Came<R::Message>,
        edition: &str,
    ) -> Outcome<Brought<R::Message>> {
        let catalogue = self.id.clone();
        let rows = collection.select(&mut self.tx, &self.organization, |sql| {
            sql.within(&catalogue);
        });
        let existing: HashMap<String, R::Message> =
            rows.await?.into_iter().map(|row| (format!("{catalogue}/{}", id_of(R::name(&row))), row)).collect();
        let (mut places, mut items) = (Vec::with_capacity(came.items.len()), Vec::with_capacity(came.items.len()));
        for item in came.items {
            let id = format!("{catalogue}/{}", item.id);
            // What is new is created as it is given, so it is laid over nothing first.
            let mut message = R::Message::default();
            R::LAY(&mut message, &item.message);
            items.push((id.clone(), message));
            places.push(Place { id, key: item.key, refused: false, origin: item.origin });
        }
        let laid = collection.lay_over(&mut self.tx, &self.organization, &existing, items, R::LAY).await?;
        self.edition.count(&laid);
        for (at, fault) in &laid.refused {
            if let Some(place) = places.get_mut(*at) {
                place.refused = true;
                self.edition.refuse(&place.origin, &place.key, fault);
            }
        }
        let mut present: HashSet<String> = places.iter().map(|place| place.id.clone()).collect();
        present.extend(came.refused.iter().map(|id| format!("{catalogue}/{id}")));
        let absent = existing.iter().filter(|(id, _)| !present.is_empty() && !present.contains(*id));
        let absent = absent.filter_map(|(id, row)| Some((R::stands(row)?.to_owned(), id.as_str())));
        let mut absent: Vec<(String, &str)> = absent.collect();
        absent.sort();
        let (gone, ids): (Vec<String>, Vec<&str>) = absent.into_iter().unzip();
        let now = store::timestamp(self.tx.context().clock.now());
        let flag = |_: &R::Message, row: &mut R::Message| R::flag(row, now, edition);
        collection.change_many(&mut self.tx, &self.organization, &ids, flag).await?;
        Ok(Brought { existing, places, gone })
    }
}
