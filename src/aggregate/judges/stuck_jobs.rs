//! Jobs that stand, where others of their crew could still work.

use std::time::Duration;

use super::Judge;
use super::blocked_workers::{all_stand, cause};
use crate::aggregate::workers::{AtWork, OLD, Pace, Worker, crews, piece_name};
use crate::aggregate::{
    Advice, Analysis, Confidence, Finding, Kind, LoopSummary, SecondParty, Subject, Verdict, WorkerFact,
};
use crate::snapshot::WorkKind;

pub(super) struct StuckJobs;

/// So long the other end of a connection may be silent before that alone says something.
const SILENT: Duration = Duration::from_secs(10);
/// A wait of less is none, whatever a job's interval is.
const SHORTEST: Duration = Duration::from_secs(2);

impl Judge for StuckJobs {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let jobs = crews(analysis).into_iter().filter(|crew| crew.sample.kind == WorkKind::Jobs && !all_stand(crew));
        let each = |crew: AtWork<'_>| {
            crew.workers.iter().filter_map(|worker| stuck(analysis, &crew, worker)).collect::<Vec<_>>()
        };
        jobs.flat_map(each).collect()
    }
}

fn stuck(analysis: &Analysis<'_>, crew: &AtWork<'_>, worker: &Worker<'_>) -> Option<Verdict> {
    let Pace::Waits(length) = worker.pace else { return None };
    if !worker.waits_for_others() {
        return None;
    }
    let length = length.max(worker.age);
    let every = worker.piece.every.ok();
    let late = every.is_some_and(|every| length > every && length >= SHORTEST);
    if !late && length < OLD {
        return None;
    }
    let silent = matches!(worker.did.party, SecondParty::Peer { .. }) && length >= SILENT;
    let confidence = if late && silent { Confidence::Likely } else { Confidence::Possible };
    let name = piece_name(analysis, worker);
    let library = &crew.sample.name;
    let for_s = length.as_secs_f64();
    let summary = LoopSummary::JobStands { name, library: library.clone(), for_s, at: worker.at(analysis) };
    let evidence = WorkerFact::OneWait { thread: worker.thread, for_s };
    let interval = every.map(|every| WorkerFact::Interval { every_s: every.as_secs_f64() });
    let doubt = (confidence == Confidence::Possible).then_some(WorkerFact::MayBeLong);
    let cause = cause(worker);
    let blame = worker.blamed.map(|blamed| blamed.blame(analysis.recording));
    Some(
        Finding::new(Kind::JobStuck, analysis.pid(), summary, evidence)
            .cause(cause, confidence)
            .on(worker.thread.0, None)
            .lasting(Some(length.as_secs_f64()), 1.0)
            .evidence(interval.into_iter().chain(doubt))
            .blame(blame, worker.did.party.clone())
            .stands([Subject::Thread(worker.thread)])
            .holds_up([Subject::Thread(worker.thread)])
            .advice(Advice::FreeWorkers { workers: None })
            .verdict(),
    )
}
