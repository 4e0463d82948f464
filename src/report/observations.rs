//! Facts that contribute or stand out and are no verdict.

use super::limits;
use super::model::Observation;
use super::{pools, requests};
use crate::aggregate::{
    Analysis, Confidence, HarmlessClient, Job, LOOK, Subject, Verdict, WaitsForEvent, WaitsForIdleLoop,
    facts_of_health, failed_tasks, fate, groups, harmless_clients, jobs_of_libraries, place_of, queued, thread_name,
    waits_for_events, waits_for_idle_loops, wasted_core, young_worker,
};
use crate::classify::Look;
use crate::snapshot::{Snapshot, ThreadSample};
use crate::words;

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

/// A fact, and what it is about.
pub(super) struct Seen {
    of: Option<Subject>,
    words: String,
}

impl Seen {
    /// A fact that is not told once more where a finding has told of the same.
    pub(super) fn of(subject: Subject, words: String) -> Self {
        Self { of: Some(subject), words }
    }

    /// A fact that no finding tells.
    pub(super) fn plain(words: String) -> Self {
        Self { of: None, words }
    }
}

/// What stands out in a process and is in none of these verdicts on it.
pub(super) fn observations(analysis: &Analysis<'_>, verdicts: &[&Verdict]) -> Vec<Observation> {
    let told = |subject: &Subject| {
        let of = |found: &Verdict| found.about.has_told(subject);
        verdicts.iter().any(|found| of(found) || found.consequences.iter().any(|other| of(&other.finding)))
    };
    let is_new = |seen: &Seen| !seen.of.is_some_and(|subject| told(&subject));
    let few = |seen: Vec<Seen>| seen.into_iter().filter(is_new).take(MOST_NAMED);
    let mut said: Vec<Seen> = Vec::new();
    said.extend(health(analysis, verdicts).into_iter().map(Seen::plain));
    said.extend(few(short_stalls(analysis)));
    said.extend(short_stop(analysis));
    said.extend(
        analysis
            .tracks
            .iter()
            .filter_map(|track| Some((track.thread, wasted_core(analysis, track)?)))
            .map(|(thread, restless)| Seen::of(Subject::Thread(thread), words::restless(&restless))),
    );
    let brief: usize = analysis.stalls.iter().map(|stalls| stalls.brief).sum();
    if brief > 0 {
        said.push(Seen::plain(words::brief_stalls(brief as u64)));
    }
    said.extend(limits::limits(analysis));
    said.extend(few(pools::in_use(analysis)));
    said.extend(requests::in_flight(analysis).map(Seen::plain));
    said.extend(few(jobs(analysis)));
    let failed = failed_tasks(analysis).into_iter().map(|(who, fact)| Seen::of(who, words::evidence(&fact.into())));
    said.extend(few(failed.collect()));
    said.extend(standing_still(analysis).into_iter().flat_map(few));
    said.extend(crowded(analysis).into_iter().map(Seen::plain));
    said.extend(contention(analysis).map(|words| Seen::of(Subject::Gil, words)));
    said.extend(few(busy_threads(analysis)));
    said.extend(fate(analysis).map(|fate| Seen::of(Subject::End, words::fate(&fate))));
    said.extend(young_worker(analysis).map(|young| Seen::plain(words::young_worker(young))));
    let process = analysis.pid().0;
    let new = said.into_iter().filter(is_new);
    new.map(|seen| Observation { process, summary: seen.words }).collect()
}

/// Where all that was found may be meant so: what speaks for that, as facts. It is no all-clear.
fn health(analysis: &Analysis<'_>, verdicts: &[&Verdict]) -> Vec<String> {
    let mut troubles = verdicts.iter().filter(|verdict| verdict.kind.is_trouble()).peekable();
    let only_possible = troubles.peek().is_some() && troubles.all(|verdict| verdict.confidence == Confidence::Possible);
    let facts = if only_possible { facts_of_health(analysis) } else { Vec::new() };
    facts.into_iter().map(|fact| words::evidence(&fact.into())).collect()
}

/// Jobs of libraries, those of which the same is said together.
fn jobs(analysis: &Analysis<'_>) -> Vec<Seen> {
    let jobs = jobs_of_libraries(analysis);
    let mut alike: Vec<(&Job, u64)> = Vec::new();
    for job in &jobs {
        match alike.iter_mut().find(|(known, _)| words::job(known) == words::job(job)) {
            Some((_, count)) => *count += 1,
            None => alike.push((job, 1)),
        }
    }
    alike.into_iter().map(|(job, count)| Seen::of(job.who.into(), words::jobs(job, count))).collect()
}

/// Events, clients and loops that somebody waits for, where that is no verdict; a few of each.
fn standing_still(analysis: &Analysis<'_>) -> [Vec<Seen>; 3] {
    let event = |waits: &WaitsForEvent| {
        Seen::of(Subject::Primitive(waits.event), words::waits_for_event(waits, analysis.pid(), LOOK))
    };
    let client =
        |client: &HarmlessClient| Seen::of(Subject::Connection(client.descriptor), words::harmless_client(client));
    let idle_loop =
        |waits: &WaitsForIdleLoop| Seen::of(Subject::IdleLoop(waits.event_loop), words::waits_for_idle_loop(waits));
    [
        waits_for_events(analysis).iter().map(event).collect(),
        harmless_clients(analysis).iter().map(client).collect(),
        waits_for_idle_loops(analysis).iter().map(idle_loop).collect(),
    ]
}

/// A stop by a signal or a tracer that was too short for a verdict: another profiler, a snapshot of the container.
fn short_stop(analysis: &Analysis<'_>) -> Option<Seen> {
    let track = analysis.tracks.first()?;
    let (stopped, looks) = (track.count(Look::Stopped), track.looks.len());
    (stopped > 0).then(|| Seen::of(Subject::Stop, words::short_stop(stopped, looks)))
}

/// Loops that wanted to run and were not given a CPU.
fn crowded(analysis: &Analysis<'_>) -> Vec<String> {
    let waits = |track: &crate::aggregate::Track<'_>| {
        let (starved, all) = (track.count(Look::StarvedOfCpu), track.looks.len());
        let notable = starved as f64 >= all as f64 * NOTABLE_CPU_WAIT;
        let time = queued(&track.looks.iter().collect::<Vec<_>>());
        notable.then(|| words::waited_for_cpu(track.thread, starved, all, time.map(|(queued, _)| queued)))
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
    let place = place_of(analysis.recording, owner.code?, owner.line);
    if analysis.tracks.is_empty() {
        return (share >= NOTABLE_GIL).then(|| words::had_gil(&place, share, None));
    }
    let notable = ledger.share(waited).is_some_and(|share| share >= NOTABLE_GIL_WAIT);
    notable.then(|| words::had_gil(&place, share, Some(waited)))
}

/// Stalls that are too short or too rare for a verdict.
fn short_stalls(analysis: &Analysis<'_>) -> Vec<Seen> {
    let groups = groups(analysis);
    let words = |group: &crate::aggregate::Group<'_>| {
        let place = group.example.blamed.map(|blamed| blamed.place(analysis.recording));
        let words = words::short_stalls(place.as_ref(), group.stalls.len() as u64, group.longest());
        Some(Seen::of(group.subject(analysis)?, words))
    };
    groups.iter().filter_map(words).collect()
}

/// Threads beside the loops that use much of a core.
fn busy_threads(analysis: &Analysis<'_>) -> Vec<Seen> {
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
        let words = words::busy_thread(thread.thread, &thread_name(thread), *share);
        Seen::of(Subject::Thread(thread.thread), words)
    };
    busy.iter().map(words).collect()
}
