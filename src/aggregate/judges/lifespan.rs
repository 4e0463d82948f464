//! A server that does not come to serve, or does not end, while its loop turns: its own tasks say where it is.

use std::time::Duration;

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::connections::{awaited_connection, silent_for};
use crate::aggregate::progress::progress;
use crate::aggregate::summary::Lifespan as LifespanPhase;
use crate::aggregate::workers::asleep;
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Kind, Place, ProcessSummary, Progress, SecondParty, Subject,
    TaskFact, Verdict, awaited_peer, same_wait_since, task, users_place, waits_for,
};
use crate::classify::Phase;
use crate::libraries::Marks;
use crate::snapshot::{Actor, Awaited, Census, Known, StackId, TaskCensus, TaskSample, ThreadId};

pub(super) struct Lifespan;

/// It has to be in the same phase in two readings so far apart.
const APART: Duration = Duration::from_secs(2);

impl Judge for Lifespan {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        starting(analysis).or_else(|| stopping(analysis)).into_iter().collect()
    }
}

/// The earliest census that shows a task in a state, and the last; `None` when they are not far enough apart.
fn lasting<'a>(
    analysis: &Analysis<'a>,
    shows: impl Fn(&'a TaskSample) -> bool,
) -> Option<(&'a Census, &'a TaskCensus, &'a TaskSample, Duration)> {
    let (last, tasks) = analysis.tasks()?;
    let task = tasks.tasks.iter().find(|task| shows(task))?;
    let earlier = analysis.recording.censuses.iter().find(|census| {
        let before = census.tasks.get().and_then(|tasks| tasks.task(task.address));
        before.is_some_and(&shows)
    })?;
    let since = last.at.since(earlier.at);
    (since >= APART).then_some((last, tasks, task, since))
}

fn phase(analysis: &Analysis<'_>, chain: Known<StackId>) -> Option<Phase> {
    analysis.book.stack(chain.ok()?).phase
}

fn starting(analysis: &Analysis<'_>) -> Option<Verdict> {
    let starts = |task: &TaskSample| phase(analysis, task.chain) == Some(Phase::Startup);
    let (last, tasks, task, since) = lasting(analysis, starts)?;
    stuck(analysis, (last, tasks, task), since, Kind::StartupStuck)
}

fn stopping(analysis: &Analysis<'_>) -> Option<Verdict> {
    let leaves = |task: &TaskSample| phase(analysis, task.chain) == Some(Phase::Shutdown);
    if let Some((last, tasks, task, since)) = lasting(analysis, leaves) {
        return stuck(analysis, (last, tasks, task), since, Kind::ShutdownStuck);
    }
    let waits = |task: &TaskSample| task.chain.ok().is_some_and(|chain| waits_for_clients(analysis, chain));
    let (last, tasks, task, since) = lasting(analysis, waits)?;
    open_streams(analysis, (last, tasks, task), since)
}

/// Whether this is a server's shutdown, which waits for connections to close and tasks to end.
fn waits_for_clients(analysis: &Analysis<'_>, chain: StackId) -> bool {
    analysis.book.stack(chain).all.has(Marks::DRAIN)
}

/// The lifespan of the application itself does not go on.
fn stuck(
    analysis: &Analysis<'_>,
    (last, tasks, task): (&Census, &TaskCensus, &TaskSample),
    since: Duration,
    kind: Kind,
) -> Option<Verdict> {
    let recording = analysis.recording;
    let place = users_place(recording, &analysis.book, task.chain)?;
    if let Some(work) = progress(analysis, last, tasks, task) {
        return Some(at_work(analysis, place, since, kind, work));
    }
    let age = stands(analysis, task).map_or(since, |stands| stands.max(since));
    let summary = ProcessSummary::LifespanStuck {
        phase: span(kind),
        for_s: age.as_secs_f64(),
        place,
        waits_for: waits_for(recording, tasks, task, last.at),
    };
    let evidence = TaskFact::LifespanStands { apart_s: since.as_secs_f64() };
    let (cause, party) = cause(analysis, task);
    let advice = match kind {
        Kind::StartupStuck => Advice::LimitStartup,
        _ => Advice::LimitShutdown,
    };
    let finding = Finding::new(kind, analysis.pid(), summary, evidence)
        .cause(cause, Confidence::Likely)
        .lasting(Some(age.as_secs_f64()), 1.0)
        .advice(advice)
        .blame(blame(analysis, Actor::Task(task.address)), party)
        .stands([Subject::Task(task.address)]);
    Some(finding.verdict())
}

/// For how long a task has been in its wait at least, by the kernel's account: nothing has come on the connection that it waits
/// for, or the thread of its loop has slept, and so has run no step.
fn stands(analysis: &Analysis<'_>, task: &TaskSample) -> Option<Duration> {
    let silent = awaited_connection(analysis.recording, task).and_then(|awaited| silent_for(awaited.connection));
    let own = analysis.tracks.iter().find(|track| track.address == task.event_loop);
    silent.max(own.and_then(|track| asleep(analysis, track.thread)))
}

/// The lifespan goes on, by the hands of somebody who is at work.
fn at_work(analysis: &Analysis<'_>, place: Place, since: Duration, stuck: Kind, progress: Progress) -> Verdict {
    let kind = if stuck == Kind::StartupStuck { Kind::Starting } else { Kind::Draining };
    let for_s = since.as_secs_f64();
    let summary = ProcessSummary::LifespanAtWork { phase: span(stuck), for_s, place, progress: progress.clone() };
    Finding::new(kind, analysis.pid(), summary, progress)
        .confidence(Confidence::Likely)
        .lasting(Some(since.as_secs_f64()), 1.0)
        .advice(Advice::LetItWork)
        .verdict()
}

fn span(stuck: Kind) -> LifespanPhase {
    if stuck == Kind::StartupStuck { LifespanPhase::Startup } else { LifespanPhase::Shutdown }
}

fn cause(analysis: &Analysis<'_>, task: &TaskSample) -> (Cause, SecondParty) {
    let Known::Is(Some(wait)) = &task.wait else { return (Cause::Unknown, SecondParty::None) };
    match &wait.on {
        on @ Awaited::Connection { .. } => {
            let peer = awaited_peer(analysis.recording, on);
            let party = peer.map(|peer| SecondParty::Peer { address: peer.to_owned(), service: None });
            (Cause::NoTimeout, party.unwrap_or(SecondParty::None))
        }
        Awaited::Executor { thread } => {
            in_thread(analysis, *thread).unwrap_or((Cause::DefaultExecutor, SecondParty::None))
        }
        Awaited::Primitive(_) => (Cause::AsyncioEvent, SecondParty::None),
        Awaited::Sleep { .. } => (Cause::Sleep, SecondParty::None),
        Awaited::Future => (Cause::NoTimeout, SecondParty::None),
        Awaited::Task(_) | Awaited::Gather { .. } => (Cause::Unknown, SecondParty::None),
    }
}

/// What the thread waits for that runs what is awaited.
fn in_thread(analysis: &Analysis<'_>, thread: Known<ThreadId>) -> Option<(Cause, SecondParty)> {
    let (index, snapshot) = analysis.last_snapshot()?;
    let activity = analysis.activity(index, snapshot, snapshot.thread(thread.ok()?)?);
    Some((activity.cause?, activity.party))
}

/// The server waits for requests that do not end: those are the tasks that run code of the user's.
fn open_streams(
    analysis: &Analysis<'_>,
    (last, tasks, server): (&Census, &TaskCensus, &TaskSample),
    since: Duration,
) -> Option<Verdict> {
    let recording = analysis.recording;
    let others = || tasks.tasks.iter().filter(|task| task.address != server.address);
    let of = |part: Part| others().filter(move |task| task.chain.ok().is_some_and(|chain| part.is_in(analysis, chain)));
    let open = of(Part::Request).count() as u64;
    if open == 0 {
        return None;
    }
    // A stream goes on for ever; what answers step by step comes to an end.
    let streams = of(Part::Response).count() > 0;
    if let Some((moving, place)) =
        of(Part::Request).filter(|_| !streams).find_map(|task| Some((task, moves(analysis, last, task)?)))
    {
        let progress = Progress::TaskGoesOn { task: task(tasks, moving.address) };
        return Some(at_work(analysis, place, since, Kind::ShutdownStuck, progress));
    }
    // The body of a streaming response runs in a task of its own.
    let users = |task: &&TaskSample| users_place(recording, &analysis.book, task.chain).is_some();
    let first = of(Part::Response).find(users).or_else(|| of(Part::Request).find(users));
    let place = first.and_then(|task| users_place(recording, &analysis.book, task.chain));
    let summary = ProcessSummary::OpenStreams { for_s: since.as_secs_f64(), requests: open, place: place.clone() };
    let evidence = TaskFact::AwaitsRequests { apart_s: since.as_secs_f64() };
    let awaits = first.map(|task| TaskFact::OneAwaits { waits_for: waits_for(recording, tasks, task, last.at), place });
    let finding = Finding::new(Kind::ShutdownStuck, analysis.pid(), summary, evidence)
        .cause(Cause::OpenStream, Confidence::Likely)
        .lasting(Some(since.as_secs_f64()), 1.0)
        .evidence(awaits)
        .advice(Advice::EndStreams)
        .blame(first.and_then(|task| blame(analysis, Actor::Task(task.address))), SecondParty::None)
        .stands([Subject::Task(server.address)]);
    Some(finding.verdict())
}

/// Where a request is that was seen to go on: it waits for something else than before.
fn moves(analysis: &Analysis<'_>, last: &Census, task: &TaskSample) -> Option<Place> {
    let since = same_wait_since(analysis.recording, task).unwrap_or(last.at);
    let place = users_place(analysis.recording, &analysis.book, task.chain)?;
    (task.moved || since >= last.at).then_some(place)
}

/// A part of answering a request.
#[derive(Clone, Copy)]
enum Part {
    /// All of it, from the server on.
    Request,
    /// What sends the response.
    Response,
}

impl Part {
    fn is_in(self, analysis: &Analysis<'_>, chain: StackId) -> bool {
        analysis.book.stack(chain).all.has(match self {
            Self::Request => Marks::REQUEST,
            Self::Response => Marks::RESPONSE,
        })
    }
}
