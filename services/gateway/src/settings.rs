//! The settings of `[gateway]`.

use process::config::{Period, Size};
use serde::Deserialize;

/// The settings of `[gateway]` with their explanations: appended to the built-in TOML of whoever runs the gateway.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// The settings of `[gateway]`; [`DEFAULTS`] explains each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How many calls per second one principal may make for as long as it likes; at least 1.
    pub calls_per_second: u32,
    /// How many calls one principal may make at once, after a pause; at least 1.
    pub burst: u32,
    /// How many calls may be in flight over all principals; at least 1.
    pub max_in_flight: u32,
    /// How many server streams may be open over all principals; at least 1.
    pub max_streams: u32,
    /// How large one message, or the body of one REST request, may be.
    pub message_limit: Size,
    /// How long a unary call may take whose caller set no deadline.
    pub default_deadline: Period,
    /// How long a unary call may take at most, whatever its caller says.
    pub longest_deadline: Period,
    /// The origins (`https://console.example.org`) whose pages may call from a browser; `*` alone: all.
    pub browser_origins: Vec<String>,
    /// Whether services of the suite may come in by this door with their own tokens, which open every organization.
    pub admit_services: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            calls_per_second: 20_000,
            burst: 40_000,
            max_in_flight: 1024,
            max_streams: 4096,
            message_limit: Size::from_bytes(4 << 20),
            default_deadline: Period::from_secs(30),
            longest_deadline: Period::from_secs(600),
            browser_origins: Vec::new(),
            admit_services: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_settings_are_the_default_and_are_explained() {
        #[derive(Deserialize)]
        struct Whole {
            gateway: Settings,
        }
        let read: Whole = process::config::load(DEFAULTS, None, std::iter::empty()).unwrap();
        assert_eq!(read.gateway, Settings::default());
        assert_eq!(process::config::undocumented(DEFAULTS), Vec::<String>::new());
    }
}
