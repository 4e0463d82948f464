//! Why a loop is blocked, and whom to blame.

use std::sync::Arc;

use hangspy::report::{Cause, Confidence, Kind, SecondParty};
use hangspy::snapshot::{
    Child, Descriptor, DescriptorKind, FileLock, GilRole, Known, LoopKind, ProcessId, Site, SiteKind, StackSample,
    TaskState,
};

use super::scenes::{
    LOOKS, Line, PERIOD, PID, Scene, Shot, UVLOOP, call, file, native_thread, pipe, running, tcp, waiting,
};
use super::{CALL, assert_verdict, blocked, first, report};

/// A thread that waits: story, library frames inside of the user's, system call, what it waits on, cause.
struct Wait {
    story: &'static str,
    library: &'static [Line<'static>],
    call: (u32, [u64; 6]),
    on: Option<Descriptor>,
    cause: Cause,
}

/// A wait for nothing that has a descriptor.
fn wait(story: &'static str, library: &'static [Line<'static>], call: (u32, [u64; 6]), cause: Cause) -> Wait {
    Wait { story, library, call, on: None, cause }
}

/// A wait on a descriptor.
fn wait_on(story: &'static str, library: &'static [Line<'static>], call: u32, on: Descriptor, cause: Cause) -> Wait {
    let number = u64::try_from(on.number).expect("a descriptor");
    Wait { story, library, call: (call, [number, 0, 0, 0, 0, 0]), on: Some(on), cause }
}

/// The same in a `poll`, which names its descriptors in an array.
fn poll(story: &'static str, library: &'static [Line<'static>], on: Descriptor, cause: Cause) -> Wait {
    Wait { story, library, call: (7, [0x7000, 1, 0, 0, 0, 0]), on: Some(on), cause }
}

const REQUESTS: &[Line<'_>] = &[("readinto", "socket.py", 707), ("get", "site-packages/requests/api.py", 73)];

fn assert_waits(waits: Vec<Wait>) {
    for Wait { story, library, call: (number, arguments), on, cause } in waits {
        let scene = blocked(library, number, arguments, |shot| match &on {
            Some(descriptor) => shot.on(descriptor.clone()),
            None => shot,
        });
        assert_verdict(story, &scene, Kind::LoopBlocked, cause, "go", Some("handle"));
    }
}

#[test]
fn a_thread_on_a_socket_says_what_it_does_there() {
    let far = |state| tcp(7, "10.0.3.7:5432", state);
    assert_waits(vec![
        wait_on("reads", REQUESTS, 45, far("ESTAB"), Cause::SocketRead),
        poll("reads with a timeout", REQUESTS, far("ESTAB"), Cause::SocketRead),
        wait_on("reads through TLS", &[("read", "ssl.py", 1100)], 0, far("ESTAB"), Cause::SocketRead),
        wait_on("sends", &[], 44, far("ESTAB"), Cause::SocketWrite),
        wait_on("connects", &[("create_connection", "socket.py", 837)], 42, far("SYN-SENT"), Cause::Connect),
        poll("connects with a timeout", &[], far("SYN-SENT"), Cause::Connect),
        wait_on("asks itself", REQUESTS, 45, tcp(7, "127.0.0.1:8000", "ESTAB"), Cause::SelfRequest),
        wait_on("asks another one on its port", REQUESTS, 45, tcp(7, "10.0.9.9:8000", "ESTAB"), Cause::SocketRead),
        poll("resolves a name", &[("getaddrinfo", "socket.py", 976)], tcp(7, "10.96.0.10:53", "ESTAB"), Cause::Dns),
        poll("resolves a name in C", &[], tcp(7, "10.96.0.10:53", "ESTAB"), Cause::Dns),
    ]);
}

#[test]
fn the_only_name_server_is_whom_an_unconnected_socket_asks() {
    let asked = |servers: &[&str], kind: Option<&str>| {
        let udp = DescriptorKind::Inet {
            protocol: kind.unwrap_or("udp").to_owned(),
            local: "0.0.0.0:41234".to_owned(),
            peer: None,
            local_port: 41234,
            peer_port: 0,
            state: "CLOSE".to_owned(),
            unread: 0,
            unsent: 0,
        };
        let mut scene = blocked(&[("getaddrinfo", "socket.py", 976)], 7, [0x7000, 1, 0, 0, 0, 0], |shot| {
            shot.on(Descriptor { number: 7, kind: udp.clone() })
        });
        let servers: Vec<String> = servers.iter().map(|server| (*server).to_owned()).collect();
        scene.around(|around| around.name_servers = Known::Is(servers.clone()));
        assert_verdict("a socket of musl", &scene, Kind::LoopBlocked, Cause::Dns, "go", Some("handle"));
        first(&report(&scene)).second_party.clone()
    };
    let only = SecondParty::Peer { address: "10.96.0.10:53".to_owned(), service: Some("dns".to_owned()) };
    assert_eq!(asked(&["10.96.0.10:53"], None), only);
    assert_eq!(asked(&["10.96.0.10:53", "10.96.0.11:53"], None), SecondParty::None, "it may be either");
    assert_eq!(asked(&[], None), SecondParty::None);
    assert_eq!(asked(&["10.96.0.10:53"], Some("tcp")), SecondParty::None, "names are asked for by UDP");
}

#[test]
fn a_thread_that_waits_for_another_says_how() {
    const WAIT: Line<'_> = ("wait", "threading.py", 355);
    let futex = (202, [0x7000, 0x189, 0, 0, 0, 0]);
    assert_waits(vec![
        wait("a lock", &[], futex, Cause::Lock),
        wait("an event", &[WAIT, ("wait", "threading.py", 655)], futex, Cause::Lock),
        wait("a queue", &[WAIT, ("get", "queue.py", 171)], futex, Cause::QueueWait),
        wait("a future", &[WAIT, ("result", "concurrent/futures/_base.py", 451)], futex, Cause::FutureResult),
        wait("an import", &[("acquire", "<frozen importlib._bootstrap>", 310)], futex, Cause::ImportLock),
        wait(
            "a connection of a pool",
            &[
                WAIT,
                ("get", "site-packages/sqlalchemy/util/queue.py", 171),
                ("_do_get", "site-packages/sqlalchemy/pool/impl.py", 166),
            ],
            futex,
            Cause::PoolCheckout,
        ),
        wait("a child", &[("_try_wait", "subprocess.py", 1995)], (61, [77, 0, 0, 0, 0, 0]), Cause::Subprocess),
        wait_on("a child's words", &[("communicate", "subprocess.py", 1209)], 0, pipe(9, "ffmpeg"), Cause::Subprocess),
        poll("a child's pipes", &[("_communicate", "subprocess.py", 2108)], pipe(9, "ffmpeg"), Cause::Subprocess),
    ]);
}

#[test]
fn a_thread_that_waits_for_a_file_or_the_clock_says_for_which() {
    let sleep = |clock| (230, [clock, 1, 0, 0, 0, 0]);
    assert_waits(vec![
        wait("sleeps, 3.11 and later", &[], sleep(1), Cause::Sleep),
        wait("sleeps, up to 3.10", &[], (23, [0; 6]), Cause::Sleep),
        wait("sleeps in native code", &[], sleep(0), Cause::Sleep),
        wait("opens a FIFO", &[], (257, [0; 6]), Cause::FileIo),
        wait_on("reads from a pipe", &[], 0, pipe(9, "helper"), Cause::FileIo),
        wait_on("writes to a pipe", &[], 1, pipe(1, "logger"), Cause::PipeWrite),
        wait_on("reads standard input", &[], 0, file(0, "/dev/pts/0"), Cause::Stdin),
        wait_on("waits for flock", &[], 73, file(9, "/var/lock/spool"), Cause::FileLock),
        wait("waits for a record lock", &[], (72, [9, 7, 0, 0, 0, 0]), Cause::FileLock),
        wait("does something nobody knows", &[], (4711, [0; 6]), Cause::Unknown),
    ]);
    let disk = blocked(&[], 0, [9, 0, 0, 0, 0, 0], |shot| Shot {
        state: TaskState::DiskSleep,
        ..shot.on(file(9, "/mnt/nfs/data"))
    });
    assert_verdict("reads from a disk", &disk, Kind::LoopBlocked, Cause::Disk, "go", Some("handle"));
    let said = report(&disk);
    let words = "reading /mnt/nfs/data on nfs4 10.0.3.9:/export";
    assert!(first(&said).summary.ends_with(words), "which server does not answer: {}", first(&said).summary);
}

#[test]
fn the_far_end_is_named() {
    let scene = blocked(&[], 45, [7, 0, 0, 0, 0, 0], |shot| shot.on(tcp(7, "10.0.3.7:5432", "ESTAB")));
    let said = report(&scene);
    let expected = SecondParty::Peer { address: "10.0.3.7:5432".to_owned(), service: Some("postgresql".to_owned()) };
    assert_eq!(first(&said).second_party, expected);
    assert_eq!(first(&said).confidence, Confidence::Certain);

    let mut scene = blocked(&[], 61, [77, 0, 0, 0, 0, 0], |shot| shot);
    let child = Child { pid: ProcessId(77), name: "ffmpeg".to_owned(), state: 'S', writes_to_us: Known::Is(false) };
    scene.around(|around| around.children = Known::Is(vec![child.clone()]));
    let expected = SecondParty::Child { pid: 77, name: "ffmpeg".to_owned(), state: 'S' };
    assert_eq!(first(&report(&scene)).second_party, expected);
    assert!(!first(&report(&scene)).evidence[1].contains("which is"), "a child that sleeps may go on by itself");

    let stopped = Child { state: 'T', ..child.clone() };
    scene.around(|around| around.children = Known::Is(vec![stopped.clone()]));
    let said = report(&scene);
    assert!(first(&said).evidence[1].contains("(ffmpeg), which is stopped by a signal"), "{:?}", first(&said).evidence);
    assert!(first(&said).advice.contains("kill -CONT 77"), "{}", first(&said).advice);
}

#[test]
fn a_child_that_was_not_started_yet_has_no_name_of_its_own() {
    let mut scene = blocked(&[], 58, [0; 6], |shot| Shot { state: TaskState::DiskSleep, ..shot });
    let child = Child { pid: ProcessId(77), name: "uvicorn".to_owned(), state: 'D', writes_to_us: Known::Is(false) };
    scene.around(|around| around.children = Known::Is(vec![child.clone()]));
    assert_verdict("vfork", &scene, Kind::LoopBlocked, Cause::Subprocess, "go", Some("handle"));
    let said = report(&scene);
    let words = "waiting for child process 77 to start its program, which is in uninterruptible sleep";
    assert!(first(&said).summary.ends_with(words), "{}", first(&said).summary);
    assert!(first(&said).advice.contains("/proc/77/wchan"), "a thread would not help: {}", first(&said).advice);
}

#[test]
fn the_output_of_a_child_that_has_ended_is_open_elsewhere() {
    const LIBRARY: &[Line<'_>] = &[("communicate", "subprocess.py", 1209)];
    let child = |pid: u32, state: char| Child {
        pid: ProcessId(pid),
        name: "sh".to_owned(),
        state,
        writes_to_us: Known::Is(false),
    };
    let told = |children: Vec<Child>| {
        let mut scene = blocked(LIBRARY, 0, [9, 0, 0, 0, 0, 0], |shot| shot.on(pipe(9, "worker")));
        scene.around(|around| around.children = Known::Is(children.clone()));
        assert_verdict("output", &scene, Kind::LoopBlocked, Cause::Subprocess, "go", Some("handle"));
        first(&report(&scene)).clone()
    };
    let verdict = told(vec![child(70, 'S'), child(77, 'Z'), child(80, 'S')]);
    let words = "the output of child process 77 (sh), which has ended; open in pid 12 (worker)";
    assert!(verdict.summary.ends_with(words), "{}", verdict.summary);
    assert!(verdict.advice.contains("pid 12 (worker)"), "{}", verdict.advice);
    let verdict = told(vec![child(12, 'S'), child(77, 'Z'), child(80, 'S')]);
    let expected = SecondParty::Child { pid: 12, name: "sh".to_owned(), state: 'S' };
    assert_eq!(verdict.second_party, expected, "the child at the other end is the one that is read from");
}

#[test]
fn the_metadata_service_of_a_cloud_is_recognised() {
    let scene = blocked(&[], 45, [7, 0, 0, 0, 0, 0], |shot| shot.on(tcp(7, "169.254.169.254:80", "ESTAB")));
    assert_verdict("credentials", &scene, Kind::LoopBlocked, Cause::SocketRead, "go", Some("handle"));
    assert!(first(&report(&scene)).advice.contains("metadata service"), "{}", first(&report(&scene)).advice);
}

#[test]
fn a_fifo_that_nobody_opens_says_which_end_is_missing() {
    for (flags, end) in [(0o2000000, "writing"), (0o2000001, "reading")] {
        let fifo = Descriptor {
            number: -1,
            kind: DescriptorKind::Pipe { inode: 0, path: Some("/run/events".to_owned()), others: Vec::new() },
        };
        let scene = blocked(&[], 257, [0xffff_ff9c, 0x7000, flags, 0, 0, 0], |shot| Shot {
            path: Some("/run/events".to_owned()),
            ..shot.on(fifo.clone())
        });
        assert_verdict("opens a FIFO", &scene, Kind::LoopBlocked, Cause::FileIo, "go", Some("handle"));
        let said = report(&scene);
        assert!(first(&said).summary.contains(&format!("nobody has open for {end}")), "{}", first(&said).summary);
        assert!(!first(&said).advice.contains("file system"), "{}", first(&said).advice);
    }
}

#[test]
fn a_debugger_is_told_from_a_question() {
    let pdb: &[Line<'_>] =
        &[("cmdloop", "cmd.py", 126), ("interaction", "pdb.py", 357), ("dispatch_line", "bdb.py", 90)];
    let stdin = |number| file(number, "/dev/pts/0");
    assert_waits(vec![
        wait_on("breakpoint()", pdb, 0, stdin(0), Cause::Debugger),
        wait_on("input()", &[], 0, stdin(0), Cause::Stdin),
        wait_on("a remote debugger", pdb, 45, tcp(7, "10.0.0.9:4444", "ESTAB"), Cause::Debugger),
    ]);
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
    scene.sites(|_| call("connection.execute"));
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
    scene.sites(|_| call("consumer.poll"));
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

/// Of a function that calls short ones without pause only those looks are whole that met the same short one for long.
#[test]
fn what_a_cut_left_out_did_not_last() {
    let outer: &[Line<'_>] = &[("score", "/srv/app.py", 17), ("async handle", "/srv/app.py", 22)];
    for (story, end, blamed) in [("cut inside of the user's code", outer, "score"), ("cut further out", &[], "weigh")] {
        let mut scene = Scene::new();
        let whole = scene.endpoint(&[&[("weigh", "/srv/app.py", 11)], outer].concat());
        let cut = if end.is_empty() {
            scene.stack(&[&[("_run_once", "asyncio/base_events.py", 2027)]])
        } else {
            scene.endpoint(end)
        };
        for index in 0..LOOKS {
            let stack = if index % 5 == 0 { StackSample::Stable(whole) } else { StackSample::Cut(cut) };
            let shot = running(whole, GilRole::Holds);
            scene.look(Shot { stack, on_cpu_ns: index * PERIOD, ..shot }, Vec::new());
        }
        assert_verdict(story, &scene, Kind::LoopBlocked, Cause::PythonCpu, blamed, Some("handle"));
    }
}

#[test]
fn native_code_is_told_by_whether_it_keeps_the_gil() {
    let compute = |gil: GilRole, site: fn(usize) -> Site| {
        let mut scene = Scene::new();
        let stack = scene.endpoint(CALL);
        for index in 0..LOOKS {
            scene.look(Shot { on_cpu_ns: index * PERIOD, ..running(stack, gil) }, Vec::new());
        }
        scene.sites(site);
        scene
    };
    let keeps = compute(GilRole::Holds, |_| call("PATTERN.match"));
    assert_verdict("a regular expression", &keeps, Kind::LoopBlocked, Cause::NativeCpuGil, "go", Some("handle"));
    let frees = compute(GilRole::Apart, |_| call("hashlib.pbkdf2_hmac"));
    assert_verdict("hashing", &frees, Kind::LoopBlocked, Cause::NativeCpu, "go", Some("handle"));
    // `while time.time() < end: pass`
    let one_line = compute(GilRole::Holds, |index| match index % 3 {
        0 => Site { instruction: 40, kind: SiteKind::Other },
        _ => call("time.time"),
    });
    assert_verdict("a loop on one line", &one_line, Kind::LoopBlocked, Cause::PythonCpu, "go", Some("handle"));
    // `while True: pass`
    let empty = compute(GilRole::Holds, |_| Site { instruction: 2, kind: SiteKind::Jump });
    assert_verdict("an empty loop", &empty, Kind::LoopBlocked, Cause::PythonCpu, "go", Some("handle"));
    // Whatever moved while it was read is Python code, also when all stacks that could be kept are the same.
    let mut moves = compute(GilRole::Holds, |_| call("PATTERN.match"));
    for (index, snapshot) in moves.recording.snapshots.iter_mut().enumerate().filter(|(index, _)| index % 5 > 0) {
        for thread in &mut snapshot.threads {
            if let Some(python) = &mut std::sync::Arc::make_mut(thread).python {
                python.stack = match python.stack {
                    StackSample::Stable(stack) if index % 2 == 0 => StackSample::Cut(stack),
                    _ => StackSample::Torn,
                };
            }
        }
    }
    assert_verdict("a short function", &moves, Kind::LoopBlocked, Cause::PythonCpu, "go", Some("handle"));
    let mut collects = compute(GilRole::Holds, |_| call("rows.append"));
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
fn uvloop_runs_steps_without_frames_of_its_own() {
    let mut scene = Scene::new();
    scene.kind = LoopKind::Uvloop;
    let stack = scene.stack(&[CALL, UVLOOP]);
    let scene = scene.always(&waiting(stack, 230, [1, 1, 0, 0, 0, 0]));
    assert_verdict("uvloop", &scene, Kind::LoopBlocked, Cause::Sleep, "go", Some("handle"));
}
