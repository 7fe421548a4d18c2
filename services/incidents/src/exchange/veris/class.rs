//! What a VERIS action is to RSIT and to E.409: a table, with the rule that was used told. The mapping is ours.

use wire::incidents::v1::incident::{Action, Cause, Domain};

/// What actions say an incident is.
pub(super) struct Class {
    /// By RSIT.
    pub(super) class: &'static str,
    /// By E.409.
    pub(super) domain: Domain,
    /// What kind of thing brought it about.
    pub(super) cause: Cause,
    /// By which rule.
    pub(super) why: String,
}

/// By category and variety, the class; `*` is any variety. The first row that fits is taken.
const CLASSES: [(&str, &str, &str); 28] = [
    ("malware", "C2", "malicious-code/c2-server"),
    ("malware", "Backdoor", "malicious-code/c2-server"),
    ("malware", "*", "malicious-code/infected-system"),
    ("hacking", "DoS", "availability/dos"),
    ("hacking", "Brute force", "intrusions/unprivileged-account-compromise"),
    ("hacking", "Use of stolen creds", "intrusions/unprivileged-account-compromise"),
    ("hacking", "Exploit vuln", "intrusions/application-compromise"),
    ("hacking", "SQLi", "intrusions/application-compromise"),
    ("hacking", "XSS", "intrusions/application-compromise"),
    ("hacking", "Path traversal", "intrusions/application-compromise"),
    ("hacking", "Forced browsing", "intrusions/application-compromise"),
    ("hacking", "Footprinting", "information-gathering/scanner"),
    ("hacking", "*", "intrusions/system-compromise"),
    ("social", "Phishing", "fraud/phishing"),
    ("social", "Pretexting", "fraud/masquerade"),
    ("social", "*", "information-gathering/social-engineering"),
    ("misuse", "*", "information-content-security/unauthorised-information-access"),
    ("error", "Misdelivery", "information-content-security/data-leak"),
    ("error", "Publishing error", "information-content-security/data-leak"),
    ("error", "Disposal error", "information-content-security/data-leak"),
    ("error", "Loss", "information-content-security/data-loss"),
    ("error", "*", "availability/misconfiguration"),
    ("physical", "Theft", "intrusions/burglary"),
    ("physical", "Tampering", "availability/sabotage"),
    ("physical", "Disabled controls", "availability/sabotage"),
    ("physical", "*", "intrusions/burglary"),
    ("environmental", "*", "availability/outage"),
    ("unknown", "*", "other/undetermined"),
];

/// What actions say an incident is; of several, the first one does. `secret` is whether confidentiality is hit.
pub(super) fn of(actions: &[Action], secret: bool) -> Class {
    let first = actions.first();
    let category = first.map_or("unknown", |action| action.category.as_str());
    let varieties: Vec<&str> =
        first.map(|action| action.varieties.iter().map(String::as_str).collect()).unwrap_or_default();
    let fits =
        |(of, variety, _): &&(&str, &str, &str)| *of == category && (*variety == "*" || varieties.contains(variety));
    let (_, variety, class) = CLASSES.iter().find(fits).copied().unwrap_or(("unknown", "*", "other/undetermined"));
    let error = category == "error" && class == "availability/misconfiguration" && secret;
    let class = if error { "vulnerable/information-disclosure" } else { class };
    let others = actions.len().saturating_sub(1);
    let beside = if others > 0 { format!(", {others} other actions beside") } else { String::new() };
    let (domain, cause) = match category {
        "physical" => (Domain::Physical, Cause::MaliciousAction),
        "environmental" => (Domain::Physical, Cause::NaturalPhenomenon),
        "error" => (Domain::Administrative, Cause::HumanError),
        "social" | "misuse" => (Domain::Administrative, Cause::MaliciousAction),
        "malware" | "hacking" => (Domain::Logical, Cause::MaliciousAction),
        _ => (Domain::Logical, Cause::Unspecified),
    };
    Class { class, domain, cause, why: format!("its action is {category}, {variety}{beside}") }
}
