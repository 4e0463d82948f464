//! Jobs and consumers as they were last seen.

use super::model::JobReport;
use crate::aggregate::{Analysis, Job, jobs as all};
use crate::snapshot::Actor;
use crate::words;

/// The jobs and consumers of a process.
pub(super) fn jobs(analysis: &Analysis<'_>) -> Vec<JobReport> {
    let name = |who: Actor| match who {
        Actor::Task(task) => {
            analysis.recording.censuses.last().and_then(|census| census.tasks.get()?.task(task)?.name.clone().ok())
        }
        Actor::Thread(_) => None,
    };
    let report = |job: Job| JobReport {
        process: analysis.pid().0,
        library: job.library,
        kind: words::work(job.kind).to_owned(),
        name: job.name,
        thread: match job.who {
            Actor::Thread(thread) => Some(thread.0),
            Actor::Task(_) => None,
        },
        task: name(job.who),
        age_s: job.age.as_secs_f64(),
        every_s: job.every.map(|every| every.as_secs_f64()),
        place: job.place,
    };
    all(analysis).into_iter().map(report).collect()
}
