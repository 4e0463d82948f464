//! Facts that contribute or stand out and are no verdict.

use std::time::Duration;

use super::limits;
use super::model::Observation;
use super::{pools, requests};
use crate::aggregate::{
    Analysis, Kind, count_words, fate, groups, length_words, place_of, place_words, queued, share_words,
    slow_client_words, thread_name, waits_for_events, waits_for_idle_loops, wasted_core, young_worker,
};
use crate::classify::Look;
use crate::snapshot::{Snapshot, ThreadSample};

/// A loop that waits for the GIL for at least this share of the time is worth a word.
const NOTABLE_GIL_WAIT: f64 = 0.02;
/// Where there is no loop, a function that has the GIL for at least this share of the time is worth a word.
const NOTABLE_GIL: f64 = 0.9;
/// A thread beside the loop with at least this share of a core is worth a word.
const NOTABLE_CPU: f64 = 0.5;
/// A loop that waits for a CPU in at least this share of the looks is worth a word.
const NOTABLE_CPU_WAIT: f64 = 0.1;
/// So many threads and functions are named.
const MOST_NAMED: usize = 3;

/// What stands out in a process that got verdicts of these kinds.
pub(super) fn observations(analysis: &Analysis<'_>, kinds: &[Kind]) -> Vec<Observation> {
    let mut said = Vec::new();
    let tells_stalls = |kind: &Kind| {
        matches!(
            kind,
            Kind::LoopBlocked
                | Kind::Deadlock
                | Kind::StartupStuck
                | Kind::ShutdownStuck
                | Kind::ProcessStopped
                | Kind::MemoryPressure
        )
    };
    if !kinds.iter().any(tells_stalls) {
        said.extend(short_stalls(analysis));
    }
    said.extend(short_stop(analysis, kinds));
    if kinds.iter().all(|kind| *kind == Kind::Healthy) {
        said.extend(analysis.tracks.iter().filter_map(|track| wasted_core(analysis, track)));
    }
    let brief: usize = analysis.stalls.iter().map(|stalls| stalls.brief).sum();
    if brief > 0 {
        said.push(format!("{} seen too briefly to say more", count_words(brief as u64, "stall")));
    }
    said.extend(limits::limits(analysis, kinds));
    if !kinds.contains(&Kind::PoolExhausted) {
        said.extend(pools::words(analysis).into_iter().take(MOST_NAMED));
    }
    said.extend(requests::words(analysis));
    if !kinds.contains(&Kind::TasksStuck) {
        said.extend(waits_for_events(analysis).into_iter().take(MOST_NAMED));
    }
    said.extend(slow_client_words(analysis).into_iter().take(MOST_NAMED));
    said.extend(waits_for_idle_loops(analysis).into_iter().take(MOST_NAMED));
    said.extend(crowded(analysis));
    if !kinds.iter().any(|kind| matches!(kind, Kind::LoopStarved | Kind::LoopBlocked | Kind::Deadlock)) {
        said.extend(contention(analysis));
    }
    if !kinds.contains(&Kind::LoopStarved) {
        said.extend(busy_threads(analysis));
    }
    // Beside trouble it is told among what that hurts.
    if !kinds.iter().any(|kind| kind.is_trouble()) {
        said.extend(fate(analysis));
    }
    said.extend(young_worker(analysis));
    let process = analysis.pid().0;
    said.into_iter().map(|summary| Observation { process, summary }).collect()
}

/// A stop by a signal or a tracer that was too short for a verdict: another profiler, a snapshot of the container.
fn short_stop(analysis: &Analysis<'_>, kinds: &[Kind]) -> Option<String> {
    let track = analysis.tracks.first().filter(|_| !kinds.contains(&Kind::ProcessStopped))?;
    let (stopped, looks) = (track.count(Look::Stopped), track.looks.len());
    (stopped > 0).then(|| format!("stopped by somebody else in {stopped} of {looks} looks"))
}

/// Loops that wanted to run and were not given a CPU.
fn crowded(analysis: &Analysis<'_>) -> Vec<String> {
    let waits = |track: &crate::aggregate::Track<'_>| {
        let (starved, all) = (track.count(Look::StarvedOfCpu), track.looks.len());
        let notable = starved as f64 >= all as f64 * NOTABLE_CPU_WAIT;
        let time = queued(&track.looks.iter().collect::<Vec<_>>());
        let time = time.map(|(queued, _)| format!(", {} in all", length_words(queued))).unwrap_or_default();
        notable
            .then(|| format!("the loop of thread {} waited for a CPU in {starved} of {all} looks{time}", track.thread))
    };
    analysis.tracks.iter().filter_map(waits).collect()
}

/// Somebody who had the GIL while a loop wanted it, or nearly all the time where there is no loop.
fn contention(analysis: &Analysis<'_>) -> Option<String> {
    let ledger = &analysis.ledger;
    let owner = ledger.functions.first()?;
    let share = ledger.share(owner.held_s)?;
    let loops = owner.victims.iter().filter(|(thread, _)| analysis.track_of(*thread).is_some());
    let waited: f64 = loops.map(|(_, seconds)| seconds).sum();
    let place = place_words(&place_of(analysis.recording, owner.code?, owner.line));
    let had = format!("{place} had the GIL {} of the time", share_words(share));
    if analysis.tracks.is_empty() {
        return (share >= NOTABLE_GIL).then_some(had);
    }
    let notable = ledger.share(waited).is_some_and(|share| share >= NOTABLE_GIL_WAIT);
    notable.then(|| format!("{had}; the loop waited {} for it", length_words(Duration::from_secs_f64(waited))))
}

/// Stalls that are too short or too rare for a verdict.
fn short_stalls(analysis: &Analysis<'_>) -> Vec<String> {
    let groups = groups(analysis);
    let words = |group: &crate::aggregate::Group<'_>| {
        let place = group.example.blamed.map(|blamed| place_words(&blamed.place(analysis.recording)));
        format!(
            "{} blocked the loop {}, longest {}",
            place.unwrap_or_else(|| "something".to_owned()),
            count_words(group.stalls.len() as u64, "time"),
            length_words(group.longest())
        )
    };
    groups.iter().take(MOST_NAMED).map(words).collect()
}

/// Threads beside the loops that use much of a core.
fn busy_threads(analysis: &Analysis<'_>) -> Vec<String> {
    let snapshots = &analysis.recording.snapshots;
    let (Some(first), Some(last)) = (snapshots.first(), snapshots.last()) else { return Vec::new() };
    let seconds = last.at.since(first.at).as_secs_f64();
    let on_cpu = |snapshot: &Snapshot, thread: &ThreadSample| {
        let at = snapshot.threads.binary_search_by_key(&thread.thread, |sample| sample.thread).ok()?;
        snapshot.threads.get(at)?.os.cpu.get().map(|times| times.on_cpu_ns)
    };
    let share = |thread: &ThreadSample| {
        let spent = on_cpu(last, thread)?.checked_sub(on_cpu(first, thread)?)?;
        (seconds > 0.0).then(|| spent as f64 / 1e9 / seconds)
    };
    let beside = last.threads.iter().filter(|thread| analysis.track_of(thread.thread).is_none());
    let mut busy: Vec<(&ThreadSample, f64)> = beside
        .filter_map(|thread| Some((thread.as_ref(), share(thread)?)))
        .filter(|(_, share)| *share >= NOTABLE_CPU)
        .collect();
    busy.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.thread.cmp(&other.0.thread)));
    let words = |(thread, share): &(&ThreadSample, f64)| {
        format!("thread {} {} uses {} of a core", thread.thread, thread_name(thread), share_words(*share))
    };
    busy.iter().take(MOST_NAMED).map(words).collect()
}
