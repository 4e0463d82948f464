//! Whom a trouble hurts, and what became of the process.

use super::pools::{needs, things};
use super::verbs::wait;
use super::{place, text};
use crate::aggregate::{Fate, Hurt, Killer, Patience, YoungWorker};
use crate::figures::{count, counted, length, seconds};

/// Whom a trouble hurts, in words.
#[must_use]
pub fn hurt(hurt: &Hurt) -> String {
    match hurt {
        Hurt::NotAccepted { connections, port: Some(port), full_at: Some(limit) } => format!(
            "accept queue of :{port} full: {} not accepted, {limit} allowed; the kernel drops new ones",
            count(*connections, "connection")
        ),
        Hurt::NotAccepted { connections, port, .. } => {
            let port = port.map(|port| format!(" on :{port}")).unwrap_or_default();
            format!("{} not accepted{port}", count(*connections, "connection"))
        }
        Hurt::Dropped { attempts } => format!(
            "{} to connect dropped for a full accept queue, in its network namespace",
            count(*attempts, "attempt")
        ),
        Hurt::NobodyReads { connections } => {
            format!("{} accepted by the kernel and read by nobody", count(*connections, "connection"))
        }
        Hurt::LateTimer { late_s } => format!("oldest timer {} late", seconds(*late_s)),
        Hurt::Callbacks { ready } => format!("{} waiting to run", count(*ready, "callback")),
        Hurt::Queued { pieces, library } => format!("{} in the queue of {library}", counted(*pieces, "waits", "wait")),
        Hurt::WaitForEver { threads } => {
            let verb = wait(*threads);
            format!("{} {verb} for ever, and whoever hands that loop a coroutine will", count(*threads, "thread"))
        }
        Hurt::NeedsPlace { pool } => needs(*pool).to_owned(),
        Hurt::WaitsHere { pool, size } => format!("all {} wait here", things(*pool, *size)),
        Hurt::Requests { method, path, count } => {
            let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
            let times = if *count == 1 { String::new() } else { format!("{count} times ") };
            format!("{times}{} {}", known(method), known(path))
        }
        Hurt::RequestOf { method, path, client } => format!("{} {} of {}", text(method), text(path), text(client)),
        Hurt::AtEvent { requests } => {
            format!("{} not answered, and every one that comes to this event", count(*requests, "request"))
        }
        Hurt::Tasks { count: tasks, behind: None } => count(*tasks, "task"),
        Hurt::Tasks { count: tasks, behind: Some(behind) } => {
            format!("{} behind {}", count(*tasks, "task"), place(behind))
        }
        Hurt::BehindLock { tasks } => format!("{} behind the lock", count(*tasks, "task")),
        Hurt::OtherClients { count: clients } => count(*clients, "other client"),
        Hurt::Process { fate: ended } => fate(ended),
    }
}

/// What became of a process, in words.
#[must_use]
pub fn fate(fate: &Fate) -> String {
    let (by, successors) = match fate {
        Fate::Ended => return "the process ended while it was watched".to_owned(),
        Fate::ServiceEnded => {
            return "the worker ended; its supervisor ended as well: the whole service was stopped or restarted"
                .to_owned();
        }
        Fate::WorkerEnded { by, successors } => (by, successors),
    };
    let replaced = match successors.as_slice() {
        [] => "not replaced so far".to_owned(),
        [one] => format!("replaced by pid {one}"),
        many => format!("replaced, {} since", count(many.len() as u64, "new worker")),
    };
    format!("the worker {}; {replaced}", killer(by))
}

fn killer(by: &Killer) -> String {
    match by {
        Killer::OutOfMemory => {
            "was most likely killed by the kernel: its control group ran out of memory just then".to_owned()
        }
        Killer::SilentLoop { server, silent_s, patience: limit } => format!(
            "was most likely killed by {}'s WORKER TIMEOUT, its loop silent for {} by then ({})",
            server.word(),
            seconds(*silent_s),
            patience(limit)
        ),
        Killer::KeptGil { server, kept_s, patience: limit } => format!(
            "was most likely killed by {}'s health check, whose answer needs the GIL: one thread kept it for {} and more \
             ({})",
            server.word(),
            seconds(*kept_s),
            patience(limit)
        ),
        Killer::Unknown => "ended while it was watched, by whose hand is not known".to_owned(),
    }
}

fn patience(patience: &Patience) -> String {
    match &patience.option {
        Some(option) => format!("{option} {}", patience.seconds),
        None => format!("its default is {} s", patience.seconds),
    }
}

/// That a worker took another's place, in words.
#[must_use]
pub fn young_worker(young: YoungWorker) -> String {
    let (age, master_age) = (length(young.age), length(young.master_age));
    format!("this worker was {age} old and its master, pid {}, {master_age}: it took another's place", young.master)
}
