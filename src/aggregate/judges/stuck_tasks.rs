//! Tasks that wait for something that does not come, while the loop turns.
//!
//! A task that waits proves nothing: long polls wait for minutes. What is decided here are locks and queues, because those
//! have somebody who has to let go or to take: he is found and does not move, or nobody is left who could.

use std::time::Duration;

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::bystanders;
use crate::aggregate::censuses::waited;
use crate::aggregate::connections::{awaited_connection, silent_for};
use crate::aggregate::places::place_of;
use crate::aggregate::standing::LONG;
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Evidence, Finding, Hurt, Kind, SearchFact, SecondParty, Subject, TaskFact,
    TaskSummary, Verdict, awaited_peer, task, users_frame, waits_for,
};
use crate::classify::{Origin, Resource};
use crate::snapshot::{
    Actor, Awaited, Census, Known, Moment, PrimitiveKind, PrimitiveSample, TaskCensus, TaskHold, TaskSample,
};

pub(super) struct StuckTasks;

/// So many tasks have to wait for one that rests with the lock, or for a library's lock: a single one may stand by, as it
/// is meant to.
const FEWEST_BEHIND_ONE_AT_REST: usize = 2;
/// Primitives of one process that are told.
const MOST: usize = 3;

impl Judge for StuckTasks {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some((census, tasks)) = analysis.tasks() else { return Vec::new() };
        let mut primitives: Vec<&PrimitiveSample> = tasks.primitives.iter().collect();
        primitives.sort_by_key(|primitive| std::cmp::Reverse(primitive.waiting + primitive.putting));
        primitives
            .into_iter()
            .filter_map(|primitive| Case::of(analysis, census, tasks, primitive)?.verdict())
            .take(MOST)
            .collect()
    }
}

/// A primitive that tasks have waited for all the time.
struct Case<'a> {
    analysis: &'a Analysis<'a>,
    tasks: &'a TaskCensus,
    now: Moment,
    primitive: &'a PrimitiveSample,
    /// Those who have waited long enough, and for how long all of them have.
    waiters: Vec<&'a TaskSample>,
    since: Duration,
}

impl<'a> Case<'a> {
    fn of(
        analysis: &'a Analysis<'a>,
        census: &'a Census,
        tasks: &'a TaskCensus,
        primitive: &'a PrimitiveSample,
    ) -> Option<Self> {
        let waiters: Vec<&TaskSample> = primitive.waiters.iter().filter_map(|waiter| tasks.task(*waiter)).collect();
        let long: Vec<(&TaskSample, Duration)> =
            waiters.into_iter().filter_map(|task| Some((task, waited(analysis.recording, census.at, task)?))).collect();
        let since = long.iter().map(|(_, since)| *since).min()?;
        let waiters = long.into_iter().map(|(task, _)| task).collect();
        Some(Self { analysis, tasks, now: census.at, primitive, waiters, since })
    }

    fn verdict(&self) -> Option<Verdict> {
        match (self.primitive.kind, self.primitive.value) {
            (PrimitiveKind::Lock, Known::Is(1)) | (PrimitiveKind::Semaphore, Known::Is(0)) => {
                if self.primitive.holders.is_empty() { self.leaked() } else { self.held() }
            }
            (PrimitiveKind::Queue, Known::Is(items)) => {
                let limit = self.primitive.limit.ok().flatten()?;
                (items >= limit && self.primitive.putting > 0 && self.primitive.waiting == 0)
                    .then(|| self.full(limit))
                    .flatten()
            }
            _ => None,
        }
    }

    /// The holders are known: none of them may have moved.
    fn held(&self) -> Option<Verdict> {
        let holders = &self.primitive.holders;
        let mut stood = Vec::new();
        for hold in holders {
            let holder = self.tasks.task(hold.task)?;
            stood.push((hold, holder, waited(self.analysis.recording, self.now, holder)?));
        }
        let (hold, holder, _) = *stood.first()?;
        if self.primitive.kind == PrimitiveKind::Semaphore {
            if stood.iter().all(|(_, task, _)| self.wants(task)) {
                return self.entered_twice(hold);
            }
            // Bounded by design: not stuck before it has stood for longer than known good ones do.
            if stood.iter().any(|(_, task, seen)| self.may_answer(task, *seen)) {
                return None;
            }
        }
        let recording = self.analysis.recording;
        // For a client to take data: who else waits for that has been looked into.
        if stood.iter().any(|(_, task, _)| sends(task)) {
            return None;
        }
        let users = self.analysis.book.code(hold.frame.code).origin == Origin::User;
        if self.waiters.len() < FEWEST_BEHIND_ONE_AT_REST && (!users || stood.iter().any(|(_, task, _)| rests(task))) {
            return None;
        }
        let place = place_of(recording, hold.frame.code, hold.frame.line);
        let summary = TaskSummary::HeldWhileAwaiting {
            tasks: self.waiting(),
            primitive: self.primitive.kind,
            place: place.clone(),
            waits_for: waits_for(recording, self.tasks, holder, self.now),
        };
        let evidence = TaskFact::HeldFor { by: task(self.tasks, hold.task), place, for_s: self.since.as_secs_f64() };
        let peer = match &holder.wait {
            Known::Is(Some(wait)) => awaited_peer(recording, &wait.on).map(str::to_owned),
            Known::Is(None) | Known::Unknown(_) => None,
        };
        let party = match peer {
            Some(address) => SecondParty::Peer { address, service: None },
            None => self.resource(),
        };
        // One will end in time; how long that may take nobody knows. And a semaphore is there to let others wait: that its
        // holders do not move may be no more than a slow upstream.
        let may_be_meant = holder.timed || self.primitive.kind == PrimitiveKind::Semaphore;
        let confidence = if may_be_meant { Confidence::Possible } else { Confidence::Likely };
        let finding = self.finding(summary, evidence, Cause::AsyncioLock, hold).confidence(confidence);
        Some(finding.advice(Advice::HoldForLess).blame(blame(self.analysis, Actor::Task(hold.task)), party).verdict())
    }

    /// Whether a holder waits for a peer that has not been silent for long.
    fn may_answer(&self, holder: &TaskSample, seen: Duration) -> bool {
        let awaited = awaited_connection(self.analysis.recording, holder);
        awaited.is_some_and(|awaited| silent_for(awaited.connection).unwrap_or(seen) < LONG)
    }

    /// All who hold it wait for it once more: each for a place that only they could give back.
    fn entered_twice(&self, hold: &TaskHold) -> Option<Verdict> {
        let summary = TaskSummary::EnteredTwice {
            primitive: self.primitive.kind,
            place: place_of(self.analysis.recording, hold.frame.code, hold.frame.line),
        };
        let evidence = TaskFact::NoPlaceInside { for_s: self.since.as_secs_f64() };
        Some(
            Finding::new(Kind::Deadlock, self.analysis.pid(), summary, evidence)
                .cause(Cause::AsyncioLock, Confidence::Likely)
                .lasting(Some(self.since.as_secs_f64()), 1.0)
                .stands(self.waiters.iter().map(|task| Subject::Task(task.address)))
                .hurts([Hurt::Tasks { count: self.waiters.len() as u64, behind: None }])
                .advice(Advice::EnterOnce)
                .blame(blame(self.analysis, Actor::Task(hold.task)), self.resource())
                .verdict(),
        )
    }

    /// Nobody holds it by `async with`. It is leaked when nobody is left who could let go of it: all tasks that run code
    /// of the user's wait for it.
    fn leaked(&self) -> Option<Verdict> {
        if self.primitive.kind != PrimitiveKind::Lock || self.somebody_else() {
            return None;
        }
        let summary = TaskSummary::NotGivenBack { tasks: self.waiting(), primitive: self.primitive.kind };
        let first = self.waiters.first()?;
        let hold = TaskHold {
            task: first.address,
            frame: users_frame(self.analysis.recording, &self.analysis.book, first.chain.ok()?)?,
        };
        let finding =
            self.finding(summary, SearchFact::NobodyHolds, Cause::AsyncioLock, &hold).advice(Advice::GiveBack);
        Some(finding.blame(blame(self.analysis, Actor::Task(first.address)), self.resource()).verdict())
    }

    /// A full queue of which nobody takes, and nobody is left who could.
    fn full(&self, limit: u64) -> Option<Verdict> {
        if self.somebody_else() {
            return None;
        }
        let first = self.waiters.first()?;
        let summary = TaskSummary::NobodyTakes { tasks: self.primitive.putting, items: limit };
        let evidence = TaskFact::NobodyTakes { items: limit, for_s: self.since.as_secs_f64() };
        let hold = TaskHold {
            task: first.address,
            frame: users_frame(self.analysis.recording, &self.analysis.book, first.chain.ok()?)?,
        };
        let finding = self.finding(summary, evidence, Cause::AsyncioQueue, &hold).advice(Advice::RestartConsumer);
        Some(finding.blame(blame(self.analysis, Actor::Task(first.address)), self.resource()).verdict())
    }

    fn finding(&self, summary: TaskSummary, evidence: impl Into<Evidence>, cause: Cause, blamed: &TaskHold) -> Finding {
        let waiting = TaskFact::SameWait { tasks: self.waiting(), apart_s: self.since.as_secs_f64() };
        let behind = Some(place_of(self.analysis.recording, blamed.frame.code, blamed.frame.line));
        Finding::new(Kind::TasksStuck, self.analysis.pid(), summary, evidence)
            .cause(cause, Confidence::Likely)
            .lasting(Some(self.since.as_secs_f64()), 1.0)
            .evidence([waiting])
            .failures(self.analysis)
            .hurts([Hurt::Tasks { count: self.waiters.len() as u64, behind }])
            .stands(self.stands())
            .holds_up(self.primitive.waiters.iter().map(|task| Subject::Task(*task)))
            .holds_up([Subject::Primitive(self.primitive.address)])
    }

    /// Those that hold it; where nobody is seen to, those that wait.
    fn stands(&self) -> Vec<Subject> {
        match self.primitive.holders.as_slice() {
            [] => self.waiters.iter().map(|task| Subject::Task(task.address)).collect(),
            holders => holders.iter().map(|hold| Subject::Task(hold.task)).collect(),
        }
    }

    fn resource(&self) -> SecondParty {
        SecondParty::Resource { resource: Resource::Primitive { primitive: self.primitive.kind } }
    }

    fn waiting(&self) -> u64 {
        self.primitive.waiting + self.primitive.putting
    }

    /// Whether a task that runs code of the user's does something else than wait for this primitive, or behind those who
    /// do.
    fn somebody_else(&self) -> bool {
        bystanders::some_task(self.analysis, self.tasks, |task| self.wants(task))
    }

    fn wants(&self, task: &TaskSample) -> bool {
        matches!(&task.wait, Known::Is(Some(wait)) if wait.on == Awaited::Primitive(self.primitive.address))
    }
}

/// Whether a task waits as one does that has nothing to do: it sleeps, or waits for work from other tasks.
fn rests(task: &TaskSample) -> bool {
    let Known::Is(Some(wait)) = &task.wait else { return false };
    matches!(wait.on, Awaited::Sleep { .. } | Awaited::Primitive(_))
}

/// Whether a task waits for the other end of a connection to take data.
fn sends(task: &TaskSample) -> bool {
    let Known::Is(Some(wait)) = &task.wait else { return false };
    matches!(wait.on, Awaited::Connection { sends: true, .. })
}
