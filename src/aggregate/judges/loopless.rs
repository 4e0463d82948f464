//! What a process without an event loop does, where no judge found trouble in it.

use std::time::Duration;

use super::healthy::{facts, old_requests};
use super::unanswered_clients::{clients, reads_greenlets, unread_server};
use crate::aggregate::blame::{Seen, blame};
use crate::aggregate::summary::Crews;
use crate::aggregate::workers::{AtWork, OLD, asleep, crews, is_at_work, looks, stack};
use crate::aggregate::{
    Act, Advice, Analysis, At, Cause, Confidence, Finding, KernelFact, Kind, LoopFact, LoopSummary, PeerFact, Place,
    ProcessSummary, Verdict, WorkerFact,
};
use crate::classify::{Activity, Manner, Origin};
use crate::libraries::Marks;
use crate::snapshot::{Call, Reader, Role, Surroundings, Syscall, SyscallState, ThreadId, ThreadSample, WorkKind};

/// Fewer looks than this show nothing.
const FEWEST_LOOKS: usize = 3;

/// A thread that is in the program's own code.
struct Doer {
    thread: ThreadId,
    is_main: bool,
    did: Activity,
    /// It computes in most looks.
    computes: bool,
    /// For how long it has been in one wait.
    waits: Duration,
    place: Place,
    blame: crate::aggregate::Blame,
    /// It is in code of the program's own, not only of libraries.
    own: bool,
    /// It waits for messages, for as long as there are none.
    listens: bool,
}

/// What such a process does; `None` where that cannot be told, or a loop runs.
pub(super) fn loopless(analysis: &Analysis<'_>) -> Option<Verdict> {
    let process = &analysis.recording.process;
    let recording = analysis.recording;
    let told = recording.snapshots.len() >= FEWEST_LOOKS && !recording.censuses.is_empty();
    let told = told && process.reader == Reader::Own;
    if !analysis.tracks.is_empty() || matches!(process.role, Role::Master | Role::Helper) || !told {
        return None;
    }
    let crews: Vec<AtWork<'_>> =
        crews(analysis).into_iter().filter(|crew| crew.sample.kind != WorkKind::Messages).collect();
    if !crews.is_empty() {
        return at_work(analysis, &crews);
    }
    let unread = unread_server(analysis);
    if let Some(verdict) = unread.and_then(|server| idle_server(analysis, server)) {
        return Some(verdict);
    }
    if unread.is_some() && queued(analysis) > 0 {
        return None;
    }
    let doers = doers(analysis);
    // A main thread that waits for others says nothing of them.
    let worth = |doer: &&Doer| (doer.computes, doer.is_main && !is_for_others(&doer.did), doer.own, doer.waits);
    let doer = doers.iter().max_by_key(worth)?;
    Some(if doer.computes { busy(analysis, doer, unread.is_some()) } else { waits(analysis, doer) })
}

/// A server or worker of which some work and others wait for work, or all that work is young.
fn at_work(analysis: &Analysis<'_>, crews: &[AtWork<'_>]) -> Option<Verdict> {
    let fact = |crew: &AtWork<'_>| WorkerFact::AtWork {
        library: crew.sample.name.clone(),
        workers: crew.workers.len() as u64,
        size: crew.size(),
        standing: crew.workers.iter().filter(|worker| worker.stands().is_some()).count() as u64,
    };
    let standing = |crew: &AtWork<'_>| crew.workers.iter().any(|worker| worker.stands().is_some());
    let state = if crews.iter().any(standing) {
        Crews::SomeStand
    } else if crews.iter().all(|crew| crew.workers.is_empty()) {
        Crews::Idle
    } else {
        Crews::Turning
    };
    if let Some(hub) = hub(analysis, crews) {
        return Some(hub);
    }
    let mut evidence = crews.iter().map(fact);
    let first = evidence.next()?;
    let in_turns = crews.iter().find(|crew| crew.sample.in_turns).map(|crew| crew.sample.name.clone());
    if let (Some(server), Some(around)) = (in_turns, analysis.last_surroundings()) {
        let summary = ProcessSummary::HubTurns { server };
        let finding = Finding::new(Kind::Healthy, analysis.pid(), summary, first).evidence(evidence);
        return Some(unread(around, finding));
    }
    let finding = Finding::new(Kind::Healthy, analysis.pid(), ProcessSummary::Workers { state }, first);
    Some(finding.confidence(Confidence::Likely).evidence(evidence).verdict())
}

/// A hub that waits for greenlets to become ready, or whose thread does not stand with one, where all greenlets were read; `None` for
/// any other.
fn hub(analysis: &Analysis<'_>, crews: &[AtWork<'_>]) -> Option<Verdict> {
    let turns = |crew: &&AtWork<'_>| {
        let moves = crew.idle > 0 || !crew.workers.is_empty();
        crew.sample.in_turns && moves && crew.workers.iter().all(|worker| worker.stands().is_none())
    };
    let crew = crews.iter().find(turns).filter(|_| reads_greenlets(analysis))?;
    let (census, tasks) = analysis.tasks()?;
    let summary = ProcessSummary::GreenletsTurn {
        hub: crew.sample.name.clone(),
        greenlets: tasks.greenlets.ok()?,
        requests: census.requests.len() as u64,
    };
    let mut evidence = facts(analysis).into_iter().chain(old_requests(analysis));
    let first = evidence.next().unwrap_or(LoopFact::NoTrouble { looks: analysis.recording.snapshots.len() as u64 });
    let finding = Finding::new(Kind::Healthy, analysis.pid(), summary, first);
    Some(finding.confidence(Confidence::Likely).evidence(evidence).advice(Advice::LookOutside).verdict())
}

/// A server whose requests nobody can read: its thread waits for whoever comes, and nobody waits to be let in.
fn idle_server(analysis: &Analysis<'_>, server: &str) -> Option<Verdict> {
    let main = ThreadId(analysis.pid().0);
    let (polls, all) = times_polling(analysis, main);
    let around = analysis.last_surroundings()?;
    if polls * 2 <= all || queued(analysis) > 0 {
        return None;
    }
    let summary = ProcessSummary::AwaitsWhoeverComes { server: server.to_owned() };
    let evidence = KernelFact::PollsAlone { looks: polls as u64, of: all as u64 };
    Some(unread(around, Finding::new(Kind::Healthy, analysis.pid(), summary, evidence)))
}

/// Connections that wait to be accepted.
fn queued(analysis: &Analysis<'_>) -> u64 {
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get());
    listeners.into_iter().flatten().map(|listener| u64::from(listener.waiting)).sum()
}

/// In how many looks a thread waits in a call that waits for many, or for somebody to come.
fn times_polling(analysis: &Analysis<'_>, thread: ThreadId) -> (usize, usize) {
    let polls = |look: &&ThreadSample| match look.os.syscall.get() {
        Some(SyscallState::Inside { number, .. }) => {
            Syscall::of(*number).is_some_and(|syscall| matches!(syscall.call, Call::Poll | Call::Epoll | Call::Accept))
        }
        _ => false,
    };
    let all: Vec<&ThreadSample> = looks(analysis, thread).collect();
    (all.iter().filter(|look| polls(look)).count(), all.len())
}

/// A server that looks well as far as it can be seen, which is no all-clear.
fn unread(around: &Surroundings, finding: Finding) -> Verdict {
    let (clients, longest) = clients(around);
    let owed = (clients > 0).then_some(PeerFact::ClientsOwed { clients, for_s: longest.as_secs_f64() });
    finding.confidence(Confidence::Possible).evidence(owed).advice(Advice::SeeThreads).verdict()
}

fn doers(analysis: &Analysis<'_>) -> Vec<Doer> {
    let Some((index, snapshot)) = analysis.last_snapshot() else { return Vec::new() };
    let main = ThreadId(analysis.pid().0);
    let doer = |thread: &ThreadSample| {
        let seen: Vec<&ThreadSample> = looks(analysis, thread.thread).collect();
        let computes = seen.iter().filter(|look| is_at_work(look)).count() * 2 > seen.len();
        let last = seen.iter().rev().find_map(|look| stack(look))?;
        let blamed = blame(analysis.recording, &analysis.book, &[Seen { stack: last, looks: 1, cut: false }], false)?;
        let did = analysis.activity(index, snapshot, thread);
        let waits = asleep(analysis, thread.thread).filter(|_| did.manner == Manner::Waiting).unwrap_or_default();
        Some(Doer {
            thread: thread.thread,
            is_main: thread.thread == main,
            computes,
            waits,
            place: blamed.place(analysis.recording),
            blame: blamed.blame(analysis.recording),
            own: matches!(blamed.origin, Origin::User | Origin::Installed),
            listens: analysis.book.stack(last).all.has(Marks::SUBSCRIBE),
            did,
        })
    };
    snapshot.threads.iter().filter_map(|thread| doer(thread)).filter(|doer| doer.own || doer.is_main).collect()
}

/// Whether a wait is for another thread, or for work, as a main thread's is that only waits for its workers.
fn is_for_others(did: &Activity) -> bool {
    let between = [Cause::Lock, Cause::QueueWait, Cause::FutureResult, Cause::Unknown, Cause::Subprocess];
    did.manner != Manner::Waiting || did.cause.is_none_or(|cause| between.contains(&cause))
}

/// `listens`: it may be a server that we do not know, and compute for somebody who waits.
fn busy(analysis: &Analysis<'_>, doer: &Doer, listens: bool) -> Verdict {
    let looks = analysis.recording.snapshots.len() as u64;
    let evidence = WorkerFact::MostlyComputes { thread: doer.thread, looks };
    let summary = LoopSummary::NoServer { at: At { place: Some(doer.place.clone()), act: None } };
    Finding::new(Kind::Healthy, analysis.pid(), summary, evidence)
        .confidence(if listens { Confidence::Possible } else { Confidence::Likely })
        .advice(Advice::RecordThreads)
        .verdict()
}

fn waits(analysis: &Analysis<'_>, doer: &Doer) -> Verdict {
    let at = At { place: Some(doer.place.clone()), act: Some(Act::from(&doer.did)) };
    let for_s = doer.waits.as_secs_f64();
    let evidence = match doer.waits {
        Duration::ZERO => WorkerFact::ThereLast { thread: doer.thread },
        _ => WorkerFact::OneWait { thread: doer.thread, for_s },
    };
    let by_plan = doer.did.cause == Some(Cause::Sleep) || is_for_others(&doer.did);
    if by_plan || doer.listens || doer.waits < OLD || consumes(analysis) {
        let threads = analysis.last_snapshot().map_or(0, |(_, snapshot)| snapshot.threads.len() as u64);
        return Finding::new(Kind::Healthy, analysis.pid(), LoopSummary::NoServer { at }, evidence)
            .confidence(Confidence::Possible)
            .evidence([WorkerFact::ThreadsInAll { threads }])
            .verdict();
    }
    let cause = doer.did.cause.unwrap_or(Cause::Unknown);
    Finding::new(Kind::JobStuck, analysis.pid(), LoopSummary::Stands { for_s, at }, evidence)
        .cause(cause, Confidence::Possible)
        .on(doer.thread.0, None)
        .lasting(Some(for_s), 1.0)
        .evidence([WorkerFact::MayBeConsumer])
        .blame(Some(doer.blame.clone()), doer.did.party.clone())
        .advice(Advice::FreeWorkers { workers: None })
        .verdict()
}

fn consumes(analysis: &Analysis<'_>) -> bool {
    let crews = analysis.recording.censuses.last().into_iter().flat_map(|census| &census.crews);
    crews.into_iter().any(|crew| crew.kind == WorkKind::Messages && !crew.members.is_empty())
}
