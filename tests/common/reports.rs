//! Reports made by hand: one for each kind of day.

use hangspy::report::{
    Blame, Cause, CgroupReport, Confidence, EpisodeReport, Gap, GilReport, Kind, LoopReport, Observation, Place,
    ProcessReport, ProfileEntry, Ranked, Report, SecondParty, SocketReport, Target, ThreadReport, Tool, Verdict,
    Window,
};
use hangspy::snapshot::{Cost, Excerpt, Known, Listener, Why};

#[path = "starved_report.rs"]
mod starved_report;
#[path = "task_report.rs"]
mod task_report;

pub(crate) use starved_report::starved;

/// A report and the name of its golden files.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) report: Report,
}

/// Every case, in a fixed order.
pub(crate) fn all() -> Vec<Case> {
    vec![
        Case { name: "blocked", report: blocked() },
        Case { name: "healthy", report: healthy() },
        Case { name: "workers", report: workers() },
        Case { name: "starved", report: starved() },
        Case { name: "cannot-tell", report: cannot_tell() },
        Case { name: "many-stalls", report: many_stalls() },
        Case { name: "hostile", report: hostile() },
    ]
}

fn place(function: &str, file: &str, line: u32) -> Place {
    Place { function: function.to_owned(), file: file.to_owned(), line }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn process(pid: u32, role: &str) -> ProcessReport {
    ProcessReport {
        pid,
        role: role.to_owned(),
        server: "uvicorn".to_owned(),
        python: "3.12.4".to_owned(),
        loops: strings(&["uvloop"]),
        ports: vec![8000],
        reader: "own".to_owned(),
        ended: false,
    }
}

fn empty(asked: &str, processes: Vec<ProcessReport>) -> Report {
    Report {
        schema: 1,
        tool: Tool { name: "hangspy".to_owned(), version: "0.1.0".to_owned() },
        target: Target { asked: asked.to_owned(), processes },
        window: Window { started_monotonic_s: 5000.0, seconds: 3.0, rate: 50, samples: 150, ..Window::default() },
        verdicts: Vec::new(),
        observations: Vec::new(),
        ranking: Vec::new(),
        loops: Vec::new(),
        threads: Vec::new(),
        gil: Vec::new(),
        pools: Vec::new(),
        tasks: Vec::new(),
        requests: Vec::new(),
        sockets: Vec::new(),
        cgroup: Vec::new(),
        gaps: Vec::new(),
        cost: Cost { cpu_s: Known::Is(0.009), wall_s: 3.0, peak_bytes: Known::Is(14 << 20), stops: 0 },
        excerpts: Vec::new(),
        profile: Vec::new(),
    }
}

fn event_loop(process: u32, episodes: Vec<EpisodeReport>) -> LoopReport {
    let blocked = if episodes.is_empty() { 0.0 } else { 1.0 };
    LoopReport {
        process,
        thread: process,
        thread_name: "MainThread".to_owned(),
        kind: "uvloop".to_owned(),
        idle: (1.0 - blocked) * 0.97,
        blocked,
        starved: 0.0,
        busy: (1.0 - blocked) * 0.03,
        unknown: 0.0,
        ready: Known::Is(3),
        timers: Known::Is(5),
        timer_late_s: Known::Is(blocked * 12.4),
        episodes,
    }
}

fn thread(process: u32, thread: u32, name: &str, doing: &str, stack: Vec<Place>) -> ThreadReport {
    ThreadReport {
        process,
        thread,
        name: name.to_owned(),
        python: true,
        runs_loop: process == thread,
        doing: doing.to_owned(),
        cpu_share: Known::Is(0.0),
        gil_share: Known::Is(0.0),
        stack,
        stack_unknown: None,
    }
}

fn entry(process: u32, thread: &ThreadReport, samples: u64, episode: Option<usize>) -> ProfileEntry {
    ProfileEntry {
        process,
        thread: thread.thread,
        thread_name: thread.name.clone(),
        runs_loop: thread.runs_loop,
        episode,
        holds_gil: false,
        idle: false,
        samples,
        cut: false,
        doing: thread.doing.clone(),
        stack: thread.stack.iter().rev().cloned().collect(),
    }
}

fn server_frames() -> Vec<Place> {
    vec![
        place("Runner.run", "/usr/local/lib/python3.12/asyncio/runners.py", 118),
        place("run", "/usr/local/lib/python3.12/site-packages/uvloop/__init__.py", 109),
        place("Server.run", "/usr/local/lib/python3.12/site-packages/uvicorn/server.py", 67),
        place("run", "/usr/local/lib/python3.12/site-packages/uvicorn/main.py", 580),
        place("<module>", "/usr/local/bin/uvicorn", 8),
    ]
}

fn worker_frames() -> Vec<Place> {
    vec![
        place("WorkerThread.run", "/usr/local/lib/python3.12/site-packages/anyio/_backends/_asyncio.py", 976),
        place("Thread._bootstrap_inner", "/usr/local/lib/python3.12/threading.py", 1075),
        place("Thread._bootstrap", "/usr/local/lib/python3.12/threading.py", 1032),
    ]
}

fn consumer_stack() -> Vec<Place> {
    let mut stack = vec![
        place("consume", "/srv/shop/consumer.py", 41),
        place("startup", "/srv/shop/main.py", 18),
        place("Router.startup", "/usr/local/lib/python3.12/site-packages/starlette/routing.py", 701),
    ];
    stack.extend(server_frames());
    stack
}

fn listening(process: u32, waiting: u32) -> SocketReport {
    SocketReport {
        process,
        listeners: Known::Is(vec![Listener {
            address: "0.0.0.0:8000".to_owned(),
            port: 8000,
            waiting,
            limit: Known::Is(2048),
        }]),
        connections: Known::Is(12),
        open_descriptors: Known::Is(44),
        descriptor_limit: Known::Is(1_048_576),
    }
}

fn consumer_episode() -> EpisodeReport {
    EpisodeReport {
        start_s: 4990.6,
        length_s: 12.4,
        ended: false,
        cause: Cause::Lock,
        place: Some(place("consume", "/srv/shop/consumer.py", 41)),
        coroutine: Some(place("startup", "/srv/shop/main.py", 18)),
        peer: Some("10.0.3.7:9092 (kafka)".to_owned()),
        stack: consumer_stack(),
    }
}

fn consumer_verdict() -> Verdict {
    Verdict {
        kind: Kind::LoopBlocked,
        cause: Some(Cause::Lock),
        confidence: Confidence::Certain,
        summary:
            "event loop blocked for 12.4 s in consume (consumer.py:41), waiting inside librdkafka; broker 10.0.3.7:9092"
                .to_owned(),
        process: 31,
        thread: Some(31),
        event_loop: Some("uvloop".to_owned()),
        since_s: Some(12.4),
        share: 1.0,
        blame: Some(Blame {
            function: "consume".to_owned(),
            file: "/srv/shop/consumer.py".to_owned(),
            line: 41,
            coroutine: Some(place("startup", "/srv/shop/main.py", 18)),
            stack: consumer_stack(),
        }),
        second_party: SecondParty::Peer { address: "10.0.3.7:9092".to_owned(), service: Some("kafka".to_owned()) },
        hurts: strings(&["84 connections not accepted on :8000", "the earliest timer is 12.4 s late"]),
        evidence: strings(&[
            "in the same call in 150 of 150 looks",
            "0 context switches in 3.0 s",
            "GIL free",
            "not in its own epoll in any look",
            "0 ms of CPU time in 3.0 s",
        ]),
        advice: "move it off the loop: await asyncio.to_thread(consumer.poll, 30.0)".to_owned(),
    }
}

/// The consumer story: `poll` on the loop thread of a web worker.
pub(crate) fn blocked() -> Report {
    let mut report = empty("", vec![process(31, "worker")]);
    let main = thread(31, 31, "MainThread", "parked inside librdkafka", consumer_stack());
    let mut broker = thread(31, 40, "rdk:broker1", "waits in poll", Vec::new());
    broker.python = false;
    broker.stack_unknown = Some("a native thread has no Python stack".to_owned());
    report.verdicts.push(consumer_verdict());
    report.observations = vec![
        Observation { process: 31, summary: "CPU quota 0.8, used 0.1, never throttled".to_owned() },
        Observation { process: 31, summary: "4 of 40 worker threads busy".to_owned() },
    ];
    report.ranking = vec![Ranked {
        process: 31,
        function: "consume".to_owned(),
        file: "/srv/shop/consumer.py".to_owned(),
        line: 41,
        stalls: 1,
        total_s: 3.0,
        p50_s: 12.4,
        p95_s: 12.4,
        max_s: 12.4,
        share: 1.0,
        cause: Cause::Lock,
        peer: Some("10.0.3.7:9092 (kafka)".to_owned()),
        stack: consumer_stack(),
    }];
    report.loops = vec![event_loop(31, vec![consumer_episode()])];
    report.profile = vec![entry(31, &main, 150, Some(0))];
    report.threads = vec![main];
    for number in 0..4 {
        let name = "AnyIO worker thread";
        let worker = thread(31, 50 + number, name, "idle in futex", worker_frames());
        report.profile.push(entry(31, &worker, 150, None));
        report.threads.push(worker);
    }
    report.threads.push(broker);
    report.gil = vec![GilReport { process: 31, held: Known::Is(0.0), switches_per_s: Known::Is(0.3), ..no_gil() }];
    report.sockets = vec![listening(31, 84)];
    report.cgroup = vec![CgroupReport {
        process: 31,
        cpu_quota: Known::Is(Some(0.8)),
        cpu_used: Known::Is(0.1),
        throttled: Known::Is(0.0),
        memory_limit: Known::Is(Some(800 << 20)),
        memory_used: Known::Is(312 << 20),
    }];
    report.excerpts = vec![Excerpt {
        file: "/srv/shop/consumer.py".to_owned(),
        lines: vec![
            (37, "async def follow(topic):".to_owned()),
            (38, "    \"\"\"Hands every message of a topic to the orders.\"\"\"".to_owned()),
            (39, "".to_owned()),
            (40, "    while True:".to_owned()),
            (41, "        message = consumer.poll(30.0)".to_owned()),
            (42, "        if message is None:".to_owned()),
            (43, "            continue".to_owned()),
        ],
    }];
    report
}

/// Nothing is wrong.
pub(crate) fn healthy() -> Report {
    let mut report = empty(":8000", vec![process(31, "server")]);
    report.verdicts.push(healthy_verdict(31));
    let main = thread(31, 31, "MainThread", "idle in epoll", server_frames());
    report.loops = vec![event_loop(31, Vec::new())];
    report.profile = vec![ProfileEntry { idle: true, ..entry(31, &main, 150, None) }];
    report.threads = vec![main];
    report.sockets = vec![listening(31, 0)];
    let stack = vec![
        place("Event.wait", "/usr/lib/python3.12/asyncio/locks.py", 213),
        place("updates", "/srv/shop/app.py", 40),
    ];
    report.tasks = vec![task_report::tasks(31, "Task", "an asyncio.Event", stack)];
    report
}

fn healthy_verdict(process: u32) -> Verdict {
    Verdict {
        kind: Kind::Healthy,
        cause: None,
        confidence: Confidence::Certain,
        summary: "the loop turns: idle in 97 % of the looks, no step longer than 50 ms".to_owned(),
        process,
        thread: Some(process),
        event_loop: Some("uvloop".to_owned()),
        since_s: None,
        share: 0.0,
        blame: None,
        second_party: SecondParty::None,
        hurts: Vec::new(),
        evidence: strings(&["31 wake-ups in 3.0 s", "accept queue empty on :8000"]),
        advice: "look outside this process: proxy, name service, database, another pod".to_owned(),
    }
}

/// Two workers and their master: one blocked by many short stalls, one healthy.
pub(crate) fn workers() -> Report {
    let mut master = process(30, "master");
    master.loops.clear();
    let mut report = empty("uvicorn", vec![master, process(31, "worker"), process(32, "worker")]);
    let file = "/srv/shop/backend/services/pricing/discounts/repository.py";
    let stack = vec![
        place("DiscountRepository.load_for_customer_with_history", file, 212),
        place("price_cart", "/srv/shop/backend/services/pricing/discounts/endpoints/cart.py", 87),
    ];
    let stall = |start_s: f64, length_s: f64| EpisodeReport {
        start_s,
        length_s,
        ended: true,
        cause: Cause::SocketRead,
        place: stack.first().cloned(),
        coroutine: stack.last().cloned(),
        peer: Some("10.0.3.9:5432 (postgresql)".to_owned()),
        stack: stack.clone(),
    };
    let stalls = vec![stall(5000.2, 0.34), stall(5001.0, 0.61), stall(5002.2, 0.12)];
    report.verdicts.push(Verdict {
        kind: Kind::LoopBlocked,
        cause: Some(Cause::SocketRead),
        confidence: Confidence::Likely,
        summary: "event loop blocked 3 times, 610 ms at most, in load_for_customer_with_history".to_owned(),
        process: 32,
        thread: Some(32),
        event_loop: Some("uvloop".to_owned()),
        since_s: None,
        share: 0.357,
        blame: Some(Blame {
            function: stack[0].function.clone(),
            file: stack[0].file.clone(),
            line: stack[0].line,
            coroutine: Some(stack[1].clone()),
            stack: stack.clone(),
        }),
        second_party: SecondParty::Peer { address: "10.0.3.9:5432".to_owned(), service: Some("postgresql".to_owned()) },
        hurts: strings(&["every request of this worker waits up to 610 ms"]),
        evidence: strings(&["in recv(fd 19) in 53 of 150 looks", "the same three frames in all of them"]),
        advice: "use an async database driver, or run it in a thread".to_owned(),
    });
    report.verdicts.push(healthy_verdict(31));
    report.verdicts.push(Verdict { summary: "supervises 2 workers".to_owned(), ..healthy_verdict(30) });
    report.ranking = vec![
        ranked(32, &stack[0], 3, 1.07, 0.61, Cause::SocketRead),
        ranked(31, &place("render_invoice", "/srv/shop/invoice.py", 9), 1, 0.06, 0.06, Cause::PythonCpu),
    ];
    let mut event_loop = event_loop(32, stalls);
    event_loop.blocked = 0.357;
    event_loop.idle = 0.6;
    let main = thread(32, 32, "MainThread", "idle in epoll", server_frames());
    let blocked = ThreadReport { doing: "recv from 10.0.3.9:5432".to_owned(), stack, ..main.clone() };
    report.loops = vec![event_loop];
    report.profile = vec![
        entry(32, &blocked, 17, Some(0)),
        entry(32, &blocked, 30, Some(1)),
        entry(32, &blocked, 6, Some(2)),
        ProfileEntry { idle: true, ..entry(32, &main, 97, None) },
        ProfileEntry { idle: true, ..entry(31, &thread(31, 31, "MainThread", "idle", server_frames()), 147, None) },
    ];
    report.threads = vec![main];
    report.window = Window { samples: 450, torn: 2, late: 1, ..report.window };
    report.gaps = vec![gap(30, "event loop", "none found in this process")];
    for process in [30, 31, 32] {
        report.gaps.push(gap(process, "pools", "not examined by this version"));
    }
    report
}

fn ranked(process: u32, place: &Place, stalls: u64, total_s: f64, max_s: f64, cause: Cause) -> Ranked {
    Ranked {
        process,
        function: place.function.clone(),
        file: place.file.clone(),
        line: place.line,
        stalls,
        total_s,
        p50_s: total_s / 4.0,
        p95_s: max_s,
        max_s,
        share: total_s / 4.0,
        cause,
        peer: None,
        stack: vec![place.clone()],
    }
}

fn gap(process: u32, what: &str, why: &str) -> Gap {
    Gap { process, what: what.to_owned(), why: why.to_owned() }
}

/// A GIL of which nothing was written down.
fn no_gil() -> GilReport {
    GilReport {
        process: 31,
        held: Known::Unknown(Why::NotRead),
        switches_per_s: Known::Unknown(Why::NotRead),
        holders: Vec::new(),
        threads: Vec::new(),
        matrix: Vec::new(),
    }
}

/// Memory is closed to us and `/proc` does not decide.
pub(crate) fn cannot_tell() -> Report {
    let mut closed = process(31, "server");
    closed.reader = "proc-only".to_owned();
    closed.python.clear();
    closed.loops.clear();
    let mut report = empty("31", vec![closed]);
    report.verdicts.push(Verdict {
        kind: Kind::CannotTell,
        cause: None,
        confidence: Confidence::Possible,
        summary:
            "cannot tell: the main thread sleeps in futex: a lock, the GIL or a condition, and its memory is closed"
                .to_owned(),
        process: 31,
        thread: Some(31),
        event_loop: None,
        since_s: None,
        share: 0.0,
        blame: None,
        second_party: SecondParty::None,
        hurts: strings(&["2 connections not accepted on :8000"]),
        evidence: strings(&["in futex in 150 of 150 looks", "0 context switches in 3.0 s"]),
        advice: "run hangspy as root, or: sudo sysctl kernel.yama.ptrace_scope=0; in a pod, add SYS_PTRACE".to_owned(),
    });
    let mut main = thread(31, 31, "uvicorn", "in futex", Vec::new());
    main.stack_unknown = Some("not permitted".to_owned());
    main.cpu_share = Known::Unknown(Why::NotPermitted);
    main.gil_share = Known::Unknown(Why::NotPermitted);
    report.threads = vec![main];
    report.gil = vec![GilReport {
        process: 31,
        held: Known::Unknown(Why::NotPermitted),
        switches_per_s: Known::Unknown(Why::NotPermitted),
        ..no_gil()
    }];
    report.gaps = vec![
        gap(31, "stacks", "not permitted"),
        gap(31, "GIL", "not permitted"),
        gap(31, "event loops", "not permitted"),
        gap(31, "resident memory", "not offered by this kernel"),
    ];
    report
}

/// A loop that a short sleep blocks again and again, and another function now and then; one stall lasts.
pub(crate) fn many_stalls() -> Report {
    let mut report = empty("31", vec![process(31, "server")]);
    let sleep = place("throttle", "/srv/shop/limits.py", 25);
    let query = place("count_orders", "/srv/shop/orders.py", 7);
    let stall = |number: u32, place: &Place| EpisodeReport {
        start_s: 5000.0 + f64::from(number) * 0.125,
        length_s: 0.1 + f64::from(number) / 1024.0,
        ended: number < 19,
        cause: Cause::Sleep,
        place: Some(place.clone()),
        coroutine: None,
        peer: None,
        stack: vec![place.clone()],
    };
    let stalls = (0..20).map(|number| stall(number, if number % 7 == 0 { &query } else { &sleep })).collect();
    let main = thread(31, 31, "MainThread", "sleeping (time.sleep)", vec![sleep.clone()]);
    let querying = thread(31, 31, "MainThread", "blocked in recv, reading from 10.0.3.7:5432", vec![query.clone()]);
    report.profile =
        (0..20).map(|number| entry(31, if number % 7 == 0 { &querying } else { &main }, 6, Some(number))).collect();
    report.verdicts.push(Verdict {
        cause: Some(Cause::Sleep),
        summary: "event loop blocked 65 % of the time in throttle (limits.py:25), sleeping".to_owned(),
        since_s: Some(0.119),
        share: 0.65,
        blame: Some(Blame {
            function: sleep.function.clone(),
            file: sleep.file.clone(),
            line: sleep.line,
            coroutine: Some(sleep.clone()),
            stack: vec![sleep.clone()],
        }),
        second_party: SecondParty::None,
        ..consumer_verdict()
    });
    report.ranking =
        vec![ranked(31, &sleep, 17, 1.9, 0.119, Cause::Sleep), ranked(31, &query, 3, 0.3, 0.114, Cause::SocketRead)];
    report.loops = vec![event_loop(31, stalls)];
    report.threads = vec![main];
    report.window = Window { late: 4, ..report.window };
    report
}

/// Text that wants to be more than text.
pub(crate) fn hostile() -> Report {
    let mut report = empty("\x1b]0;owned\x07", vec![process(31, "server")]);
    let evil = place("<script>alert(1)</script>]]>;\x1b[2J\nroot 99", "/srv/\u{202e}yp.evil/--><g>/app 12", 7);
    let wide =
        place("注文を取得する関数", "/srv/店/とても長い名前のフォルダ/さらに長い名前のフォルダ/注文管理.py", 123);
    let stack = vec![evil.clone(), wide.clone(), place("", "", 0)];
    let mut verdict = consumer_verdict();
    verdict.summary = "blocked in \x1b[31m\u{2028}evil".to_owned();
    verdict.blame = Some(Blame {
        function: evil.function.clone(),
        file: evil.file.clone(),
        line: 7,
        coroutine: Some(wide.clone()),
        stack: stack.clone(),
    });
    verdict.second_party =
        SecondParty::File { path: "/tmp/a\nb\x1b[0m".to_owned(), held_by: Some("pid 9 (\x07sh)".to_owned()) };
    verdict.evidence = vec![format!("unbroken {}", "x".repeat(300)), "\u{feff}zero\u{200b}width".to_owned()];
    report.verdicts.push(verdict);
    report.excerpts = vec![Excerpt {
        file: evil.file.clone(),
        lines: vec![(6, "\tif True:".to_owned()), (7, format!("\t\tprint('\x1b[2J{}')", "注".repeat(80)))],
    }];
    report.ranking =
        vec![ranked(31, &evil, 1, 3.0, 12.4, Cause::GilHeldWaiting), ranked(31, &wide, 10, 0.3, 0.08, Cause::Lock)];
    report.tasks = vec![task_report::tasks(31, "Task\x1b[2J\n", "task \x07\u{202e}evil", stack.clone())];
    let mut main = thread(31, 31, "Main;Thread\n 5", "recv\x1b from <b>&amp;", stack);
    main.stack_unknown = Some("\rtorn".to_owned());
    report.profile = vec![
        entry(31, &main, 3, Some(0)),
        ProfileEntry {
            holds_gil: true,
            stack: vec![place("spin 12 34", "", 0)],
            doing: String::new(),
            ..entry(31, &main, 2, Some(9))
        },
        ProfileEntry { stack: Vec::new(), ..entry(31, &main, u64::MAX >> 20, None) },
    ];
    report.threads = vec![main];
    report.loops = vec![event_loop(31, vec![EpisodeReport { place: Some(evil), ..consumer_episode() }])];
    report
}
