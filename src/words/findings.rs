//! How sure a finding is, and why it comes of another one.

use crate::aggregate::{Because, Confidence};

/// How sure a finding is.
#[must_use]
pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// Why one finding comes of another.
#[must_use]
pub const fn because(because: Because) -> &'static str {
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
