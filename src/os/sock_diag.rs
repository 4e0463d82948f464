//! What only the kernel's socket diagnosis tells (`sock_diag(7)`): the limit of an accept queue, and which Unix socket
//! is connected to which.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, setsockopt, socket, sockopt::ReceiveTimeout,
};
use nix::sys::time::{TimeVal, TimeValLike};

use super::proc_file::{read_link, reason};
use crate::snapshot::{ProcessId, Why};

// linux/netlink.h
const REQUEST: u16 = 1;
const DUMP: u16 = 0x300;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const HEADER: usize = 16;

// linux/sock_diag.h, linux/inet_diag.h, linux/unix_diag.h
const BY_FAMILY: u16 = 20;
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const LISTEN_STATES: u32 = 1 << 10;
const INET_REQUEST: usize = 56;
const UNIX_REQUEST: usize = 24;
const UNIX_MESSAGE: usize = 16;
const SHOW_NAME_AND_PEER: u32 = 1 | 4;
const ATTRIBUTE_NAME: u16 = 0;
const ATTRIBUTE_PEER: u16 = 2;

/// The kernel answers at once; this bounds a kernel that does not.
const ANSWER_MS: i64 = 200;

/// How many datagrams of an answer are read: each holds about a hundred sockets.
const MOST_DATAGRAMS: usize = 1024;

/// The limits of accept queues by the inode of the listening socket.
///
/// # Errors
/// `NotPermitted` when the process is in a network namespace that we may not enter, `NotInThisKernel` without
/// `inet_diag`.
pub(super) fn accept_limits(process: ProcessId) -> Result<HashMap<u64, u32>, Why> {
    let diagnosis = open(process)?;
    let mut limits = HashMap::new();
    for family in [AF_INET, AF_INET6] {
        let mut request = [0_u8; INET_REQUEST];
        put(&mut request, 0, &[family, IPPROTO_TCP]);
        put(&mut request, 4, &LISTEN_STATES.to_ne_bytes());
        exchange(&diagnosis, DUMP, &request, |message| limits.extend(parse_inet_message(message)))?;
    }
    Ok(limits)
}

/// Inode and `idiag_wqueue` of a `struct inet_diag_msg`: for a listening socket its queue's limit.
fn parse_inet_message(message: &[u8]) -> Option<(u64, u32)> {
    Some((u64::from(word(message, 68)?), word(message, 60)?))
}

/// The path of the socket that a Unix socket is connected to; empty when it has none or there is no other end.
///
/// # Errors
/// As for [`accept_limits`]; `Vanished` when no such socket exists.
pub(super) fn unix_peer_path(process: ProcessId, inode: u64) -> Result<String, Why> {
    let diagnosis = open(process)?;
    let inode = u32::try_from(inode).map_err(|_| Why::Implausible)?;
    let Some(peer) = look_up(&diagnosis, inode)?.peer else { return Ok(String::new()) };
    Ok(look_up(&diagnosis, peer)?.path)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct UnixSocket {
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
    exchange(diagnosis, 0, &request, |message| found = Some(parse_unix_message(message)))?;
    found.ok_or(Why::Vanished)
}

/// The attributes behind a `struct unix_diag_msg`.
fn parse_unix_message(message: &[u8]) -> UnixSocket {
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
fn open(process: ProcessId) -> Result<OwnedFd, Why> {
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

/// Sends one request and gives every message of the answer to `take`.
fn exchange(diagnosis: &OwnedFd, flags: u16, request: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), Why> {
    let length = u32::try_from(HEADER.saturating_add(request.len())).map_err(|_| Why::Bounded)?;
    let mut datagram = Vec::new();
    datagram.extend_from_slice(&length.to_ne_bytes());
    datagram.extend_from_slice(&BY_FAMILY.to_ne_bytes());
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
fn take_messages(datagram: &[u8], take: &mut impl FnMut(&[u8])) -> Result<bool, Why> {
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

fn put(target: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = at.checked_add(bytes.len()).and_then(|end| target.get_mut(at..end)) {
        place.copy_from_slice(bytes);
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_ne_bytes)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
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
    fn the_limit_of_our_own_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = std::fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
        let inode = socket_inode(&link.to_string_lossy()).unwrap();
        match accept_limits(ProcessId(std::process::id())) {
            // The standard library asks for 128 or for the kernel's own maximum.
            Ok(limits) => assert!(limits.get(&inode).is_some_and(|limit| *limit > 0), "{inode} is not in {limits:?}"),
            Err(why) => assert_eq!(why, Why::NotInThisKernel, "a container may lack inet_diag, but nothing else"),
        }
    }
}
