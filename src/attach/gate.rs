//! Which one gate refused to let us read a process.
//!
//! The kernel answers `EPERM` and no more (`ptrace(2)`, "Ptrace access mode checking"). The gates are asked in the order
//! in which the user can do something about them; the decision is a function of facts that anybody may read.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::error::Gate;
use crate::memory::{LiveMemory, Memory, ReadError};
use crate::os::task_text::status_value;
use crate::snapshot::{Address, ProcessId};

/// Number of the capability that opens another user's process (Linux `include/uapi/linux/capability.h`).
const SYS_PTRACE: u32 = 19;

/// Real, effective and saved user (or group) of a process.
type Ids = [u32; 3];

/// What decides. `None` is what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Facts {
    /// Whether we may not even read ourselves.
    own_memory_refused: bool,
    /// Whether we hold the capability.
    capable: bool,
    /// Our users and groups.
    own_users: Option<Ids>,
    own_groups: Option<Ids>,
    /// Those of the target.
    users: Option<Ids>,
    groups: Option<Ids>,
    /// Whether the target counts its users as we do.
    same_user_namespace: Option<bool>,
    /// Whether the target allows its memory to be dumped.
    dumpable: Option<bool>,
    /// `kernel.yama.ptrace_scope`
    yama: Option<u8>,
}

/// The gate that refused to let us read the memory of a process.
pub(super) fn that_refused(pid: ProcessId) -> Gate {
    decide(&facts(pid))
}

fn decide(facts: &Facts) -> Gate {
    if facts.own_memory_refused {
        return Gate::Seccomp;
    }
    // Nobody passes at 3; at 2 only the capability does.
    if facts.yama == Some(3) || (facts.yama == Some(2) && !facts.capable) {
        return Gate::Yama;
    }
    // A capability counts in the namespace that it was given in.
    if facts.same_user_namespace == Some(false) {
        return Gate::UserNamespace;
    }
    if facts.capable {
        return Gate::Unexplained;
    }
    if differ(facts.own_users, facts.users) {
        return Gate::OtherUser;
    }
    if facts.dumpable == Some(false) {
        return Gate::NotDumpable;
    }
    if differ(facts.own_groups, facts.groups) {
        return Gate::Unexplained;
    }
    if facts.yama == Some(1) { Gate::Yama } else { Gate::Unexplained }
}

/// Whether our real id is not all three of the target's.
fn differ(own: Option<Ids>, target: Option<Ids>) -> bool {
    own.zip(target).is_some_and(|([real, ..], target)| target.iter().any(|id| *id != real))
}

fn facts(pid: ProcessId) -> Facts {
    let own_status = text("/proc/self/status");
    let path = format!("/proc/{pid}/status");
    let status = text(&path);
    let users = ids(&status, "Uid");
    let own_users = ids(&own_status, "Uid");
    // The files of a process that may not be dumped belong to root, whoever runs it (proc(5)).
    let owner = fs::metadata(&path).ok().map(|metadata| metadata.uid());
    let dumpable = users.zip(owner).and_then(|([_, effective, _], owner)| match effective {
        0 => None,
        _ => Some(effective == owner),
    });
    let map = |path: &str| Some(text(path)).filter(|map| !map.is_empty());
    let maps = map("/proc/self/uid_map").zip(map(&format!("/proc/{pid}/uid_map")));
    Facts {
        own_memory_refused: own_memory_refused(),
        capable: capable(&own_status),
        own_users,
        own_groups: ids(&own_status, "Gid"),
        users,
        groups: ids(&status, "Gid"),
        same_user_namespace: maps.map(|(own, target)| own == target),
        dumpable,
        yama: text("/proc/sys/kernel/yama/ptrace_scope").trim().parse().ok(),
    }
}

fn text(path: &str) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// Three of the four numbers in a line `Uid:` or `Gid:`; the fourth is for files.
fn ids(status: &str, name: &str) -> Option<Ids> {
    let mut words = status_value(status, name)?.split_ascii_whitespace().map(str::parse);
    Some([words.next()?.ok()?, words.next()?.ok()?, words.next()?.ok()?])
}

fn capable(status: &str) -> bool {
    let set = status_value(status, "CapEff").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    set.is_some_and(|set| set >> SYS_PTRACE & 1 == 1)
}

/// Whether the system call is refused to us whatever the target: then it is a filter of our own.
fn own_memory_refused() -> bool {
    let own = LiveMemory::new(ProcessId(std::process::id()));
    own.read(Address(0), 1) == Err(ReadError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_user() -> Facts {
        Facts {
            own_users: Some([1000; 3]),
            own_groups: Some([1000; 3]),
            users: Some([1000; 3]),
            groups: Some([1000; 3]),
            same_user_namespace: Some(true),
            dumpable: Some(true),
            yama: Some(0),
            ..Facts::default()
        }
    }

    #[test]
    fn every_gate_is_recognized() {
        let other = Some([33; 3]);
        let cases = [
            (Facts { own_memory_refused: true, users: other, ..same_user() }, Gate::Seccomp),
            (Facts { users: other, ..same_user() }, Gate::OtherUser),
            (Facts { users: Some([1000, 1000, 0]), ..same_user() }, Gate::OtherUser),
            (Facts { users: other, yama: Some(1), ..same_user() }, Gate::OtherUser),
            (Facts { yama: Some(1), ..same_user() }, Gate::Yama),
            (Facts { yama: Some(2), users: other, ..same_user() }, Gate::Yama),
            (Facts { yama: Some(3), capable: true, ..same_user() }, Gate::Yama),
            (Facts { dumpable: Some(false), ..same_user() }, Gate::NotDumpable),
            (Facts { dumpable: Some(false), yama: Some(1), ..same_user() }, Gate::NotDumpable),
            (Facts { same_user_namespace: Some(false), capable: true, ..same_user() }, Gate::UserNamespace),
            (Facts { capable: true, users: other, yama: Some(2), ..same_user() }, Gate::Unexplained),
            (Facts { groups: other, yama: Some(1), ..same_user() }, Gate::Unexplained),
            (same_user(), Gate::Unexplained),
            (Facts::default(), Gate::Unexplained),
        ];
        for (facts, gate) in cases {
            assert_eq!(decide(&facts), gate, "{facts:?}");
        }
    }

    #[test]
    fn users_and_capabilities_are_read_from_a_status() {
        let status = "Name:\tUid:\t1\nUid:\t1000\t1001\t1002\t1003\nCapEff:\t0000000000080000\n";
        assert_eq!(ids(status, "Uid"), Some([1000, 1001, 1002]));
        assert_eq!(ids(status, "Gid"), None);
        assert!(capable(status));
        assert!(!capable("CapEff:\t000000000007ffff\n"));
        assert!(!capable(""));
    }

    #[test]
    fn we_may_read_ourselves() {
        assert!(!own_memory_refused(), "a filter blocks process_vm_readv here: run the tests without it");
    }
}
