//! Whom a stalled loop hurts.

use std::time::Duration;

use super::Analysis;
use super::phrases::{count_words, length_words};
use super::track::Track;
use crate::snapshot::Moment;

/// A timer so late is worth a word.
const LATE_TIMER: Duration = Duration::from_millis(100);

/// Connections that nobody accepts, timers that are late, callbacks that wait.
#[must_use]
pub(super) fn hurts(analysis: &Analysis<'_>, track: &Track<'_>) -> Vec<String> {
    let mut hurts = Vec::new();
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get());
    for listener in listeners.into_iter().flatten().filter(|listener| listener.waiting > 0) {
        hurts.push(format!(
            "{} not accepted on :{}",
            count_words(u64::from(listener.waiting), "connection"),
            listener.port
        ));
    }
    if let Some(late) = timer_late(track).filter(|late| *late >= LATE_TIMER) {
        hurts.push(format!("oldest timer {} late", length_words(late)));
    }
    if let Some(ready) = track.last.ready.get().filter(|ready| **ready > 0) {
        hurts.push(format!("{} waiting to run", count_words(*ready, "callback")));
    }
    hurts
}

/// How late the earliest timer of a loop is at the last look; `None` when that is not known or there is none.
#[must_use]
pub fn timer_late(track: &Track<'_>) -> Option<Duration> {
    let due: Moment = (*track.last.next_timer.get()?)?;
    track.looks.last().map(|last| last.at.since(due))
}
