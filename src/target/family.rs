//! Who is whose master: roles of Python processes from their command lines, parents and sockets.
//!
//! Servers with several processes look alike from outside: a supervisor opens the socket and hands it down, workers
//! accept on it. So the strongest sign is a socket that parent and child share and that the parent does not watch
//! itself. Command lines decide where there is no socket yet (startup), none any more (shutdown) or none that we may see.

use std::collections::BTreeMap;

use crate::libraries::forks_workers;
use crate::os::processes::ProcessEntry;
use crate::snapshot::{ProcessId, Role, Server};

use super::command::{Birth, Program};
use super::listening::Doors;

/// A Python process and what is known about it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) entry: ProcessEntry,
    pub(super) program: Program,
    pub(super) doors: Doors,
}

/// A process's place among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinship {
    pub(super) role: Role,
    /// The first of its family: its master, or itself.
    pub(super) head: ProcessId,
    /// Which server program the family runs; children of `multiprocessing` do not say it themselves.
    pub(super) server: Server,
}

/// How many levels a family may have before we stop climbing: a master, a worker, the worker's own children.
const MOST_LEVELS: usize = 8;

/// What a process is to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    /// Nothing: it stands for itself.
    Independent,
    Worker,
    Helper,
}

/// Places of all members.
pub(super) fn places(members: &BTreeMap<ProcessId, Member>) -> BTreeMap<ProcessId, Kinship> {
    let ties: BTreeMap<ProcessId, Tie> =
        members.values().map(|member| (member.entry.pid, tie(members, member))).collect();
    let has_worker = |pid: ProcessId| {
        members
            .values()
            .any(|child| child.entry.parent == Some(pid) && ties.get(&child.entry.pid) == Some(&Tie::Worker))
    };
    members
        .values()
        .map(|member| {
            let pid = member.entry.pid;
            let head = head(members, &ties, pid);
            let server = members.get(&head).map_or(member.program.server, |head| head.program.server);
            let role = match ties.get(&pid) {
                Some(Tie::Helper) => Role::Helper,
                Some(Tie::Worker) => Role::Worker,
                // Who hands work to processes of its own may work itself.
                _ if has_worker(pid) && !is_pool_of_own(member) => Role::Master,
                // A supervisor whose workers are gone, or not there yet, still supervises; unless it serves itself.
                _ if member.program.asks_for_children && !member.doors.watches => Role::Master,
                _ => Role::Single,
            };
            (pid, Kinship { role, head, server })
        })
        .collect()
}

fn parent<'a>(members: &'a BTreeMap<ProcessId, Member>, member: &Member) -> Option<&'a Member> {
    member.entry.parent.and_then(|parent| members.get(&parent))
}

/// The first process above this one that is not tied to another.
fn head(members: &BTreeMap<ProcessId, Member>, ties: &BTreeMap<ProcessId, Tie>, from: ProcessId) -> ProcessId {
    let mut head = from;
    for _ in 0..MOST_LEVELS {
        let tied = ties.get(&head).is_some_and(|tie| *tie != Tie::Independent);
        match members.get(&head).and_then(|member| parent(members, member)) {
            Some(above) if tied => head = above.entry.pid,
            _ => break,
        }
    }
    head
}

fn tie(members: &BTreeMap<ProcessId, Member>, member: &Member) -> Tie {
    // The fork server of `multiprocessing` has the same command line as the processes that it makes.
    if member.program.kind == Birth::Tracker && !member.doors.watches {
        return Tie::Helper;
    }
    let Some(parent) = parent(members, member) else { return Tie::Independent };
    let server = parent.program.server;
    if forks_workers(server) && member.program.server == server && member.program.kind == Birth::Ordinary {
        // Master, workers and the workers' own forks have one command line; only the master has no such program above it.
        let above = self::parent(members, parent).map(|above| above.program.server);
        return if above == Some(server) { Tie::Helper } else { Tie::Worker };
    }
    if member.doors.shares_with(&parent.doors) {
        return shared_socket(member, parent);
    }
    let forked = member.entry.arguments == parent.entry.arguments;
    if !forked && member.program.kind == Birth::Ordinary {
        return Tie::Independent;
    }
    if !member.doors.open.is_empty() && parent.doors.open.is_empty() && parent.doors.unknown.is_none() {
        // It opened a door of its own below a parent without one.
        return Tie::Worker;
    }
    if is_pool_of_own(parent) {
        return Tie::Worker;
    }
    let supervises = parent.program.asks_for_children || (parent.doors.unknown.is_none() && !parent.doors.has_epoll);
    let serves = parent.program.server != Server::Other || member.doors.has_epoll;
    if supervises && !parent.doors.watches && serves { Tie::Worker } else { Tie::Helper }
}

/// Whether the children of a program are its own affair: no server that we know, and no door.
fn is_pool_of_own(member: &Member) -> bool {
    let doors = &member.doors;
    let closed = doors.open.is_empty() && doors.unknown.is_none();
    member.program.server == Server::Other && closed && !member.program.asks_for_children
}

/// Parent and child have the same listening socket open.
fn shared_socket(member: &Member, parent: &Member) -> Tie {
    // A server that forks (a process pool, a subprocess with open descriptors) hands its socket down without meaning to.
    if parent.doors.watches {
        return Tie::Helper;
    }
    let forked = member.entry.arguments == parent.entry.arguments;
    let related = forked || member.program.kind != Birth::Ordinary || member.program.server == parent.program.server;
    if related || member.doors.watches { Tie::Worker } else { Tie::Helper }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Known;
    use crate::target::command::parse;

    const SPAWNED: &[&str] =
        &["python", "-c", "from multiprocessing.spawn import spawn_main; x", "--multiprocessing-fork"];
    const TRACKER: &[&str] = &["python", "-c", "from multiprocessing.resource_tracker import main;main(4)"];

    fn member(pid: u32, parent: u32, arguments: &[&str], doors: Doors) -> Member {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        Member {
            program: parse(&arguments),
            entry: ProcessEntry {
                pid: ProcessId(pid),
                parent: Some(ProcessId(parent)),
                name: "python".into(),
                arguments,
                executable: Known::Is("/usr/bin/python3.12".into()),
                state: 'S',
                start_ticks: 1,
                user: Known::Is(0),
                namespace_depth: Known::Is(1),
                kernel_thread: false,
            },
            doors,
        }
    }

    fn listens(watches: bool) -> Doors {
        Doors { open: vec![(563, 8000)], watches, has_epoll: watches, unknown: None }
    }

    fn no_door(has_epoll: bool) -> Doors {
        Doors { has_epoll, ..Doors::default() }
    }

    fn roles(members: Vec<Member>) -> Vec<(u32, Role, u32, Server)> {
        let members = members.into_iter().map(|member| (member.entry.pid, member)).collect();
        places(&members).into_iter().map(|(pid, place)| (pid.0, place.role, place.head.0, place.server)).collect()
    }

    #[test]
    fn one_server() {
        let uvicorn = member(10, 1, &["python", "/bin/uvicorn", "main:app"], listens(true));
        assert_eq!(roles(vec![uvicorn]), [(10, Role::Single, 10, Server::Uvicorn)]);
    }

    #[test]
    fn uvicorn_with_workers() {
        let found = roles(vec![
            member(10, 1, &["python", "/bin/uvicorn", "main:app", "--workers", "2"], listens(false)),
            member(11, 10, TRACKER, no_door(false)),
            member(12, 10, SPAWNED, listens(true)),
            // Still importing: the socket is inherited, no loop yet.
            member(13, 10, SPAWNED, listens(false)),
        ]);
        assert_eq!(
            found,
            [
                (10, Role::Master, 10, Server::Uvicorn),
                (11, Role::Helper, 10, Server::Uvicorn),
                (12, Role::Worker, 10, Server::Uvicorn),
                (13, Role::Worker, 10, Server::Uvicorn),
            ]
        );
    }

    #[test]
    fn uvicorn_with_workers_before_anybody_listens() {
        let found = roles(vec![
            member(10, 1, &["python", "/bin/uvicorn", "main:app", "--workers", "2"], no_door(false)),
            member(12, 10, SPAWNED, no_door(true)),
        ]);
        assert_eq!(found.iter().map(|place| place.1).collect::<Vec<_>>(), [Role::Master, Role::Worker]);
    }

    #[test]
    fn a_script_that_runs_workers() {
        let found =
            roles(vec![member(10, 1, &["python", "serve.py"], listens(false)), member(12, 10, SPAWNED, listens(true))]);
        assert_eq!(found.iter().map(|place| place.1).collect::<Vec<_>>(), [Role::Master, Role::Worker]);
    }

    #[test]
    fn gunicorn_behind_a_unix_socket() {
        let command = &["python", "/bin/gunicorn", "main:app", "--bind", "unix:/run/x.sock"];
        let found = roles(vec![
            member(10, 1, command, no_door(true)),
            member(11, 10, command, no_door(true)),
            member(12, 11, command, no_door(true)),
        ]);
        assert_eq!(
            found.iter().map(|place| (place.1, place.3)).collect::<Vec<_>>(),
            [(Role::Master, Server::Gunicorn), (Role::Worker, Server::Gunicorn), (Role::Helper, Server::Gunicorn)]
        );
    }

    #[test]
    fn gunicorn_with_titles_and_without_rights() {
        let unseen = Doors { unknown: Some(crate::snapshot::Why::NotPermitted), ..Doors::default() };
        let found = roles(vec![
            member(10, 1, &["gunicorn: master [main:app]"], unseen.clone()),
            member(11, 10, &["gunicorn: worker [main:app]"], unseen),
        ]);
        assert_eq!(found.iter().map(|place| place.1).collect::<Vec<_>>(), [Role::Master, Role::Worker]);
    }

    #[test]
    fn celery_and_its_children() {
        let command = &["python", "/bin/celery", "-A", "shop", "worker"];
        let found = roles(vec![
            member(10, 1, command, no_door(true)),
            member(11, 10, command, no_door(false)),
            member(12, 11, command, no_door(false)),
        ]);
        assert_eq!(
            found.iter().map(|place| place.1).collect::<Vec<_>>(),
            [Role::Master, Role::Worker, Role::Helper],
            "a child of a worker is one that a job started"
        );
        let alone = roles(vec![member(10, 1, &["python", "/bin/rq", "worker"], no_door(false))]);
        assert_eq!(alone.first().map(|place| place.1), Some(Role::Single), "RQ forks when there is a job");
    }

    #[test]
    fn a_process_pool_below_a_server_only_helps() {
        let command = &["python", "/bin/uvicorn", "main:app"];
        let found = roles(vec![
            member(10, 1, command, listens(true)),
            // Forked: it inherited the socket and the epoll instance.
            member(11, 10, command, listens(true)),
            // Started afresh.
            member(12, 10, SPAWNED, no_door(false)),
        ]);
        assert_eq!(found.iter().map(|place| place.1).collect::<Vec<_>>(), [Role::Single, Role::Helper, Role::Helper]);
    }

    #[test]
    fn a_process_pool_below_a_script_works_for_it() {
        let command = &["python", "score.py"];
        let found = roles(vec![
            member(10, 1, command, no_door(false)),
            member(11, 10, command, no_door(false)),
            member(12, 10, SPAWNED, no_door(false)),
            member(13, 10, TRACKER, no_door(false)),
        ]);
        let expected = [Role::Single, Role::Worker, Role::Worker, Role::Helper];
        assert_eq!(found.iter().map(|place| place.1).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_supervisor_of_strangers_is_no_master() {
        let found = roles(vec![
            member(10, 1, &["python", "/bin/supervisord"], no_door(false)),
            member(11, 10, &["python", "/bin/uvicorn", "main:app"], listens(true)),
        ]);
        assert_eq!(
            found.iter().map(|place| (place.1, place.2)).collect::<Vec<_>>(),
            [(Role::Single, 10), (Role::Single, 11)]
        );
    }

    #[test]
    fn parents_in_a_circle_end() {
        let found = roles(vec![member(10, 11, SPAWNED, no_door(true)), member(11, 10, SPAWNED, no_door(true))]);
        assert_eq!(found.len(), 2);
    }
}
