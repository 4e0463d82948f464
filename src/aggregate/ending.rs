//! What became of a worker that ended while it was watched, and which watchdog it was, as far as the last looks show.
//!
//! gunicorn kills a worker whose loop has given no sign of life for `--timeout` seconds; the loop gives one at least every
//! half of that (`uvicorn_worker`, `Arbiter.murder_workers`). uvicorn's supervisor kills a worker that does not answer its ping
//! within five seconds; a thread of the worker answers, so a blocked loop does not matter to it, and a GIL that is kept does
//! (`supervisors/multiprocess.py`).

use std::time::Duration;

use super::Analysis;
use super::gil;
use super::phrases::{count_words, length_words};
use crate::classify::Look;
use crate::snapshot::{Known, Moment, Role, Server, Snapshot, Supervisor};

/// gunicorn's `--timeout` where nothing else is said.
const GUNICORN_DEFAULT: u64 = 30;
/// uvicorn's `--timeout-worker-healthcheck` where nothing else is said.
const UVICORN_DEFAULT: u64 = 5;
/// gunicorn looks at its workers once a second and a worker takes a moment to die: a longer silence than this beyond the
/// timeout was not what it was killed for.
const LATEST: Duration = Duration::from_secs(5);
/// A shorter silence than the watchdog's by more than this was not it.
const TOLERANCE: Duration = Duration::from_millis(500);
/// The GIL kept for so long before the end, through all looks, is not chance.
const KEPT: Duration = Duration::from_secs(1);
/// A worker younger than this, of an older master, took the place of another.
const YOUNG: Duration = Duration::from_secs(60);

/// What became of the process, in words; `None` when it did not end.
#[must_use]
pub fn fate(analysis: &Analysis<'_>) -> Option<String> {
    let ended = analysis.recording.ended?;
    let Some((supervisor, after)) =
        analysis.recording.supervisor.as_ref().and_then(|known| Some((known, known.after.as_ref()?)))
    else {
        return Some("the process ended while it was watched".to_owned());
    };
    if !after.supervised {
        let words = "its supervisor ended as well: the whole service was stopped or restarted";
        return Some(format!("the worker ended; {words}"));
    }
    let replaced = match after.successors.as_slice() {
        [] => "not replaced so far".to_owned(),
        [one] => format!("replaced by pid {one}"),
        many => format!("replaced, {} since", count_words(many.len() as u64, "new worker")),
    };
    let killer = out_of_memory(analysis, after.memory_kills).or_else(|| match analysis.recording.process.server {
        Server::Gunicorn => gunicorn(analysis, supervisor, ended),
        Server::Uvicorn => uvicorn(analysis, supervisor),
        _ => None,
    });
    let killer = killer.unwrap_or_else(|| "ended while it was watched, by whose hand is not known".to_owned());
    Some(format!("the worker {killer}; {replaced}"))
}

fn out_of_memory(analysis: &Analysis<'_>, after: Known<u64>) -> Option<String> {
    let before = analysis.last_surroundings()?.cgroup.get()?.memory_kills.ok()?;
    (after.ok()? > before)
        .then(|| "was most likely killed by the kernel: its control group ran out of memory just then".to_owned())
}

fn gunicorn(analysis: &Analysis<'_>, supervisor: &Supervisor, ended: Moment) -> Option<String> {
    let (patience, said) = patience(supervisor, GUNICORN_DEFAULT, "--timeout")?;
    let silent = ended.since(silent_since(analysis)?);
    let long_enough = silent + TOLERANCE >= patience / 2 && silent <= patience + LATEST;
    long_enough.then(|| {
        let length = length_words(silent);
        format!("was most likely killed by gunicorn's WORKER TIMEOUT, its loop silent for {length} by then ({said})")
    })
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

fn uvicorn(analysis: &Analysis<'_>, supervisor: &Supervisor) -> Option<String> {
    let (patience, said) = patience(supervisor, UVICORN_DEFAULT, "--timeout-worker-healthcheck")?;
    let (kept, throughout) = gil_kept(analysis)?;
    (kept + TOLERANCE >= patience || throughout && kept >= KEPT).then(|| {
        let length = length_words(kept);
        format!(
            "was most likely killed by uvicorn's health check, whose answer needs the GIL: one thread kept it for {length} \
             and more ({said})"
        )
    })
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

/// How patient the watchdog is, and where that is said; `None` where it is switched off or its command line is hidden.
fn patience(supervisor: &Supervisor, default: u64, option: &str) -> Option<(Duration, String)> {
    match supervisor.patience_s {
        Known::Is(Some(0)) | Known::Unknown(_) => None,
        Known::Is(Some(seconds)) => Some((Duration::from_secs(seconds), format!("{option} {seconds}"))),
        Known::Is(None) => Some((Duration::from_secs(default), format!("its default is {default} s"))),
    }
}

/// A worker that is much younger than its master took the place of one that ended before we came.
#[must_use]
pub fn young_worker(analysis: &Analysis<'_>) -> Option<String> {
    let supervisor =
        analysis.recording.supervisor.as_ref().filter(|_| analysis.recording.process.role == Role::Worker)?;
    let age = analysis.began().since(supervisor.worker_started);
    let difference = supervisor.worker_started.since(supervisor.started);
    (age < YOUNG && difference >= YOUNG).then(|| {
        let (young, old) = (length_words(age), length_words(difference + age));
        format!("this worker was {young} old and its master, pid {}, {old}: it took another's place", supervisor.pid)
    })
}
