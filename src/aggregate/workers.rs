//! Pieces of work and whether they go on: who of a crew stands, since when, in which function, for what.

use std::time::Duration;

use super::blame::{Blamed, blame_in};
use super::{Act, Analysis, At, Cause, request_age, users_frame};
use crate::classify::{Activity, Manner};
use crate::snapshot::{
    Actor, Call, Census, CrewSample, GilRole, Known, MemberSample, PieceSample, RequestSample, Snapshot, StackId,
    StackSample, Syscall, SyscallState, TaskState, ThreadId, ThreadSample,
};

/// One wait that lasts so long may be no ordinary step of a piece of work.
pub(super) const STANDS: Duration = Duration::from_secs(2);
/// So long is no ordinary one where others wait for a place.
pub(super) const LONG: Duration = Duration::from_secs(5);
/// Of a thread that does all pieces in turns: users notice a second.
const KEEPS_OTHERS: Duration = Duration::from_secs(1);
/// So long a piece may change its place and is still no more than long.
pub(super) const OLD: Duration = Duration::from_secs(10);
/// Members of one crew that are looked at.
const MOST_LOOKED_AT: usize = 64;
/// So many of ten looks have to show a thread that computes.
const COMPUTES_TENTHS: usize = 8;

/// A thread that only asks again and again is at work, or elsewhere, in no more than one of so many looks.
const POLLS_ONE_IN: usize = 10;

/// How a piece of work goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// In one wait, for so long.
    Waits(Duration),
    /// It computes.
    Computes,
    /// It goes from place to place, or that is not known.
    Moves,
}

/// A thread with a piece of work.
#[derive(Clone, Debug)]
pub(super) struct Worker<'a> {
    pub(super) thread: ThreadId,
    pub(super) piece: &'a PieceSample,
    /// For how long it has had the piece, at least.
    pub(super) age: Duration,
    pub(super) pace: Pace,
    /// What it did in the last look.
    pub(super) did: Activity,
    pub(super) blamed: Option<Blamed>,
    /// Whether it keeps others that its thread would work at in turns.
    pub(super) keeps_others: bool,
}

impl Worker<'_> {
    /// For how long it has stood, where it does.
    pub(super) fn stands(&self) -> Option<Duration> {
        match self.pace {
            Pace::Waits(length) if self.keeps_others && length >= KEEPS_OTHERS => Some(length),
            Pace::Waits(length) if length >= STANDS => Some(length.max(self.age)),
            Pace::Computes if self.age >= if self.keeps_others { KEEPS_OTHERS } else { OLD } => Some(self.age),
            _ => None,
        }
    }

    /// Whether it waits for somebody else; one that sleeps or computes does what it was told.
    pub(super) fn waits_for_others(&self) -> bool {
        matches!(self.pace, Pace::Waits(_)) && self.did.cause != Some(Cause::Sleep)
    }

    /// Where it is and what it does there.
    pub(super) fn at(&self, analysis: &Analysis<'_>) -> At {
        At {
            place: self.blamed.map(|blamed| blamed.place(analysis.recording)),
            act: (self.pace != Pace::Computes).then(|| Act::from(&self.did)),
        }
    }
}

/// A crew as it was last seen.
#[derive(Clone, Debug)]
pub(super) struct AtWork<'a> {
    pub(super) sample: &'a CrewSample,
    /// Threads with a piece.
    pub(super) workers: Vec<Worker<'a>>,
    /// Members that wait for work.
    pub(super) idle: usize,
}

impl AtWork<'_> {
    /// How many pieces it can have in work, where that is known and bounded.
    pub(super) fn size(&self) -> Option<u64> {
        self.sample.size.ok().flatten()
    }

    /// Whether nobody is left to take another piece.
    pub(super) fn is_full(&self) -> bool {
        let busy = self.sample.members.iter().filter(|member| member.piece.is_some()).count() as u64;
        self.size().is_some_and(|size| size > 0 && busy >= size)
    }
}

/// The crews of the last census. Pieces that tasks have are judged by the tasks' waits.
pub(super) fn crews<'a>(analysis: &Analysis<'a>) -> Vec<AtWork<'a>> {
    let Some(census) = analysis.recording.censuses.last() else { return Vec::new() };
    let at_work = |sample: &'a CrewSample| {
        let idle = sample.members.iter().filter(|member| member.piece.is_none()).count();
        let members = sample.members.iter().take(MOST_LOOKED_AT);
        AtWork {
            sample,
            workers: members.filter_map(|member| worker(analysis, census, sample, member)).collect(),
            idle,
        }
    };
    census.crews.iter().map(at_work).collect()
}

fn worker<'a>(
    analysis: &Analysis<'a>,
    census: &'a Census,
    crew: &CrewSample,
    member: &'a MemberSample,
) -> Option<Worker<'a>> {
    let (Actor::Thread(thread), Some(piece)) = (member.who, member.piece.as_ref()) else { return None };
    let (index, snapshot) = analysis.last_snapshot()?;
    let last = snapshot.thread(thread)?;
    let did = analysis.activity(index, snapshot, last);
    let age = age(analysis, census, member.who, piece);
    let blamed = stack(last).and_then(|stack| blame_in(analysis, stack));
    let pace = pace(analysis, last, &did, age);
    Some(Worker { thread, piece, age, pace, did, blamed, keeps_others: crew.in_turns })
}

/// For how long somebody has had a piece: by what the library wrote down, by the request, by when it was seen first.
pub(super) fn age(analysis: &Analysis<'_>, census: &Census, who: Actor, piece: &PieceSample) -> Duration {
    let same = |other: &&Census| {
        let mut members = other.crews.iter().flat_map(|crew| &crew.members);
        members.any(|member| member.who == who && member.piece.as_ref().is_some_and(|had| had.address == piece.address))
    };
    let seen = analysis.recording.censuses.iter().rev().take_while(|other| same(other)).last();
    let seen = seen.map(|first| census.at.since(first.at)).unwrap_or_default();
    let began = piece.began.ok().map(|began| census.at.since(began)).unwrap_or_default();
    let of_request = census.requests.iter().find(|request| is_request_of(request, who));
    let request = of_request.and_then(|request| request_age(analysis, request)).unwrap_or_default();
    seen.max(began).max(request)
}

/// Whether somebody serves this request.
pub(super) fn is_request_of(request: &RequestSample, who: Actor) -> bool {
    match who {
        Actor::Thread(thread) => request.thread == Known::Is(Some(thread)),
        Actor::Task(task) => request.task == Known::Is(task),
    }
}

fn pace(analysis: &Analysis<'_>, last: &ThreadSample, did: &Activity, age: Duration) -> Pace {
    let asleep = asleep(analysis, last.thread).filter(|_| did.manner == Manner::Waiting);
    if let Some(asleep) = asleep.filter(|asleep| *asleep >= KEEPS_OTHERS) {
        return Pace::Waits(asleep);
    }
    let seen: Vec<&ThreadSample> = looks(analysis, last.thread).collect();
    let running = seen.iter().filter(|look| is_at_work(look)).count();
    if running * 10 >= seen.len() * COMPUTES_TENTHS {
        return Pace::Computes;
    }
    // It wakes now and then, and goes back to where it was: a wait with a timeout, again and again.
    let first = seen.first().and_then(|look| stack(look));
    let stays = first.is_some() && seen.iter().all(|look| stack(look) == first);
    match (did.manner, stays) {
        (Manner::Waiting, true) => Pace::Waits(asleep.unwrap_or_default().max(age)),
        _ => Pace::Moves,
    }
}

/// Whether a thread asks again and again in one call of the user's, and hardly runs: a wait in short steps. One that takes in
/// data of a peer looks the same, and goes on.
pub(super) fn polls(analysis: &Analysis<'_>, thread: ThreadId) -> bool {
    let seen: Vec<&ThreadSample> = looks(analysis, thread).collect();
    let running = seen.iter().filter(|look| is_at_work(look)).count();
    let on_sockets = seen.iter().any(|look| !look.os.waits_on.is_empty());
    let own = |look: &&ThreadSample| users_frame(analysis.recording, &analysis.book, stack(look)?);
    let last = seen.iter().rev().find_map(own);
    let elsewhere = seen.iter().filter(|look| own(look) != last).count();
    last.is_some() && !on_sockets && (running.max(elsewhere)) * POLLS_ONE_IN <= seen.len()
}

/// For how long a thread has slept: what a look found out, and the time since in which it was not put on a CPU.
pub(super) fn asleep(analysis: &Analysis<'_>, thread: ThreadId) -> Option<Duration> {
    let slices = |sample: &ThreadSample| sample.os.cpu.get().map(|times| times.timeslices);
    let snapshots = analysis.recording.snapshots.iter().rev();
    let mut seen = snapshots.filter_map(|look| Some((look.at, look.thread(thread)?))).peekable();
    let (last, now) = seen.peek().map(|(at, sample)| (*at, slices(sample)))?;
    let mut same = seen.take_while(|(_, sample)| slices(sample) == now);
    same.find_map(|(at, sample)| Some(sample.os.asleep_for.ok()? + last.since(at)))
}

/// A thread in each look at it.
pub(super) fn looks<'a>(analysis: &Analysis<'a>, thread: ThreadId) -> impl Iterator<Item = &'a ThreadSample> {
    analysis.recording.snapshots.iter().filter_map(move |snapshot: &Snapshot| snapshot.thread(thread))
}

/// Whether a thread is on a CPU, or would be if it were let.
pub(super) fn is_at_work(look: &ThreadSample) -> bool {
    let gil = look.python.as_ref().and_then(|python| python.gil.ok());
    let running = match look.os.syscall.get() {
        Some(SyscallState::Running) => true,
        Some(SyscallState::Inside { .. }) => false,
        _ => look.os.state.ok() == Some(TaskState::Running),
    };
    running || matches!(gil, Some(GilRole::Waits | GilRole::HandsOver))
}

/// Whether a system call ends by itself: Python polls a socket that has a timeout, and reads one that has none; a lock is waited
/// for in `futex`, whose fourth argument leads to the time.
pub(super) fn ends_in_time(syscall: &SyscallState) -> bool {
    match syscall {
        // The timeout of `poll`, a 32-bit number; a negative one is none.
        SyscallState::Inside { number: 7, arguments: [_, _, timeout, ..], .. } => (*timeout as u32).cast_signed() >= 0,
        SyscallState::Inside { number: 202, arguments: [_, _, _, time, ..], .. } => *time != 0,
        SyscallState::Inside { number, .. } => Syscall::of(*number).is_some_and(|syscall| syscall.call == Call::Poll),
        _ => false,
    }
}

/// The stack of a thread, where all of it is known.
pub(super) fn stack(look: &ThreadSample) -> Option<StackId> {
    match look.python.as_ref()?.stack {
        StackSample::Stable(stack) => Some(stack),
        StackSample::Cut(_) | StackSample::Torn | StackSample::Unknown(_) => None,
    }
}

/// Where they are, the most first.
pub(super) fn places(analysis: &Analysis<'_>, workers: &[&Worker<'_>]) -> Vec<(At, Vec<usize>)> {
    let mut places: Vec<(At, Vec<usize>)> = Vec::new();
    for (at, worker) in workers.iter().enumerate() {
        let at_work = worker.at(analysis);
        match places.iter_mut().find(|(known, _)| *known == at_work) {
            Some((_, who)) => who.push(at),
            None => places.push((at_work, vec![at])),
        }
    }
    places.sort_by_key(|(_, who)| std::cmp::Reverse(who.len()));
    places
}

/// The name of a piece, else the function that it runs in.
pub(super) fn piece_name(analysis: &Analysis<'_>, worker: &Worker<'_>) -> String {
    let function = worker.blamed.map(|blamed| blamed.place(analysis.recording).function);
    worker.piece.name.get().cloned().or(function).unwrap_or_else(|| "a job".to_owned())
}
