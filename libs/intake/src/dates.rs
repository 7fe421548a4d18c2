//! Points in time as other systems write them.

use jiff::civil;
use prost_types::Timestamp;

/// Forms that are tried when the file does not say which it uses; all of them are unambiguous.
const FORMS: &[&str] = &["%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d", "%d-%b-%Y", "%d %b %Y"];

/// Reads a point in time: RFC 3339, ISO 8601 with or without time, or one of `forms` (`strftime` codes) and then a few unambiguous ones. Without
/// an offset it is read as UTC.
pub(crate) fn read(text: &str, forms: &[String]) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let own = forms.iter().map(String::as_str);
    own.clone()
        .find_map(|form| by_form(text, form))
        .or_else(|| iso(text))
        .or_else(|| FORMS.iter().find_map(|form| by_form(text, form)))
}

fn iso(text: &str) -> Option<Timestamp> {
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Some(of(stamp));
    }
    // `2022-07-04T08:00.000Z`, as the samples of TM Forum have it: minutes with a fraction.
    if let Some((minutes, rest)) = text.split_once('.')
        && minutes.len() == 16
        && rest.trim_start_matches('0') == "Z"
    {
        return at_utc(minutes.parse::<civil::DateTime>().ok()?);
    }
    if let Ok(time) = text.parse::<civil::DateTime>() {
        return at_utc(time);
    }
    text.parse::<civil::Date>().ok().and_then(|date| at_utc(date.at(0, 0, 0, 0)))
}

fn by_form(text: &str, form: &str) -> Option<Timestamp> {
    let broken = jiff::fmt::strtime::parse(form, text).ok()?;
    if let Ok(stamp) = broken.to_timestamp() {
        return Some(of(stamp));
    }
    if let Ok(time) = broken.to_datetime() {
        return at_utc(time);
    }
    broken.to_date().ok().and_then(|date| at_utc(date.at(0, 0, 0, 0)))
}

fn at_utc(time: civil::DateTime) -> Option<Timestamp> {
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok().map(of)
}

fn of(stamp: jiff::Timestamp) -> Timestamp {
    // Protobuf wants the nanoseconds to count forward, before 1970 too.
    let nanos = stamp.subsec_nanosecond();
    if nanos < 0 {
        return Timestamp { seconds: stamp.as_second() - 1, nanos: nanos + 1_000_000_000 };
    }
    Timestamp { seconds: stamp.as_second(), nanos }
}
