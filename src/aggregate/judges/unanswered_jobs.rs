//! Work of the program's own beside its requests, in tasks and threads, that was promised an answer and gets none.
//!
//! A consumer waits for messages for as long as it lives, and a job for the answer to what it asked. The kernel tells them apart:
//! who asked was the last to say something on the connection.

use std::time::Duration;

use super::Judge;
use crate::aggregate::censuses::waited;
use crate::aggregate::connections::{awaited_connection, by_descriptor, peer_party, unanswered_for};
use crate::aggregate::jobs::{Job, jobs};
use crate::aggregate::standing::awaited;
use crate::aggregate::users::groups;
use crate::aggregate::workers::{asleep, ends_in_time, stack};
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Evidence, Finding, Kind, PeerFact, Place, SecondParty, Subject, TaskSummary,
    Verdict, WorkerFact, awaiting,
};
use crate::libraries::Marks;
use crate::snapshot::{
    Actor, Address, Awaited, Connection, Ending, Known, Occupier, TaskCensus, TaskSample, ThreadId, ThreadSample,
    WorkKind,
};

pub(super) struct UnansweredJobs;

/// So long an answer has to have been owed. Ordinary slow ones take less.
const OWED: Duration = Duration::from_secs(10);
/// Tasks that one job is followed through.
const MOST_TASKS: usize = 32;
/// Verdicts about one process.
const MOST: usize = 3;

impl Judge for UnansweredJobs {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some(census) = analysis.recording.censuses.last() else { return Vec::new() };
        let of_tasks = jobs(analysis).into_iter().filter_map(|job| in_task(analysis, &job));
        let of_threads = own_threads(analysis).into_iter().filter_map(|thread| in_thread(analysis, thread));
        let waits: Vec<Wait<'_>> = of_tasks.chain(of_threads).collect();
        let users: Vec<Occupier> =
            waits.iter().map(|wait| Occupier { who: wait.who, place: None, job: None }).collect();
        let told = groups(analysis, census, &users).into_iter().take(MOST).filter_map(|group| {
            let of: Vec<&Wait<'_>> = waits.iter().filter(|wait| group.users.contains(&wait.who)).collect();
            let longest = of.iter().max_by_key(|wait| wait.owed)?;
            let place = group.blamed.place(analysis.recording);
            Some(
                told(analysis, longest, &of, place)
                    .blame(Some(group.blamed.blame(analysis.recording)), longest.party()),
            )
        });
        told.map(Finding::verdict).collect()
    }
}

/// A job that waits for an answer.
struct Wait<'a> {
    /// The task or thread with the user's function.
    who: Actor,
    /// Its name; of a thread's function, none.
    name: Option<String>,
    connection: &'a Connection,
    /// For how long it has been owed one.
    owed: Duration,
    /// How often the job is to run.
    every: Option<Duration>,
}

impl Wait<'_> {
    fn party(&self) -> SecondParty {
        peer_party(&self.connection.peer)
    }
}

fn told(analysis: &Analysis<'_>, longest: &Wait<'_>, of: &[&Wait<'_>], place: Place) -> Finding {
    let peer = &longest.connection.peer;
    let for_s = longest.owed.as_secs_f64();
    let summary = TaskSummary::JobUnanswered {
        jobs: of.len() as u64,
        name: longest.name.clone(),
        for_s,
        place,
        peer: peer.clone(),
    };
    let late = longest.every.filter(|every| longest.owed > *every);
    let limits: Evidence = match late {
        Some(every) => WorkerFact::Interval { every_s: every.as_secs_f64() }.into(),
        None => PeerFact::ConsumersLookAlike.into(),
    };
    Finding::new(Kind::JobStuck, analysis.pid(), summary, PeerFact::AskedAndSilent { peer: peer.clone(), ago_s: for_s })
        .cause(Cause::SocketRead, if late.is_some() { Confidence::Likely } else { Confidence::Possible })
        .lasting(Some(for_s), 1.0)
        .evidence([limits])
        .stands(of.iter().map(|wait| Subject::from(wait.who)))
        .holds_up(of.iter().map(|wait| Subject::from(wait.who)))
        .advice(Advice::LimitAnswer { peer: peer.clone(), timed: false })
}

/// What a job waits for that a task runs, when that is an answer that is long owed.
fn in_task<'a>(analysis: &Analysis<'a>, job: &Job) -> Option<Wait<'a>> {
    let (Actor::Task(task), WorkKind::Jobs) = (job.who, job.kind) else { return None };
    let (census, tasks) = analysis.tasks()?;
    // Who waits for it asks on behalf of a request, or within a time.
    if tasks.tasks.iter().any(|other| awaited(other).contains(&task)) {
        return None;
    }
    let path = path(tasks, task)?;
    let still = |task: &&TaskSample| waited(analysis.recording, census.at, task).is_some() && !ends_by_itself(task);
    let listens = |task: &&TaskSample| task.chain.ok().is_none_or(|chain| listens(analysis, chain));
    let around = awaiting(tasks, task);
    if !path.iter().all(still) || around.iter().any(|task| ends_by_itself(task)) || path.iter().any(listens) {
        return None;
    }
    let last = path.last()?;
    let name = Some(job.name.clone());
    if let Known::Is(Some(wait)) = &last.wait
        && let Awaited::Executor { thread: Known::Is(thread) } = wait.on
    {
        return in_thread(analysis, thread).map(|wait| Wait { name, every: job.every, ..wait });
    }
    let awaited = awaited_connection(analysis.recording, last).filter(|awaited| !awaited.sends)?;
    let owed = unanswered_for(analysis.last_surroundings()?, awaited.connection).filter(|owed| *owed >= OWED)?;
    let own = path.iter().rev().find(|task| {
        task.chain
            .ok()
            .is_some_and(|chain| crate::aggregate::users_frame(analysis.recording, &analysis.book, chain).is_some())
    });
    let who = own.map_or(task, |task| task.address);
    Some(Wait { who: Actor::Task(who), name, connection: awaited.connection, owed, every: job.every })
}

/// The tasks from a job's to the one at the end of the way, when it is one way.
fn path(tasks: &TaskCensus, from: Address) -> Option<Vec<&TaskSample>> {
    let mut path: Vec<&TaskSample> = vec![tasks.task(from)?];
    while path.len() < MOST_TASKS {
        match awaited(path.last()?).as_slice() {
            [] => return Some(path),
            [next] if path.iter().all(|task| task.address != *next) => path.push(tasks.task(*next)?),
            _ => return None,
        }
    }
    None
}

fn ends_by_itself(task: &TaskSample) -> bool {
    let sleeps = matches!(&task.wait, Known::Is(Some(wait)) if matches!(wait.on, Awaited::Sleep { .. }));
    let mut ends = task.ends.get().into_iter().flatten();
    let timed = |ending: &Ending| {
        matches!(ending, Ending::Timer { .. } | Ending::Limit { .. } | Ending::Asked { .. } | Ending::Ready)
    };
    sleeps || task.timed || ends.any(timed)
}

fn listens(analysis: &Analysis<'_>, stack: crate::snapshot::StackId) -> bool {
    analysis.book.stack(stack).all.has(Marks::SUBSCRIBE)
}

/// Threads that serve no request, run no loop and no call for a task, and have no piece of work that somebody gave them.
fn own_threads(analysis: &Analysis<'_>) -> Vec<ThreadId> {
    let (Some(census), Some((_, last))) = (analysis.recording.censuses.last(), analysis.last_snapshot()) else {
        return Vec::new();
    };
    let serves = |thread: ThreadId| census.requests.iter().any(|request| request.thread == Known::Is(Some(thread)));
    let members: Vec<Actor> = census.crews.iter().flat_map(|crew| &crew.members).map(|member| member.who).collect();
    // A call in a pool's thread was given to it by somebody, and the pool is judged by itself.
    let in_pool = |thread: ThreadId| {
        let mut taken = census.pools.iter().flat_map(|pool| &pool.occupiers);
        taken.any(|occupier| occupier.who == Actor::Thread(thread))
    };
    let lends = |thread: ThreadId| {
        let tasks = census.tasks.get().into_iter().flat_map(|tasks| &tasks.tasks);
        tasks.into_iter().any(|task| runs_in(task, thread))
    };
    let own = |thread: &ThreadId| {
        analysis.track_of(*thread).is_none()
            && !serves(*thread)
            && !members.contains(&Actor::Thread(*thread))
            && !lends(*thread)
            && !in_pool(*thread)
    };
    last.threads.iter().map(|thread| thread.thread).filter(own).collect()
}

/// Whether a task waits for a call in this thread.
fn runs_in(task: &TaskSample, thread: ThreadId) -> bool {
    let waits =
        matches!(&task.wait, Known::Is(Some(wait)) if wait.on == Awaited::Executor { thread: Known::Is(thread) });
    waits || task.ends.get().is_some_and(|ends| ends.contains(&Ending::Thread { thread }))
}

/// What a thread waits for, when that is an answer that is long owed.
fn in_thread<'a>(analysis: &Analysis<'a>, thread: ThreadId) -> Option<Wait<'a>> {
    let (index, snapshot) = analysis.last_snapshot()?;
    let sample: &ThreadSample = snapshot.thread(thread)?;
    let reads = analysis.activity(index, snapshot, sample).cause == Some(Cause::SocketRead);
    let timed = sample.os.syscall.get().is_none_or(ends_in_time);
    if !reads || timed || stack(sample).is_none_or(|stack| listens(analysis, stack)) {
        return None;
    }
    let [descriptor] = sample.os.waits_on.as_slice() else { return None };
    let around = analysis.last_surroundings()?;
    let connection = by_descriptor(around, descriptor.number)?;
    let owed = unanswered_for(around, connection)?.min(asleep(analysis, thread)?);
    (owed >= OWED).then_some(Wait { who: Actor::Thread(thread), name: None, connection, owed, every: None })
}
