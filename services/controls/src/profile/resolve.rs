//! What a profile resolves to: the documents it imports are gathered, then resolved as OSCAL says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use jiff::Timestamp;
use wire::controls::v1::{ErrorReason, Profile, ProfileControl, ResolveProfileRequest, ResolveProfileResponse};
use wire::fault::v1::ErrorReason as House;

use crate::oscal::export::uuid_of;
use crate::oscal::{self, Body, Combine, Document, Metadata, Resolution, ResolveError, Settings, Structure};
use crate::oscal_document::{aside, id, profile as written, too_large, whole};
use crate::{Registry, id_of, organization_of};

/// How many profiles and catalogues one profile may reach.
const MOST_DOCUMENTS: usize = 256;

/// How many warnings are told.
const MOST_WARNINGS: usize = 100;

/// What a profile reaches.
#[derive(Default)]
struct Reached {
    /// The profiles, by their names, as they were made or imported.
    profiles: HashMap<String, (Profile, Option<Document>)>,
    /// The catalogues by their names.
    catalogues: HashMap<String, Arc<Document>>,
    /// By the id of a control in its document: the control here, and its theme.
    controls: HashMap<String, Found>,
}

/// A control of a catalogue that a profile reaches.
struct Found {
    name: String,
    theme: String,
    parent: String,
}

pub(super) async fn resolve(
    registry: &Registry,
    context: &Context,
    request: &ResolveProfileRequest,
) -> Outcome<ResolveProfileResponse> {
    let profile = registry.profiles.get(context, &request.name).await?;
    let place = Place::of(request)?;
    let name = profile.name.clone();
    let reached = reach(registry, context, profile).await?;
    let (resolution, controls) = aside(move || {
        let resolution = work(&name, &reached)?;
        Ok::<_, Box<Fault>>((resolution, reached.controls))
    })
    .await??;
    Ok(page(request, &place, resolution, &controls))
}

/// Gathers what a profile imports, directly and through others.
async fn reach(registry: &Registry, context: &Context, profile: Profile) -> Outcome<Reached> {
    let organization = organization_of(&profile.name).to_owned();
    let mut reached = Reached::default();
    let mut waiting = vec![profile];
    while let Some(profile) = waiting.pop() {
        if reached.profiles.contains_key(&profile.name) {
            continue;
        }
        for name in &profile.catalogues {
            if !reached.catalogues.contains_key(name) {
                catalogue(registry, context, &organization, name, &mut reached).await?;
            }
        }
        for name in &profile.profiles {
            if !reached.profiles.contains_key(name) {
                waiting.push(registry.profiles.get(context, name).await?);
            }
        }
        if reached.profiles.len() + reached.catalogues.len() >= MOST_DOCUMENTS {
            let message = format!("the profile imports more than {MOST_DOCUMENTS} profiles and catalogues in all");
            return Err(too_large(message, "imports", MOST_DOCUMENTS));
        }
        let document = match whole::kept(registry, &organization, &profile.name).await? {
            Some(_) => Some(whole::profile(registry, &organization, profile.clone()).await?.document()?),
            None => None,
        };
        reached.profiles.insert(profile.name.clone(), (profile, document));
    }
    Ok(reached)
}

async fn catalogue(
    registry: &Registry,
    context: &Context,
    organization: &str,
    name: &str,
    reached: &mut Reached,
) -> Outcome<()> {
    let (catalogue, rows) = whole::rows(registry, context, organization, name).await?;
    let known: HashMap<String, String> =
        rows.iter().map(|control| (id_of(&control.name).to_owned(), control.name.clone())).collect();
    let whole = whole::catalogue(registry, organization, catalogue, rows).await?;
    let (document, found) = aside(move || {
        let document = whole.document()?;
        let mut found = Vec::new();
        if let Body::Catalog(catalog) = &document.body {
            for control in &catalog.controls {
                let ours = id::id_of(&control.id).unwrap_or_default();
                let theme = catalog.group_path(control).iter().rev().find_map(|group| group.id.clone());
                let one = Found {
                    name: known.get(&ours).cloned().unwrap_or_default(),
                    theme: theme.unwrap_or_default(),
                    parent: catalog.parent(control).map(|parent| parent.id.clone()).unwrap_or_default(),
                };
                found.push((control.id.clone(), one));
            }
        }
        Ok::<_, Box<Fault>>((document, found))
    })
    .await??;
    for (id, one) in found {
        reached.controls.entry(id).or_insert(one);
    }
    reached.catalogues.insert(name.to_owned(), Arc::new(document));
    Ok(())
}

/// Resolves what was gathered. References become the names of what they stand for, so each means one thing.
fn work(name: &str, reached: &Reached) -> Outcome<Resolution> {
    // How the documents write the ids of ours.
    let by_ours: HashMap<String, &String> =
        reached.controls.keys().filter_map(|id| Some((id::id_of(id)?, id))).collect();
    let id = |id: &str| {
        let known = reached.controls.contains_key(id);
        let other = by_ours.get(id).filter(|_| !known);
        other.map_or_else(|| id.to_owned(), |other| (*other).clone())
    };
    let mut documents = reached.catalogues.clone();
    for (name, (profile, document)) in &reached.profiles {
        let one = named(profile, document.as_ref(), &id);
        let body = Body::Profile(one);
        documents.insert(name.clone(), Arc::new(Document { body, rest: serde_json::Map::new(), problems: Vec::new() }));
    }
    let root = documents.get(name).cloned().ok_or_else(|| Fault::not_found(name))?;
    let Body::Profile(profile) = &root.body else { return Err(Fault::not_found(name)) };
    let library = |href: &str| documents.get(href).cloned();
    let settings = Settings::new(Timestamp::UNIX_EPOCH, name);
    oscal::resolve(profile, &library, &settings).map_err(|error| refused(&error))
}

/// The profile of OSCAL behind one of ours, whose imports name what is here.
fn named(profile: &Profile, document: Option<&Document>, id: &dyn Fn(&str) -> String) -> oscal::Profile {
    let imports = profile.imports.iter().map(|import| {
        let source = [&import.catalogue, &import.profile, &import.href].into_iter().find(|name| !name.is_empty());
        written::import(import, source.cloned().unwrap_or_default(), id)
    });
    let imports = imports.collect();
    match document.map(|document| &document.body) {
        Some(Body::Profile(one)) => oscal::Profile { imports, ..one.clone() },
        _ => oscal::Profile {
            uuid: uuid_of("profile", &profile.name).to_string(),
            metadata: Metadata {
                title: profile.display_name.clone(),
                version: profile.version.clone(),
                ..Metadata::default()
            },
            imports,
            combine: Combine::UseFirst,
            structure: Structure::AsIs,
            parameters: Vec::new(),
            alters: Vec::new(),
            resources: Vec::new(),
            source: serde_json::Value::Null,
        },
    }
}

fn refused(error: &ResolveError) -> Box<Fault> {
    let message = error.to_string();
    match error {
        ResolveError::Missing { href, .. } => {
            let message = format!("{message}: import it, then name it in the imports of the profile");
            Fault::precondition(ErrorReason::OscalSourceMissing, message).with("href", href)
        }
        ResolveError::NotImportable { kind, .. } => {
            Fault::precondition(ErrorReason::OscalKindUnsupported, message).with("kind", kind)
        }
        ResolveError::Circular { chain } => {
            Fault::precondition(ErrorReason::OscalProfileCircular, message).with("chain", chain.join(" > "))
        }
        ResolveError::Limit { what, limit } => {
            Fault::precondition(ErrorReason::OscalTooLarge, message).with("what", what).with("limit", limit)
        }
    }
}

/// Where a page starts: how many controls lie before it, and of which profile.
struct Place {
    profile: String,
    before: usize,
}

impl Place {
    fn of(request: &ResolveProfileRequest) -> Outcome<Self> {
        let profile = uuid_of("profile", &request.name).to_string();
        if request.page_token.is_empty() {
            return Ok(Self { profile, before: 0 });
        }
        let before = request.page_token.strip_prefix(&profile).and_then(|rest| rest.strip_prefix('.')?.parse().ok());
        match before {
            Some(before) => Ok(Self { profile, before }),
            None => {
                let message = "the page token was not made by this call: take the next_page_token of the page before";
                Err(Fault::invalid(House::PageTokenInvalid, message).on("page_token"))
            }
        }
    }

    fn token(&self, before: usize) -> String {
        format!("{}.{before}", self.profile)
    }
}

fn page(
    request: &ResolveProfileRequest,
    place: &Place,
    resolution: Resolution,
    found: &HashMap<String, Found>,
) -> ResolveProfileResponse {
    let catalog = &resolution.catalog;
    let mut seen = HashSet::new();
    let all: Vec<&oscal::Control> = catalog.controls.iter().filter(|control| seen.insert(&control.id)).collect();
    let mut themes: BTreeMap<String, i32> = BTreeMap::new();
    for control in &all {
        let theme = found.get(&control.id).map(|found| found.theme.clone()).unwrap_or_default();
        *themes.entry(theme).or_default() += 1;
    }
    let size = match request.page_size {
        0 => 50,
        size => usize::try_from(size).unwrap_or(50).min(1000),
    };
    let row = |control: &&oscal::Control| {
        let found = found.get(&control.id);
        ProfileControl {
            control: found.map(|found| found.name.clone()).unwrap_or_default(),
            id: control.id.clone(),
            label: control.label().to_owned(),
            title: control.title.clone(),
            parent_control: found.map(|found| found.parent.clone()).unwrap_or_default(),
            theme: found.map(|found| found.theme.clone()).unwrap_or_default(),
            withdrawn: control.withdrawn(),
        }
    };
    let controls: Vec<ProfileControl> = all.iter().skip(place.before).take(size).map(row).collect();
    let through = place.before.saturating_add(controls.len());
    let count = |many: usize| i32::try_from(many).unwrap_or(i32::MAX);
    ResolveProfileResponse {
        next_page_token: if through < all.len() { place.token(through) } else { String::new() },
        controls,
        total: count(all.len()),
        withdrawn: count(all.iter().filter(|control| control.withdrawn()).count()),
        themes,
        warning_count: count(resolution.warnings.len()),
        warnings: resolution.warnings.into_iter().take(MOST_WARNINGS).collect(),
    }
}
