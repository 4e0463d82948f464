//! Stalls: the stretches in which one step of a loop did not return.

use std::time::Duration;

use super::blame::{Blamed, Seen, as_sure_as_whole, blame, endpoint_instead, library_instead};
use super::cause::{Reason, reason};
use super::track::{LookAt, Track};
use crate::classify::{Book, Look, Manner};
use crate::snapshot::{CodeId, Known, Moment, Recording, StackSample};

/// A step that lasts so long is a stall. Well above what a busy handler needs between two awaits, well below what a user
/// notices.
pub const STALL: Duration = Duration::from_millis(50);
/// So many looks have to agree before anybody is blamed: two can be chance.
pub const LOOKS_TO_BLAME: usize = 3;

/// One stall.
#[derive(Clone, Debug)]
pub struct Stall {
    /// When it began; may be before the window.
    pub start: Moment,
    /// When it ended, or the last look.
    pub end: Moment,
    /// Whether it had ended by the last look.
    pub ended: bool,
    /// Indices into the track's looks that saw it.
    pub looks: Vec<usize>,
    /// Why.
    pub reason: Reason,
    /// Whom to blame.
    pub blamed: Option<Blamed>,
}

impl Stall {
    /// How long it lasted, or has lasted so far.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.end.since(self.start)
    }

    /// How much of it was after `window` began.
    #[must_use]
    pub fn inside(&self, window: Moment) -> Duration {
        self.end.since(self.start.max(window))
    }
}

/// The stalls of a loop, and how many looked like one but were seen too few times to blame anybody.
#[derive(Clone, Debug, Default)]
pub struct Stalls {
    /// In the order of time.
    pub found: Vec<Stall>,
    /// Steps as long as that with fewer than [`LOOKS_TO_BLAME`] looks.
    pub brief: usize,
}

/// Finds the stalls of a loop, of this length and longer.
#[must_use]
pub(super) fn stalls(recording: &Recording, book: &Book, track: &Track<'_>, shortest: Duration) -> Stalls {
    let runs = runs(track);
    let mut stalls = Stalls::default();
    for (at, run) in runs.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| runs.get(at));
        let Some((start, end, ended)) = bounds(track, run, before, runs.get(at + 1)) else { continue };
        if end.since(start) < shortest || is_starved(track, run, shortest) {
            continue;
        }
        if run.looks.len() < LOOKS_TO_BLAME {
            stalls.brief += 1;
            continue;
        }
        let looks: Vec<&LookAt<'_>> = run.looks.iter().filter_map(|index| track.looks.get(*index)).collect();
        let (reason, blamed) = explained(recording, book, &looks);
        stalls.found.push(Stall { start, end, ended, looks: run.looks.clone(), reason, blamed });
    }
    stalls
}

/// Why the step of these looks did not return, and whom to blame.
pub(super) fn explained(recording: &Recording, book: &Book, looks: &[&LookAt<'_>]) -> (Reason, Option<Blamed>) {
    let mut reason = reason(book, looks);
    let stacks = stacks(looks, &reason);
    reason.confidence = as_sure_as_whole(reason.confidence, &stacks);
    let mut blamed = blame(recording, book, &stacks, reason.is_import);
    if let Some(found) = blamed {
        let library = library_instead(recording, book, found);
        blamed = library.or_else(|| endpoint_instead(recording, book, found, endpoint(looks))).or(blamed);
        reason.refine(recording, book, &found, &stacks);
    }
    (reason, blamed)
}

/// Looks in a row that saw the same step.
struct Run {
    looks: Vec<usize>,
    /// The last look before it and the first one after it that decided something.
    before: Option<usize>,
    after: Option<usize>,
}

/// Cuts the looks into runs. Looks that do not decide neither belong to a run nor end it.
fn runs(track: &Track<'_>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    let mut open = false;
    // Where steps can be read at all, a look without one was torn: it decides nothing.
    let steps_known = track.looks.iter().any(|seen| matches!(seen.step, Known::Is(Some(_))));
    for (index, seen) in track.looks.iter().enumerate() {
        let at_work = matches!(seen.look, Look::Step | Look::StarvedOfGil | Look::StarvedOfCpu);
        let torn = steps_known && at_work && matches!(seen.step, Known::Unknown(_));
        if seen.look == Look::Unclear || torn {
            continue;
        }
        let steps = at_work && !matches!(seen.step, Known::Is(None));
        let last =
            runs.last().filter(|_| open).and_then(|run| run.looks.last()).and_then(|last| track.looks.get(*last));
        let same = steps && last.is_some_and(|last| last.is_same_step(seen));
        if let Some(run) = runs.last_mut().filter(|_| open) {
            if same {
                run.looks.push(index);
            } else {
                run.after = Some(index);
            }
        }
        if steps && !same {
            runs.push(Run { looks: vec![index], before, after: None });
        }
        open = steps;
        before = Some(index);
    }
    runs
}

/// Whether most of the run was spent waiting to be let run, which is not the step's fault; unless the step itself used up
/// the CPU that it was allowed: one that computes for as long as a stall would be one with a core for itself too.
fn is_starved(track: &Track<'_>, run: &Run, shortest: Duration) -> bool {
    let seen = |wanted: Look| {
        let looks = run.looks.iter().filter_map(|index| track.looks.get(*index));
        looks.filter(|seen| seen.look == wanted).count()
    };
    let (of_gil, of_cpu) = (seen(Look::StarvedOfGil), seen(Look::StarvedOfCpu));
    let computed = || on_cpu(track, run).is_some_and(|computed| computed >= shortest);
    of_gil * 2 > run.looks.len() || (of_gil + of_cpu) * 2 > run.looks.len() && !computed()
}

/// For how long the loop's thread was on a CPU between the first look of a run and the last.
fn on_cpu(track: &Track<'_>, run: &Run) -> Option<Duration> {
    let at = |index: Option<&usize>| Some(track.looks.get(*index?)?.thread?.os.cpu.get()?.on_cpu_ns);
    let spent = at(run.looks.last())?.checked_sub(at(run.looks.first())?)?;
    Some(Duration::from_nanos(spent))
}

/// When a run began and ended, and whether it had ended by the last look.
///
/// The beginning lies between the last look that saw something else and the first one that saw it. The loop's own clock
/// says when its turn began: where that lies in between (or where we came later), it is the beginning. A thread that sleeps
/// through all looks without waking once began to wait when it fell asleep, and what it did before in the same turn is not
/// the wait that we blame. Where other steps of the same turn were seen, the turn is too early; then too the moment at
/// which the thread fell asleep is the best bound.
fn bounds(track: &Track<'_>, run: &Run, before: Option<&Run>, next: Option<&Run>) -> Option<(Moment, Moment, bool)> {
    let look = |index: usize| track.looks.get(index);
    let first = look(*run.looks.first()?)?;
    let last = look(*run.looks.last()?)?;
    let earlier = run.before.and_then(look).map(|seen| seen.at);
    let asleep = asleep_since(first);
    let one_sleep = asleep.filter(|_| sleeps_on(track, run));
    let turn = turn_began(track, run).filter(|began| earlier.is_none_or(|earlier| *began >= earlier));
    let shares_turn = |other: Option<&Run>| {
        let other = other.and_then(|other| turn_began(track, other));
        other.is_some() && other == turn_began(track, run)
    };
    let alone = earlier.is_some() || !(shares_turn(before) || shares_turn(next));
    let start = match (turn.filter(|_| alone), asleep, earlier) {
        (Some(turn), _, _) => one_sleep.map_or(turn, |asleep| asleep.max(turn)),
        (None, Some(asleep), earlier) => earlier.map_or(asleep, |earlier| asleep.max(earlier)),
        (None, None, Some(earlier)) => middle(earlier, first.at),
        (None, None, None) => first.at,
    };
    let end = match run.after.and_then(look) {
        None => last.at,
        Some(after) => {
            let told = asleep_since(after).filter(|_| after.look == Look::Idle).or(after.turn_began);
            told.filter(|told| *told > last.at).unwrap_or_else(|| middle(last.at, after.at))
        }
    };
    Some((start, end, run.after.is_some()))
}

/// Whether the thread slept through all looks of a run without waking: one and the same wait.
fn sleeps_on(track: &Track<'_>, run: &Run) -> bool {
    let switches = |index: &usize| {
        let thread = track.looks.get(*index).and_then(|seen| seen.thread);
        thread.and_then(|thread| thread.os.switches.ok()).map(|switches| switches.voluntary)
    };
    let first = run.looks.first().and_then(switches);
    first.is_some() && run.looks.iter().all(|index| switches(index) == first)
}

fn middle(one: Moment, other: Moment) -> Moment {
    Moment(one.0.saturating_add(other.since(one).as_nanos() as u64 / 2))
}

/// When the turn of a run began, where all looks say the same.
fn turn_began(track: &Track<'_>, run: &Run) -> Option<Moment> {
    let mut told = run.looks.iter().filter_map(|index| track.looks.get(*index)).map(|seen| seen.turn_began);
    let first = told.next()??;
    told.all(|other| other.is_none_or(|other| other == first)).then_some(first)
}

/// Since when a thread that waits has been asleep.
fn asleep_since(seen: &LookAt<'_>) -> Option<Moment> {
    let waits = seen.look == Look::Idle || seen.activity.as_ref().is_some_and(|did| did.manner == Manner::Waiting);
    let asleep = seen.thread?.os.asleep_for.ok()?;
    waits.then(|| seen.at.before(asleep))
}

/// The stacks of the looks that show the reason; of all where those have none.
fn stacks(looks: &[&LookAt<'_>], reason: &Reason) -> Vec<Seen> {
    let of_reason = |seen: &&&LookAt<'_>| {
        let cause = seen.activity.as_ref().and_then(|did| did.cause);
        cause.is_some() && (cause == Some(reason.seen_as))
    };
    let shown = count(looks.iter().filter(of_reason).copied());
    if shown.is_empty() { count(looks.iter().copied()) } else { shown }
}

/// The endpoint of the request that these looks saw run; `None` where they do not say the same.
fn endpoint(looks: &[&LookAt<'_>]) -> Option<CodeId> {
    let mut told = looks.iter().filter_map(|seen| seen.endpoint);
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}

fn count<'a>(looks: impl Iterator<Item = &'a LookAt<'a>>) -> Vec<Seen> {
    let mut seen: std::collections::BTreeMap<(crate::snapshot::StackId, bool), usize> =
        std::collections::BTreeMap::new();
    for look in looks {
        match look.stack() {
            Some(StackSample::Stable(stack)) => *seen.entry((stack, false)).or_default() += 1,
            Some(StackSample::Cut(stack)) => *seen.entry((stack, true)).or_default() += 1,
            _ => {}
        }
    }
    seen.into_iter().map(|((stack, cut), looks)| Seen { stack, looks, cut }).collect()
}
