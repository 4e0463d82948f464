//! What shows that the other end of a connection says or takes nothing.

use serde::{Deserialize, Serialize};

use crate::aggregate::Place;
use crate::snapshot::Known;

/// A fact about the other ends of connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum PeerFact {
    /// Connections behind requests received nothing.
    ReceivedNothing { connections: u64, requests: u64, for_s: f64 },
    /// Clients that said something last, and how long one has got nothing.
    ClientsOwed { clients: u64, for_s: f64 },
    /// For how long they were seen in the same wait.
    SeenWaiting { for_s: f64 },
    /// Everything that was sent was acknowledged.
    HasTheQuestion,
    /// Not everything was.
    NotAcknowledged { bytes: u64 },
    /// Whether a timeout ends the wait of a task.
    TaskTimeout { timed: bool },
    /// Whether a timeout ends the wait of a greenlet.
    GreenletTimeout { timed: bool },
    /// Whether the call has a timeout that a thread waits in.
    ThreadTimeout { timed: bool },
    /// A client takes nothing of what waits to be sent.
    TakesNothing { bytes: u64, client: String, apart_s: f64 },
    /// The sender holds what others wait for.
    SenderHolds { place: Place },
    /// The task that waits serves another client.
    ServesAnother { method: Known<String>, path: Known<String>, client: Known<String> },
    /// When a peer was asked that has sent nothing since.
    AskedAndSilent { peer: String, ago_s: f64 },
    /// Connections to a peer that were asked last and received nothing since.
    ConnectionsOwed { connections: u64, peer: String },
    /// A consumer may look like a job that waits for an answer.
    ConsumersLookAlike,
    /// Clients that listen may look like those that wait for an answer.
    ListenersLookAlike,
    /// Others that were sent as much before.
    OthersSentNothing { websockets: u64, for_s: f64 },
}
