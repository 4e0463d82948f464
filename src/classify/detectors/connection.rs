//! On a socket: connecting, reading, writing; and the special case of a service that calls itself.

use super::Detector;
use crate::classify::{Activity, Cause, Direction, Doing, SecondParty, Sight};
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
            Call::Poll | Call::Epoll => one_of_several(sight),
            Call::Read | Call::Write | Call::Receive | Call::Send | Call::Connect | Call::Accept | Call::Copy => {
                sight.descriptor()
            }
            _ => None,
        };
        let Some(descriptor) = descriptor else { return by_call(&syscall) };
        match &descriptor.kind {
            DescriptorKind::Inet { peer: Some(peer), peer_port, local, .. } => {
                let direction = direction(sight, syscall.call, descriptor);
                let own = sight.is_own_port(*peer_port) && is_same_host(peer, local);
                let service = libraries::service(peer, *peer_port).filter(|_| !own).map(str::to_owned);
                let party = SecondParty::Peer { address: peer.clone(), service };
                let found = on_socket(syscall.name, direction, Some(peer.clone()));
                Some(if own { Activity { cause: Some(Cause::SelfRequest), ..found } } else { found }.with(party))
            }
            DescriptorKind::Inet { local, .. } if syscall.call == Call::Accept => {
                Some(on_socket(syscall.name, Direction::Accept, Some(local.clone())))
            }
            DescriptorKind::Inet { protocol, local, .. } => {
                let direction = direction(sight, syscall.call, descriptor);
                Some(on_socket(syscall.name, direction, Some(format!("{protocol} {local}"))))
            }
            DescriptorKind::Unix { path } => {
                let direction = direction(sight, syscall.call, descriptor);
                let address = if path.is_empty() { "a Unix socket".to_owned() } else { path.clone() };
                let found = on_socket(syscall.name, direction, Some(address.clone()));
                let service = libraries::local_service(&address).map(str::to_owned);
                Some(found.with(SecondParty::Peer { service, address }))
            }
            DescriptorKind::Unresolved(_) => by_call(&syscall),
            _ => None,
        }
    }
}

/// What a call says that works on sockets only, where the socket itself could not be resolved.
fn by_call(syscall: &Syscall) -> Option<Activity> {
    let direction = match syscall.call {
        Call::Receive => Direction::Read,
        Call::Send => Direction::Write,
        Call::Connect => Direction::Connect,
        _ => return None,
    };
    Some(on_socket(syscall.name, direction, None))
}

/// The socket that a poll is for. A library that lets other threads wake it polls one end of a pair of its own as well.
fn one_of_several<'a>(sight: &Sight<'a>) -> Option<&'a Descriptor> {
    let connections = sight.surroundings.and_then(|around| around.connections.get());
    let is_pair = |descriptor: &&Descriptor| match &descriptor.kind {
        DescriptorKind::Inet { peer: Some(peer), .. } => {
            connections.is_some_and(|all| all.iter().any(|other| other.local == *peer))
        }
        DescriptorKind::Unix { path } => path.is_empty(),
        _ => false,
    };
    let mut sockets = sight.waits_on().iter().filter(|descriptor| is_socket(descriptor));
    let first = sockets.clone().next();
    sockets.find(|descriptor| !is_pair(descriptor)).or(first)
}

fn is_socket(descriptor: &Descriptor) -> bool {
    matches!(descriptor.kind, DescriptorKind::Inet { .. } | DescriptorKind::Unix { .. })
}

fn on_socket(call: &str, direction: Direction, at: Option<String>) -> Activity {
    let cause = match direction {
        Direction::Connect => Cause::Connect,
        Direction::Write => Cause::SocketWrite,
        Direction::Read | Direction::Accept => Cause::SocketRead,
    };
    Activity::waiting(cause, Doing::OnSocket { call: call.to_owned(), direction, at })
}

/// Whether the thread connects, writes or reads. With a timeout every direction is a `poll`; then the connection's
/// state and the frames tell.
fn direction(sight: &Sight<'_>, call: Call, descriptor: &Descriptor) -> Direction {
    let (state, unsent) = match &descriptor.kind {
        DescriptorKind::Inet { state, unsent, .. } => (state.as_str(), *unsent),
        _ => ("", 0),
    };
    match call {
        Call::Connect => Direction::Connect,
        _ if state == "SYN-SENT" => Direction::Connect,
        Call::Send | Call::Write | Call::Copy => Direction::Write,
        Call::Poll | Call::Epoll if unsent >= FULL_BUFFER_BYTES => Direction::Write,
        Call::Poll | Call::Epoll if unsent > 0 && sight.inner(Marks::SEND) => Direction::Write,
        _ => Direction::Read,
    }
}

/// Whether both ends are on this host: the same address, or a loopback one.
fn is_same_host(peer: &str, local: &str) -> bool {
    let peer = libraries::host(peer);
    peer == libraries::host(local) || peer.starts_with("127.") || peer == "::1"
}
