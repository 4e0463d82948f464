//! What is said about full pools, from two looks at them.

use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind, SecondParty};
use hangspy::snapshot::{
    Actor, Address, Census, Known, Moment, Occupier, PoolKind, PoolSample, StackId, StackSample, TaskCensus, ThreadId,
    Why,
};

use super::scenes::{LOOKS, Line, PERIOD, PID, START, Scene, Shot, tcp, waiting};
use super::{assert_healthy, assert_verdict, first, report};

const WORKER: &[Line<'_>] = &[
    ("fetch", "/srv/app.py", 7),
    ("endpoint", "/srv/app.py", 20),
    ("run", "site-packages/anyio/_backends/_asyncio.py", 986),
    ("_bootstrap", "threading.py", 1030),
];
const CHECKOUT: &[Line<'_>] = &[
    ("wait", "threading.py", 359),
    ("get", "site-packages/sqlalchemy/util/queue.py", 180),
    ("_do_get", "site-packages/sqlalchemy/pool/impl.py", 166),
    ("load", "/srv/app.py", 33),
    ("run", "site-packages/anyio/_backends/_asyncio.py", 986),
];

/// A server whose loop is idle and whose workers, from `PID + 1` on, are where these stacks are.
fn workers(stacks: &[&[Line<'_>]], change: impl Fn(Shot, u64) -> Shot) -> Scene {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let stacks: Vec<StackId> = stacks.iter().map(|lines| scene.stack(&[lines])).collect();
    for look in 0..LOOKS {
        let main = waiting(idle, 232, [super::scenes::POLL as u64, 0, 0, u64::MAX, 0, 0]).no_step();
        let others = (PID + 1..).zip(&stacks).map(|(thread, stack)| {
            let shot = waiting(*stack, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.7:443", "ESTAB"));
            (thread, change(shot.no_step(), look))
        });
        let others = others.collect();
        scene.look(main, others);
    }
    scene
}

/// Two looks at pools: `pools(0)` near the beginning, `pools(1)` at the end.
fn look_at(mut scene: Scene, pools: impl Fn(u64) -> Vec<PoolSample>) -> Scene {
    for (number, look) in [(0, 10), (1, LOOKS)] {
        scene.recording.censuses.push(Census {
            at: Moment(START + look * PERIOD),
            took: Duration::from_millis(2),
            tasks: Known::Is(TaskCensus::default()),
            pools: pools(number),
            requests: Vec::new(),
            crews: Vec::new(),
            handovers: Vec::new(),
            gaps: Vec::new(),
        });
    }
    scene
}

fn pool(kind: PoolKind, size: u64, waiting: u64, users: impl IntoIterator<Item = (u32, u64)>) -> PoolSample {
    let user =
        |(thread, job)| Occupier { who: Actor::Thread(ThreadId(PID + thread)), place: None, job: Some(Address(job)) };
    let occupiers: Vec<Occupier> = users.into_iter().map(user).collect();
    PoolSample {
        address: Address(0x4000 + kind as u64),
        kind,
        name: Known::Unknown(Why::NotInThisPython),
        size: Known::Is(size),
        in_use: Known::Is(size.min(occupiers.len().max(1) as u64)),
        waiting: Known::Is(waiting),
        occupiers,
        behind: Vec::new(),
        waiters: Vec::new(),
    }
}

fn threads(numbers: std::ops::Range<u32>) -> Vec<Occupier> {
    let waiter = |thread| Occupier { who: Actor::Thread(ThreadId(PID + thread)), place: None, job: None };
    numbers.map(waiter).collect()
}

fn slept(shot: Shot, _: u64) -> Shot {
    shot
}

#[test]
fn whoever_has_the_places_is_blamed() {
    let full = |_| vec![pool(PoolKind::AnyioLimiter, 4, 9, (1..5).map(|thread| (thread, u64::from(thread))))];
    let scene = look_at(workers(&[WORKER; 4], slept), full);
    assert_verdict("four workers, one peer", &scene, Kind::PoolExhausted, Cause::ThreadPool, "fetch", None);
    let said = report(&scene);
    let expected = SecondParty::Peer { address: "10.0.3.7:443".to_owned(), service: Some("https".to_owned()) };
    assert_eq!(first(&said).second_party, expected);
    assert_eq!(first(&said).confidence, Confidence::Certain);
    assert!(first(&said).summary.contains("9 wait"), "{}", first(&said).summary);
    assert_eq!(said.verdicts.len(), 1);
}

#[test]
fn whoever_comes_to_one_function_on_two_ways_is_of_one_group() {
    let other: &[Line<'_>] = &[WORKER[0], ("other_endpoint", "/srv/app.py", 30), WORKER[2], WORKER[3]];
    let full = |_| vec![pool(PoolKind::AnyioLimiter, 3, 9, (1..4).map(|thread| (thread, u64::from(thread))))];
    let scene = look_at(workers(&[WORKER, other, other], slept), full);
    assert_verdict("two endpoints, one function", &scene, Kind::PoolExhausted, Cause::ThreadPool, "fetch", None);
}

#[test]
fn a_pool_that_turns_over_is_at_work() {
    let jobs = |look: u64| (1..5).map(move |thread| (thread, u64::from(thread) + look));
    let turning = look_at(workers(&[WORKER; 4], slept), |look| vec![pool(PoolKind::AnyioLimiter, 4, 9, jobs(look))]);
    assert_healthy("other calls at the second look", &turning);

    let nobody = |_| vec![pool(PoolKind::AnyioLimiter, 4, 0, (1..5).map(|thread| (thread, 1)))];
    assert_healthy("nobody waits", &look_at(workers(&[WORKER; 4], slept), nobody));

    let free = |_| vec![pool(PoolKind::AnyioLimiter, 5, 9, (1..5).map(|thread| (thread, 1)))];
    assert_healthy("one is free", &look_at(workers(&[WORKER; 4], slept), free));
}

#[test]
fn one_place_that_has_the_same_user_twice_proves_nothing_unless_that_did_not_move() {
    let one = |_| vec![pool(PoolKind::DbPool, 1, 3, [(1, 1)])];
    let moving = |shot: Shot, look: u64| Shot { voluntary: 7 + look, on_cpu_ns: look, ..shot };
    assert_healthy("the thread ran meanwhile", &look_at(workers(&[WORKER], moving), one));
    let scene = look_at(workers(&[WORKER], slept), one);
    assert_verdict("the thread slept", &scene, Kind::PoolExhausted, Cause::DbPool, "fetch", None);
}

#[test]
fn a_look_too_short_after_the_first_proves_nothing() {
    let full = |_| vec![pool(PoolKind::AnyioLimiter, 4, 9, (1..5).map(|thread| (thread, 1)))];
    let mut scene = look_at(workers(&[WORKER; 4], slept), full);
    scene.recording.censuses[0].at = Moment(START + (LOOKS - 40) * PERIOD);
    assert_healthy("0.8 s", &scene);
}

#[test]
fn nobody_is_blamed_for_connections_that_nobody_is_seen_to_have() {
    let lost = |_| {
        let empty = pool(PoolKind::DbPool, 3, 2, []);
        vec![PoolSample { in_use: Known::Is(3), waiters: threads(1..3), ..empty }]
    };
    let scene = look_at(workers(&[CHECKOUT; 2], slept), lost);
    let said = report(&scene);
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::PoolExhausted, Some(Cause::DbPool)));
    assert_eq!((first(&said).blame.as_ref(), first(&said).confidence), (None, Confidence::Likely));
    assert!(
        first(&said).evidence.iter().any(|words| words.contains("load (app.py:33)")),
        "{:?}",
        first(&said).evidence
    );

    let moving = |look: u64| {
        let empty = pool(PoolKind::DbPool, 3, 2, []);
        let waiters = if look == 0 { threads(1..3) } else { threads(2..4) };
        vec![PoolSample { in_use: Known::Is(3), waiters, ..empty }]
    };
    assert_healthy("one of those who waited got one", &look_at(workers(&[CHECKOUT; 3], slept), moving));
    let ran = |shot: Shot, look: u64| Shot { voluntary: 7 + look, on_cpu_ns: look, ..shot };
    assert_healthy("those who wait were on a CPU in between", &look_at(workers(&[CHECKOUT; 2], ran), lost));
}

#[test]
fn threads_that_wait_for_a_pool_are_not_the_cause() {
    let both = |_| {
        let workers = pool(PoolKind::AnyioLimiter, 4, 5, (1..5).map(|thread| (thread, 1)));
        let connections = pool(PoolKind::DbPool, 1, 4, [(5, 1)]);
        vec![PoolSample { waiters: threads(1..5), ..connections }, workers]
    };
    let scene = look_at(workers(&[CHECKOUT, CHECKOUT, CHECKOUT, CHECKOUT, WORKER], slept), both);
    assert_verdict("a thread of its own has it", &scene, Kind::PoolExhausted, Cause::DbPool, "fetch", None);
    assert_eq!(report(&scene).verdicts.len(), 1);
}

#[test]
fn whoever_has_a_connection_and_waits_for_another_waits_for_ever() {
    let nested = |_| {
        let connections = pool(PoolKind::DbPool, 2, 2, [(1, 1), (2, 2)]);
        vec![PoolSample { waiters: threads(1..3), ..connections }]
    };
    let scene = look_at(workers(&[CHECKOUT; 2], slept), nested);
    assert_verdict("nested", &scene, Kind::Deadlock, Cause::DbPool, "load", None);
}

#[test]
fn a_stack_that_could_not_be_read_blames_nobody() {
    let full = |_| vec![pool(PoolKind::AnyioLimiter, 4, 9, (1..5).map(|thread| (thread, 1)))];
    let torn = |shot: Shot, _| Shot { stack: StackSample::Torn, ..shot };
    let said = report(&look_at(workers(&[WORKER; 4], torn), full));
    assert_eq!((first(&said).kind, first(&said).blame.as_ref()), (Kind::PoolExhausted, None));
}

#[test]
fn a_limiter_of_ones_own_is_like_the_default_one_when_threads_have_its_tokens() {
    let full = |_| {
        let tokens = pool(PoolKind::CapacityLimiter, 2, 5, [(1, 1), (2, 2)]);
        vec![PoolSample { waiters: threads(3..5), ..tokens }]
    };
    let scene = look_at(workers(&[WORKER; 2], slept), full);
    assert_verdict("two calls, one peer", &scene, Kind::PoolExhausted, Cause::ThreadPool, "fetch", None);
    let said = report(&scene);
    assert_eq!(first(&said).confidence, Confidence::Certain);
    assert!(first(&said).summary.contains("both limiter tokens are taken"), "{}", first(&said).summary);

    let of_tasks = |_| {
        let tokens = pool(PoolKind::CapacityLimiter, 2, 5, []);
        let user = |task| Occupier { who: Actor::Task(Address(task)), place: None, job: Some(Address(task + 8)) };
        vec![PoolSample {
            in_use: Known::Is(2),
            occupiers: vec![user(0x100), user(0x200)],
            waiters: threads(3..5),
            ..tokens
        }]
    };
    let said = report(&look_at(workers(&[], slept), of_tasks));
    let verdict = first(&said);
    assert_eq!((verdict.kind, verdict.cause), (Kind::PoolExhausted, Some(Cause::AsyncioLock)));
    assert_eq!(verdict.confidence, Confidence::Possible, "as of a semaphore");
}

#[test]
fn of_a_queue_only_those_who_wait_show_that_nothing_comes_back() {
    let queue = |waiters: std::ops::Range<u32>| {
        let items = pool(PoolKind::AsyncioQueue, 2, 2, [(1, 1), (2, 2)]);
        vec![PoolSample { waiters: threads(waiters), ..items }]
    };
    let scene = look_at(workers(&[WORKER; 4], slept), |_| queue(3..5));
    assert_verdict("nobody got one", &scene, Kind::PoolExhausted, Cause::AsyncioQueue, "fetch", None);
    assert_eq!(first(&report(&scene)).confidence, Confidence::Likely, "how many items there are is not known");

    let moving = |look: u64| if look == 0 { queue(3..5) } else { queue(4..6) };
    assert_healthy("one of those who waited got one", &look_at(workers(&[WORKER; 5], slept), moving));
}

#[test]
fn lookups_that_hang_are_blamed_on_who_asked_and_on_the_name_server() {
    let asking = |shot: Shot, _| shot.on(tcp(7, "10.9.9.9:53", "ESTAB"));
    let lookups = |ports: [u64; 2], waiters| {
        let threads_of_libuv = pool(PoolKind::Dns, 2, 4, [(1, ports[0]), (2, ports[1])]);
        vec![PoolSample { waiters: threads(waiters), ..threads_of_libuv }]
    };
    let scene = look_at(workers(&[WORKER; 4], asking), |_| lookups([4000, 4001], 3..5));
    assert_verdict("a silent name server", &scene, Kind::PoolExhausted, Cause::Dns, "fetch", None);
    let expected = SecondParty::Peer { address: "10.9.9.9:53".to_owned(), service: Some("dns".to_owned()) };
    assert_eq!(first(&report(&scene)).second_party, expected);

    let moved = |look: u64| lookups([4000, 4001 + look], 3..5);
    assert_healthy("another lookup runs", &look_at(workers(&[WORKER; 4], asking), moved));
    let answered = |look: u64| if look == 0 { lookups([4000, 4001], 3..5) } else { lookups([4000, 4001], 4..6) };
    assert_healthy("one was answered", &look_at(workers(&[WORKER; 5], asking), answered));
}

#[test]
fn a_task_in_the_queue_of_a_pool_waits_for_what_the_pool_gives_out() {
    let words = |size: u64| {
        let mut scene = workers(&[WORKER], slept);
        let mut census = super::censuses::census(Moment(START + LOOKS * PERIOD));
        let limiter = census.pools.first_mut().expect("a pool");
        limiter.size = Known::Is(size);
        let Some(Occupier { who: Actor::Task(waiter), .. }) = limiter.waiters.first().copied() else {
            panic!("a task waits for the pool of the census made by hand");
        };
        scene.recording.censuses.push(census);
        let said = report(&scene);
        let told = said.tasks.iter().flat_map(|tasks| &tasks.tasks).find(|task| task.id == waiter.to_string());
        told.map(|task| task.waits_for.clone())
    };
    assert_eq!(words(40).as_deref(), Some("one of 40 worker threads"));
    assert_eq!(words(1).as_deref(), Some("the only worker thread"));
}

#[test]
fn whoever_has_a_place_of_a_pool_could_end_a_wait_for_one() {
    let mut scene = workers(&[WORKER], slept);
    let mut census = super::censuses::census(Moment(START + LOOKS * PERIOD));
    let Known::Is(tasks) = &mut census.tasks else { panic!("the census made by hand has tasks") };
    tasks.tasks.iter_mut().for_each(|task| task.ends = Known::Is(Vec::new()));
    scene.recording.censuses.push(census);
    let said = report(&scene);
    let could_end = said.tasks.iter().flat_map(|tasks| &tasks.groups).map(|group| group.could_end.clone()).next();
    assert_eq!(could_end, Some(Known::Is(vec!["whoever gives one back".to_owned()])));
}
