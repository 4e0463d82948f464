//! Connections that tasks wait for, as the kernel shows them.

use std::time::Duration;

use super::Analysis;
use crate::classify::SecondParty;
use crate::libraries::service;
use crate::snapshot::{Awaited, Connection, Ending, Known, Recording, RequestSample, Surroundings, TaskSample};

/// What a task awaits, when that is a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct AwaitedConnection<'a> {
    pub(super) connection: &'a Connection,
    /// Whether it waits for the other end to take bytes.
    pub(super) sends: bool,
}

/// The connection that a task of the last census waits for, as it was last read; `None` when the task waits for something
/// else, or it is not known for which one.
#[must_use]
pub(super) fn awaited_connection<'a>(recording: &'a Recording, task: &TaskSample) -> Option<AwaitedConnection<'a>> {
    let Known::Is(Some(wait)) = &task.wait else { return None };
    let around = recording.surroundings.last()?;
    let Awaited::Connection { peer, descriptor: Known::Is(descriptor), sends } = &wait.on else {
        // Whatever it is made of: the one connection that leads to it.
        let connection = only_connection(around, task.ends.get()?)?;
        return Some(AwaitedConnection { connection, sends: false });
    };
    let connection = by_descriptor(around, *descriptor)?;
    // A descriptor may be another connection's by now.
    let same = peer.get().is_none_or(|peer| same_address(peer, &connection.peer));
    same.then_some(AwaitedConnection { connection, sends: *sends })
}

/// The one connection that leads to what somebody waits for.
fn only_connection<'a>(around: &'a Surroundings, ends: &[Ending]) -> Option<&'a Connection> {
    let mut found = ends.iter().filter_map(|ending| match ending {
        Ending::Descriptor { number, .. } => by_descriptor(around, *number),
        _ => None,
    });
    found.next().filter(|_| found.next().is_none())
}

/// The connection of this descriptor.
#[must_use]
pub(super) fn by_descriptor(around: &Surroundings, descriptor: i32) -> Option<&Connection> {
    around.connections.get()?.iter().find(|connection| connection.descriptor == descriptor)
}

/// The other end of what a task waits for, where that is a connection and known: as the program keeps it, else as the kernel
/// has it.
#[must_use]
pub fn awaited_peer<'a>(recording: &'a Recording, on: &'a Awaited) -> Option<&'a str> {
    let Awaited::Connection { peer, descriptor, .. } = on else { return None };
    let kernel = || by_descriptor(recording.surroundings.last()?, descriptor.ok()?).map(|found| found.peer.as_str());
    peer.get().map(String::as_str).or_else(kernel)
}

/// Whether a connection came in through one of the process's own listening sockets.
#[must_use]
pub(super) fn is_incoming(around: &Surroundings, connection: &Connection) -> bool {
    let port = connection.local.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let listeners = around.listeners.get();
    // Where it is not known who listens, it may have.
    port.zip(listeners).is_none_or(|(port, listeners)| listeners.iter().any(|listener| listener.port == port))
}

/// The other end of a connection as the second party of a verdict.
#[must_use]
pub(super) fn peer_party(peer: &str) -> SecondParty {
    let port = peer.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let service = port.and_then(|port| service(peer, port)).map(str::to_owned);
    SecondParty::Peer { address: peer.to_owned(), service }
}

/// For how long the other end has owed data; `None` when there is data to read, when it has closed, or nobody counted.
#[must_use]
pub(super) fn silent_for(connection: &Connection) -> Option<Duration> {
    let traffic = connection.traffic.get()?;
    (connection.state == "ESTAB" && connection.unread == 0).then(|| traffic.silent_for())
}

/// For how long the other end of a connection that we made has owed an answer; `None` when it was the last to say something, as
/// whoever sends messages when there are some has, by taking the subscription.
#[must_use]
pub(super) fn unanswered_for(around: &Surroundings, connection: &Connection) -> Option<Duration> {
    let silent = silent_for(connection).filter(|_| !is_incoming(around, connection))?;
    let traffic = connection.traffic.get()?;
    (traffic.last_sent < traffic.last_received || traffic.received == 0).then_some(silent)
}

/// How old a request is at least: for so long nothing has come on its connection, or the server has had it. `None` where
/// nobody counted.
#[must_use]
pub fn request_age(analysis: &Analysis<'_>, request: &RequestSample) -> Option<Duration> {
    let around = analysis.last_surroundings();
    let connection = around.and_then(|around| connection_of(around, request));
    // What was received and not read may be a later request's.
    let counted = connection.and_then(|connection| connection.traffic.ok().filter(|_| connection.unread == 0));
    let quiet = counted.map(|traffic| traffic.last_received);
    let census = analysis.recording.censuses.last();
    let had = census.zip(request.began.ok()).map(|(census, began)| census.at.since(began));
    quiet.max(had)
}

/// Whether the answer to a request has begun: as its server says, else as the kernel does, which counts when something was
/// sent and received last.
#[must_use]
pub(super) fn has_begun(around: &Surroundings, request: &RequestSample) -> Option<bool> {
    let counted = || connection_of(around, request)?.traffic.ok();
    request.answering.ok().or_else(|| counted().map(|traffic| traffic.last_sent < traffic.last_received))
}

/// The connection that a request came in on: of its descriptor; where that is not known, the one whose other end is its
/// client.
#[must_use]
pub(super) fn connection_of<'a>(around: &'a Surroundings, request: &RequestSample) -> Option<&'a Connection> {
    if let Known::Is(descriptor) = request.descriptor {
        return by_descriptor(around, descriptor);
    }
    let client = request.client.get()?;
    let mut connections = around.connections.get()?.iter();
    connections.find(|connection| same_address(&connection.peer, client) && is_incoming(around, connection))
}

/// Whether two texts are the same address: an IPv4 address may be written as one of IPv6.
fn same_address(one: &str, other: &str) -> bool {
    fn port(text: &str) -> Option<&str> {
        text.rsplit_once(':').map(|(_, port)| port)
    }
    let plain = |text: &str| text.replace("::ffff:", "").replace(['[', ']'], "");
    // Every one of thousands of connections is compared with others, and nearly all differ in the port.
    one == other || port(one) == port(other) && plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_more_than_one_spelling() {
        assert!(same_address("[::ffff:10.0.3.7]:5432", "10.0.3.7:5432"));
        assert!(same_address("[fe80::1]:80", "[fe80::1]:80"));
        assert!(!same_address("10.0.3.7:5432", "10.0.3.7:5433"));
    }
}
