//! hangspy says, from outside and without stopping it, why a Python web worker hangs.
//!
//! ```text
//!             touches a process                     |            pure functions of data
//!                                                   |
//!  target -> attach -> read ----------> SNAPSHOT ---+-> classify -> aggregate -> REPORT -> render
//!  (find)   (session)  ^  ^  ^             ^ |     |   (now)       (over time)
//!                      |  |  |             | v     |
//!                   memory os layout     journal   |   libraries: what we know of foreign code
//!
//!  drive: the verbs        cli: words <-> requests        main: exit code
//! ```
//!
//! Everything to the left of [`snapshot`] touches a process; everything to the right is a pure function of data, so
//! every verdict can be replayed from a file. `tests/rooms.rs` keeps the walls.

pub mod aggregate;
pub mod attach;
pub mod classify;
pub mod cli;
pub mod drive;
pub mod error;
pub mod figures;
pub mod journal;
pub mod layout;
pub mod libraries;
pub mod memory;
pub mod os;
pub mod read;
pub mod render;
pub mod report;
pub mod snapshot;
pub mod target;
pub mod words;
