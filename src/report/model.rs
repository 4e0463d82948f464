//! The report as data: the contract of `--json`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::task_model::TasksReport;
use super::verdict::Verdict;
use crate::aggregate::{Cause, Place};
use crate::snapshot::{Cost, Excerpt, Known, PoolKind, Reader};

/// The finished findings of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this contract.
    pub schema: u32,
    /// Who made it.
    pub tool: Tool,
    /// What was looked at.
    pub target: Target,
    /// How it was looked at.
    pub window: Window,
    /// Findings, the worst first. Never empty: a healthy target has one verdict `healthy` per process.
    pub verdicts: Vec<Verdict>,
    /// Facts that contribute or stand out and are no verdict.
    pub observations: Vec<Observation>,
    /// Blocking functions, the most time first.
    pub ranking: Vec<Ranked>,
    /// Event loops.
    pub loops: Vec<LoopReport>,
    /// Threads.
    pub threads: Vec<ThreadReport>,
    /// One entry per process.
    pub gil: Vec<GilReport>,
    /// Pools that somebody uses or waits for, as they were last seen.
    pub pools: Vec<PoolReport>,
    /// Tasks, one entry per process in which they could be read.
    pub tasks: Vec<TasksReport>,
    /// Requests in flight, as they were last seen.
    pub requests: Vec<RequestReport>,
    /// Jobs and consumers that run, as they were last seen.
    #[serde(default)]
    pub jobs: Vec<JobReport>,
    /// Sockets, one entry per process.
    pub sockets: Vec<SocketReport>,
    /// Control groups, one entry per process.
    pub cgroup: Vec<CgroupReport>,
    /// What could not be known, and why.
    pub gaps: Vec<Gap>,
    /// What hangspy itself cost.
    pub cost: Cost,
    /// Source lines around blamed frames.
    #[serde(skip)]
    pub excerpts: Vec<Excerpt>,
    /// Weighted stacks, for flame graphs.
    #[serde(skip)]
    pub profile: Vec<ProfileEntry>,
}

/// Who made a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `hangspy`
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// What the user asked for; empty when nothing was named.
    pub asked: String,
    /// The processes it meant.
    pub processes: Vec<ProcessReport>,
}

/// A process in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessReport {
    /// Its pid.
    pub pid: u32,
    /// `server`, `worker`, `master`, `helper`
    pub role: String,
    /// `uvicorn`, `gunicorn`, ...
    pub server: String,
    /// Interpreter version, `3.12.4`; empty when unknown.
    pub python: String,
    /// Loop kinds found.
    pub loops: Vec<String>,
    /// Ports it listens on.
    pub ports: Vec<u16>,
    /// `own`, `py-spy` or `proc-only`
    pub reader: Reader,
    /// Whether it ended while it was watched.
    pub ended: bool,
}

/// How the target was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// When the first snapshot began: seconds of `CLOCK_MONOTONIC`.
    pub started_monotonic_s: f64,
    /// From the first snapshot to the last, seconds.
    pub seconds: f64,
    /// Snapshots per second asked for.
    pub rate: u32,
    /// Snapshots taken.
    pub samples: u64,
    /// Stacks of which nothing could be relied on.
    pub torn: u64,
    /// Stacks of which only the outer frames were kept.
    pub cut: u64,
    /// Snapshots that began more than one period late.
    pub late: u64,
    /// Snapshots that failed.
    pub failed: u64,
    /// Snapshots that were taken and left out, because a run keeps only so much; the others are spread over the whole window.
    #[serde(default)]
    pub left_out: u64,
    /// Other processes of the family that were not looked at, because there are so many.
    #[serde(default)]
    pub unwatched: u64,
}

/// A fact that is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The process.
    pub process: u32,
    /// The fact, one short sentence.
    pub summary: String,
}

/// A function that blocked a loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// The process.
    pub process: u32,
    /// Function.
    pub function: String,
    /// File.
    pub file: String,
    /// Line where most of the time went.
    pub line: u32,
    /// How many stalls.
    pub stalls: u64,
    /// Their time within the window, seconds.
    pub total_s: f64,
    /// Median length, seconds. Lengths count from the start of a stall, also where that was before the window.
    pub p50_s: f64,
    /// 95th percentile, seconds.
    pub p95_s: f64,
    /// Longest, seconds.
    pub max_s: f64,
    /// `total_s` over the window.
    pub share: f64,
    /// What it mostly waited for.
    pub cause: Cause,
    /// The other side, in words; `None` when there is none.
    pub peer: Option<String>,
    /// One example, innermost first.
    pub stack: Vec<Place>,
}

/// An event loop over the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopReport {
    /// The process.
    pub process: u32,
    /// The thread that runs it.
    pub thread: u32,
    /// The thread's name.
    pub thread_name: String,
    /// `asyncio`, `uvloop` or a type name.
    pub kind: String,
    /// Share of samples waiting in its own poll.
    pub idle: f64,
    /// Share of samples in a step that lasted longer than the stall threshold.
    pub blocked: f64,
    /// Share of samples waiting for the GIL or for a CPU.
    pub starved: f64,
    /// Share of samples running steps that end in time.
    pub busy: f64,
    /// Share of samples that do not decide.
    pub unknown: f64,
    /// Callbacks ready, last sample.
    pub ready: Known<u64>,
    /// Timers scheduled, last sample.
    pub timers: Known<u64>,
    /// How overdue the earliest timer is in the last sample, seconds; 0 when it is not.
    pub timer_late_s: Known<f64>,
    /// Stalls, in the order of time.
    pub episodes: Vec<EpisodeReport>,
}

/// One stall of a loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeReport {
    /// When it began, seconds of `CLOCK_MONOTONIC`; may be before the window.
    pub start_s: f64,
    /// How long it lasted, or has lasted so far, seconds.
    pub length_s: f64,
    /// Whether it had ended by the last sample.
    pub ended: bool,
    /// Why.
    pub cause: Cause,
    /// The blamed place; `None` when no frame could be blamed.
    pub place: Option<Place>,
    /// The coroutine beside it.
    pub coroutine: Option<Place>,
    /// The other side, in words.
    pub peer: Option<String>,
    /// The stack seen most often, innermost first.
    pub stack: Vec<Place>,
}

/// A thread over the window, as it was last seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreadReport {
    /// The process.
    pub process: u32,
    /// Its id.
    pub thread: u32,
    /// Python's name, else the kernel's.
    pub name: String,
    /// Whether Python knows it.
    pub python: bool,
    /// Whether it runs an event loop.
    pub runs_loop: bool,
    /// What it does now, in words: "blocked in recv from 10.0.3.7:5432", "waiting for the GIL", "idle in epoll".
    pub doing: String,
    /// CPU time over the window, as a share of one core.
    pub cpu_share: Known<f64>,
    /// Share of samples in which it held the GIL.
    pub gil_share: Known<f64>,
    /// Its last stack, innermost first. Empty when `stack_unknown` says why.
    pub stack: Vec<Place>,
    /// Why there is no stack, or `None`.
    pub stack_unknown: Option<String>,
}

/// The GIL over the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GilReport {
    /// The process.
    pub process: u32,
    /// Share of samples in which somebody held it.
    pub held: Known<f64>,
    /// Hand-overs per second.
    pub switches_per_s: Known<f64>,
    /// The functions that had it, the most time first.
    #[serde(default)]
    pub holders: Vec<GilHolder>,
    /// The threads that had it or waited for it, the longest wait first.
    #[serde(default)]
    pub threads: Vec<GilThread>,
    /// Which function kept which thread waiting, the most time first.
    #[serde(default)]
    pub matrix: Vec<GilBlame>,
}

/// A function that had the GIL: the innermost of the user's on the holder's stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GilHolder {
    /// The function and the line that most of the time was seen in; `None` stands for stacks that could not be read.
    pub place: Option<Place>,
    /// For how long it had the GIL, in all threads, seconds.
    pub held_s: f64,
    /// The same as a share of the window.
    pub share: f64,
    /// How many threads ran it.
    pub threads: u64,
    /// How long threads that run an event loop waited meanwhile, added up, seconds.
    pub loops_waited_s: f64,
    /// How long all threads waited meanwhile, added up, seconds.
    pub waited_s: f64,
}

/// A thread in the GIL's ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GilThread {
    /// The thread.
    pub thread: u32,
    /// Its name.
    pub name: String,
    /// Whether it runs an event loop.
    pub runs_loop: bool,
    /// For how long it had the GIL, seconds.
    pub held_s: f64,
    /// The same as a share of the window.
    pub held_share: f64,
    /// For how long it waited for the GIL, seconds.
    pub waited_s: f64,
    /// The same as a share of the window.
    pub waited_share: f64,
}

/// How long one function kept one thread waiting for the GIL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GilBlame {
    /// The function that had the GIL; `None` stands for stacks that could not be read.
    pub holder: Option<Place>,
    /// The thread that waited.
    pub victim: u32,
    /// For how long, seconds.
    pub waited_s: f64,
}

/// A request in flight. Its query string and its headers are not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestReport {
    /// The process.
    pub process: u32,
    /// `GET`; `WEBSOCKET` for a WebSocket.
    pub method: Known<String>,
    /// The path, without the query.
    pub path: Known<String>,
    /// The other end.
    pub client: Known<String>,
    /// `h11`, `httptools`, `websockets`, ... of uvicorn; of others the server's name, or `asgi`, `rsgi`, `wsgi`.
    pub protocol: Known<String>,
    /// `x-request-id` or `traceparent`; `Is(None)` when it has neither.
    pub request_id: Known<Option<String>>,
    /// Whether the head of the response was sent; unknown for a WebSocket.
    pub response_started: Known<bool>,
    /// For how long it has been seen, seconds.
    pub seen_for_s: f64,
    /// How old it is at least, seconds: as it was seen, or as nothing has come on its connection since.
    pub age_s: f64,
    /// The name of the task that serves it.
    pub task: Option<String>,
    /// The thread that its endpoint runs in; `None` when no thread of a pool does.
    pub thread: Option<u32>,
    /// Where it is: the innermost function of the user's; `None` where there is none on its stack.
    pub place: Option<Place>,
}

/// A job or consumer that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobReport {
    /// The process.
    pub process: u32,
    /// Whose it is: `apscheduler`, `celery`, `kafka`, ...; `asyncio` for a task that the program started beside its requests.
    pub library: String,
    /// `job` or `consumer`
    pub kind: String,
    /// Its name, else the function that it runs in.
    pub name: String,
    /// The thread that runs it.
    pub thread: Option<u32>,
    /// The name of the task that runs it.
    pub task: Option<String>,
    /// For how long it has run, at least, seconds.
    pub age_s: f64,
    /// How often it is to run, seconds; `None` where that is not known.
    pub every_s: Option<f64>,
    /// Where it is: the innermost function of the user's.
    pub place: Option<Place>,
}

/// A pool as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolReport {
    /// The process.
    pub process: u32,
    /// `anyio-threads`, `anyio-limiter`, `thread-pool`, `default-executor`, `db-pool`, `http-pool`, `asyncio-queue`, `dns`
    #[serde(with = "super::pools::word")]
    pub kind: PoolKind,
    /// What the program calls it, or its class.
    pub name: Known<String>,
    /// Places in all.
    pub size: Known<u64>,
    /// Places taken.
    pub in_use: Known<u64>,
    /// How many wait for a place. Of an executor: calls in its queue whose result somebody waits for.
    pub waiting: Known<u64>,
    /// Who has the places, by function, the most first; those that could not be seen are missing.
    pub occupied_by: Vec<PoolUsers>,
    /// Who waits, in the same way.
    pub waited_for_by: Vec<PoolUsers>,
}

/// Threads or tasks that use a pool or wait for it in one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolUsers {
    /// The innermost function of the user's; `None` where their stacks have none.
    pub place: Option<Place>,
    /// How many.
    pub count: u64,
}

/// Listening sockets and their queues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SocketReport {
    /// The process.
    pub process: u32,
    /// Listening sockets, as last seen.
    pub listeners: Known<Vec<crate::snapshot::Listener>>,
    /// Connections, as last seen.
    pub connections: Known<u64>,
    /// Open descriptors.
    pub open_descriptors: Known<u64>,
    /// The limit of open descriptors.
    pub descriptor_limit: Known<u64>,
}

/// The control group over the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CgroupReport {
    /// The process.
    pub process: u32,
    /// CPU quota in cores; `Is(None)` when unlimited.
    pub cpu_quota: Known<Option<f64>>,
    /// Cores used over the window.
    pub cpu_used: Known<f64>,
    /// Share of periods throttled over the window.
    pub throttled: Known<f64>,
    /// Memory limit, bytes; `Is(None)` when unlimited.
    pub memory_limit: Known<Option<u64>>,
    /// Memory used, bytes.
    pub memory_used: Known<u64>,
}

/// Something that could not be known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gap {
    /// The process.
    pub process: u32,
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// A stack and how often it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileEntry {
    /// The process.
    pub process: u32,
    /// The thread.
    pub thread: u32,
    /// The thread's name.
    pub thread_name: String,
    /// Whether the thread runs an event loop.
    pub runs_loop: bool,
    /// The stall this belongs to: index into the loop's `episodes`; `None` outside of stalls.
    pub episode: Option<usize>,
    /// Whether the thread held the GIL.
    pub holds_gil: bool,
    /// Whether the thread was on a CPU, or ready for one.
    pub on_cpu: bool,
    /// Whether the loop was idle in its poll.
    pub idle: bool,
    /// Samples.
    pub samples: u64,
    /// The time that each of them stands for, nanoseconds.
    pub look_ns: u64,
    /// Only the outer frames are known.
    pub cut: bool,
    /// What the thread did, as in [`ThreadReport::doing`] but without changing figures: the innermost box of a graph.
    pub doing: String,
    /// Frames, outermost first.
    pub stack: Vec<Arc<Place>>,
}
