//! Socket tables of a process's network namespace: the kernel's socket diagnosis for TCP, where we may ask it, else
//! `/proc/PID/net/{tcp,tcp6}`; `udp`, `udp6` and `unix` always from there.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::proc_file::reason;
use super::sock_diag::{ALL_STATES, LISTENING, each_tcp};
use crate::snapshot::{ProcessId, Why};

/// How much of one table is read. A row has 150 bytes, so this is a host with 400,000 sockets; beyond it a socket may be
/// missed and is then said to be unresolved.
const MOST_TABLE_BYTES: u64 = 64 * 1024 * 1024;

/// A row longer than this is not one the kernel writes: the longest is a Unix socket with a path of 108 bytes.
const LONGEST_ROW: u64 = 1024;

/// A row of a TCP or UDP table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InetSocket {
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// Our end.
    pub local: SocketAddr,
    /// The other end; `None` when not connected.
    pub peer: Option<SocketAddr>,
    /// State in `ss`'s words.
    pub state: &'static str,
    /// Bytes received and not read; for a listening socket, connections not accepted.
    pub receive_queue: u64,
    /// Bytes written and not acknowledged.
    pub send_queue: u64,
    /// Of a listening socket, how many connections may wait; `None` where the source does not say.
    pub queue_limit: Option<u32>,
    /// The user that made it.
    pub user: u32,
    /// Inode of the socket; 0 when no descriptor belongs to it any more.
    pub inode: u64,
}

/// The word for a listening socket.
pub const LISTEN: &str = "LISTEN";

/// A socket of either family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Socket {
    /// TCP or UDP.
    Inet(InetSocket),
    /// Unix, with its path or `@abstract` name, empty when it has none.
    Unix {
        /// Path or name.
        path: String,
    },
}

/// A row of `/proc/net/{tcp,tcp6,udp,udp6}`; `None` for the heading and for a row that is cut.
#[must_use]
pub fn parse_inet_row(protocol: &'static str, row: &str) -> Option<InetSocket> {
    let mut words = row.split_ascii_whitespace();
    words.next()?.strip_suffix(':')?;
    let local = parse_address(words.next()?)?;
    let peer = parse_address(words.next()?)?;
    let state = state_word(protocol, u8::from_str_radix(words.next()?, 16).ok()?);
    let (send_queue, receive_queue) = words.next()?.split_once(':')?;
    // tr:tm->when, retrnsmt, uid, timeout, inode
    let user = words.nth(2)?.parse().ok()?;
    let inode = words.nth(1)?.parse().ok()?;
    Some(InetSocket {
        protocol,
        local,
        peer: (peer.port() != 0 || !peer.ip().is_unspecified()).then_some(peer),
        state,
        receive_queue: u64::from_str_radix(receive_queue, 16).ok()?,
        send_queue: u64::from_str_radix(send_queue, 16).ok()?,
        queue_limit: None,
        user,
        inode,
    })
}

/// `0100007F:1F90`: the address as words of 32 bits in the machine's own order, the port as a number. An IPv4 address
/// mapped into IPv6 is given as IPv4, as people write it.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut octets = [0_u8; 16];
    let words = address.len() / 8;
    if !address.is_ascii() || !matches!(address.len(), 8 | 32) {
        return None;
    }
    for (index, place) in octets.chunks_exact_mut(4).take(words).enumerate() {
        let word = address.get(index.checked_mul(8)?..index.checked_mul(8)?.checked_add(8)?)?;
        place.copy_from_slice(&u32::from_str_radix(word, 16).ok()?.to_ne_bytes());
    }
    let ip = if words == 1 {
        let [a, b, c, d, ..] = octets;
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    } else {
        IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
    };
    Some(SocketAddr::new(ip, port))
}

/// `include/net/tcp_states.h` in the words of `ss`. A UDP socket has the states of TCP, of which two are used.
pub(super) fn state_word(protocol: &str, state: u8) -> &'static str {
    match (protocol, state) {
        ("udp", 7) => "UNCONN",
        (_, 1) => "ESTAB",
        (_, 2) => "SYN-SENT",
        (_, 3 | 12) => "SYN-RECV",
        (_, 4) => "FIN-WAIT-1",
        (_, 5) => "FIN-WAIT-2",
        (_, 6) => "TIME-WAIT",
        (_, 7) => "UNCONN",
        (_, 8) => "CLOSE-WAIT",
        (_, 9) => "LAST-ACK",
        (_, 10) => LISTEN,
        (_, 11) => "CLOSING",
        _ => "UNKNOWN",
    }
}

/// A row of `/proc/net/unix`: inode and path. The path is last, may be missing and may hold spaces.
#[must_use]
pub fn parse_unix_row(row: &str) -> Option<(u64, String)> {
    let mut rest = row;
    for _ in 0..6 {
        rest = rest.trim_start().split_once(' ')?.1;
    }
    let rest = rest.trim_start();
    let (inode, path) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((inode.trim_end().parse().ok()?, path.trim_end_matches('\n').to_owned()))
}

/// The inode in `socket:[12345]`, as the links of `/proc/PID/fd` name sockets.
#[must_use]
pub fn socket_inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The sockets with these inodes in the network namespace of a process.
///
/// Walks a table only as long as sockets are missing. A host can have many more sockets than the process, so rows are not
/// kept but compared one by one.
///
/// # Errors
/// The reason, when a table could not be read. A kernel without a family of sockets has no table for it, which is none.
pub fn find(process: ProcessId, inodes: &HashSet<u64>) -> Result<HashMap<u64, Socket>, Why> {
    let mut found = HashMap::new();
    for table in ["unix", "tcp", "udp", "udp6"] {
        if found.len() == inodes.len() {
            break;
        }
        let mut keep = |inode: u64, socket: Socket| {
            if inodes.contains(&inode) {
                found.insert(inode, socket);
            }
        };
        match table {
            "tcp" => tcp(process, ALL_STATES, |socket| keep(socket.inode, Socket::Inet(socket)))?,
            "unix" => unless_absent(each_row(process, table, |row| {
                if let Some((inode, path)) = parse_unix_row(row) {
                    keep(inode, Socket::Unix { path });
                }
            }))?,
            _ => unless_absent(each_row(process, table, |row| {
                if let Some(socket) = parse_inet_row("udp", row) {
                    keep(socket.inode, Socket::Inet(socket));
                }
            }))?,
        }
    }
    Ok(found)
}

fn unless_absent(answer: Result<(), Why>) -> Result<(), Why> {
    if answer == Err(Why::Vanished) { Ok(()) } else { answer }
}

/// The listening TCP sockets of a network namespace.
///
/// # Errors
/// The reason, when they could not be read.
pub fn listening(process: ProcessId) -> Result<Vec<InetSocket>, Why> {
    let mut found = Vec::new();
    tcp(process, LISTENING, |socket| {
        if socket.state == LISTEN {
            found.push(socket);
        }
    })?;
    Ok(found)
}

fn tcp(process: ProcessId, states: u32, mut take: impl FnMut(InetSocket)) -> Result<(), Why> {
    if each_tcp(process, states, &mut take).is_ok() {
        return Ok(());
    }
    let mut take_row = |row: &str| {
        if let Some(socket) = parse_inet_row("tcp", row) {
            take(socket);
        }
    };
    each_row(process, "tcp", &mut take_row)?;
    unless_absent(each_row(process, "tcp6", &mut take_row))
}

fn each_row(process: ProcessId, table: &str, mut take: impl FnMut(&str)) -> Result<(), Why> {
    let file = File::open(format!("/proc/{process}/net/{table}")).map_err(|error| reason(&error))?;
    let mut reader = BufReader::with_capacity(32 * 1024, file.take(MOST_TABLE_BYTES));
    let mut row = Vec::new();
    loop {
        row.clear();
        let length = reader.by_ref().take(LONGEST_ROW).read_until(b'\n', &mut row).map_err(|error| reason(&error))?;
        if length == 0 {
            return Ok(());
        }
        take(&String::from_utf8_lossy(&row));
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsRawFd;

    use super::*;

    const ESTABLISHED: &str = "   3: 0100007F:A142 0500030A:1538 01 0000002A:00000010 01:00000014 00000000  1000        0 \
                               48213 2 0000000087d149a8 20 4 30 10 -1\n";
    const LISTENING: &str = "   0: 00000000:1F40 00000000:0000 0A 00000000:00000006 00:00000000 00000000     0        0 \
                             563 1 0000000087d149a8 100 0 0 10 0\n";
    const MAPPED: &str = "   1: 0000000000000000FFFF00000100007F:1F40 0000000000000000FFFF00000100007F:D0D6 08 \
                          00000000:00000001 00:00000000 00000000     0        0 990 1 0000 20 4 30 10 -1\n";
    const SIXTH: &str = "   0: 00000000000000000000000001000000:1F40 00000000000000000000000000000000:0000 0A \
                         00000000:00000000 00:00000000 00000000     0        0 991 1 0000 100 0 0 10 0\n";

    #[cfg(target_endian = "little")]
    #[test]
    fn rows_of_tcp() {
        let socket = parse_inet_row("tcp", ESTABLISHED).unwrap();
        assert_eq!(socket.local.to_string(), "127.0.0.1:41282");
        assert_eq!(socket.peer.unwrap().to_string(), "10.3.0.5:5432");
        assert_eq!((socket.state, socket.send_queue, socket.receive_queue), ("ESTAB", 42, 16));
        assert_eq!((socket.inode, socket.user), (48213, 1000));
        let socket = parse_inet_row("tcp", LISTENING).unwrap();
        assert_eq!((socket.state, socket.receive_queue, socket.peer), (LISTEN, 6, None));
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn rows_of_tcp6() {
        let mapped = parse_inet_row("tcp", MAPPED).unwrap();
        assert_eq!((mapped.local.to_string(), mapped.state), ("127.0.0.1:8000".into(), "CLOSE-WAIT"));
        assert_eq!(parse_inet_row("tcp", SIXTH).unwrap().local.to_string(), "[::1]:8000");
    }

    #[test]
    fn headings_and_cut_rows_are_nothing() {
        let heading =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        assert_eq!(parse_inet_row("tcp", heading), None);
        let inode = ESTABLISHED.find("48213").unwrap();
        for end in 0..inode {
            assert_eq!(parse_inet_row("tcp", &ESTABLISHED[..end]), None, "cut at {end} was believed");
        }
    }

    #[test]
    fn udp_has_two_states() {
        let row = LISTENING.replace(" 0A ", " 07 ");
        assert_eq!(parse_inet_row("udp", &row).unwrap().state, "UNCONN");
    }

    #[test]
    fn rows_of_unix() {
        let named = "000000006cb1304b: 00000002 00000000 00010000 0001 01 20481 /run/my app/gunicorn.sock\n";
        assert_eq!(parse_unix_row(named), Some((20481, "/run/my app/gunicorn.sock".into())));
        let bare = "000000008238969e: 00000003 00000000 00000000 0001 03   559\n";
        assert_eq!(parse_unix_row(bare), Some((559, String::new())));
        assert_eq!(parse_unix_row("Num       RefCount Protocol Flags    Type St Inode Path"), None);
        assert_eq!(parse_unix_row("000000008238969e: 00000003"), None);
    }

    #[test]
    fn our_own_listener_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = std::fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
        let inode = socket_inode(&link.to_string_lossy()).unwrap();
        let own = ProcessId(std::process::id());
        let found = find(own, &HashSet::from([inode])).unwrap();
        let Some(Socket::Inet(socket)) = found.get(&inode) else { panic!("inode {inode} is not in {found:?}") };
        assert_eq!(socket.local, listener.local_addr().unwrap());
        let mut in_table = Vec::new();
        each_row(own, "tcp", |row| in_table.extend(parse_inet_row("tcp", row))).unwrap();
        let row = in_table.iter().find(|row| row.inode == inode).unwrap();
        let same = InetSocket { queue_limit: socket.queue_limit, ..*row };
        assert_eq!(same, *socket, "/proc/net/tcp and the socket diagnosis disagree");
        assert!(listening(own).unwrap().contains(socket), "it is not among the listening sockets");
    }
}
