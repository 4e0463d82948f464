//! How we know, in words: a file for what belongs together.

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

use super::waits::progress;
use crate::aggregate::Evidence;

/// A fact that shows a trouble, in words.
#[must_use]
pub fn evidence(fact: &Evidence) -> String {
    match fact {
        Evidence::Step(fact) => steps::words(fact),
        Evidence::Lock(fact) => locks::words(fact),
        Evidence::Gil(fact) => gil::words(fact),
        Evidence::Loop(fact) => loops::words(fact),
        Evidence::Cpu(fact) => cpu::words(fact),
        Evidence::Descriptor(fact) => descriptors::words(fact),
        Evidence::Kernel(fact) => kernel::words(fact),
        Evidence::Task(fact) => tasks::words(fact),
        Evidence::Search(fact) => searches::words(*fact),
        Evidence::Worker(fact) => workers::words(fact),
        Evidence::Peer(fact) => peers::words(fact),
        Evidence::Undecided(fact) => undecided::words(fact),
        Evidence::Progress(ahead) => progress(ahead),
    }
}
