//! From a session to a snapshot.

mod agreement;
mod codes;
mod dicts;
mod foresight;
mod frames;
mod gil;
#[cfg(test)]
mod hostile_tests;
mod known;
mod lines;
mod live;
mod loops;
mod moments;
mod names;
mod objects;
mod roster;
mod running;
mod stack_reader;
mod stacks;
mod stock_loop;
mod tasks;
mod thread_ids;
mod turns;
mod uvloop;

pub(crate) use dicts::Entry;
pub(crate) use foresight::Foresight;
pub(crate) use gil::Gil;
pub use live::{LiveFrame, LiveThread};
pub(crate) use loops::Loops;
pub(crate) use moments::Lifetime;
pub(crate) use names::ThreadNames;
pub(crate) use objects::{DequeEnds, Objects};
pub(crate) use thread_ids::ThreadIds;
