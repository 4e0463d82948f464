//! Tasks: where each is, what it waits for, what it holds, and for whom it works.
//!
//! [`reader`] goes from the `list` of tasks to the `chains` of their `coroutines`. The innermost `functions` of a chain
//! say what the future at its end stands for (`waits`), where the future alone does not (`future_links`, `primitives`,
//! `transports`, `thread_calls`). `watch` follows a wait between two censuses; `requests` and `handovers` say who waits
//! for a task from outside.

pub(in crate::read) mod chains;
pub(in crate::read) mod coroutines;
mod failures;
pub(in crate::read) mod frames;
pub(in crate::read) mod functions;
pub(in crate::read) mod future_links;
pub(in crate::read) mod handovers;
pub(in crate::read) mod holds;
pub(in crate::read) mod list;
#[cfg(any(test, fuzzing))]
pub(in crate::read) mod nonsense_of_tests;
pub(in crate::read) mod primitives;
pub(in crate::read) mod reader;
#[cfg(test)]
mod tests;
pub(in crate::read) mod thread_calls;
pub(in crate::read) mod transports;
pub(in crate::read) mod waits;
pub(in crate::read) mod watch;
