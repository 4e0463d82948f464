//! What is said about whole processes: starved, stopped, throttled, healthy, closed to us.

use std::sync::Arc;
use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind, SecondParty};
use hangspy::snapshot::{GilRole, Known, Reader, Role, TaskState, Why};

use super::scenes::{LOOKS, Line, PERIOD, PID, POLL, Scene, Shot, inside, running, tcp, waiting};
use super::{CALL, CONSUMER, assert_healthy, assert_verdict, blocked, first, report, starved};

#[test]
fn a_starved_loop_is_not_idle_and_its_owners_are_blamed() {
    let python = starved(
        4,
        |scene, index| {
            let line = ("decode", "/srv/app.py", 30 + u32::try_from(index % 5).expect("a line"));
            let stack = scene.stack(&[&[line], CONSUMER.get(1..).expect("frames")]);
            running(stack, GilRole::Holds)
        },
        |index| index * 4,
    );
    assert_verdict("Python threads", &python, Kind::LoopStarved, Cause::GilPythonThreads, "decode", None);

    let native = starved(
        1,
        |scene, _| {
            let stack = scene.stack(&[CONSUMER]);
            running(stack, GilRole::Holds)
        },
        |_| 10,
    );
    assert_verdict("native code", &native, Kind::LoopStarved, Cause::GilNativeHold, "decode", None);

    let sleeper = starved(
        1,
        |scene, _| {
            let stack = scene.stack(&[CONSUMER]);
            let shot = waiting(stack, 45, [9, 0, 0, 0, 0, 0]).on(tcp(9, "10.0.3.7:1433", "ESTAB"));
            Shot { gil: GilRole::Holds, ..shot }
        },
        |_| 10,
    );
    assert_verdict("a sleeper", &sleeper, Kind::LoopStarved, Cause::GilHeldWaiting, "decode", None);
    let expected = SecondParty::Peer { address: "10.0.3.7:1433".to_owned(), service: Some("sqlserver".to_owned()) };
    assert_eq!(first(&report(&sleeper)).second_party, expected);
}

#[test]
fn a_stopped_process_is_stopped_and_nothing_else() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(CALL);
    let shot = waiting(stack, 230, [1, 1, 0, 0, 0, 0]);
    let mut scene = scene.always(&Shot { state: TaskState::Stopped, ..shot });
    for snapshot in &mut scene.recording.snapshots {
        let mut native = snapshot.threads[0].as_ref().clone();
        native.thread.0 += 1;
        native.python = None;
        native.os.state = Known::Unknown(Why::Bounded);
        snapshot.threads.push(Arc::new(native));
    }
    let said = report(&scene);
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::ProcessStopped, Some(Cause::Signal)));
    assert_eq!(said.verdicts.len(), 1);
}

#[test]
fn a_frozen_process_is_not_healthy() {
    let judged = |call: u32| {
        let mut scene = Scene::new();
        let stack = scene.idle_stack();
        let shot = waiting(stack, call, [POLL as u64, 0, 0, 0, 0, 0]).no_step();
        let scene = scene.always(&Shot { state: TaskState::DiskSleep, ..shot });
        first(&report(&scene)).kind
    };
    assert_eq!(judged(232), Kind::ProcessStopped, "nothing but the freezer makes epoll_wait uninterruptible");
    assert_ne!(judged(74), Kind::ProcessStopped, "fsync on a slow disk is uninterruptible too");
}

#[test]
fn a_used_up_quota_is_a_finding_also_beside_a_loop_that_uses_none_of_it() {
    let mut scene = Scene::new();
    for _ in 0..LOOKS {
        scene.idle();
    }
    let throttle = |scene: &mut Scene| {
        if let Some(Known::Is(cgroup)) = scene.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
            cgroup.throttled_periods = Known::Is(15);
            cgroup.throttled_ns = Known::Is(1_000_000_000);
        }
    };
    throttle(&mut scene);
    let said = report(&scene);
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::CpuThrottled, Some(Cause::Quota)));

    let mut scene = blocked(&[], 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    throttle(&mut scene);
    let said = report(&scene);
    let kinds: Vec<Kind> = said.verdicts.iter().map(|verdict| verdict.kind).collect();
    assert_eq!(kinds, [Kind::LoopBlocked, Kind::CpuThrottled], "a loop that sleeps uses up no quota");
    assert!(!said.observations.iter().any(|seen| seen.summary.contains("quota")), "and that is told once");
}

#[test]
fn the_controls_are_healthy() {
    let mut idle = Scene::new();
    for _ in 0..LOOKS {
        idle.idle();
    }
    assert_healthy("idle", &idle);

    let mut traffic = Scene::new();
    let stack = traffic.endpoint(CALL);
    for index in 0..LOOKS {
        let began = i64::try_from(index * PERIOD).expect("small") - 1_000_000;
        let shot = running(stack, GilRole::Holds);
        traffic
            .look(Shot { step: Some(index), turn_began: Some(began), on_cpu_ns: index * PERIOD, ..shot }, Vec::new());
    }
    assert_healthy("many short callbacks of one function", &traffic);

    let mut short = Scene::new();
    let stack = short.endpoint(CALL);
    for index in 0..LOOKS {
        if index % 50 < 2 {
            let began = i64::try_from((index - index % 50) * PERIOD).expect("small") - 1_000_000;
            let asleep_for = Some(Duration::from_nanos(index % 50 * PERIOD + 1_000_000));
            let shot = waiting(stack, 230, [1, 1, 0, 0, 0, 0]);
            short.look(Shot { step: Some(index / 50), turn_began: Some(began), asleep_for, ..shot }, Vec::new());
        } else {
            short.idle();
        }
    }
    assert_healthy("30 ms once a second", &short);

    let mut beside = Scene::new();
    let stack = beside.stack(&[CONSUMER]);
    let idle = beside.idle_stack();
    for index in 0..LOOKS {
        let owner = vec![(PID + 1, Shot { on_cpu_ns: index * PERIOD, ..running(stack, GilRole::Holds) })];
        let shot = waiting(idle, 232, [POLL as u64, 0, 0, 0, 0, 0]).no_step();
        let waits = Shot { gil: GilRole::Waits, syscall: inside(202, [0x7000, 0x89, 0, 0, 0, 0]), ..shot.clone() };
        beside.look(if index % 10 == 0 { waits } else { shot }, owner);
    }
    assert_healthy("one busy thread", &beside);
    assert!(report(&beside).observations.iter().any(|seen| seen.summary.contains("of a core")));
}

#[test]
fn a_supervisor_needs_no_loop() {
    let mut scene = Scene::new();
    let stack = scene
        .stack(&[&[("wait", "threading.py", 355), ("run", "site-packages/uvicorn/supervisors/multiprocess.py", 97)]]);
    let mut scene = scene.always(&waiting(stack, 202, [0; 6]));
    scene.recording.snapshots.iter_mut().for_each(|snapshot| snapshot.loops.clear());
    scene.recording.process.role = Role::Master;
    assert_healthy("uvicorn's supervisor", &scene);
    scene.recording.process.role = Role::Single;
    scene.recording.process.server = hangspy::snapshot::Server::Other;
    assert_eq!(first(&report(&scene)).kind, Kind::CannotTell, "a program without a loop is not judged");
}

/// A worker of gunicorn whose main thread is in these frames, without a loop.
fn gunicorn_worker(frames: &[Line<'_>], number: u32) -> Scene {
    let mut scene = Scene::new();
    let run: &[Line<'_>] = &[("init_process", "/venv/lib/python3.12/site-packages/gunicorn/workers/base.py", 135)];
    let stack = scene.stack(&[frames, run]);
    let mut scene = scene.always(&waiting(stack, number, [7, 0, 0, 0, 0, 0]).no_step());
    scene.recording.snapshots.iter_mut().for_each(|snapshot| snapshot.loops.clear());
    scene.recording.process.role = Role::Worker;
    scene.recording.process.server = hangspy::snapshot::Server::Gunicorn;
    scene
}

#[test]
fn a_worker_that_serves_without_a_loop_is_not_starting() {
    const SYNC: &str = "/venv/lib/python3.12/site-packages/gunicorn/workers/sync.py";
    let idle = gunicorn_worker(&[("wait", SYNC, 35), ("run_for_one", SYNC, 84), ("run", SYNC, 128)], 270);
    assert_eq!(first(&report(&idle)).kind, Kind::CannotTell, "an idle synchronous worker is not stuck");
    let busy = gunicorn_worker(&[("view", "/srv/shop/views.py", 9), ("handle", SYNC, 134), ("run", SYNC, 128)], 230);
    let said = report(&busy);
    assert_eq!(first(&said).kind, Kind::CannotTell);
    let place = "main thread in view (views.py:9)";
    assert!(first(&said).evidence.iter().any(|line| line.contains(place)), "{:?}", first(&said).evidence);
    let load = "/venv/lib/python3.12/site-packages/gunicorn/util.py";
    let starting = gunicorn_worker(&[("<module>", "/srv/shop/wsgi.py", 3), ("import_app", load, 359)], 230);
    assert_eq!(first(&report(&starting)).kind, Kind::StartupStuck, "the application is being imported");
}

#[test]
fn without_memory_the_kernels_facts_still_count() {
    let closed = |queue: u32, number: u32| {
        let mut scene = Scene::new();
        let stack = scene.idle_stack();
        let mut scene = scene.always(&waiting(stack, number, [POLL as u64, 0, 0, 0, 0, 0]).no_step());
        scene.recording.process.reader = Reader::ProcOnly;
        for snapshot in &mut scene.recording.snapshots {
            snapshot.loops.clear();
            snapshot.interpreters.clear();
            for thread in &mut snapshot.threads {
                Arc::make_mut(thread).python = None;
            }
        }
        if let Some(Known::Is(listeners)) = scene.recording.surroundings.last_mut().map(|around| &mut around.listeners)
        {
            listeners.iter_mut().for_each(|listener| listener.waiting = queue);
        }
        scene
    };
    let said = report(&closed(5, 230));
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::LoopBlocked, Some(Cause::Sleep)));
    assert!(first(&said).confidence < Confidence::Certain);
    assert_eq!(first(&report(&closed(0, 232))).kind, Kind::Healthy);
    let undecided = report(&closed(0, 230));
    assert_eq!(first(&undecided).kind, Kind::CannotTell, "no connection waits: it may be no server");
    for fact in ["main thread asleep in ", "0 connections not accepted on :", " thread"] {
        assert!(first(&undecided).evidence.iter().any(|line| line.contains(fact)), "{fact}: {:?}", first(&undecided));
    }
}

#[test]
fn a_process_that_ended_in_the_middle_of_a_step_was_not_healthy() {
    let ended = |looks: u64| {
        let mut scene = Scene::new();
        let stack = scene.endpoint(CALL);
        for _ in 0..20 {
            scene.idle();
        }
        for _ in 0..looks {
            scene.look(waiting(stack, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.7:5432", "ESTAB")), Vec::new());
        }
        scene.recording.ended = scene.recording.snapshots.last().map(|last| last.at);
        report(&scene)
    };
    let cut_short = ended(25);
    assert_eq!(first(&cut_short).kind, Kind::CannotTell, "{:?}", first(&cut_short));
    assert!(first(&cut_short).summary.contains("in the middle of a step"), "{}", first(&cut_short).summary);
    assert_ne!(first(&ended(3)).kind, Kind::CannotTell, "every step is short at first");
}

#[test]
fn an_interpreter_without_a_layout_is_judged_by_uninterrupted_sleep() {
    let py_spy = |moves: bool| {
        let mut scene = Scene::new();
        let stack = scene.endpoint(CALL);
        for index in 0..LOOKS {
            let shot = waiting(stack, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.7:5432", "ESTAB"));
            let voluntary = if moves { index } else { 7 };
            scene.look(Shot { voluntary, ..shot }, Vec::new());
        }
        scene.recording.process.reader = Reader::PySpy;
        scene.recording.snapshots.iter_mut().for_each(|snapshot| snapshot.loops.clear());
        scene
    };
    assert_verdict("py-spy reads", &py_spy(false), Kind::LoopBlocked, Cause::SocketRead, "go", Some("handle"));
    assert_ne!(first(&report(&py_spy(true))).kind, Kind::LoopBlocked, "it slept many times, perhaps in as many steps");
    assert_eq!(first(&report(&py_spy(true))).kind, Kind::CannotTell, "it was never seen idle, and may not turn");
}
