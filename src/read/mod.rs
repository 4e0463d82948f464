//! From a session to a snapshot, without ever stopping the target.
//!
//! A target that runs changes while it is read, so what is read is either shown to be true or said not to be:
//!
//! | question | what shows it | where |
//! |---|---|---|
//! | is this thread still there | the list's links, followed again through what was fetched | `threads::roster` |
//! | is this still the same code | the words of its head, or its number, read between two readings of the frame | `stacks::codes` |
//! | did this stack ever exist | it slept since the last reading; or it cannot have had the GIL; or three readings agree | `stacks::reader` |
//! | whose thread is this | the kernel's list of threads | `threads::ids` |
//! | does it sleep, and in what | `/proc`; time slices say whether that is still so | `threads::kernel`, `threads::waits` |
//! | is the loop in the same step | the task, the handle, the left end of the ready queue | `loops::reader` |
//! | is this the same wait of a task | the future that wakes it, at every look between two censuses | `tasks::watch` |
//!
//! A sample costs a handful of system calls: whatever was looked at in the last one is fetched again in one batch, and
//! only what is new costs a read of its own. [`Sampler`] puts it all together; `walked` does the same with py-spy's walker
//! for versions whose layout we do not know.
//!
//! The sub-rooms build on each other in this order: `objects`, `threads`, `stacks`, `locks`, `loops`, `tasks`, `greenlets`, `runners`,
//! `pools`, `ends`. `own` takes a sample through them, `pulse` reads the words of the loops alone, and `census` hands each of its readers the same [`Scene`](scene::Scene).

mod allowance;
mod budget;
mod census;
mod crews;
mod ends;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod greenlets;
#[cfg(test)]
mod hostile_tests;
mod locks;
mod loops;
mod objects;
mod own;
mod pools;
mod pulse;
mod requests;
mod runners;
mod sampler;
mod scene;
mod stacks;
mod tasks;
mod threads;
mod walked;

pub use allowance::Allowance;
pub use budget::Budget;
pub use sampler::Sampler;
pub use threads::live::{LiveFrame, LiveThread};
