//! From a session to a snapshot.

mod dicts;
mod objects;

pub(crate) use dicts::Entry;
pub(crate) use objects::{DequeEnds, Objects};
