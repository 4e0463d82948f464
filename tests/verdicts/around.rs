//! What is said where the trouble is around the process: limits of its control group.

use std::sync::Arc;

use hangspy::report::{Cause, Confidence, Kind};
use hangspy::snapshot::{DescriptorClass, GilRole, Known, SyscallState, TaskState};

use super::scenes::{LOOKS, Line, PERIOD, PID, POLL, STOCK_LOOP, Scene, Shot, running, waiting};
use super::{CALL, CONSUMER, assert_healthy, assert_verdict, blocked, first, report, starved};

/// A quota that throttled in so many of the 30 periods of a scene, for so many milliseconds in all.
fn throttled(scene: &mut Scene, periods: u64, milliseconds: u64) {
    if let Some(Known::Is(cgroup)) = scene.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
        cgroup.throttled_periods = Known::Is(periods);
        cgroup.throttled_ns = Known::Is(milliseconds * 1_000_000);
    }
}

/// An idle loop beside threads that compute in native code.
fn beside_native_code(threads: u32) -> Scene {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let stack = scene.stack(&[CONSUMER]);
    for index in 0..LOOKS {
        let poll = waiting(idle, 232, [POLL as u64, 0, 0, 0, 0, 0]).no_step();
        let computing = Shot { on_cpu_ns: index * PERIOD / 10, ..running(stack, GilRole::Apart) };
        let others = (1..=threads).map(|number| (PID + number, computing.clone())).collect();
        scene.look(Shot { on_cpu_ns: index * 1000, ..poll }, others);
    }
    scene
}

#[test]
fn whoever_used_up_the_quota_is_named() {
    let mut scene = beside_native_code(4);
    throttled(&mut scene, 27, 2_000);
    assert_verdict("native threads", &scene, Kind::CpuThrottled, Cause::Quota, "decode", None);
    let said = report(&scene);
    let evidence = first(&said).evidence.join("; ");
    assert!(evidence.contains("decode (app.py:30), 4 threads, 99 % of this process's CPU time"), "{evidence}");
    assert!(first(&said).summary.contains("quota of 0.8 cores"), "{}", first(&said).summary);

    // The group used 3 s of CPU time, and this process a tenth of it.
    let mut scene = beside_native_code(1);
    throttled(&mut scene, 27, 2_000);
    if let Some(Known::Is(cgroup)) = scene.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
        cgroup.cpu_used_ns = Known::Is(3_000_000_000);
    }
    let said = report(&scene);
    assert_eq!((first(&said).kind, &first(&said).blame), (Kind::CpuThrottled, &None), "a neighbour used it up");
    let evidence = first(&said).evidence.join("; ");
    assert!(evidence.contains("other processes of the control group"), "{evidence}");
}

#[test]
fn a_quota_that_hurts_nobody_is_an_observation() {
    for (story, periods, milliseconds) in [("a tenth of the periods", 3, 200), ("half of them for a moment", 15, 30)] {
        let mut scene = beside_native_code(1);
        throttled(&mut scene, periods, milliseconds);
        assert_healthy(story, &scene);
        let said = report(&scene);
        let seen =
            |said: &hangspy::report::Report| said.observations.iter().any(|seen| seen.summary.contains("quota of 0.8"));
        assert!(seen(&said), "{story}: {:?}", said.observations);
    }
}

#[test]
fn the_quota_stands_beside_the_function_that_starves_the_loop() {
    let mut scene = starved(
        8,
        |scene, _| {
            let stack = scene.stack(&[CONSUMER]);
            running(stack, GilRole::Holds)
        },
        |index| index * 4,
    );
    throttled(&mut scene, 10, 400);
    assert_verdict("decoders", &scene, Kind::LoopStarved, Cause::GilPythonThreads, "decode", None);
    let said = report(&scene);
    let evidence = first(&said).evidence.join("; ");
    assert!(evidence.contains("the CPU quota of 0.8 cores adds to it: throttled in 33 % of its periods"), "{evidence}");
}

#[test]
fn a_step_that_uses_up_the_quota_itself_blocks_the_loop() {
    let judged = |computes: u64| {
        let mut scene = Scene::new();
        for index in 0..LOOKS {
            let line = 3 + u32::try_from(index / 5 % 5).expect("a line");
            let stack = scene.endpoint(&[&[("go", "/srv/app.py", line)], &CALL[1..]].concat());
            // On a CPU in one look of five, in the queue for the next period in the others.
            let on_cpu_ns = if computes > 0 { index / 5 * computes } else { 0 };
            scene.look(Shot { on_cpu_ns, ..running(stack, GilRole::Holds) }, Vec::new());
        }
        throttled(&mut scene, 30, 2_400);
        scene
    };
    let eats = judged(PERIOD);
    assert_verdict("computes", &eats, Kind::LoopBlocked, Cause::PythonCpu, "go", Some("handle"));
    let said = report(&eats);
    assert!(first(&said).evidence.iter().any(|line| line.contains("CPU quota of 0.8 cores")), "{:?}", first(&said));
    let said = report(&judged(0));
    assert_eq!(
        (first(&said).kind, first(&said).confidence),
        (Kind::CpuThrottled, Confidence::Certain),
        "never let run"
    );
}

/// A process whose descriptors are used up in so many of the two readings, most by a leak.
pub(crate) fn out_of_descriptors(scene: &mut Scene, readings: usize) {
    for around in scene.recording.surroundings.iter_mut().rev().take(readings) {
        around.open_descriptors = Known::Is(1024);
        around.descriptors_left = Known::Is(0);
        let class =
            |what: &str, count, closed_by_peer| DescriptorClass { what: what.to_owned(), count, closed_by_peer };
        around.descriptor_classes =
            Known::Is(vec![class("connections to 10.0.3.7:5432", 900, 890), class("files in /srv", 20, 0)]);
    }
}

#[test]
fn a_full_table_of_descriptors_is_a_finding_and_its_largest_class_is_named() {
    let idle = || {
        let mut scene = Scene::new();
        (0..LOOKS).for_each(|_| {
            scene.idle();
        });
        scene
    };
    let mut scene = idle();
    out_of_descriptors(&mut scene, 2);
    let said = report(&scene);
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::PoolExhausted, Some(Cause::FdLimit)));
    assert_eq!(first(&said).confidence, Confidence::Likely, "nobody was seen to need another");
    assert!(first(&said).summary.contains("900 of them connections to 10.0.3.7:5432"), "{}", first(&said).summary);
    assert!(
        first(&said).evidence.iter().any(|line| line.contains("890 of them closed")),
        "{:?}",
        first(&said).evidence
    );
    assert!(first(&said).advice.contains("close them"), "{}", first(&said).advice);

    let mut scene = idle();
    out_of_descriptors(&mut scene, 1);
    assert_healthy("full for a moment", &scene);
    assert!(report(&scene).observations.iter().any(|seen| seen.summary.contains("1024 of 1024 file descriptors")));
}

#[test]
fn accepting_in_vain_is_a_consequence_and_a_blocking_call_is_not() {
    const ACCEPT: &[Line<'_>] =
        &[("emit", "logging/__init__.py", 1153), ("_accept_connection", "asyncio/selector_events.py", 188)];
    let mut scene = Scene::new();
    let stack = scene.stack(&[ACCEPT, STOCK_LOOP]);
    let mut scene = scene.always(&running(stack, GilRole::Holds));
    assert_eq!(first(&report(&scene)).kind, Kind::LoopBlocked, "with descriptors left it would be one");
    out_of_descriptors(&mut scene, 2);
    let said = report(&scene);
    assert_eq!((said.verdicts.len(), first(&said).kind), (1, Kind::PoolExhausted));
    assert_eq!(first(&said).confidence, Confidence::Certain);

    let mut scene = blocked(&[], 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    out_of_descriptors(&mut scene, 2);
    let kinds: Vec<Kind> = report(&scene).verdicts.iter().map(|verdict| verdict.kind).collect();
    assert_eq!(kinds, [Kind::LoopBlocked, Kind::PoolExhausted], "both are true");
}

#[test]
fn a_frozen_group_is_believed_whatever_the_threads_look_like() {
    let frozen = |readings: usize| {
        let mut scene = Scene::new();
        (0..LOOKS).for_each(|_| {
            scene.idle();
        });
        for around in scene.recording.surroundings.iter_mut().take(readings) {
            around.frozen = Known::Is(Some("/sys/fs/cgroup/app".to_owned()));
        }
        scene
    };
    let said = report(&frozen(2));
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::ProcessStopped, Some(Cause::Freezer)));
    assert_eq!(first(&said).confidence, Confidence::Certain);
    assert!(first(&said).advice.contains("/sys/fs/cgroup/app"), "{}", first(&said).advice);
    let mut bytes = Vec::new();
    hangspy::render::dump(&said, hangspy::render::Screen { width: 80, color: false }, &mut bytes).expect("memory");
    let dump = String::from_utf8(bytes).expect("text");
    assert!(dump.contains("process frozen") && dump.contains("MainThread: stopped"), "{dump}");
    assert_healthy("thawed since", &frozen(1));
}

#[test]
fn a_short_stop_is_an_observation() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    for index in 0..LOOKS {
        let shot = waiting(idle, 232, [POLL as u64, 0, 0, 0, 0, 0]).no_step();
        let state = if (50..65).contains(&index) { TaskState::Stopped } else { TaskState::Sleeping };
        scene.look(Shot { state, ..shot }, Vec::new());
    }
    assert_healthy("a third of a second", &scene);
    assert!(report(&scene).observations.iter().any(|seen| seen.summary.contains("in 15 of 150 looks")));
}

/// A loop whose step takes page faults, in a group that is (or is not) pushed back at its limit.
fn faulting(faults_per_look: u64, on_cpu_per_look: u64, asleep_in_ten: u64, hits: u64) -> Scene {
    let mut scene = Scene::new();
    for index in 0..LOOKS {
        let line = 3 + u32::try_from(index % 5).expect("a line");
        let stack = scene.endpoint(&[&[("go", "/srv/app.py", line)], &CALL[1..]].concat());
        let asleep = index % 10 < asleep_in_ten;
        let shot = Shot { on_cpu_ns: index * on_cpu_per_look, ..running(stack, GilRole::Holds) };
        let fault = Shot { state: TaskState::DiskSleep, syscall: SyscallState::Outside, ..shot.clone() };
        let shot = if asleep { fault } else { shot };
        scene.look(Shot { major_faults: index * faults_per_look, ..shot }, Vec::new());
    }
    scene.around(|around| {
        if let Known::Is(cgroup) = &mut around.cgroup {
            cgroup.memory_limit = Known::Is(Some(80 << 20));
        }
    });
    if let Some(Known::Is(cgroup)) = scene.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
        cgroup.memory_limit_hits = Known::Is(hits);
        cgroup.memory_stalled_ns = Known::Is(1_500_000_000);
    }
    scene
}

#[test]
fn a_loop_that_reads_its_pages_back_all_the_time_is_short_of_memory() {
    for (story, scene) in
        [("a fast disk", faulting(200, PERIOD, 0, 3000)), ("a slow disk", faulting(4, PERIOD / 20, 8, 3000))]
    {
        assert_verdict(story, &scene, Kind::MemoryPressure, Cause::PageFaults, "go", Some("handle"));
        let said = report(&scene);
        assert_eq!(said.verdicts.len(), 1, "{story}: the long step is a consequence");
        let evidence = first(&said).evidence.join("; ");
        assert!(evidence.contains("memory.pressure") && evidence.contains("50 %"), "{story}: {evidence}");
    }
}

#[test]
fn a_full_page_cache_and_a_few_page_faults_are_no_want_of_memory() {
    for (story, scene) in [
        ("never pushed back", faulting(200, PERIOD, 0, 0)),
        ("few faults for its CPU time", faulting(4, PERIOD, 1, 3000)),
        ("no faults", faulting(0, PERIOD, 0, 3000)),
    ] {
        assert_eq!(first(&report(&scene)).kind, Kind::LoopBlocked, "{story}");
    }
    let mut idle = Scene::new();
    (0..LOOKS).for_each(|_| {
        idle.idle();
    });
    idle.recording.surroundings = faulting(0, 0, 0, 3000).recording.surroundings;
    assert_healthy("the cache of a file that somebody reads", &idle);
    if let Some(Known::Is(cgroup)) = idle.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
        cgroup.memory_kills = Known::Is(1);
    }
    assert!(report(&idle).observations.iter().any(|seen| seen.summary.contains("for want of memory, 1 time")));
}

#[test]
fn time_in_the_queue_for_a_cpu_stands_beside_what_blocks_the_loop() {
    let mut scene = faulting(0, PERIOD / 2, 0, 0);
    for (index, snapshot) in (0..).zip(&mut scene.recording.snapshots) {
        for thread in &mut snapshot.threads {
            if let Known::Is(cpu) = &mut Arc::make_mut(thread).os.cpu {
                cpu.run_queue_ns = index * PERIOD / 2;
            }
        }
    }
    let said = report(&scene);
    let evidence = first(&said).evidence.join("; ");
    assert!(evidence.contains("in the queue for a CPU for 1.5 s of 3.0 s"), "{evidence}");
    let alone = report(&faulting(0, PERIOD, 0, 0));
    assert!(
        !first(&alone).evidence.iter().any(|line| line.contains("queue for a CPU")),
        "{:?}",
        first(&alone).evidence
    );
}

#[test]
fn a_full_accept_queue_is_told_beside_the_trouble_and_alone() {
    let fill = |scene: &mut Scene| {
        scene.around(|around| {
            if let Known::Is(listeners) = &mut around.listeners {
                listeners.iter_mut().for_each(|listener| listener.waiting = 2049);
            }
        });
        if let Some(last) = scene.recording.surroundings.last_mut() {
            last.accept_overflows = Known::Is(12);
        }
    };
    let mut scene = blocked(&[], 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    fill(&mut scene);
    let hurts = first(&report(&scene)).hurts.join("; ");
    assert!(hurts.contains("accept queue of :8000 full: 2049 connections not accepted, 2048 allowed"), "{hurts}");
    assert!(hurts.contains("12 attempts to connect dropped"), "{hurts}");

    let mut idle = Scene::new();
    (0..LOOKS).for_each(|_| {
        idle.idle();
    });
    fill(&mut idle);
    let said = report(&idle);
    let seen: Vec<&str> = said.observations.iter().map(|seen| seen.summary.as_str()).collect();
    assert!(seen.iter().any(|words| words.starts_with("accept queue of :8000 full")), "{seen:?}");
    assert!(seen.iter().any(|words| words.starts_with("12 attempts")), "{seen:?}");
}
