//! A supervisor whose workers are gone: the kernel still takes connections at its socket, and nobody reads them.

use super::Judge;
use crate::aggregate::{
    Advice, Analysis, Confidence, Finding, Hurt, KernelFact, Kind, ProcessSummary, SecondParty, Subject, Verdict,
};
use crate::snapshot::{Listener, Role, Server, Surroundings};

pub(super) struct Workerless;

/// So many readings must find connections that nobody accepts: workers that are being replaced are back soon.
const FEWEST_READINGS: usize = 3;

impl Judge for Workerless {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let process = &analysis.recording.process;
        let readings = &analysis.recording.surroundings;
        if process.role != Role::Master || !analysis.tracks.is_empty() || readings.len() < FEWEST_READINGS {
            return Vec::new();
        }
        // uvicorn's master keeps multiprocessing's resource tracker as a child.
        let others = usize::from(process.server != Server::Gunicorn);
        let alone = readings.iter().all(|around| living(around).is_some_and(|living| living <= others));
        let (first, last) = (readings.first().map(waiting), readings.last().map(waiting));
        let piling = last.zip(first).filter(|(last, first)| *first > 0 && last >= first).map(|(last, _)| last);
        piling.filter(|_| alone).map(|waiting| verdict(analysis, waiting)).into_iter().collect()
    }
}

/// Children that have not ended; `None` where that is not known.
fn living(around: &Surroundings) -> Option<usize> {
    around.children.get().map(|children| children.iter().filter(|child| child.state != 'Z').count())
}

fn waiting(around: &Surroundings) -> u64 {
    let listeners = around.listeners.get().into_iter().flatten();
    listeners.map(|listener: &Listener| u64::from(listener.waiting)).sum()
}

fn verdict(analysis: &Analysis<'_>, waiting: u64) -> Verdict {
    let last = analysis.last_surroundings();
    let zombies = last.and_then(|around| around.children.get()).into_iter().flatten();
    let zombies = zombies.filter(|child| child.state == 'Z').count() as u64;
    let kills = last.and_then(|around| around.cgroup.get()?.memory_kills.ok()).filter(|kills| *kills > 0);
    let readings = analysis.recording.surroundings.len() as u64;
    let ended = (zombies > 0).then_some(KernelFact::NotReaped { workers: zombies });
    let killed = kills.map(|kills| KernelFact::Killed { kills });
    let (summary, evidence) = (ProcessSummary::NoWorker { connections: waiting }, KernelFact::NoWorker { readings });
    Finding::new(Kind::LoopGone, analysis.pid(), summary, evidence)
        .confidence(Confidence::Likely)
        .lasting(Some(analysis.window().as_secs_f64()), 1.0)
        .evidence(ended.into_iter().chain(killed))
        .hurts([Hurt::NobodyReads { connections: waiting }])
        .tells([Subject::AcceptQueue])
        .blame(None, SecondParty::None)
        .advice(Advice::RestartService)
        .verdict()
}
