//! What shows that descriptors run out, and that nobody accepts or reads.

use serde::{Deserialize, Serialize};

/// A fact about descriptors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum DescriptorFact {
    /// No descriptor is free.
    NoDescriptor { open: u64, limit: u64, readings: u64, of: u64 },
    /// What descriptors are.
    DescriptorsAre { count: u64, what: String, closed_by_peer: u64 },
    /// The loop tries to accept, and fails.
    AcceptFails { looks: u64, of: u64 },
    /// Connections that are not accepted, by port.
    NotAccepted { connections: Vec<(u64, u16)> },
    /// What was received and not read.
    Unread { bytes: u64, connections: u64 },
    /// Connections that wait and are not accepted.
    Piling { connections: u64 },
}
