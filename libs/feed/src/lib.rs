//! The change stream: server, resumable consumer, sinks.
