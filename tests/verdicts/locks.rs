//! Locks: who holds what a thread waits for, and threads that wait for each other.

use std::collections::BTreeMap;

use hangspy::report::{Cause, Confidence, Kind, SecondParty};
use hangspy::snapshot::{
    Address, Frame, Known, LockHolder, LockKind, LockSample, ParentLock, SignalHandler, ThreadId, Why,
};

use super::scenes::{LOOKS, Line, PID, Scene, waiting};
use super::{CALL, first, report};

/// `futex`, without a timeout and with one.
const FOR_EVER: [u64; 6] = [0x7000, 0x189, 0, 0, 0, 0];
const WITH_TIMEOUT: [u64; 6] = [0x7000, 0x189, 0, 0x7ffe_0000, 0, 0];
const REINDEX: &[Line<'_>] = &[("reindex", "/srv/app.py", 40), ("run", "threading.py", 982)];
const COUNT: &[Line<'_>] = &[("count", "/srv/app.py", 60), ("run", "threading.py", 982)];

fn lock(address: u64, waiter: u32, holder: Known<LockHolder>) -> LockSample {
    let (kind, module) = (LockKind::Plain, None);
    LockSample {
        address: Address(address),
        kind,
        module,
        waiters: vec![ThreadId(waiter)],
        holder,
        in_parent: Known::Is(None),
        handler: None,
    }
}

fn held_by(thread: u32, frame: Frame) -> Known<LockHolder> {
    Known::Is(LockHolder::Thread { thread: ThreadId(thread), frame: Some(frame) })
}

/// A server whose loop waits for a lock that thread 4712 may hold.
fn waits_for(mut holder: impl FnMut(&mut Scene) -> Known<LockHolder>) -> Scene {
    let mut scene = Scene::new();
    let main = scene.endpoint(CALL);
    let other = scene.stack(&[REINDEX]);
    for _ in 0..LOOKS {
        let asleep = waiting(other, 45, [7, 0, 0, 0, 0, 0]).no_step();
        let holder = holder(&mut scene);
        let snapshot = scene.look(waiting(main, 202, FOR_EVER), vec![(PID + 1, asleep)]);
        snapshot.locks = vec![lock(0x1000, PID, holder)];
    }
    scene
}

#[test]
fn the_holder_stands_beside_the_waiter() {
    let scene = waits_for(|scene| held_by(PID + 1, scene.frame(REINDEX[0])));
    let report = report(&scene);
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::LoopBlocked, Some(Cause::Lock)), "{}", verdict.summary);
    let SecondParty::Holder { holder, stack } = &verdict.second_party else {
        panic!("the holder is missing: {:?}", verdict.second_party)
    };
    assert_eq!(holder, "thread 4712 worker-4712");
    assert_eq!(stack.first().map(|place| place.function.as_str()), Some("reindex"));
    let told =
        verdict.evidence.iter().any(|fact| fact.contains("holds the lock in reindex (app.py:40) in 150 of 150 looks"));
    assert!(told, "the evidence says where it was taken: {:?}", verdict.evidence);
    let main = report.threads.iter().find(|thread| thread.thread == PID).expect("the main thread is in the report");
    assert_eq!(main.doing, "waiting for a lock: thread 4712 worker-4712 has it");
}

#[test]
fn what_a_thread_is_said_to_do_changes_when_only_the_holder_of_its_lock_does() {
    let mut looks = 0;
    let scene = waits_for(|scene| {
        looks += 1;
        held_by(if looks * 2 > LOOKS { PID } else { PID + 1 }, scene.frame(REINDEX[0]))
    });
    let report = report(&scene);
    let mut did: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in report.profile.iter().filter(|entry| entry.thread == PID) {
        *did.entry(entry.doing.as_str()).or_default() += entry.samples;
    }
    let half = LOOKS / 2;
    assert_eq!(did, BTreeMap::from([("waiting for a lock", half), ("waiting for a lock that it holds itself", half)]));
}

#[test]
fn an_unknown_holder_is_said_to_be_unknown() {
    let scene = waits_for(|_| Known::Unknown(Why::NotInThisPython));
    let report = report(&scene);
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::LoopBlocked, Some(Cause::Lock)), "{}", verdict.summary);
    assert_eq!(verdict.second_party, SecondParty::None);
    assert!(verdict.evidence.iter().any(|fact| fact.starts_with("holder not found")), "{:?}", verdict.evidence);
}

/// A server whose loop is idle and two of whose threads hold a lock each and wait for the other one's, in the last looks.
fn crossed(looks: u64, arguments: [u64; 6]) -> Scene {
    crossed_in([REINDEX, COUNT], looks, arguments)
}

fn crossed_in(places: [&[Line<'_>]; 2], looks: u64, arguments: [u64; 6]) -> Scene {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let stacks = places.map(|lines| scene.stack(&[lines]));
    let frames = places.map(|lines| scene.frame(lines[0]));
    for look in 0..LOOKS {
        let main = waiting(idle, 232, [5, 0, 0, 0, 0, 0]).no_step();
        let threads = stacks.map(|stack| waiting(stack, 202, arguments).no_step());
        let [one, other] = threads;
        let snapshot = scene.look(main, vec![(PID + 1, one), (PID + 2, other)]);
        if look + looks >= LOOKS {
            let [one, other] = frames;
            snapshot.locks =
                vec![lock(0x1000, PID + 1, held_by(PID + 2, other)), lock(0x2000, PID + 2, held_by(PID + 1, one))];
        }
    }
    scene
}

#[test]
fn threads_that_wait_for_each_other_are_a_deadlock() {
    let report = report(&crossed(LOOKS, FOR_EVER));
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (Kind::Deadlock, Some(Cause::Lock)), "{}", verdict.summary);
    assert_eq!(verdict.summary, "deadlock: reindex (app.py:40) and count (app.py:60) wait for each other's lock");
    assert_eq!((verdict.thread, verdict.confidence), (Some(PID + 1), Confidence::Certain));
    assert_eq!(report.verdicts.len(), 1, "one cycle, one verdict");
}

#[test]
fn threads_that_wait_for_each_other_in_one_place_are_told_as_two() {
    let report = report(&crossed_in([COUNT, COUNT], LOOKS, FOR_EVER));
    assert_eq!(first(&report).summary, "deadlock: two threads in count (app.py:60) wait for each other's lock");
}

#[test]
fn what_was_seen_once_or_ends_by_itself_is_no_deadlock() {
    for (story, scene) in [("seen once", crossed(1, FOR_EVER)), ("with a timeout", crossed(LOOKS, WITH_TIMEOUT))] {
        let report = report(&scene);
        assert_eq!(first(&report).kind, Kind::Healthy, "{story}: said {}", first(&report).summary);
    }
}

#[test]
fn a_thread_that_waits_for_its_own_lock_is_a_deadlock() {
    let mut scene = Scene::new();
    let outer = ("total", "/srv/app.py", 12);
    let lines: &[Line<'_>] = &[("go", "/srv/app.py", 7), outer, ("async handle", "/srv/app.py", 20)];
    let stack = scene.endpoint(lines);
    let frame = scene.frame(outer);
    for _ in 0..LOOKS {
        scene.look(waiting(stack, 202, FOR_EVER), Vec::new()).locks = vec![lock(0x1000, PID, held_by(PID, frame))];
    }
    let report = report(&scene);
    let verdict = first(&report);
    assert_eq!(verdict.kind, Kind::Deadlock, "{}", verdict.summary);
    assert_eq!(
        verdict.summary,
        "deadlock: go (app.py:7) waits for a lock that its own thread took in total (app.py:12)"
    );
    let SecondParty::Holder { stack, .. } = &verdict.second_party else { panic!("the outer frame is missing") };
    assert_eq!(stack.first().map(|place| place.function.as_str()), Some("total"));
    assert_eq!(report.verdicts.len(), 1, "the blocked loop is the same finding");
}

/// A server whose loop sleeps for its own lock, with these frames between the one that took it and the one that waits.
fn taken_twice(inner: &[Line<'_>], handler: Option<Line<'_>>) -> Scene {
    let mut scene = Scene::new();
    let outer = ("total", "/srv/app.py", 12);
    let lines = [inner, &[outer, ("async handle", "/srv/app.py", 20)]].concat();
    let stack = scene.endpoint(&lines);
    let frame = scene.frame(outer);
    let handler = handler.map(|line| SignalHandler { signal: 10, frame: scene.frame(line) });
    for _ in 0..LOOKS {
        let own = LockSample { handler, ..lock(0x1000, PID, held_by(PID, frame)) };
        scene.look(waiting(stack, 202, FOR_EVER), Vec::new()).locks = vec![own];
    }
    scene
}

#[test]
fn what_ran_in_between_without_being_called_is_named() {
    let on_signal = ("on_signal", "/srv/app.py", 7);
    let said = report(&taken_twice(&[on_signal], Some(on_signal)));
    assert!(first(&said).summary.contains("which a signal interrupted"), "{}", first(&said).summary);
    assert!(first(&said).evidence.iter().any(|fact| fact.contains("on_signal (app.py:7) handles signal 10")));
    assert!(first(&said).advice.contains("signal handler"), "{}", first(&said).advice);

    let said = report(&taken_twice(&[("release", "/srv/app.py", 7), ("__del__", "/srv/app.py", 9)], None));
    assert!(first(&said).summary.contains("a finalizer (__del__)"), "{}", first(&said).summary);
    assert!(first(&said).advice.contains("__del__"), "{}", first(&said).advice);

    let said = report(&taken_twice(&[("go", "/srv/app.py", 7)], None));
    assert!(first(&said).advice.contains("threading.RLock, or call"), "{}", first(&said).advice);
}

/// A server whose loop sleeps for a lock whose holder is not found here, and what the parent process has there.
fn inherited(holder: Known<LockHolder>, in_parent: Option<ParentLock>) -> Scene {
    let mut scene = waits_for(|_| holder);
    for lock in scene.recording.snapshots.iter_mut().flat_map(|snapshot| &mut snapshot.locks) {
        lock.in_parent = Known::Is(in_parent);
    }
    scene
}

#[test]
fn a_lock_that_was_held_at_the_fork_is_told_from_others() {
    let unknown = Known::Unknown(Why::NotInThisPython);
    let gone = Known::Is(LockHolder::Gone);
    for (story, holder, in_parent, cause, confidence) in [
        ("its owner stayed behind", gone, Some(ParentLock::Free), Cause::ForkLock, Confidence::Certain),
        ("held over there", unknown, Some(ParentLock::Held), Cause::ForkLock, Confidence::Likely),
        ("free over there: perhaps taken here", unknown, Some(ParentLock::Free), Cause::Lock, Confidence::Certain),
        ("made after the fork", unknown, None, Cause::Lock, Confidence::Certain),
        ("its owner ended", gone, None, Cause::Lock, Confidence::Certain),
    ] {
        let report = report(&inherited(holder, in_parent));
        let verdict = first(&report);
        assert_eq!((verdict.kind, verdict.cause), (Kind::LoopBlocked, Some(cause)), "{story}: {}", verdict.summary);
        assert_eq!(verdict.confidence, confidence, "{story}");
    }
}
