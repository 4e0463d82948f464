//! What is said about sick and healthy servers, from recordings made by hand. The real ones are in the matrix.
//!
//! When a test here fails, the sentence in front of the message says which server was misjudged; see `tests/common/scenes.rs`
//! for what was seen of it.

#[path = "common/golden.rs"]
mod golden;
#[path = "common/scenes.rs"]
mod scenes;

use std::sync::Arc;
use std::time::Duration;

use hangspy::report::{Cause, Confidence, Kind, Report, SecondParty, Verdict, build};
use hangspy::snapshot::{
    Child, DescriptorKind, FileLock, GilRole, Known, LoopKind, Moment, ProcessId, Reader, Role, StackSample, TaskState,
};
use scenes::{
    LIFESPAN, LOOKS, Line, PERIOD, PID, POLL, START, STOCK_LOOP, Scene, Shot, UVLOOP, file, inside, native_thread,
    pipe, running, tcp, waiting,
};

fn report(scene: &Scene) -> Report {
    build(std::slice::from_ref(&scene.recording), ":8000")
}

fn first(report: &Report) -> &Verdict {
    report.verdicts.first().expect("a report says something about every process")
}

/// Fails when the first verdict is not this one.
fn assert_verdict(story: &str, scene: &Scene, kind: Kind, cause: Cause, function: &str, coroutine: Option<&str>) {
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

fn assert_healthy(story: &str, scene: &Scene) {
    let report = report(scene);
    let said: Vec<&str> = report.verdicts.iter().map(|verdict| verdict.summary.as_str()).collect();
    assert!(report.verdicts.iter().all(|verdict| verdict.kind == Kind::Healthy), "{story}: false alarm {said:?}");
}

const CALL: &[Line<'_>] = &[("go", "/srv/app.py", 7), ("async handle", "/srv/app.py", 20)];

/// A server whose loop waits in a call that `go` makes, with library frames inside of it.
fn blocked(library: &[Line<'_>], number: u32, arguments: [u64; 6], change: impl Fn(Shot) -> Shot) -> Scene {
    let mut scene = Scene::new();
    let stack = scene.endpoint(&[library, CALL].concat());
    scene.always(&change(waiting(stack, number, arguments)))
}

#[test]
fn a_thread_that_waits_says_for_what() {
    let requests: &[Line<'_>] = &[("readinto", "socket.py", 707), ("get", "site-packages/requests/api.py", 73)];
    let same = |shot: Shot| shot;
    let rows: Vec<(&str, Scene, Cause)> = vec![
        (
            "reads from a socket",
            blocked(requests, 45, [7, 0, 0, 0, 0, 0], |shot| shot.on(tcp(7, "10.0.3.7:5432", "ESTAB"))),
            Cause::SocketRead,
        ),
        (
            "polls a socket",
            blocked(requests, 7, [0x7000, 1, 0, 0, 0, 0], |shot| shot.on(tcp(7, "10.0.3.7:80", "ESTAB"))),
            Cause::SocketRead,
        ),
        (
            "reads through TLS",
            blocked(&[("read", "ssl.py", 1100)], 0, [7, 0, 0, 0, 0, 0], |shot| {
                shot.on(tcp(7, "10.0.3.7:443", "ESTAB"))
            }),
            Cause::SocketRead,
        ),
        (
            "sends to a socket",
            blocked(&[], 44, [7, 0, 0, 0, 0, 0], |shot| shot.on(tcp(7, "10.0.3.7:80", "ESTAB"))),
            Cause::SocketWrite,
        ),
        (
            "connects",
            blocked(&[("create_connection", "socket.py", 837)], 42, [7, 0, 0, 0, 0, 0], |shot| {
                shot.on(tcp(7, "10.0.3.7:5432", "SYN-SENT"))
            }),
            Cause::Connect,
        ),
        (
            "connects with a timeout",
            blocked(&[], 7, [0x7000, 1, 0, 0, 0, 0], |shot| shot.on(tcp(7, "10.0.3.7:5432", "SYN-SENT"))),
            Cause::Connect,
        ),
        (
            "asks itself",
            blocked(requests, 45, [7, 0, 0, 0, 0, 0], |shot| shot.on(tcp(7, "127.0.0.1:8000", "ESTAB"))),
            Cause::SelfRequest,
        ),
        (
            "asks another one on the same port",
            blocked(requests, 45, [7, 0, 0, 0, 0, 0], |shot| shot.on(tcp(7, "10.0.9.9:8000", "ESTAB"))),
            Cause::SocketRead,
        ),
        (
            "resolves a name",
            blocked(&[("getaddrinfo", "socket.py", 976)], 7, [0x7000, 1, 0, 0, 0, 0], |shot| {
                shot.on(tcp(7, "10.96.0.10:53", "ESTAB"))
            }),
            Cause::Dns,
        ),
        ("sleeps, 3.11 and later", blocked(&[], 230, [1, 1, 0, 0, 0, 0], same), Cause::Sleep),
        ("sleeps, up to 3.10", blocked(&[], 23, [0; 6], same), Cause::Sleep),
        ("waits for a lock", blocked(&[], 202, [0x7000, 0x189, 0, 0, 0, 0], same), Cause::Lock),
        (
            "waits for an event",
            blocked(&[("wait", "threading.py", 355), ("wait", "threading.py", 655)], 202, [0; 6], same),
            Cause::Lock,
        ),
        (
            "waits on a queue",
            blocked(&[("wait", "threading.py", 355), ("get", "queue.py", 171)], 202, [0; 6], same),
            Cause::QueueWait,
        ),
        (
            "waits for a future",
            blocked(
                &[("wait", "threading.py", 355), ("result", "concurrent/futures/_base.py", 451)],
                202,
                [0; 6],
                same,
            ),
            Cause::FutureResult,
        ),
        (
            "waits for an import",
            blocked(
                &[
                    ("acquire", "<frozen importlib._bootstrap>", 310),
                    ("_find_and_load", "<frozen importlib._bootstrap>", 1300),
                ],
                202,
                [0; 6],
                same,
            ),
            Cause::ImportLock,
        ),
        (
            "waits for a connection of a pool",
            blocked(
                &[
                    ("wait", "threading.py", 355),
                    ("get", "site-packages/sqlalchemy/util/queue.py", 171),
                    ("_do_get", "site-packages/sqlalchemy/pool/impl.py", 166),
                ],
                202,
                [0; 6],
                same,
            ),
            Cause::PoolCheckout,
        ),
        (
            "opens a FIFO",
            blocked(&[], 257, [0; 6], |shot| Shot { path: Some("/run/events".to_owned()), ..shot }),
            Cause::FileIo,
        ),
        ("reads from a pipe", blocked(&[], 0, [9, 0, 0, 0, 0, 0], |shot| shot.on(pipe(9, "helper"))), Cause::FileIo),
        ("writes to a pipe", blocked(&[], 1, [1, 0, 0, 0, 0, 0], |shot| shot.on(pipe(1, "logger"))), Cause::PipeWrite),
        ("reads standard input", blocked(&[], 0, [0; 6], |shot| shot.on(file(0, "/dev/pts/0"))), Cause::Stdin),
        (
            "waits for flock",
            blocked(&[], 73, [9, 2, 0, 0, 0, 0], |shot| shot.on(file(9, "/var/lock/spool"))),
            Cause::FileLock,
        ),
        (
            "waits for a record lock",
            blocked(&[], 72, [9, 7, 0, 0, 0, 0], |shot| shot.on(file(9, "/var/lock/spool"))),
            Cause::FileLock,
        ),
        (
            "waits for a child",
            blocked(&[("_try_wait", "subprocess.py", 1995)], 61, [77, 0, 0, 0, 0, 0], same),
            Cause::Subprocess,
        ),
        (
            "communicates with a child",
            blocked(
                &[("select", "selectors.py", 415), ("_communicate", "subprocess.py", 2108)],
                7,
                [0x7000, 2, 0, 0, 0, 0],
                |shot| shot.on(pipe(9, "ffmpeg")),
            ),
            Cause::Subprocess,
        ),
        (
            "reads from a disk",
            blocked(&[], 0, [9, 0, 0, 0, 0, 0], |shot| Shot {
                state: TaskState::DiskSleep,
                ..shot.on(file(9, "/mnt/nfs/data"))
            }),
            Cause::Disk,
        ),
        ("does something nobody knows", blocked(&[], 4711, [0; 6], same), Cause::Unknown),
    ];
    for (story, scene, cause) in &rows {
        assert_verdict(story, scene, Kind::LoopBlocked, *cause, "go", Some("handle"));
    }
}

#[test]
fn the_far_end_is_named() {
    let scene = blocked(&[], 45, [7, 0, 0, 0, 0, 0], |shot| shot.on(tcp(7, "10.0.3.7:5432", "ESTAB")));
    let said = report(&scene);
    let expected = SecondParty::Peer { address: "10.0.3.7:5432".to_owned(), service: Some("postgresql".to_owned()) };
    assert_eq!(first(&said).second_party, expected);
    assert_eq!(first(&said).confidence, Confidence::Certain);

    let mut scene = blocked(&[], 61, [77, 0, 0, 0, 0, 0], |shot| shot);
    let child = Child { pid: ProcessId(77), name: "ffmpeg".to_owned(), state: 'S' };
    scene.around(|around| around.children = Known::Is(vec![child.clone()]));
    let expected = SecondParty::Child { pid: 77, name: "ffmpeg".to_owned(), state: "S".to_owned() };
    assert_eq!(first(&report(&scene)).second_party, expected);
}

#[test]
fn a_busy_database_file_is_told_from_a_sleep() {
    let lock = FileLock {
        kind: "POSIX".to_owned(),
        inode: 42,
        holder: ProcessId(99),
        holder_name: Some("backup".to_owned()),
        waiters: Vec::new(),
    };
    let mut scene = blocked(&[], 230, [0, 0, 0, 0, 0, 0], |shot| shot);
    scene.around(|around| around.file_locks = Known::Is(vec![lock.clone()]));
    scene.source(7, "    connection.execute(statement)");
    assert_verdict("busy SQLite", &scene, Kind::LoopBlocked, Cause::SqliteBusy, "go", Some("handle"));

    let mut scene = blocked(&[], 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    scene.around(|around| around.file_locks = Known::Is(vec![lock.clone()]));
    assert_verdict("time.sleep beside a lock", &scene, Kind::LoopBlocked, Cause::Sleep, "go", Some("handle"));
}

#[test]
fn a_kafka_consumer_names_its_broker() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(&[("async consume", "/srv/app.py", 41)]);
    for _ in 0..LOOKS {
        let broker = vec![tcp(11, "10.0.7.7:9092", "ESTAB")];
        let snapshot = scene.look(waiting(stack, 202, [0; 6]), Vec::new());
        snapshot.threads.push(Arc::new(native_thread(PID + 1, "rdk:broker1", broker)));
    }
    scene.source(41, "        message = consumer.poll(30.0)");
    assert_verdict("confluent-kafka", &scene, Kind::LoopBlocked, Cause::Lock, "consume", Some("consume"));
    let expected = SecondParty::Peer { address: "10.0.7.7:9092".to_owned(), service: Some("kafka".to_owned()) };
    assert_eq!(first(&report(&scene)).second_party, expected);
}

#[test]
fn an_import_is_blamed_on_the_line_that_asked_for_it() {
    let import: &[Line<'_>] = &[
        ("<module>", "site-packages/heavy/__init__.py", 3),
        ("exec_module", "<frozen importlib._bootstrap_external>", 995),
        ("_find_and_load", "<frozen importlib._bootstrap>", 1360),
    ];
    let scene = blocked(import, 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    assert_verdict("installed module", &scene, Kind::LoopBlocked, Cause::Import, "go", Some("handle"));
    let own: &[Line<'_>] = &[
        ("load", "/srv/heavy.py", 9),
        ("<module>", "/srv/heavy.py", 3),
        ("exec_module", "<frozen importlib._bootstrap_external>", 995),
    ];
    let scene = blocked(own, 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    assert_verdict("the user's own module", &scene, Kind::LoopBlocked, Cause::Import, "go", Some("handle"));
}

#[test]
fn python_that_computes_is_blamed_on_the_function_that_all_looks_share() {
    let mut scene = Scene::new();
    let outer: &[Line<'_>] = &[("score", "/srv/app.py", 17), ("async scores", "/srv/app.py", 22)];
    for index in 0..LOOKS {
        let inner: &[Line<'_>] = match index % 3 {
            0 => &[("weigh", "/srv/app.py", 11), ("<genexpr>", "/srv/app.py", 17)],
            1 => &[("<genexpr>", "/srv/app.py", 17)],
            _ => &[("weigh", "/srv/app.py", 12), ("<genexpr>", "/srv/app.py", 17)],
        };
        let whole = scene.endpoint(&[inner, outer].concat());
        let cut = scene.endpoint(outer);
        let stack = match index % 10 {
            9 => StackSample::Torn,
            8 => StackSample::Cut(cut),
            _ => StackSample::Stable(whole),
        };
        let shot = running(whole, GilRole::Holds);
        scene.look(Shot { stack, on_cpu_ns: index * PERIOD, ..shot }, Vec::new());
    }
    assert_verdict("pure Python", &scene, Kind::LoopBlocked, Cause::PythonCpu, "score", Some("scores"));
}

#[test]
fn native_code_is_told_by_whether_it_keeps_the_gil() {
    let compute = |gil: GilRole, text: &str| {
        let mut scene = Scene::new();
        let stack = scene.endpoint(CALL);
        for index in 0..LOOKS {
            scene.look(Shot { on_cpu_ns: index * PERIOD, ..running(stack, gil) }, Vec::new());
        }
        scene.source(7, text);
        scene
    };
    let keeps = compute(GilRole::Holds, "    return PATTERN.match(name)");
    assert_verdict("a regular expression", &keeps, Kind::LoopBlocked, Cause::NativeCpuGil, "go", Some("handle"));
    let frees = compute(GilRole::Apart, "    return hashlib.pbkdf2_hmac(name)");
    assert_verdict("hashing", &frees, Kind::LoopBlocked, Cause::NativeCpu, "go", Some("handle"));
    let one_line = compute(GilRole::Holds, "    while time.time() < end: pass");
    assert_verdict("a loop on one line", &one_line, Kind::LoopBlocked, Cause::PythonCpu, "go", Some("handle"));
    let mut collects = compute(GilRole::Holds, "    rows.append(row)");
    for snapshot in &mut collects.recording.snapshots {
        snapshot.interpreters.iter_mut().for_each(|interpreter| interpreter.collecting = Known::Is(true));
    }
    assert_verdict("garbage collection", &collects, Kind::LoopBlocked, Cause::Gc, "go", Some("handle"));
}

#[test]
fn without_a_frame_of_the_users_the_nearest_stand_in_is_named() {
    let mut scene = Scene::new();
    let serialize: &[Line<'_>] = &[
        ("iterencode", "json/encoder.py", 258),
        ("jsonable_encoder", "site-packages/fastapi/encoders.py", 333),
        ("async serialize_response", "site-packages/fastapi/routing.py", 180),
    ];
    let stack = scene.endpoint(serialize);
    let scene = scene.always(&running(stack, GilRole::Apart));
    let said = report(&scene);
    let blame = first(&said).blame.as_ref().expect("a stand-in");
    assert_eq!(blame.function, "jsonable_encoder");
    assert!(first(&said).confidence < Confidence::Certain, "a stand-in is never certain");

    let mut scene = Scene::new();
    let installed: &[Line<'_>] = &[
        ("readinto", "socket.py", 707),
        ("get", "site-packages/requests/api.py", 73),
        ("load", "site-packages/shop/orders.py", 9),
        ("async orders", "site-packages/shop/web.py", 19),
    ];
    let stack = scene.endpoint(installed);
    let scene = scene.always(&waiting(stack, 45, [7, 0, 0, 0, 0, 0]).on(tcp(7, "10.0.3.7:80", "ESTAB")));
    assert_verdict("installed application", &scene, Kind::LoopBlocked, Cause::SocketRead, "load", Some("orders"));
}

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
fn uvloop_runs_steps_without_frames_of_its_own() {
    let mut scene = Scene::new();
    scene.kind = LoopKind::Uvloop;
    let stack = scene.stack(&[CALL, UVLOOP]);
    let scene = scene.always(&waiting(stack, 230, [1, 1, 0, 0, 0, 0]));
    assert_verdict("uvloop", &scene, Kind::LoopBlocked, Cause::Sleep, "go", Some("handle"));
}

/// A server whose loop waits for the GIL while threads do something.
fn starved(threads: u32, did: impl Fn(&mut Scene, u64) -> Shot, switch_number: impl Fn(u64) -> u64) -> Scene {
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

const CONSUMER: &[Line<'_>] =
    &[("decode", "/srv/app.py", 30), ("consume", "/srv/app.py", 40), ("run", "threading.py", 982)];

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
    let scene = scene.always(&Shot { state: TaskState::Stopped, ..shot });
    let said = report(&scene);
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::ProcessStopped, Some(Cause::Signal)));
    assert_eq!(said.verdicts.len(), 1);
}

#[test]
fn a_used_up_quota_is_a_finding_when_nothing_else_is() {
    let mut scene = Scene::new();
    for _ in 0..LOOKS {
        scene.idle();
    }
    let throttle = |scene: &mut Scene| {
        if let Some(Known::Is(cgroup)) = scene.recording.surroundings.last_mut().map(|around| &mut around.cgroup) {
            cgroup.throttled_periods = Known::Is(15);
        }
    };
    throttle(&mut scene);
    let said = report(&scene);
    assert_eq!((first(&said).kind, first(&said).cause), (Kind::CpuThrottled, Some(Cause::Quota)));

    let mut scene = blocked(&[], 230, [1, 1, 0, 0, 0, 0], |shot| shot);
    throttle(&mut scene);
    let said = report(&scene);
    assert_eq!(first(&said).kind, Kind::LoopBlocked);
    assert!(said.observations.iter().any(|seen| seen.summary.contains("quota")), "throttling contributes");
}

#[test]
fn three_looks_are_enough_for_a_loop_that_has_long_been_blocked() {
    let mut scene = Scene::new();
    let stack = scene.endpoint(CALL);
    let shot = Shot { turn_began: Some(-12_000_000_000), ..waiting(stack, 230, [1, 1, 0, 0, 0, 0]) };
    for _ in 0..3 {
        scene.look(shot.clone(), Vec::new());
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
    assert!((episode.start_s - (START as f64 / 1e9 + 0.189)).abs() < 1e-6, "starts with its turn");
    assert!((episode.length_s - 0.2).abs() < 0.04, "length {}", episode.length_s);
}

#[test]
fn the_controls_are_healthy() {
    let mut idle = Scene::new();
    (0..LOOKS).for_each(|_| drop(idle.idle().at));
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
    assert_eq!(first(&report(&closed(0, 230))).kind, Kind::CannotTell, "no connection waits: it may be no server");
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
            running(stack, GilRole::Holds)
        },
        |_| 10,
    );
    golden::assert_golden("verdicts/gil-native-hold.json", &json(&native));

    let mut idle = Scene::new();
    (0..LOOKS).for_each(|_| drop(idle.idle().at));
    golden::assert_golden("verdicts/healthy.json", &json(&idle));
}

fn json(scene: &Scene) -> String {
    let mut report = report(scene);
    assert_eq!(report, build(std::slice::from_ref(&scene.recording), ":8000"), "the same recording, the same report");
    report.tool.version = "0.0.0".to_owned();
    serde_json::to_string_pretty(&report).expect("a report is JSON") + "\n"
}

#[test]
fn a_pipe_names_its_reader() {
    let scene = blocked(&[], 1, [1, 0, 0, 0, 0, 0], |shot| shot.on(pipe(1, "logger")));
    match &first(&report(&scene)).second_party {
        SecondParty::File { held_by, .. } => assert_eq!(held_by.as_deref(), Some("pid 12 (logger)")),
        other => panic!("expected the pipe, said {other:?}"),
    }
    assert!(matches!(pipe(1, "logger").kind, DescriptorKind::Pipe { .. }));
}
