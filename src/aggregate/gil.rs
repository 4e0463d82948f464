//! Who held the GIL: shares by sample, and how often it changed hands.

use std::time::Duration;

use super::Analysis;
use crate::snapshot::{GilRole, GilSample, Known, Snapshot, ThreadId, ThreadSample, Why};

/// The GIL of the main interpreter in a snapshot.
#[must_use]
pub(super) fn sample(snapshot: &Snapshot) -> Option<GilSample> {
    snapshot.interpreters.first().and_then(|interpreter| interpreter.gil.ok())
}

/// The thread that holds the GIL in a snapshot.
#[must_use]
pub(super) fn holder(snapshot: &Snapshot) -> Option<&ThreadSample> {
    let holds = |thread: &&ThreadSample| {
        let role = thread.python.as_ref().and_then(|python| python.gil.ok());
        role == Some(GilRole::Holds)
    };
    let named = snapshot.threads.iter().map(AsRef::as_ref).find(holds);
    named.or_else(|| {
        let gil = sample(snapshot).filter(|gil| gil.locked)?;
        let is_last = |thread: &&ThreadSample| {
            thread.python.as_ref().is_some_and(|python| python.thread_state == gil.last_holder)
        };
        snapshot.threads.iter().map(AsRef::as_ref).find(is_last)
    })
}

/// The threads that wait for the GIL that is held. Sub-interpreters may have one of their own.
pub(super) fn waiters(snapshot: &Snapshot) -> impl Iterator<Item = &ThreadSample> {
    let gil_of = |interpreter: u16| snapshot.interpreters.get(usize::from(interpreter)).map(|found| found.gil);
    let main = gil_of(0);
    snapshot.threads.iter().map(AsRef::as_ref).filter(move |thread: &&ThreadSample| {
        thread
            .python
            .as_ref()
            .is_some_and(|python| python.gil == Known::Is(GilRole::Waits) && gil_of(python.interpreter) == main)
    })
}

/// Share of snapshots in which somebody held the GIL of the main interpreter.
#[must_use]
pub fn held(analysis: &Analysis<'_>) -> Known<f64> {
    let samples = || analysis.recording.snapshots.iter().filter_map(sample);
    share(samples().filter(|gil| gil.locked).count(), samples().count(), missing(analysis))
}

/// Hand-overs of the GIL per second.
#[must_use]
pub fn switches_per_second(analysis: &Analysis<'_>) -> Known<f64> {
    let mut told = analysis.recording.snapshots.iter().filter_map(|snapshot| Some((snapshot.at, sample(snapshot)?)));
    let Some((began, first)) = told.next() else { return Known::Unknown(missing(analysis)) };
    let Some((ended, last)) = told.next_back() else { return Known::Unknown(Why::NotRead) };
    let seconds = ended.since(began).as_secs_f64();
    if seconds > 0.0 {
        Known::Is(last.switch_number.saturating_sub(first.switch_number) as f64 / seconds)
    } else {
        Known::Unknown(Why::NotRead)
    }
}

/// Share of snapshots in which this thread held the GIL.
#[must_use]
pub fn share_of(analysis: &Analysis<'_>, thread: ThreadId) -> Known<f64> {
    let mut roles = (0, 0);
    for snapshot in &analysis.recording.snapshots {
        let found = snapshot.threads.binary_search_by_key(&thread, |sample| sample.thread);
        let python = found.ok().and_then(|at| snapshot.threads.get(at)).and_then(|sample| sample.python.as_ref());
        if let Some(role) = python.and_then(|python| python.gil.ok()) {
            roles.0 += usize::from(role == GilRole::Holds);
            roles.1 += 1;
        }
    }
    share(roles.0, roles.1, missing(analysis))
}

/// How long the GIL stayed with one thread between two hand-overs, on average over these snapshots; `None` where that is not
/// known.
#[must_use]
pub(super) fn mean_hold(snapshots: &[&Snapshot]) -> Option<Duration> {
    let (first, last) = (snapshots.first()?, snapshots.last()?);
    let switches = sample(last)?.switch_number.checked_sub(sample(first)?.switch_number)?;
    let span = last.at.since(first.at);
    Some(span / u32::try_from(switches.max(1)).unwrap_or(u32::MAX))
}

fn share(part: usize, whole: usize, why: Why) -> Known<f64> {
    if whole == 0 { Known::Unknown(why) } else { Known::Is(part as f64 / whole as f64) }
}

fn missing(analysis: &Analysis<'_>) -> Why {
    let interpreters = analysis.recording.snapshots.iter().flat_map(|snapshot| &snapshot.interpreters);
    interpreters.filter_map(|interpreter| interpreter.gil.why()).next().unwrap_or(Why::NotRead)
}
