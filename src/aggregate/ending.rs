//! What became of a worker that ended while it was watched, and which watchdog it was, as far as the last looks show.
//!
//! Which supervisor watches what is in the rows of `libraries`.

use std::time::Duration;

use super::Analysis;
use super::gil;
use super::phrases::{count_words, length_words};
use crate::classify::Look;
use crate::libraries::{self, Watchdog, Watches};
use crate::snapshot::{Known, Moment, Role, Server, Snapshot, Supervisor};

/// A supervisor looks at its workers once a second and a worker takes a moment to die: a longer silence than this beyond the
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
    let killer = out_of_memory(analysis, after.memory_kills).or_else(|| {
        let server = analysis.recording.process.server;
        let watchdog = libraries::watchdog(server)?;
        match watchdog.watches {
            Watches::Loop => silent_loop(analysis, supervisor, (server, watchdog), ended),
            Watches::Gil => kept_gil(analysis, supervisor, (server, watchdog)),
        }
    });
    let killer = killer.unwrap_or_else(|| "ended while it was watched, by whose hand is not known".to_owned());
    Some(format!("the worker {killer}; {replaced}"))
}

fn out_of_memory(analysis: &Analysis<'_>, after: Known<u64>) -> Option<String> {
    let before = analysis.last_surroundings()?.cgroup.get()?.memory_kills.ok()?;
    (after.ok()? > before)
        .then(|| "was most likely killed by the kernel: its control group ran out of memory just then".to_owned())
}

fn silent_loop(
    analysis: &Analysis<'_>,
    supervisor: &Supervisor,
    (server, watchdog): (Server, &Watchdog),
    ended: Moment,
) -> Option<String> {
    let (patience, said) = patience(supervisor, watchdog)?;
    let silent = ended.since(silent_since(analysis)?);
    let long_enough = silent + TOLERANCE >= patience / 2 && silent <= patience + LATEST;
    long_enough.then(|| {
        let length = length_words(silent);
        let server = server.word();
        format!("was most likely killed by {server}'s WORKER TIMEOUT, its loop silent for {length} by then ({said})")
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

fn kept_gil(
    analysis: &Analysis<'_>,
    supervisor: &Supervisor,
    (server, watchdog): (Server, &Watchdog),
) -> Option<String> {
    let (patience, said) = patience(supervisor, watchdog)?;
    let (kept, throughout) = gil_kept(analysis)?;
    (kept + TOLERANCE >= patience || throughout && kept >= KEPT).then(|| {
        let length = length_words(kept);
        format!(
            "was most likely killed by {}'s health check, whose answer needs the GIL: one thread kept it for {length} \
             and more ({said})",
            server.word()
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
fn patience(supervisor: &Supervisor, watchdog: &Watchdog) -> Option<(Duration, String)> {
    let (option, default) = (watchdog.option, watchdog.default_s);
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
