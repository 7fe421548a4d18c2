//! A main: configuration, telemetry, health, listeners, shutdown.
