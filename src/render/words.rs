//! The contract's words as a person would say them.

use super::places;
use crate::report::{Because, Confidence, Place, SecondParty};

/// How sure a verdict is.
#[must_use]
pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// Why one finding comes of another.
#[must_use]
pub(super) fn because(because: Because) -> &'static str {
    match because {
        Because::NothingRuns => "nothing in the process runs",
        Because::LoopDoesNotTurn => "whoever stands still there needs this loop to turn",
        Because::WaitsForThem => "whoever stands still there is one of these, or waits for them",
        Because::AcceptFails => "accepting a connection fails again and again",
        Because::PagesAreGone => "each page that it needs is read anew",
        Because::ThrottledMeanwhile => "whoever is throttled with the GIL keeps it",
        Because::UsesTheCpu => "this is what used the CPU up",
        Because::ManySteps => "among very many steps some last",
        Because::StepsLast => "steps that last make turns that last",
    }
}

/// The other side in words; `None` when there is none.
#[must_use]
pub(super) fn second_party(party: &SecondParty) -> Option<String> {
    match party {
        SecondParty::Peer { address, service: Some(service) } => Some(format!("{address} ({service})")),
        SecondParty::Peer { address, service: None } => Some(address.clone()),
        SecondParty::Holder { holder, stack } => Some(match telling(stack) {
            Some(place) => {
                let position = places::brief_position(&place.file, place.line);
                format!("{holder}, in {} {position}", places::function(&place.function))
            }
            None => holder.clone(),
        }),
        SecondParty::Child { pid, name, state } => Some(format!("child {pid} ({name}), {}", task_state(state))),
        SecondParty::File { path, held_by: Some(holder) } => Some(format!("{path}, held by {holder}")),
        SecondParty::File { path, held_by: None } => Some(path.clone()),
        SecondParty::Resource { name } => Some(name.clone()),
        SecondParty::None => None,
    }
}

/// The frame that says most about a stack: the innermost outside of libraries, else the innermost.
#[must_use]
pub(super) fn telling(stack: &[Place]) -> Option<&Place> {
    stack.iter().find(|place| !places::is_library(&place.file)).or_else(|| stack.first())
}

/// The kernel's state letter in words.
fn task_state(letter: &str) -> String {
    let words = match letter {
        "R" => "running",
        "S" => "asleep",
        "D" => "in uninterruptible sleep",
        "T" => "stopped by a signal",
        "t" => "stopped by a tracer",
        "Z" => "ended and not reaped",
        _ => return format!("state {letter}"),
    };
    words.to_owned()
}
