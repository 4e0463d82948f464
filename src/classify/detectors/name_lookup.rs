//! Resolving a host name: `getaddrinfo` and its kin talk to a name server, or to a local daemon that does.

use super::Detector;
use crate::classify::{Activity, Cause, Doing, SecondParty, Sight};
use crate::libraries::Marks;
use crate::snapshot::{Call, DescriptorKind};

pub(super) struct LookingUpName;

/// The port of the domain name system.
const DNS_PORT: u16 = 53;

/// The only name server that the process knows, for a thread that waits on a UDP socket without a peer: musl sends to all
/// servers from one such socket.
fn only_server(sight: &Sight<'_>) -> Option<String> {
    let unconnected =
        |kind: &DescriptorKind| matches!(kind, DescriptorKind::Inet { protocol, peer: None, .. } if protocol == "udp");
    sight.waits_on().iter().find(|descriptor| unconnected(&descriptor.kind))?;
    match sight.surroundings?.name_servers.get()?.as_slice() {
        [server] => Some(server.clone()),
        _ => None,
    }
}

impl Detector for LookingUpName {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let call = sight.call()?;
        if !matches!(call, Call::Poll | Call::Receive | Call::Read | Call::Send | Call::Write | Call::Connect) {
            return None;
        }
        let connected = sight.waits_on().iter().find_map(|descriptor| match &descriptor.kind {
            DescriptorKind::Inet { peer: Some(peer), peer_port: DNS_PORT, .. } => Some(peer.clone()),
            _ => None,
        });
        if connected.is_none() && !sight.inner(Marks::RESOLVE) {
            return None;
        }
        let server = connected.or_else(|| only_server(sight));
        let does = Doing::ResolvesName { server: server.clone() };
        let party = server
            .map(|address| SecondParty::Peer { address, service: Some("dns".to_owned()) })
            .unwrap_or(SecondParty::None);
        Some(Activity::waiting(Cause::Dns, does).with(party))
    }
}
