//! What findings are told by other rows: their vulnerabilities, and the policy that holds.

use std::collections::{BTreeSet, HashMap};

use fault::Outcome;
use store::{Collection, Transaction, micros, timestamp};
use wire::risk::v1::finding::Severity;
use wire::risk::v1::{Finding, RemediationPolicy, Vulnerability};

use super::due::{self, Case};
use crate::vulnerability::Vulnerabilities;
use crate::{id_of, remediation_policy};

/// What findings need to know.
#[derive(Default)]
pub struct Known {
    /// Whose.
    organization: String,
    policy: RemediationPolicy,
    /// By name.
    vulnerabilities: HashMap<String, Facts>,
}

/// What a vulnerability tells its findings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    cvss: f64,
    vector: String,
    severity: Severity,
    epss: f64,
    known_exploited: bool,
    /// Since when a list says that it is exploited, in microseconds since 1970.
    since: Option<i64>,
    /// The end of the day that CISA's list sets.
    listed_due: Option<i64>,
}

impl Facts {
    /// Those of a vulnerability.
    pub(crate) fn of(vulnerability: &Vulnerability) -> Self {
        let kev = vulnerability.kev.as_ref().filter(|kev| kev.listed);
        let eu = vulnerability.eu_kev.as_ref().filter(|eu| eu.listed);
        let dates = [
            kev.map(|kev| kev.date_added.as_str()),
            eu.map(|eu| eu.date_reported.as_str()),
            Some(vulnerability.record_kev_date.as_str()),
        ];
        Self {
            cvss: vulnerability.cvss,
            vector: vulnerability.cvss_vector.clone(),
            severity: vulnerability.severity(),
            epss: vulnerability.epss,
            known_exploited: vulnerability.known_exploited,
            since: dates.into_iter().flatten().filter_map(due::beginning).min(),
            listed_due: kev.and_then(|kev| due::end(&kev.due_date)),
        }
    }
}

/// Loads what findings need, in two statements for all of them.
pub(super) async fn load(tx: &mut Transaction, organization: &str, messages: &[&Finding]) -> Outcome<Known> {
    let named = messages.iter().map(|finding| finding.vulnerability.as_str()).filter(|name| !name.is_empty());
    let ids: BTreeSet<&str> = named.map(id_of).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut vulnerabilities = HashMap::new();
    if !ids.is_empty() {
        let collection = Collection::<Vulnerabilities>::new(tx.database().clone());
        let found = collection.load(tx, organization, &ids).await?;
        vulnerabilities.extend(found.iter().map(|one| (one.name.clone(), Facts::of(one))));
    }
    let policy = remediation_policy::active(tx, organization).await?;
    Ok(Known { organization: organization.to_owned(), policy, vulnerabilities })
}

impl Known {
    /// Whose findings these are.
    pub(super) fn organization(&self) -> &str {
        &self.organization
    }

    fn of(&self, finding: &Finding) -> Option<&Facts> {
        self.vulnerabilities.get(&finding.vulnerability)
    }

    /// Says what the vulnerability of a finding says; what that does not say stays as the finding says it.
    pub(super) fn tell(&self, finding: &mut Finding) {
        let Some(facts) = self.of(finding) else {
            (finding.epss, finding.known_exploited) = (0.0, false);
            return;
        };
        if facts.cvss > 0.0 {
            finding.cvss = facts.cvss;
            finding.cvss_vector.clone_from(&facts.vector);
            finding.set_severity(facts.severity);
        }
        (finding.epss, finding.known_exploited) = (facts.epss, facts.known_exploited);
    }

    /// Says by when a finding must be dealt with.
    pub(super) fn date(&self, finding: &mut Finding) {
        let open = micros(finding.open_time.as_ref());
        let facts = self.of(finding).filter(|facts| facts.known_exploited);
        let case = Case {
            severity: finding.severity(),
            open,
            exploited: facts.map(|facts| facts.since.unwrap_or(open)),
            listed_due: facts.and_then(|facts| facts.listed_due),
        };
        let found = due::due(&self.policy, &case);
        finding.due_time = found.as_ref().and_then(|(due, _)| timestamp(*due));
        finding.due_reason = found.map(|(_, reason)| reason).unwrap_or_default();
    }
}
