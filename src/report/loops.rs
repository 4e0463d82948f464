//! Event loops over the window.

use std::collections::BTreeSet;

use super::build::episode;
use super::model::LoopReport;
use crate::aggregate::{Analysis, Stalls, Track, timer_late};
use crate::classify::Look;

/// The loops of a process.
pub(super) fn loops(analysis: &Analysis<'_>) -> Vec<LoopReport> {
    analysis.tracks.iter().zip(&analysis.stalls).map(|(track, stalls)| report(analysis, track, stalls)).collect()
}

fn report(analysis: &Analysis<'_>, track: &Track<'_>, stalls: &Stalls) -> LoopReport {
    let stalled: BTreeSet<usize> = stalls.found.iter().flat_map(|stall| stall.looks.iter().copied()).collect();
    let steps = track.looks.iter().enumerate().filter(|(_, seen)| seen.look == Look::Step);
    let blocked = steps.clone().filter(|(index, _)| stalled.contains(index)).count();
    let share = |count: usize| count as f64 / track.looks.len().max(1) as f64;
    let last = &track.last;
    LoopReport {
        process: analysis.pid().0,
        thread: track.thread.0,
        thread_name: track.thread_name(),
        kind: track.kind.word().to_owned(),
        idle: share(track.count(Look::Idle)),
        blocked: share(blocked),
        starved: share(track.count(Look::StarvedOfGil) + track.count(Look::StarvedOfCpu)),
        busy: share(steps.count() - blocked),
        unknown: share(track.count(Look::Unclear) + track.count(Look::Stopped)),
        ready: last.ready,
        timers: last.timers,
        timer_late_s: last.next_timer.map(|_| timer_late(track).map_or(0.0, |late| late.as_secs_f64())),
        episodes: stalls.found.iter().map(|stall| episode(analysis, stall)).collect(),
    }
}
