//! Requests that wait for an event: what shows that nobody is left to set it, and what looks the same and is well.

use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind, Report};
use hangspy::snapshot::{
    Address, Awaited, Connection, FailedTask, Known, PrimitiveKind, RequestSample, StackSample, TaskPhase, TaskSample,
    ThreadId, Traffic, Why,
};

use super::scenes::{LOOKS, Line, PID, POLL, Scene, waiting};
use super::tasks::Story;
use super::{assert_healthy, first, report};

const EVENT: u64 = 0x9000;
const WAIT: &[Line<'_>] = &[("async wait", "asyncio/locks.py", 213)];
const LOADED: &[Line<'_>] = &[("async prices_are_loaded", "/srv/app.py", 9)];
const ROUTE: &[Line<'_>] = &[
    ("async run_endpoint_function", "site-packages/fastapi/routing.py", 212),
    ("async app", "site-packages/fastapi/routing.py", 301),
    ("async handle", "site-packages/starlette/routing.py", 300),
];
const SERVER: &[Line<'_>] = &[
    ("async __call__", "site-packages/starlette/applications.py", 113),
    ("async run_asgi", "site-packages/uvicorn/protocols/http/h11_impl.py", 403),
];
const ENDPOINTS: [&[Line<'_>]; 3] = [
    &[("async price", "/srv/app.py", 20)],
    &[("async basket", "/srv/app.py", 30)],
    &[("async offer", "/srv/app.py", 40)],
];
const OLD: Duration = Duration::from_secs(30);

fn task_at(number: u64) -> Address {
    Address(0x5000 + number * 0x100)
}

fn request(number: u64) -> RequestSample {
    RequestSample {
        address: Address(0x7000 + number),
        method: Known::Is("GET".to_owned()),
        path: Known::Is(format!("/{number}")),
        client: Known::Is(format!("10.0.0.9:{number}")),
        protocol: Known::Is("h11".to_owned()),
        request_id: Known::Is(None),
        answering: Known::Is(false),
        began: Known::Unknown(Why::NotInThisPython),
        task: Known::Is(task_at(number)),
        thread: Known::Is(None),
        descriptor: Known::from_option(i32::try_from(number).ok(), Why::NotRead),
    }
}

/// Six requests that wait for one event, each through the frames that `way` says.
fn six<'a>(way: impl Fn(usize) -> Vec<&'a [Line<'a>]>) -> Story {
    waiters(Story::new(), way)
}

fn waiters<'a>(mut story: Story, way: impl Fn(usize) -> Vec<&'a [Line<'a>]>) -> Story {
    for number in 0..6 {
        let lines = way(usize::try_from(number).expect("few requests"));
        story.task(number, &lines, Awaited::Primitive(Address(EVENT)));
    }
    let event = story.lock(EVENT, &[0, 1, 2, 3, 4, 5], Vec::new());
    (event.kind, event.value) = (PrimitiveKind::Event, Known::Is(0));
    story
}

/// Six requests to three endpoints behind one gate.
fn gate() -> Story {
    six(|number| vec![WAIT, LOADED, ENDPOINTS[number % 3], ROUTE, SERVER])
}

fn told(story: Story, change: impl Fn(&mut RequestSample)) -> Scene {
    told_of_age(story, Known::Is(OLD), change)
}

/// The same, with requests that came so long ago.
fn told_of_age(story: Story, age: Known<Duration>, change: impl Fn(&mut RequestSample)) -> Scene {
    let mut scene = story.told();
    for census in &mut scene.recording.censuses {
        census.requests = (0..6).map(request).collect();
        census.requests.iter_mut().for_each(&change);
    }
    let connection = |number: i32| Connection {
        descriptor: number,
        local: "10.0.0.5:8000".to_owned(),
        peer: format!("10.0.0.9:{number}"),
        state: "ESTAB".to_owned(),
        unread: 0,
        unsent: 0,
        traffic: age.map(|age| Traffic { last_sent: age, last_received: age, acknowledged: 0, received: 80 }),
    };
    scene.around(|around| around.connections = Known::Is((0..6).map(connection).collect()));
    scene
}

fn observed(report: &Report) -> String {
    let told = report.observations.iter().map(|fact| fact.summary.as_str());
    told.filter(|words| words.contains("asyncio.Event")).collect()
}

#[test]
fn a_gate_that_nobody_is_left_to_open_is_possibly_stuck() {
    let report = report(&told(gate(), |_| ()));
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::TasksStuck, Some(Cause::AsyncioEvent)), "{}", verdict.summary);
    assert_eq!(
        verdict.summary,
        "6 requests wait in prices_are_loaded (app.py:9) for an asyncio.Event that is not set, and nobody is left to set it"
    );
    assert_eq!(verdict.confidence, Confidence::Possible);
    assert!(verdict.evidence.iter().any(|fact| fact == "they came to 3 endpoints: price, basket, offer"));
    let sent = "by the kernel's count the oldest of them was sent 30 s ago or earlier";
    assert!(verdict.evidence.iter().any(|fact| fact == sent), "{:?}", verdict.evidence);
    assert!(verdict.evidence.iter().any(|fact| fact.contains("long polls")), "{:?}", verdict.evidence);
    assert_eq!(observed(&report), "", "what is a verdict is not told twice");
    let well = report.observations.iter().find(|fact| fact.summary.contains("end by themselves"));
    assert_eq!(well, None, "no wait is said to end by itself beside one that may not");
}

#[test]
fn a_task_that_failed_unseen_may_have_been_the_one_to_open_it() {
    let failed = |mut scene: Scene| {
        for census in &mut scene.recording.censuses {
            let Known::Is(tasks) = &mut census.tasks else { continue };
            tasks.failed = (0..2)
                .map(|number| FailedTask {
                    address: Address(0xa000 + number),
                    function: "load_prices".to_owned(),
                    error: "OSError".to_owned(),
                })
                .collect();
        }
        scene
    };
    let words = "2 tasks of load_prices() ended with OSError, which nobody fetched";
    let gate = report(&failed(told(gate(), |_| ())));
    assert!(first(&gate).evidence.iter().any(|fact| fact == words), "{:?}", first(&gate).evidence);
    assert!(gate.observations.iter().all(|fact| fact.summary != words), "once is enough");
    let polls = failed(told(six(|_| vec![WAIT, LOADED, ENDPOINTS[0], ROUTE, SERVER]), |_| ()));
    assert_healthy("a task may fail, and nothing hangs", &polls);
    assert!(report(&polls).observations.iter().any(|fact| fact.summary == words));
}

#[test]
fn a_dependency_and_middleware_are_gates_too() {
    let dependency: &[Line<'_>] = &[("async solve_dependencies", "site-packages/fastapi/dependencies/utils.py", 640)];
    let middleware: &[Line<'_>] = &[("async __call__", "/srv/gate.py", 12)];
    let depends = six(|_| vec![WAIT, LOADED, dependency, &ROUTE[1..], SERVER]);
    let passes = six(|_| vec![WAIT, middleware, SERVER]);
    for story in [depends, passes] {
        let report = report(&told(story, |_| ()));
        assert_eq!(first(&report).cause, Some(Cause::AsyncioEvent), "{}", first(&report).summary);
    }
}

#[test]
fn long_polls_of_one_endpoint_are_only_told() {
    let polls = six(|_| vec![WAIT, LOADED, ENDPOINTS[0], ROUTE, SERVER]);
    let scene = told(polls, |_| ());
    assert_healthy("long polls", &scene);
    assert_eq!(first(&report(&scene)).confidence, Confidence::Likely);
    let words = observed(&report(&scene));
    assert!(words.starts_with("6 requests wait without a timeout, in prices_are_loaded (app.py:9)"), "{words}");
    assert!(words.ends_with("a long poll looks the same"), "{words}");
}

#[test]
fn requests_that_came_a_moment_ago_are_only_told() {
    let unknown = told_of_age(gate(), Known::Unknown(Why::NotPermitted), |_| ());
    assert_healthy("nobody knows how old they are, and 3 s are nothing", &unknown);
    assert!(observed(&report(&unknown)).ends_with("look for longer: hangspy 4711 --for 12s"));
    assert_eq!(first(&report(&unknown)).confidence, Confidence::Possible, "that is no all-clear");
    assert_healthy("they are young", &told_of_age(gate(), Known::Is(OLD / 10), |_| ()));
    let mut pipelined = told(gate(), |_| ());
    pipelined.around(|around| {
        if let Known::Is(connections) = &mut around.connections {
            connections.iter_mut().for_each(|connection| connection.unread = 80);
        }
    });
    assert_healthy("what came last may be another request", &pipelined);
}

#[test]
fn somebody_is_left_who_may_set_the_event() {
    let well = |story: &str, scene: &Scene| {
        assert_healthy(story, scene);
        assert_eq!(observed(&report(scene)), "", "{story}");
    };
    let beside = |lines: &[&[Line<'_>]], change: fn(&mut TaskSample)| {
        let mut story = gate();
        change(story.task(9, lines, Awaited::Future));
        told(story, |_| ())
    };
    well("a publisher that sleeps", &beside(&[&[("async publish", "/srv/app.py", 60)]], |_| ()));
    let subscriber: &[Line<'_>] = &[("async _wait_for_msgs", "site-packages/nats/aio/subscription.py", 300)];
    well("a client that calls back", &beside(&[subscriber], |_| ()));
    let runs = |task: &mut TaskSample| {
        (task.phase, task.chain, task.wait) = (TaskPhase::Running, Known::Unknown(Why::NotRead), Known::Is(None));
    };
    well("a task that runs", &beside(&[SERVER], runs));
    let mut timed = gate();
    timed.tasks.iter_mut().for_each(|task| task.timed = true);
    well("timeouts", &told(timed, |_| ()));
    let mut set = gate();
    set.primitives[0].value = Known::Is(1);
    well("it is set", &told(set, |_| ()));
    well("streams", &told(gate(), |request| request.answering = Known::Is(true)));
    well("WebSockets", &told(gate(), |request| request.answering = Known::Unknown(Why::NotInThisPython)));
    let mut apart = gate();
    for (number, task) in (0..).zip(&mut apart.tasks) {
        if let Known::Is(Some(wait)) = &mut task.wait {
            wait.on = Awaited::Primitive(Address(EVENT + number));
        }
    }
    well("an event each", &told(apart, |_| ()));
    let moved = gate().told_with(|earlier| earlier.tasks.iter_mut().for_each(|task| task.address.0 += 8));
    well("others waited before", &moved);
}

#[test]
fn a_thread_of_the_application_may_set_the_event() {
    let beside = |stack: &[Line<'_>], torn: bool| {
        let mut story = Story::new();
        story.scene = Scene::new();
        let (idle, other) = (story.scene.idle_stack(), story.scene.stack(&[stack]));
        for _ in 0..LOOKS {
            let main = waiting(idle, 232, [POLL as u64, 0, 0, u64::MAX, 0, 0]).no_step();
            let mut shot = waiting(other, 202, [0x7000, 0x189, 0, 0, 0, 0]).no_step();
            if torn {
                shot.stack = StackSample::Torn;
            }
            story.scene.look(main, vec![(PID + 1, shot)]);
        }
        let story = waiters(story, |number| vec![WAIT, LOADED, ENDPOINTS[number % 3], ROUTE, SERVER]);
        first(&report(&told(story, |_| ()))).kind
    };
    let parked: &[Line<'_>] = &[
        ("get", "queue.py", 171),
        ("run", "site-packages/anyio/_backends/_asyncio.py", 986),
        ("run", "threading.py", 1),
    ];
    assert_eq!(beside(parked, false), Kind::TasksStuck, "a worker thread without work sets nothing");
    let consumer: &[Line<'_>] = &[("get", "queue.py", 171), ("consume", "/srv/app.py", 70), ("run", "threading.py", 1)];
    assert_eq!(beside(consumer, false), Kind::Healthy, "it is parked, and may be woken");
    let client: &[Line<'_>] = &[("select", "selectors.py", 468), ("run", "site-packages/kafka/client.py", 70)];
    assert_eq!(beside(client, false), Kind::Healthy, "a client may call back");
    assert_eq!(beside(parked, true), Kind::Healthy, "nobody knows what it does");
}

#[test]
fn whoever_only_waits_for_a_request_is_nobody_else() {
    let inner: &[Line<'_>] = &[
        ("async receive", "site-packages/anyio/streams/memory.py", 110),
        ("async call_next", "site-packages/starlette/middleware/base.py", 160),
        ("async log_time", "/srv/middleware.py", 8),
        ("async __call__", "site-packages/starlette/middleware/base.py", 190),
    ];
    let served: &[Line<'_>] = &[
        ("async sleep", "asyncio/tasks.py", 665),
        ("async main_loop", "site-packages/uvicorn/server.py", 231),
        ("async serve", "site-packages/uvicorn/server.py", 69),
        ("async main", "/srv/main.py", 5),
    ];
    let with = |timed: bool| {
        let mut story = gate();
        story.task(10, &[inner, SERVER], Awaited::Future).timed = timed;
        story.task(11, &[served], Awaited::Sleep { until: Known::Unknown(Why::NotRead) });
        first(&report(&told(story, |_| ()))).kind
    };
    assert_eq!(with(false), Kind::TasksStuck);
    assert_eq!(with(true), Kind::Healthy, "it ends the request in time");
}

#[test]
fn a_thread_that_runs_an_endpoint_is_at_work() {
    let mut scene = told(gate(), |_| ());
    for census in &mut scene.recording.censuses {
        if let Some(request) = census.requests.first_mut() {
            (request.task, request.thread) = (Known::Is(Address(1)), Known::Is(Some(ThreadId(PID + 1))));
        }
    }
    let report = report(&scene);
    assert_eq!(first(&report).kind, Kind::TasksStuck, "five are left");
    assert!(first(&report).summary.starts_with("5 requests"), "{}", first(&report).summary);
}
