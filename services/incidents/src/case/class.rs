//! The class (RSIT) that causes and types of alarms come to, as a proposal for the incident.

use std::sync::LazyLock;

use classify::Glossary;
use wire::incidents::v1::Signal;
use wire::incidents::v1::signal::AlarmType;

static GLOSSARY: LazyLock<Option<Glossary>> = LazyLock::new(|| Glossary::shipped().ok());

/// The class of a signal and how it comes about; nothing where neither its cause nor its type says anything.
pub(super) fn of(signal: &Signal) -> Option<(String, String)> {
    let by_cause = |term: &str| {
        let found = GLOSSARY.as_ref()?.translate("x736-cause", term, "rsit").into_iter().next()?;
        Some((found.term, format!("the cause {term:?} (X.736)")))
    };
    let named = [&signal.cause, &signal.kind].into_iter().filter(|term| !term.is_empty());
    named
        .flat_map(|term| [spaced(term), term.clone()])
        .find_map(|term| by_cause(&term))
        .or_else(|| by_type(signal.alarm_type()))
}

/// Whether a signal is of security: its type is, or a tool of security has found it.
pub(super) fn security(signal: &Signal) -> bool {
    use wire::incidents::v1::signal::Form;
    signal.form() == Form::Detection || signal.alarm_type() >= AlarmType::IntegrityViolation
}

fn by_type(alarm_type: AlarmType) -> Option<(String, String)> {
    let class = match alarm_type {
        AlarmType::Unspecified | AlarmType::ProcessingError => return None,
        AlarmType::Communications | AlarmType::QualityOfService | AlarmType::Equipment | AlarmType::Environmental => {
            "availability/outage"
        }
        AlarmType::IntegrityViolation => "information-content-security/unauthorised-information-modification",
        AlarmType::OperationalViolation => "availability/misconfiguration",
        AlarmType::PhysicalViolation => "intrusions/burglary",
        AlarmType::SecurityServiceOrMechanismViolation => "intrusion-attempts/ids-alert",
        AlarmType::TimeDomainViolation => "other/undetermined",
    };
    Some((class.to_owned(), format!("the type of alarm {}", alarm_type.as_str_name())))
}

/// `authenticationFailure` and `AUTHENTICATION_FAILURE` as the Recommendation writes it: `Authentication failure`.
fn spaced(term: &str) -> String {
    let mut words = String::with_capacity(term.len() + 4);
    let shouted = !term.chars().any(char::is_lowercase);
    for c in term.chars() {
        match c {
            '_' | '-' => words.push(' '),
            c if c.is_uppercase() && !shouted && !words.is_empty() && !words.ends_with(' ') => {
                words.push(' ');
                words.extend(c.to_lowercase());
            }
            c => words.extend(c.to_lowercase()),
        }
    }
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(cause: &str, alarm_type: AlarmType) -> Option<String> {
        let signal = Signal { cause: cause.to_owned(), alarm_type: alarm_type.into(), ..Signal::default() };
        of(&signal).map(|(class, _)| class)
    }

    #[test]
    fn a_cause_is_read_however_its_source_writes_it() {
        for cause in ["Authentication failure", "authenticationFailure", "AUTHENTICATION_FAILURE"] {
            assert_eq!(
                class(cause, AlarmType::Unspecified).as_deref(),
                Some("intrusion-attempts/brute-force"),
                "{cause}"
            );
        }
    }

    #[test]
    fn a_type_says_something_where_the_cause_does_not() {
        assert_eq!(class("lossOfSignal", AlarmType::Communications).as_deref(), Some("availability/outage"));
        assert_eq!(class("", AlarmType::Unspecified), None);
    }

    #[test]
    fn every_class_of_a_type_is_one_of_the_taxonomy() {
        let rsit = GLOSSARY.as_ref().and_then(|glossary| glossary.taxonomy("rsit")).expect("RSIT ships");
        for number in 0..=10 {
            let alarm_type = AlarmType::try_from(number).expect("it is a type");
            if let Some((class, _)) = by_type(alarm_type) {
                assert!(rsit.terms.iter().any(|term| term.id == class), "{class}");
            }
        }
    }
}
