//! What decides whether we may read a process, as anybody may read it from `/proc`.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::memory::{LiveMemory, Memory, ReadError};
use crate::os::task_text::status_value;
use crate::os::visibility::{self, Environment, is_hidden, own_number};
use crate::snapshot::{Address, ProcessId};

/// Number of the capability that opens another user's process (Linux `include/uapi/linux/capability.h`).
pub(super) const SYS_PTRACE: u32 = 19;
/// Number of the capability that passes by the mode of a file.
pub(super) const DAC_OVERRIDE: u32 = 1;
/// Number of the capability that passes by the mode of a file that is only read.
pub(super) const DAC_READ_SEARCH: u32 = 2;

/// How many parents are climbed from the target to us.
const MOST_ANCESTORS: usize = 64;

/// Real, effective and saved user (or group) of a process.
pub(super) type Ids = [u32; 3];

/// Whether there is such a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is in `/proc`.
    #[default]
    There,
    /// It exists, and `/proc` hides it from us (`hidepid`).
    Hidden,
    /// No process has the number.
    Absent,
}

/// What a `status` says of a process's rights. `None` is what could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) users: Option<Ids>,
    pub(super) groups: Option<Ids>,
    /// Capability sets, a bit each.
    pub(super) effective: Option<u64>,
    pub(super) permitted: Option<u64>,
    pub(super) bounding: Option<u64>,
    /// 0 none, 1 strict, 2 a filter.
    pub(super) seccomp: Option<u8>,
}

impl Rights {
    pub(super) fn parse(status: &str) -> Self {
        Self {
            users: ids(status, "Uid"),
            groups: ids(status, "Gid"),
            effective: set(status, "CapEff"),
            permitted: set(status, "CapPrm"),
            bounding: set(status, "CapBnd"),
            seccomp: status_value(status, "Seccomp").and_then(|mode| mode.parse().ok()),
        }
    }

    /// Whether a capability is in force.
    pub(super) fn has(&self, capability: u32) -> bool {
        self.effective.is_some_and(|set| set >> capability & 1 == 1)
    }
}

/// What decides. `None` is what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) pid: u32,
    pub(super) presence: Presence,
    pub(super) place: Environment,
    /// Whether we may not even read ourselves.
    pub(super) own_memory_refused: bool,
    /// Whether `/proc` numbers processes as the kernel does for us.
    pub(super) proc_is_ours: bool,
    pub(super) own: Rights,
    pub(super) target: Rights,
    /// Whether the target counts its users as we do.
    pub(super) same_user_namespace: Option<bool>,
    /// The numbers of the target, ours first, its own last.
    pub(super) numbers: Vec<u32>,
    /// Whether the target allows its memory to be dumped; not to be told for a process of root.
    pub(super) dumpable: Option<bool>,
    /// `kernel.yama.ptrace_scope`; `None` in a kernel without Yama.
    pub(super) yama: Option<u8>,
    /// Whether we are among the target's ancestors.
    pub(super) descendant: Option<bool>,
    /// Who traces the target.
    pub(super) tracer: Option<(u32, String)>,
}

impl Facts {
    /// The facts about a process.
    pub(super) fn of(pid: ProcessId) -> Self {
        let own_status = text("/proc/self/status");
        let path = format!("/proc/{pid}/status");
        let status = text(&path);
        let target = Rights::parse(&status);
        // The files of a process that may not be dumped belong to root, whoever runs it (proc(5)).
        let owner = fs::metadata(&path).ok().map(|metadata| metadata.uid());
        let dumpable = target.users.zip(owner).and_then(|([_, effective, _], owner)| match effective {
            0 => None,
            _ => Some(effective == owner),
        });
        let map = |path: &str| Some(text(path)).filter(|map| !map.is_empty());
        let maps = map("/proc/self/uid_map").zip(map(&format!("/proc/{pid}/uid_map")));
        Self {
            pid: pid.0,
            presence: presence(pid),
            place: visibility::environment(),
            own_memory_refused: own_memory_refused(),
            proc_is_ours: visibility::numbers_are_ours(),
            own: Rights::parse(&own_status),
            target,
            same_user_namespace: maps.map(|(own, target)| own == target),
            numbers: numbers(&status),
            dumpable,
            yama: text("/proc/sys/kernel/yama/ptrace_scope").trim().parse().ok(),
            descendant: own_number().and_then(|own| descends(pid, own)),
            tracer: tracer(&status),
        }
    }

    /// Whether we hold the capability that passes by most gates.
    pub(super) fn capable(&self) -> bool {
        self.own.has(SYS_PTRACE)
    }

    /// The capabilities that the target may use and we may not, a bit each: the kernel lets nobody read a process that
    /// can do more than himself (`cap_ptrace_access_check`).
    pub(super) fn missing_capabilities(&self) -> u64 {
        self.own.permitted.zip(self.target.permitted).map_or(0, |(own, target)| target & !own)
    }
}

/// Whether our real id is not all three of the target's.
pub(super) fn differ(own: Option<Ids>, target: Option<Ids>) -> bool {
    own.zip(target).is_some_and(|([real, ..], target)| target.iter().any(|id| *id != real))
}

fn text(path: &str) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// Three of the four numbers in a line `Uid:` or `Gid:`; the fourth is for files.
fn ids(status: &str, name: &str) -> Option<Ids> {
    let mut words = status_value(status, name)?.split_ascii_whitespace().map(str::parse);
    Some([words.next()?.ok()?, words.next()?.ok()?, words.next()?.ok()?])
}

fn set(status: &str, name: &str) -> Option<u64> {
    status_value(status, name).and_then(|digits| u64::from_str_radix(digits, 16).ok())
}

fn numbers(status: &str) -> Vec<u32> {
    let numbers = status_value(status, "NSpid").unwrap_or_default().split_ascii_whitespace();
    numbers.filter_map(|number| number.parse().ok()).collect()
}

fn tracer(status: &str) -> Option<(u32, String)> {
    let tracer: u32 = status_value(status, "TracerPid")?.parse().ok().filter(|tracer| *tracer != 0)?;
    Some((tracer, text(&format!("/proc/{tracer}/comm")).trim_end().to_owned()))
}

fn presence(pid: ProcessId) -> Presence {
    if is_hidden(pid) {
        return Presence::Hidden;
    }
    if fs::exists(format!("/proc/{pid}")).unwrap_or(false) { Presence::There } else { Presence::Absent }
}

/// Whether `own` is among the ancestors of `pid`; `None` when the chain leads out of what we see.
fn descends(pid: ProcessId, own: ProcessId) -> Option<bool> {
    let mut at = pid.0;
    for _ in 0..MOST_ANCESTORS {
        at = status_value(&text(&format!("/proc/{at}/status")), "PPid")?.parse().ok()?;
        if at == own.0 {
            return Some(true);
        }
        if at == 0 {
            return Some(false);
        }
    }
    None
}

/// Whether the system call is refused to us whatever the target: then it is a filter of our own.
fn own_memory_refused() -> bool {
    let own = LiveMemory::new(ProcessId(std::process::id()));
    own.read(Address(0), 1) == Err(ReadError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_from_a_status() {
        let status = "Name:\tUid:\t1\nUid:\t1000\t1001\t1002\t1003\nNSpid:\t4711\t31\nCapPrm:\t0000000000080001\n\
                      CapEff:\t0000000000080000\nCapBnd:\t00000000a80425fb\nSeccomp:\t2\n";
        let rights = Rights::parse(status);
        assert_eq!(rights.users, Some([1000, 1001, 1002]));
        assert_eq!((rights.groups, rights.permitted, rights.seccomp), (None, Some(0x80001), Some(2)));
        assert!(rights.has(SYS_PTRACE) && !rights.has(DAC_OVERRIDE));
        assert_eq!(numbers(status), [4711, 31]);
        let capable = |status: &str| Rights::parse(status).has(SYS_PTRACE);
        assert!(!capable("CapEff:\t000000000007ffff\n") && !capable(""));
    }

    #[test]
    fn of_ourselves() {
        let own = ProcessId(std::process::id());
        let facts = Facts::of(own);
        assert!(!facts.own_memory_refused, "a filter blocks process_vm_readv here: run the tests without it");
        assert_eq!((facts.presence, facts.missing_capabilities()), (Presence::There, 0));
        assert_eq!((facts.own, facts.same_user_namespace), (facts.target, Some(true)));
        assert!(facts.proc_is_ours);
        assert_eq!(facts.numbers.first(), Some(&own.0));
        // Whoever started us is no child of ours.
        assert_ne!(descends(own, own), Some(true));
        assert_eq!(presence(ProcessId(5_000_000)), Presence::Absent);
    }
}
