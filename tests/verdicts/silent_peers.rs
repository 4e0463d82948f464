//! Requests that wait for somebody outside who says nothing, and waits that only look like it.

use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind, SecondParty};
use hangspy::snapshot::{Awaited, Connection, Known, TaskSample, ThreadId, Traffic, Why};

use super::scenes::{LOOKS, Line, PID, POLL, Scene, Shot, tcp, waiting};
use super::served::{LONG, Served, bytes, task, upstream};
use super::{assert_healthy, assert_verdict, first, report};

const READ: &[Line<'_>] = &[("async _wait_for_data", "asyncio/streams.py", 542)];
const FETCH: &[Line<'_>] = &[("async fetch", "/srv/app.py", 14)];
const QUOTE: &[Line<'_>] = &[("async quote", "/srv/app.py", 31)];

/// What is different about a connection.
type Change = fn(&mut Connection);

/// A request whose own task waits for an upstream in `fetch`, told with changes.
fn asked(change: impl Fn(&mut Served)) -> Scene {
    let mut served = Served::new();
    served.task(1, &[READ, FETCH, QUOTE], bytes(7, false));
    served.request(1, 12);
    served.connections = vec![upstream(7, LONG)];
    change(&mut served);
    served.told()
}

#[test]
fn an_upstream_that_never_answers_is_named_with_how_long_it_is_silent() {
    let scene = asked(|served| {
        served.task(2, &[READ, FETCH, QUOTE], bytes(8, false));
        served.request(2, 13);
        served.connections.push(upstream(8, LONG + 2));
    });
    assert_verdict("a silent upstream", &scene, Kind::SlowRequests, Cause::NoTimeout, "fetch", Some("fetch"));
    let said = report(&scene);
    let verdict = first(&said);
    assert_eq!((said.verdicts.len(), verdict.confidence, verdict.since_s), (1, Confidence::Likely, Some(16.0)));
    assert_eq!(
        verdict.summary,
        "2 requests wait in fetch (app.py:14) for an answer from 10.0.3.7:5432, which has sent nothing for 16 s, and no \
         timeout ends that"
    );
    let party = SecondParty::Peer { address: "10.0.3.7:5432".to_owned(), service: Some("postgresql".to_owned()) };
    assert_eq!(verdict.second_party, party);
    assert_eq!(verdict.hurts, ["2 times GET /quote"]);
    let counted = "by the kernel's count 2 connections behind them received nothing for 14 s at least";
    assert!(verdict.evidence.iter().any(|line| line == counted), "{:?}", verdict.evidence);
}

#[test]
fn a_timeout_makes_it_slow_and_not_endless() {
    let timed = |number: usize| move |served: &mut Served| served.tasks[number].timed = true;
    assert_verdict("its own", &asked(timed(0)), Kind::SlowRequests, Cause::SocketRead, "fetch", Some("fetch"));
    let around = asked(|served| {
        served.task(2, &[QUOTE], Awaited::Task(task(1))).timed = true;
        served.tasks[0].awaited_by = vec![task(2)];
    });
    assert_verdict("of who waits for it", &around, Kind::SlowRequests, Cause::SocketRead, "fetch", Some("fetch"));
    assert!(first(&report(&around)).summary.ends_with("; a timeout will end that"));
}

/// A request whose task waits for others, of which the second waits for the upstream.
fn asked_through(on: Awaited, other: Awaited) -> Scene {
    asked(|served| {
        served.tasks.clear();
        served.task(1, &[QUOTE], on.clone());
        served.task(2, &[READ, FETCH], bytes(7, false));
        served.task(3, &[READ, QUOTE], other.clone());
    })
}

#[test]
fn a_request_is_followed_through_the_tasks_that_it_waits_for() {
    let both = Awaited::Gather { children: 2, pending: vec![task(2), task(3)] };
    for (story, on) in [("one", Awaited::Task(task(2))), ("several", both.clone())] {
        let scene = asked_through(on, Awaited::Future);
        assert_verdict(story, &scene, Kind::SlowRequests, Cause::NoTimeout, "fetch", Some("fetch"));
    }
    let sleep = Awaited::Sleep { until: Known::Unknown(Why::NotRead) };
    assert_healthy("a timeout made by hand", &asked_through(both, sleep));
}

#[test]
fn what_says_nothing_for_a_while_is_no_trouble() {
    let with = |change: Change| asked(move |served| change(&mut served.connections[0]));
    let stories: [(&str, Change); 7] = [
        ("a slow answer", |connection| *connection = upstream(7, 9)),
        ("asked just now", |connection| {
            let (asked, answered) = (Duration::from_secs(3), Duration::from_secs(60));
            let traffic = Traffic { last_sent: asked, last_received: answered, acknowledged: 9, received: 9 };
            connection.traffic = Known::Is(traffic);
        }),
        ("nobody counted", |connection| connection.traffic = Known::Unknown(Why::NotPermitted)),
        ("an answer to be read", |connection| connection.unread = 9),
        ("the other end has closed", |connection| connection.state = "CLOSE-WAIT".to_owned()),
        ("a client's connection", |connection| connection.local = "10.0.0.5:8000".to_owned()),
        ("another descriptor", |connection| connection.descriptor = 9),
    ];
    for (story, change) in stories {
        assert_healthy(story, &with(change));
    }
    let task = |change: fn(&mut TaskSample)| asked(move |served| change(&mut served.tasks[0]));
    assert_healthy(
        "another connection by now",
        &task(|task| {
            if let Known::Is(Some(wait)) = &mut task.wait {
                let peer = Known::Is("10.0.3.8:5432".to_owned());
                wait.on = Awaited::Connection { peer, descriptor: Known::Is(7), sends: false };
            }
        }),
    );
}

#[test]
fn streams_and_websockets_are_silent_on_purpose() {
    for started in [Known::Is(true), Known::Unknown(Why::NotInThisPython)] {
        assert_healthy("a response that may have begun", &asked(|served| served.requests[0].answering = started));
    }
    let beside = asked(|served| served.requests.clear());
    assert_verdict("no request", &beside, Kind::JobStuck, Cause::SocketRead, "fetch", Some("fetch"));
}

#[test]
fn a_subscriber_of_redis_waits_on_purpose() {
    let redis = "site-packages/redis/asyncio/client.py";
    for function in ["async listen", "async get_message", "async execute_command"] {
        let scene = asked(|served| {
            served.tasks.clear();
            served.task(1, &[READ, &[(function, redis, 1200)], FETCH], bytes(7, false));
        });
        match function {
            "async execute_command" => {
                assert_verdict(function, &scene, Kind::SlowRequests, Cause::NoTimeout, "fetch", Some("fetch"));
            }
            _ => assert_healthy(function, &scene),
        }
    }
}

/// A `def` endpoint whose worker thread waits in a call for the upstream.
fn in_thread(number: u32, arguments: [u64; 6], ran_at: u64) -> Scene {
    let mut served = Served::new();
    let idle = served.scene.idle_stack();
    let worker = served.scene.stack(&[
        &[("readinto", "socket.py", 707), ("fetch", "/srv/app.py", 14), ("invoice", "/srv/app.py", 20)],
        &[("run", "site-packages/anyio/_backends/_asyncio.py", 986)],
    ]);
    for look in 0..LOOKS {
        let main = waiting(idle, 232, [POLL as u64, 0, 0, u64::MAX, 0, 0]).no_step();
        let shot = waiting(worker, number, arguments).on(tcp(7, "10.0.3.7:5432", "ESTAB")).no_step();
        let shot = Shot { on_cpu_ns: u64::from(look >= ran_at), ..shot };
        served.scene.look(main, vec![(PID + 1, shot)]);
    }
    served.task(1, &[QUOTE], Awaited::Executor { thread: Known::Is(ThreadId(PID + 1)) });
    served.request(1, 12).thread = Known::Is(Some(ThreadId(PID + 1)));
    served.connections = vec![upstream(7, LONG)];
    served.told()
}

#[test]
fn a_worker_thread_waits_for_a_silent_upstream_too() {
    let reading = in_thread(45, [7, 0, 0, 0, 0, 0], 0);
    assert_verdict("recvfrom", &reading, Kind::SlowRequests, Cause::NoTimeout, "fetch", None);
    let polling = in_thread(7, [0x7000, 1, 600_000, 0, 0, 0], 0);
    assert_verdict("poll with a timeout", &polling, Kind::SlowRequests, Cause::SocketRead, "fetch", None);
    let for_ever = in_thread(7, [0x7000, 1, 0xffff_ffff, 0, 0, 0], 0);
    assert_verdict("poll without", &for_ever, Kind::SlowRequests, Cause::NoTimeout, "fetch", None);
    assert_healthy("it moved a second ago", &in_thread(45, [7, 0, 0, 0, 0, 0], LOOKS - 50));
}
