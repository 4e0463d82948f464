//! From a session to a snapshot.

mod dicts;
mod live;
mod objects;

pub(crate) use dicts::Entry;
pub use live::{LiveFrame, LiveThread};
pub(crate) use objects::{DequeEnds, Objects};
