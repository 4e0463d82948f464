//! A server process that never came to have a loop: something at import time does not return.

use std::time::Duration;

use super::Judge;
use super::main_thread::Standing;
use crate::aggregate::{
    Act, Advice, Analysis, Confidence, Finding, Kind, Lifespan, LoopSummary, StepFact, Subject, Verdict,
};
use crate::classify::{Manner, Phase};
use crate::libraries::Marks;
use crate::snapshot::{Role, Server};

pub(super) struct NeverServed;

/// The main thread waits in one call for so long.
const STUCK: Duration = Duration::from_secs(2);

impl Judge for NeverServed {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let process = &analysis.recording.process;
        let serves = process.server != Server::Other && matches!(process.role, Role::Single | Role::Worker);
        let listens = analysis.last_surroundings().and_then(|around| around.listeners.get()).map(|all| !all.is_empty());
        if !serves || !analysis.tracks.is_empty() || listens == Some(true) && process.role == Role::Single {
            return Vec::new();
        }
        stuck(analysis).into_iter().collect()
    }
}

fn stuck(analysis: &Analysis<'_>) -> Option<Verdict> {
    let Standing { main, did, blamed, facts, .. } = Standing::of(analysis)?;
    // A worker that serves without a loop waits for requests just as patiently.
    if facts.phase != Some(Phase::Startup) && !facts.all.has(Marks::IMPORT) {
        return None;
    }
    let asleep = main.os.asleep_for.ok().filter(|asleep| *asleep >= STUCK)?;
    let cause = did.cause.filter(|_| did.manner == Manner::Waiting)?;
    let place = Some(blamed.place(analysis.recording));
    let (for_s, act) = (asleep.as_secs_f64(), Act::from(&did));
    let phase = Some(Lifespan::Startup);
    let summary = LoopSummary::Blocked { phase, for_s, place, cause, act: act.clone() };
    let blame = blamed.blame(analysis.recording);
    let looks = analysis.recording.snapshots.len() as u64;
    let finding =
        Finding::new(Kind::StartupStuck, analysis.pid(), summary, StepFact::MainDid { act, looks, of: looks })
            .cause(cause, Confidence::Likely)
            .on(main.thread.0, None)
            .lasting(Some(asleep.as_secs_f64()), 1.0)
            .evidence([StepFact::NoLoopYet])
            .advice(Advice::StartWithout)
            .doing(Some(did.does))
            .blame(Some(blame), did.party)
            .stands([Subject::Thread(main.thread)]);
    Some(finding.verdict())
}
