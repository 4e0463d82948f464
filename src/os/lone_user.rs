//! Whose listening sockets are these, when we may not look at anybody's descriptors?
//!
//! Without rights over a process its descriptors are closed to us, but the socket table of its network namespace is not,
//! and the table names the user of every socket. When that user runs nothing else than this process, those above and
//! those below it, the sockets can only be theirs: the usual case in a pod, whose container runs as a user of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::processes::{self, ProcessEntry};
use super::sockets::{InetSocket, listening};
use crate::snapshot::{ProcessId, Why};

/// The listening sockets of a process that is its user's only one, its family aside.
///
/// # Errors
/// `NotPermitted` when the user runs something else too, so that nobody can tell; the reason when a table or the
/// processes cannot be read.
pub fn listening_as_lone_user(process: ProcessId) -> Result<Vec<InetSocket>, Why> {
    listening_among(&processes::scan()?, process)
}

/// The same, for a caller who has listed the processes already.
///
/// # Errors
/// As for [`listening_as_lone_user`].
pub fn listening_among(all: &[ProcessEntry], process: ProcessId) -> Result<Vec<InetSocket>, Why> {
    let user = user_of(all, process).ok_or(Why::NotPermitted)?;
    // Root's processes are everywhere, in other containers too.
    if user == 0 || !is_one_family(all, user, process) {
        return Err(Why::NotPermitted);
    }
    let mut sockets = listening(process)?;
    sockets.retain(|socket| socket.user == user);
    Ok(sockets)
}

fn user_of(all: &[ProcessEntry], process: ProcessId) -> Option<u32> {
    all.iter().find(|entry| entry.pid == process)?.user.ok()
}

/// Whether all processes of a user descend from one, which is this process or above it.
fn is_one_family(all: &[ProcessEntry], user: u32, process: ProcessId) -> bool {
    if all.iter().any(|entry| entry.user.get().is_none()) {
        return false;
    }
    let parents: BTreeMap<ProcessId, Option<ProcessId>> =
        all.iter().filter(|entry| entry.user.get() == Some(&user)).map(|entry| (entry.pid, entry.parent)).collect();
    let eldest = |from: ProcessId| {
        let mut seen = BTreeSet::from([from]);
        let mut eldest = from;
        while let Some(Some(parent)) = parents.get(&eldest) {
            if !parents.contains_key(parent) || !seen.insert(*parent) {
                break;
            }
            eldest = *parent;
        }
        eldest
    };
    let head = eldest(process);
    parents.keys().all(|pid| eldest(*pid) == head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Known;

    fn entry(pid: u32, parent: u32, user: Known<u32>) -> ProcessEntry {
        ProcessEntry {
            pid: ProcessId(pid),
            parent: Some(ProcessId(parent)),
            name: String::new(),
            arguments: Vec::new(),
            executable: Known::Unknown(Why::NotPermitted),
            state: 'S',
            start_ticks: 0,
            user,
            namespace_depth: Known::Is(1),
            kernel_thread: false,
        }
    }

    #[test]
    fn a_shell_a_master_and_its_workers_are_one_family() {
        let user = Known::Is(1000);
        let mut all = vec![
            entry(1, 0, Known::Is(0)),
            entry(10, 1, user),
            entry(11, 10, user),
            entry(12, 11, user),
            entry(13, 11, user),
        ];
        assert!(is_one_family(&all, 1000, ProcessId(12)));
        all.push(entry(20, 1, user));
        assert!(!is_one_family(&all, 1000, ProcessId(12)), "a stranger of the same user was overlooked");
    }

    #[test]
    fn an_unknown_user_may_be_anybody() {
        let all = [entry(10, 1, Known::Is(1000)), entry(20, 1, Known::Unknown(Why::Vanished))];
        assert!(!is_one_family(&all, 1000, ProcessId(10)));
    }

    #[test]
    fn parents_in_a_circle_end() {
        let user = Known::Is(1000);
        let all = [entry(10, 11, user), entry(11, 10, user)];
        assert!(!is_one_family(&all, 1000, ProcessId(10)));
    }
}
