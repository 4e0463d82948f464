//! `/proc` and control groups: parsers over text plus thin readers.
//!
//! Everything here is what the kernel says, so it holds for every Python and for none. Parsers are functions of `&str`
//! and are tested on real texts; the readers beside them open a file, read a bounded part of it and turn a refusal into
//! a [`Why`](crate::snapshot::Why). Names, paths and command lines are chosen by the process that is looked at: they are
//! passed on as they are and must be sanitized before they are shown.

pub mod clock;
mod proc_file;
mod self_cost;
pub mod sockets;
pub mod system_calls;
pub mod task_text;
pub mod threads;

pub use self_cost::{SelfCost, self_cost};
