//! Requests that stand in threads while other threads could serve: what keeps them is no peer that is known to be silent.

use std::time::Duration;

use super::Judge;
use super::blocked_workers::all_stand;
use crate::aggregate::connections::has_begun;
use crate::aggregate::workers::{AtWork, OLD, Pace, Worker, crews, ends_in_time, is_request_of, places};
use crate::aggregate::{
    Advice, Analysis, At, Cause, Confidence, Finding, Kind, LoopSummary, SearchFact, Subject, Verdict, WorkerFact,
};
use crate::snapshot::{Actor, WorkKind};

pub(super) struct StandingThreads;

/// Places of one crew that are told.
const MOST: usize = 3;

impl Judge for StandingThreads {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let serving =
            |crew: &AtWork<'_>| crew.sample.kind == WorkKind::Requests && !crew.sample.in_turns && !all_stand(crew);
        crews(analysis).iter().filter(|crew| serving(crew)).flat_map(|crew| standing(analysis, crew)).collect()
    }
}

fn standing(analysis: &Analysis<'_>, crew: &AtWork<'_>) -> Vec<Verdict> {
    let workers: Vec<&Worker<'_>> = crew.workers.iter().filter(|worker| stands(analysis, worker).is_some()).collect();
    let groups = places(analysis, &workers);
    groups.iter().take(MOST).filter_map(|(at, who)| told(analysis, crew, at, &members(&workers, who))).collect()
}

fn members<'a, 'b>(workers: &[&'b Worker<'a>], at: &[usize]) -> Vec<&'b Worker<'a>> {
    at.iter().filter_map(|at| workers.get(*at)).copied().collect()
}

/// For how long a worker has stood in a wait for others that nothing is known to end.
fn stands(analysis: &Analysis<'_>, worker: &Worker<'_>) -> Option<Duration> {
    let Pace::Waits(length) = worker.pace else { return None };
    let sample = analysis.last_snapshot()?.1.thread(worker.thread)?;
    let timed = sample.os.syscall.get().is_none_or(ends_in_time);
    let request = |request: &&_| is_request_of(request, Actor::Thread(worker.thread));
    let request = analysis.recording.censuses.last()?.requests.iter().find(request);
    let around = analysis.last_surroundings();
    let begun = request.zip(around).and_then(|(request, around)| has_begun(around, request));
    // A peer that says nothing is told by another judge, and a stream may wait for news.
    let told = worker.did.cause == Some(Cause::SocketRead) && begun == Some(false);
    let left = worker.waits_for_others() && !timed && !told && begun != Some(true);
    (left && length >= OLD).then_some(length)
}

fn told(analysis: &Analysis<'_>, crew: &AtWork<'_>, at: &At, workers: &[&Worker<'_>]) -> Option<Verdict> {
    let oldest = workers.iter().max_by_key(|worker| stands(analysis, worker))?;
    let length = stands(analysis, oldest)?;
    let count = workers.len() as u64;
    let summary = LoopSummary::ThreadsStand { requests: count, for_s: length.as_secs_f64(), at: at.clone() };
    let library = crew.sample.name.clone();
    let evidence = WorkerFact::InSameWaits { workers: count, size: crew.size(), library };
    let finding = Finding::new(Kind::RequestsWaiting, analysis.pid(), summary, evidence)
        .cause(oldest.did.cause.unwrap_or(Cause::Unknown), Confidence::Possible)
        .on(oldest.thread.0, None)
        .lasting(Some(length.as_secs_f64()), 1.0)
        .evidence([SearchFact::MayBeLongPollInThread])
        .blame(oldest.blamed.map(|blamed| blamed.blame(analysis.recording)), oldest.did.party.clone())
        .stands(workers.iter().map(|worker| Subject::Thread(worker.thread)))
        .advice(Advice::FreeWorkers { workers: None });
    Some(finding.verdict())
}
