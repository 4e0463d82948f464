//! What is said of workers that end while they are watched, and of a master that has none left.

use hangspy::report::{Confidence, Kind};
use hangspy::snapshot::{Aftermath, Child, GilRole, Known, Moment, ProcessId, Role, Server, Supervisor, Why};

use super::scenes::{LOOKS, PERIOD, PID, START, Scene, running, waiting};
use super::{CONSUMER, assert_healthy, blocked, first, report, starved};

/// A worker that ended after the last look and was replaced, its supervisor this patient.
fn killed(scene: &mut Scene, server: Server, patience_s: Known<Option<u64>>, memory_kills: u64) {
    let recording = &mut scene.recording;
    recording.process.role = Role::Worker;
    recording.process.server = server;
    recording.ended = Some(Moment(START + LOOKS * PERIOD));
    recording.supervisor = Some(Supervisor {
        pid: ProcessId(PID - 1),
        started: Moment(0),
        worker_started: Moment(START - 10_000_000_000),
        patience_s,
        after: Some(Aftermath {
            supervised: true,
            successors: vec![ProcessId(PID + 90)],
            memory_kills: Known::Is(memory_kills),
        }),
    });
}

fn hurt(scene: &Scene) -> String {
    first(&report(scene)).hurts.first().cloned().unwrap_or_default()
}

#[test]
fn which_watchdog_killed_the_worker_follows_from_the_last_looks() {
    // Asleep for 4 s by the end, in a loop that gave no sign of life.
    let waits = || blocked(&[], 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    let mut scene = waits();
    killed(&mut scene, Server::Gunicorn, Known::Is(Some(5)), 0);
    let said = hurt(&scene);
    assert!(said.contains("gunicorn's WORKER TIMEOUT") && said.contains("--timeout 5"), "{said}");
    assert!(said.ends_with("replaced by pid 4801"), "{said}");
    for (story, patience) in [
        ("far from its default", Known::Is(None)),
        ("off", Known::Is(Some(0))),
        ("hidden", Known::Unknown(Why::Vanished)),
    ] {
        let mut scene = waits();
        killed(&mut scene, Server::Gunicorn, patience, 0);
        assert!(hurt(&scene).contains("by whose hand is not known"), "{story}: {}", hurt(&scene));
    }
    let mut scene = waits();
    killed(&mut scene, Server::Uvicorn, Known::Is(None), 0);
    assert!(hurt(&scene).contains("not known"), "a blocked loop does not matter to uvicorn: {}", hurt(&scene));

    let kept = || {
        starved(
            1,
            |scene, _| {
                let stack = scene.stack(&[CONSUMER]);
                running(stack, GilRole::Holds)
            },
            |_| 10,
        )
    };
    let mut scene = kept();
    killed(&mut scene, Server::Uvicorn, Known::Is(None), 0);
    assert!(hurt(&scene).contains("uvicorn's health check"), "{}", hurt(&scene));

    let mut scene = waits();
    killed(&mut scene, Server::Gunicorn, Known::Is(Some(5)), 1);
    assert!(hurt(&scene).contains("ran out of memory"), "the kernel was first: {}", hurt(&scene));
}

#[test]
fn an_end_is_told_also_where_nothing_else_is_wrong() {
    let mut scene = Scene::new();
    (0..LOOKS).for_each(|_| {
        scene.idle();
    });
    killed(&mut scene, Server::Gunicorn, Known::Is(Some(5)), 0);
    let said = report(&scene);
    let seen: Vec<&str> = said.observations.iter().map(|seen| seen.summary.as_str()).collect();
    assert_eq!(first(&said).hurts, Vec::<String>::new());
    assert!(seen.iter().any(|words| words.contains("not known; replaced by pid 4801")), "{seen:?}");
    assert!(seen.iter().any(|words| words.contains("took another's place")), "{seen:?}");

    if let Some(after) = scene.recording.supervisor.as_mut().and_then(|supervisor| supervisor.after.as_mut()) {
        after.supervised = false;
    }
    let said = report(&scene);
    assert!(said.observations.iter().any(|seen| seen.summary.contains("the whole service")), "{:?}", said.observations);
}

#[test]
fn a_master_without_workers_at_whose_socket_clients_wait_serves_nobody() {
    let master = |server: Server, children: &[char], queues: [u32; 3]| {
        let mut scene = Scene::new();
        let stack = scene.stack(&[&[("run", "site-packages/gunicorn/arbiter.py", 209)]]);
        let mut scene = scene.always(&waiting(stack, 23, [0; 6]).no_step());
        scene.recording.snapshots.iter_mut().for_each(|snapshot| snapshot.loops.clear());
        scene.recording.process.role = Role::Master;
        scene.recording.process.server = server;
        let last = scene.recording.surroundings.last().expect("two readings").clone();
        scene.recording.surroundings.push(last);
        for (around, queue) in scene.recording.surroundings.iter_mut().zip(queues) {
            let child = |state: &char| Child {
                pid: ProcessId(PID + 1),
                name: "python3".to_owned(),
                state: *state,
                writes_to_us: Known::Is(false),
            };
            around.children = Known::Is(children.iter().map(child).collect());
            if let Known::Is(listeners) = &mut around.listeners {
                listeners.iter_mut().for_each(|listener| listener.waiting = queue);
            }
        }
        scene
    };
    let said = report(&master(Server::Gunicorn, &['Z'], [1, 3, 5]));
    assert_eq!((first(&said).kind, first(&said).confidence), (Kind::LoopGone, Confidence::Likely));
    assert!(first(&said).evidence.iter().any(|line| line == "1 worker ended and not reaped"), "{:?}", first(&said));
    assert_eq!(
        first(&report(&master(Server::Uvicorn, &['S'], [2, 2, 2]))).kind,
        Kind::LoopGone,
        "its tracker is no worker"
    );
    for (story, scene) in [
        ("nobody waits", master(Server::Gunicorn, &[], [0, 0, 0])),
        ("a new worker", master(Server::Gunicorn, &['S'], [1, 3, 5])),
        ("somebody accepts", master(Server::Uvicorn, &['S'], [5, 3, 1])),
    ] {
        assert_healthy(story, &scene);
    }
}
