//! Objects of the target, by address: the bottom of the room.
//!
//! Everything else is built on [`Objects`](builtin::Objects): numbers, texts, tuples, dictionaries and types, each read
//! with a bound and checked against its type. `known` turns a read that failed into a fact that is not known, `moments`
//! tells times that the target wrote down from words that are none.

pub(in crate::read) mod builtin;
pub(in crate::read) mod dicts;
pub(in crate::read) mod hops;
pub(in crate::read) mod kinds;
pub(in crate::read) mod known;
pub(in crate::read) mod moments;
pub(in crate::read) mod ways;
