//! What shows that a step of a loop lasts, and what it does.

use crate::aggregate::{LoopIs, StepFact};
use crate::figures::{count, seconds};
use crate::words::doing::{at, did};

pub(super) fn words(fact: &StepFact) -> String {
    match fact {
        StepFact::SameStep { looks, ended } => {
            let ended = if *ended { ", then ended" } else { "" };
            format!("in the same step of the loop in {looks} of {looks} looks{ended}")
        }
        StepFact::Stalls { stalls, total_s, longest_s, looks } => format!(
            "{}, together {}, the longest {} with {looks} looks",
            count(*stalls, "stall"),
            seconds(*total_s),
            seconds(*longest_s)
        ),
        StepFact::Did { thread, act, looks, of } => format!("thread {thread} {} in {looks} of {of} looks", did(act)),
        StepFact::MainDid { act, looks, of } => format!("main thread {} in {looks} of {of} looks", did(act)),
        StepFact::MainStands { at: stands, looks, of } => {
            format!("main thread in {}, in {looks} of {of} looks", at(stands))
        }
        StepFact::Imports => "the import machinery is on the stack".to_owned(),
        StepFact::FrozenLine { for_s } => format!("one line, frozen for {}", seconds(*for_s)),
        StepFact::AwaitsComeAndGo => "what it awaits comes and goes on its stack, and the step never ends".to_owned(),
        StepFact::ByRoute => {
            "none of its frames is on the stack; the route that runs names it as its endpoint".to_owned()
        }
        StepFact::FutureOf { queued, event_loop } => {
            let what = match queued {
                false => "the task that would set it belongs to",
                true => "the call that would set it stands in the queue of",
            };
            match event_loop {
                LoopIs::This => format!("{what} this very loop"),
                LoopIs::OfThread { thread } => format!("{what} the loop of thread {thread}"),
                LoopIs::Nowhere { looks } => format!("{what} {}", runs_nowhere(*looks)),
            }
        }
        StepFact::Switches { switches, in_s } => {
            format!("{} in {}", count(*switches, "voluntary context switch"), seconds(*in_s))
        }
        StepFact::QueuedForCpu { for_s, of_s } => {
            format!("ready to run and in the queue for a CPU for {} of {}", seconds(*for_s), seconds(*of_s))
        }
        StepFact::BeganBefore { by_s } => format!("began {} before the first look", seconds(*by_s)),
        StepFact::NoLoopYet => "no event loop runs in this process yet".to_owned(),
        StepFact::NestedRuns { runs, thread, for_s } => format!(
            "{} of loops on the stack of thread {thread} in all looks for {}",
            count(*runs, "run"),
            seconds(*for_s)
        ),
    }
}

/// That no thread runs a loop.
pub(super) fn runs_nowhere(looks: u64) -> String {
    format!("a loop that no thread runs, in {looks} of {looks} looks at all threads")
}
