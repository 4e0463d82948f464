//! What is said about the GIL: the ledger, and the GIL against a native mutex.

use hangspy::report::{Cause, Confidence, GilReport, Kind, Report, SecondParty};
use hangspy::snapshot::{Child, GilRole, Known, Moment, ProcessId, StackSample, TaskState};

use super::scenes::{LOOKS, PERIOD, PID, START, Scene, Shot, running, waiting};
use super::{CONSUMER, assert_healthy, assert_verdict, first, report};

const FUTEX: u32 = 202;
/// How a thread sleeps that waits for the GIL.
const ON_GIL: [u64; 6] = [0x7000, 0x89, 0, 1, 0, 0];
/// How glibc sleeps on a mutex: FUTEX_WAIT_PRIVATE, 2, no timeout.
const ON_MUTEX: [u64; 6] = [0x9000, 0x80, 2, 0, 0, 0];
/// How musl does: the value is a negative `int`.
const ON_MUTEX_OF_MUSL: [u64; 6] = [0x9000, 0x80, 0xffff_ffff_8000_0010, 0, 0, 0];

fn gil(report: &Report) -> &GilReport {
    report.gil.first().expect("a report has the GIL of every process")
}

fn held(gil: &GilReport, function: Option<&str>) -> f64 {
    let name = |place: &Option<hangspy::report::Place>| place.as_ref().map(|place| place.function.clone());
    gil.holders.iter().find(|holder| name(&holder.place).as_deref() == function).map_or(0.0, |holder| holder.held_s)
}

fn close(what: &str, seconds: f64, expected: f64) {
    assert!((seconds - expected).abs() < 0.001, "{what}: expected {expected} s, said {seconds} s");
}

fn waits(stack: hangspy::snapshot::StackId) -> Shot {
    Shot { gil: GilRole::Waits, ..waiting(stack, FUTEX, ON_GIL) }
}

#[test]
fn the_ledger_weighs_each_look_with_the_time_around_it() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let decode = scene.stack(&[CONSUMER]);
    // At 0, 20, 40 and 240 ms: the looks stand for 10, 20, 110 and 100 ms.
    for index in 0..4 {
        let role = if index == 1 { GilRole::Apart } else { GilRole::Holds };
        scene.look(waits(idle), vec![(PID + 1, running(decode, role))]);
    }
    if let Some(last) = scene.recording.snapshots.last_mut() {
        last.at = Moment(START + 12 * PERIOD);
    }
    let said = report(&scene);
    let gil = gil(&said);
    close("decode", held(gil, Some("decode")), 0.22);
    let of = |thread: u32| gil.threads.iter().find(|account| account.thread == thread).expect("a thread in the ledger");
    close("the owner", of(PID + 1).held_s, 0.22);
    close("the loop", of(PID).waited_s, 0.24);
    let blamed: f64 = gil.matrix.iter().filter(|entry| entry.victim == PID).map(|entry| entry.waited_s).sum();
    close("blamed on owners", blamed, 0.22);
    let holder = gil.holders.first().expect("a function had the GIL");
    assert_eq!((holder.threads, holder.share > 0.91 && holder.share < 0.92), (1, true), "{holder:?}");
}

#[test]
fn a_sleeping_owner_owns_and_an_idle_thread_neither_owns_nor_waits() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let fetch = scene.stack(&[&[("fetch", "/srv/app.py", 9)]]);
    for _ in 0..11 {
        let asleep = Shot { gil: GilRole::Holds, ..waiting(fetch, 45, [9, 0, 0, 0, 0, 0]) };
        scene.look(waits(idle), vec![(PID + 1, asleep), (PID + 2, waiting(fetch, 45, [9, 0, 0, 0, 0, 0]))]);
    }
    let said = report(&scene);
    close("fetch", held(gil(&said), Some("fetch")), 0.2);
    assert!(gil(&said).threads.iter().all(|account| account.thread != PID + 2), "{:?}", gil(&said).threads);
}

#[test]
fn stacks_that_were_cut_count_for_what_whole_ones_show_inside_of_them() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let outer: &[(&str, &str, u32)] = &[("consume", "/srv/app.py", 40), ("run", "threading.py", 982)];
    let decode = scene.stack(&[&[("decode", "/srv/app.py", 30)], outer]);
    let check = scene.stack(&[&[("check", "/srv/app.py", 35)], outer]);
    let cut = scene.stack(&[outer]);
    for index in 0..41 {
        let shot = match index % 4 {
            0..=1 => running(decode, GilRole::Holds),
            2 => running(check, GilRole::Holds),
            _ => Shot { stack: StackSample::Cut(cut), ..running(cut, GilRole::Holds) },
        };
        scene.look(waits(idle), vec![(PID + 1, shot)]);
    }
    let said = report(&scene);
    let gil = gil(&said);
    close("consume itself", held(gil, Some("consume")), 0.0);
    let ratio = held(gil, Some("decode")) / held(gil, Some("check"));
    assert!((ratio - 2.0).abs() < 0.05, "decode was seen twice as often as check, said {ratio}");
    close("all", gil.holders.iter().map(|holder| holder.held_s).sum(), 0.8);
}

#[test]
fn unreadable_stacks_stay_in_the_ledger_without_a_name() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    for _ in 0..11 {
        let torn = Shot { stack: StackSample::Torn, ..running(idle, GilRole::Holds) };
        scene.look(waits(idle), vec![(PID + 1, torn)]);
    }
    close("not known", held(gil(&report(&scene)), None), 0.2);
}

/// One thread has the GIL and sleeps like this; `beside` is a thread that wants the GIL.
fn standoff(how: [u64; 6], voluntary: impl Fn(u64) -> u64, beside: bool) -> Scene {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let export = scene.stack(&[&[("export", "/srv/app.py", 50)]]);
    let render = scene.stack(&[&[("render", "/srv/app.py", 60)]]);
    for index in 0..150 {
        let owner = Shot { gil: GilRole::Holds, voluntary: voluntary(index), ..waiting(export, FUTEX, how) };
        let mut others = vec![(PID + 1, owner)];
        if beside {
            others.push((PID + 2, waits(render)));
        }
        scene.look(waits(idle), others);
    }
    scene
}

#[test]
fn the_gil_against_a_native_mutex_is_a_deadlock() {
    let of_musl = standoff(ON_MUTEX_OF_MUSL, |_| 7, true);
    assert_verdict("a mutex of musl", &of_musl, Kind::Deadlock, Cause::Lock, "export", None);
    let scene = standoff(ON_MUTEX, |_| 7, true);
    assert_verdict("a mutex", &scene, Kind::Deadlock, Cause::Lock, "export", None);
    let said = report(&scene);
    let SecondParty::Holder { holder, stack } = &first(&said).second_party else { panic!("no holder") };
    assert!(holder.contains("worker-4713"), "{holder}");
    assert_eq!(stack.first().map(|place| place.function.as_str()), Some("render"));
}

#[test]
fn a_child_that_does_not_start_keeps_the_gil() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let spawn = scene.stack(&[&[("_execute_child", "subprocess.py", 1800), ("convert", "/srv/app.py", 9)]]);
    for _ in 0..LOOKS {
        let vfork = Shot { state: TaskState::DiskSleep, gil: GilRole::Holds, ..waiting(spawn, 58, [0; 6]).no_step() };
        scene.look(waits(idle), vec![(PID + 1, vfork)]);
    }
    let child = Child { pid: ProcessId(77), name: "uvicorn".to_owned(), state: 'D', writes_to_us: Known::Is(false) };
    scene.around(|around| around.children = Known::Is(vec![child.clone()]));
    assert_verdict("vfork", &scene, Kind::LoopStarved, Cause::GilHeldWaiting, "convert", None);
    let said = report(&scene);
    let expected = SecondParty::Child { pid: 77, name: "uvicorn".to_owned(), state: 'D' };
    assert_eq!(first(&said).second_party, expected);
    assert!(first(&said).advice.contains("/proc/77/wchan"), "{}", first(&said).advice);
}

#[test]
fn other_sleeps_with_the_gil_are_no_deadlock() {
    let on_condition = [0x9000, 0x189, 0, 0, 0, 0];
    let on_condition_of_musl = [0x7ffe_0000_0168, 0x80, 2, 0, 0, 0];
    let with_timeout = [0x9000, 0x80, 2, 0x7000, 0, 0];
    for (story, scene) in [
        ("a condition", standoff(on_condition, |_| 7, true)),
        ("a condition of musl, on the thread's own stack", standoff(on_condition_of_musl, |_| 7, true)),
        ("a mutex with a timeout", standoff(with_timeout, |_| 7, true)),
        ("a mutex that is taken again and again", standoff(ON_MUTEX, |index| index, true)),
        ("nobody beside the loop can have the mutex", standoff(ON_MUTEX, |_| 7, false)),
    ] {
        assert_verdict(story, &scene, Kind::LoopStarved, Cause::GilHeldWaiting, "export", None);
    }
}

#[test]
fn contention_that_does_not_hurt_is_no_verdict() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let poll = scene.stack(&[&[("generate", "/srv/app.py", 70)]]);
    for index in 0..150_u64 {
        let hog = Shot { on_cpu_ns: index * PERIOD, ..running(poll, GilRole::Holds) };
        let sleeps = waiting(idle, 232, [5, 0, 0, 0, 0, 0]).no_step();
        scene.look(if index % 20 == 0 { waits(idle) } else { sleeps }, vec![(PID + 1, hog)]);
    }
    assert_healthy("a thread that polls", &scene);
    let said = report(&scene);
    assert!(gil(&said).holders.first().is_some_and(|holder| holder.share > 0.9), "{:?}", gil(&said).holders);
}

#[test]
fn a_loop_that_waits_through_a_window_too_short_for_shares_is_not_called_healthy() {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let decode = scene.stack(&[CONSUMER]);
    for index in 0..40_u64 {
        let snapshot = scene.look(waits(idle), vec![(PID + 1 + index as u32 % 2, running(decode, GilRole::Holds))]);
        for interpreter in &mut snapshot.interpreters {
            if let Known::Is(gil) = &mut interpreter.gil {
                gil.switch_number = index * 2;
            }
        }
    }
    let said = report(&scene);
    assert_eq!(first(&said).kind, Kind::CannotTell, "{}", first(&said).summary);
    assert!(first(&said).evidence.iter().any(|words| words.contains("waited for the GIL in 40 of 40 looks")));
}

/// A loop that waits in two of five looks, behind so many others, while the GIL changes hands every 10 ms.
fn queue(others: u32) -> Scene {
    let mut scene = Scene::new();
    let idle = scene.idle_stack();
    let decode = scene.stack(&[CONSUMER]);
    for index in 0..150_u64 {
        let sleeps = waiting(idle, 232, [5, 0, 0, 0, 0, 0]).no_step();
        let mut threads = vec![(PID + 1, running(decode, GilRole::Holds))];
        threads.extend((0..others).map(|number| (PID + 2 + number, waits(decode))));
        let snapshot = scene.look(if index % 5 < 2 { waits(idle) } else { sleeps }, threads);
        for interpreter in &mut snapshot.interpreters {
            if let Known::Is(gil) = &mut interpreter.gil {
                gil.switch_number = index * 2;
            }
        }
    }
    scene
}

#[test]
fn a_long_queue_for_the_gil_starves_a_loop_that_is_idle_half_of_the_time() {
    assert_verdict("eight", &queue(7), Kind::LoopStarved, Cause::GilPythonThreads, "decode", None);
    assert_eq!(first(&report(&queue(7))).confidence, Confidence::Likely, "what requests suffer was not seen");
    assert_healthy("one thread beside the loop", &queue(0));
    let said = report(&queue(0));
    let words: Vec<&str> = said.observations.iter().map(|observation| observation.summary.as_str()).collect();
    assert!(words.iter().any(|words| words.contains("decode (app.py:30) had the GIL 100 %")), "{words:?}");
}

#[test]
fn the_quota_is_named_beside_the_owners() {
    let mut scene = queue(7);
    if let Some(Known::Is(cgroup)) = scene.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
        cgroup.throttled_periods = Known::Is(9);
    }
    let said = report(&scene);
    let verdict = first(&said);
    assert_eq!(verdict.kind, Kind::LoopStarved, "{}", verdict.summary);
    assert!(verdict.evidence.iter().any(|words| words.contains("CPU quota")), "{:?}", verdict.evidence);
}
