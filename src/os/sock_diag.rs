//! The kernel's socket diagnosis (`sock_diag(7)`): TCP sockets of both families in one walk, the limits of accept queues,
//! and which Unix socket is connected to which.
//!
//! On a host whose table has 262,144 buckets and 40 sockets the walk was measured at 0.2 ms, and reading
//! `/proc/net/tcp` and `tcp6`, which the kernel prints bucket by bucket, at 6.6 ms.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, setsockopt, socket, sockopt::ReceiveTimeout,
};
use nix::sys::time::{TimeVal, TimeValLike};

use super::proc_file::{read_link, reason};
use super::sockets::{InetSocket, state_word};
use crate::snapshot::{ProcessId, Why};

// linux/netlink.h
const REQUEST: u16 = 1;
const DUMP: u16 = 0x300;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const HEADER: usize = 16;

// linux/sock_diag.h, linux/inet_diag.h, linux/unix_diag.h
pub(super) const BY_FAMILY: u16 = 20;
/// The older request for TCP: the only one that asks for both families at once.
const TCP_OF_BOTH_FAMILIES: u16 = 18;
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const TCP_REQUEST: usize = 60;
const TCP_REQUEST_STATES: usize = 52;
const UNIX_REQUEST: usize = 24;
const UNIX_MESSAGE: usize = 16;
const SHOW_NAME_AND_PEER: u32 = 1 | 4;
const ATTRIBUTE_NAME: u16 = 0;
const ATTRIBUTE_PEER: u16 = 2;

/// The kernel answers at once; this bounds a kernel that does not.
const ANSWER_MS: i64 = 200;

/// How many datagrams of an answer are read: each holds about a hundred sockets.
const MOST_DATAGRAMS: usize = 1024;

/// Which TCP sockets to walk, as bits by state.
pub(super) const ALL_STATES: u32 = 0xfff;
/// Listening ones only: a table of their own, and a small one.
pub(super) const LISTENING: u32 = 1 << 10;

/// Gives the TCP sockets of the process's network namespace to `take`.
///
/// # Errors
/// `NotPermitted` when the process is in a network namespace that we may not enter, `NotInThisKernel` without
/// `inet_diag`.
pub(super) fn each_tcp(process: ProcessId, states: u32, mut take: impl FnMut(InetSocket)) -> Result<(), Why> {
    let diagnosis = open(process)?;
    let mut request = [0_u8; TCP_REQUEST];
    put(&mut request, 0, &[AF_INET]);
    put(&mut request, TCP_REQUEST_STATES, &states.to_ne_bytes());
    exchange(&diagnosis, (TCP_OF_BOTH_FAMILIES, DUMP), &request, |message| {
        if let Some(socket) = parse_inet_message(message) {
            take(socket);
        }
    })
}

/// A `struct inet_diag_msg`.
pub(super) fn parse_inet_message(message: &[u8]) -> Option<InetSocket> {
    let family = *message.first()?;
    let local = address(family, message.get(8..24)?, message.get(4..6)?)?;
    let peer = address(family, message.get(24..40)?, message.get(6..8)?)?;
    let state = *message.get(1)?;
    let send_queue = word(message, 60)?;
    let listens = u32::from(state) == LISTENING.trailing_zeros();
    Some(InetSocket {
        protocol: "tcp",
        local,
        peer: (peer.port() != 0 || !peer.ip().is_unspecified()).then_some(peer),
        state: state_word("tcp", state),
        receive_queue: u64::from(word(message, 56)?),
        send_queue: if listens { 0 } else { u64::from(send_queue) },
        queue_limit: listens.then_some(send_queue),
        user: word(message, 64)?,
        inode: u64::from(word(message, 68)?),
    })
}

/// An address and a port in network order. An IPv4 address mapped into IPv6 is given as IPv4.
fn address(family: u8, bytes: &[u8], port: &[u8]) -> Option<SocketAddr> {
    let octets: [u8; 16] = bytes.try_into().ok()?;
    let [a, b, c, d, ..] = octets;
    let ip = match family {
        AF_INET => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        AF_INET6 => IpAddr::V6(Ipv6Addr::from(octets)).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_be_bytes(port.try_into().ok()?)))
}

/// The path of the socket that a Unix socket is connected to; empty when it has none or there is no other end.
///
/// # Errors
/// As for [`each_tcp`]; `Vanished` when no such socket exists.
pub(super) fn unix_peer_path(process: ProcessId, inode: u64) -> Result<String, Why> {
    let diagnosis = open(process)?;
    let inode = u32::try_from(inode).map_err(|_| Why::Implausible)?;
    let Some(peer) = look_up(&diagnosis, inode)?.peer else { return Ok(String::new()) };
    Ok(look_up(&diagnosis, peer)?.path)
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UnixSocket {
    path: String,
    peer: Option<u32>,
}

fn look_up(diagnosis: &OwnedFd, inode: u32) -> Result<UnixSocket, Why> {
    let mut request = [0_u8; UNIX_REQUEST];
    put(&mut request, 0, &[AF_UNIX]);
    put(&mut request, 4, &u32::MAX.to_ne_bytes());
    put(&mut request, 8, &inode.to_ne_bytes());
    put(&mut request, 12, &SHOW_NAME_AND_PEER.to_ne_bytes());
    put(&mut request, 16, &[0xff; 8]);
    let mut found = None;
    exchange(diagnosis, (BY_FAMILY, 0), &request, |message| found = Some(parse_unix_message(message)))?;
    found.ok_or(Why::Vanished)
}

/// The attributes behind a `struct unix_diag_msg`.
pub(super) fn parse_unix_message(message: &[u8]) -> UnixSocket {
    let mut socket = UnixSocket::default();
    let mut rest = message.get(UNIX_MESSAGE..).unwrap_or_default();
    while let (Some(length), Some(kind)) = (half(rest, 0), half(rest, 2)) {
        let length = usize::from(length);
        let Some(value) = rest.get(4..length) else { break };
        match kind {
            ATTRIBUTE_NAME => socket.path = unix_name(value),
            ATTRIBUTE_PEER => socket.peer = word(value, 0).filter(|inode| *inode != 0),
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    socket
}

/// A path may end with a zero byte; an abstract name begins with one and is written with `@`, as in `/proc/net/unix`.
fn unix_name(bytes: &[u8]) -> String {
    match bytes.split_first() {
        Some((0, name)) => format!("@{}", String::from_utf8_lossy(name)),
        _ => String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned(),
    }
}

/// A diagnosis socket in the network namespace of the process. It stays in the namespace in which it was made, so a
/// thread that goes there and ends is enough.
pub(super) fn open(process: ProcessId) -> Result<OwnedFd, Why> {
    let there = format!("/proc/{process}/ns/net");
    if read_link(&there)? == read_link("/proc/self/ns/net")? {
        return make();
    }
    let namespace = File::open(there).map_err(|error| reason(&error))?;
    let visitor = thread::Builder::new().name("hangspy-netns".to_owned()).spawn(move || {
        setns(namespace, CloneFlags::CLONE_NEWNET).map_err(refusal)?;
        make()
    });
    visitor.map_err(|error| reason(&error))?.join().map_err(|_| Why::NotRead)?
}

fn make() -> Result<OwnedFd, Why> {
    let made =
        socket(AddressFamily::Netlink, SockType::Datagram, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkSockDiag)
            .map_err(refusal)?;
    setsockopt(&made, ReceiveTimeout, &TimeVal::milliseconds(ANSWER_MS)).map_err(refusal)?;
    Ok(made)
}

fn refusal(errno: Errno) -> Why {
    match errno {
        // No module for this family of sockets.
        Errno::ENOENT => Why::NotInThisKernel,
        other => reason(&other.into()),
    }
}

/// Sends one request of a kind, with flags, and gives every message of the answer to `take`.
pub(super) fn exchange(
    diagnosis: &OwnedFd,
    (kind, flags): (u16, u16),
    request: &[u8],
    mut take: impl FnMut(&[u8]),
) -> Result<(), Why> {
    let length = u32::try_from(HEADER.saturating_add(request.len())).map_err(|_| Why::Bounded)?;
    let mut datagram = Vec::new();
    datagram.extend_from_slice(&length.to_ne_bytes());
    datagram.extend_from_slice(&kind.to_ne_bytes());
    datagram.extend_from_slice(&(REQUEST | flags).to_ne_bytes());
    datagram.extend_from_slice(&[0; 8]);
    datagram.extend_from_slice(request);
    send(diagnosis.as_raw_fd(), &datagram, MsgFlags::empty()).map_err(refusal)?;
    let mut buffer = vec![0_u8; 32 * 1024];
    for _ in 0..MOST_DATAGRAMS {
        let received = recv(diagnosis.as_raw_fd(), &mut buffer, MsgFlags::empty()).map_err(refusal)?;
        if take_messages(buffer.get(..received).unwrap_or_default(), &mut take)? || flags != DUMP {
            return Ok(());
        }
    }
    Err(Why::Bounded)
}

/// Gives the messages of one datagram to `take`; true when the answer is complete.
pub(super) fn take_messages(datagram: &[u8], take: &mut impl FnMut(&[u8])) -> Result<bool, Why> {
    let mut rest = datagram;
    while let (Some(length), Some(kind)) = (word(rest, 0), half(rest, 4)) {
        let length = usize::try_from(length).map_err(|_| Why::Implausible)?;
        let payload = rest.get(HEADER..length).ok_or(Why::Implausible)?;
        match kind {
            DONE => return Ok(true),
            ERROR => {
                return Err(refusal(Errno::from_raw(word(payload, 0).map_or(0, u32::cast_signed).saturating_neg())));
            }
            _ => take(payload),
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

pub(super) fn put(target: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = at.checked_add(bytes.len()).and_then(|end| target.get_mut(at..end)) {
        place.copy_from_slice(bytes);
    }
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_ne_bytes)
}

pub(super) fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    bytes.try_into().ok().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::os::sockets::socket_inode;

    #[test]
    fn a_unix_message_with_name_and_peer() {
        let mut message = vec![1, 1, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        message.extend([7_u16.to_ne_bytes(), ATTRIBUTE_NAME.to_ne_bytes()].as_flattened());
        message.extend(*b"/a\0\0");
        message.extend([8_u16.to_ne_bytes(), ATTRIBUTE_PEER.to_ne_bytes()].as_flattened());
        message.extend(4711_u32.to_ne_bytes());
        assert_eq!(parse_unix_message(&message), UnixSocket { path: "/a".into(), peer: Some(4711) });
        for end in 0..message.len() {
            parse_unix_message(&message[..end]);
        }
        assert_eq!(unix_name(b"\0dbus-1"), "@dbus-1");
    }

    #[test]
    fn an_attribute_without_length_ends_the_walk() {
        assert_eq!(parse_unix_message(&[0; 64]), UnixSocket::default());
    }

    #[test]
    fn messages_that_lie_about_their_length_are_refused() {
        let mut datagram = vec![0; 32];
        put(&mut datagram, 0, &4096_u32.to_ne_bytes());
        assert_eq!(take_messages(&datagram, &mut |_| {}), Err(Why::Implausible));
        put(&mut datagram, 0, &8_u32.to_ne_bytes());
        assert_eq!(take_messages(&datagram, &mut |_| {}), Err(Why::Implausible));
    }

    #[test]
    fn our_own_listener_and_its_limit() {
        let listener = TcpListener::bind("[::1]:0").or_else(|_| TcpListener::bind("127.0.0.1:0")).unwrap();
        let link = std::fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
        let inode = socket_inode(&link.to_string_lossy()).unwrap();
        let mut found = Vec::new();
        let answer = each_tcp(ProcessId(std::process::id()), LISTENING, |socket| found.push(socket));
        if answer == Err(Why::NotInThisKernel) {
            return; // A container may lack inet_diag; the tables of /proc serve then.
        }
        assert_eq!(answer, Ok(()));
        let ours = found.iter().find(|socket| socket.inode == inode).unwrap();
        assert_eq!((ours.local, ours.peer, ours.state), (listener.local_addr().unwrap(), None, "LISTEN"));
        assert!(ours.queue_limit.is_some_and(|limit| limit > 0), "{ours:?}");
    }

    #[test]
    fn a_cut_message_is_nothing() {
        let mut message = vec![0_u8; 72];
        put(&mut message, 0, &[AF_INET, 1]);
        put(&mut message, 4, &[0x1f, 0x40, 0x15, 0x38, 127, 0, 0, 1]);
        put(&mut message, 24, &[10, 3, 0, 5]);
        let socket = parse_inet_message(&message).unwrap();
        assert_eq!((socket.local.to_string(), socket.state), ("127.0.0.1:8000".to_owned(), "ESTAB"));
        assert_eq!(socket.peer.map(|peer| peer.to_string()).as_deref(), Some("10.3.0.5:5432"));
        for end in 0..message.len() {
            assert_eq!(parse_inet_message(&message[..end]), None, "cut at {end}");
        }
    }
}
