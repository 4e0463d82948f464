//! Who could end a wait, by name.

use super::connections::{by_descriptor, is_incoming};
use super::{Analysis, task};
use crate::classify::Who;
use crate::snapshot::{Ending, Moment, TaskCensus};

/// Somebody or something that could end a wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Ender {
    /// The other end of a connection, and whether that is a client.
    Peer {
        /// Its address.
        peer: String,
        /// Whether it came to us.
        client: bool,
    },
    /// A task.
    Task(Who),
    /// What the ending itself says, at this moment.
    Itself(Ending, Moment),
}

/// Who is meant by an ending.
#[must_use]
pub fn ender(analysis: &Analysis<'_>, tasks: &TaskCensus, now: Moment, ending: &Ending) -> Ender {
    let of_connection = |number: i32| {
        let around = analysis.last_surroundings()?;
        let connection = by_descriptor(around, number)?;
        Some(Ender::Peer { peer: connection.peer.clone(), client: is_incoming(around, connection) })
    };
    let known = match ending {
        Ending::Descriptor { number, .. } => of_connection(*number),
        Ending::Task { task: address } => Some(Ender::Task(task(tasks, *address))),
        _ => None,
    };
    known.unwrap_or_else(|| Ender::Itself(ending.clone(), now))
}
