//! How we know, as facts: a file for what belongs together. The sentences are made in `words`.
//!
//! Lengths are seconds, shares are 0 to 1; `looks` of `of` are the looks that show it and all that were asked.

mod cpu;
mod descriptors;
mod gil;
mod kernel;
mod locks;
mod loops;
mod peers;
mod searches;
mod steps;
mod tasks;
mod undecided;
mod workers;

use serde::{Deserialize, Serialize};

pub use cpu::CpuFact;
pub use descriptors::DescriptorFact;
pub use gil::GilFact;
pub use kernel::KernelFact;
pub use locks::{Deed, LockFact};
pub use loops::LoopFact;
pub use peers::PeerFact;
pub use searches::SearchFact;
pub use steps::{LoopIs, StepFact};
pub use tasks::TaskFact;
pub use undecided::UndecidedFact;
pub use workers::WorkerFact;

use super::Progress;

/// A fact that shows a trouble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evidence {
    /// About one step of a loop.
    Step(StepFact),
    /// About locks.
    Lock(LockFact),
    /// About the GIL.
    Gil(GilFact),
    /// About a loop as a whole.
    Loop(LoopFact),
    /// About the CPU and its quota.
    Cpu(CpuFact),
    /// About descriptors.
    Descriptor(DescriptorFact),
    /// Of the kernel.
    Kernel(KernelFact),
    /// About tasks.
    Task(TaskFact),
    /// What a search for who could end a wait found.
    Search(SearchFact),
    /// About pools and workers.
    Worker(WorkerFact),
    /// About other ends of connections.
    Peer(PeerFact),
    /// About what was not seen.
    Undecided(UndecidedFact),
    /// What gets ahead meanwhile.
    Progress(Progress),
}

macro_rules! from {
    ($($variant:ident: $fact:ty),+) => {
        $(impl From<$fact> for Evidence {
            fn from(fact: $fact) -> Self {
                Self::$variant(fact)
            }
        })+
    };
}

from!(
    Step: StepFact,
    Lock: LockFact,
    Gil: GilFact,
    Loop: LoopFact,
    Cpu: CpuFact,
    Descriptor: DescriptorFact,
    Kernel: KernelFact,
    Task: TaskFact,
    Search: SearchFact,
    Worker: WorkerFact,
    Peer: PeerFact,
    Undecided: UndecidedFact,
    Progress: Progress
);
