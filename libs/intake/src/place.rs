//! Sites that are only known as a point.

use wire::assets::v1::{GeoPoint, Site, SiteRecord};

use crate::out::{Go, Out, Source};
use crate::{coordinates, text};

/// The site at a point; handed over unless it came before. Things at the same point stand at the same site. Nothing where the numbers are no
/// degrees.
pub(crate) fn at(
    latitude: f64,
    longitude: f64,
    called: &str,
    kind: &str,
    from: &Source,
    out: &mut Out<'_>,
) -> Go<Option<String>> {
    let Some(point) = coordinates::point(latitude, longitude) else { return Ok(None) };
    let id = id(&point);
    let usable = match out.knows_site(&id) {
        Some(usable) => usable,
        None => {
            out.count("place");
            let site = Site {
                display_name: if called.is_empty() { id.clone() } else { text::line(called, 200) },
                r#type: kind.to_owned(),
                position: Some(point),
                ..Site::default()
            };
            out.site(SiteRecord { external_id: id.clone(), site: Some(site) }, from)?
        }
    };
    Ok(usable.then_some(id))
}

/// The external id of the site at a point.
fn id(point: &GeoPoint) -> String {
    format!("place:{},{}", point.latitude, point.longitude)
}
