//! How much a census may take. Whoever looks on takes little of the pod's CPU; whoever asked for this one instant gets all.

use std::time::Duration;

use crate::os::clock;
use crate::snapshot::Moment;

/// What a census may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// CPU time of ours.
    pub cpu: Duration,
    /// Time that goes by.
    pub wall: Duration,
}

/// An allowance that is being spent.
#[derive(Clone, Copy, Debug)]
pub(in crate::read) struct Limit {
    cpu: Duration,
    wall: Moment,
}

impl Allowance {
    /// Begins to spend it.
    pub(in crate::read) fn begin(self) -> Limit {
        Limit { cpu: clock::thread_cpu().saturating_add(self.cpu), wall: clock::now().after(self.wall) }
    }

    /// Half of it.
    pub(in crate::read) fn half(self) -> Self {
        Self { cpu: self.cpu / 2, wall: self.wall / 2 }
    }
}

/// So many tasks are read whatever CPU time that takes: it is little work, and on a crowded machine each step of it takes several
/// times as long as elsewhere.
pub(in crate::read) const FEW: usize = 64;
/// And so many objects that a search meets: what a small service's connections and timers lead to.
pub(in crate::read) const FEW_OBJECTS: usize = 512;

impl Limit {
    /// Whether it is time to stop after so many: the first few are worth all the time that may go by.
    pub(in crate::read) fn is_spent_after(self, done: usize, few: usize) -> bool {
        if done < few { clock::now() >= self.wall } else { self.is_spent() }
    }

    /// Whether it is time to stop and to say what was not read.
    pub(in crate::read) fn is_spent(self) -> bool {
        clock::now() >= self.wall || clock::thread_cpu() >= self.cpu
    }
}
