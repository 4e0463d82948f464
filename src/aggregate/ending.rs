//! What became of a worker that ended while it was watched, and which watchdog it was, as far as the last looks show.
//!
//! Which supervisor watches what is in the rows of `libraries`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Analysis;
use super::gil;
use crate::classify::Look;
use crate::libraries::{self, Watchdog, Watches};
use crate::snapshot::{Known, Moment, ProcessId, Role, Server, Snapshot, Supervisor};

/// A supervisor looks at its workers once a second and a worker takes a moment to die: a longer silence than this beyond the
/// timeout was not what it was killed for.
const LATEST: Duration = Duration::from_secs(5);
/// A shorter silence than the watchdog's by more than this was not it.
const TOLERANCE: Duration = Duration::from_millis(500);
/// The GIL kept for so long before the end, through all looks, is not chance.
const KEPT: Duration = Duration::from_secs(1);
/// A worker younger than this, of an older master, took the place of another.
const YOUNG: Duration = Duration::from_secs(60);

/// What became of a process that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fate {
    /// It ended; nobody is known to look after it.
    Ended,
    /// Its supervisor ended as well.
    ServiceEnded,
    /// It was a worker, and its supervisor lives.
    WorkerEnded {
        /// By whose hand.
        by: Killer,
        /// New workers since.
        successors: Vec<ProcessId>,
    },
}

/// By whose hand a worker ended most likely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Killer {
    /// The kernel's, for want of memory.
    OutOfMemory,
    /// A watchdog's that wants signs of life from the loop.
    SilentLoop {
        /// Whose.
        server: Server,
        /// For how long the loop had been silent, seconds.
        silent_s: f64,
        /// For how long it may be.
        patience: Patience,
    },
    /// A watchdog's whose question is answered with the GIL.
    KeptGil {
        /// Whose.
        server: Server,
        /// For how long one thread had kept the GIL, seconds.
        kept_s: f64,
        /// How long an answer may take.
        patience: Patience,
    },
    /// Not known.
    Unknown,
}

/// How patient a watchdog is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Seconds.
    pub seconds: u64,
    /// The option that says so; `None` where it is the default.
    pub option: Option<String>,
}

/// What became of the process; `None` when it did not end.
#[must_use]
pub fn fate(analysis: &Analysis<'_>) -> Option<Fate> {
    let ended = analysis.recording.ended?;
    let Some((supervisor, after)) =
        analysis.recording.supervisor.as_ref().and_then(|known| Some((known, known.after.as_ref()?)))
    else {
        return Some(Fate::Ended);
    };
    if !after.supervised {
        return Some(Fate::ServiceEnded);
    }
    let killer = out_of_memory(analysis, after.memory_kills).or_else(|| {
        let server = analysis.recording.process.server;
        let watchdog = libraries::watchdog(server)?;
        match watchdog.watches {
            Watches::Loop => silent_loop(analysis, supervisor, (server, watchdog), ended),
            Watches::Gil => kept_gil(analysis, supervisor, (server, watchdog)),
        }
    });
    Some(Fate::WorkerEnded { by: killer.unwrap_or(Killer::Unknown), successors: after.successors.clone() })
}

fn out_of_memory(analysis: &Analysis<'_>, after: Known<u64>) -> Option<Killer> {
    let before = analysis.last_surroundings()?.cgroup.get()?.memory_kills.ok()?;
    (after.ok()? > before).then_some(Killer::OutOfMemory)
}

fn silent_loop(
    analysis: &Analysis<'_>,
    supervisor: &Supervisor,
    (server, watchdog): (Server, &Watchdog),
    ended: Moment,
) -> Option<Killer> {
    let patience = patience(supervisor, watchdog)?;
    let limit = Duration::from_secs(patience.seconds);
    let silent = ended.since(silent_since(analysis)?);
    let long_enough = silent + TOLERANCE >= limit / 2 && silent <= limit + LATEST;
    long_enough.then_some(Killer::SilentLoop { server, silent_s: silent.as_secs_f64(), patience })
}

/// Since when no loop of the process has turned.
fn silent_since(analysis: &Analysis<'_>) -> Option<Moment> {
    let stalled = analysis.stalls.iter().filter_map(|stalls| stalls.found.last()).filter(|stall| !stall.ended);
    let stalled = stalled.map(|stall| stall.start).min();
    let idle =
        |track: &super::Track<'_>| track.looks.iter().rev().find(|seen| seen.look == Look::Idle).map(|seen| seen.at);
    let first = |track: &super::Track<'_>| track.looks.first().map(|seen| seen.at);
    stalled.or_else(|| analysis.tracks.iter().filter_map(|track| idle(track).or_else(|| first(track))).max())
}

fn kept_gil(
    analysis: &Analysis<'_>,
    supervisor: &Supervisor,
    (server, watchdog): (Server, &Watchdog),
) -> Option<Killer> {
    let patience = patience(supervisor, watchdog)?;
    let (kept, throughout) = gil_kept(analysis)?;
    (kept + TOLERANCE >= Duration::from_secs(patience.seconds) || throughout && kept >= KEPT)
        .then_some(Killer::KeptGil { server, kept_s: kept.as_secs_f64(), patience })
}

/// For how long before the last look the GIL had not changed hands, and whether that is all that was seen.
fn gil_kept(analysis: &Analysis<'_>) -> Option<(Duration, bool)> {
    let number = |snapshot: &Snapshot| gil::sample(snapshot).filter(|gil| gil.locked).map(|gil| gil.switch_number);
    let snapshots = &analysis.recording.snapshots;
    let last = snapshots.last()?;
    let now = number(last)?;
    let same = snapshots.iter().rev().take_while(|snapshot| number(snapshot) == Some(now)).count();
    let first = snapshots.len().checked_sub(same).and_then(|index| snapshots.get(index))?;
    Some((last.at.since(first.at), same == snapshots.len()))
}

/// How patient the watchdog is; `None` where it is switched off or its command line is hidden.
fn patience(supervisor: &Supervisor, watchdog: &Watchdog) -> Option<Patience> {
    match supervisor.patience_s {
        Known::Is(Some(0)) | Known::Unknown(_) => None,
        Known::Is(Some(seconds)) => Some(Patience { seconds, option: Some(watchdog.option.to_owned()) }),
        Known::Is(None) => Some(Patience { seconds: watchdog.default_s, option: None }),
    }
}

/// A worker that is much younger than its master: it took the place of one that ended before we came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YoungWorker {
    /// How old it was.
    pub age: Duration,
    /// Its master.
    pub master: ProcessId,
    /// How old that was.
    pub master_age: Duration,
}

/// Whether this worker took another's place.
#[must_use]
pub fn young_worker(analysis: &Analysis<'_>) -> Option<YoungWorker> {
    let supervisor =
        analysis.recording.supervisor.as_ref().filter(|_| analysis.recording.process.role == Role::Worker)?;
    let age = analysis.began().since(supervisor.worker_started);
    let difference = supervisor.worker_started.since(supervisor.started);
    (age < YOUNG && difference >= YOUNG).then(|| YoungWorker {
        age,
        master: supervisor.pid,
        master_age: difference + age,
    })
}
