//! What shows that descriptors run out, and that nobody accepts or reads.

use crate::aggregate::DescriptorFact;
use crate::figures::{count, counted};

pub(super) fn words(fact: &DescriptorFact) -> String {
    match fact {
        DescriptorFact::NoDescriptor { open, limit, readings, of } => {
            format!("{open} file descriptors open, none of {limit} free in {readings} of {of} readings")
        }
        DescriptorFact::DescriptorsAre { count, what, closed_by_peer: 0 } => format!("{count} {what}"),
        DescriptorFact::DescriptorsAre { count, what, closed_by_peer: closed } => {
            format!("{count} {what}, {closed} of them closed by the other side and not by this process")
        }
        DescriptorFact::AcceptFails { looks, of } => {
            format!("the loop tries to accept, and fails, in {looks} of {of} looks")
        }
        DescriptorFact::NotAccepted { connections } => {
            let words =
                |(waiting, port): &(u64, u16)| format!("{} not accepted on :{port}", count(*waiting, "connection"));
            connections.iter().map(words).collect::<Vec<_>>().join(", ")
        }
        DescriptorFact::Unread { bytes, connections } => {
            format!("{} received and not read on {}", count(*bytes, "byte"), count(*connections, "connection"))
        }
        DescriptorFact::Piling { connections } => {
            let waiting = counted(*connections, "connection is waiting", "connections are waiting");
            format!("{waiting} and not accepted")
        }
    }
}
