//! Stacks of a process that runs on: frames, the code that they are of, the lines that they are at.
//!
//! [`StackReader`](reader::StackReader) takes one sample: `foresight` fetches ahead what was seen last time, `frames`
//! walks through what was fetched as far as `effort` goes, `agreement` compares several readings, `codes` proves that code is still the same.
//! What others ask of a single frame stands beside it: its local variables (`locals`), the block that it is in
//! (`guards`, `exception_table`), the instruction that it is at and the names of what that calls (`sites`).

pub(in crate::read) mod agreement;
pub(in crate::read) mod codes;
pub(in crate::read) mod effort;
pub(in crate::read) mod exception_table;
pub(in crate::read) mod foresight;
pub(in crate::read) mod frames;
pub(in crate::read) mod guards;
pub(in crate::read) mod lines;
pub(in crate::read) mod locals;
pub(in crate::read) mod reader;
pub(in crate::read) mod reading;
pub(in crate::read) mod sites;
pub(in crate::read) mod table;
#[cfg(test)]
mod tape_tests;
