//! A loop that one step keeps from turning.

use std::time::Duration;

use super::loops::{STANDS_ON_IT, STEPS_LAST, USES_THE_CPU};
use super::stopped::halted;
use super::throttled::{Throttling, throttling};
use super::{Explains, Judge, across_await};
use crate::aggregate::dead_loops;
use crate::aggregate::places::place_of;
use crate::aggregate::ranking::{Group, groups};
use crate::aggregate::run_queue::notably_queued;
use crate::aggregate::stall::Stall;
use crate::aggregate::task_graph::waits_for_one_who_waits;
use crate::aggregate::track::{LookAt, Track};
use crate::aggregate::wait_graph::LOOKS_TO_BELIEVE;
use crate::aggregate::{
    Act, Advice, Analysis, Cause, Confidence, Evidence, Finding, GilFact, Kind, Lifespan, LockFact, LoopSummary,
    StepFact, Subject, Verdict, gil,
};
use crate::classify::{Manner, Origin, Phase, Who};
use crate::snapshot::{GilRole, Known, LockHolder};

pub(super) struct BlockedLoops;

/// One stall so long is a finding. Users notice a second; timeouts of health checks begin there.
const SEVERE_STALL: Duration = Duration::from_secs(1);
/// Stalls so long add up to a finding when they take [`SEVERE_SHARE`] of the window; shorter ones are how a busy loop
/// works.
const LONG_STALL: Duration = Duration::from_millis(100);
/// This share of the window in long stalls: at random, every fourth request waits for one.
const SEVERE_SHARE: f64 = 0.25;
/// Shares of a shorter window than this say nothing.
const SHORTEST_FOR_SHARE: Duration = Duration::from_secs(1);
/// An application that waits so long for something while it starts is stuck.
const STUCK_WAITING_AT_START: Duration = Duration::from_secs(2);
/// One that computes or imports while it starts is given more: large libraries take seconds to import.
const STUCK_WORKING_AT_START: Duration = Duration::from_secs(10);
/// So many functions of one loop get a verdict of their own; the ranking has all.
const MOST_VERDICTS: usize = 3;

impl Judge for BlockedLoops {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        // What a loop was in when its process was halted keeps it from nothing.
        if halted(analysis).is_some() {
            return Vec::new();
        }
        let groups = groups(analysis);
        let of_loop = |(index, track)| {
            let own: Vec<&Group<'_>> = groups.iter().filter(|group| group.track == index).collect();
            judge(analysis, track, &own)
        };
        analysis.tracks.iter().enumerate().flat_map(of_loop).collect()
    }

    fn explains(&self) -> &'static [Explains] {
        &[STANDS_ON_IT, USES_THE_CPU, STEPS_LAST]
    }
}

/// What there is to say of some stalls of one function, however short they are.
#[must_use]
pub fn verdict_on(analysis: &Analysis<'_>, group: &Group<'_>) -> Option<Verdict> {
    let track = analysis.tracks.get(group.track)?;
    Some(finding(analysis, track, group).verdict())
}

/// The verdicts on a loop from its stalls, grouped by function.
fn judge(analysis: &Analysis<'_>, track: &Track<'_>, groups: &[&Group<'_>]) -> Vec<Verdict> {
    let severe = |group: &&&Group<'_>| is_severe(analysis, group);
    let severe: Vec<&Group<'_>> = groups.iter().filter(severe).take(MOST_VERDICTS).copied().collect();
    if severe.is_empty() {
        // Many functions that block a little each are a blocked loop too; the worst of them stands for all.
        let long: Duration = groups.iter().map(|group| time_in_long_stalls(analysis, group)).sum();
        let serving: Vec<&&Group<'_>> =
            groups.iter().filter(|group| phase(analysis, group.example).is_none()).collect();
        if analysis.window() >= SHORTEST_FOR_SHARE && analysis.share(long) >= SEVERE_SHARE {
            let all = groups.iter().filter_map(|group| group.subject(analysis));
            let worst = serving.first().map(|group| finding(analysis, track, group));
            return worst.map(|worst| worst.tells(all).verdict()).into_iter().collect();
        }
    }
    severe.into_iter().map(|group| finding(analysis, track, group).verdict()).collect()
}

fn is_severe(analysis: &Analysis<'_>, group: &Group<'_>) -> bool {
    if matches!(phase(analysis, group.example), Some(Phase::Startup)) {
        // What has ended was a slow start, not a stuck one.
        let waits = group.example.reason.example.manner == Manner::Waiting && group.cause != Cause::Import;
        let limit = if waits { STUCK_WAITING_AT_START } else { STUCK_WORKING_AT_START };
        return !group.example.ended && group.example.length() >= limit;
    }
    let share = analysis.share(time_in_long_stalls(analysis, group));
    group.longest() >= SEVERE_STALL || analysis.window() >= SHORTEST_FOR_SHARE && share >= SEVERE_SHARE
}

fn time_in_long_stalls(analysis: &Analysis<'_>, group: &Group<'_>) -> Duration {
    let long = group.stalls.iter().filter(|stall| stall.length() >= LONG_STALL);
    long.map(|stall| stall.inside(analysis.began())).sum()
}

/// Whether the application was starting or stopping in a stall, from the frames and from whether it listens.
fn phase(analysis: &Analysis<'_>, stall: &Stall) -> Option<Phase> {
    let phase = analysis.book.stack(stall.blamed?.stack).phase?;
    let listeners = analysis.last_surroundings().and_then(|around| around.listeners.get());
    match phase {
        Phase::Lifespan => listeners.is_some_and(Vec::is_empty).then_some(Phase::Startup),
        told => Some(told),
    }
}

fn finding(analysis: &Analysis<'_>, track: &Track<'_>, group: &Group<'_>) -> Finding {
    let stall = group.example;
    let blame = stall.blamed.map(|blamed| blamed.blame(analysis.recording));
    let kind = match phase(analysis, stall) {
        Some(Phase::Startup) => Kind::StartupStuck,
        Some(Phase::Shutdown) => Kind::ShutdownStuck,
        _ => Kind::LoopBlocked,
    };
    let across =
        if group.cause == Cause::Lock && !stall.ended { across_await::holder(analysis, track.thread) } else { None };
    let cause = if across.is_some() { Cause::LockAcrossAwait } else { group.cause };
    let party = across.unwrap_or_else(|| stall.reason.example.party.clone());
    let advice = match kind {
        _ if cause == Cause::Lock && waits_for_one_who_waits(analysis, track.thread) => Advice::LetGoFirst,
        Kind::StartupStuck => Advice::StartWithout,
        _ => Advice::OffTheLoop,
    };
    let mut confidence = stall.reason.confidence;
    if stall.blamed.is_none_or(|blamed| blamed.origin != Origin::User) {
        confidence = confidence.min(Confidence::Likely);
    }
    Finding::new(kind, analysis.pid(), summary(analysis, kind, group), same_step(group))
        .cause(cause, confidence)
        .on(track.thread.0, Some(track.kind.word()))
        .lasting((!stall.ended).then(|| stall.length().as_secs_f64()), analysis.share(group.total))
        .evidence(evidence(analysis, track, group))
        .hurts_users_of(analysis, Some(track))
        .doing(Some(stall.reason.example.does.clone()))
        .advice(advice)
        .blame(blame, party)
        .stands((!stall.ended).then_some(Subject::Thread(track.thread)))
        .tells(group.subject(analysis))
}

fn summary(analysis: &Analysis<'_>, kind: Kind, group: &Group<'_>) -> LoopSummary {
    let stall = group.example;
    let place = stall.blamed.map(|blamed| blamed.place(analysis.recording));
    let (cause, act) = (group.cause, Act::from(&stall.reason.example));
    let phase = match kind {
        Kind::StartupStuck => Some(Lifespan::Startup),
        Kind::ShutdownStuck => Some(Lifespan::Shutdown),
        _ => None,
    };
    if phase.is_none() && group.stalls.len() > 1 && stall.length() < SEVERE_STALL {
        return LoopSummary::BlockedOften {
            share: analysis.share(group.total),
            place,
            cause,
            act,
            stalls: group.stalls.len() as u64,
            longest_s: group.longest().as_secs_f64(),
        };
    }
    LoopSummary::Blocked { phase, for_s: stall.length().as_secs_f64(), place, cause, act }
}

fn same_step(group: &Group<'_>) -> StepFact {
    let stall = group.example;
    let looks = stall.looks.len() as u64;
    match group.stalls.len() {
        1 => StepFact::SameStep { looks, ended: stall.ended },
        many => StepFact::Stalls {
            stalls: many as u64,
            total_s: group.total.as_secs_f64(),
            longest_s: group.longest().as_secs_f64(),
            looks,
        },
    }
}

fn evidence(analysis: &Analysis<'_>, track: &Track<'_>, group: &Group<'_>) -> Vec<Evidence> {
    let stall = group.example;
    let reason = &stall.reason;
    let looks: Vec<&LookAt<'_>> = stall.looks.iter().filter_map(|index| track.looks.get(*index)).collect();
    let (shown, told) = reason.shown;
    let did =
        StepFact::Did { thread: track.thread, act: Act::from(&reason.example), looks: shown as u64, of: told as u64 };
    let what = match group.cause {
        Cause::Import => Some(StepFact::Imports),
        Cause::NativeCpuGil => Some(StepFact::FrozenLine { for_s: stall.length().as_secs_f64() }),
        Cause::NeverSuspends => Some(StepFact::AwaitsComeAndGo),
        _ => None,
    };
    let by_route = stall.blamed.is_some_and(|blamed| blamed.by_route).then_some(StepFact::ByRoute);
    let mut evidence: Vec<Evidence> = [Some(did), what, by_route].into_iter().flatten().map(Evidence::from).collect();
    evidence.extend(of_lock(analysis, &looks).map(Evidence::from));
    if group.cause == Cause::FutureResult && !stall.ended {
        evidence.extend(dead_loops::awaited(analysis, track).map(Evidence::from));
    }
    evidence.extend(switches(&looks).map(Evidence::from));
    evidence.extend(of_gil(analysis, &looks).map(Evidence::from));
    if reason.example.manner != Manner::Waiting {
        evidence.extend(throttling(analysis).as_ref().and_then(Throttling::contribution).map(Evidence::from));
        evidence.extend(notably_queued(&looks).map(|(queued, span)| {
            Evidence::from(StepFact::QueuedForCpu { for_s: queued.as_secs_f64(), of_s: span.as_secs_f64() })
        }));
    }
    if stall.start < analysis.began() {
        let by_s = analysis.began().since(stall.start).as_secs_f64();
        evidence.push(StepFact::BeganBefore { by_s }.into());
    }
    evidence
}

/// Who holds the lock that the thread waits for, what that one does meanwhile, and in how many looks; or that nobody was
/// found.
fn of_lock(analysis: &Analysis<'_>, looks: &[&LookAt<'_>]) -> Option<LockFact> {
    let seen = looks.iter().rev().filter_map(|seen| {
        let snapshot = analysis.recording.snapshots.get(seen.snapshot)?;
        let waiter = seen.thread?.thread;
        let lock = snapshot.locks.iter().find(|lock| lock.waiters.contains(&waiter))?;
        Some((seen.snapshot, snapshot, lock))
    });
    let (index, snapshot, lock) = seen.clone().next()?;
    let in_parent = lock.in_parent.ok().flatten();
    let (holder, frame) = match lock.holder {
        Known::Is(LockHolder::Thread { thread, frame }) => (snapshot.thread(thread)?, frame),
        Known::Is(LockHolder::Gone) => return Some(LockFact::OwnerGone { in_parent: in_parent.is_some() }),
        Known::Unknown(_) => {
            let across = across_await::fact(analysis, looks.first()?.thread?.thread);
            return across.or(Some(LockFact::HolderNotFound { in_parent }));
        }
    };
    let same = seen.filter(|(.., other)| (other.address, other.holder) == (lock.address, lock.holder)).count();
    (same >= LOOKS_TO_BELIEVE).then(|| LockFact::Held {
        by: Who::from(holder),
        taken: frame.map(|frame| place_of(analysis.recording, frame.code, frame.line)),
        looks: same as u64,
        of: looks.len() as u64,
        act: Act::from(&analysis.activity(index, snapshot, holder)),
    })
}

/// What the thread's context switches say: a thread that waits in one call has none.
fn switches(looks: &[&LookAt<'_>]) -> Option<StepFact> {
    let told = |seen: &&&LookAt<'_>| matches!(seen.thread.map(|thread| thread.os.switches), Some(Known::Is(_)));
    let first = looks.iter().find(told)?;
    let last = looks.iter().rev().find(told)?;
    let voluntary =
        |seen: &LookAt<'_>| seen.thread.and_then(|thread| thread.os.switches.ok()).map(|told| told.voluntary);
    let switches = voluntary(last)?.saturating_sub(voluntary(first)?);
    let span = last.at.since(first.at);
    (span > Duration::ZERO).then_some(StepFact::Switches { switches, in_s: span.as_secs_f64() })
}

fn of_gil(analysis: &Analysis<'_>, looks: &[&LookAt<'_>]) -> Option<GilFact> {
    let role = |seen: &&LookAt<'_>| seen.thread?.python.as_ref()?.gil.ok();
    let roles: Vec<GilRole> = looks.iter().filter_map(role).collect();
    let holds = roles.iter().filter(|role| **role == GilRole::Holds).count();
    let gils = looks.iter().filter_map(|seen| analysis.recording.snapshots.get(seen.snapshot)).filter_map(gil::sample);
    let held = gils.clone().filter(|gil| gil.locked).count();
    match (roles.len(), holds) {
        (0, _) => None,
        (_, 0) if held == 0 => Some(GilFact::GilFree),
        (_, 0) => Some(GilFact::WithoutGil),
        (all, holds) => Some(GilFact::HoldsGil { looks: holds as u64, of: all as u64 }),
    }
}
