//! Points on Earth, only where they can be meant as degrees.

use wire::assets::v1::GeoPoint;

/// A point of WGS 84; nothing where the numbers cannot be degrees (projected metres or feet) or are the placeholder 0, 0.
pub(crate) fn point(latitude: f64, longitude: f64) -> Option<GeoPoint> {
    let degrees = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    let placeholder = latitude == 0.0 && longitude == 0.0;
    (degrees && !placeholder).then_some(GeoPoint { latitude, longitude })
}
