//! What shows that the other end of a connection says or takes nothing.

use crate::aggregate::PeerFact;
use crate::figures::{bytes, count, seconds};
use crate::words::names::{place, text};

pub(super) fn words(fact: &PeerFact) -> String {
    let fixed = match fact {
        PeerFact::ReceivedNothing { connections, requests, for_s } => {
            let them = if *requests == 1 { "it" } else { "them" };
            let connections = count(*connections, "connection");
            return format!(
                "by the kernel's count {connections} behind {them} received nothing for {} at least",
                seconds(*for_s)
            );
        }
        PeerFact::ClientsOwed { clients, for_s } => {
            let clients = count(*clients, "client");
            return format!("{clients} said something last and got nothing for {}", seconds(*for_s));
        }
        PeerFact::SeenWaiting { for_s } => return format!("seen in the same wait for {}", seconds(*for_s)),
        PeerFact::NotAcknowledged { bytes } => {
            return format!("{} sent to it were not acknowledged", count(*bytes, "byte"));
        }
        PeerFact::TakesNothing { bytes: unsent, client, apart_s } => {
            return format!(
                "{} wait to be sent to {client}, which took nothing of it between two readings {} apart",
                bytes(*unsent),
                seconds(*apart_s)
            );
        }
        PeerFact::SenderHolds { place: at } => {
            return format!("{} holds it, and the client takes nothing", place(at));
        }
        PeerFact::ServesAnother { method, path, client } => {
            return format!("the task that waits serves {} {} of {}", text(method), text(path), text(client));
        }
        PeerFact::AskedAndSilent { peer, ago_s } => {
            let ago = seconds(*ago_s);
            return format!("by the kernel's count {peer} was asked {ago} ago and has sent nothing since");
        }
        PeerFact::ConnectionsOwed { connections, peer } => {
            let connections = count(*connections, "connection");
            return format!("by the kernel's count {connections} to {peer} asked last and received nothing since");
        }
        PeerFact::OthersSentNothing { websockets, for_s } => {
            let others = count(*websockets, "other WebSocket");
            return format!(
                "{others} that were sent as much before were sent nothing for {} at least",
                seconds(*for_s)
            );
        }
        PeerFact::ConsumersLookAlike => "possible, not likely: a consumer that waits for news may look the same",
        PeerFact::ListenersLookAlike => "possible, not likely: clients that listen look the same",
        PeerFact::HasTheQuestion => "everything sent to it was acknowledged: it has the question",
        PeerFact::GreenletTimeout { timed: false } => {
            "no timeout around the wait: the socket has none, and no block has one"
        }
        PeerFact::TaskTimeout { timed: true } | PeerFact::GreenletTimeout { timed: true } => {
            "there is a timeout around the wait that has not come yet"
        }
        PeerFact::TaskTimeout { timed: false } => {
            "no timeout around the wait: no wait_for, no block of asyncio or AnyIO with a deadline"
        }
        PeerFact::ThreadTimeout { timed: true } => "the thread waits in a call with a timeout",
        PeerFact::ThreadTimeout { timed: false } => "the thread waits in a call without a timeout",
    };
    fixed.to_owned()
}
