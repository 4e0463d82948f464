//! What is said about sick and healthy servers, from recordings made by hand. The real ones are in the matrix.
//!
//! When a test here fails, the sentence in front of the message says which server was misjudged; see `tests/common/scenes.rs`
//! for what was seen of it.
#![expect(clippy::expect_used, reason = "the helpers of a test may end it")]

#[path = "verdicts/around.rs"]
mod around;
#[path = "verdicts/causes.rs"]
mod causes;
#[path = "common/censuses.rs"]
mod censuses;
#[path = "verdicts/dead_loops.rs"]
mod dead_loops;
#[path = "verdicts/ends.rs"]
mod ends;
#[path = "verdicts/events.rs"]
mod events;
#[path = "verdicts/gil.rs"]
mod gil;
#[path = "common/golden.rs"]
mod golden;
#[path = "verdicts/jobs.rs"]
mod jobs;
#[path = "verdicts/locks.rs"]
mod locks;
#[path = "verdicts/pools.rs"]
mod pools;
#[path = "verdicts/processes.rs"]
mod processes;
#[path = "verdicts/requests.rs"]
mod requests;
#[path = "verdicts/running.rs"]
mod running;
#[path = "common/scenes.rs"]
mod scenes;
#[path = "common/served.rs"]
mod served;
#[path = "verdicts/silent_peers.rs"]
mod silent_peers;
#[path = "verdicts/slow_clients.rs"]
mod slow_clients;
#[path = "verdicts/stalls.rs"]
mod stalls;
#[path = "verdicts/tasks.rs"]
mod tasks;
#[path = "verdicts/test_runs.rs"]
mod test_runs;
#[path = "verdicts/together.rs"]
mod together;

use hangspy::aggregate::{Analysis, JUDGES, Judge, heard};
use hangspy::report::{Cause, Kind, Report, Verdict, build};
use hangspy::snapshot::{GilRole, Known, Moment, Recording};
use scenes::{LOOKS, Line, PID, START, Scene, Shot, tcp, waiting};

pub(crate) fn report(scene: &Scene) -> Report {
    assert_order_of_judges_means_nothing(&scene.recording);
    build(std::slice::from_ref(&scene.recording), ":8000")
}

/// Every scene of these tests is judged with the judges asked in other orders as well: turned round, so that of each pair the
/// other one comes first, and in some more.
fn assert_order_of_judges_means_nothing(recording: &Recording) {
    let analysis = Analysis::of(recording);
    let said = heard(&analysis, JUDGES);
    let turned: Vec<&dyn Judge> = JUDGES.iter().rev().copied().collect();
    let mut orders = vec![turned.clone()];
    for step in [3, 5, 7] {
        let taken = (0..step).flat_map(|first| turned.iter().skip(first).step_by(step).copied());
        orders.push(taken.collect());
    }
    for order in orders {
        assert_eq!(heard(&analysis, &order), said, "the verdicts depend on the order in which judges are asked");
    }
}

pub(crate) fn first(report: &Report) -> &Verdict {
    report.verdicts.first().expect("a report says something about every process")
}

/// Fails when the first verdict is not this one.
pub(crate) fn assert_verdict(
    story: &str,
    scene: &Scene,
    kind: Kind,
    cause: Cause,
    function: &str,
    coroutine: Option<&str>,
) {
    let report = report(scene);
    let verdict = first(&report);
    assert_eq!((verdict.kind, verdict.cause), (kind, Some(cause)), "{story}: said {}", verdict.summary);
    let blame = verdict.blame.as_ref();
    assert_eq!(blame.map(|blame| blame.function.as_str()), Some(function), "{story}: said {}", verdict.summary);
    let beside = blame.and_then(|blame| blame.coroutine.as_ref()).map(|place| place.function.as_str());
    assert_eq!(beside, coroutine, "{story}");
    assert!(
        !verdict.evidence.is_empty() && !verdict.advice.is_empty(),
        "{story}: evidence and advice belong to a verdict"
    );
}

pub(crate) fn assert_healthy(story: &str, scene: &Scene) {
    let report = report(scene);
    let said: Vec<&str> = report.verdicts.iter().map(|verdict| verdict.summary.as_str()).collect();
    assert!(report.verdicts.iter().all(|verdict| verdict.kind == Kind::Healthy), "{story}: false alarm {said:?}");
}

pub(crate) const CALL: &[Line<'_>] = &[("go", "/srv/app.py", 7), ("async handle", "/srv/app.py", 20)];

/// A server whose loop waits in a call that `go` makes, with library frames inside of it.
pub(crate) fn blocked(library: &[Line<'_>], number: u32, arguments: [u64; 6], change: impl Fn(Shot) -> Shot) -> Scene {
    let mut scene = Scene::new();
    let stack = scene.endpoint(&[library, CALL].concat());
    scene.always(&change(waiting(stack, number, arguments)))
}

pub(crate) const CONSUMER: &[Line<'_>] =
    &[("decode", "/srv/app.py", 30), ("consume", "/srv/app.py", 40), ("run", "threading.py", 982)];

/// A server whose loop waits for the GIL while threads do something.
pub(crate) fn starved(
    threads: u32,
    did: impl Fn(&mut Scene, u64) -> Shot,
    switch_number: impl Fn(u64) -> u64,
) -> Scene {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    for index in 0..LOOKS {
        let owner = PID + 1 + u32::try_from(index % u64::from(threads)).expect("few threads");
        let shot = did(&mut scene, index);
        let main = Shot { gil: GilRole::Waits, ..waiting(idle, 202, [0x7000, 0x89, 0, 0, 0, 0]) };
        let snapshot = scene.look(main, vec![(owner, shot)]);
        for interpreter in &mut snapshot.interpreters {
            if let Known::Is(gil) = &mut interpreter.gil {
                gil.switch_number = switch_number(index);
            }
        }
    }
    scene
}

#[test]
fn reports_are_what_the_golden_files_say() {
    let mut scene = blocked(&[("readinto", "socket.py", 707)], 45, [7, 0, 0, 0, 0, 0], |shot| {
        shot.on(tcp(7, "10.0.3.7:5432", "ESTAB"))
    });
    scene.around(|around| {
        if let Known::Is(listeners) = &mut around.listeners {
            listeners.iter_mut().for_each(|listener| listener.waiting = 84);
        }
    });
    if let Some(event_loop) = scene.recording.snapshots.last_mut().and_then(|last| last.loops.first_mut()) {
        event_loop.next_timer = Known::Is(Some(Moment(START)));
        event_loop.ready = Known::Is(3);
    }
    golden::assert_golden("verdicts/socket-read.json", &json(&scene));

    let native = starved(
        1,
        |scene, _| {
            let stack = scene.stack(&[CONSUMER]);
            scenes::running(stack, GilRole::Holds)
        },
        |_| 10,
    );
    golden::assert_golden("verdicts/gil-native-hold.json", &json(&native));

    let mut idle = Scene::new();
    for _ in 0..LOOKS {
        idle.idle();
    }
    golden::assert_golden("verdicts/healthy.json", &json(&idle));
}

fn json(scene: &Scene) -> String {
    let mut report = report(scene);
    assert_eq!(report, build(std::slice::from_ref(&scene.recording), ":8000"), "the same recording, the same report");
    report.tool.version = "0.0.0".to_owned();
    serde_json::to_string_pretty(&report).expect("a report is JSON") + "\n"
}
