//! Several troubles in one process: those that have nothing to do with each other are all told, and what comes of another
//! one is told under it, once.

use std::time::Duration;

use hangspy::report::{Because, Kind, Report};
use hangspy::snapshot::{
    Actor, Address, Awaited, GilRole, Known, LockHolder, LockKind, LockSample, Occupier, PoolKind, PoolSample,
    ThreadId, Why,
};

use super::around::out_of_descriptors;
use super::scenes::{LOOKS, Line, PERIOD, PID, Scene, Shot, running, waiting};
use super::served::{LONG, Served, bytes, task, upstream};
use super::{CALL, report, starved};

const FOR_EVER: [u64; 6] = [0x7000, 0x189, 0, 0, 0, 0];
const READ: &[Line<'_>] = &[("async _wait_for_data", "asyncio/streams.py", 542)];
const FETCH: &[Line<'_>] = &[("async fetch", "/srv/app.py", 14)];

/// The kinds that are told, and those that come of each.
fn told(scene: &Scene) -> Vec<(Kind, Vec<(Because, Kind)>)> {
    let kinds = |report: Report| {
        let under = |verdict: &hangspy::report::Verdict| {
            verdict.consequences.iter().map(|other| (other.because, other.finding.kind)).collect()
        };
        report.verdicts.iter().map(|verdict| (verdict.kind, under(verdict))).collect()
    };
    kinds(report(scene))
}

/// A pool of which these have all places, at every look, while five wait.
fn exhausted(scene: &mut Scene, kind: PoolKind, users: &[Actor]) {
    let user = |(job, who): (u64, &Actor)| Occupier { who: *who, place: None, job: Some(Address(job)) };
    let pool = PoolSample {
        address: Address(0x4000),
        kind,
        name: Known::Unknown(Why::NotInThisPython),
        size: Known::Is(users.len() as u64),
        in_use: Known::Is(users.len() as u64),
        waiting: Known::Is(5),
        occupiers: (1..).zip(users).map(user).collect(),
        behind: Vec::new(),
        waiters: Vec::new(),
    };
    scene.recording.censuses.iter_mut().for_each(|census| census.pools = vec![pool.clone()]);
}

fn threads(numbers: impl IntoIterator<Item = u32>) -> Vec<Actor> {
    numbers.into_iter().map(|number| Actor::Thread(ThreadId(PID + number))).collect()
}

/// A server one of whose requests waits for an upstream that is silent for `seconds`.
fn silent(seconds: u64) -> Served {
    let mut served = Served::new();
    served.task(1, &[READ, FETCH], bytes(7, false));
    served.request(1, 12);
    served.connections = vec![upstream(7, seconds)];
    served
}

#[test]
fn an_exhausted_pool_and_a_silent_upstream_are_both_told() {
    let mut scene = silent(LONG).told();
    exhausted(&mut scene, PoolKind::DbPool, &threads(50..55));
    assert_eq!(told(&scene), [(Kind::PoolExhausted, vec![]), (Kind::SlowRequests, vec![])]);
}

#[test]
fn the_silent_upstream_of_a_pools_users_is_told_with_the_pool() {
    let mut scene = silent(LONG).told();
    exhausted(&mut scene, PoolKind::HttpPool, &[Actor::Task(task(1))]);
    assert_eq!(told(&scene), [(Kind::PoolExhausted, vec![(Because::WaitsForThem, Kind::SlowRequests)])]);
}

/// The same server with a loop that waits in a call for as many seconds.
fn blocked(mut served: Served, seconds: u64) -> Scene {
    let stack = served.scene.endpoint(CALL);
    let began = i64::try_from(seconds).expect("few seconds") * -1_000_000_000;
    for look in 0..LOOKS {
        let asleep = Duration::from_secs(seconds) + Duration::from_nanos(look * PERIOD);
        let shot = waiting(stack, 230, [1, 1, 0, 0, 0, 0]);
        served.scene.look(Shot { turn_began: Some(began), asleep_for: Some(asleep), ..shot }, Vec::new());
    }
    served.told()
}

#[test]
fn a_full_table_of_descriptors_and_a_blocked_loop_are_both_told() {
    let mut scene = blocked(Served::new(), 1);
    out_of_descriptors(&mut scene, 2);
    assert_eq!(told(&scene), [(Kind::LoopBlocked, vec![]), (Kind::PoolExhausted, vec![])]);
}

#[test]
fn who_stands_still_on_a_blocked_loop_comes_of_that_and_who_did_so_before_does_not() {
    let long = [(Kind::LoopBlocked, vec![(Because::LoopDoesNotTurn, Kind::SlowRequests)])];
    assert_eq!(told(&blocked(silent(LONG), 60)), long, "silent only while the loop does not turn");
    let both = [(Kind::LoopBlocked, vec![]), (Kind::SlowRequests, vec![])];
    assert_eq!(told(&blocked(silent(LONG), 1)), both, "silent before");
    let mut scene = blocked(Served::new(), 1);
    exhausted(&mut scene, PoolKind::DbPool, &threads(50..55));
    assert_eq!(told(&scene), [(Kind::LoopBlocked, vec![]), (Kind::PoolExhausted, vec![])], "threads have the pool");
}

/// Threads `PID + 1` and `PID + 2` wait for each other's lock, and `PID + 3` for one of theirs.
fn deadlocked(mut served: Served) -> Scene {
    let stack = served.scene.stack(&[&[("reindex", "/srv/app.py", 40), ("run", "threading.py", 982)]]);
    let idle = served.scene.idle_stack();
    let lock = |address, waiters: &[u32], holder| LockSample {
        address: Address(address),
        kind: LockKind::Plain,
        module: None,
        waiters: waiters.iter().map(|thread| ThreadId(PID + thread)).collect(),
        holder: Known::Is(LockHolder::Thread { thread: ThreadId(PID + holder), frame: None }),
        in_parent: Known::Is(None),
        handler: None,
    };
    for _ in 0..LOOKS {
        let main = waiting(idle, 232, [5, 0, 0, 0, 0, 0]).no_step();
        let threads = (1..4).map(|thread| (PID + thread, waiting(stack, 202, FOR_EVER).no_step())).collect();
        served.scene.look(main, threads).locks = vec![lock(0x1000, &[1, 3], 2), lock(0x2000, &[2], 1)];
    }
    served.told()
}

#[test]
fn a_pool_whose_users_are_deadlocked_or_wait_for_those_is_told_once() {
    let mut scene = deadlocked(Served::new());
    exhausted(&mut scene, PoolKind::AnyioLimiter, &threads(1..4));
    assert_eq!(told(&scene), [(Kind::Deadlock, vec![(Because::WaitsForThem, Kind::PoolExhausted)])]);
    exhausted(&mut scene, PoolKind::AnyioLimiter, &threads(1..6));
    assert_eq!(
        told(&scene),
        [(Kind::Deadlock, vec![]), (Kind::PoolExhausted, vec![])],
        "two of its users have nothing to do with the deadlock"
    );
}

#[test]
fn what_waits_for_a_deadlocked_thread_comes_of_the_deadlock() {
    let mut served = Served::new();
    served.task(1, &[FETCH], Awaited::Executor { thread: Known::Is(ThreadId(PID + 3)) });
    let mut scene = deadlocked(served);
    exhausted(&mut scene, PoolKind::HttpPool, &[Actor::Task(task(1))]);
    assert_eq!(told(&scene), [(Kind::Deadlock, vec![(Because::WaitsForThem, Kind::PoolExhausted)])]);
}

/// A loop that waits for the GIL, which a thread gives up every so many looks, in a group that its quota stops.
fn throttled(looks: u64) -> Scene {
    let decode: &[Line<'_>] = &[("decode", "/srv/app.py", 30), ("run", "threading.py", 982)];
    let owner = |scene: &mut Scene, _| running(scene.stack(&[decode]), GilRole::Holds);
    let mut scene = starved(1, owner, |look| look / looks);
    if let Some(Known::Is(cgroup)) = scene.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
        cgroup.throttled_periods = Known::Is(28);
        cgroup.throttled_ns = Known::Is(2_500_000_000);
    }
    scene
}

#[test]
fn the_gil_that_a_throttled_thread_keeps_is_told_once() {
    let once = [(Kind::CpuThrottled, vec![(Because::ThrottledMeanwhile, Kind::LoopStarved)])];
    assert_eq!(told(&throttled(5)), once, "kept for a period of the quota");
    let kinds: Vec<Kind> = told(&throttled(1000)).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Kind::LoopStarved, Kind::CpuThrottled], "kept for seconds, which no quota does");
}

#[test]
fn a_stopped_process_explains_all() {
    let mut scene = deadlocked(Served::new());
    for snapshot in &mut scene.recording.snapshots {
        for thread in &mut snapshot.threads {
            std::sync::Arc::make_mut(thread).os.state = Known::Is(hangspy::snapshot::TaskState::Stopped);
        }
    }
    assert_eq!(told(&scene), [(Kind::ProcessStopped, vec![(Because::NothingRuns, Kind::Deadlock)])]);
}
