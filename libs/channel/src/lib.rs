//! Calling another service: discovery, balance, breaking, deadlines, retries.
