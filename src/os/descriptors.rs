//! What a file descriptor leads to, for people: the peer of a socket, the other end of a pipe, the path of a file.

use std::collections::HashMap;
use std::time::Duration;

use super::open_files::{self, fifo_inode, links, mount, other_end, socket_inodes};
use super::sockets::{InetSocket, Socket, find, socket_inode};
use super::{clock, sock_diag};
use crate::snapshot::{Descriptor, DescriptorKind, Moment, ProcessId, Why};

/// How long a socket table is believed: queues move, peers do not.
const TABLE_LIFETIME: Duration = Duration::from_millis(250);

/// How long the other holders of a pipe are believed; finding them means looking at every process.
const HOLDERS_LIFETIME: Duration = Duration::from_secs(5);

/// A table is not read again before this many times its own cost has passed, so that a host with very many sockets costs
/// at most a hundredth of a CPU.
const REST: u32 = 100;

/// Processes that hold the other end of a pipe: pid and name.
type Holders = Vec<(u32, String)>;

/// Resolves descriptors of one process and keeps what it learnt for a short time.
#[derive(Debug)]
pub struct DescriptorResolver {
    process: ProcessId,
    /// By inode; `None` for one that is in no table.
    sockets: HashMap<u64, Option<Socket>>,
    table: Option<TableRead>,
    /// By descriptor and link.
    holders: HashMap<(i32, String), (Moment, Holders)>,
}

#[derive(Clone, Copy, Debug)]
struct TableRead {
    at: Moment,
    cost: Duration,
    refused: Option<Why>,
}

impl DescriptorResolver {
    /// A resolver that has read nothing yet.
    #[must_use]
    pub fn new(process: ProcessId) -> Self {
        Self { process, sockets: HashMap::new(), table: None, holders: HashMap::new() }
    }

    /// What a descriptor leads to. Never waits for the thing itself.
    pub fn resolve(&mut self, number: i32) -> Descriptor {
        let kind = match open_files::link(self.process, number) {
            Ok(link) => self.kind(number, link),
            Err(why) => DescriptorKind::Unresolved(why),
        };
        Descriptor { number, kind }
    }

    fn kind(&mut self, number: i32, link: String) -> DescriptorKind {
        if let Some(inode) = socket_inode(&link) {
            return match self.socket(inode) {
                Ok(Some(socket)) => socket_kind(socket),
                // Of another family, or TCP that was neither bound nor connected: in no table.
                Ok(None) => DescriptorKind::Anonymous { name: "socket".to_owned() },
                Err(why) => DescriptorKind::Unresolved(why),
            };
        }
        if let Some(inode) = bracketed(&link, "pipe:") {
            let Ok(inode) = inode.parse() else { return DescriptorKind::Unresolved(Why::Implausible) };
            return DescriptorKind::Pipe { inode, path: None, others: self.other_end(number, &link) };
        }
        if let Some(name) = link.strip_prefix("anon_inode:") {
            let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
            return DescriptorKind::Anonymous { name };
        }
        let mount = mount(self.process, number);
        match mount.as_deref().and_then(|mount| fifo_inode(self.process, number, mount)) {
            Some(inode) => {
                let others = self.other_end(number, &link);
                DescriptorKind::Pipe { inode, path: Some(link), others }
            }
            None => DescriptorKind::File { path: link, mount },
        }
    }

    fn socket(&mut self, inode: u64) -> Result<Option<Socket>, Why> {
        let now = clock::now();
        let believed = match self.table {
            Some(table) => {
                let age = now.since(table.at);
                let rests = age < table.cost.saturating_mul(REST);
                let known = self.sockets.contains_key(&inode) || table.refused.is_some();
                rests || (age < TABLE_LIFETIME && known)
            }
            None => false,
        };
        if !believed {
            self.read_tables(now);
        }
        if let Some(why) = self.table.and_then(|table| table.refused) {
            return Err(why);
        }
        let socket = self.sockets.get_mut(&inode).ok_or(Why::Bounded)?;
        if let Some(Socket::Unix { path }) = socket
            && path.is_empty()
        {
            // The client's end has no name; the server's has the path that people know it by.
            *path = sock_diag::unix_peer_path(self.process, inode).unwrap_or_default();
        }
        Ok(socket.clone())
    }

    fn read_tables(&mut self, now: Moment) {
        let read = links(self.process).and_then(|links| {
            let inodes = socket_inodes(&links);
            find(self.process, &inodes).map(|mut found| {
                inodes.into_iter().map(|inode| (inode, found.remove(&inode))).collect::<HashMap<_, _>>()
            })
        });
        let mut refused = None;
        match read {
            Ok(sockets) => self.sockets = sockets,
            Err(why) => refused = Some(why),
        }
        self.table = Some(TableRead { at: now, cost: clock::now().since(now), refused });
    }

    fn other_end(&mut self, number: i32, link: &str) -> Holders {
        let now = clock::now();
        self.holders.retain(|_, (read_at, _)| now.since(*read_at) < HOLDERS_LIFETIME);
        let key = (number, link.to_owned());
        if let Some((_, holders)) = self.holders.get(&key) {
            return holders.clone();
        }
        let holders = other_end(self.process, number, link);
        self.holders.insert(key, (now, holders.clone()));
        holders
    }
}

fn bracketed<'text>(link: &'text str, prefix: &str) -> Option<&'text str> {
    link.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']')
}

fn socket_kind(socket: Socket) -> DescriptorKind {
    match socket {
        Socket::Unix { path } => DescriptorKind::Unix { path },
        Socket::Inet(InetSocket { protocol, local, peer, state, receive_queue, send_queue, .. }) => {
            DescriptorKind::Inet {
                protocol: protocol.to_owned(),
                local: local.to_string(),
                peer: peer.map(|peer| peer.to_string()),
                local_port: local.port(),
                peer_port: peer.map_or(0, |peer| peer.port()),
                state: state.to_owned(),
                unread: receive_queue,
                unsent: send_queue,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::{AsFd, AsRawFd, RawFd};
    use std::os::unix::net::{UnixListener, UnixStream};

    use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};

    use super::*;

    fn resolve(number: RawFd) -> DescriptorKind {
        DescriptorResolver::new(ProcessId(std::process::id())).resolve(number).kind
    }

    #[test]
    fn a_connection_names_its_peer() {
        let listener = TcpListener::bind("[::1]:0").or_else(|_| TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        let DescriptorKind::Inet { peer, peer_port, state, protocol, .. } = resolve(stream.as_raw_fd()) else {
            panic!("not a socket: {:?}", resolve(stream.as_raw_fd()))
        };
        assert_eq!((peer, peer_port), (Some(address.to_string()), address.port()));
        assert_eq!((protocol.as_str(), state.as_str()), ("tcp", "ESTAB"));
    }

    #[test]
    fn a_new_socket_is_found_after_the_table_was_read() {
        let mut resolver = DescriptorResolver::new(ProcessId(std::process::id()));
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let one = resolver.resolve(first.as_raw_fd()).kind;
        assert!(matches!(&one, DescriptorKind::Inet { state, .. } if state == "LISTEN"), "{one:?}");
        let second = TcpListener::bind("127.0.0.1:0").unwrap();
        let table = resolver.table.unwrap();
        resolver.table = Some(TableRead { at: Moment(0), ..table });
        let two = resolver.resolve(second.as_raw_fd()).kind;
        assert!(matches!(&two, DescriptorKind::Inet { state, .. } if state == "LISTEN"), "{two:?}");
    }

    #[test]
    fn a_unix_client_is_named_by_its_server() {
        let path = std::env::temp_dir().join(format!("hangspy-test-{}.sock", std::process::id()));
        let listener = UnixListener::bind(&path).unwrap();
        let stream = UnixStream::connect(&path).unwrap();
        // A connection that nobody accepted has no inode at its other end yet.
        let _accepted = listener.accept().unwrap();
        let (server, client) = (resolve(listener.as_raw_fd()), resolve(stream.as_raw_fd()));
        std::fs::remove_file(&path).unwrap();
        let named = DescriptorKind::Unix { path: path.to_string_lossy().into_owned() };
        assert_eq!(server, named);
        // Kernels without unix_diag leave the client without a name.
        let link = std::fs::read_link(format!("/proc/self/fd/{}", stream.as_raw_fd())).unwrap();
        let inode = socket_inode(&link.to_string_lossy()).unwrap();
        let own = ProcessId(std::process::id());
        let offered = sock_diag::unix_peer_path(own, inode) != Err(Why::NotInThisKernel);
        if offered {
            assert_eq!(client, named);
        }
    }

    #[test]
    fn pipes_files_and_anonymous_inodes() {
        let (reader, _writer) = std::io::pipe().unwrap();
        assert!(matches!(resolve(reader.as_raw_fd()), DescriptorKind::Pipe { inode: 1.., path: None, .. }));
        let file = std::fs::File::open("/proc/self/status").unwrap();
        let DescriptorKind::File { path, mount } = resolve(file.as_raw_fd()) else { panic!("not a file") };
        assert!(path.ends_with("/status"), "{path}");
        assert_eq!(mount.as_deref(), Some("proc"));
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::empty()).unwrap();
        assert_eq!(resolve(timer.as_fd().as_raw_fd()), DescriptorKind::Anonymous { name: "timerfd".into() });
        assert_eq!(resolve(i32::MAX), DescriptorKind::Unresolved(Why::Vanished));
    }

    #[test]
    fn a_fifo_has_a_path_and_an_inode() {
        let path = std::env::temp_dir().join(format!("hangspy-test-{}.fifo", std::process::id()));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let kind = resolve(file.as_raw_fd());
        std::fs::remove_file(&path).unwrap();
        let DescriptorKind::Pipe { inode, path: named, .. } = kind else { panic!("not a pipe: {kind:?}") };
        assert!(inode > 0);
        assert_eq!(named.as_deref(), path.to_str());
    }
}
