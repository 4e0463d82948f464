//! The same mistake elsewhere: which `async def` of a source tree reaches a call that blocks, without anything between that moves it off
//! the loop.
//!
//! Nothing is imported or run. Each file becomes a [`Module`] (`module`): its functions, what they call by name, what names stand
//! for. `names` follows a name over imports, assignments, annotations and attributes of `self` to what it stands for; `search` goes from
//! each `async def` through the plain functions that it calls to the calls that block, which `libraries` knows. A function that is handed
//! to a thread is not called there, so there is nothing to know of threads.
//!
//! What cannot be followed is not claimed: values out of containers, results of other functions, what is chosen at run time.

mod module;
mod names;
mod search;
mod seeds;
mod tree;

pub use module::{Module, module};
pub use search::{Kinds, Similar, search};
pub use seeds::{is_captured, kinds};
pub use tree::{Sources, read};
