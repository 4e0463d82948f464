//! From a session to a snapshot, without ever stopping the target.
//!
//! A target that runs changes while it is read, so what is read is either shown to be true or said not to be:
//!
//! | question | what shows it | where |
//! |---|---|---|
//! | is this thread still there | the list's links, followed again through what was fetched | `roster` |
//! | is this still the same code | the words of its head, or its number, read between two readings of the frame | `codes` |
//! | did this stack ever exist | it slept since the last reading; or it cannot have had the GIL; or three readings agree | `stack_reader` |
//! | whose thread is this | the kernel's list of threads | `thread_ids` |
//! | does it sleep, and in what | `/proc`; time slices say whether that is still so | `kernel_threads`, `waits` |
//! | is the loop in the same step | the task, the handle, the left end of the ready queue | `loops` |
//! | is this the same wait of a task | the future that wakes it, at every look between two censuses | `wait_watch` |
//!
//! A sample costs a handful of system calls: whatever was looked at in the last one is fetched again in one batch, and
//! only what is new costs a read of its own. [`Sampler`] puts it all together; `walked` does the same with py-spy's walker
//! for versions whose layout we do not know.

mod agreement;
mod allowance;
mod census;
mod chains;
mod codes;
mod coroutines;
mod dicts;
mod endpoints;
mod exception_table;
mod foresight;
mod fork_parent;
mod frame_locals;
mod frames;
mod functions;
mod future_links;
mod gil;
mod guards;
mod handlers;
mod handovers;
mod held_slots;
#[cfg(test)]
mod hostile_tests;
mod kernel_threads;
mod kinds;
mod known;
mod lines;
mod live;
mod lock_waits;
mod locks;
mod loops;
mod moments;
#[cfg(test)]
mod musl_tests;
mod names;
mod nearby_loops;
mod objects;
mod own;
mod pools;
mod primitives;
mod requests;
mod roster;
mod running;
mod sampler;
mod stack_reader;
mod stacks;
mod stock_loop;
#[cfg(test)]
mod tape_tests;
mod task_frames;
mod task_holds;
mod task_list;
mod task_reader;
#[cfg(test)]
mod task_tests;
mod task_waits;
mod tasks;
mod thread_calls;
mod thread_ids;
mod thread_reading;
mod transports;
mod turns;
mod uvloop;
mod wait_watch;
mod waits;
mod walked;

pub use allowance::Allowance;
pub use live::{LiveFrame, LiveThread};
pub use sampler::Sampler;
