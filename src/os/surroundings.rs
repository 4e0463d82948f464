//! What surrounds the threads of a process, read about once a second.

use std::collections::HashMap;

use super::descriptor_classes::classes;
use super::lone_user::listening_as_lone_user;
use super::proc_file::{SMALL, known, numbered_entries, read_text};
use super::sockets::{InetSocket, LISTEN, Socket, find, socket_inode};
use super::task_text::{parse_stat, parse_status_size, parse_syscall, status_value};
use super::tcp_traffic::TrafficReader;
use super::{cgroups, clock, file_locks, name_servers, open_files, processes};
use crate::snapshot::{Call, Child, Connection, Known, Listener, ProcessId, Surroundings, Syscall, SyscallState, Why};

/// How many children are listed: a server with more forks without reaping, and the count says so.
const MOST_CHILDREN: usize = 1024;
/// The descriptors of standard output and standard error.
const STANDARD_OUTPUTS: [i32; 2] = [1, 2];
/// Connections that the kernel is asked for one by one. Each takes two system calls, so all of them take milliseconds.
const MOST_COUNTED: usize = 512;
/// So many of them may be clients that took all they were sent, where no client is slow: how long ago they sent their request
/// is worth a word, and a thousand idle ones are not worth milliseconds.
const MOST_IDLE_COUNTED: usize = 256;

/// Reads everything that surrounds the threads of a process. What cannot be read says why.
#[must_use]
pub fn surroundings(process: ProcessId) -> Surroundings {
    let at = clock::now();
    let links = open_files::links(process);
    let sockets = match &links {
        Ok(links) => find(process, &open_files::socket_inodes(links)),
        Err(why) => Err(*why),
    };
    let (listeners, connections) = match (&links, &sockets) {
        (Ok(links), Ok(sockets)) => {
            let (listeners, connections) = sort_sockets(links, sockets);
            let connections = counted(process, connections, &listeners);
            (Known::Is(listeners), Known::Is(connections))
        }
        (_, Err(Why::NotPermitted)) => (
            known(
                listening_as_lone_user(process)
                    .map(|sockets| sockets.iter().map(|socket| listener(socket, Why::NotPermitted)).collect()),
            ),
            Known::Unknown(Why::NotPermitted),
        ),
        (Err(why), _) | (_, Err(why)) => (Known::Unknown(*why), Known::Unknown(*why)),
    };
    let status = read_text(format!("/proc/{process}/status"), SMALL);
    let status = status.as_deref().map_err(|why| *why);
    let (cgroup, frozen) = cgroups::read_all(process);
    let open = open_files::count(process);
    let limit = read_text(format!("/proc/{process}/limits"), SMALL)
        .and_then(|text| parse_descriptor_limit(&text).ok_or(Why::Implausible));
    let left = links.as_ref().map_err(|why| *why).and_then(|links| Ok(descriptors_left(links, open?, limit?)));
    Surroundings {
        at,
        listeners,
        accept_overflows: known(
            read_text(format!("/proc/{process}/net/netstat"), SMALL)
                .and_then(|text| parse_accept_overflows(&text).ok_or(Why::NotInThisKernel)),
        ),
        connections,
        name_servers: name_servers::read(process),
        open_descriptors: known(open),
        descriptor_limit: known(limit),
        descriptors_left: known(left),
        descriptor_classes: known(
            links.as_ref().map(|links| classes(links, sockets.as_ref().ok())).map_err(|why| *why),
        ),
        cgroup,
        frozen,
        children: known(children(process, links.as_deref().unwrap_or_default())),
        file_locks: known(file_locks::read(process)),
        tracer: known(status.and_then(|text| parse_tracer(text).ok_or(Why::NotInThisKernel))),
        // A zombie has no memory and no such line.
        resident_bytes: known(status.and_then(|text| parse_status_size(text, "VmRSS").ok_or(Why::Vanished))),
        major_faults: known(
            read_text(format!("/proc/{process}/stat"), SMALL)
                .and_then(|text| parse_stat(&text).map(|stat| stat.major_faults).ok_or(Why::Vanished)),
        ),
    }
}

/// The listeners and the connections among the descriptors.
fn sort_sockets(
    links: &[(i32, String)],
    sockets: &HashMap<u64, Socket>,
) -> (Vec<Listener>, Vec<(Connection, InetSocket)>) {
    let mut listeners = Vec::new();
    let mut connections = Vec::new();
    for (descriptor, link) in links {
        let Some(inode) = socket_inode(link) else { continue };
        let Some(Socket::Inet(socket)) = sockets.get(&inode) else { continue };
        if socket.state == LISTEN {
            listeners.push(listener(socket, Why::NotInThisKernel));
        } else if connections.len() < Surroundings::MOST_CONNECTIONS
            && let Some(peer) = socket.peer.filter(|_| socket.protocol == "tcp")
        {
            let connection = Connection {
                descriptor: *descriptor,
                local: socket.local.to_string(),
                peer: peer.to_string(),
                state: socket.state.to_owned(),
                unread: socket.receive_queue,
                unsent: socket.send_queue,
                traffic: Known::Unknown(Why::NotRead),
            };
            connections.push((connection, *socket));
        }
    }
    // The same socket may be open under several numbers.
    listeners.dedup();
    (listeners, connections)
}

/// The connections with what the kernel counted on them, where that may tell something.
fn counted(
    process: ProcessId,
    mut connections: Vec<(Connection, InetSocket)>,
    listeners: &[Listener],
) -> Vec<Connection> {
    let reader = TrafficReader::of(process);
    for at in to_count(&connections, listeners) {
        if let Some((connection, socket)) = connections.get_mut(at) {
            connection.traffic = known(reader.read(socket));
        }
    }
    connections.into_iter().map(|(connection, _)| connection).collect()
}

/// Which connections are worth asking for: first those that the process made itself, then clients that do not take what was
/// sent, then the other clients, more of them beside a slow one, which they may wait for.
fn to_count(connections: &[(Connection, InetSocket)], listeners: &[Listener]) -> Vec<usize> {
    let accepted = |socket: &InetSocket| listeners.iter().any(|listener| listener.port == socket.local.port());
    let rank = |(connection, socket): &(Connection, InetSocket)| match (accepted(socket), connection.unsent) {
        (false, _) => 0,
        (true, 1..) => 1,
        (true, 0) => 2,
    };
    let mut order: Vec<(u8, usize)> = connections.iter().map(rank).zip(0..).collect();
    order.sort_unstable();
    let a_client_is_slow = order.iter().any(|(rank, _)| *rank == 1);
    let busy = order.iter().filter(|(rank, _)| *rank < 2).count();
    let idle = if a_client_is_slow { MOST_COUNTED } else { MOST_IDLE_COUNTED };
    order.truncate(busy.saturating_add(idle));
    order.into_iter().take(MOST_COUNTED).map(|(_, at)| at).collect()
}

fn listener(socket: &InetSocket, no_limit: Why) -> Listener {
    Listener {
        address: socket.local.to_string(),
        port: socket.local.port(),
        waiting: u32::try_from(socket.receive_queue).unwrap_or(u32::MAX),
        limit: Known::from_option(socket.queue_limit, no_limit),
    }
}

/// `ListenOverflows` of `/proc/PID/net/netstat`: a line of names and a line of numbers in the same order.
pub(super) fn parse_accept_overflows(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("TcpExt:"));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split_ascii_whitespace().position(|name| name == "ListenOverflows")?;
    numbers.split_ascii_whitespace().nth(at)?.parse().ok()
}

/// How many numbers below `limit` are free. Where not all `open` ones were followed, those left out count as below it.
fn descriptors_left(links: &[(i32, String)], open: u64, limit: u64) -> u64 {
    let above = links.iter().filter(|(number, _)| u64::try_from(*number).is_ok_and(|number| number >= limit)).count();
    limit.saturating_sub(open.saturating_sub(above as u64))
}

/// `RLIMIT_NOFILE`, soft, in `/proc/PID/limits`: `Max open files            1024                 524288               files`.
#[must_use]
pub fn parse_descriptor_limit(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// `TracerPid` in `/proc/PID/status`; 0 means nobody.
#[must_use]
pub fn parse_tracer(status: &str) -> Option<Option<ProcessId>> {
    let tracer: u32 = status_value(status, "TracerPid")?.parse().ok()?;
    Some((tracer != 0).then_some(ProcessId(tracer)))
}

/// The children of a process, at most [`MOST_CHILDREN`], zombies included. `links`: where its open descriptors lead.
///
/// # Errors
/// The reason why they could not be listed.
pub fn children(process: ProcessId, links: &[(i32, String)]) -> Result<Vec<Child>, Why> {
    let pids = match listed_children(process) {
        Ok(pids) => pids,
        // A kernel without CONFIG_PROC_CHILDREN: ask every process for its parent.
        Err(Why::Vanished) if std::fs::exists(format!("/proc/{process}")).unwrap_or(false) => processes::list()?,
        Err(why) => return Err(why),
    };
    Ok(pids
        .into_iter()
        .filter_map(|pid| {
            let stat = parse_stat(&read_text(format!("/proc/{pid}/stat"), SMALL).ok()?)?;
            let asleep = stat.parent == process.0 && stat.state == 'S';
            let writes_to_us = if asleep { known(writes_to(pid, links)) } else { Known::Is(false) };
            (stat.parent == process.0).then_some(Child { pid, name: stat.name, state: stat.state, writes_to_us })
        })
        .take(MOST_CHILDREN)
        .collect())
}

/// Whether a child waits to write into a pipe of ours. What libuv gives a child for its output is a socket, whose other end no
/// file names: that of its standard output and standard error is ours.
fn writes_to(child: ProcessId, links: &[(i32, String)]) -> Result<bool, Why> {
    let text = read_text(format!("/proc/{child}/syscall"), SMALL)?;
    let Some(SyscallState::Inside { number, arguments, .. }) = parse_syscall(&text) else { return Ok(false) };
    if Syscall::of(number).is_none_or(|syscall| !matches!(syscall.call, Call::Write | Call::Send)) {
        return Ok(false);
    }
    let Some(descriptor) = arguments.first().and_then(|number| i32::try_from(*number).ok()) else { return Ok(false) };
    let link = open_files::link(child, descriptor)?;
    let output = link.starts_with("socket:") && STANDARD_OUTPUTS.contains(&descriptor);
    Ok(output || link.starts_with("pipe:") && links.iter().any(|(_, own)| *own == link))
}

/// The pids in `/proc/PID/task/*/children`: every thread lists those that it made itself.
fn listed_children(process: ProcessId) -> Result<Vec<ProcessId>, Why> {
    let (threads, _) = numbered_entries(format!("/proc/{process}/task"), super::threads::MOST_THREADS)?;
    let mut pids = Vec::new();
    for thread in threads {
        let path = format!("/proc/{process}/task/{thread}/children");
        match read_text(&path, SMALL) {
            Ok(text) => pids.extend(text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).map(ProcessId)),
            // The thread ended, or no thread has the file.
            Err(Why::Vanished) if !std::fs::exists("/proc/thread-self/children").unwrap_or(true) => {
                return Err(Why::Vanished);
            }
            Err(Why::Vanished) => {}
            Err(why) => return Err(why),
        }
    }
    pids.sort_unstable();
    pids.dedup();
    Ok(pids)
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener, TcpStream};

    use super::*;

    #[test]
    fn limits_and_tracers() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             96365                96365                processes \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(parse_descriptor_limit(limits), Some(1024));
        assert_eq!(parse_descriptor_limit("Max open files            unlimited unlimited files"), Some(u64::MAX));
        assert_eq!(parse_tracer("Name:\tTracerPid:\t9\nTracerPid:\t0\n"), Some(None));
        assert_eq!(parse_tracer("TracerPid:\t41\n"), Some(Some(ProcessId(41))));
    }

    #[test]
    fn overflows_stand_under_their_name() {
        let text = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 41 7\nIpExt: InNoRoutes\nIpExt: 0\n";
        assert_eq!(parse_accept_overflows(text), Some(41));
        assert_eq!(parse_accept_overflows("TcpExt: SyncookiesSent\nTcpExt: 1\n"), None);
        assert_eq!(parse_accept_overflows("TcpExt: ListenOverflows\n"), None);
    }

    #[test]
    fn numbers_above_a_lowered_limit_do_not_fill_the_table() {
        let links: Vec<(i32, String)> = (0..90).chain(500..520).map(|number| (number, String::new())).collect();
        assert_eq!(descriptors_left(&links, 110, 100), 10);
        assert_eq!(descriptors_left(&links[..90], 100, 100), 0, "ten that were not followed are below it");
        assert_eq!(descriptors_left(&links, 110, u64::MAX), u64::MAX - 110);
    }

    #[test]
    fn more_idle_clients_are_counted_beside_a_slow_one() {
        let connection = |descriptor: i32, port: u16, unsent: u64| {
            let local = SocketAddr::from(([10, 0, 0, 5], port));
            let peer = Some(SocketAddr::from(([10, 0, 0, 9], 51234)));
            let socket = InetSocket {
                protocol: "tcp",
                local,
                peer,
                state: "ESTAB",
                receive_queue: 0,
                send_queue: unsent,
                queue_limit: None,
                user: 0,
                inode: 1,
            };
            let links = vec![(descriptor, "socket:[1]".to_owned())];
            let (_, mut found) = sort_sockets(&links, &HashMap::from([(1, Socket::Inet(socket))]));
            found.remove(0)
        };
        let listeners = [Listener {
            address: "0.0.0.0:8000".to_owned(),
            port: 8000,
            waiting: 0,
            limit: Known::Unknown(Why::NotRead),
        }];
        let mut all = vec![connection(7, 8000, 0), connection(8, 40_000, 0), connection(9, 8000, 0)];
        assert_eq!(to_count(&all, &listeners), [1, 0, 2]);
        all.extend((0..1000).map(|number| connection(number, 8000, 0)));
        assert_eq!(to_count(&all, &listeners).len(), 1 + MOST_IDLE_COUNTED);
        all.push(connection(10, 8000, 99));
        let counted = to_count(&all, &listeners);
        assert_eq!(counted.get(..4), Some(&[1, all.len() - 1, 0, 2][..]));
        assert_eq!(counted.len(), MOST_COUNTED);
    }

    #[test]
    fn our_own_surroundings() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let _first = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let _second = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let seen = surroundings(ProcessId(std::process::id()));
        let listeners = seen.listeners.get().unwrap();
        let ours = listeners.iter().find(|listener| listener.port == port).unwrap();
        assert_eq!(ours.waiting, 2, "two connections were not accepted: {ours:?}");
        let clients = seen.connections.get().unwrap().iter().filter(|peer| peer.peer == ours.address).count();
        assert_eq!(clients, 2, "our own two ends are missing");
        assert!(seen.open_descriptors.get().unwrap() >= &5);
        assert!(seen.descriptor_limit.get().unwrap() > &5);
        assert!(seen.resident_bytes.get().unwrap() > &100_000);
        assert!(seen.major_faults.get().is_some() && seen.tracer.get().is_some(), "{seen:?}");
        assert!(seen.children.get().is_some() && seen.file_locks.get().is_some(), "{seen:?}");
    }

    #[test]
    fn a_process_that_is_gone() {
        let seen = surroundings(ProcessId(u32::MAX));
        assert_eq!(seen.listeners, Known::Unknown(Why::Vanished));
        assert_eq!(seen.children, Known::Unknown(Why::Vanished));
        assert_eq!(seen.cgroup, Known::Unknown(Why::Vanished));
        assert_eq!(seen.resident_bytes, Known::Unknown(Why::Vanished));
    }
}
