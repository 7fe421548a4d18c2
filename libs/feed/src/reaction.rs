//! What follows from a change, on the service's own account.

use std::sync::Arc;

use access::{Caller, Clock, Context};
use store::Transaction;
use wire::changes::v1::Change;

/// From here on, what the transaction writes follows from `change`: the ledger tells it as done by the service itself
/// (`service:controls`) by the method `reaction/{name}`, in the trace of the change, for the organization of the change. A
/// change that was not traced leads back all the same: the trace is then the beginning of its digest.
pub fn react(tx: &mut Transaction, name: &str, change: &Change) {
    let clock = Arc::clone(&tx.context().clock);
    let organization = change.resource.split('/').nth(1).unwrap_or_default();
    let context = Context {
        caller: Arc::new(Caller::service(tx.database().service(), organization)),
        method: format!("reaction/{name}").into(),
        trace: trace(change, clock.as_ref()),
        clock,
        roles: Arc::default(),
    };
    tx.act_as(context);
}

/// The `traceparent` of what follows from a change; empty where the change has neither trace nor digest.
fn trace(change: &Change, clock: &dyn Clock) -> String {
    let of = if change.trace.len() == 32 { Some(change.trace.as_str()) } else { change.digest.get(..32) };
    let Some(trace) = of else { return String::new() };
    let span: String = clock.entropy().iter().skip(2).map(|byte| format!("{byte:02x}")).collect();
    // A span whose id is nothing but zeros is none.
    let span = if span.bytes().all(|digit| digit == b'0') { "0000000000000001" } else { span.as_str() };
    format!("00-{trace}-{span}-01")
}

#[cfg(test)]
mod tests {
    use access::ManualClock;

    use super::*;

    #[test]
    fn what_follows_is_in_the_trace_of_its_cause() {
        let clock = ManualClock::at(0);
        let traced = Change { trace: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(), ..Change::default() };
        assert_eq!(trace(&traced, &clock), "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01");
        let untraced = Change { digest: "ab".repeat(32), ..Change::default() };
        assert_eq!(trace(&untraced, &clock).get(3..35).unwrap(), "ab".repeat(16));
        assert_eq!(trace(&untraced, &clock).len(), 55);
        assert_eq!(trace(&Change::default(), &clock), "");
    }
}
