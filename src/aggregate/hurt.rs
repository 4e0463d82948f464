//! Whom a stalled loop hurts.

use std::time::Duration;

use super::Analysis;
use super::phrases::{count_words, length_words};
use super::track::Track;
use crate::snapshot::{Listener, Moment, Surroundings};

/// A timer so late is worth a word.
const LATE_TIMER: Duration = Duration::from_millis(100);

/// Connections that nobody accepts, timers that are late, callbacks that wait.
#[must_use]
pub(super) fn hurts(analysis: &Analysis<'_>, track: &Track<'_>) -> Vec<String> {
    let mut hurts = Vec::new();
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get());
    for listener in listeners.into_iter().flatten().filter(|listener| listener.waiting > 0) {
        hurts.push(queue_words(listener));
    }
    // The queue of a loop that does not turn stays full; what another listener dropped is not its fault.
    if listeners.is_some_and(|all| all.iter().any(is_full)) {
        hurts.extend(overflow_words(analysis));
    }
    if let Some(late) = timer_late(track).filter(|late| *late >= LATE_TIMER) {
        hurts.push(format!("oldest timer {} late", length_words(late)));
    }
    if let Some(ready) = track.last.ready.get().filter(|ready| **ready > 0) {
        hurts.push(format!("{} waiting to run", count_words(*ready, "callback")));
    }
    hurts
}

fn is_full(listener: &Listener) -> bool {
    listener.limit.ok().is_some_and(|limit| listener.waiting >= limit)
}

/// The accept queue of a listener in words. The kernel lets one more in than the limit says.
fn queue_words(listener: &Listener) -> String {
    let waiting = count_words(u64::from(listener.waiting), "connection");
    match listener.limit.ok().filter(|_| is_full(listener)) {
        Some(limit) => format!(
            "accept queue of :{} full: {waiting} not accepted, {limit} allowed; the kernel drops new ones",
            listener.port
        ),
        None => format!("{waiting} not accepted on :{}", listener.port),
    }
}

/// What overflowed while the process was watched; its queue may have recovered since.
#[must_use]
pub fn overflow_words(analysis: &Analysis<'_>) -> Option<String> {
    let mut told = analysis.recording.surroundings.iter().filter_map(|around| around.accept_overflows.ok());
    let first = told.next()?;
    let dropped = told.next_back()?.checked_sub(first).filter(|dropped| *dropped > 0)?;
    let times = count_words(dropped, "attempt");
    Some(format!("{times} to connect dropped for a full accept queue, in its network namespace"))
}

/// A listener whose accept queue was full in every reading.
#[must_use]
pub fn full_queue(analysis: &Analysis<'_>) -> Option<String> {
    let full = |around: &Surroundings, port: u16| {
        around.listeners.get().is_some_and(|all| all.iter().any(|listener| listener.port == port && is_full(listener)))
    };
    let readings = &analysis.recording.surroundings;
    let last = readings.last()?.listeners.get()?.iter().find(|listener| is_full(listener))?;
    (readings.len() > 1 && readings.iter().all(|around| full(around, last.port))).then(|| queue_words(last))
}

/// How late the earliest timer of a loop is at the last look; `None` when that is not known or there is none.
#[must_use]
pub fn timer_late(track: &Track<'_>) -> Option<Duration> {
    let due: Moment = (*track.last.next_timer.get()?)?;
    track.looks.last().map(|last| last.at.since(due))
}
