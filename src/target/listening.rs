//! Which processes accept connections, and where.

use std::collections::HashMap;
use std::rc::Rc;

use crate::os::processes::ProcessEntry;
use crate::os::{listening_among, open_files, processes, sockets};
use crate::snapshot::{ProcessId, Why};

/// What a process has to do with listening sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Doors {
    /// Inode and port of the listening TCP sockets that it has open, sorted.
    pub(super) open: Vec<(u64, u16)>,
    /// Whether one of its epoll instances watches one of them: then it serves, and does not only hand the socket down.
    pub(super) watches: bool,
    /// Whether it has an epoll instance at all.
    pub(super) has_epoll: bool,
    /// Why its descriptors are not known, if so. The open doors are then those of its user, when it is the only one who
    /// can have them.
    pub(super) unknown: Option<Why>,
}

impl Doors {
    /// The ports, sorted, each once.
    pub(super) fn ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self.open.iter().map(|(_, port)| *port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// Whether both are known to have one and the same socket open.
    pub(super) fn shares_with(&self, other: &Self) -> bool {
        let known = self.unknown.is_none() && other.unknown.is_none();
        known && self.open.iter().any(|(inode, _)| other.open.iter().any(|(theirs, _)| theirs == inode))
    }
}

/// Listening sockets by inode, with their ports.
type Ports = Rc<HashMap<u64, u16>>;

/// Reads the doors of processes; the table of a network namespace is read once.
#[derive(Debug, Default)]
pub(super) struct DoorReader {
    namespaces: HashMap<String, Ports>,
    /// All processes; listed when the first is met whose descriptors are closed to us.
    all: Option<Vec<ProcessEntry>>,
}

impl DoorReader {
    /// The doors of one process.
    pub(super) fn read(&mut self, process: ProcessId) -> Doors {
        match self.try_read(process) {
            Ok(doors) => doors,
            Err(why) => Doors { open: self.doors_of_user(process, why), unknown: Some(why), ..Doors::default() },
        }
    }

    fn doors_of_user(&mut self, process: ProcessId, why: Why) -> Vec<(u64, u16)> {
        if why != Why::NotPermitted {
            return Vec::new();
        }
        let all = self.all.get_or_insert_with(|| processes::scan().unwrap_or_default());
        let sockets = listening_among(all, process).unwrap_or_default();
        sockets.iter().map(|socket| (socket.inode, socket.local.port())).collect()
    }

    /// Whether anybody listens on a port of our own network namespace, visible or not.
    pub(super) fn is_open_here(&mut self, port: u16) -> bool {
        self.ports(ProcessId(std::process::id())).is_ok_and(|ports| ports.values().any(|open| *open == port))
    }

    fn try_read(&mut self, process: ProcessId) -> Result<Doors, Why> {
        let links = open_files::links(process)?;
        let ports = self.ports(process)?;
        let mut doors = Doors::default();
        let mut numbers = Vec::new();
        for (number, link) in &links {
            if let Some((inode, port)) =
                sockets::socket_inode(link).and_then(|inode| ports.get(&inode).map(|port| (inode, *port)))
            {
                doors.open.push((inode, port));
                numbers.push(*number);
            }
        }
        doors.open.sort_unstable();
        doors.open.dedup();
        for (number, _) in links.iter().filter(|(_, link)| link == "anon_inode:[eventpoll]") {
            doors.has_epoll = true;
            let targets = open_files::epoll_targets(process, *number).unwrap_or_default();
            doors.watches |= targets.iter().any(|target| numbers.contains(target));
        }
        Ok(doors)
    }

    fn ports(&mut self, process: ProcessId) -> Result<Ports, Why> {
        let namespace = open_files::network_namespace(process)?;
        if let Some(ports) = self.namespaces.get(&namespace) {
            return Ok(Rc::clone(ports));
        }
        let listening = sockets::listening(process)?;
        let ports: Ports = Rc::new(listening.into_iter().map(|socket| (socket.inode, socket.local.port())).collect());
        self.namespaces.insert(namespace, Rc::clone(&ports));
        Ok(ports)
    }
}
