//! Work beside the requests that is owed an answer, and work that waits for news.

use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind};
use hangspy::snapshot::{Connection, Known, Traffic};

use super::scenes::{Line, Scene};
use super::served::{LONG, Served, bytes, upstream};
use super::{assert_healthy, assert_verdict, first, report};

const READ: &[Line<'_>] = &[("async _wait_for_data", "asyncio/streams.py", 542)];
const POLL: &[Line<'_>] = &[("async poll_feed", "/srv/app.py", 14)];

/// A task that no request started waits for a connection.
fn polls(connection: Connection, timed: bool) -> Scene {
    let mut served = Served::new();
    served.task(1, &[READ, POLL], bytes(7, false)).timed = timed;
    served.connections = vec![connection];
    served.told()
}

/// A connection on which the other end said something last.
fn subscribed() -> Connection {
    let (asked, answered) = (Duration::from_secs(LONG + 20), Duration::from_secs(LONG));
    let traffic = Traffic { last_sent: asked, last_received: answered, acknowledged: 9, received: 9 };
    Connection { traffic: Known::Is(traffic), ..upstream(7, LONG) }
}

#[test]
fn a_task_beside_the_requests_that_is_owed_an_answer_is_told() {
    let scene = polls(upstream(7, LONG), false);
    assert_verdict("an answer is owed", &scene, Kind::JobStuck, Cause::SocketRead, "poll_feed", Some("poll_feed"));
    let said = report(&scene);
    let verdict = first(&said);
    assert_eq!((verdict.confidence, verdict.since_s), (Confidence::Possible, Some(14.0)));
    assert_eq!(
        verdict.summary,
        "job poll_feed has waited for 14 s in poll_feed (app.py:14) for an answer from 10.0.3.7:5432, and no timeout ends that"
    );
}

#[test]
fn a_task_that_waits_for_news_or_for_no_longer_than_it_may_is_well() {
    assert_healthy("the other end said something last", &polls(subscribed(), false));
    assert_healthy("a timeout ends it", &polls(upstream(7, LONG), true));
    assert_healthy("an ordinary slow answer", &polls(upstream(7, 9), false));
}
