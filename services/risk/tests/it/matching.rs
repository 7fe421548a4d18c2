//! Matching of vulnerabilities and advisories to the assets of the registry.

use testkit::{Bench, ledger_holds, reason};
use wire::assets::v1::Asset;
use wire::risk::v1 as api;
use wire::risk::v1::finding::basis::Method;
use wire::risk::v1::finding::{Justification, State};
use wire::risk::v1::import_vulnerabilities_start::Source as From;
use wire::risk::v1::{MatchFindingsRequest, MatchFindingsResponse};

use crate::advisory::{self, VEX};
use crate::finding::{PARENT, by, get, list, verify, written};
use crate::on_every_database;
use crate::source::Source;
use crate::vulnerability::{KEV, RECORD, import, records, start};
use intake::vulnerabilities::VulnerabilityFormat;

/// An asset of the registry.
fn asset(id: &str, vendor: &str, model: &str, version: &str) -> Asset {
    Asset {
        name: format!("{PARENT}/assets/{id}"),
        display_name: id.to_owned(),
        vendor: vendor.to_owned(),
        model: model.to_owned(),
        software_version: version.to_owned(),
        ..Asset::default()
    }
}

/// Tells of assets, and follows.
async fn estate(bench: &Bench, all: &[Asset]) -> (Source, feed::Running) {
    let source = Source::new("assets");
    for one in all {
        source.tell(&one.name, None, Some(one));
    }
    let running = source.follow(&bench.database).await;
    (source, running)
}

async fn matched(bench: &Bench, filter: &str, least: f64) -> MatchFindingsResponse {
    let request = MatchFindingsRequest {
        parent: PARENT.to_owned(),
        filter: filter.to_owned(),
        min_confidence: least,
        validate_only: false,
    };
    by(bench, "feed", "integrator").match_findings(request).await.unwrap().into_inner()
}

async fn bring(bench: &Bench) {
    import(bench, start(From::Cve), records(VulnerabilityFormat::Cve, RECORD.as_bytes()).0).await.unwrap();
    import(bench, start(From::Kev), records(VulnerabilityFormat::Kev, KEV.as_bytes()).0).await.unwrap();
}

on_every_database! {
    async fn assets_with_an_affected_version_are_found_once_and_again_where_they_reappear(bench) {
        bring(&bench).await;
        let all = [
            asset("old", "Example Networks", "Router OS", "7.1.3"),
            asset("older", "EXAMPLE Networks", "router-os", "7.0"),
            asset("new", "Example Networks", "Router OS", "7.2"),
            asset("unsaid", "Example Networks", "Router OS", ""),
            asset("other", "Example Networks", "Switch OS", "7.1"),
            asset("mail", "Example", "Mail", "1.0"),
            asset("plain", "", "", ""),
        ];
        let (source, running) = estate(&bench, &all).await;
        let counted = MatchFindingsRequest { parent: PARENT.to_owned(), validate_only: true, ..Default::default() };
        let counted = by(&bench, "feed", "integrator").match_findings(counted).await.unwrap().into_inner();
        assert_eq!((counted.matched, counted.created), (3, 0));
        let first = matched(&bench, "", 0.0).await;
        assert_eq!((first.matched, first.created, first.unsure, first.more), (3, 3, 1, false), "{first:?}");
        let found = list(&bench, "state=OPEN").await;
        let mut of: Vec<(&str, Method, f64)> = found.iter().map(|one| {
            let basis = one.r#match.as_ref().unwrap();
            (one.asset.rsplit('/').next().unwrap(), basis.method(), basis.confidence)
        }).collect();
        of.sort_by(|one, other| one.0.cmp(other.0));
        assert_eq!(of, [("old", Method::Cpe, 0.95), ("older", Method::Cpe, 0.95), ("unsaid", Method::Cpe, 0.5)]);
        assert!(found.iter().all(|one| one.known_exploited && one.cvss == 7.5 && one.due_reason.starts_with("known")));

        let before = written(&bench).await;
        let again = matched(&bench, "", 0.0).await;
        assert_eq!((again.created, again.reopened, again.seen, again.unchanged), (0, 0, 0, 3));
        assert_eq!(written(&bench).await, before);

        let id = found.iter().find(|one| one.asset.ends_with("/old")).unwrap().name.rsplit('/').next().unwrap().to_owned();
        let fix = api::FixFindingRequest { name: format!("{PARENT}/findings/{id}"), ..Default::default() };
        by(&bench, "ana", "risk-manager").fix_finding(fix).await.unwrap();
        verify(&bench, &id).await.unwrap();
        let back = matched(&bench, "", 0.0).await;
        assert_eq!((back.created, back.reopened, back.unchanged), (0, 1, 2));
        let reopened = get(&bench, &id).await;
        assert_eq!((reopened.state(), reopened.reopen_count), (State::Reopened, 1));
        assert!(reopened.state_reason.contains("7.1.3"), "{}", reopened.state_reason);

        // A list names products without versions: only who asks for that gets it.
        let vague = matched(&bench, "known_exploited=true AND kev=true", 0.3).await;
        assert_eq!((vague.created, vague.unsure), (1, 0), "{vague:?}");
        let none = matched(&bench, "cvss>9.9", 0.3).await;
        assert_eq!((none.matched, none.created), (0, 0));
        // Once repaired it is not found any more.
        source.tell(&all[0].name, Some(&all[0]), Some(&asset("old", "Example Networks", "Router OS", "7.2.1")));
        source.taken_in(&running).await;
        assert_eq!(matched(&bench, "", 0.0).await.matched, 2);
        ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn what_an_advisory_says_counts_for_findings_before_and_after(bench) {
        bring(&bench).await;
        let all = [asset("old", "Example Networks", "Router OS", "7.1.3"), asset("lab", "Example Networks", "Router OS", "7.0.1")];
        let (_source, _running) = estate(&bench, &all).await;
        assert_eq!(matched(&bench, "", 0.0).await.created, 2);
        let done = advisory::import(&bench, advisory::records(VEX.as_bytes())).await.unwrap();
        assert_eq!((done.created, done.not_affected), (1, 1), "{:?}", done.rejected_records);
        let no = list(&bench, "state=NOT_AFFECTED").await;
        assert_eq!((no.len(), no[0].justification()), (1, Justification::VulnerableCodeNotPresent));
        assert!(no[0].asset.ends_with("/lab") && no[0].advisory.ends_with("/advisories/ex-2025-1"), "{no:?}");
        let before = written(&bench).await;
        let again = advisory::import(&bench, advisory::records(VEX.as_bytes())).await.unwrap();
        assert_eq!((again.unchanged, again.not_affected), (1, 0));
        let same = matched(&bench, "", 0.0).await;
        assert_eq!((same.created, same.not_affected), (0, 0));
        assert_eq!(written(&bench).await, before);
        ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn an_advisory_alone_finds_assets_and_says_who_is_not_affected(bench) {
        let all = [asset("old", "Example Networks", "Router OS", "7.1.3"), asset("lab", "Example Networks", "Router OS", "7.0.1")];
        let (_source, _running) = estate(&bench, &all).await;
        advisory::import(&bench, advisory::records(VEX.as_bytes())).await.unwrap();
        let done = matched(&bench, "", 0.0).await;
        assert_eq!((done.created, done.not_affected), (1, 0), "{done:?}");
        let found = list(&bench, "").await;
        assert_eq!(found[0].r#match.as_ref().map(|basis| (basis.method(), basis.confidence)), Some((Method::Advisory, 0.9)));
    }

    async fn a_filter_that_is_none_is_refused(bench) {
        let request = MatchFindingsRequest { parent: PARENT.to_owned(), filter: "colour=red".to_owned(), ..Default::default() };
        let (_source, _running) = estate(&bench, &[asset("old", "Example Networks", "Router OS", "7.1")]).await;
        let refused = by(&bench, "feed", "integrator").match_findings(request).await.unwrap_err();
        assert_eq!(reason(&refused), "FILTER_INVALID");
    }
}
