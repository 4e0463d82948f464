//! From a session to a snapshot.

mod agreement;
mod codes;
mod dicts;
mod foresight;
mod frames;
mod gil;
#[cfg(test)]
mod hostile_tests;
mod kernel_threads;
mod known;
mod lines;
mod live;
mod loops;
mod moments;
mod names;
mod objects;
mod own;
mod roster;
mod running;
mod sampler;
mod stack_reader;
mod stacks;
mod stock_loop;
#[cfg(test)]
mod tape_tests;
mod tasks;
mod thread_ids;
mod thread_reading;
mod turns;
mod uvloop;
mod waits;
mod walked;

pub use live::{LiveFrame, LiveThread};
pub use sampler::Sampler;
