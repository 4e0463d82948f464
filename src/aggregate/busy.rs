//! Loops that never rest although no single step lasts: many short steps, and what they are of.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use super::blame::{Blamed, Seen, blame};
use super::{Analysis, Place, Track};
use crate::classify::Look;
use crate::libraries::Marks;
use crate::snapshot::{Known, Moment, StackSample};

/// So many looks it takes to say that a loop never rests.
const FEWEST_LOOKS: usize = 50;
/// And so long a window.
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);
/// A loop that runs steps in so many of twenty looks never rests.
const TWENTIETHS: usize = 19;
/// A core is wasted when the loop's thread was on a CPU, or waited for one, for this share of the window.
const WHOLE_CORE: f64 = 0.8;

/// When one in so many steps has a frame of the user's, those without are not asked.
const USERS_ONE_IN: usize = 10;

/// A loop that never rests.
pub(super) struct Busy {
    /// Looks that saw a step, of those that decided something.
    pub(super) steps: (usize, usize),
    /// Turns of the loop by when they began: how long each had lasted when it was last seen, and in how many looks.
    pub(super) turns: BTreeMap<Moment, (Duration, usize)>,
    /// In how many looks a step ran, and was not kept from a CPU or the GIL.
    pub(super) ran: usize,
    /// How many different steps were seen to run.
    pub(super) different: usize,
    /// How many different tasks were seen to run.
    pub(super) tasks: usize,
    /// Callbacks ready to run, in the middle one of all looks.
    pub(super) ready: u64,
    /// The function that most steps were of.
    pub(super) function: Option<Blamed>,
}

/// Whether a loop never rests, and what it runs.
#[must_use]
pub(super) fn busy(analysis: &Analysis<'_>, track: &Track<'_>) -> Option<Busy> {
    let decided = track.looks.len() - track.count(Look::Unclear);
    // One that is not let run is not at rest either.
    let at_work = |seen: &&super::LookAt<'_>| matches!(seen.look, Look::Step | Look::StarvedOfCpu | Look::StarvedOfGil);
    let steps = track.looks.iter().filter(at_work).count();
    if decided < FEWEST_LOOKS || steps * 20 < decided * TWENTIETHS || analysis.window() < SHORTEST_WINDOW {
        return None;
    }
    let mut turns: BTreeMap<Moment, (Duration, usize)> = BTreeMap::new();
    let mut tasks = BTreeSet::new();
    let mut different = HashSet::new();
    let mut ready = Vec::new();
    let mut stacks: BTreeMap<_, usize> = BTreeMap::new();
    for seen in track.looks.iter().filter(at_work) {
        if let Some(began) = seen.turn_began {
            let turn = turns.entry(began).or_default();
            *turn = (seen.at.since(began), turn.1 + 1);
        }
        if let Known::Is(Some(step)) = &seen.step {
            tasks.extend(step.task);
            different.insert(step);
        }
        let snapshot = analysis.recording.snapshots.get(seen.snapshot);
        let sample = snapshot.and_then(|snapshot| snapshot.loops.iter().find(|found| found.address == track.address));
        ready.extend(sample.and_then(|sample| sample.ready.ok()));
        // Between two steps only the loop's own frames are there, and its poll, which returns at once.
        if let Some(StackSample::Stable(stack)) = seen.stack() {
            let facts = analysis.book.stack(stack);
            if facts.step > 0 && (facts.user.is_some() || !facts.inner.has(Marks::SELECT)) {
                *stacks.entry(stack).or_default() += 1;
            }
        }
    }
    ready.sort_unstable();
    let mut stacks: Vec<Seen> = stacks.into_iter().map(|(stack, looks)| Seen { stack, looks, cut: false }).collect();
    // What the loop itself does to run the user's steps is a part of them.
    let is_users = |seen: &Seen| analysis.book.stack(seen.stack).user.is_some();
    if stacks.iter().filter(|seen| is_users(seen)).map(|seen| seen.looks).sum::<usize>() * USERS_ONE_IN >= steps {
        stacks.retain(is_users);
    }
    Some(Busy {
        steps: (steps, decided),
        turns,
        ran: track.count(Look::Step),
        different: different.len(),
        tasks: tasks.len(),
        ready: ready.get(ready.len() / 2).copied().unwrap_or_default(),
        function: blame(analysis.recording, &analysis.book, &stacks, false),
    })
}

/// A loop that never rests while nobody waits for long: it wastes a core, if that is no work.
#[derive(Clone, Debug)]
pub struct Restless {
    /// Looks that show steps, and all of them.
    pub looks: (usize, usize),
    /// The function that most of them are of.
    pub place: Option<Place>,
}

/// What a loop wastes a core with.
#[must_use]
pub fn wasted_core(analysis: &Analysis<'_>, track: &Track<'_>) -> Option<Restless> {
    let busy = busy(analysis, track)?;
    // Whoever stands in the queue for a CPU would use it.
    let wanted = |seen: Option<&super::LookAt<'_>>| {
        seen?.thread?.os.cpu.get().map(|times| times.on_cpu_ns.saturating_add(times.run_queue_ns))
    };
    let spent = wanted(track.looks.last())?.checked_sub(wanted(track.looks.first())?)?;
    if analysis.share(Duration::from_nanos(spent)) < WHOLE_CORE {
        return None;
    }
    let place = busy.function.map(|found| found.place(analysis.recording));
    Some(Restless { looks: busy.steps, place })
}
