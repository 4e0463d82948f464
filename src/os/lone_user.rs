//! Whose listening sockets are these, when we may not look at anybody's descriptors?
//!
//! Without rights over a process its descriptors are closed to us, but the socket table of its network namespace is not,
//! and the table names the user of every socket. When that user runs nothing else than this process, those above and
//! those below it, the sockets can only be theirs: the usual case in a pod, whose container runs as a user of its own.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::open_files::{links, socket_inodes};
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
    if user == 0 {
        return Err(Why::NotPermitted);
    }
    let mut sockets = listening(process)?;
    let doors: HashSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
    let listens = |pid| links(pid).map_or(true, |links| !socket_inodes(&links).is_disjoint(&doors));
    let others = without_ourselves(all, ProcessId(std::process::id()), process, listens);
    if !is_one_family(&others, user, process) {
        return Err(Why::NotPermitted);
    }
    sockets.retain(|socket| socket.user == user);
    Ok(sockets)
}

/// All but us and those that we were started by, such as a shell in the container, as far as they are known not to listen.
/// The target stays, should it be among them.
fn without_ourselves(
    all: &[ProcessEntry],
    own: ProcessId,
    target: ProcessId,
    listens: impl Fn(ProcessId) -> bool,
) -> Vec<ProcessEntry> {
    let mut ours = BTreeSet::new();
    let mut next = Some(own);
    while let Some(pid) = next.filter(|pid| *pid != target && !listens(*pid) && ours.insert(*pid)) {
        next = all.iter().find(|entry| entry.pid == pid).and_then(|entry| entry.parent);
    }
    all.iter().filter(|entry| !ours.contains(&entry.pid)).cloned().collect()
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
    fn a_shell_that_started_us_is_nobody() {
        let user = Known::Is(1000);
        let all = [entry(10, 1, user), entry(11, 10, user), entry(30, 0, user), entry(31, 30, user)];
        assert!(!is_one_family(&all, 1000, ProcessId(10)), "the shell 30 may listen");
        let rest = without_ourselves(&all, ProcessId(31), ProcessId(10), |_| false);
        assert!(is_one_family(&rest, 1000, ProcessId(10)), "30 is the shell that we, 31, were started from");
        let above = without_ourselves(&all, ProcessId(11), ProcessId(10), |_| false);
        let serving = without_ourselves(&all, ProcessId(31), ProcessId(10), |pid| pid == ProcessId(30));
        assert!(!is_one_family(&serving, 1000, ProcessId(10)), "what started us serves itself");
        assert!(above.iter().any(|entry| entry.pid == ProcessId(10)), "a target that started us stays");
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
