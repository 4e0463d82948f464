//! What the kernel counted and timed on single TCP connections: `struct tcp_info`, asked for one connection at a time.
//!
//! A request for one connection is a look-up in the kernel's table and answered at once; asking for all of a host's with their
//! counts would lock each of them for a moment, also those of others.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::sock_diag::{BY_FAMILY, exchange, half, open, put, word};
use super::sockets::InetSocket;
use crate::snapshot::{ProcessId, Traffic, Why};

// linux/inet_diag.h: struct inet_diag_req_v2, struct inet_diag_msg
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const TCP: u8 = 6;
const REQUEST: usize = 56;
const ANY_STATE: u32 = u32::MAX;
/// `INET_DIAG_NOCOOKIE`, twice
const NO_COOKIE: [u8; 8] = [0xff; 8];
const MESSAGE: usize = 72;
const MESSAGE_INODE: usize = 68;
/// `INET_DIAG_INFO`, and its bit in a request.
const ATTRIBUTE_INFO: u16 = 2;
const WITH_INFO: u8 = 1 << 1;

// linux/tcp.h: struct tcp_info; it only ever grows at its end.
const LAST_DATA_SENT: usize = 44;
const LAST_DATA_RECEIVED: usize = 52;
const BYTES_ACKNOWLEDGED: usize = 120;
const BYTES_RECEIVED: usize = 128;

/// Asks the kernel for connections of one process.
pub(super) struct TrafficReader {
    diagnosis: Result<OwnedFd, Why>,
}

impl TrafficReader {
    /// A reader for the network namespace of the process.
    pub(super) fn of(process: ProcessId) -> Self {
        Self { diagnosis: open(process) }
    }

    /// What was counted on a connection.
    ///
    /// # Errors
    /// `NotPermitted` where we may not ask in its network namespace, `Vanished` when another connection has its addresses by now,
    /// `NotInThisKernel` where the kernel counts less or says that it knows no such connection.
    pub(super) fn read(&self, socket: &InetSocket) -> Result<Traffic, Why> {
        let diagnosis = self.diagnosis.as_ref().map_err(|why| *why)?;
        let request = request(socket).ok_or(Why::Implausible)?;
        let mut found = Err(Why::Vanished);
        exchange(diagnosis, (BY_FAMILY, 0), &request, |message| {
            // Its addresses may be another one's by now.
            if word(message, MESSAGE_INODE).map(u64::from) == Some(socket.inode) {
                found = parse_message(message).ok_or(Why::NotInThisKernel);
            }
        })?;
        found
    }
}

/// A `struct inet_diag_req_v2` for one connection.
fn request(socket: &InetSocket) -> Option<[u8; REQUEST]> {
    let mut request = [0_u8; REQUEST];
    let (local, peer) = (socket.local, socket.peer?);
    let family = if local.is_ipv4() { AF_INET } else { AF_INET6 };
    put(&mut request, 0, &[family, TCP, WITH_INFO]);
    put(&mut request, 4, &ANY_STATE.to_ne_bytes());
    put(&mut request, 8, &local.port().to_be_bytes());
    put(&mut request, 10, &peer.port().to_be_bytes());
    put_address(&mut request, 12, local);
    put_address(&mut request, 28, peer);
    put(&mut request, 48, &NO_COOKIE);
    Some(request)
}

fn put_address(request: &mut [u8], at: usize, address: SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => put(request, at, &ip.octets()),
        IpAddr::V6(ip) => put(request, at, &ip.octets()),
    }
}

/// The `struct tcp_info` among the attributes behind a `struct inet_diag_msg`.
pub(super) fn parse_message(message: &[u8]) -> Option<Traffic> {
    let mut rest = message.get(MESSAGE..)?;
    loop {
        let (length, kind) = (usize::from(half(rest, 0)?), half(rest, 2)?);
        let value = rest.get(4..length)?;
        if kind == ATTRIBUTE_INFO {
            return parse_info(value);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn parse_info(info: &[u8]) -> Option<Traffic> {
    let ago = |at| word(info, at).map(|milliseconds| Duration::from_millis(u64::from(milliseconds)));
    let count = |at: usize| info.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_ne_bytes);
    Some(Traffic {
        last_sent: ago(LAST_DATA_SENT)?,
        last_received: ago(LAST_DATA_RECEIVED)?,
        acknowledged: count(BYTES_ACKNOWLEDGED)?,
        received: count(BYTES_RECEIVED)?,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::os::sockets::{Socket, find, socket_inode};

    /// One attribute of a message.
    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + 4).unwrap();
        let mut attribute = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        attribute.extend(value);
        attribute.resize(attribute.len().next_multiple_of(4), 0);
        attribute
    }

    #[test]
    fn counts_stand_behind_other_attributes() {
        let mut info = [0_u8; 136];
        put(&mut info, LAST_DATA_SENT, &12_000_u32.to_ne_bytes());
        put(&mut info, LAST_DATA_RECEIVED, &61_000_u32.to_ne_bytes());
        put(&mut info, BYTES_ACKNOWLEDGED, &77_u64.to_ne_bytes());
        let mut message = vec![0_u8; MESSAGE];
        message.extend(attribute(8, &[0]));
        message.extend(attribute(ATTRIBUTE_INFO, &info));
        let traffic = parse_message(&message).unwrap();
        assert_eq!((traffic.last_sent, traffic.acknowledged, traffic.received), (Duration::from_secs(12), 77, 0));
        assert_eq!(traffic.silent_for(), Duration::from_secs(12), "what came before it was asked is no answer");
        for end in 0..message.len() {
            assert_eq!(parse_message(&message[..end]), None, "cut at {end}");
        }
        assert_eq!(parse_message(&[0; 512]), None, "an attribute without length ends the walk");
    }

    /// What the kernel counted on our own connection, of whichever family.
    fn traffic(stream: &TcpStream) -> Result<Traffic, Why> {
        let own = ProcessId(std::process::id());
        let link = std::fs::read_link(format!("/proc/self/fd/{}", stream.as_raw_fd())).unwrap();
        let inode = socket_inode(&link.to_string_lossy()).unwrap();
        match find(own, &[inode].into()).unwrap().get(&inode) {
            Some(Socket::Inet(socket)) => TrafficReader::of(own).read(socket),
            other => panic!("our own connection is {other:?}"),
        }
    }

    #[test]
    fn bytes_of_our_own_connections_are_counted() {
        for host in ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            let Ok(listener) = TcpListener::bind(host) else { continue };
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            let before = match traffic(&client) {
                // A container may lack inet_diag.
                Err(Why::NotInThisKernel) => return,
                counted => counted.unwrap(),
            };
            client.write_all(b"twelve bytes").unwrap();
            server.read_exact(&mut [0; 12]).unwrap();
            // An answer brings the acknowledgement with it.
            server.write_all(b"five!").unwrap();
            client.read_exact(&mut [0; 5]).unwrap();
            let counted = traffic(&client).unwrap();
            assert_eq!((counted.acknowledged - before.acknowledged, counted.received), (12, 5), "{host}");
            assert_eq!(traffic(&server).unwrap().received, 12, "{host}");
            assert!(counted.silent_for() < Duration::from_secs(60), "{host}: {counted:?}");
        }
    }
}
