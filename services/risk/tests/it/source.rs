//! What a service tells a test lets it tell, in the words of the registry and of controls.

use std::ops::Deref;
use std::sync::Arc;

use access::SystemClock;
use store::Database;
use wire::assets::v1::{Asset, Selector, SelectorMembership};
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::{Effectiveness, State};

const PARENT: &str = "organizations/acme";

/// The feed of a service.
pub(crate) struct Source {
    service: &'static str,
    feed: testkit::Source,
}

impl Deref for Source {
    type Target = testkit::Source;

    fn deref(&self) -> &testkit::Source {
        &self.feed
    }
}

impl Source {
    pub(crate) fn new(service: &'static str) -> Self {
        Self { service, feed: testkit::Source::new(service) }
    }

    /// Follows it, and waits until all that was told so far is taken in.
    pub(crate) async fn follow(&self, database: &Database) -> feed::Running {
        let clock = Arc::new(SystemClock);
        let client = self.client();
        let running = match self.service {
            "controls" => ::risk::follow_controls(database, client, clock).await.unwrap(),
            _ => ::risk::follow_assets(database, client, clock).await.unwrap(),
        };
        self.taken_in(&running).await;
        running
    }

    pub(crate) fn asset(&self, id: &str, before: Option<f64>, after: Option<f64>) {
        let name = format!("{PARENT}/assets/{id}");
        let of = |value: f64| Asset {
            name: name.clone(),
            display_name: id.to_owned(),
            effective_value: value,
            ..Asset::default()
        };
        self.tell(&name, before.map(of).as_ref(), after.map(of).as_ref());
    }

    pub(crate) fn selector(&self, id: &str) {
        let name = format!("{PARENT}/selectors/{id}");
        let selector = Selector { name: name.clone(), display_name: id.to_owned(), ..Selector::default() };
        self.tell(&name, None, Some(&selector));
    }

    pub(crate) fn member(&self, selector: &str, asset: &str, comes: bool) {
        let name = format!("{PARENT}/selectors/{selector}/members/{asset}");
        let of = SelectorMembership {
            selector: format!("{PARENT}/selectors/{selector}"),
            asset: format!("{PARENT}/assets/{asset}"),
            ..Default::default()
        };
        if comes { self.tell(&name, None, Some(&of)) } else { self.tell(&name, Some(&of), None) }
    }

    /// Tells that an implementation came from one state and effectiveness to another.
    pub(crate) fn implementation(&self, id: &str, before: Option<(State, f64)>, after: (State, f64), why: &str) {
        let name = format!("{PARENT}/implementations/{id}");
        let of = |(state, score): (State, f64)| Implementation {
            name: name.clone(),
            display_name: id.to_owned(),
            state: state.into(),
            state_reason: why.to_owned(),
            effectiveness: Some(Effectiveness { score, ..Default::default() }),
            ..Implementation::default()
        };
        self.tell(&name, before.map(of).as_ref(), Some(&of(after)));
    }
}
