//! Threads that wait for an event loop that nobody runs, and those that wait for one that turns.

use hangspy::report::{Cause, Kind};
use hangspy::snapshot::{Address, Awaited, Census, Handover, Known, ThreadId, Why};

use super::scenes::{LOOKS, Line, PID, POLL, Scene, waiting};
use super::tasks::Story;
use super::{assert_healthy, assert_verdict, first, report};

/// The loop that serves, in every scene, and another one.
const SERVES: u64 = 0x7f30_0000_0000;
const OTHER: u64 = 0x7f30_0000_9000;
const RESULT: &[Line<'_>] = &[
    ("wait", "threading.py", 359),
    ("result", "concurrent/futures/_base.py", 451),
    ("fetch_rate", "/srv/rates.py", 40),
];
const WORKER: &[Line<'_>] = &[("rate", "/srv/app.py", 20), ("run", "site-packages/anyio/_backends/_asyncio.py", 986)];

fn handover(thread: u32, task: Option<u64>) -> Handover {
    Handover {
        thread: ThreadId(PID + thread),
        future: Address(0xb000 + u64::from(thread)),
        event_loop: Address(OTHER),
        task: task.map(Address),
        owner: None,
    }
}

/// Two worker threads of an idle server wait for results.
fn workers() -> Story {
    let mut story = Story::new();
    story.scene = Scene::new();
    let (idle, worker) = (story.scene.idle_stack(), story.scene.stack(&[RESULT, WORKER]));
    for _ in 0..LOOKS {
        let main = waiting(idle, 232, [POLL as u64, 0, 0, u64::MAX, 0, 0]).no_step();
        let asleep = || waiting(worker, 202, [0x7000, 0x189, 0, 0, 0, 0]).no_step();
        story.scene.look(main, vec![(PID + 1, asleep()), (PID + 2, asleep())]);
    }
    story
}

fn told(story: Story, change: impl Fn(usize, &mut Census)) -> Scene {
    let mut scene = story.told();
    for (number, census) in scene.recording.censuses.iter_mut().enumerate() {
        census.handovers = vec![handover(1, Some(0x5000)), handover(2, None)];
        change(number, census);
    }
    scene
}

#[test]
fn who_waits_for_a_loop_that_nobody_runs_waits_for_ever() {
    let mut story = workers();
    story.task(0, &[&[("async fetch", "/srv/rates.py", 30)]], Awaited::Future).event_loop = Address(OTHER);
    let scene = told(story, |_, _| ());
    assert_verdict("a dead loop", &scene, Kind::LoopGone, Cause::FutureResult, "fetch_rate", None);
    let report = report(&scene);
    let verdict = first(&report);
    assert_eq!(
        verdict.summary,
        "2 threads wait in fetch_rate (rates.py:40) for a coroutine of an event loop that no thread runs"
    );
    assert_eq!(
        verdict.evidence,
        [
            "a loop that no thread runs, in 150 of 150 looks at all threads",
            "2 threads wait for the same futures in two looks 2.8 s apart",
            "1 such call in its queue, 1 awaited task of its own",
            "1 task left on it: task Task-0 in fetch (rates.py:30)",
        ]
    );
}

#[test]
fn a_loop_that_turns_or_may_turn_is_not_gone() {
    let serves = told(workers(), |_, census| census.handovers.iter_mut().for_each(|wait| wait.event_loop.0 = SERVES));
    assert_healthy("it is the loop that serves", &serves);
    let others = told(workers(), |number, census| {
        census.handovers.iter_mut().for_each(|wait| wait.future.0 += number as u64 * 0x100);
    });
    assert_healthy("other futures than before: somebody sets them", &others);
    let mut once = told(workers(), |_, _| ());
    once.recording.censuses.remove(0);
    assert_healthy("seen once", &once);
    let mut hidden = told(workers(), |_, _| ());
    for snapshot in &mut hidden.recording.snapshots {
        snapshot.gaps.push(("event loop of thread 4713".to_owned(), Why::Vanished));
    }
    assert_healthy("a thread that could not be asked may run it", &hidden);
    let owned = told(workers(), |_, census| {
        census.handovers.iter_mut().for_each(|wait| wait.owner = Some(ThreadId(PID + 2)));
    });
    assert_healthy("a thread has it and may run it again", &owned);
    let said = report(&owned).observations;
    let words =
        "2 threads wait for coroutines of an event loop that no thread runs at present; thread 4713 worker-4713 has it";
    assert!(said.iter().any(|fact| fact.summary.starts_with(words)), "{said:?}");
    assert_healthy("nobody waits", &told(workers(), |_, census| census.handovers.clear()));
}

#[test]
fn a_loop_that_waits_for_a_dead_one_is_blocked_and_says_so() {
    let blocked = |event_loop: u64| {
        let mut story = Story::new();
        story.scene = Scene::new();
        let stack = story.scene.endpoint(RESULT);
        story.scene = story.scene.always(&waiting(stack, 202, [0x7000, 0x189, 0, 0, 0, 0]));
        let scene = told(story, |_, census| {
            census.handovers = vec![Handover { event_loop: Address(event_loop), ..handover(0, None) }];
        });
        let report = report(&scene);
        let verdict = first(&report);
        assert_eq!((verdict.kind, verdict.cause), (Kind::LoopBlocked, Some(Cause::FutureResult)));
        verdict.evidence.iter().find(|fact| fact.starts_with("the call that would set it")).cloned()
    };
    let words = "the call that would set it stands in the queue of";
    assert_eq!(blocked(OTHER), Some(format!("{words} a loop that no thread runs, in 150 of 150 looks at all threads")));
    assert_eq!(blocked(SERVES), Some(format!("{words} this very loop")));
}

#[test]
fn a_capture_of_before_says_nothing_of_handovers() {
    let mut scene = told(workers(), |_, _| ());
    let census = scene.recording.censuses.last_mut().map(|census| serde_json::to_value(&*census));
    let mut census = census.expect("a census").expect("it is JSON");
    census.as_object_mut().expect("an object").remove("handovers");
    let census: Census = serde_json::from_value(census).expect("a census of an older capture");
    assert_eq!((census.handovers.len(), census.tasks.get().is_some()), (0, true));
    assert_eq!(Known::<bool>::default(), Known::Unknown(Why::NotRead));
}
