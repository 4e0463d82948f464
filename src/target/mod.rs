//! Which processes are meant.
//!
//! A user types a pid, `:PORT`, a name, or nothing. What is meant is rarely that one process: `uvicorn --workers 4` and
//! gunicorn run a supervisor that serves nothing, workers, and helpers of `multiprocessing`; a container's first process
//! is often a shell. So all Python processes are looked at ([`Census`](census)), their command lines read
//! ([`command`]), their sockets compared ([`listening`]), and families made of them ([`family`]).
//!
//! Nothing is attached to. Whether a process is Python is told from the names of its files; that is enough to choose, and
//! the `attach` room finds out for certain.

mod census;
mod choice;
mod command;
mod family;
mod find;
mod listed;
mod listening;
mod python;
mod unseen;

pub use choice::{MOST_PROCESSES, choose};
pub use find::find;
pub use listed::{Listed, list};
pub use unseen::why_unseen;
