//! How the register went: what was true at the end of each day is told, and stays told.

use wire::risk::v1 as api;
use wire::risk::v1::Risk;
use wire::risk::v1::risk::{Consequences, State};
use wire::risk::v1::trend_risks_response::Point;

use crate::register::{DAY, PARENT, bring, close, create, managed, manual, signalling, update};

/// The points of the last days: count, above the appetite, the levels from 0, not scored.
async fn trend(bench: &testkit::Bench, days: i32) -> Vec<(i64, i64, Vec<i64>, i64)> {
    let request = api::TrendRisksRequest { parent: PARENT.to_owned(), days, ..Default::default() };
    let told = managed(bench).trend_risks(request).await.unwrap().into_inner();
    assert_eq!((told.level_labels.len(), told.criteria.ends_with("/matrix-5x5")), (5, true));
    assert!(told.points.is_sorted_by(|one, next| one.date < next.date), "{:?}", told.points);
    let of = |point: Point| (point.count, point.above_appetite, point.levels, point.unscored);
    told.points.into_iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_day_stands_as_it_ended() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        assert_eq!(trend(&bench, 0).await, []);
        // Very likely and critical is high, which is above the appetite.
        bring(&bench, "high", signalling(), State::Evaluated, 0).await;
        create(&bench, "unknown", Risk { likelihood: 0, ..signalling() }).await.unwrap();
        let first = (2, 1, vec![0, 0, 0, 1, 0], 1);
        assert_eq!(trend(&bench, 0).await, std::slice::from_ref(&first));
        clock.advance(2 * DAY);
        let low = Consequences { availability: 1, ..Default::default() };
        update(
            &bench,
            "unknown",
            Risk { likelihood: 1, consequences: Some(low), ..signalling() },
            &["likelihood", "consequences"],
        )
        .await
        .unwrap();
        let second = (2, 1, vec![1, 0, 0, 1, 0], 0);
        assert_eq!(trend(&bench, 0).await, [first.clone(), first.clone(), second.clone()]);
        clock.advance(DAY);
        close(&bench, "high").await.unwrap();
        let last = (1, 0, vec![1, 0, 0, 0, 0], 0);
        assert_eq!(trend(&bench, 0).await, [first.clone(), first.clone(), second.clone(), last.clone()]);
        // Asked for fewer days, the first of them stands as the one before it that is known.
        assert_eq!(trend(&bench, 2).await, [first, second, last.clone()]);
        clock.advance(40 * DAY);
        assert_eq!(trend(&bench, 1).await, [last.clone(), last], "nothing changes, and the register is there still");
    }
}
