//! What holds for an organization: the book that ships with its own over it, and what it is to the law.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use datafile::Violations;
use fault::{Fault, Outcome};
use statute::Book;
use statute::outage::Surroundings;
use wire::incidents::v1::describe_regimes_response::{Regime, Stage};
use wire::incidents::v1::{DescribeRegimesResponse, StatuteBook};

/// The book that ships.
static SHIPPED: LazyLock<Result<Book, String>> =
    LazyLock::new(|| Book::shipped().map_err(|violations| format!("{violations:?}")));

/// What holds for an organization.
pub(crate) struct Law {
    /// Its regimes, calendars and thresholds.
    pub(crate) book: Cow<'static, Book>,
    /// Of which kinds it is.
    pub(crate) operator_kinds: BTreeSet<String>,
    /// Whose law applies.
    pub(crate) jurisdictions: BTreeSet<String>,
    /// How many users services have.
    pub(crate) surroundings: Surroundings,
    /// Who notifies.
    pub(crate) notifier: String,
    /// Whom authorities ask.
    pub(crate) contact: String,
}

/// The organization's own book; none where its text is empty.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn own(text: &str) -> Result<Option<Book>, Violations> {
    if text.trim().is_empty() { Ok(None) } else { Book::from_yaml(text).map(Some) }
}

impl Law {
    /// What holds by a book; by what ships alone, where there is none.
    ///
    /// # Errors
    /// `DEFECT` where a book that was checked cannot be read.
    pub(crate) fn of(book: Option<&StatuteBook>) -> Outcome<Self> {
        let shipped = SHIPPED.as_ref().map_err(|problem| Fault::defect(problem.clone()))?;
        let text = book.map(|book| book.book.as_str()).unwrap_or_default();
        let own = own(text).map_err(|violations| Fault::defect(format!("{violations:?}")))?;
        let book = book.cloned().unwrap_or_default();
        let users = |users: BTreeMap<String, i64>| -> BTreeMap<String, u64> {
            users.into_iter().map(|(kind, count)| (kind, u64::try_from(count).unwrap_or_default())).collect()
        };
        Ok(Self {
            book: own.map_or(Cow::Borrowed(shipped), |own| Cow::Owned(shipped.clone().with(own))),
            operator_kinds: book.operator_kinds.into_iter().collect(),
            jurisdictions: book.jurisdictions.into_iter().collect(),
            surroundings: Surroundings {
                national_users: users(book.national_users),
                own_users: users(book.own_users),
                emergency_calls: None,
            },
            notifier: book.notifier,
            contact: book.contact,
        })
    }
}

/// What the law asks, for people and programs.
pub(super) fn describe(law: &Law) -> DescribeRegimesResponse {
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let regime = |regime: &statute::Regime| Regime {
        regime: regime.id.clone(),
        title: regime.title.clone(),
        jurisdiction: regime.jurisdiction.clone(),
        valid_from: day(regime.valid_from),
        valid_to: day(regime.valid_to),
        superseded_by: regime.superseded_by.clone().unwrap_or_default(),
        applies_if: regime.applies_if.text().to_owned(),
        trigger: regime.trigger.text().to_owned(),
        provenance: regime.provenance.clone(),
        provisional: regime.provisional.clone(),
        stages: regime.stages.iter().map(stage).collect(),
    };
    DescribeRegimesResponse {
        edition: law.book.edition().to_owned(),
        regimes: law.book.regimes().iter().map(regime).collect(),
    }
}

fn stage(stage: &statute::Stage) -> Stage {
    let (required, rest): (Vec<_>, Vec<_>) = stage.fields.iter().partition(|field| field.required);
    Stage {
        stage: stage.id.clone(),
        title: stage.title.clone(),
        recipient: stage.recipient.clone(),
        period: stage.term.map(|term| term.period.to_string()).unwrap_or_default(),
        fields: required.into_iter().chain(rest).map(|field| field.key.clone()).collect(),
    }
}
