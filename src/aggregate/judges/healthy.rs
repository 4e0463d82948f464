//! Nothing is wrong with this process.

use crate::aggregate::standing::{LONG, standing, unread};
use crate::aggregate::{
    Advice, Analysis, Confidence, Finding, Kind, LoopFact, ProcessSummary, Verdict, request_age, waits_for_events,
};
use crate::classify::Look;
use crate::libraries::Marks;
use crate::snapshot::{Known, Role, TaskCensus, Why};

/// The verdict on a process in which no judge found trouble.
pub(super) fn healthy(analysis: &Analysis<'_>) -> Verdict {
    let looks = analysis.recording.snapshots.len() as u64;
    let role = analysis.recording.process.role;
    if matches!(role, Role::Master | Role::Helper) && analysis.tracks.is_empty() {
        let evidence = LoopFact::NoLoop { role, looks };
        return Finding::new(Kind::Healthy, analysis.pid(), ProcessSummary::ServesNothing { role }, evidence)
            .confidence(Confidence::Likely)
            .verdict();
    }
    let mut evidence = facts(analysis).into_iter().chain(old_requests(analysis));
    let quiet = nothing_waits(analysis);
    let first = evidence.next().unwrap_or(LoopFact::NoTrouble { looks });
    if quiet {
        return Finding::new(Kind::Healthy, analysis.pid(), ProcessSummary::Quiet, first)
            .confidence(Confidence::Likely)
            .evidence(evidence)
            .advice(Advice::LookOutside)
            .verdict();
    }
    if let Some(why) = requests_unknown(analysis) {
        let summary = ProcessSummary::RequestsNotKnown { why };
        return Finding::new(Kind::Healthy, analysis.pid(), summary, first)
            .confidence(Confidence::Possible)
            .evidence(evidence)
            .advice(Advice::LookAround)
            .verdict();
    }
    // An idle loop is not a working service: what its tasks wait for is not examined, so this cannot be certain. Requests that
    // nobody is left to answer may only be too young to be told as a trouble, and somebody may or may not set what others wait for.
    let may_be_young = waits_for_events(analysis).iter().any(|waits| waits.look_longer);
    let may_wait_for_ever = !standing(analysis).is_empty();
    Finding::new(Kind::Healthy, analysis.pid(), ProcessSummary::Turns, first)
        .confidence(if may_be_young || may_wait_for_ever { Confidence::Possible } else { Confidence::Likely })
        .evidence(evidence)
        .advice(Advice::LookInside)
        .verdict()
}

/// Why the requests in flight are not known, if they are not: then nothing can be said of them.
fn requests_unknown(analysis: &Analysis<'_>) -> Option<Why> {
    let censuses = &analysis.recording.censuses;
    let last = censuses.last()?;
    let was_cut = censuses.iter().filter_map(|census| census.tasks.get()).any(|tasks| tasks.cut);
    match &last.tasks {
        Known::Unknown(why) => Some(*why),
        // Whoever was not read may serve the request that hangs.
        Known::Is(_) if was_cut => Some(Why::Bounded),
        Known::Is(_) => {
            let gap = last.gaps.iter().find(|(what, _)| what == "requests").map(|(_, why)| *why);
            gap.or_else(|| unread(analysis))
        }
    }
}

/// What was seen of a process that looks well: how its loops turn, who waits to be let in, and whether a request is there. It
/// is true beside a trouble as well.
#[must_use]
pub fn facts(analysis: &Analysis<'_>) -> Vec<LoopFact> {
    let turns = |track: &crate::aggregate::Track<'_>| LoopFact::Idle {
        thread: track.thread,
        looks: track.count(Look::Idle) as u64,
        of: track.looks.len() as u64,
        steps: track.count(Look::Step) as u64,
    };
    let mut evidence: Vec<LoopFact> = analysis.tracks.iter().map(turns).collect();
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get());
    for listener in listeners.into_iter().flatten() {
        evidence.push(LoopFact::Waiting { connections: u64::from(listener.waiting), port: listener.port });
    }
    if nothing_waits(analysis) {
        evidence.push(LoopFact::NoRequest);
    }
    evidence
}

/// Requests that are old although nothing is wrong with them: what they wait for ends by itself, or their answer goes on.
pub(super) fn old_requests(analysis: &Analysis<'_>) -> Option<LoopFact> {
    let requests = &analysis.recording.censuses.last()?.requests;
    let ages = requests.iter().filter_map(|request| request_age(analysis, request)).filter(|age| *age >= LONG);
    let (requests, oldest) = ages.fold((0, LONG), |(count, oldest), age| (count + 1, oldest.max(age)));
    (requests > 0).then_some(LoopFact::OldRequests { requests, for_s: oldest.as_secs_f64() })
}

/// Whether a server has nothing to do: no request at any look at them, and nobody waits to be let in.
fn nothing_waits(analysis: &Analysis<'_>) -> bool {
    let censuses = &analysis.recording.censuses;
    let no_request = censuses.len() >= LOOKS_AT_REQUESTS
        && censuses.iter().all(|census| {
            let read = census.tasks.get().is_some_and(|tasks| shows_requests(analysis, tasks));
            read && census.requests.is_empty() && census.gaps.is_empty()
        });
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get());
    let nobody_waits = listeners.is_some_and(|all| !all.is_empty() && all.iter().all(|listener| listener.waiting == 0));
    no_request && nobody_waits
}

/// Whether a server serves here whose requests we see: it is a task itself. Those of others are not known.
fn shows_requests(analysis: &Analysis<'_>, tasks: &TaskCensus) -> bool {
    let mut chains = tasks.groups.iter().filter_map(|group| group.chain.ok());
    chains.any(|chain| analysis.book.stack(chain).all.has(Marks::SERVER))
}

/// So often requests must have been looked for before it is said that there are none.
const LOOKS_AT_REQUESTS: usize = 2;
