//! What is said about requests in flight, and about there being none.

use std::time::Duration;

use hangspy::report::Kind;
use hangspy::snapshot::{
    Address, Census, Connection, Known, Listener, Moment, RequestSample, StackId, TaskCensus, TaskGroup, TaskPhase,
    ThreadId, Traffic,
};

use super::scenes::{LOOKS, PERIOD, PID, POLL, START, Scene, waiting};
use super::{first, report};

const WORKER: &[super::Line<'_>] =
    &[("export", "/srv/app.py", 7), ("run", "site-packages/anyio/_backends/_asyncio.py", 986)];

/// uvicorn whose loop is idle, with one worker thread, and requests at two looks.
fn server(requests: impl Fn(u64) -> Vec<RequestSample>) -> Scene {
    serving("site-packages/uvicorn/server.py", requests)
}

/// As [`server`], of the server whose main task is in this file.
fn serving(file: &str, requests: impl Fn(u64) -> Vec<RequestSample>) -> Scene {
    let mut scene = Scene::new();
    let main = scene.stack(&[&[("main_loop", file, 248)]]);
    let serves = TaskGroup { chain: Known::Is(main), phase: TaskPhase::Waiting, count: 1 };
    let tasks = TaskCensus { found: 1, groups: vec![serves], ..TaskCensus::default() };
    let (idle, worker): (StackId, StackId) = (scene.idle_stack(), scene.stack(&[WORKER]));
    for _ in 0..LOOKS {
        let main = waiting(idle, 232, [POLL as u64, 0, 0, u64::MAX, 0, 0]).no_step();
        scene.look(main, vec![(PID + 1, waiting(worker, 230, [0; 6]).no_step())]);
    }
    for (number, look) in [(0, 10), (1, LOOKS)] {
        scene.recording.censuses.push(Census {
            at: Moment(START + look * PERIOD),
            took: Duration::from_millis(2),
            tasks: Known::Is(tasks.clone()),
            pools: Vec::new(),
            crews: Vec::new(),
            requests: requests(number),
            handovers: Vec::new(),
            gaps: Vec::new(),
        });
    }
    scene
}

fn request(address: u64, path: &str) -> RequestSample {
    RequestSample {
        address: Address(address),
        method: Known::Is("GET".to_owned()),
        path: Known::Is(path.to_owned()),
        client: Known::Is("10.0.0.9:51234".to_owned()),
        protocol: Known::Is("h11".to_owned()),
        request_id: Known::Is(None),
        answering: Known::Is(false),
        began: Known::default(),
        task: Known::Is(Address(0x5000)),
        thread: Known::Is(Some(ThreadId(PID + 1))),
        descriptor: Known::Is(12),
    }
}

#[test]
fn a_request_is_as_old_as_it_was_seen_and_where_its_thread_is() {
    let said = report(&server(|look| match look {
        0 => vec![request(1, "/export")],
        _ => vec![request(2, "/new"), request(1, "/export")],
    }));
    let seen: Vec<(Option<&str>, bool)> = said
        .requests
        .iter()
        .map(|request| (request.path.get().map(String::as_str), request.seen_for_s > 2.0))
        .collect();
    assert_eq!(seen, [(Some("/export"), true), (Some("/new"), false)]);
    let place = said.requests[0].place.as_ref();
    assert_eq!(place.map(|place| place.function.as_str()), Some("export"));
    let words = "2 requests in flight, the oldest for at least 2.8 s; 2 in export (app.py:7)";
    assert!(said.observations.iter().any(|fact| fact.summary == words), "{:?}", said.observations);
    assert_eq!(first(&said).kind, Kind::Healthy);
}

#[test]
fn a_request_is_at_least_as_old_as_nothing_came_on_its_connection() {
    let in_flight = |unread: u64| {
        let mut scene = server(|_| vec![request(1, "/export")]);
        let silent = Duration::from_secs(41);
        let connection = Connection {
            descriptor: 12,
            local: "10.0.0.5:8000".to_owned(),
            peer: "10.0.0.9:51234".to_owned(),
            state: "ESTAB".to_owned(),
            unread,
            unsent: 0,
            traffic: Known::Is(Traffic { last_sent: silent, last_received: silent, acknowledged: 0, received: 80 }),
        };
        scene.around(|around| around.connections = Known::Is(vec![connection.clone()]));
        report(&scene)
    };
    let said = in_flight(0);
    let words = "1 request in flight for at least 41 s, in export (app.py:7)";
    assert!(said.observations.iter().any(|fact| fact.summary == words), "{:?}", said.observations);
    let of_another = in_flight(7).requests[0].age_s;
    assert!(of_another < 4.0, "what is unread may be a later request's, and came last: {of_another}");
}

#[test]
fn an_address_that_another_request_had_before_is_another_request() {
    let said = report(&server(|look| vec![request(1, if look == 0 { "/before" } else { "/export" })]));
    assert!(said.requests[0].seen_for_s < 0.1, "{}", said.requests[0].seen_for_s);
}

#[test]
fn a_server_without_requests_sends_one_outside() {
    let outside = |scene: &Scene| first(&report(scene)).summary.contains("look outside");
    let waiting = |count: u32| with_clients(server(|_| Vec::new()), count);
    assert!(outside(&waiting(0)));
    assert!(!outside(&waiting(3)), "somebody waits to be let in");
    assert!(!outside(&server(|_| vec![request(1, "/export")])), "a request is in flight");
    let mut unseen = waiting(0);
    unseen.recording.censuses.pop();
    assert!(!outside(&unseen), "one look is not enough");
    let stranger = with_clients(serving("site-packages/aiohttp/web.py", |_| Vec::new()), 0);
    assert!(!outside(&stranger), "requests of other servers are not known");
}

/// Adds a listener at which so many clients wait.
fn with_clients(mut scene: Scene, count: u32) -> Scene {
    scene.around(|around| {
        let listener =
            Listener { address: "0.0.0.0:8000".to_owned(), port: 8000, waiting: count, limit: Known::Is(2048) };
        around.listeners = Known::Is(vec![listener]);
    });
    scene
}
