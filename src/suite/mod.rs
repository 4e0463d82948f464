//! A test run: a command is run, its processes are followed, and what is seen of them is told by test.
//!
//! Which test runs is written by our plugin of pytest into a file for each process (`marks`), and read in the same look as the stacks
//! (`watcher`, a thread for each process that `family` finds below the command). Looks and marks are folded into a
//! [`TestRun`](crate::report::TestRun) between tests (`watched`), so that a run of hours takes no more memory than one of minutes.
//! Whether a stall counts is decided there, by `report`; this room only looks. `beside` is the other way round: pytest runs us.

mod beside;
mod command;
mod family;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod marks;
mod outputs;
mod run;
mod vigil;
mod watched;
mod watcher;

pub use beside::{Beside, beside};
pub use run::{Test, test};
