//! Event loops, tasks, thread names and the GIL, read from outside and compared with what the program says of itself.
//!
//! Every mode of `fixtures/programs/loops.py` runs on every CPython found and on both kinds of loop.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up ends with what went wrong")]

#[path = "common/environments.rs"]
mod environments;
#[path = "common/program.rs"]
mod program;

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use environments::{Environment, all};
use hangspy::os::task_text::parse_syscall;
use hangspy::snapshot::{Call, GilRole, Known, LoopSample, Snapshot, Step, Syscall, SyscallState};
use program::{Program, sampler};
use serde::Deserialize;

/// Snapshots of a program that does not move.
const LOOKS: usize = 100;
/// libuv counts milliseconds and may use a coarse clock, which advances every 4 ms.
const UV_TICK: f64 = 0.006;
/// A condition that has not come about after this time does not come: something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

const LOOPS: [&str; 2] = ["asyncio", "uvloop"];

/// What a loop says of itself: see `truth` in `fixtures/programs/loops.py`.
#[derive(Debug, Deserialize)]
struct Truth {
    #[serde(rename = "loop")]
    event_loop: u64,
    thread: u32,
    thread_name: String,
    descriptor: i32,
    task: Option<u64>,
    task_name: Option<String>,
    ready: u64,
    timers: u64,
    /// The earliest and the latest moment at which it can be due.
    next_timer: Option<(f64, f64)>,
    /// The turn began not before this,
    due: Option<f64>,
    /// and was going on then.
    now: f64,
}

/// What the parent of a forked child says.
#[derive(Debug, Deserialize)]
struct Forked {
    pid: u32,
}

fn start(environment: &Environment, mode: &str, kind: &str, counter: Option<&Path>) -> Program {
    let counter = counter.map(|path| path.to_string_lossy().into_owned());
    let arguments: Vec<&str> = [mode, kind].into_iter().chain(counter.as_deref()).collect();
    Program::start(environment, "loops.py", &arguments)
}

fn environments() -> &'static [Environment] {
    static FOUND: OnceLock<Vec<Environment>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let found = all();
        for (label, reason) in &found.absent {
            skip(label, reason);
        }
        found.environments
    })
}

#[expect(clippy::print_stderr, reason = "a skip says why")]
fn skip(label: &str, reason: &str) {
    eprintln!("skipped: CPython {label}: {reason}");
}

/// Every environment with every kind of loop that it has.
fn everywhere() -> impl Iterator<Item = (&'static Environment, &'static str)> {
    let pairs = environments().iter().flat_map(|environment| LOOPS.map(|kind| (environment, kind)));
    pairs.filter(|(environment, kind)| *kind == "asyncio" || environment.packages.contains_key("uvloop"))
}

/// Waits until a condition holds, looking again and again.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what} did not come about");
        std::thread::yield_now();
    }
}

fn call_of(process: u32, thread: u32) -> Option<Call> {
    let text = fs::read_to_string(format!("/proc/{process}/task/{thread}/syscall")).ok()?;
    match parse_syscall(&text)? {
        SyscallState::Inside { number, .. } => Syscall::of(number).map(|call| call.call),
        _ => None,
    }
}

fn the_loop<'a>(snapshot: &'a Snapshot, truth: &Truth, what: &str) -> &'a LoopSample {
    let found = snapshot.loops.iter().find(|sample| sample.address.0 == truth.event_loop);
    found.unwrap_or_else(|| panic!("{what}: the loop {:#x} is not among {:?}", truth.event_loop, snapshot.loops))
}

/// How far the loop's clock may be from `time.monotonic`, seconds.
fn tolerance(kind: &str) -> f64 {
    if kind == "uvloop" { UV_TICK } else { 1e-6 }
}

/// Compares what holds in every mode.
fn compare(snapshot: &Snapshot, truth: &Truth, kind: &str, what: &str) {
    assert_eq!(snapshot.gaps, [], "{what}");
    let sample = the_loop(snapshot, truth, what);
    assert_eq!(sample.kind.word(), kind, "{what}");
    assert_eq!(sample.thread.0, truth.thread, "{what}");
    assert_eq!(sample.poll_descriptor, Known::Is(truth.descriptor), "{what}");
    assert_eq!(sample.timers, Known::Is(truth.timers), "{what}: timers");
    let next = sample.next_timer.map(|next| next.map(|moment| moment.seconds()));
    match (next, truth.next_timer) {
        (Known::Is(None), None) => {}
        (Known::Is(Some(read)), Some((earliest, latest)))
            if (earliest - tolerance(kind)..=latest + tolerance(kind)).contains(&read) => {}
        _ => panic!("{what}: the next timer is read as {next:?}, the program says {:?}", truth.next_timer),
    }
    let thread = snapshot.thread(sample.thread).expect("the thread of the loop is among the threads");
    let python = thread.python.as_ref().expect("the thread of the loop is Python's");
    assert_eq!(python.name, Known::Is(truth.thread_name.clone()), "{what}");
}

/// Compares the sample of a loop that is blocked.
fn compare_blocked(snapshot: &Snapshot, truth: &Truth, kind: &str, what: &str) {
    let sample = the_loop(snapshot, truth, what);
    assert_eq!(sample.ready, Known::Is(truth.ready), "{what}: callbacks ready");
    match (&sample.task, truth.task) {
        (Known::Is(None), None) => {}
        (Known::Is(Some(read)), Some(address)) => {
            assert_eq!(read.address.0, address, "{what}: the running task");
            assert_eq!(read.name, Known::Is(truth.task_name.clone().unwrap()), "{what}: the name of the task");
        }
        _ => panic!("{what}: the running task is read as {:?}, the program says {truth:?}", sample.task),
    }
    // No fixed distance: on a loaded machine the program itself is late.
    let due = truth.due.expect("a blocked loop says what woke it") - tolerance(kind);
    match sample.turn_began {
        Known::Is(moment) if (due..=truth.now).contains(&moment.seconds()) => {}
        read => panic!("{what}: the turn began at {read:?}, the program says between {due} and {}", truth.now),
    }
}

/// Looks at a blocked program many times: everything must be right each time, and the step the same.
fn watch_blocked(mode: &str, loops: usize) {
    for (environment, kind) in everywhere() {
        let mut program = start(environment, mode, kind, None);
        let truths: Vec<Truth> = (0..loops).map(|_| program.says()).collect();
        let mut sampler = program.sampler();
        let mut steps: Vec<HashSet<Known<Option<Step>>>> = vec![HashSet::new(); loops];
        for _ in 0..LOOKS {
            let snapshot = sampler.snapshot().expect("the program runs");
            assert_eq!(snapshot.loops.len(), loops, "{}", program.what);
            for (truth, steps) in truths.iter().zip(&mut steps) {
                compare(&snapshot, truth, kind, &program.what);
                compare_blocked(&snapshot, truth, kind, &program.what);
                steps.insert(the_loop(&snapshot, truth, &program.what).step.clone());
            }
        }
        for steps in steps {
            let one = steps.len() == 1 && steps.iter().all(|step| matches!(step, Known::Is(Some(_))));
            assert!(one, "{}: one call, but these steps in {LOOKS} looks: {steps:#?}", program.what);
        }
    }
}

#[test]
fn a_task_that_sleeps_is_one_step() {
    watch_blocked("sleep", 1);
}

#[test]
fn a_callback_without_a_task_is_one_step() {
    watch_blocked("callback", 1);
}

#[test]
fn a_task_that_computes_is_one_step() {
    watch_blocked("compute", 1);
}

#[test]
fn queues_and_timers_are_counted_exactly() {
    watch_blocked("planted", 1);
}

#[test]
fn two_loops_in_two_threads_are_told_apart() {
    watch_blocked("two", 2);
}

#[test]
fn a_class_of_the_users_with_many_attributes_is_read_like_its_parent() {
    watch_blocked("subclass", 1);
}

#[test]
fn a_loop_with_nothing_to_do_is_between_steps() {
    for (environment, kind) in everywhere() {
        let mut program = start(environment, "idle", kind, None);
        let truth: Truth = program.says();
        let process = program.child.id();
        until(&format!("{}: waiting in epoll", program.what), || call_of(process, truth.thread) == Some(Call::Epoll));
        let mut sampler = program.sampler();
        for look in 0..LOOKS {
            let snapshot = sampler.snapshot().expect("the program runs");
            compare(&snapshot, &truth, kind, &program.what);
            let sample = the_loop(&snapshot, &truth, &program.what);
            assert_eq!(sample.step, Known::Is(None), "{}: look {look} at {sample:?}", program.what);
            assert_eq!(sample.task, Known::Is(None), "{}", program.what);
            assert_eq!(sample.ready, Known::Is(0), "{}", program.what);
        }
    }
}

#[test]
fn short_callbacks_are_different_steps() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (index, (environment, kind)) in everywhere().enumerate() {
        let path = folder.join(format!("loops-counter-{index}"));
        fs::write(&path, [0; 8]).expect("the counter can be written");
        let mut program = start(environment, "hot", kind, Some(&path));
        let truth: Truth = program.says();
        let counter = File::open(&path).expect("the counter can be read");
        let count = || {
            let mut bytes = [0; 8];
            counter.read_exact_at(&mut bytes, 0).expect("eight bytes");
            u64::from_le_bytes(bytes)
        };
        let mut sampler = program.sampler();
        let mut before: Option<Step> = None;
        let mut seen = 0;
        for _ in 0..LOOKS {
            let snapshot = sampler.snapshot().expect("the program runs");
            // Whatever was looked at is over when two more callbacks have begun.
            let over = count() + 2;
            until(&format!("{}: two more callbacks", program.what), || count() >= over);
            let Some(sample) = snapshot.loops.iter().find(|sample| sample.address.0 == truth.event_loop) else {
                continue;
            };
            let Known::Is(Some(step)) = &sample.step else { continue };
            assert_ne!(before.as_ref(), Some(step), "{}: another callback, but the same step", program.what);
            before = Some(step.clone());
            seen += 1;
        }
        // Between the callbacks a stock loop spends about as long in itself.
        assert!(seen > LOOKS / 10, "{}: a step was read in {seen} of {LOOKS} looks only", program.what);
    }
}

#[test]
fn a_forked_child_does_not_run_its_parents_loop() {
    for (environment, kind) in everywhere() {
        let mut program = start(environment, "forked", kind, None);
        let Forked { pid } = program.says();
        until(&format!("{}: the child reading", program.what), || call_of(pid, pid) == Some(Call::Read));
        let snapshot = sampler(pid, &program.what).snapshot().expect("the child runs");
        assert_eq!(snapshot.loops, [], "{}", program.what);
        let python: Vec<_> = snapshot.threads.iter().filter(|thread| thread.python.is_some()).collect();
        assert_eq!(python.len(), 1, "{}: the child has one thread", program.what);
        assert_eq!(python[0].thread.0, pid, "{}: and it is the main one", program.what);
    }
}

#[test]
fn the_one_who_keeps_the_gil_and_those_who_wait_for_it_are_told_apart() {
    for (environment, kind) in everywhere() {
        let mut program = start(environment, "held", kind, None);
        let truth: Truth = program.says();
        let process = program.child.id();
        until(&format!("{}: the GIL kept in a sleep", program.what), || {
            call_of(process, truth.thread) == Some(Call::Sleep)
        });
        let mut sampler = program.sampler();
        let mut waited = HashSet::new();
        for _ in 0..LOOKS {
            let snapshot = sampler.snapshot().expect("the program runs");
            let gil = snapshot.interpreters[0].gil;
            let Known::Is(sample) = gil else { panic!("{}: the GIL is {gil:?}", program.what) };
            assert!(sample.locked, "{}: somebody holds the GIL", program.what);
            for thread in &snapshot.threads {
                let Some(python) = &thread.python else { continue };
                let name = python.name.get().expect("every thread has a name");
                if thread.thread.0 == truth.thread {
                    assert_eq!(python.gil, Known::Is(GilRole::Holds), "{}: {name}", program.what);
                    assert_eq!(python.thread_state, sample.last_holder, "{}", program.what);
                } else if python.gil == Known::Is(GilRole::Waits) {
                    waited.insert(name.clone());
                } else {
                    // A waiter wakes every 5 ms, to ask again.
                    let awake = !matches!(thread.os.syscall, Known::Is(SyscallState::Inside { .. }));
                    assert!(awake && python.gil == Known::Is(GilRole::Apart), "{}: {name}: {thread:?}", program.what);
                }
            }
        }
        assert_eq!(waited.len(), 3, "{}: those who were seen waiting: {waited:?}", program.what);
    }
}

#[test]
fn a_garbage_collection_is_seen() {
    for (environment, kind) in everywhere() {
        let mut program = start(environment, "collecting", kind, None);
        let truth: Truth = program.says();
        let snapshot = program.sampler().snapshot().expect("the program runs");
        compare(&snapshot, &truth, kind, &program.what);
        compare_blocked(&snapshot, &truth, kind, &program.what);
        assert_eq!(snapshot.interpreters[0].collecting, Known::Is(true), "{}", program.what);
    }
}
