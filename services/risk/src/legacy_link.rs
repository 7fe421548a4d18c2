//! Legacy links: ways from what is globally accessible into networks whose weaknesses are by design and hard to fix (ITU-T X.1059).

use std::collections::BTreeMap;
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Collection, Reference, Rules, Side, Transaction, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::legacy_link_service_server::LegacyLinkService;
use wire::risk::v1::{
    CreateLegacyLinkRequest, DeleteLegacyLinkRequest, ErrorReason, Exposure, ExposurePolicy, GetLegacyLinkRequest,
    LegacyLink, ListLegacyLinksRequest, ListLegacyLinksResponse, ReviewLegacyLinkRequest, UpdateLegacyLinkRequest,
};

use crate::exposure::Exposures;
use crate::{Registry, exposure_policy, id_of};

// === The table ===

/// All links to legacy networks.
pub struct LegacyLinks;

impl store::Resource for LegacyLinks {
    type Message = LegacyLink;
    const TABLE: &'static str = "legacy_link";
    const COLLECTION: &'static str = "legacyLinks";

    fn columns() -> &'static [store::Column<LegacyLink>] {
        store::columns![LegacyLink;
            exposure: text index, asset: text index, legacy_network: text order search, protocol: text order, review_time: time order,
        ]
    }

    fn sides() -> &'static [Side<LegacyLink>] {
        store::sides![LegacyLink; labels: map "legacy_link_label", compensating_controls: set "legacy_link_control"]
    }

    fn references() -> &'static [Reference<LegacyLink>] {
        store::references![LegacyLink; exposure: Exposures]
    }

    store::head!(LegacyLink; review_time, reviewer, review_note);
}

// === The rules ===

/// What the rules of links need to know.
#[derive(Default)]
pub struct Known {
    organization: String,
    policy: Arc<ExposurePolicy>,
}

impl Rules for LegacyLinks {
    type Needs = Known;

    async fn needs(tx: &mut Transaction, organization: &str, _: &[&LegacyLink]) -> Outcome<Known> {
        let policy = exposure_policy::active(tx, organization).await?;
        Ok(Known { organization: organization.to_owned(), policy })
    }

    fn create(_: &Context, known: &Known, new: &mut LegacyLink) -> Outcome<()> {
        leads(known, new)
    }

    fn update(_: &Context, known: &Known, old: &LegacyLink, new: &mut LegacyLink) -> Outcome<()> {
        if material(old) == material(new) {
            return Ok(());
        }
        leads(known, new)?;
        // What was reviewed was something else.
        new.review_time = None;
        new.reviewer.clear();
        new.review_note.clear();
        Ok(())
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<LegacyLink>]) -> Outcome<()> {
        tell(tx, organization, changed).await
    }
}

fn material(link: &LegacyLink) -> (&str, &str, &str, &str, &[String]) {
    (&link.exposure, &link.asset, &link.legacy_network, &link.protocol, &link.compensating_controls)
}

/// Refuses a link from nowhere, what is of another organization, and a protocol that nobody knows.
fn leads(Known { organization, policy }: &Known, link: &LegacyLink) -> Outcome<()> {
    if link.exposure.is_empty() && link.asset.is_empty() {
        let message = "a link leads on from something: name an exposure, an asset or both";
        return Err(Fault::invalid(House::FieldInvalid, message).on("legacy_link.exposure"));
    }
    crate::ours(organization, "assets", &link.asset, "legacy_link.asset".to_owned())?;
    for (control, at) in link.compensating_controls.iter().zip(0..) {
        crate::ours(organization, "implementations", control, format!("legacy_link.compensating_controls[{at}]"))?;
    }
    if policy.legacy_protocols.contains(&link.protocol) {
        return Ok(());
    }
    let known = policy.legacy_protocols.join(", ");
    let message = format!(
        "{} is no protocol of legacy networks that the exposure policy lists: give one of {known}, or add it to a policy of your own",
        link.protocol
    );
    Err(Fault::invalid(ErrorReason::ExposureLegacyProtocolUnknown, message)
        .with("protocol", &link.protocol)
        .with("known", known)
        .on("legacy_link.protocol"))
}

/// Tells exposures which links lead on from them.
async fn tell(tx: &mut Transaction, organization: &str, changed: &[Changed<LegacyLink>]) -> Outcome<()> {
    // By the id of the exposure: the links that now lead on from it, and those that no longer do.
    let mut links: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for change in changed {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        if before.map(|link| &link.exposure) == after.map(|link| &link.exposure) {
            continue;
        }
        for (link, gone) in [(before, true), (after, false)] {
            let Some(link) = link.filter(|link| !link.exposure.is_empty()) else { continue };
            let of = links.entry(id_of(&link.exposure).to_owned()).or_default();
            if gone { &mut of.1 } else { &mut of.0 }.push(link.name.clone());
        }
    }
    let ids: Vec<&str> = links.keys().map(String::as_str).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rule = |old: &Exposure, new: &mut Exposure| {
        let Some((more, gone)) = links.get(id_of(&old.name)) else { return };
        new.legacy_links.retain(|link| !gone.contains(link));
        new.legacy_links.extend(more.iter().cloned());
        new.legacy_links.sort_unstable();
        new.legacy_links.dedup();
    };
    let exposures = Collection::<Exposures>::new(tx.database().clone());
    exposures.change_many(tx, organization, &ids, rule).await.map(drop)
}

// === The API ===

#[tonic::async_trait]
impl LegacyLinkService for Registry {
    async fn create_legacy_link(
        &self,
        request: Request<CreateLegacyLinkRequest>,
    ) -> Result<Response<LegacyLink>, Status> {
        self.legacy_links.serve_create(request).await
    }

    async fn get_legacy_link(&self, request: Request<GetLegacyLinkRequest>) -> Result<Response<LegacyLink>, Status> {
        self.legacy_links.serve_get(request).await
    }

    async fn list_legacy_links(
        &self,
        request: Request<ListLegacyLinksRequest>,
    ) -> Result<Response<ListLegacyLinksResponse>, Status> {
        self.legacy_links.serve_list(request).await
    }

    async fn update_legacy_link(
        &self,
        request: Request<UpdateLegacyLinkRequest>,
    ) -> Result<Response<LegacyLink>, Status> {
        self.legacy_links.serve_update(request).await
    }

    async fn delete_legacy_link(&self, request: Request<DeleteLegacyLinkRequest>) -> Result<Response<()>, Status> {
        self.legacy_links.serve_delete(request).await
    }

    async fn review_legacy_link(
        &self,
        request: Request<ReviewLegacyLinkRequest>,
    ) -> Result<Response<LegacyLink>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, _: &LegacyLink, new: &mut LegacyLink| {
            new.review_time = timestamp(context.clock.now());
            new.reviewer.clone_from(&context.caller.subject);
            new.review_note.clone_from(&r.note);
            Ok(())
        };
        reply(self.legacy_links.change(&context, &r.name, &r.etag, rule).await)
    }
}
