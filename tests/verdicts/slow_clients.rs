//! Clients that take no data: who waits with them, and who does not.

use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind, SecondParty};
use hangspy::snapshot::{Address, Awaited, Known, PrimitiveKind, PrimitiveSample, TaskHold, Traffic, Why};

use super::scenes::{Line, Scene};
use super::served::{Served, bytes, client, task};
use super::{assert_healthy, assert_verdict, first, report};

const DRAIN: &[Line<'_>] = &[
    ("async _drain_helper", "site-packages/websockets/legacy/protocol.py", 315),
    ("async send_text", "site-packages/starlette/websockets.py", 166),
];
const BROADCAST: &[Line<'_>] = &[("async broadcast", "/srv/app.py", 14)];
const RECEIVE: &[Line<'_>] = &[("async live", "/srv/app.py", 31)];
const RESPONSE: &[Line<'_>] = &[("async drain", "site-packages/uvicorn/protocols/http/flow_control.py", 19)];
const ACQUIRE: &[Line<'_>] =
    &[("async acquire", "asyncio/locks.py", 113), ("async __aenter__", "asyncio/locks.py", 15)];
const POST: &[Line<'_>] = &[("async post", "/srv/app.py", 50)];

/// The client that takes nothing, and two others with a WebSocket.
const DEAF: i32 = 20;
const OTHERS: [i32; 2] = [21, 22];

/// Three WebSockets, and a task of its own that waits to send to the first of them; told with changes.
fn broadcast(change: impl Fn(&mut Served)) -> Scene {
    let mut served = Served::new();
    served.task(0, &[DRAIN, BROADCAST], bytes(DEAF, true));
    served.connections = vec![client(DEAF, 300_000)];
    for (number, descriptor) in (1..).zip([DEAF, OTHERS[0], OTHERS[1]]) {
        served.task(number, &[RECEIVE], Awaited::Future);
        served.websocket(number, descriptor);
    }
    served.connections.extend(OTHERS.map(|descriptor| client(descriptor, 0)));
    change(&mut served);
    served.told()
}

fn observed(scene: &Scene, words: &str) {
    let said = report(scene);
    assert!(said.observations.iter().any(|fact| fact.summary == words), "{:?}", said.observations);
}

#[test]
fn one_client_that_does_not_read_stops_what_is_sent_to_all() {
    let scene = broadcast(|_| ());
    assert_verdict("a broadcast", &scene, Kind::SlowRequests, Cause::SlowClient, "broadcast", Some("broadcast"));
    let said = report(&scene);
    let verdict = first(&said);
    assert_eq!(verdict.confidence, Confidence::Likely);
    assert_eq!(
        verdict.summary,
        "broadcast (app.py:14) waits for the client 10.0.0.9:50020 to take data, and 2 other clients with it"
    );
    assert_eq!(verdict.second_party, SecondParty::Peer { address: "10.0.0.9:50020".to_owned(), service: None });
    assert_eq!(verdict.hurts, ["2 other clients"]);
}

#[test]
fn a_broadcast_that_waits_for_its_sendings_is_to_blame_too() {
    let scene = broadcast(|served| {
        served.tasks.remove(0);
        served.task(0, &[DRAIN], bytes(DEAF, true)).awaited_by = vec![task(9)];
        served.task(9, &[BROADCAST], Awaited::Gather { children: 3, pending: vec![task(0)] });
    });
    assert_verdict("gather", &scene, Kind::SlowRequests, Cause::SlowClient, "broadcast", Some("broadcast"));
}

#[test]
fn a_sender_for_each_client_harms_nobody_else() {
    let served_on = broadcast(|served| {
        let sent = Traffic {
            last_sent: Duration::from_millis(10),
            last_received: Duration::ZERO,
            acknowledged: 900_000,
            received: 200,
        };
        served.connections[1].traffic = Known::Is(sent);
    });
    assert_healthy("another client is sent something", &served_on);
    observed(&served_on, "10.0.0.9:50020 takes no data, 293 KiB wait to be sent");
    let each = broadcast(|served| {
        served.task(8, &[BROADCAST], Awaited::Future);
    });
    assert_healthy("another task does the same for another client", &each);
    let idle = broadcast(|served| {
        for connection in &mut served.connections[1..] {
            connection.traffic = connection.traffic.map(|traffic| Traffic { acknowledged: 900, ..traffic });
        }
    });
    assert_healthy("the others were never sent as much", &idle);
    let uncounted = broadcast(|served| {
        served.connections.iter_mut().for_each(|connection| connection.traffic = Known::Unknown(Why::NotPermitted));
    });
    assert_healthy("nobody counted", &uncounted);
}

#[test]
fn a_client_that_takes_something_is_not_stuck() {
    let taken = broadcast(|served| {
        served.before = served.connections.clone();
        let first = &mut served.before[0];
        first.traffic = first.traffic.map(|traffic| Traffic { acknowledged: traffic.acknowledged - 1, ..traffic });
    });
    assert_healthy("some was acknowledged", &taken);
    let shrunk = broadcast(|served| {
        served.before = served.connections.clone();
        served.before[0].unsent += 1;
    });
    assert_healthy("the queue became shorter", &shrunk);
}

#[test]
fn a_client_that_only_delays_itself_is_an_observation() {
    let words = "10.0.0.9:50020 takes no data, 293 KiB wait to be sent; only its own request waits for that";
    let handler = broadcast(|served| {
        served.tasks.remove(0);
        served.tasks.remove(0);
        served.task(1, &[DRAIN, BROADCAST], bytes(DEAF, true));
    });
    assert_healthy("its own handler", &handler);
    observed(&handler, words);
    let download = broadcast(|served| {
        served.tasks.remove(0);
        served.requests.clear();
        served.task(0, &[RESPONSE, BROADCAST], bytes(DEAF, true));
    });
    assert_healthy("a response", &download);
    observed(&download, words);
}

#[test]
fn the_handler_of_another_client_suffers() {
    let scene = broadcast(|served| {
        served.tasks.remove(2);
        served.tasks.remove(0);
        served.task(2, &[DRAIN, BROADCAST, RECEIVE], bytes(DEAF, true));
    });
    assert_verdict("sent by a handler", &scene, Kind::SlowRequests, Cause::SlowClient, "broadcast", Some("broadcast"));
    assert_eq!(first(&report(&scene)).hurts, ["WEBSOCKET /live of 10.0.0.9:51234"]);
}

/// The client's own handler holds a lock while it sends, which so many wait for.
fn under_lock(waiters: u64) -> Scene {
    broadcast(|served| {
        served.tasks.remove(1);
        served.tasks.remove(0);
        served.task(1, &[DRAIN, BROADCAST], bytes(DEAF, true));
        for number in 10..10 + waiters {
            served.task(number, &[ACQUIRE, POST], Awaited::Primitive(Address(0x9000)));
        }
        let frame = served.scene.frame(BROADCAST[0]);
        served.primitives = vec![PrimitiveSample {
            address: Address(0x9000),
            kind: PrimitiveKind::Lock,
            value: Known::Is(1),
            limit: Known::Is(None),
            waiters: (10..10 + waiters).map(task).collect(),
            waiting: waiters,
            putting: 0,
            holders: vec![TaskHold { task: task(1), frame }],
        }];
    })
}

#[test]
fn a_lock_held_while_a_client_takes_nothing_is_the_clients_doing() {
    let scene = under_lock(3);
    assert_verdict("a lock", &scene, Kind::SlowRequests, Cause::SlowClient, "broadcast", Some("broadcast"));
    assert_eq!(
        first(&report(&scene)).summary,
        "3 tasks wait for an asyncio.Lock that broadcast (app.py:14) holds while it waits for the client 10.0.0.9:50020 \
         to take data"
    );
    assert_healthy("one waits, perhaps to send to the same client", &under_lock(1));
}
