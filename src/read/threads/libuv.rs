//! The threads of libuv, in which files are read and names are looked up.

use crate::snapshot::{DescriptorKind, ThreadId, ThreadOs};

/// What libuv calls its threads.
pub(in crate::read) const WORKER: &str = "libuv-worker";
/// Where name servers listen.
const PORT: u16 = 53;

/// A thread of libuv.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Worker {
    pub(in crate::read) thread: ThreadId,
    /// Our port of the socket on which it waits for a name server; another lookup has another.
    pub(in crate::read) asks: Option<u16>,
}

impl Worker {
    /// A thread of libuv, by what it waits for.
    pub(in crate::read) fn of(thread: ThreadId, os: &ThreadOs) -> Self {
        let asks = os.waits_on.iter().find_map(|descriptor| match &descriptor.kind {
            DescriptorKind::Inet { protocol, local_port, peer_port: PORT, .. } if protocol.starts_with("udp") => {
                Some(*local_port)
            }
            _ => None,
        });
        Self { thread, asks }
    }
}
