//! On a socket: connecting, reading, writing; and the special case of a service that calls itself.

use super::Detector;
use crate::classify::{Activity, Cause, SecondParty, Sight};
use crate::libraries::{self, Marks};
use crate::snapshot::{Call, Descriptor, DescriptorKind, Syscall};

pub(super) struct OnSocket;

/// From so many unacknowledged bytes on, a thread that polls a socket without a sign of its direction is writing: a
/// request is smaller, a full send buffer is larger.
const FULL_BUFFER_BYTES: u64 = 64 * 1024;

impl Detector for OnSocket {
    fn detect(&self, sight: &Sight<'_>) -> Option<Activity> {
        let (syscall, _) = sight.syscall()?;
        let descriptor = match syscall.call {
            Call::Poll | Call::Epoll => sight.waits_on().iter().find(|descriptor| is_socket(descriptor)),
            Call::Read | Call::Write | Call::Receive | Call::Send | Call::Connect | Call::Accept | Call::Copy => {
                sight.descriptor()
            }
            _ => None,
        };
        let Some(descriptor) = descriptor else { return by_call(&syscall) };
        match &descriptor.kind {
            DescriptorKind::Inet { peer: Some(peer), peer_port, local, .. } => {
                let cause = direction(sight, syscall.call, descriptor);
                let clause = format!("{} {peer}", verb(cause));
                let own = sight.is_own_port(*peer_port) && is_same_host(peer, local);
                let service = libraries::service(peer, *peer_port).filter(|_| !own).map(str::to_owned);
                let party = SecondParty::Peer { address: peer.clone(), service };
                Some(on_socket(syscall.name, if own { Cause::SelfRequest } else { cause }, clause).with(party))
            }
            DescriptorKind::Inet { local, .. } if syscall.call == Call::Accept => {
                Some(on_socket(syscall.name, Cause::SocketRead, format!("waiting for a connection on {local}")))
            }
            DescriptorKind::Inet { protocol, local, .. } => {
                let cause = direction(sight, syscall.call, descriptor);
                Some(on_socket(syscall.name, cause, format!("{} {protocol} {local}", verb(cause))))
            }
            DescriptorKind::Unix { path } => {
                let cause = direction(sight, syscall.call, descriptor);
                let address = if path.is_empty() { "a Unix socket".to_owned() } else { path.clone() };
                let clause = format!("{} {address}", verb(cause));
                let party = SecondParty::Peer { service: local_service(&address), address };
                Some(on_socket(syscall.name, cause, clause).with(party))
            }
            DescriptorKind::Unresolved(_) => by_call(&syscall),
            _ => None,
        }
    }
}

/// What a call says that works on sockets only, where the socket itself could not be resolved.
fn by_call(syscall: &Syscall) -> Option<Activity> {
    let (cause, clause) = match syscall.call {
        Call::Receive => (Cause::SocketRead, "reading from a socket"),
        Call::Send => (Cause::SocketWrite, "writing to a socket"),
        Call::Connect => (Cause::Connect, "connecting a socket"),
        _ => return None,
    };
    Some(on_socket(syscall.name, cause, clause.to_owned()))
}

fn is_socket(descriptor: &Descriptor) -> bool {
    matches!(descriptor.kind, DescriptorKind::Inet { .. } | DescriptorKind::Unix { .. })
}

fn on_socket(call: &str, cause: Cause, clause: String) -> Activity {
    Activity::waiting(cause, format!("blocked in {call}, {clause}"), clause)
}

/// Whether the thread connects, writes or reads. With a timeout every direction is a `poll`; then the connection's
/// state and the frames tell.
fn direction(sight: &Sight<'_>, call: Call, descriptor: &Descriptor) -> Cause {
    let (state, unsent) = match &descriptor.kind {
        DescriptorKind::Inet { state, unsent, .. } => (state.as_str(), *unsent),
        _ => ("", 0),
    };
    match call {
        Call::Connect => Cause::Connect,
        _ if state == "SYN-SENT" => Cause::Connect,
        Call::Send | Call::Write | Call::Copy => Cause::SocketWrite,
        Call::Poll | Call::Epoll if unsent >= FULL_BUFFER_BYTES => Cause::SocketWrite,
        Call::Poll | Call::Epoll if unsent > 0 && sight.inner(Marks::SEND) => Cause::SocketWrite,
        _ => Cause::SocketRead,
    }
}

fn verb(cause: Cause) -> &'static str {
    match cause {
        Cause::Connect => "connecting to",
        Cause::SocketWrite => "writing to",
        _ => "reading from",
    }
}

/// Whether both ends are on this host: the same address, or a loopback one.
fn is_same_host(peer: &str, local: &str) -> bool {
    let peer = libraries::host(peer);
    peer == libraries::host(local) || peer.starts_with("127.") || peer == "::1"
}

/// The service behind a well-known Unix socket.
fn local_service(path: &str) -> Option<String> {
    let known = [(".s.PGSQL", "postgresql"), ("mysql", "mysql"), ("redis", "redis"), ("docker.sock", "docker")];
    known.iter().find(|(part, _)| path.contains(part)).map(|(_, service)| (*service).to_owned())
}
