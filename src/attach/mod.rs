//! From a pid to a session that can be read.
//!
//! In this order (`open`): is there such a process and is it a machine we know (`preflight`), may we read it (`gate`),
//! where is its runtime (`located`, from `maps` and `elf`; `file_name` and `search` when its files tell nothing), where does this version
//! keep things (`interpreter`, with the tables of [`layout`](crate::layout)), is that true of the living process, what does
//! `_asyncio` say of itself (`asyncio`), and on which C library does it run (`c_library`). What our
//! own reader does not know is left to py-spy's walker (`walker`, `py_spy_bridge`; the feature `py-spy`).
//!
//! `checkup` tries what we may do to a process and explains it gate by gate (`facts`, `gates`, `remedy`), for `hangspy doctor`.

mod asyncio;
mod c_library;
mod checkup;
mod elf;
mod facts;
mod file_name;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod gate;
mod gates;
#[cfg(test)]
mod gates_tests;
mod interpreter;
mod located;
mod maps;
mod open;
mod preflight;
#[cfg(feature = "py-spy")]
mod py_spy_bridge;
mod remedy;
mod search;
mod session;
mod walker;

pub use checkup::{Checkup, Trial, checkup};
pub use gate::refusal;
pub use gates::{ExaminedGate, GateState};
pub use maps::anonymous_memory;
pub use open::{attach, attach_or_proc_only};
#[cfg(feature = "py-spy")]
pub use py_spy_bridge::walk_if_asked;
pub use session::{Access, OwnAccess, Session};
pub use walker::{PySpyWalker, WALKS, WalkedFrame, WalkedThread, walk_with};
