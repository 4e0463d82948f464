//! Tasks while the loop turns: who waits for whom, who has to let go and does not, and what proves nothing.

use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind, SecondParty};
use hangspy::snapshot::{
    Address, Awaited, Census, Known, LockKind, LockSample, Moment, PrimitiveKind, PrimitiveSample, StackId, TaskCensus,
    TaskHold, TaskPhase, TaskSample, ThreadId, Why,
};

use super::scenes::{LOOKS, Line, PERIOD, PID, START, Scene, waiting};
use super::served::waiting_task;
use super::{CALL, assert_healthy, first, report};

const LOCK: u64 = 0x9000;
const OTHER_LOCK: u64 = 0x9100;
/// What a task in `Lock.acquire` has inside of its own frames.
const ACQUIRE: &[Line<'_>] =
    &[("async acquire", "asyncio/locks.py", 113), ("async __aenter__", "asyncio/locks.py", 15)];
const READ: &[Line<'_>] = &[("async _wait_for_data", "asyncio/streams.py", 542)];
const SLEEP: &[Line<'_>] = &[("async sleep", "asyncio/tasks.py", 665)];
const REFRESH: Line<'_> = ("async refresh", "/srv/app.py", 14);
const QUOTE: Line<'_> = ("async quote", "/srv/app.py", 31);

/// A server whose loop turns for 3 s, read twice.
pub(super) struct Story {
    pub(super) scene: Scene,
    pub(super) tasks: Vec<TaskSample>,
    pub(super) primitives: Vec<PrimitiveSample>,
}

impl Story {
    pub(super) fn new() -> Self {
        let mut scene = Scene::new();
        for _ in 0..LOOKS {
            scene.idle();
        }
        Self { scene, tasks: Vec::new(), primitives: Vec::new() }
    }

    /// A task at these frames, innermost first, that waits.
    pub(super) fn task(&mut self, number: u64, lines: &[&[Line<'_>]], on: Awaited) -> &mut TaskSample {
        let chain = self.scene.stack(lines);
        self.tasks.push(waiting_task(number, chain, on));
        self.tasks.last_mut().expect("just pushed")
    }

    fn hold(&mut self, number: u64, line: Line<'_>) -> TaskHold {
        TaskHold { task: Address(0x5000 + number * 0x100), frame: self.scene.frame(line) }
    }

    pub(super) fn lock(&mut self, address: u64, waiters: &[u64], holders: Vec<TaskHold>) -> &mut PrimitiveSample {
        self.primitives.push(PrimitiveSample {
            address: Address(address),
            kind: PrimitiveKind::Lock,
            value: Known::Is(1),
            limit: Known::Is(None),
            waiters: waiters.iter().map(|number| Address(0x5000 + number * 0x100)).collect(),
            waiting: waiters.len() as u64,
            putting: 0,
            holders,
        });
        self.primitives.last_mut().expect("just pushed")
    }

    /// The scene, with what `change` makes of the first reading.
    pub(super) fn told_with(mut self, change: impl Fn(&mut TaskCensus)) -> Scene {
        self.tasks.sort_by_key(|task| task.address);
        self.primitives.sort_by_key(|primitive| primitive.address);
        let found = self.tasks.len() as u64;
        let tasks = TaskCensus { found, tasks: self.tasks, primitives: self.primitives, ..TaskCensus::default() };
        let census = |look: u64, tasks: TaskCensus| Census {
            took: Duration::from_millis(1),
            tasks: Known::Is(tasks),
            ..Census::unknown(Moment(START + look * PERIOD), Why::NotRead)
        };
        let mut earlier = tasks.clone();
        change(&mut earlier);
        self.scene.recording.censuses = vec![census(10, earlier), census(LOOKS, tasks)];
        self.scene
    }

    pub(super) fn told(self) -> Scene {
        self.told_with(|_| ())
    }
}

/// Five tasks wait for a lock that one holds while it waits in this way.
fn held(inner: &[Line<'_>], on: Awaited, waiters: u64) -> Story {
    let mut story = Story::new();
    story.task(0, &[inner, &[REFRESH]], on);
    for number in 1..=waiters {
        story.task(number, &[ACQUIRE, &[QUOTE]], Awaited::Primitive(Address(LOCK)));
    }
    let hold = story.hold(0, REFRESH);
    story.lock(LOCK, &(1..=waiters).collect::<Vec<_>>(), vec![hold]);
    story
}

fn peer() -> Awaited {
    Awaited::Connection { peer: Known::Is("10.0.3.7:5432".to_owned()), descriptor: Known::Is(7), sends: false }
}

/// Two tasks that hold one lock each and wait for the other's.
fn crossed() -> Story {
    let mut story = Story::new();
    story.task(1, &[ACQUIRE, &[REFRESH]], Awaited::Primitive(Address(OTHER_LOCK)));
    story.task(2, &[ACQUIRE, &[QUOTE]], Awaited::Primitive(Address(LOCK)));
    let (one, other) = (story.hold(1, REFRESH), story.hold(2, QUOTE));
    story.lock(LOCK, &[2], vec![one]);
    story.lock(OTHER_LOCK, &[1], vec![other]);
    story
}

#[test]
fn tasks_that_wait_for_each_other_are_a_deadlock() {
    let report = report(&crossed().told());
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::Deadlock, Some(Cause::AsyncioLock)), "{}", verdict.summary);
    assert_eq!(verdict.summary, "deadlock: refresh (app.py:14) and quote (app.py:31) wait for each other");
    assert_eq!(
        verdict.evidence.first().map(String::as_str),
        Some(
            "task Task-1 waits in refresh (app.py:14) for an asyncio.Lock that task Task-2 holds in quote (app.py:31)"
        )
    );
    assert_eq!((verdict.confidence, report.verdicts.len()), (Confidence::Certain, 1));
}

#[test]
fn a_deadlock_that_ends_by_itself_or_was_seen_once_is_none() {
    let no_deadlock = |story: &str, scene: &Scene| {
        let report = report(scene);
        assert_ne!(first(&report).kind, Kind::Deadlock, "{story}: said {}", first(&report).summary);
    };
    let mut timed = crossed();
    timed.tasks[0].timed = true;
    no_deadlock("a timeout ends one of the waits", &timed.told());
    let mut awaited = crossed();
    awaited.tasks[1].awaited_by = vec![Address(0x5000)];
    awaited.task(0, &[&[("async handle", "/srv/app.py", 50)]], Awaited::Task(Address(0x5200))).timed = true;
    no_deadlock("who awaits one of them gives up in time", &awaited.told());
    let moved = crossed().told_with(|earlier| {
        for task in &mut earlier.tasks {
            if let Known::Is(Some(wait)) = &mut task.wait {
                wait.future = Address(0x1);
            }
        }
    });
    assert_healthy("they waited for something else before", &moved);
}

#[test]
fn a_task_that_gathers_those_who_need_its_lock_is_a_deadlock() {
    let mut story = Story::new();
    let pending = vec![Address(0x5100), Address(0x5200)];
    story.task(0, &[&[REFRESH]], Awaited::Gather { children: 2, pending });
    for number in 1..=2 {
        story.task(number, &[ACQUIRE, &[QUOTE]], Awaited::Primitive(Address(LOCK))).awaited_by = vec![Address(0x5000)];
    }
    let hold = story.hold(0, REFRESH);
    story.lock(LOCK, &[1, 2], vec![hold]);
    let report = report(&story.told());
    assert_eq!(first(&report).kind, Kind::Deadlock, "{}", first(&report).summary);
}

#[test]
fn a_child_that_goes_on_is_no_deadlock() {
    let mut story = Story::new();
    let pending = vec![Address(0x5100), Address(0x5200)];
    story.task(0, &[&[REFRESH]], Awaited::Gather { children: 2, pending });
    story.task(1, &[ACQUIRE, &[QUOTE]], Awaited::Primitive(Address(LOCK)));
    story.task(2, &[SLEEP, &[QUOTE]], Awaited::Sleep { until: Known::Unknown(Why::NotRead) });
    let hold = story.hold(0, REFRESH);
    story.lock(LOCK, &[1], vec![hold]);
    let report = report(&story.told());
    assert_ne!(first(&report).kind, Kind::Deadlock, "{}", first(&report).summary);
}

#[test]
fn a_call_in_a_thread_that_needs_the_tasks_lock_is_a_deadlock() {
    let mut story = Story::new();
    story.scene = Scene::new();
    let idle = story.scene.idle_stack();
    let worker = story.scene.stack(&[&[("count", "/srv/app.py", 60), ("run", "concurrent/futures/thread.py", 58)]]);
    for _ in 0..LOOKS {
        let main = waiting(idle, 232, [5, 0, 0, 0, 0, 0]).no_step();
        let asleep = waiting(worker, 202, [0x7000, 0x189, 0, 0, 0, 0]).no_step();
        story.scene.look(main, vec![(PID + 1, asleep)]).locks = vec![plain(PID + 1)];
    }
    story.task(1, &[&[REFRESH]], Awaited::Executor { thread: Known::Is(ThreadId(PID + 1)) });
    let hold = story.hold(1, REFRESH);
    let scene = story.told();
    let scene = with_thread_lock(scene, hold);
    let report = report(&scene);
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::Deadlock, Some(Cause::LockAcrossAwait)), "{}", verdict.summary);
    assert!(verdict.evidence.iter().any(|fact| fact.contains("holds across an await in refresh (app.py:14)")));
}

fn plain(waiter: u32) -> LockSample {
    LockSample {
        address: Address(0xa000),
        kind: LockKind::Plain,
        module: None,
        waiters: vec![ThreadId(waiter)],
        holder: Known::Unknown(Why::NotInThisPython),
        in_parent: Known::Is(None),
        handler: None,
    }
}

fn with_thread_lock(mut scene: Scene, hold: TaskHold) -> Scene {
    for census in &mut scene.recording.censuses {
        if let Known::Is(tasks) = &mut census.tasks {
            tasks.thread_locks = vec![(Address(0xa000), hold)];
        }
    }
    scene
}

#[test]
fn the_task_that_holds_the_loops_lock_across_an_await_is_named() {
    let mut story = Story::new();
    story.scene = Scene::new();
    let main = story.scene.endpoint(CALL);
    for _ in 0..LOOKS {
        story.scene.look(waiting(main, 202, [0x7000, 0x189, 0, 0, 0, 0]), Vec::new()).locks = vec![plain(PID)];
    }
    story.task(1, &[SLEEP, &[REFRESH]], Awaited::Sleep { until: Known::Unknown(Why::NotRead) });
    let hold = story.hold(1, REFRESH);
    let scene = story.told();
    let scene = with_thread_lock(scene, hold);
    let report = report(&scene);
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::LoopBlocked, Some(Cause::LockAcrossAwait)), "{}", verdict.summary);
    let SecondParty::Holder { holder, stack } = &verdict.second_party else { panic!("{:?}", verdict.second_party) };
    assert_eq!(holder, "task Task-1");
    assert!(stack.iter().any(|place| place.function == "refresh"), "{stack:?}");
}

#[test]
fn who_holds_the_lock_and_does_not_move_is_blamed() {
    let report = report(&held(READ, peer(), 5).told());
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::TasksStuck, Some(Cause::AsyncioLock)), "{}", verdict.summary);
    assert_eq!(
        verdict.summary,
        "5 tasks wait for an asyncio.Lock that refresh (app.py:14) holds while it awaits data from 10.0.3.7:5432"
    );
    assert_eq!(verdict.confidence, Confidence::Likely);
    assert_eq!(
        verdict.second_party,
        SecondParty::Peer { address: "10.0.3.7:5432".to_owned(), service: None },
        "whom the holder waits for"
    );
}

#[test]
fn a_holder_that_gives_up_in_time_is_less_sure() {
    let mut story = held(READ, peer(), 5);
    story.tasks[0].timed = true;
    let report = report(&story.told());
    assert_eq!((first(&report).kind, first(&report).confidence), (Kind::TasksStuck, Confidence::Possible));
}

#[test]
fn a_holder_that_moves_is_nobody_to_blame() {
    let moved = held(READ, peer(), 5).told_with(|earlier| {
        if let Known::Is(Some(wait)) = &mut earlier.tasks[0].wait {
            wait.future = Address(0x1);
        }
    });
    assert_healthy("the holder waited for something else before", &moved);
    let sleep = || Awaited::Sleep { until: Known::Unknown(Why::NotRead) };
    assert_healthy("one stands by behind a leader that sleeps", &held(SLEEP, sleep(), 1).told());
    let turned = held(READ, peer(), 5).told_with(|earlier| {
        for task in &mut earlier.tasks {
            task.address = Address(task.address.0 + 8);
        }
    });
    assert_healthy("other tasks waited before", &turned);
}

#[test]
fn the_same_future_twice_is_not_the_same_wait_when_something_else_was_seen_in_between() {
    let mut handed_on = held(READ, peer(), 5);
    handed_on.tasks[0].moved = true;
    assert_healthy("the holder waited for something else in between", &handed_on.told());
    let mut turned = leaked();
    for task in &mut turned.tasks {
        task.moved = true;
    }
    assert_healthy("those who wait got it and wait again", &turned.told());
    let sleep = |until| Awaited::Sleep { until: Known::Is(Moment(until)) };
    let again = held(SLEEP, sleep(START), 5).told_with(|earlier| {
        if let Known::Is(Some(wait)) = &mut earlier.tasks[0].wait {
            wait.on = sleep(START - 1);
        }
    });
    assert_healthy("the holder's sleep is another one", &again);
    let before = held(READ, peer(), 5).told_with(|earlier| earlier.tasks[0].moved = true);
    assert_eq!(
        first(&report(&before)).kind,
        Kind::TasksStuck,
        "what was before the first reading is nobody's business"
    );
}

/// Five tasks wait for a lock that nobody was found to hold.
fn leaked() -> Story {
    let mut story = Story::new();
    for number in 1..=5 {
        story.task(number, &[ACQUIRE, &[QUOTE]], Awaited::Primitive(Address(LOCK)));
    }
    story.lock(LOCK, &[1, 2, 3, 4, 5], Vec::new());
    story
}

#[test]
fn a_lock_that_nobody_is_left_to_give_back_is_leaked() {
    let report = report(&leaked().told());
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::TasksStuck, Some(Cause::AsyncioLock)), "{}", verdict.summary);
    assert!(verdict.summary.ends_with("that was taken and not given back"), "{}", verdict.summary);
    assert_eq!(verdict.blame.as_ref().map(|blame| blame.function.as_str()), Some("quote"));
}

#[test]
fn somebody_else_may_have_the_lock() {
    let mut busy = leaked();
    busy.task(9, &[READ, &[("async poll", "/srv/poll.py", 7)]], peer());
    assert_healthy("another task of the user's may have taken it with acquire()", &busy.told());
    let mut free = leaked();
    free.primitives[0].value = Known::Is(0);
    assert_healthy("it is free by now", &free.told());
    let mut partly = leaked().told();
    for census in &mut partly.recording.censuses {
        if let Known::Is(tasks) = &mut census.tasks {
            tasks.found = 9000;
        }
    }
    assert_healthy("not all tasks were read", &partly);
}

/// Five tasks wait to put into a queue of ten.
fn full_queue(items: u64, getters: u64) -> Story {
    let mut story = Story::new();
    for number in 1..=5 {
        let put: &[Line<'_>] = &[("async put", "asyncio/queues.py", 120), ("async enqueue", "/srv/app.py", 40)];
        story.task(number, &[put], Awaited::Primitive(Address(LOCK)));
    }
    let queue = story.lock(LOCK, &[1, 2, 3, 4, 5], Vec::new());
    (queue.kind, queue.value, queue.limit) = (PrimitiveKind::Queue, Known::Is(items), Known::Is(Some(10)));
    (queue.waiting, queue.putting) = (getters, 5);
    story
}

#[test]
fn a_full_queue_that_nobody_takes_from_is_stuck() {
    let report = report(&full_queue(10, 0).told());
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::TasksStuck, Some(Cause::AsyncioQueue)), "{}", verdict.summary);
    assert_eq!(verdict.summary, "5 tasks wait to put into a full asyncio.Queue of 10 that nobody takes from");
    assert_healthy("somebody waits to take", &full_queue(10, 1).told());
    assert_healthy("it is not full", &full_queue(9, 0).told());
}

#[test]
fn waiting_alone_proves_nothing() {
    let mut story = Story::new();
    for number in 0..1000 {
        let poll: &[Line<'_>] = &[("async wait", "asyncio/locks.py", 213), ("async poll", "/srv/app.py", 9)];
        story.task(number, &[poll], Awaited::Primitive(Address(LOCK + number)));
    }
    for number in 1000..1010 {
        story.task(number, &[READ, &[("async receive", "/srv/app.py", 70)]], peer());
    }
    for number in 1010..1020 {
        story.task(number, &[&[("async result", "/srv/app.py", 80)]], Awaited::Future);
    }
    assert_healthy("long polls, connections and futures that do not move", &story.told());
}

#[test]
fn a_startup_that_awaits_is_stuck() {
    let lifespan: &[Line<'_>] = &[("async load_catalogue", "/srv/app.py", 18), ("async lifespan", "/srv/app.py", 24)];
    let mut story = Story::new();
    story.task(1, &[READ, lifespan, super::scenes::LIFESPAN], peer());
    let report = report(&story.told());
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::StartupStuck, Some(Cause::NoTimeout)), "{}", verdict.summary);
    assert_eq!(verdict.blame.as_ref().map(|blame| blame.function.as_str()), Some("load_catalogue"));
}

/// A server that was told to end, with a request in these frames.
fn ending(request: &[&[Line<'_>]]) -> Story {
    let mut story = Story::new();
    let server: &[Line<'_>] = &[
        ("async shutdown", "site-packages/uvicorn/server.py", 291),
        ("async _serve", "site-packages/uvicorn/server.py", 91),
    ];
    story.task(0, &[SLEEP, server], Awaited::Sleep { until: Known::Unknown(Why::NotRead) });
    if !request.is_empty() {
        story.task(1, request, Awaited::Future);
    }
    story
}

#[test]
fn a_shutdown_behind_requests_is_stuck() {
    let asgi: &[Line<'_>] = &[("async run_asgi", "site-packages/uvicorn/protocols/http/h11_impl.py", 403)];
    let report = report(&ending(&[&[("async events", "/srv/app.py", 20)], asgi]).told());
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::ShutdownStuck, Some(Cause::OpenStream)), "{}", verdict.summary);
    assert!(verdict.summary.ends_with("1 request does not end, in events (app.py:20)"), "{}", verdict.summary);
    assert_healthy("no request is left to wait for", &ending(&[]).told());
}

#[test]
fn one_reading_decides_nothing() {
    for story in [crossed(), held(READ, peer(), 5), leaked(), full_queue(10, 0)] {
        let mut scene = story.told();
        scene.recording.censuses.remove(0);
        assert_healthy("read once", &scene);
    }
}

#[test]
fn groups_of_a_report_count_all_tasks() {
    let mut scene = held(READ, peer(), 5).told();
    let chain = scene.stack(&[ACQUIRE, &[QUOTE]]);
    for census in &mut scene.recording.censuses {
        if let Known::Is(tasks) = &mut census.tasks {
            let group = |chain: StackId, count| hangspy::snapshot::TaskGroup {
                chain: Known::Is(chain),
                phase: TaskPhase::Waiting,
                count,
            };
            tasks.groups = vec![group(chain, 5)];
        }
    }
    let report = report(&scene);
    let tasks = report.tasks.first().expect("the tasks were read");
    let group = tasks.groups.first().expect("a group");
    assert_eq!((group.count, group.unchanged), (5, Known::Is(5)));
    assert_eq!(group.waits_for, "an asyncio.Lock held by refresh (app.py:14)");
    assert_eq!(group.place.as_ref().map(|place| place.function.as_str()), Some("quote"));
    assert_eq!(tasks.tasks.iter().filter(|task| task.group == Some(0)).count(), 5);
    assert!(tasks.tasks.iter().all(|task| task.since_s > 2.5), "{:?}", tasks.tasks);
}
