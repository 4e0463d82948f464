//! Who does what where, as the facts of a finding name it.

use serde::{Deserialize, Serialize};

use super::{Analysis, Cause, Place, SecondParty};
use crate::classify::{Activity, Doing, Holder, Who};
use crate::snapshot::{Address, TaskCensus, ThreadId};

/// A task.
#[must_use]
pub fn task(tasks: &TaskCensus, address: Address) -> Who {
    let name = tasks.task(address).and_then(|task| task.name.get().cloned());
    Who::Task { address, name }
}

/// A thread, as the last look shows it.
#[must_use]
pub fn thread(analysis: &Analysis<'_>, thread: ThreadId) -> Who {
    let sample = analysis.last_snapshot().and_then(|(_, last)| last.thread(thread));
    sample.map_or(Who::Thread { thread, name: None }, Who::from)
}

/// What somebody does, without stacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Act {
    /// What.
    pub does: Doing,
    /// Who has the lock that is waited for.
    pub holder: Option<Holder>,
    /// Whether it sleeps and keeps the GIL.
    pub keeps_gil: bool,
    /// Whether a debugger has it.
    pub in_debugger: bool,
}

impl From<&Activity> for Act {
    fn from(did: &Activity) -> Self {
        let holder = match &did.party {
            SecondParty::Holder { holder, .. } => Some(holder.clone()),
            _ => None,
        };
        Self {
            does: did.does.clone(),
            holder,
            keeps_gil: did.keeps_gil,
            in_debugger: did.cause == Some(Cause::Debugger),
        }
    }
}

/// Where somebody is and what he does there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct At {
    /// The function.
    pub place: Option<Place>,
    /// What he does; `None`: he computes.
    pub act: Option<Act>,
}

/// Who is meant where a function may be known of him, and a name else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Where {
    /// In this function.
    Place(Place),
    /// No function of the user's is known.
    Who(Who),
}
