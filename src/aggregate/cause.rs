//! Why a step did not return: what most of its looks say, and what only many looks together can say.

use std::collections::BTreeMap;

use super::blame::{Blamed, Seen};
use super::stall::LOOKS_TO_BLAME;
use super::track::LookAt;
use super::{Cause, Confidence, SecondParty};
use crate::classify::{Activity, Book};
use crate::snapshot::{Recording, Site, SiteKind, StackId, StackSample};

/// So many looks it takes to call a line frozen; fewer can be a loop on one line.
const LOOKS_TO_CALL_FROZEN: usize = 20;
/// So many of ten looks have to show one and the same stack, lines included.
const FROZEN_TENTHS: usize = 9;
/// So many of ten looks have to show the cause for it to be certain.
const CERTAIN_TENTHS: usize = 9;

/// A coroutine never suspends when one in so many looks, at least, finds it in what it awaits.
const AWAITS_ONE_IN: usize = 10;

/// Why a step did not return.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The cause.
    pub cause: Cause,
    /// The cause that single looks show; many looks together can make another one of it.
    pub seen_as: Cause,
    /// How many looks show it, of how many that show any.
    pub shown: (usize, usize),
    /// An example of what those looks saw.
    pub example: Activity,
    /// Whether an import is to blame.
    pub is_import: bool,
    /// How sure we are.
    pub confidence: Confidence,
}

/// Finds the reason in the looks at one step.
#[must_use]
pub(super) fn reason(book: &Book, looks: &[&LookAt<'_>]) -> Reason {
    let told: Vec<&Activity> = looks.iter().filter_map(|seen| seen.activity.as_ref()).collect();
    let mut votes: BTreeMap<Cause, usize> = BTreeMap::new();
    for cause in told.iter().filter_map(|did| did.cause) {
        *votes.entry(cause).or_default() += 1;
    }
    let first = votes.iter().max_by_key(|(cause, count)| (**count, std::cmp::Reverse(**cause)));
    let (seen_as, count) = first.map_or((Cause::Unknown, 0), |(cause, count)| (*cause, *count));
    // Not every look finds out who is waited for: one that did says more.
    let of_cause = || told.iter().rev().filter(|did| did.cause == Some(seen_as));
    let names_nobody = |did: &Activity| matches!(did.party, SecondParty::None | SecondParty::Resource { .. });
    let example = of_cause().find(|did| !names_nobody(did)).or_else(|| of_cause().next());
    let example = example.map_or_else(Activity::unknown, |did| (*did).clone());
    let is_import = seen_as != Cause::ImportLock && imports(book, looks);
    let cause = match seen_as {
        _ if is_import => Cause::Import,
        Cause::PythonCpu if is_frozen(looks) => Cause::NativeCpuGil,
        other => other,
    };
    let mut confidence =
        if count * 10 >= told.len() * CERTAIN_TENTHS { Confidence::Certain } else { Confidence::Likely };
    let from_many = matches!(cause, Cause::PythonCpu | Cause::NativeCpuGil);
    if example.guessed || (from_many && told.len() < LOOKS_TO_CALL_FROZEN) || cause == Cause::NativeCpuGil {
        confidence = confidence.min(Confidence::Likely);
    }
    if cause == Cause::Unknown {
        confidence = Confidence::Possible;
    }
    Reason { cause, seen_as, shown: (count, told.len()), example, is_import, confidence }
}

impl Reason {
    /// What only the blamed frame lets us say: Python that computes in a coroutine and awaits all the while, without once
    /// suspending. What it awaits comes and goes on top of it; an awaited function that computes would be there always.
    pub(super) fn refine(&mut self, recording: &Recording, book: &Book, blamed: &Blamed, stacks: &[Seen]) {
        if self.cause != Cause::PythonCpu || !book.code(blamed.code).is_async {
            return;
        }
        let (mut awaits, mut others) = (0, 0);
        for seen in stacks.iter().filter(|seen| !seen.cut) {
            let step = book.stack(seen.stack).step;
            let frames = recording.stack(seen.stack).get(..step).unwrap_or_default();
            let Some(at) = frames.iter().rposition(|frame| frame.code == blamed.code) else { continue };
            let inner = at.checked_sub(1).and_then(|at| frames.get(at));
            match inner {
                Some(inner) if book.code(inner.code).is_async => awaits += seen.looks,
                _ => others += seen.looks,
            }
        }
        let often = |looks: usize| looks >= LOOKS_TO_BLAME && looks * AWAITS_ONE_IN >= awaits + others;
        if often(awaits) && others >= LOOKS_TO_BLAME {
            self.cause = Cause::NeverSuspends;
        }
    }
}

/// Whether most stacks are inside of an import.
fn imports(book: &Book, looks: &[&LookAt<'_>]) -> bool {
    let stacks: Vec<StackId> = looks.iter().filter_map(|seen| reliable(seen)).collect();
    let importing = stacks.iter().filter(|stack| book.stack(**stack).importer.is_some()).count();
    importing * 2 > stacks.len()
}

/// Whether one instruction was frozen for the whole stall: native code that keeps the GIL. A stack that moved while it was
/// read shows that Python code runs, so those that did not do not count alone. A Python loop that fits on one line is at many
/// instructions of it, or at a jump.
fn is_frozen(looks: &[&LookAt<'_>]) -> bool {
    let mut counts: BTreeMap<(StackId, Option<&Site>), usize> = BTreeMap::new();
    let mut moved = 0;
    for seen in looks {
        match seen.stack() {
            Some(StackSample::Stable(stack)) => *counts.entry((stack, seen.site())).or_default() += 1,
            Some(StackSample::Cut(_) | StackSample::Torn) => moved += 1,
            Some(StackSample::Unknown(_)) | None => {}
        }
    }
    let all = counts.values().sum::<usize>() + moved;
    let Some(((_, site), most)) = counts.into_iter().max_by_key(|(_, count)| *count) else { return false };
    let jumps = site.is_some_and(|site| site.kind == SiteKind::Jump);
    all >= LOOKS_TO_CALL_FROZEN && most * 10 > all * FROZEN_TENTHS && !jumps
}

/// The stack of a look, where all of it can be relied on.
fn reliable(seen: &LookAt<'_>) -> Option<StackId> {
    match seen.stack()? {
        StackSample::Stable(stack) => Some(stack),
        StackSample::Cut(_) | StackSample::Torn | StackSample::Unknown(_) => None,
    }
}
