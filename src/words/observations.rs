//! Facts that contribute or stand out and are no verdict, in words.

use std::time::Duration;

use super::names::place;
use super::party::quota;
use super::verbs::wait;
use super::who;
use crate::aggregate::{HarmlessClient, Job, Place, Restless, Throttling, WaitsForEvent, WaitsForIdleLoop};
use crate::figures::{bytes, count, length, seconds, share};
use crate::snapshot::{ProcessId, ThreadId, WorkKind};

/// A request of less is no more than one that happens to be there, seconds.
const NOTABLE_AGE_S: f64 = 0.5;
/// A job's age of less says nothing, seconds.
const NOTABLE_S: f64 = 1.0;

/// A loop that never rests.
#[must_use]
pub fn restless(restless: &Restless) -> String {
    let (steps, all) = restless.looks;
    let of = restless.place.as_ref().map(|at| format!(", most of them of {}", place(at))).unwrap_or_default();
    format!("the loop never rests: short steps in {steps} of {all} looks{of}; if that is no work, it wastes a core")
}

/// Threads that wait for a loop which may run again.
#[must_use]
pub fn waits_for_idle_loop(waits: &WaitsForIdleLoop) -> String {
    format!(
        "{} {} for coroutines of an event loop that no thread runs at present; {} has it among its variables and may run it \
         again",
        count(waits.threads, "thread"),
        wait(waits.threads),
        who(&waits.owner)
    )
}

/// Requests that wait for an event; where a longer look would tell more, how to take it.
#[must_use]
pub fn waits_for_event(waits: &WaitsForEvent, pid: ProcessId, look: &str) -> String {
    let (at, here) = &waits.most;
    let some = if *here == waits.requests { String::new() } else { format!("{here} of them ") };
    let longer = match waits.look_longer {
        true => format!("; look for longer: hangspy {pid} --for {look}"),
        false => "; a long poll looks the same".to_owned(),
    };
    format!(
        "{} wait without a timeout, {some}in {}, for an asyncio.Event that is not set, and no task or thread of the application \
         is left to set it{longer}",
        count(waits.requests, "request"),
        place(at)
    )
}

/// A client that takes no data and harms nobody else.
#[must_use]
pub fn harmless_client(client: &HarmlessClient) -> String {
    let waits = if client.own { "; only its own request waits for that" } else { "" };
    format!("{} takes no data, {} wait to be sent{waits}", client.peer, bytes(client.unsent))
}

/// `apscheduler runs pull_rates every 3.0 s, for 12 s, in fetch (app.py:7)`
#[must_use]
pub fn job(job: &Job) -> String {
    let does = match job.kind {
        WorkKind::Messages => "waits for messages in",
        WorkKind::Jobs | WorkKind::Requests => "runs",
    };
    let every = job.every.map(|every| format!(" every {}", length(every))).unwrap_or_default();
    let old = job.age.as_secs_f64() >= NOTABLE_S;
    let age = if old { format!(", for {}", length(job.age)) } else { String::new() };
    let at = job.place.as_ref().map(|at| format!(", in {}", place(at))).unwrap_or_default();
    format!("{} {does} {}{every}{age}{at}", job.library, job.name)
}

/// The same of several jobs of which the same is said.
#[must_use]
pub fn jobs(job: &Job, count: u64) -> String {
    let words = self::job(job);
    if count > 1 { format!("{count} times: {words}") } else { words }
}

/// The word of the contract for what runs.
#[must_use]
pub const fn work(kind: WorkKind) -> &'static str {
    match kind {
        WorkKind::Messages => "consumer",
        WorkKind::Jobs | WorkKind::Requests => "job",
    }
}

/// `12 requests in flight, the oldest for at least 2.8 s; 10 in fetch (app.py:7)`, `1 request in flight for at least 2.8 s, in
/// fetch (app.py:7)`
#[must_use]
pub fn in_flight(flight: &InFlight<'_>) -> String {
    let alone = flight.requests == 1;
    let least = if flight.more { "at least " } else { "" };
    let whose = if alone { "" } else { ", the oldest" };
    let old = flight.oldest_s >= NOTABLE_AGE_S;
    let age = if old { format!("{whose} for at least {}", seconds(flight.oldest_s)) } else { String::new() };
    let most = flight.most.map(|(at, here)| match alone {
        true => format!(", in {}", place(at)),
        false => format!("; {here} in {}", place(at)),
    });
    format!("{least}{} in flight{age}{}", count(flight.requests, "request"), most.unwrap_or_default())
}

/// Requests in flight.
#[derive(Clone, Copy, Debug)]
pub struct InFlight<'a> {
    /// How many were read.
    pub requests: u64,
    /// Whether there may be more.
    pub more: bool,
    /// How old the oldest is at least, seconds.
    pub oldest_s: f64,
    /// Where most of them are, and how many.
    pub most: Option<(&'a Place, u64)>,
}

/// How much of the memory that is allowed is in use.
#[must_use]
pub fn memory_in_use(of_limit: f64) -> String {
    format!("memory: {} of the limit in use", share(of_limit))
}

/// How many descriptors are open, of how many.
#[must_use]
pub fn descriptors_open(open: u64, limit: u64) -> String {
    format!("{open} of {limit} file descriptors open")
}

/// How often the kernel ended a process of the control group.
#[must_use]
pub fn kernel_killed(times: u64) -> String {
    let times = count(times, "time");
    format!("the kernel killed in this control group for want of memory, {times} while it was watched")
}

/// Page faults a second that read from a disk.
#[must_use]
pub fn reads_pages_back(per_second: f64) -> String {
    format!("{per_second:.0} page faults a second read from a disk")
}

/// What the quota did.
#[must_use]
pub fn throttled(throttling: &Throttling) -> String {
    format!("CPU quota{}: throttled in {} of its periods", quota(throttling.quota), share(throttling.share))
}

/// Stops by a signal or a tracer, in so many of the looks.
#[must_use]
pub fn short_stop(stopped: usize, looks: usize) -> String {
    format!("stopped by somebody else in {stopped} of {looks} looks")
}

/// A loop that wanted to run and was not given a CPU, in so many of the looks and, where it is known, for how long in all.
#[must_use]
pub fn waited_for_cpu(thread: ThreadId, starved: usize, looks: usize, in_all: Option<Duration>) -> String {
    let time = in_all.map(|in_all| format!(", {} in all", length(in_all))).unwrap_or_default();
    format!("the loop of thread {thread} waited for a CPU in {starved} of {looks} looks{time}")
}

/// Who had the GIL for which share of the time, and how many seconds a loop waited for it.
#[must_use]
pub fn had_gil(at: &Place, held: f64, loop_waited_s: Option<f64>) -> String {
    let waited =
        loop_waited_s.map(|waited| format!("; the loop waited {} for it", seconds(waited))).unwrap_or_default();
    format!("{} had the GIL {} of the time{waited}", place(at), share(held))
}

/// Stalls of a loop that are too short or too rare for a verdict.
#[must_use]
pub fn short_stalls(at: Option<&Place>, stalls: u64, longest: Duration) -> String {
    let who = at.map_or_else(|| "something".to_owned(), place);
    format!("{who} blocked the loop {}, longest {}", count(stalls, "time"), length(longest))
}

/// Stalls of which nothing else was seen.
#[must_use]
pub fn brief_stalls(stalls: u64) -> String {
    format!("{} seen too briefly to say more", count(stalls, "stall"))
}

/// A thread beside the loops that uses this share of a core.
#[must_use]
pub fn busy_thread(thread: ThreadId, name: &str, of_a_core: f64) -> String {
    format!("thread {thread} {name} uses {} of a core", share(of_a_core))
}
