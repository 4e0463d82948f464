//! Reports made by hand: one for each kind of day.

use hangspy::report::{
    Cause, Confidence, EpisodeReport, Facts, Gap, GilReport, Kind, LoopReport, Place, ProcessReport, ProfileEntry,
    Ranked, Report, SecondParty, SocketReport, Target, ThreadReport, Tool, Verdict, Window,
};
use hangspy::snapshot::{Cost, Known, Listener, Reader, Why};

#[path = "blocked_report.rs"]
mod blocked_report;
#[path = "closed_report.rs"]
mod closed_report;
#[path = "hostile_report.rs"]
mod hostile_report;
#[path = "stalls_report.rs"]
mod stalls_report;
#[path = "starved_report.rs"]
mod starved_report;
#[path = "task_report.rs"]
mod task_report;
#[path = "workers_report.rs"]
mod workers_report;

pub(crate) use blocked_report::blocked;
pub(crate) use hostile_report::hostile;
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
        Case { name: "workers", report: workers_report::workers() },
        Case { name: "starved", report: starved() },
        Case { name: "cannot-tell", report: closed_report::cannot_tell() },
        Case { name: "many-stalls", report: stalls_report::many_stalls() },
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
        reader: Reader::Own,
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
        jobs: Vec::new(),
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
        stack: thread.stack.iter().rev().cloned().map(Into::into).collect(),
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
        doing: None,
        advice: "look outside this process: proxy, name service, database, another pod".to_owned(),
        consequences: Vec::new(),
        facts: Facts::default(),
    }
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
