//! What every thread and loop is doing now, with evidence.
//!
//! A pure room: it sees one snapshot and what the recording knows of codes and stacks. Python frames do not tell an idle
//! loop from a starved one, and the kernel does not tell whose line waits; every answer here puts both together.
//!
//! [`Book`] works out once what codes and stacks mean: whose they are ([`Origin`]), which well-known functions are on them
//! ([`Marks`](crate::libraries::Marks)), where the loop ends and its step begins. [`activity`] asks an ordered list of detectors what a thread does;
//! [`look`] says what a loop does.

mod activity;
mod book;
mod cause;
mod detectors;
mod doing;
mod holder;
mod look;
mod origin;
mod party;
mod sight;
mod waits_for;
mod who;

pub use activity::{Activity, Manner};
pub use book::{Book, CodeFacts, Phase, StackFacts};
pub use cause::{Cause, Place};
pub use detectors::activity;
pub use doing::{Access, AwaitedChild, Direction, Doing, FifoEnd, Lock, Sink};
pub use look::{Look, look};
pub use origin::Origin;
pub use party::{Holder, Opened, OtherProcess, Resource, SecondParty};
pub use sight::Sight;
pub use waits_for::{Object, Primitive, WaitsFor};
pub use who::Who;
