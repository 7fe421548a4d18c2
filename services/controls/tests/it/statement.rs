//! Statements of Applicability: a row for every control, decided, proposed, approved by somebody else, and then frozen.

use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::controls::v1::statement::State;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::statement_row_service_client::StatementRowServiceClient;
use wire::controls::v1::statement_service_client::StatementServiceClient;
use wire::controls::v1::tailoring::Kind;
use wire::controls::v1::{
    ApproveStatementRequest, CreateStatementRequest, DecideStatementRequest, DeleteScopeRequest,
    DeleteStatementRequest, GetStatementRequest, ListStatementRowsRequest, ProposeStatementRequest,
    ReviseStatementRequest, RowDecision, Scope, Statement, StatementRow, SuggestStatementRequest, Tailoring,
    UpdateScopeRequest, UpdateStatementRequest, UpdateStatementRowRequest, VerifyStatementRequest,
    WithdrawStatementRequest,
};

use crate::on_every_database;
use crate::scope::{make as scope, scopes, told};

pub(crate) const PARENT: &str = "organizations/acme";

pub(crate) type Statements = StatementServiceClient<testkit::Client>;

pub(crate) fn by(bench: &Bench, who: &str) -> Statements {
    StatementServiceClient::new(bench.client(who, &["acme"], &["administrator"]))
}

fn rows_by(bench: &Bench, who: &str) -> StatementRowServiceClient<testkit::Client> {
    StatementRowServiceClient::new(bench.client(who, &["acme"], &["administrator"]))
}

/// A statement for the scope `net`, not created yet.
pub(crate) fn draft(catalogue: &str) -> Statement {
    Statement {
        display_name: "Network".to_owned(),
        scope: format!("{PARENT}/scopes/net"),
        catalogue: format!("{PARENT}/catalogues/{catalogue}"),
        ..Default::default()
    }
}

pub(crate) async fn create(bench: &Bench, id: &str, statement: Statement) -> Result<Statement, Status> {
    let request =
        CreateStatementRequest { parent: PARENT.to_owned(), statement_id: id.to_owned(), statement: Some(statement) };
    by(bench, "ana").create_statement(request).await.map(tonic::Response::into_inner)
}

/// The scope `net`, and a statement for it.
pub(crate) async fn made(bench: &Bench, id: &str, catalogue: &str) -> Statement {
    scope(bench, "net", Scope { display_name: "Network".to_owned(), ..Default::default() }).await;
    create(bench, id, draft(catalogue)).await.unwrap()
}

/// The rows that a filter finds, in the order of the document.
pub(crate) async fn rows(bench: &Bench, statement: &str, filter: &str) -> Vec<StatementRow> {
    let request = ListStatementRowsRequest {
        parent: statement.to_owned(),
        page_size: 1000,
        filter: filter.to_owned(),
        order_by: "position".to_owned(),
        ..Default::default()
    };
    rows_by(bench, "ana").list_statement_rows(request).await.unwrap().into_inner().rows
}

pub(crate) fn id_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

pub(crate) fn row(control: &str, decision: Decision, justification: &str) -> RowDecision {
    RowDecision {
        control: control.to_owned(),
        decision: decision.into(),
        justification: justification.to_owned(),
        ..Default::default()
    }
}

pub(crate) async fn decide(bench: &Bench, name: &str, decisions: Vec<RowDecision>) -> Result<Statement, Status> {
    let request = DecideStatementRequest { name: name.to_owned(), decisions };
    by(bench, "ana").decide_statement(request).await.map(tonic::Response::into_inner)
}

/// Decides every row of a statement that a filter finds: it applies.
pub(crate) async fn decide_all(bench: &Bench, name: &str, filter: &str) -> Statement {
    let found = rows(bench, name, filter).await;
    let decisions = found.iter().map(|one| row(id_of(&one.name), Decision::Applicable, "")).collect();
    decide(bench, name, decisions).await.unwrap()
}

pub(crate) async fn propose(bench: &Bench, who: &str, name: &str) -> Result<Statement, Status> {
    let request = ProposeStatementRequest { name: name.to_owned(), ..Default::default() };
    by(bench, who).propose_statement(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn approve(bench: &Bench, who: &str, name: &str) -> Result<Statement, Status> {
    let request = ApproveStatementRequest { name: name.to_owned(), ..Default::default() };
    by(bench, who).approve_statement(request).await.map(tonic::Response::into_inner)
}

pub(crate) async fn get(bench: &Bench, name: &str) -> Statement {
    by(bench, "ana").get_statement(GetStatementRequest { name: name.to_owned() }).await.unwrap().into_inner()
}

/// A statement with every row decided, approved by bea.
pub(crate) async fn approved(bench: &Bench, id: &str) -> Statement {
    let name = made(bench, id, "x1051-2023").await.name;
    decide_all(bench, &name, "").await;
    propose(bench, "ana", &name).await.unwrap();
    approve(bench, "bea", &name).await.unwrap()
}

/// What the refusal of a precondition says: its reason, once it is one.
fn precondition(status: &Status) -> String {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    reason(status)
}

async fn patch(bench: &Bench, row: StatementRow) -> Result<StatementRow, Status> {
    let request = UpdateStatementRowRequest { row: Some(row), update_mask: None };
    rows_by(bench, "ana").update_statement_row(request).await.map(tonic::Response::into_inner)
}

async fn holds(bench: &Bench, name: &str) -> bool {
    let request = VerifyStatementRequest { name: name.to_owned() };
    by(bench, "ana").verify_statement(request).await.unwrap().into_inner().holds
}

on_every_database! {
    async fn a_statement_has_a_row_for_every_control_of_its_edition(bench) {
        let now = made(&bench, "now", "x1051-2023").await;
        assert_eq!((now.rows, now.undecided, now.kept, now.revision), (107, 107, 107, 1));
        let found = rows(&bench, &now.name, "decision = UNDECIDED").await;
        assert_eq!(found.len(), 107);
        assert_eq!(found.iter().filter(|row| id_of(&row.name).starts_with("tel-")).count(), 14);
        assert_eq!(found[0].control, "organizations/acme/catalogues/x1051-2023/controls/5.1");
        assert_eq!((found[0].label.as_str(), id_of(&found[0].name)), ("5.1", "5.1"));

        let before = create(&bench, "before", draft("x1051-2016")).await.unwrap();
        assert_eq!((before.rows, rows(&bench, &before.name, "").await.len()), (127, 127));
        // What only introduces others cannot be decided on.
        let personal = create(&bench, "personal", draft("x1058-2017")).await.unwrap();
        assert_eq!(personal.rows, 27);
        // The next statement of the same scope and catalogue is the next revision.
        assert_eq!(create(&bench, "again", draft("x1051-2023")).await.unwrap().revision, 2);

        for (statement, field) in [
            (Statement { scope: format!("{PARENT}/scopes/none"), ..draft("x1051-2023") }, "scope"),
            (draft("none"), "catalogue"),
            (Statement { catalogue: "organizations/other/catalogues/x1051-2023".to_owned(), ..draft("") }, "catalogue"),
        ] {
            let refused = create(&bench, "", statement).await.unwrap_err();
            assert_eq!(reason(&refused), "REFERENCE_MISSING", "{field}: {refused:?}");
        }
        let delete = DeleteScopeRequest { name: now.scope, etag: String::new() };
        assert_eq!(precondition(&scopes(&bench).delete_scope(delete).await.unwrap_err()), "STILL_REFERENCED");
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn many_rows_are_decided_in_one_call_or_none(bench) {
        let name = made(&bench, "s", "x1051-2023").await.name;
        let after = decide(&bench, &name, vec![row("5.1", Decision::Applicable, "law"), row("7.4", Decision::NotApplicable, "")]).await.unwrap();
        assert_eq!((after.applicable, after.not_applicable, after.undecided), (1, 1, 105));
        let decided = rows(&bench, &name, "decision = APPLICABLE").await.remove(0);
        assert_eq!((decided.decided_by.as_str(), decided.justification.as_str()), ("ana", "law"));
        assert!(decided.decide_time.is_some());

        let unknown = decide(&bench, &name, vec![row("5.2", Decision::Applicable, ""), row("9.9", Decision::Applicable, "")]).await.unwrap_err();
        assert_eq!(reason(&unknown), "CONTROL_NOT_IN_STATEMENT");
        let twice = decide(&bench, &name, vec![row("5.2", Decision::Applicable, ""), row("5.2", Decision::NotApplicable, "")]).await.unwrap_err();
        assert_eq!(reason(&twice), "FIELD_INVALID");
        let simplified = Tailoring { kind: Kind::Simplify.into(), ..Default::default() };
        let groundless = RowDecision { tailoring: Some(simplified.clone()), ..row("5.3", Decision::Applicable, "") };
        let refused = decide(&bench, &name, vec![row("5.2", Decision::Applicable, ""), groundless]).await.unwrap_err();
        assert_eq!(reason(&refused), "TAILORING_REASON_MISSING");
        assert_eq!(get(&bench, &name).await.undecided, 105, "a call that is refused decides nothing");

        // What a decision leaves empty stays as it is.
        let tailored = Tailoring { rationale: "one page is enough".to_owned(), ..simplified };
        let more = RowDecision { control: "5.1".to_owned(), owner: "CISO".to_owned(), tailoring: Some(tailored), ..Default::default() };
        decide(&bench, &name, vec![more]).await.unwrap();
        let kept = rows(&bench, &name, "tailoring = SIMPLIFY").await.remove(0);
        assert_eq!((kept.decision(), kept.justification.as_str(), kept.owner.as_str()), (Decision::Applicable, "law", "CISO"));

        // One row is changed by itself, and nobody decides any more where it is undecided again.
        let undone = patch(&bench, StatementRow { decision: Decision::Undecided.into(), ..kept }).await.unwrap();
        assert!(undone.decided_by.is_empty() && undone.decide_time.is_none());
        assert_eq!(get(&bench, &name).await.undecided, 106);
    }

    async fn nobody_approves_what_is_not_decided_nor_justified_nor_somebody_elses(bench) {
        let name = made(&bench, "s", "x1051-2023").await.name;
        decide_all(&bench, &name, "control != \"organizations/acme/catalogues/x1051-2023/controls/5.7\"").await;
        decide(&bench, &name, vec![row("7.4", Decision::NotApplicable, "")]).await.unwrap();
        for refused in [propose(&bench, "ana", &name).await.unwrap_err(), approve(&bench, "bea", &name).await.unwrap_err()] {
            assert_eq!(precondition(&refused), "STATEMENT_INCOMPLETE");
            assert!(refused.message().contains("5.7") && refused.message().contains("7.4"), "{}", refused.message());
        }
        decide(&bench, &name, vec![row("5.7", Decision::Applicable, "")]).await.unwrap();
        let refused = propose(&bench, "ana", &name).await.unwrap_err();
        assert!(refused.message().contains("7.4") && !refused.message().contains("5.7"), "{}", refused.message());
        decide(&bench, &name, vec![row("7.4", Decision::NotApplicable, "No rooms of our own.")]).await.unwrap();
        assert_eq!(precondition(&approve(&bench, "bea", &name).await.unwrap_err()), "STATE_FORBIDS");
        assert_eq!(propose(&bench, "ana", &name).await.unwrap().proposer, "ana");
        assert_eq!(reason(&approve(&bench, "ana", &name).await.unwrap_err()), "DUTIES_NOT_SEGREGATED");
        let done = approve(&bench, "bea", &name).await.unwrap();
        let approval = done.approval.clone().unwrap();
        assert_eq!((done.state(), approval.approver.as_str(), approval.digest.len()), (State::Approved, "bea", 64));
        assert!(holds(&bench, &name).await);
        assert_eq!(precondition(&approve(&bench, "cid", &name).await.unwrap_err()), "STATE_FORBIDS");

        // Who keeps statements cannot approve any, and who approves cannot decide.
        let mut keeper = StatementServiceClient::new(bench.client("kim", &["acme"], &["control-owner"]));
        let request = ApproveStatementRequest { name: name.clone(), ..Default::default() };
        assert_eq!(reason(&keeper.approve_statement(request).await.unwrap_err()), "PERMISSION_MISSING");
        let mut approver = StatementServiceClient::new(bench.client("kay", &["acme"], &["approver"]));
        let request = DecideStatementRequest { name, decisions: vec![row("5.1", Decision::Applicable, "")] };
        assert_eq!(reason(&approver.decide_statement(request).await.unwrap_err()), "PERMISSION_MISSING");
    }

    async fn what_was_proposed_is_frozen_and_goes_on_as_a_revision(bench) {
        let name = made(&bench, "s", "x1051-2023").await.name;
        let risks = RowDecision { risk_references: vec!["R7".to_owned()], ..row("5.7", Decision::Applicable, "feeds") };
        decide_all(&bench, &name, "").await;
        decide(&bench, &name, vec![risks]).await.unwrap();
        let first = rows(&bench, &name, "").await.remove(0);
        let frozen = async |way: &str| {
            let one = patch(&bench, StatementRow { owner: "Eve".to_owned(), ..first.clone() }).await.unwrap_err();
            let many = decide(&bench, &name, vec![row("5.1", Decision::Applicable, "")]).await.unwrap_err();
            let renamed = Statement { etag: String::new(), display_name: "Other".to_owned(), ..get(&bench, &name).await };
            let request = UpdateStatementRequest { statement: Some(renamed), update_mask: None };
            let whole = by(&bench, "ana").update_statement(request).await.unwrap_err();
            let asked = by(&bench, "ana").suggest_statement(SuggestStatementRequest { name: name.clone() }).await.unwrap_err();
            for refused in [one, many, whole, asked] {
                assert_eq!(precondition(&refused), "STATEMENT_FROZEN");
                assert!(refused.message().contains(way), "{}", refused.message());
            }
            let delete = DeleteStatementRequest { name: name.clone(), etag: String::new() };
            assert_eq!(precondition(&by(&bench, "ana").delete_statement(delete).await.unwrap_err()), "STATE_FORBIDS");
        };
        propose(&bench, "ana", &name).await.unwrap();
        frozen("withdraw").await;
        approve(&bench, "bea", &name).await.unwrap();
        frozen("revise").await;

        let revise = |id: &str| ReviseStatementRequest { name: name.clone(), statement_id: id.to_owned(), ..Default::default() };
        let next = by(&bench, "ana").revise_statement(revise("next")).await.unwrap().into_inner();
        assert_eq!((next.state(), next.revision, next.source.as_str(), next.applicable), (State::Draft, 2, name.as_str(), 107));
        assert!(next.approval.is_none() && next.proposer.is_empty());
        let carried = rows(&bench, &next.name, "").await.into_iter().find(|row| id_of(&row.name) == "5.7").unwrap();
        assert_eq!((carried.justification.as_str(), carried.decided_by.as_str()), ("feeds", "ana"));
        assert_eq!(carried.risk_references, ["R7"]);

        decide(&bench, &next.name, vec![row("7.4", Decision::NotApplicable, "Rented rooms.")]).await.unwrap();
        propose(&bench, "bea", &next.name).await.unwrap();
        approve(&bench, "ana", &next.name).await.unwrap();
        let before = get(&bench, &name).await;
        assert_eq!((before.state(), before.superseded_by.as_str()), (State::Superseded, next.name.as_str()));
        assert!(holds(&bench, &name).await, "what was in force can still be shown to be what was approved");
        frozen("revise").await;
        // A statement for another catalogue is another matter, and stays.
        let other = create(&bench, "old-edition", draft("x1051-2016")).await.unwrap();
        decide_all(&bench, &other.name, "").await;
        propose(&bench, "ana", &other.name).await.unwrap();
        approve(&bench, "bea", &other.name).await.unwrap();
        assert_eq!(get(&bench, &next.name).await.state(), State::Approved);

        let withdraw = WithdrawStatementRequest { name: next.name.clone(), reason: "wrong scope".to_owned(), ..Default::default() };
        let gone = by(&bench, "bea").withdraw_statement(withdraw).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.withdrawer.as_str(), gone.withdraw_reason.as_str()), (State::Withdrawn, "bea", "wrong scope"));
        let third = by(&bench, "ana").revise_statement(ReviseStatementRequest { name: next.name, ..Default::default() }).await.unwrap().into_inner();
        let delete = DeleteStatementRequest { name: third.name.clone(), etag: third.etag };
        by(&bench, "ana").delete_statement(delete).await.unwrap();
        assert_eq!(rows(&bench, &third.name, "").await, [], "a draft goes with its rows");
        testkit::ledger_holds(&bench, &controls::tables()).await;
    }

    async fn a_changed_scope_makes_the_approval_void(bench) {
        let done = approved(&bench, "s").await;
        let change = async |scope: Scope| {
            let request = UpdateScopeRequest { scope: Some(scope), update_mask: None };
            scopes(&bench).update_scope(request).await.unwrap();
        };
        let name = done.scope.clone();
        change(Scope { name: name.clone(), weight: 20_000.0, ..Default::default() }).await;
        assert_eq!(get(&bench, &done.name).await.state(), State::Approved, "how much a scope counts was not approved");
        change(Scope { name, organizational_units: vec!["Radio".to_owned()], ..Default::default() }).await;
        let void = get(&bench, &done.name).await;
        let approval = void.approval.clone().unwrap();
        assert_eq!((void.state(), approval.approver.as_str()), (State::Proposed, "bea"));
        assert!(approval.void_time.is_some() && approval.void_reason.contains("ana"), "{approval:?}");
        assert!(!holds(&bench, &done.name).await);
        let again = approve(&bench, "bea", &done.name).await.unwrap();
        assert!(again.approval.is_some_and(|given| given.void_time.is_none() && given.digest != approval.digest));
        assert!(holds(&bench, &done.name).await);
    }

    async fn what_was_tampered_with_is_found(bench) {
        let done = approved(&bench, "s").await;
        // Somebody with the database in hand, past the service.
        let mut tx = bench.database.begin(&crate::scope::service()).await.unwrap();
        tx.run(tx.sql("UPDATE statement_row SET decision = 'NOT_APPLICABLE' WHERE id = 's/8.8'")).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!holds(&bench, &done.name).await);
    }

    async fn of_several_approvals_at_once_one_is_in_force(bench) {
        made(&bench, "s0", "x1051-2023").await;
        let mut names = Vec::new();
        for id in ["s0", "s1", "s2"] {
            let name = format!("{PARENT}/statements/{id}");
            if id != "s0" {
                create(&bench, id, draft("x1051-2023")).await.unwrap();
            }
            decide_all(&bench, &name, "").await;
            propose(&bench, "ana", &name).await.unwrap();
            names.push(name);
        }
        // Each statement is approved twice, all at the same moment.
        let calls = names.iter().flat_map(|name| ["bea", "cid"].map(|who| approve(&bench, who, name)));
        let outcomes = futures::future::join_all(calls).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3, "{outcomes:?}");
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(precondition(&refused), "STATE_FORBIDS");
        }
        let mut states = Vec::new();
        for name in &names {
            states.push(get(&bench, name).await.state());
        }
        assert_eq!(states.iter().filter(|&&state| state == State::Approved).count(), 1, "{states:?}");
        assert_eq!(states.iter().filter(|&&state| state == State::Superseded).count(), 2, "{states:?}");
    }

    async fn no_row_changes_behind_an_approval(bench) {
        let name = made(&bench, "s", "x1051-2023").await.name;
        decide_all(&bench, &name, "").await;
        let all = rows(&bench, &name, "").await;
        // Twenty people change rows while somebody proposes: each change is either in what is proposed, or refused.
        let changes = all.iter().take(20).map(|row| patch(&bench, StatementRow { owner: "Eve".to_owned(), etag: String::new(), ..row.clone() }));
        let (proposed, changed) = tokio::join!(propose(&bench, "ana", &name), futures::future::join_all(changes));
        proposed.unwrap();
        let done = approve(&bench, "bea", &name).await.unwrap();
        let written = changed.iter().filter(|outcome| outcome.is_ok()).count();
        for refused in changed.into_iter().filter_map(Result::err) {
            assert_eq!(precondition(&refused), "STATEMENT_FROZEN");
        }
        assert_eq!(rows(&bench, &done.name, "owner = \"Eve\"").await.len(), written);
        assert!(holds(&bench, &name).await);
    }

    async fn the_estate_suggests_and_nothing_is_decided_by_it(bench) {
        told(&bench, &[
            ("site", "peak", "isolated-area", ""), ("site", "hq", "office", ""), ("interconnect", "transit", "ip-transit", ""),
            ("asset", "mast", "gnodeb", "peak"),
        ]).await;
        let sites = |id: &str| vec![format!("{PARENT}/sites/{id}")];
        scope(&bench, "net", Scope { display_name: "Radio".to_owned(), sites: sites("peak"), ..Default::default() }).await;
        scope(&bench, "office", Scope { display_name: "Office".to_owned(), sites: sites("hq"), ..Default::default() }).await;
        let radio = create(&bench, "radio", draft("x1051-2023")).await.unwrap();
        let office = Statement { scope: format!("{PARENT}/scopes/office"), ..draft("x1051-2023") };
        let office = create(&bench, "office", office).await.unwrap();
        decide(&bench, &radio.name, vec![row("tel-isolated", Decision::NotApplicable, "We rent.")]).await.unwrap();
        let suggest = async |name: &str| {
            let request = SuggestStatementRequest { name: name.to_owned() };
            by(&bench, "ana").suggest_statement(request).await.unwrap().into_inner()
        };
        let ids = |rows: &[StatementRow]| rows.iter().map(|row| id_of(&row.name).to_owned()).collect::<Vec<_>>();
        let found = suggest(&radio.name).await;
        assert_eq!(ids(&found.rows), ["tel-carrier-auth", "tel-interconnect", "tel-isolated"]);
        let isolated = found.rows.last().unwrap();
        assert_eq!((isolated.decision(), isolated.justification.as_str()), (Decision::NotApplicable, "We rent."));
        let suggestion = isolated.suggestion.clone().unwrap();
        assert_eq!((suggestion.decision(), suggestion.grounds[0].rule.as_str()), (Decision::Applicable, "isolated-area"));
        assert_eq!(rows(&bench, &radio.name, "suggestion = APPLICABLE AND decision = UNDECIDED").await.len(), 2);
        // The radio site is none of the office's; an interconnect is at no site, and so everybody's.
        assert_eq!(ids(&suggest(&office.name).await.rows), ["tel-interconnect"]);
        // Asked again, nothing is written that is not new; what the estate no longer asks for goes.
        let again = suggest(&radio.name).await;
        assert_eq!(again.rows, found.rows);
        let mut tx = bench.database.begin(&crate::scope::service()).await.unwrap();
        tx.run(tx.sql("DELETE FROM estate_thing WHERE kind = 'interconnect'")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ids(&suggest(&office.name).await.rows), [] as [&str; 0]);
    }
}
