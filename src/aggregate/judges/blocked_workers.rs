//! Workers without an event loop: all that could serve stand.

use std::time::Duration;

use super::Judge;
use crate::aggregate::workers::{AtWork, LONG, OLD, Pace, Worker, crews, places};
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Hurt, Kind, LoopSummary, Subject, Verdict, WorkerFact,
};
use crate::snapshot::{Role, WorkKind};

pub(super) struct BlockedWorkers;

/// Jobs take longer than requests, and nobody waits for each.
const JOB_STANDS: Duration = Duration::from_secs(3);
/// Places that are named beside the first.
const MOST_PLACES: usize = 3;

impl Judge for BlockedWorkers {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        if matches!(analysis.recording.process.role, Role::Master | Role::Helper) {
            return Vec::new();
        }
        crews(analysis).iter().filter_map(|crew| blocked(analysis, crew)).collect()
    }
}

/// Whether all that could serve stand; a job that sleeps or computes does what it was told.
pub(super) fn all_stand(crew: &AtWork<'_>) -> bool {
    let stands = |worker: &Worker<'_>| match crew.sample.kind {
        WorkKind::Requests => worker.stands().is_some(),
        WorkKind::Jobs => worker.stands().is_some_and(|length| length >= JOB_STANDS) && worker.waits_for_others(),
        WorkKind::Messages => false,
    };
    let seen = crew.size().is_some_and(|size| crew.workers.len() as u64 >= size);
    crew.is_full() && seen && crew.idle == 0 && crew.workers.iter().all(stands)
}

fn blocked(analysis: &Analysis<'_>, crew: &AtWork<'_>) -> Option<Verdict> {
    let waiting = waiting(analysis, crew);
    let stands = all_stand(crew) || waiting > 0 && all_are_old(crew);
    if !stands {
        return None;
    }
    let workers: Vec<&Worker<'_>> = crew.workers.iter().collect();
    let groups = places(analysis, &workers);
    let (at, members) = groups.first()?;
    let worst = members.iter().filter_map(|at| workers.get(*at)).max_by_key(|worker| worker.age)?;
    let least = workers.iter().map(|worker| worker.stands().unwrap_or(worker.age)).min()?;
    let longest = workers.iter().map(|worker| worker.stands().unwrap_or(worker.age)).max()?;
    let confidence = match (all_stand(crew), waiting > 0) {
        (true, true) if least >= LONG => Confidence::Certain,
        (true, false) if least >= OLD => Confidence::Likely,
        (true, false) if crew.sample.in_turns => Confidence::Likely,
        (_, true) => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let library = &crew.sample.name;
    let count = workers.len() as u64;
    // A master may have others of its kind than this one.
    let alone = count == 1 && analysis.recording.process.role == Role::Worker;
    let summary = LoopSummary::WorkersStand {
        library: library.clone(),
        workers: count,
        for_s: longest.as_secs_f64(),
        at: at.clone(),
    };
    let first = WorkerFact::SamePiece { workers: count, for_s: least.as_secs_f64() };
    let others = groups
        .iter()
        .skip(1)
        .take(MOST_PLACES)
        .map(|(at, who)| WorkerFact::AlsoIn { workers: who.len() as u64, at: at.clone() });
    let cause = cause(worst);
    let blame = worst.blamed.map(|blamed| blamed.blame(analysis.recording));
    let advice = Advice::FreeWorkers { workers: (!alone).then_some(count) };
    Some(
        Finding::new(Kind::WorkerBlocked, analysis.pid(), summary, first)
            .cause(cause, confidence)
            .on(worst.thread.0, None)
            .lasting(Some(longest.as_secs_f64()), 1.0)
            .evidence(others.chain(sleeps(worst)))
            .hurts(hurts(analysis, crew))
            .blame(blame, worst.did.party.clone())
            .stands(workers.iter().map(|worker| Subject::Thread(worker.thread)))
            .holds_up(workers.iter().map(|worker| Subject::Thread(worker.thread)))
            .advice(advice)
            .verdict(),
    )
}

/// Whether each has had its piece for long, wherever it is with it: where somebody waits, nobody is left to take more.
fn all_are_old(crew: &AtWork<'_>) -> bool {
    let seen = crew.size().is_some_and(|size| crew.workers.len() as u64 >= size);
    let requests = crew.sample.kind == WorkKind::Requests;
    requests && seen && crew.is_full() && crew.workers.iter().all(|worker| worker.age >= OLD)
}

pub(super) fn cause(worker: &Worker<'_>) -> Cause {
    match worker.pace {
        Pace::Computes => Cause::PythonCpu,
        Pace::Waits(_) | Pace::Moves => worker.did.cause.unwrap_or(Cause::Unknown),
    }
}

/// Pieces in the crew's own queue, and connections that nobody has accepted.
fn waiting(analysis: &Analysis<'_>, crew: &AtWork<'_>) -> u64 {
    let queued = crew.sample.waiting.ok().unwrap_or_default();
    if crew.sample.kind != WorkKind::Requests {
        return queued;
    }
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get()).into_iter().flatten();
    queued.saturating_add(listeners.map(|listener| u64::from(listener.waiting)).sum())
}

fn sleeps(worker: &Worker<'_>) -> Option<WorkerFact> {
    match worker.pace {
        Pace::Waits(length) => Some(WorkerFact::OneWait { thread: worker.thread, for_s: length.as_secs_f64() }),
        Pace::Computes => Some(WorkerFact::Computes { thread: worker.thread }),
        Pace::Moves => None,
    }
}

fn hurts(analysis: &Analysis<'_>, crew: &AtWork<'_>) -> Vec<Hurt> {
    let mut hurts = Vec::new();
    if crew.sample.kind == WorkKind::Requests {
        let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get()).into_iter().flatten();
        let waiting = listeners.filter(|listener| listener.waiting > 0);
        hurts.extend(waiting.map(|listener| Hurt::NotAccepted {
            connections: u64::from(listener.waiting),
            port: Some(listener.port),
            full_at: None,
        }));
    }
    if let Some(pieces) = crew.sample.waiting.ok().filter(|queued| *queued > 0) {
        hurts.push(Hurt::Queued { pieces, library: crew.sample.name.clone() });
    }
    hurts
}
