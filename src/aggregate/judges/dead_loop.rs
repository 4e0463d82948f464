//! A loop beside the one that serves whose thread has ended, while others wait for what they handed to it.
//!
//! A loop that no thread runs is nothing bad: it may be between two runs, or done. That somebody waits for it is, unless a
//! thread is there that may run it again.

use std::time::Duration;

use super::Judge;
use crate::aggregate::dead_loops::{DeadLoop, dead_loops, runs_nowhere};
use crate::aggregate::pools::snapshot_at;
use crate::aggregate::users::groups;
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Hurt, Kind, LoopSummary, SecondParty, Subject, TaskFact, Verdict,
    task, users_place,
};
use crate::classify::Resource;
use crate::snapshot::{Actor, Occupier, TaskSample, ThreadId};

pub(super) struct DeadLoops;

/// The two looks that show the same have to be so far apart: a loop that is run in turns may be between two of them.
const APART: Duration = Duration::from_secs(2);
/// Loops of one process that are told.
const MOST: usize = 3;
/// Tasks on such a loop that are named.
const MOST_NAMED: usize = 3;

impl Judge for DeadLoops {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let dead = dead_loops(analysis, APART).into_iter().filter(|dead| dead.owner.is_none());
        dead.filter_map(|dead| verdict(analysis, &dead)).take(MOST).collect()
    }
}

fn verdict(analysis: &Analysis<'_>, dead: &DeadLoop<'_>) -> Option<Verdict> {
    let waiter = |thread| Occupier { who: Actor::Thread(thread), place: None, job: None };
    let waiters: Vec<Occupier> = dead.waits.iter().map(|wait| waiter(wait.thread)).collect();
    let blamed = groups(analysis, dead.census, &waiters).into_iter().next().map(|group| group.blamed);
    let place = blamed.map(|blamed| blamed.place(analysis.recording));
    let threads = waiters.len() as u64;
    let since = asleep(analysis, dead).unwrap_or(dead.since).max(dead.since);
    let finding = Finding::new(
        Kind::LoopGone,
        analysis.pid(),
        LoopSummary::LoopGone { threads, place },
        TaskFact::LoopRunsNowhere { looks: runs_nowhere(analysis, dead.address)? },
    )
    .cause(Cause::FutureResult, if dead.searched { Confidence::Likely } else { Confidence::Possible })
    .lasting(Some(since.as_secs_f64()), 1.0)
    .evidence([TaskFact::SameFutures { threads, apart_s: dead.since.as_secs_f64() }, handed(dead)])
    .evidence(left(analysis, dead))
    .hurts([Hurt::WaitForEver { threads }])
    .advice(Advice::RestartLoop)
    .blame(
        blamed.map(|blamed| blamed.blame(analysis.recording)),
        SecondParty::Resource { resource: Resource::IdleLoop },
    )
    .stands(dead.waits.iter().map(|wait| Subject::Thread(wait.thread)))
    .holds_up([Subject::IdleLoop(dead.address)]);
    Some(finding.on(dead.waits.first()?.thread.0, None).verdict())
}

/// Whether the loop has begun with what it was handed.
fn handed(dead: &DeadLoop<'_>) -> TaskFact {
    let begun = dead.waits.iter().filter(|wait| wait.task.is_some()).count();
    TaskFact::HandedOver { queued: (dead.waits.len() - begun) as u64, tasks: begun as u64 }
}

/// Tasks that stopped where they were when the loop did.
fn left(analysis: &Analysis<'_>, dead: &DeadLoop<'_>) -> Option<TaskFact> {
    let tasks = dead.census.tasks.get()?;
    let own: Vec<_> = tasks.tasks.iter().filter(|task| task.event_loop == dead.address).collect();
    let named =
        |one: &&TaskSample| (task(tasks, one.address), users_place(analysis.recording, &analysis.book, one.chain));
    (!own.is_empty())
        .then(|| TaskFact::LeftOn { tasks: own.len() as u64, named: own.iter().take(MOST_NAMED).map(named).collect() })
}

/// For how long the thread that moved last has not moved.
fn asleep(analysis: &Analysis<'_>, dead: &DeadLoop<'_>) -> Option<Duration> {
    let (_, snapshot) = snapshot_at(analysis, dead.census.at)?;
    let asleep = |thread: ThreadId| snapshot.thread(thread)?.os.asleep_for.ok();
    dead.waits.iter().map(|wait| asleep(wait.thread)).collect::<Option<Vec<_>>>()?.into_iter().min()
}
