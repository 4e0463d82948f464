//! A loop that one step keeps from turning.

use std::time::Duration;

use super::loops::{STANDS_ON_IT, STEPS_LAST, USES_THE_CPU};
use super::stopped::halted;
use super::throttled::{Throttling, throttling};
use super::{Explains, Judge, across_await};
use crate::aggregate::dead_loops;
use crate::aggregate::phrases::{count_words, length_words, place_of, place_words, share_words};
use crate::aggregate::ranking::{Group, groups};
use crate::aggregate::run_queue::notably_queued;
use crate::aggregate::stall::Stall;
use crate::aggregate::task_graph::waits_for_one_who_waits;
use crate::aggregate::track::{LookAt, Track, thread_name};
use crate::aggregate::wait_graph::LOOKS_TO_BELIEVE;
use crate::aggregate::{Advice, Analysis, Cause, Confidence, Finding, Kind, Subject, Verdict, gil};
use crate::classify::{Manner, Origin, Phase};
use crate::snapshot::{GilRole, Known, LockHolder, ParentLock};

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

fn summary(analysis: &Analysis<'_>, kind: Kind, group: &Group<'_>) -> String {
    let stall = group.example;
    let place = stall.blamed.map(|blamed| place_words(&blamed.place(analysis.recording)));
    let place = place.map(|place| format!(" in {place}")).unwrap_or_default();
    let clause = match group.cause {
        Cause::Import => "importing a module".to_owned(),
        Cause::NativeCpuGil => "running native code that keeps the GIL".to_owned(),
        Cause::NeverSuspends => "awaiting all the while and never suspending".to_owned(),
        _ => stall.reason.example.clause(),
    };
    match kind {
        Kind::StartupStuck => format!("startup stuck for {}{place}, {clause}", length_words(stall.length())),
        Kind::ShutdownStuck => format!("shutdown stuck for {}{place}, {clause}", length_words(stall.length())),
        _ if group.stalls.len() > 1 && stall.length() < SEVERE_STALL => format!(
            "event loop blocked {} of the time{place}, {clause}, {} of up to {}",
            share_words(analysis.share(group.total)),
            count_words(group.stalls.len() as u64, "stall"),
            length_words(group.longest())
        ),
        _ => format!("event loop blocked for {}{place}, {clause}", length_words(stall.length())),
    }
}

fn same_step(group: &Group<'_>) -> String {
    let stall = group.example;
    let looks = stall.looks.len();
    match group.stalls.len() {
        1 => format!(
            "in the same step of the loop in {looks} of {looks} looks{}",
            if stall.ended { ", then ended" } else { "" }
        ),
        many => format!(
            "{}, together {}, the longest {} with {looks} looks",
            count_words(many as u64, "stall"),
            length_words(group.total),
            length_words(group.longest())
        ),
    }
}

fn evidence(analysis: &Analysis<'_>, track: &Track<'_>, group: &Group<'_>) -> Vec<String> {
    let stall = group.example;
    let reason = &stall.reason;
    let looks: Vec<&LookAt<'_>> = stall.looks.iter().filter_map(|index| track.looks.get(*index)).collect();
    let (shown, told) = reason.shown;
    let mut evidence = vec![format!("thread {} {} in {shown} of {told} looks", track.thread, reason.example.doing())];
    evidence.extend(match group.cause {
        Cause::Import => Some("the import machinery is on the stack".to_owned()),
        Cause::NativeCpuGil => Some(format!("one line, frozen for {}", length_words(stall.length()))),
        Cause::NeverSuspends => Some("what it awaits comes and goes on its stack, and the step never ends".to_owned()),
        _ => None,
    });
    if stall.blamed.is_some_and(|blamed| blamed.by_route) {
        evidence.push("none of its frames is on the stack; the route that runs names it as its endpoint".to_owned());
    }
    evidence.extend(lock_words(analysis, &looks));
    if group.cause == Cause::FutureResult && !stall.ended {
        evidence.extend(dead_loops::words(analysis, track));
    }
    evidence.extend(switches(&looks));
    evidence.extend(gil_words(analysis, &looks));
    if reason.example.manner != Manner::Waiting {
        evidence.extend(throttling(analysis).as_ref().and_then(Throttling::contribution));
        evidence.extend(notably_queued(&looks).map(|(queued, span)| {
            format!("ready to run and in the queue for a CPU for {} of {}", length_words(queued), length_words(span))
        }));
    }
    if stall.start < analysis.began() {
        evidence.push(format!("began {} before the first look", length_words(analysis.began().since(stall.start))));
    }
    evidence
}

/// Who holds the lock that the thread waits for, what that one does meanwhile, and in how many looks; or that nobody was
/// found.
fn lock_words(analysis: &Analysis<'_>, looks: &[&LookAt<'_>]) -> Option<String> {
    let seen = looks.iter().rev().filter_map(|seen| {
        let snapshot = analysis.recording.snapshots.get(seen.snapshot)?;
        let waiter = seen.thread?.thread;
        let lock = snapshot.locks.iter().find(|lock| lock.waiters.contains(&waiter))?;
        Some((seen.snapshot, snapshot, lock))
    });
    let (index, snapshot, lock) = seen.clone().next()?;
    let (holder, frame) = match lock.holder {
        Known::Is(LockHolder::Thread { thread, frame }) => (snapshot.thread(thread)?, frame),
        Known::Is(LockHolder::Gone) => {
            let origin = match lock.in_parent {
                Known::Is(Some(_)) => "it stayed behind in the parent process, which has the same lock",
                _ => "it ended, or stayed behind in the process that this one was forked from",
            };
            return Some(format!("the lock's owner is not a thread of this process: {origin}"));
        }
        Known::Unknown(_) => {
            if let Some(words) = across_await::words(analysis, looks.first()?.thread?.thread) {
                return Some(words);
            }
            let fork = match lock.in_parent {
                Known::Is(Some(ParentLock::Held)) => "; the parent process has the same lock, and there it is held",
                Known::Is(Some(ParentLock::Free)) => "; it is older than the fork, and may have been held then",
                _ => "",
            };
            let told = "holder not found: the lock keeps no owner and no thread has it in a with block";
            return Some(format!("{told}{fork}"));
        }
    };
    let same = seen.filter(|(.., other)| (other.address, other.holder) == (lock.address, lock.holder)).count();
    if same < LOOKS_TO_BELIEVE {
        return None;
    }
    let taken = frame.map(|frame| place_words(&place_of(analysis.recording, frame.code, frame.line)));
    let taken = taken.map(|taken| format!(" in {taken}")).unwrap_or_default();
    let doing = analysis.activity(index, snapshot, holder).doing();
    let all = looks.len();
    Some(format!(
        "thread {} {} holds the lock{taken} in {same} of {all} looks, {doing}",
        holder.thread,
        thread_name(holder)
    ))
}

/// What the thread's context switches say: a thread that waits in one call has none.
fn switches(looks: &[&LookAt<'_>]) -> Option<String> {
    let told = |seen: &&&LookAt<'_>| matches!(seen.thread.map(|thread| thread.os.switches), Some(Known::Is(_)));
    let first = looks.iter().find(told)?;
    let last = looks.iter().rev().find(told)?;
    let voluntary =
        |seen: &LookAt<'_>| seen.thread.and_then(|thread| thread.os.switches.ok()).map(|told| told.voluntary);
    let count = voluntary(last)?.saturating_sub(voluntary(first)?);
    let span = last.at.since(first.at);
    (span > Duration::ZERO)
        .then(|| format!("{} in {}", count_words(count, "voluntary context switch"), length_words(span)))
}

fn gil_words(analysis: &Analysis<'_>, looks: &[&LookAt<'_>]) -> Option<String> {
    let role = |seen: &&LookAt<'_>| seen.thread?.python.as_ref()?.gil.ok();
    let roles: Vec<GilRole> = looks.iter().filter_map(role).collect();
    let holds = roles.iter().filter(|role| **role == GilRole::Holds).count();
    let gils = looks.iter().filter_map(|seen| analysis.recording.snapshots.get(seen.snapshot)).filter_map(gil::sample);
    let held = gils.clone().filter(|gil| gil.locked).count();
    match (roles.len(), holds) {
        (0, _) => None,
        (_, 0) if held == 0 => Some("GIL free".to_owned()),
        (_, 0) => Some("the thread does not hold the GIL".to_owned()),
        (all, holds) => Some(format!("the thread holds the GIL in {holds} of {all} looks")),
    }
}
