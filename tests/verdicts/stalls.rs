//! When stalls began and ended, and from when on they are worth a verdict.

use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind};
use hangspy::snapshot::{GilRole, Known, StackSample, Why};

use super::scenes::{LIFESPAN, LOOKS, Line, PERIOD, START, STOCK_LOOP, Scene, Shot, running, tcp, waiting};
use super::{CALL, assert_healthy, assert_verdict, first, report};

#[test]
fn a_startup_hook_that_waits_is_a_stuck_startup() {
    let mut scene = Scene::new();
    let hook: &[Line<'_>] = &[("warm_cache", "/srv/app.py", 9), ("async lifespan", "/srv/app.py", 14)];
    let stack = scene.stack(&[hook, LIFESPAN, STOCK_LOOP]);
    let shot = waiting(stack, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.7:6379", "ESTAB"));
    let mut scene = scene.always(&shot);
    scene.around(|around| around.listeners = Known::Is(Vec::new()));
    assert_verdict("lifespan", &scene, Kind::StartupStuck, Cause::SocketRead, "warm_cache", Some("lifespan"));
}

#[test]
fn a_slow_start_that_ended_is_no_finding() {
    let mut scene = Scene::new();
    let hook: &[Line<'_>] = &[("warm_cache", "/srv/app.py", 9), ("async lifespan", "/srv/app.py", 14)];
    let stack = scene.stack(&[hook, LIFESPAN, STOCK_LOOP]);
    for _ in 0..100 {
        scene.look(waiting(stack, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.7:6379", "ESTAB")), Vec::new());
    }
    for _ in 0..50 {
        scene.idle();
    }
    assert_healthy("slow start", &scene);
}

#[test]
fn three_looks_are_enough_for_a_loop_that_has_long_been_blocked() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(CALL);
    let shot = Shot { turn_began: Some(-12_000_000_000), ..waiting(stack, 230, [1, 1, 0, 0, 0, 0]) };
    // It wakes between the looks, so it waits again and again and not since the last time it fell asleep.
    for voluntary in 0..3 {
        scene.look(Shot { voluntary, ..shot.clone() }, Vec::new());
    }
    let said = report(&scene);
    assert_eq!(first(&said).kind, Kind::LoopBlocked);
    let since = first(&said).since_s.expect("still blocked");
    assert!((since - 12.04).abs() < 0.001, "since the turn began, said {since}");

    scene.recording.snapshots.truncate(2);
    assert_eq!(first(&report(&scene)).kind, Kind::CannotTell, "two looks can be chance");
}

#[test]
fn many_stalls_of_one_function_add_up() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(CALL);
    for index in 0..LOOKS {
        let (stall, within) = (index / 20, index % 20);
        if within < 10 {
            let began = i64::try_from((index - within) * PERIOD).expect("small") - 1_000_000;
            let asleep_for = Some(Duration::from_nanos(within * PERIOD + 1_000_000));
            let shot = waiting(stack, 230, [1, 1, 0, 0, 0, 0]);
            scene.look(Shot { step: Some(stall), turn_began: Some(began), asleep_for, ..shot }, Vec::new());
        } else {
            scene.idle();
        }
    }
    assert_verdict("200 ms again and again", &scene, Kind::LoopBlocked, Cause::Sleep, "go", Some("handle"));
    let said = report(&scene);
    let row = said.ranking.first().expect("a row");
    assert_eq!((row.stalls, row.function.as_str()), (8, "go"));
    assert!((row.share - 0.5).abs() < 0.05, "share {}", row.share);
    assert!((row.p50_s - 0.2).abs() < 0.02, "median {}", row.p50_s);
}

#[test]
fn stalls_are_dated_within_two_periods() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(CALL);
    for _ in 0..10 {
        scene.idle();
    }
    // From 0.19 s to 0.39 s, asleep after 3 ms of work.
    for index in 10..20 {
        let asleep_for = Some(Duration::from_nanos(index * PERIOD - 193_000_000));
        let shot = waiting(stack, 230, [1, 1, 0, 0, 0, 0]);
        scene.look(Shot { turn_began: Some(189_000_000), asleep_for, ..shot }, Vec::new());
    }
    for _ in 0..10 {
        scene.idle();
    }
    let said = report(&scene);
    let episode = said.loops[0].episodes.first().expect("a stall of 200 ms");
    assert!(episode.ended);
    assert!((episode.start_s - (START as f64 / 1e9 + 0.193)).abs() < 1e-6, "starts when it fell asleep");
    assert!((episode.length_s - 0.2).abs() < 0.04, "length {}", episode.length_s);
}

#[test]
fn torn_steps_do_not_cut_a_stall() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(CALL);
    for index in 0..LOOKS {
        let shot = Shot { on_cpu_ns: index * PERIOD, ..running(stack, GilRole::Holds) };
        let snapshot = scene.look(shot, Vec::new());
        if index % 3 == 1 {
            snapshot.loops.iter_mut().for_each(|event_loop| event_loop.step = Known::Unknown(Why::Torn));
        }
    }
    let said = report(&scene);
    assert_eq!(first(&said).kind, Kind::LoopBlocked);
    assert_eq!(said.loops[0].episodes.len(), 1, "one step, one stall");
}

#[test]
fn torn_steps_do_not_cut_a_stall_on_a_crowded_machine_either() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(CALL);
    for index in 0..LOOKS {
        // Every third look finds the thread waiting for a CPU since the one before, and its step unreadable.
        let crowded = index % 3 == 1;
        let on_cpu_ns = if crowded { index - 1 } else { index } * PERIOD;
        let snapshot = scene.look(Shot { on_cpu_ns, ..running(stack, GilRole::Holds) }, Vec::new());
        if crowded {
            snapshot.loops.iter_mut().for_each(|event_loop| event_loop.step = Known::Unknown(Why::Torn));
        }
    }
    let said = report(&scene);
    assert_eq!(first(&said).kind, Kind::LoopBlocked);
    assert_eq!(said.loops[0].episodes.len(), 1, "one step, one stall");
}

#[test]
fn what_only_cut_stacks_show_is_never_certain() {
    let said = |cut_off: fn(u64) -> bool| {
        let mut scene = Scene::new();
        let stack = scene.endpoint(CALL);
        let shot = waiting(stack, 230, [1, 1, 0, 0, 0, 0]);
        for look in 0..LOOKS {
            let stack = if cut_off(look) { StackSample::Cut(stack) } else { shot.stack };
            scene.look(Shot { stack, ..shot.clone() }, Vec::new());
        }
        let said = report(&scene);
        (first(&said).kind, first(&said).confidence)
    };
    assert_eq!(said(|_| false), (Kind::LoopBlocked, Confidence::Certain));
    assert_eq!(said(|_| true), (Kind::LoopBlocked, Confidence::Likely), "what was cut off may be to blame");
    assert_eq!(said(|look| look > 1), (Kind::LoopBlocked, Confidence::Likely), "two whole ones can be chance");
    assert_eq!(said(|look| look % 2 == 0), (Kind::LoopBlocked, Confidence::Certain), "as many whole ones show it");
}
