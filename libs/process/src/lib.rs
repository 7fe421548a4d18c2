//! A main: configuration, telemetry, health, listeners, shutdown.
//!
//! What a service's `main` does around its own code, in the order in which it does it:
//!
//! 1. [`config::load`] reads the settings: built in, then a file, then the environment.
//! 2. [`telemetry::start`] sends the log to standard error, and everything to a collector if one is named.
//! 3. [`listen::serve`] answers on one port, with [`trace::TraceLayer`] around [`panic::PanicLayer`] around the service:
//!    a panic is then logged, and counted as INTERNAL, under the trace of the call that met it.
//! 4. [`shutdown::until_signal`] ends the wait; calls in flight finish; [`telemetry::Telemetry::shutdown`] flushes.
//!
//! A new setting needs a comment above it in the built-in TOML, and nothing else: its documentation is made from that.

pub mod config;
pub mod health;
pub mod listen;
pub mod panic;
pub mod shutdown;
pub mod telemetry;
pub mod trace;

/// The settings that every service has: `[telemetry]` and `[listen]`.
///
/// A service appends this text to its own built-in TOML before it calls [`config::load`].
pub const DEFAULTS: &str = include_str!("defaults.toml");
