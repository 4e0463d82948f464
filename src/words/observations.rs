//! Facts that contribute or stand out and are no verdict, in words.

use super::names::place;
use super::party::quota;
use super::verbs::wait;
use super::who;
use crate::aggregate::{HarmlessClient, Job, Restless, Throttling, WaitsForEvent, WaitsForIdleLoop};
use crate::figures::{bytes, count, length, share};
use crate::snapshot::{ProcessId, WorkKind};

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

/// What the quota did.
#[must_use]
pub fn throttled(throttling: &Throttling) -> String {
    format!("CPU quota{}: throttled in {} of its periods", quota(throttling.quota), share(throttling.share))
}
