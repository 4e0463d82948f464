//! Jobs that stand, where others of their crew could still work.

use std::time::Duration;

use super::Judge;
use super::blocked_workers::{all_stand, cause};
use crate::aggregate::workers::{AtWork, OLD, Pace, Worker, crews, piece_name};
use crate::aggregate::{Advice, Analysis, Confidence, Finding, Kind, SecondParty, Subject, Verdict, length_words};
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
    let words = worker.words(analysis);
    let summary = format!("job {name} of {library} stands for {}, in {words}", length_words(length));
    let evidence = format!("thread {} in the same wait for {}", worker.thread, length_words(length));
    let interval = every.map(|every| format!("it is to run every {}", length_words(every)));
    let doubt = (confidence == Confidence::Possible)
        .then(|| "how long it may take is not known: a long job looks the same".to_owned());
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
