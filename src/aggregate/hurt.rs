//! Whom a stalled loop hurts.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ending::Fate;
use super::track::Track;
use super::{Analysis, Place};
use crate::snapshot::{Known, Listener, Moment, PoolKind, RequestSample, Surroundings};

/// Whom a trouble hurts, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Hurt {
    /// Connections that the kernel has taken and the process has not.
    NotAccepted {
        /// How many.
        connections: u64,
        /// Where; `None` where that is not told.
        port: Option<u16>,
        /// How many may wait, where they are as many as that: the kernel drops others.
        full_at: Option<u64>,
    },
    /// Attempts to connect that were dropped in the window for a full accept queue, in the network namespace.
    Dropped {
        /// How many.
        attempts: u64,
    },
    /// Connections that nobody will read.
    NobodyReads {
        /// How many.
        connections: u64,
    },
    /// A timer of the loop is late.
    LateTimer {
        /// By how much, seconds.
        late_s: f64,
    },
    /// Callbacks of the loop that wait to run.
    Callbacks {
        /// How many.
        ready: u64,
    },
    /// Work in the queue of workers.
    Queued {
        /// How many pieces.
        pieces: u64,
        /// Whose.
        library: String,
    },
    /// Threads that wait for a loop which nobody runs.
    WaitForEver {
        /// How many.
        threads: u64,
    },
    /// Whatever needs a place of a pool.
    NeedsPlace {
        /// Of which.
        pool: PoolKind,
    },
    /// Users of another pool, of which all wait here.
    WaitsHere {
        /// Of which.
        pool: PoolKind,
        /// How many places it has.
        size: u64,
    },
    /// Requests.
    Requests {
        /// `GET`
        method: Option<String>,
        /// `/api/quote`
        path: Option<String>,
        /// How many.
        count: u64,
    },
    /// The request of another client.
    RequestOf {
        /// `GET`
        method: Known<String>,
        /// `/api/quote`
        path: Known<String>,
        /// Whose.
        client: Known<String>,
    },
    /// Requests at an event, and those that come to it.
    AtEvent {
        /// How many.
        requests: u64,
    },
    /// Tasks that wait.
    Tasks {
        /// How many.
        count: u64,
        /// Behind whom; `None` where that is not told.
        behind: Option<Place>,
    },
    /// Tasks behind the lock of one who sends.
    BehindLock {
        /// How many.
        tasks: u64,
    },
    /// Other clients that are sent nothing.
    OtherClients {
        /// How many.
        count: u64,
    },
    /// The process itself: what became of it.
    Process {
        /// What.
        fate: Fate,
    },
}

/// A timer so late is worth a word.
const LATE_TIMER: Duration = Duration::from_millis(100);

/// Connections that nobody accepts, timers that are late, callbacks that wait.
#[must_use]
pub(super) fn hurts(analysis: &Analysis<'_>, track: &Track<'_>) -> Vec<Hurt> {
    let mut hurts = Vec::new();
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get());
    for listener in listeners.into_iter().flatten().filter(|listener| listener.waiting > 0) {
        hurts.push(queue(listener));
    }
    // The queue of a loop that does not turn stays full; what another listener dropped is not its fault.
    if listeners.is_some_and(|all| all.iter().any(is_full)) {
        hurts.extend(overflow(analysis));
    }
    if let Some(late) = timer_late(track).filter(|late| *late >= LATE_TIMER) {
        hurts.push(Hurt::LateTimer { late_s: late.as_secs_f64() });
    }
    if let Some(ready) = track.last.ready.ok().filter(|ready| *ready > 0) {
        hurts.push(Hurt::Callbacks { ready });
    }
    hurts
}

fn is_full(listener: &Listener) -> bool {
    listener.limit.ok().is_some_and(|limit| listener.waiting >= limit)
}

/// The accept queue of a listener. The kernel lets one more in than the limit says.
fn queue(listener: &Listener) -> Hurt {
    let full_at = listener.limit.ok().filter(|_| is_full(listener)).map(u64::from);
    Hurt::NotAccepted { connections: u64::from(listener.waiting), port: Some(listener.port), full_at }
}

/// What overflowed while the process was watched; its queue may have recovered since.
#[must_use]
pub fn overflow(analysis: &Analysis<'_>) -> Option<Hurt> {
    let mut told = analysis.recording.surroundings.iter().filter_map(|around| around.accept_overflows.ok());
    let first = told.next()?;
    let attempts = told.next_back()?.checked_sub(first).filter(|dropped| *dropped > 0)?;
    Some(Hurt::Dropped { attempts })
}

/// A listener whose accept queue was full in every reading.
#[must_use]
pub fn full_queue(analysis: &Analysis<'_>) -> Option<Hurt> {
    let full = |around: &Surroundings, port: u16| {
        around.listeners.get().is_some_and(|all| all.iter().any(|listener| listener.port == port && is_full(listener)))
    };
    let readings = &analysis.recording.surroundings;
    let last = readings.last()?.listeners.get()?.iter().find(|listener| is_full(listener))?;
    (readings.len() > 1 && readings.iter().all(|around| full(around, last.port))).then(|| queue(last))
}

/// How late the earliest timer of a loop is at the last look; `None` when that is not known or there is none.
#[must_use]
pub fn timer_late(track: &Track<'_>) -> Option<Duration> {
    let due: Moment = (*track.last.next_timer.get()?)?;
    track.looks.last().map(|last| last.at.since(due))
}

/// Requests by what was asked for, in that order, and how many of each.
#[must_use]
pub(super) fn requests<'a>(all: impl IntoIterator<Item = &'a RequestSample>) -> Vec<(Hurt, u64)> {
    let mut counts: BTreeMap<(String, String), (&RequestSample, u64)> = BTreeMap::new();
    for request in all {
        // What is not known is written as `?`, and stands there in the order.
        let text = |known: &Known<String>| known.get().cloned().unwrap_or_else(|| "?".to_owned());
        counts.entry((text(&request.method), text(&request.path))).or_insert((request, 0)).1 += 1;
    }
    let hurt = |(request, count): (&RequestSample, u64)| {
        let (method, path) = (request.method.get().cloned(), request.path.get().cloned());
        (Hurt::Requests { method, path, count }, count)
    };
    counts.into_values().map(hurt).collect()
}
