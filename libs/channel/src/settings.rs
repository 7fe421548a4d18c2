//! How to reach a service, and how patient to be with it.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use fault::{Fault, Outcome};
use prost_reflect::DescriptorPool;
use wire::fault::v1::ErrorReason;

use crate::breaker::BreakerLimits;
use crate::budget::BudgetLimits;
use crate::methods::{idempotent_methods, streaming_methods};

/// Where the replicas of a service are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoints {
    /// Fixed addresses: `http://host:port`, or `https://host:port` with [`Settings::tls`].
    Static(Vec<String>),
    /// A name of which every address is a replica, looked up again and again. While a look-up fails or finds nothing, the
    /// last good addresses stay.
    Dns {
        /// The name to look up; with TLS also the name on the certificate.
        host: String,
        /// The port of every replica.
        port: u16,
        /// The time between look-ups, at least 1 s.
        every: Duration,
    },
}

/// Whom to trust and how to introduce ourselves. All in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    /// The authorities that may have signed the certificate of the service. Required: no public authority is trusted.
    pub authority: String,
    /// Our own certificate chain and its private key, for mutual TLS.
    pub identity: Option<(String, String)>,
    /// The name on the service's certificate, where it is not the host of the address.
    pub server_name: Option<String>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("mutual", &self.identity.is_some())
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}

/// How a service is called. The defaults suit a service in the same data centre.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The most calls under way at once, streams included; more are refused with `OVERLOADED`. Default 10 000.
    pub max_in_flight: usize,
    /// Connections to each endpoint, 1 to 64. One connection is driven by one task, so by one core. Default 2.
    pub connections: usize,
    /// How long setting up one connection may take, TLS included. Default 3 s.
    pub connect_timeout: Duration,
    /// The longest wait between attempts to connect again. Default 2 s.
    pub reconnect_maximum: Duration,
    /// A connection that is silent for so long is asked whether it lives. Default 10 s.
    pub keep_alive_interval: Duration,
    /// And is closed if it has not answered after so long. Default 5 s.
    pub keep_alive_timeout: Duration,
    /// While no endpoint is ready, calls wait so long in all; then they fail at once. Default 1 s.
    pub failfast_after: Duration,
    /// The most time a unary call gets, also when its caller names none. `None`: as long as its caller allows, for those
    /// who have set a limit to each call before it comes here, as the gateway does. Default 30 s.
    pub unary_maximum: Option<Duration>,
    /// The most time a streaming call gets. Default none: as long as its caller allows.
    pub stream_maximum: Option<Duration>,
    /// The latency assumed of an endpoint before its first answer. Default 30 ms.
    pub assumed_latency: Duration,
    /// How fast the memory of a slow answer fades. Default 10 s.
    pub latency_decay: Duration,
    /// When an endpoint is taken out, and for how long.
    pub breaker: BreakerLimits,
    /// How many retries there may be.
    pub budget: BudgetLimits,
    /// Paths (`/package.Service/Method`) of methods that may be repeated once. Default none. See [`idempotent_methods`].
    pub idempotent: HashSet<String>,
    /// Paths of methods that stream. Default none. See [`streaming_methods`].
    pub streaming: HashSet<String>,
    /// Encrypts, where set; required by `https` addresses and refused with `http` ones.
    pub tls: Option<Tls>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_in_flight: 10_000,
            connections: 2,
            connect_timeout: Duration::from_secs(3),
            reconnect_maximum: Duration::from_secs(2),
            keep_alive_interval: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(5),
            failfast_after: Duration::from_secs(1),
            unary_maximum: Some(Duration::from_secs(30)),
            stream_maximum: None,
            assumed_latency: Duration::from_millis(30),
            latency_decay: Duration::from_secs(10),
            breaker: BreakerLimits::default(),
            budget: BudgetLimits::default(),
            idempotent: HashSet::new(),
            streaming: HashSet::new(),
            tls: None,
        }
    }
}

impl Settings {
    /// The defaults, with what the descriptors say of methods.
    #[must_use]
    pub fn described_by(pool: &DescriptorPool) -> Self {
        Self { idempotent: idempotent_methods(pool), streaming: streaming_methods(pool), ..Self::default() }
    }

    /// Refuses values that could never work.
    pub(crate) fn check(&self) -> Outcome<()> {
        let rules = [
            (self.max_in_flight > 0, "max_in_flight", "must be at least 1"),
            ((1..=64).contains(&self.connections), "connections", "must be 1 to 64"),
            (!self.connect_timeout.is_zero(), "connect_timeout", "must be longer than 0"),
            (!self.reconnect_maximum.is_zero(), "reconnect_maximum", "must be longer than 0"),
            (!self.keep_alive_interval.is_zero(), "keep_alive_interval", "must be longer than 0"),
            (!self.keep_alive_timeout.is_zero(), "keep_alive_timeout", "must be longer than 0"),
            (self.unary_maximum.is_none_or(|limit| !limit.is_zero()), "unary_maximum", "must be longer than 0"),
            (self.breaker.consecutive_failures > 0, "breaker.consecutive_failures", "must be at least 1"),
            ((0.0..=1.0).contains(&self.breaker.success_rate), "breaker.success_rate", "must be 0 to 1"),
            (!self.breaker.shut_minimum.is_zero(), "breaker.shut_minimum", "must be longer than 0"),
            ((0.0..=1.0).contains(&self.budget.share), "budget.share", "must be 0 to 1"),
            (self.budget.per_second >= 0.0, "budget.per_second", "must be at least 0"),
            (self.budget.largest >= 0.0, "budget.largest", "must be at least 0"),
        ];
        for (holds, field, rule) in rules {
            if !holds {
                return Err(invalid(field, format!("{field} {rule}")));
            }
        }
        Ok(())
    }
}

/// A setting is wrong.
pub(crate) fn invalid(field: &str, message: String) -> Box<Fault> {
    Fault::invalid(ErrorReason::FieldInvalid, message).on(field)
}
