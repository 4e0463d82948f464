//! A consumer's `poll` on the loop thread of a web worker.

use std::sync::Arc;
use std::time::Duration;

use hangspy::report::Report;
use hangspy::snapshot::{
    Actor, Address, Awaited, Excerpt, Known, LoopKind, Moment, Occupier, PoolKind, PoolSample, Recording, Role,
    TaskPhase, ThreadId, Why,
};

use crate::scenes::{LOOKS, Line, PERIOD, PID, START, Shot, UVLOOP, call, native_thread, tcp, waiting};
use crate::served::Served;

/// How long the loop has been blocked at the last look.
const BLOCKED: Duration = Duration::from_millis(12_400);
const CONSUME: &[Line<'_>] = &[("consume", "/srv/shop/consumer.py", 41), ("async follow", "/srv/shop/main.py", 18)];
pub(super) const WORKER: &[Line<'_>] = &[
    ("WorkerThread.run", "site-packages/anyio/_backends/_asyncio.py", 976),
    ("Thread._bootstrap_inner", "threading.py", 1075),
    ("Thread._bootstrap", "threading.py", 1032),
];
const FETCH: &[Line<'_>] = &[("fetch_invoice", "/srv/shop/invoices.py", 9), ("invoice", "/srv/shop/main.py", 33)];
const RUN_SYNC: &[Line<'_>] = &[
    ("async run_sync_in_worker_thread", "site-packages/anyio/_backends/_asyncio.py", 2441),
    ("async run_in_threadpool", "site-packages/starlette/concurrency.py", 32),
    ("async app", "site-packages/fastapi/routing.py", 301),
];
const LIVE: &[Line<'_>] = &[("async wait", "asyncio/locks.py", 213), ("async live", "/srv/shop/main.py", 51)];

/// A consumer's `poll` on the loop thread of a web worker: other threads wait for work, one of them in a database, and
/// nobody takes connections.
pub(crate) fn blocked() -> Report {
    super::told("", vec![consumer()])
}

pub(super) fn consumer() -> Recording {
    let mut served = Served::new();
    served.scene.kind = LoopKind::Uvloop;
    let runs = served.task(1, &[CONSUME], Awaited::Future);
    (runs.phase, runs.chain, runs.wait) = (TaskPhase::Running, Known::Unknown(Why::NotRead), Known::Is(None));
    served.task(2, &[RUN_SYNC], Awaited::Executor { thread: Known::Is(ThreadId(PID + 1)) });
    for number in 3..6 {
        served.task(number, &[LIVE], Awaited::Future);
    }
    served.request(2, 12).thread = Known::Is(Some(ThreadId(PID + 1)));
    look(&mut served);
    let mut scene = served.told();
    scene.sites(|_| call("consumer.poll"));
    let mut recording = scene.recording;
    super::name_threads(&mut recording, |thread| (thread.0 > PID).then(|| "AnyIO worker thread".to_owned()));
    super::complete(&mut recording, &[threads()]);
    recording.process.role = Role::Worker;
    around(&mut recording);
    recording.excerpts = vec![source()];
    recording
}

fn look(served: &mut Served) {
    let scene = &mut served.scene;
    let main = scene.stack(&[CONSUME, UVLOOP]);
    let idle = scene.stack(&[&[("get", "queue.py", 171)], WORKER]);
    let fetch = scene.stack(&[&[("recv_into", "socket.py", 720)], FETCH, WORKER]);
    let window = PERIOD * (LOOKS - 1);
    let began = i64::try_from(window).expect("3 s") - i64::try_from(BLOCKED.as_nanos()).expect("12 s");
    for look in 0..LOOKS {
        let asleep_for = Some(BLOCKED.saturating_sub(Duration::from_nanos(window - look * PERIOD)));
        let shot = Shot { turn_began: Some(began), asleep_for, ..waiting(main, 202, [0x7000, 0x189, 0, 0, 0, 0]) };
        let database = waiting(fetch, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.9:5432", "ESTAB"));
        let mut others = vec![(PID + 1, database.no_step())];
        others.extend((2..5).map(|thread| (PID + thread, waiting(idle, 202, [0x8000, 0x189, 0, 0, 0, 0]).no_step())));
        let broker = native_thread(PID + 9, "rdk:broker1", vec![tcp(11, "10.0.3.7:9092", "ESTAB")]);
        scene.look(shot, others).threads.push(Arc::new(broker));
    }
}

/// One of 40 worker threads is busy.
fn threads() -> PoolSample {
    PoolSample {
        address: Address(0x4000),
        kind: PoolKind::AnyioLimiter,
        name: Known::Unknown(Why::NotInThisPython),
        size: Known::Is(40),
        in_use: Known::Is(1),
        waiting: Known::Is(0),
        occupiers: vec![Occupier { who: Actor::Thread(ThreadId(PID + 1)), place: None, job: Some(Address(0x9002)) }],
        behind: Vec::new(),
        waiters: Vec::new(),
    }
}

/// Connections that nobody takes, a timer that is late, and a limit of memory.
fn around(recording: &mut Recording) {
    if let Some(around) = recording.surroundings.last_mut() {
        if let Known::Is(listeners) = &mut around.listeners {
            listeners.iter_mut().for_each(|listener| listener.waiting = 84);
        }
        if let Known::Is(cgroup) = &mut around.cgroup {
            (cgroup.memory_limit, cgroup.memory_used) = (Known::Is(Some(800 << 20)), Known::Is(312 << 20));
        }
    }
    if let Some(event_loop) = recording.snapshots.last_mut().and_then(|last| last.loops.first_mut()) {
        event_loop.next_timer = Known::Is(Some(Moment(START + PERIOD * (LOOKS - 1) - BLOCKED.as_nanos() as u64)));
        event_loop.ready = Known::Is(3);
    }
}

fn source() -> Excerpt {
    let lines = [
        (37, "async def follow(topic):"),
        (38, "    \"\"\"Hands every message of a topic to the orders.\"\"\""),
        (39, ""),
        (40, "    while True:"),
        (41, "        message = consumer.poll(30.0)"),
        (42, "        if message is None:"),
        (43, "            continue"),
    ];
    Excerpt {
        file: "/srv/shop/consumer.py".to_owned(),
        lines: lines.map(|(number, text)| (number, text.to_owned())).into(),
    }
}
