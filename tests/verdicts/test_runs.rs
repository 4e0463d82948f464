//! Which stall of a test run counts against its limit, and why another one does not.

use std::sync::Arc;
use std::time::Duration;

use hangspy::render;
use hangspy::report::{Excuse, TestLimits, TestReport, TestRun, TestWindow};
use hangspy::snapshot::{Cost, Known, Recording, TestMark, TestMoment, TestPhase, ThreadId};

use super::CALL;
use super::scenes::{Line, PERIOD, PID, Scene, waiting};

const NODE: &str = "tests/test_shop.py::TestShop::test_it[a b]";
/// Looks at the step that lasts: half a second of them, between looks at an idle loop.
const LOOKS: usize = 25;
const IDLE: usize = 5;

/// A loop that one step blocks for half a second.
fn blocked(lines: &[Line<'_>]) -> Recording {
    let mut scene = Scene::new();
    let stack = scene.endpoint(lines);
    let idle = |scene: &mut Scene| {
        for _ in 0..IDLE {
            scene.idle();
        }
    };
    idle(&mut scene);
    for look in 0..LOOKS {
        let mut shot = waiting(stack, 230, [0; 6]);
        shot.turn_began = Some(i64::try_from(IDLE as u64 * PERIOD).expect("a short scene"));
        shot.asleep_for = Some(Duration::from_nanos(look as u64 * PERIOD));
        scene.look(shot, Vec::new());
    }
    idle(&mut scene);
    scene.recording
}

fn runs(phase: TestPhase) -> TestMoment {
    TestMoment::Runs(Arc::new(TestMark { test: 3, phase, thread: ThreadId(PID), node: NODE.to_owned() }))
}

/// What is told of a recording whose looks all saw this, with this limit.
fn told(recording: &Recording, moment: &TestMoment, limit: Option<u64>) -> TestReport {
    let limits = TestLimits { limit: limit.map(Duration::from_millis), interval: Duration::from_nanos(PERIOD) };
    let mut run = TestRun::default();
    run.add(recording, &vec![moment.clone(); recording.snapshots.len()], &limits);
    run.report(Vec::new(), 0, TestWindow::default(), Vec::new(), Cost::default())
}

/// Whether the only stall breaks a limit of 100 ms, and why not.
fn judged(recording: &Recording, moment: &TestMoment) -> (bool, Option<Excuse>) {
    let report = told(recording, moment, Some(100));
    assert_eq!(report.stalls.len(), 1, "{report:#?}");
    (report.stalls[0].broken, report.stalls[0].excuse)
}

#[test]
fn a_step_that_lasts_in_a_test_breaks_its_limit() {
    let recording = blocked(CALL);
    let report = told(&recording, &runs(TestPhase::Call), Some(100));
    let stall = &report.stalls[0];
    assert!(stall.broken && stall.excuse.is_none(), "{stall:#?}");
    assert!(stall.held_s.is_some_and(|held| (0.45..=0.52).contains(&held)), "{stall:#?}");
    assert_eq!(stall.verdict.blame.as_ref().map(|blame| blame.function.as_str()), Some("go"));
    assert_eq!(report.tests.len(), 1);
    assert_eq!((report.tests[0].test.as_deref(), report.tests[0].broken), (Some(NODE), true));
    assert_eq!((report.functions[0].function.as_str(), report.functions[0].tests), ("go", 1));
    let longer = told(&recording, &runs(TestPhase::Call), Some(600));
    assert!(!longer.stalls[0].broken, "half a second is less than the limit");
    let none = told(&recording, &runs(TestPhase::Call), None);
    assert!(!none.stalls[0].broken && none.stalls[0].excuse.is_none(), "without a limit nothing is judged");
    assert_eq!(judged(&recording, &TestMoment::Unmarked), (true, None), "a process that says nothing of tests");
}

#[test]
fn what_is_not_the_tests_fault_is_excused_by_name() {
    let plain = blocked(CALL);
    for (moment, excuse) in [
        (runs(TestPhase::Setup), Excuse::Fixture),
        (runs(TestPhase::Teardown), Excuse::Fixture),
        (TestMoment::Between, Excuse::OutsideOfTests),
    ] {
        assert_eq!(judged(&plain, &moment), (false, Some(excuse)));
    }
    let test = ("async test_it", "/srv/tests/test_shop.py", 9);
    for (lines, excuse) in [
        (
            &[("_find_and_load", "<frozen importlib._bootstrap>", 1178), ("go", "/srv/app.py", 7)][..],
            Some(Excuse::Import),
        ),
        (&[("read", "site-packages/redis/connection.py", 7)], Some(Excuse::NotYours)),
        (&[("get", "site-packages/fastapi/applications.py", 7), test], Some(Excuse::TestDriver)),
        (&[("create_context", "site-packages/httpx/_config.py", 7), test], Some(Excuse::TestDriver)),
        (&[("go", "/srv/app.py", 7), test], None),
        (&[test], None),
    ] {
        assert_eq!(judged(&blocked(lines), &runs(TestPhase::Call)), (excuse.is_none(), excuse), "{lines:?}");
    }
}

/// The recording with one fact of its thread changed in each look, by the number of the look.
fn changed(mut recording: Recording, change: impl Fn(u64, &mut hangspy::snapshot::ThreadOs)) -> Recording {
    for (index, snapshot) in (0..).zip(&mut recording.snapshots) {
        snapshot.threads.iter_mut().for_each(|thread| change(index, &mut Arc::make_mut(thread).os));
    }
    recording
}

#[test]
fn what_the_machine_does_fails_no_test() {
    let faults = changed(blocked(CALL), |look, os| os.major_faults = Known::Is(look));
    assert_eq!(judged(&faults, &runs(TestPhase::Call)), (false, Some(Excuse::PageFaults)));
    let queued = |part: u64| {
        changed(blocked(CALL), move |look, os| {
            if let Known::Is(cpu) = &mut os.cpu {
                cpu.run_queue_ns = look * PERIOD * part / 100;
            }
        })
    };
    assert_eq!(judged(&queued(95), &runs(TestPhase::Call)), (false, Some(Excuse::Machine)));
    assert_eq!(judged(&queued(10), &runs(TestPhase::Call)), (true, None));
    let unknown = changed(blocked(CALL), |_, os| os.cpu = Known::default());
    assert_eq!(judged(&unknown, &runs(TestPhase::Call)), (false, Some(Excuse::Unmeasured)));
}

#[test]
fn a_test_has_only_what_was_seen_of_it() {
    let recording = blocked(CALL);
    let limits = TestLimits { limit: Some(Duration::from_millis(300)), interval: Duration::from_nanos(PERIOD) };
    // The step goes on while the next test begins.
    let second =
        TestMark { test: 4, phase: TestPhase::Call, thread: ThreadId(PID), node: "tests/b.py::test_b".to_owned() };
    let moments: Vec<TestMoment> = (0..recording.snapshots.len())
        .map(|look| if look < IDLE + 10 { runs(TestPhase::Call) } else { TestMoment::Runs(Arc::new(second.clone())) })
        .collect();
    let mut run = TestRun::default();
    run.add(&recording, &moments, &limits);
    let report = run.report(Vec::new(), 0, TestWindow::default(), Vec::new(), Cost::default());
    let stall = &report.stalls[0];
    assert_eq!(stall.test.as_ref().map(|mark| mark.test), Some(3));
    assert_eq!(
        (stall.broken, stall.excuse),
        (false, Some(Excuse::Machine)),
        "only 180 ms of it were seen in that test"
    );
}

#[test]
fn a_stall_is_judged_by_another_limit_too_and_a_pause_is_an_excuse() {
    let recording = blocked(CALL);
    let stall = &told(&recording, &runs(TestPhase::Call), Some(10_000)).stalls[0];
    assert!(!stall.broken && stall.breaks(Duration::from_millis(100)) && !stall.breaks(Duration::from_secs(10)));
    let paused = &told(&recording, &runs(TestPhase::Paused), Some(100)).stalls[0];
    assert_eq!(paused.excuse, Some(Excuse::Paused));
    assert!(!paused.breaks(Duration::from_millis(100)));
}

#[test]
fn a_process_that_tells_no_test_is_counted_as_one() {
    let recording = blocked(CALL);
    for (moment, words) in [
        (runs(TestPhase::Call), "1 test blocked an event loop for longer than the limit"),
        (TestMoment::Unmarked, "1 process blocked an event loop for longer than the limit"),
    ] {
        let mut report = told(&recording, &moment, Some(100));
        report.window.limit_s = Some(0.1);
        let mut screen = Vec::new();
        render::tests(&report, render::Screen::default(), &mut screen).unwrap();
        let screen = String::from_utf8(screen).unwrap();
        assert!(screen.contains(words), "{screen}");
    }
}
