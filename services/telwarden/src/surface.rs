//! Gives the sample operator its attack surface, through the public API, as people and scanners would: a list of threats, two scans of what can be
//! reached from outside, decisions about it, what was found on it, and ways into old networks.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sample::{Course, Place, Protocol, Reach};
use wire::risk::v1 as api;
use wire::risk::v1::exposure::State;
use wire::risk::v1::exposure_service_client::ExposureServiceClient;
use wire::risk::v1::finding::Justification;
use wire::risk::v1::finding_service_client::FindingServiceClient;
use wire::risk::v1::legacy_link_service_client::LegacyLinkServiceClient;
use wire::risk::v1::port_range::Protocol as Spoken;
use wire::risk::v1::risk_profile_service_client::RiskProfileServiceClient;
use wire::risk::v1::scan_run_service_client::ScanRunServiceClient;
use wire::risk::v1::surface_snapshot_service_client::SurfaceSnapshotServiceClient;
use wire::risk::v1::threat_catalogue_service_client::ThreatCatalogueServiceClient;
use wire::risk::v1::threat_service_client::ThreatServiceClient;
use wire::risk::v1::vulnerability_service_client::VulnerabilityServiceClient;

use crate::client::explain;
use crate::programme::People;
use crate::registers::{Assets, in_days, new};

/// How many were made; those that were there before are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Exposures.
    pub exposures: usize,
    /// Findings.
    pub findings: usize,
    /// Ways into old networks.
    pub legacy_links: usize,
    /// Risks, of a profile.
    pub risks: usize,
}

/// The engine that the scans are said to be of.
const ENGINE: &str = "outside-scan";

/// Creates the list of threats in an organization. What is there stays as it is. Gives how many threats were made.
///
/// # Errors
/// What the service has against a call.
pub async fn threats(people: &People, organization: &str, surface: &sample::Surface) -> Result<usize> {
    let parent = format!("organizations/{organization}");
    let (id, display_name) = surface.catalogue;
    let catalogue = api::ThreatCatalogue {
        display_name: display_name.to_owned(),
        edition: "1".to_owned(),
        publisher: "Norvane Telecom".to_owned(),
        ..Default::default()
    };
    let request = api::CreateThreatCatalogueRequest {
        parent: parent.clone(),
        threat_catalogue_id: id.to_owned(),
        threat_catalogue: Some(catalogue),
    };
    new(ThreatCatalogueServiceClient::new(people.owner.clone()).create_threat_catalogue(request).await)?;
    let mut made = 0;
    for of in surface.threats {
        let mut threat = api::Threat {
            key: of.key.to_owned(),
            title: of.title.to_owned(),
            summary: of.summary.to_owned(),
            architecture_segments: vec![of.segment.to_owned()],
            ..Default::default()
        };
        threat.set_evidence(match of.observed {
            true => api::threat::Evidence::Observed,
            false => api::threat::Evidence::Theoretical,
        });
        let request = api::CreateThreatRequest {
            parent: format!("{parent}/threatCatalogues/{id}"),
            threat: Some(threat),
            ..Default::default()
        };
        made +=
            usize::from(new(ThreatServiceClient::new(people.owner.clone()).create_threat(request).await)?.is_some());
    }
    Ok(made)
}

/// Creates the attack surface in an organization that has imported the operator's inventory as `source` and has its programme of controls. What was
/// cut off goes on where it was; once all is there, nothing is done.
///
/// # Errors
/// What the service has against a call; an asset that was not imported.
pub async fn create(people: &People, organization: &str, source: &str, surface: &sample::Surface) -> Result<Made> {
    let parent = format!("organizations/{organization}");
    let told = |status: tonic::Status| explain(&status);
    let filter = format!("engine = \"{ENGINE}\"");
    let request = api::ListScanRunsRequest { parent: parent.clone(), filter, page_size: 2, ..Default::default() };
    let scans = ScanRunServiceClient::new(people.owner.clone()).list_scan_runs(request).await.map_err(told)?;
    let scans = scans.into_inner().scan_runs.len();
    let mut snapshots = SurfaceSnapshotServiceClient::new(people.owner.clone());
    let request = api::ListSurfaceSnapshotsRequest { parent: parent.clone(), page_size: 1, ..Default::default() };
    let taken = snapshots.list_surface_snapshots(request).await.map_err(told)?.into_inner();
    // The snapshot is the last step.
    if scans >= 2 && !taken.surface_snapshots.is_empty() {
        return Ok(Made::default());
    }
    let mut operator = Operator {
        people,
        assets: Assets::new(people.owner.clone(), &parent, source),
        parent: parent.clone(),
        exposures: HashMap::new(),
    };
    let made = Made {
        exposures: operator.decided(surface, scans).await?,
        findings: operator.found(surface).await?,
        legacy_links: operator.linked(surface).await?,
        risks: operator.instantiated(surface.profile).await?,
    };
    snapshots.take_surface_snapshot(api::TakeSurfaceSnapshotRequest { parent }).await.map_err(told)?;
    Ok(made)
}

/// On whose behalf it is created, and what is known meanwhile.
struct Operator<'a> {
    people: &'a People,
    assets: Assets<'a>,
    parent: String,
    /// Names of exposures and where they are, by address and port.
    exposures: HashMap<(&'static str, i32), (String, State)>,
}

impl Operator<'_> {
    /// Scans, decides, and scans again, where that was not done; gives how many exposures are new.
    async fn decided(&mut self, surface: &sample::Surface, scans: usize) -> Result<usize> {
        let mut made = 0;
        if scans == 0 {
            let all: Vec<&sample::Exposure> = surface.exposures.iter().collect();
            made = self.scan(surface, &all, -surface.first_scan_days).await?;
        }
        self.know(surface).await?;
        let later = |one: &&sample::Exposure| matches!(one.reach, Reach::Approved(_));
        for one in surface.exposures.iter().filter(|one| !later(one)) {
            self.decide(one).await?;
        }
        if scans < 2 {
            let seen = |one: &&sample::Exposure| one.reach != Reach::Withdrawn;
            let again: Vec<&sample::Exposure> = surface.exposures.iter().filter(seen).collect();
            self.scan(surface, &again, 0).await?;
        }
        // What is approved and was not seen since.
        for one in surface.exposures.iter().filter(later) {
            self.decide(one).await?;
        }
        Ok(made)
    }

    /// Brings in a scan of so many days ago or ahead; gives how many exposures are new.
    async fn scan(&self, surface: &sample::Surface, seen: &[&sample::Exposure], days: i64) -> Result<usize> {
        let every = |protocol: Spoken| api::PortRange { protocol: protocol.into(), first: 1, last: 65_535 };
        let scope = api::ScanScope {
            prefixes: surface.scope.iter().map(|&prefix| prefix.to_owned()).collect(),
            domains: Vec::new(),
            ports: vec![every(Spoken::Tcp), every(Spoken::Udp)],
        };
        let start = api::ImportExposuresStart {
            parent: self.parent.clone(),
            engine: ENGINE.to_owned(),
            scope: Some(scope),
            scan_time: in_days(days),
            source: "sample".to_owned(),
            ..Default::default()
        };
        let records = seen.iter().map(|one| record(one)).collect();
        let part = |part| api::ImportExposuresRequest { part: Some(part) };
        let messages = [
            part(api::import_exposures_request::Part::Start(start)),
            part(api::import_exposures_request::Part::Records(api::ExposureRecords { records })),
        ];
        let mut client = ExposureServiceClient::new(self.people.owner.clone());
        let done = client.import_exposures(tokio_stream::iter(messages)).await.map_err(|status| explain(&status))?;
        let done = done.into_inner();
        anyhow::ensure!(done.rejected == 0, "the scan was not taken: {:?}", done.rejected_records);
        Ok(usize::try_from(done.created).unwrap_or_default())
    }

    /// Learns the names of the exposures, once the service has heard of the hosts that the registry knows.
    async fn know(&mut self, surface: &sample::Surface) -> Result<()> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let known = |one: &sample::Exposure| !matches!(one.reach, Reach::Unknown | Reach::Withdrawn);
        let wanted = surface.exposures.iter().filter(|one| known(one)).count();
        let mut client = ExposureServiceClient::new(self.people.owner.clone());
        let heard = async {
            loop {
                let request =
                    api::ListExposuresRequest { parent: self.parent.clone(), page_size: 1000, ..Default::default() };
                let listed = client.list_exposures(request).await.map_err(|status| explain(&status))?;
                let exposures = listed.into_inner().exposures;
                if exposures.iter().filter(|one| !one.asset.is_empty()).count() >= wanted {
                    return anyhow::Ok(exposures);
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let exposures = tokio::time::timeout(PATIENCE, heard)
            .await
            .context("the service of risks does not hear of the hosts that were scanned")??;
        for of in surface.exposures {
            let found = exposures.iter().find(|one| (one.ip.as_str(), one.port) == (of.ip, of.port));
            let found = found.with_context(|| format!("the scan showed no {} {}", of.ip, of.port))?;
            self.exposures.insert((of.ip, of.port), (found.name.clone(), found.state()));
        }
        Ok(())
    }

    fn exposure(&self, ip: &'static str, port: i32) -> Result<(String, State)> {
        self.exposures.get(&(ip, port)).cloned().with_context(|| format!("no exposure {ip} {port}"))
    }

    /// Decides on an exposure about which nobody has.
    async fn decide(&self, of: &sample::Exposure) -> Result<()> {
        let (name, state) = self.exposure(of.ip, of.port)?;
        let mut owner = ExposureServiceClient::new(self.people.owner.clone());
        let mut approver = ExposureServiceClient::new(self.people.approver.clone());
        let told = |status: tonic::Status| explain(&status);
        let undecided = matches!(state, State::Discovered | State::Unknown);
        match of.reach {
            Reach::Rejected if undecided => {
                let reason = "Consoles are reached from the management network alone.".to_owned();
                let request = api::RejectExposureRequest { name, reason, ..Default::default() };
                approver.reject_exposure(request).await.map_err(told)?;
            }
            Reach::Withdrawn if undecided => {
                let reason = "The server was switched off.".to_owned();
                let request = api::WithdrawExposureRequest { name, reason, ..Default::default() };
                owner.withdraw_exposure(request).await.map_err(told)?;
            }
            Reach::Claimed | Reach::Approved(_) | Reach::Monitored(_) | Reach::Expiring(_) => {
                if undecided {
                    let request = api::ClaimExposureRequest {
                        name: name.clone(),
                        owner: of.owner.to_owned(),
                        business_need: of.business_need.to_owned(),
                        behind: of.behind.iter().map(|&one| one.to_owned()).collect(),
                        ..Default::default()
                    };
                    owner.claim_exposure(request).await.map_err(told)?;
                }
                if let Reach::Approved(days) | Reach::Monitored(days) | Reach::Expiring(days) = of.reach
                    && (undecided || state == State::Claimed)
                {
                    let request = api::ApproveExposureRequest { name, until: in_days(days), ..Default::default() };
                    approver.approve_exposure(request).await.map_err(told)?;
                }
            }
            Reach::Discovered | Reach::Unknown | Reach::Rejected | Reach::Withdrawn => {}
        }
        Ok(())
    }

    /// The vulnerabilities and what was found; gives how many findings are new.
    async fn found(&mut self, surface: &sample::Surface) -> Result<usize> {
        let start = api::ImportVulnerabilitiesStart {
            parent: self.parent.clone(),
            source: api::import_vulnerabilities_start::Source::Cve.into(),
            snapshot: "sample".to_owned(),
            create_missing: false,
        };
        let records = surface.vulnerabilities.iter().map(vulnerability).collect();
        let part = |part| api::ImportVulnerabilitiesRequest { part: Some(part) };
        let messages = [
            part(api::import_vulnerabilities_request::Part::Start(start)),
            part(api::import_vulnerabilities_request::Part::Batch(api::VulnerabilityBatch { records })),
        ];
        let mut client = VulnerabilityServiceClient::new(self.people.owner.clone());
        let done = client.import_vulnerabilities(tokio_stream::iter(messages)).await;
        let done = done.map_err(|status| explain(&status))?.into_inner();
        anyhow::ensure!(done.rejected == 0, "the vulnerabilities were not taken: {:?}", done.rejected_records);
        let mut made = 0;
        for of in surface.findings {
            made += usize::from(self.finding(of).await?);
        }
        Ok(made)
    }

    async fn finding(&mut self, of: &sample::Finding) -> Result<bool> {
        let (exposure, asset) = self.place(of.place).await?;
        let vulnerability = match of.cve {
            "" => String::new(),
            cve => format!("{}/vulnerabilities/{}", self.parent, cve.to_lowercase()),
        };
        let finding = api::Finding {
            vulnerability,
            weakness: of.weakness.to_owned(),
            cvss_vector: of.vector.to_owned(),
            exposure,
            asset,
            source: of.source.to_owned(),
            first_seen_time: in_days(-of.days_ago),
            ..Default::default()
        };
        let request = api::CreateFindingRequest {
            parent: self.parent.clone(),
            finding_id: of.id.to_owned(),
            finding: Some(finding),
        };
        let mut client = FindingServiceClient::new(self.people.owner.clone());
        let Some(made) = new(client.create_finding(request).await)? else { return Ok(false) };
        self.dealt_with(&made.name, of).await?;
        Ok(true)
    }

    /// Leads a finding through its life, as far as it has come.
    async fn dealt_with(&self, name: &str, of: &sample::Finding) -> Result<()> {
        let mut client = FindingServiceClient::new(self.people.owner.clone());
        let told = |status: tonic::Status| explain(&status);
        let (name, reason) = (|| name.to_owned(), || of.course.1.to_owned());
        match of.course.0 {
            Course::Open => {}
            Course::Mitigated => {
                let request = api::MitigateFindingRequest { name: name(), reason: reason(), ..Default::default() };
                client.mitigate_finding(request).await.map_err(told)?;
            }
            Course::Accepted(days) => {
                let request = api::AcceptFindingRequest {
                    name: name(),
                    until: in_days(days),
                    reason: reason(),
                    ..Default::default()
                };
                client.accept_finding(request).await.map_err(told)?;
            }
            Course::NotAffected => {
                let request = api::DismissFindingRequest {
                    name: name(),
                    justification: Justification::ComponentNotPresent.into(),
                    reason: reason(),
                    ..Default::default()
                };
                client.dismiss_finding(request).await.map_err(told)?;
            }
            Course::Fixed | Course::Verified | Course::Closed | Course::Reopened => {
                let request = api::FixFindingRequest { name: name(), reason: reason(), ..Default::default() };
                client.fix_finding(request).await.map_err(told)?;
            }
        }
        if matches!(of.course.0, Course::Verified | Course::Closed) {
            let request = api::VerifyFindingRequest { name: name(), reason: reason(), ..Default::default() };
            client.verify_finding(request).await.map_err(told)?;
        }
        if of.course.0 == Course::Closed {
            let request = api::CloseFindingRequest { name: name(), ..Default::default() };
            client.close_finding(request).await.map_err(told)?;
        }
        if of.course.0 == Course::Reopened {
            let request = api::ReopenFindingRequest { name: name(), reason: reason(), ..Default::default() };
            client.reopen_finding(request).await.map_err(told)?;
        }
        Ok(())
    }

    /// The names of the exposure and the asset of a place: one of them is empty.
    async fn place(&mut self, place: Place) -> Result<(String, String)> {
        Ok(match place {
            Place::Exposure(ip, port) => (self.exposure(ip, port)?.0, String::new()),
            Place::Asset(id) => (String::new(), self.assets.get(id).await?.name),
        })
    }

    /// Ways into old networks; gives how many are new.
    async fn linked(&mut self, surface: &sample::Surface) -> Result<usize> {
        let mut made_now = 0;
        for of in surface.legacy_links {
            let (exposure, asset) = self.place(of.from).await?;
            let control = of.control.map(|id| format!("{}/implementations/{id}", self.parent));
            let legacy_link = api::LegacyLink {
                exposure,
                asset,
                legacy_network: of.network.to_owned(),
                protocol: of.protocol.to_owned(),
                compensating_controls: control.into_iter().collect(),
                ..Default::default()
            };
            let mut client = LegacyLinkServiceClient::new(self.people.owner.clone());
            let request = api::CreateLegacyLinkRequest {
                parent: self.parent.clone(),
                legacy_link_id: of.id.to_owned(),
                legacy_link: Some(legacy_link),
            };
            let Some(made) = new(client.create_legacy_link(request).await)? else { continue };
            made_now += 1;
            if !of.review.is_empty() {
                let request =
                    api::ReviewLegacyLinkRequest { name: made.name, note: of.review.to_owned(), ..Default::default() };
                client.review_legacy_link(request).await.map_err(|status| explain(&status))?;
            }
        }
        Ok(made_now)
    }

    /// Makes risks of a profile, and says how many are new.
    async fn instantiated(&mut self, (profile, service): (&str, &str)) -> Result<usize> {
        let request = api::InstantiateRiskProfileRequest {
            name: format!("{}/riskProfiles/{profile}", self.parent),
            service: self.assets.get(service).await?.name,
            owner: "head of network operations".to_owned(),
            ..Default::default()
        };
        let mut client = RiskProfileServiceClient::new(self.people.owner.clone());
        let done = client.instantiate_risk_profile(request).await.map_err(|status| explain(&status))?.into_inner();
        Ok(usize::try_from(done.created).unwrap_or_default())
    }
}

fn record(of: &sample::Exposure) -> api::ExposureRecord {
    let protocol = match of.protocol {
        Protocol::Tcp => Spoken::Tcp,
        Protocol::Udp => Spoken::Udp,
    };
    api::ExposureRecord {
        ip: of.ip.to_owned(),
        names: Some(of.fqdn).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect(),
        port: of.port,
        protocol: protocol.into(),
        service: of.service.to_owned(),
        product: of.product.to_owned(),
        ..Default::default()
    }
}

fn vulnerability(of: &sample::Vulnerability) -> api::VulnerabilityRecord {
    let rating = api::vulnerability::Rating {
        origin: "cna".to_owned(),
        version: "3.1".to_owned(),
        vector: of.vector.to_owned(),
        ..Default::default()
    };
    let container = api::vulnerability::Container { origin: "cna".to_owned(), ..Default::default() };
    let vulnerability = api::Vulnerability {
        title: of.title.to_owned(),
        containers: vec![container],
        ratings: vec![rating],
        record_kev_date: of.kev_date.to_owned(),
        ..Default::default()
    };
    api::VulnerabilityRecord { place: String::new(), cve: of.cve.to_owned(), vulnerability: Some(vulnerability) }
}
