//! What a finding says in one sentence.

mod loops;
mod processes;
mod tasks;

pub(super) use tasks::tasks_wait;

use super::kinds::kind;
use crate::aggregate::{Kind, LoopSummary, Occupancy, ProcessSummary, Summary, TaskSummary};

/// A sentence, and what of it a headline says as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What stands before a colon: `deadlock`. A headline of that kind says it already.
    pub lead: Option<Kind>,
    /// The rest.
    pub words: String,
}

impl Sentence {
    /// The whole sentence.
    #[must_use]
    pub fn all(&self) -> String {
        match self.lead {
            Some(lead) => format!("{}: {}", kind(lead).label.to_lowercase(), self.words),
            None => self.words.clone(),
        }
    }
}

/// What a finding says.
#[must_use]
pub fn summary(summary: &Summary) -> Sentence {
    match summary {
        Summary::Loop(of) => Sentence { lead: deadlock(of), words: loops::words(of) },
        Summary::Process(of) => {
            let lead = matches!(of, ProcessSummary::CannotTell { .. }).then_some(Kind::CannotTell);
            Sentence { lead, words: processes::words(of) }
        }
        Summary::Task(of) => {
            let deadlock = matches!(
                of,
                TaskSummary::EnteredTwice { .. }
                    | TaskSummary::PoolFull {
                        who: Occupancy::Nested { .. } | Occupancy::Crossed { .. } | Occupancy::Behind { .. },
                        ..
                    }
            );
            Sentence { lead: deadlock.then_some(Kind::Deadlock), words: tasks::words(of) }
        }
    }
}

/// A circle of many says how many they are instead.
fn deadlock(summary: &LoopSummary) -> Option<Kind> {
    let is = match summary {
        LoopSummary::EachOthersLocks { waiters } | LoopSummary::EachOther { waiters } => waiters.len() <= 2,
        LoopSummary::OwnLock { .. } | LoopSummary::MutexAgainstGil { .. } => true,
        _ => false,
    };
    is.then_some(Kind::Deadlock)
}
