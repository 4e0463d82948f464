//! Recordings on disk, so that every verdict can be made again without the process.
//!
//! A capture (`*.hangspy`) holds one run with all its processes. It begins with [`MAGIC`] and a format number; then come
//! blocks, each compressed by itself and complete, each holding whole records. A run that is killed loses the block that
//! was being gathered, at most about a second ([`Writer`]); whatever was written before is read back and the reader says
//! that there is no more ([`Truncation`]).
//!
//! Records are MessagePack with field names. A compact form without names would take half the room before compression
//! and two thirds after it, but cannot tell a field that moved from one that did not: a capture of last month would be
//! misread instead of refused. With names, fields may be added (`#[serde(default)]`) without a new format number.
//! Thread samples that did not change from one snapshot to the next are written, and read back, as references to the
//! earlier ones.
//!
//! A capture may come from anywhere, so the reader bounds every length, block and sum before it believes them, and
//! nothing in it panics.

mod block;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod reader;
mod record;
mod writer;

pub use reader::{Journal, Truncation, decode, read};
pub use record::{FORMAT, MAGIC};
pub use writer::{Member, Writer};
