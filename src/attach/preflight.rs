//! What can be said of a process before its memory is touched.

use std::fs::{self, File};
use std::io::{self, Read};

use crate::error::{Error, Gate, Result};
use crate::os::visibility;
use crate::snapshot::{Process, ProcessId};

/// `PF_KTHREAD` of the kernel's task flags (Linux `include/linux/sched.h`).
const KERNEL_THREAD: u64 = 0x0020_0000;

/// A process that exists and has memory of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alive {
    /// Its name (`comm`).
    pub(super) name: String,
    /// When it started, in clock ticks since boot.
    start_ticks: u64,
}

/// A second in clock ticks (`USER_HZ` is 100 on every architecture that CPython runs on in earnest).
const SECOND: u64 = 100;

/// The fields of `/proc/PID/stat` that decide whether there is anything to attach to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    name: String,
    state: char,
    flags: u64,
    start_ticks: u64,
}

/// Checks that the process is there, is the one that was meant, and is neither a zombie nor a thread of the kernel.
///
/// # Errors
///
/// [`Error::NoSuchProcess`], [`Error::Exited`], [`Error::NotPython`], and [`Error::NotPermitted`] where `/proc` hides it.
pub(super) fn check(process: &Process) -> Result<Alive> {
    let pid = process.pid.0;
    let text = fs::read(format!("/proc/{pid}/stat")).map_err(|_| unseen(process.pid))?;
    let stat = parse_stat(&String::from_utf8_lossy(&text)).ok_or(Error::Exited { pid })?;
    if process.start_ticks != 0 && stat.start_ticks != process.start_ticks {
        return Err(Error::Exited { pid });
    }
    if matches!(stat.state, 'Z' | 'X' | 'x') {
        return Err(Error::Exited { pid });
    }
    if stat.flags & KERNEL_THREAD != 0 {
        return Err(Error::NotPython { pid, name: stat.name, reason: "it is a thread of the kernel".to_owned() });
    }
    Ok(Alive { name: stat.name, start_ticks: stat.start_ticks })
}

fn unseen(pid: ProcessId) -> Error {
    if visibility::is_hidden(pid) {
        Error::NotPermitted { pid: pid.0, gate: Gate::Hidden }
    } else {
        Error::NoSuchProcess { pid: pid.0 }
    }
}

/// Whether it started less than a second before ourselves, or after us.
pub(super) fn is_young(alive: &Alive) -> bool {
    let own = fs::read("/proc/self/stat").unwrap_or_default();
    let own = parse_stat(&String::from_utf8_lossy(&own));
    own.is_some_and(|own| alive.start_ticks.saturating_add(SECOND) >= own.start_ticks)
}

/// `PF_EXITING` of Linux `include/linux/sched.h`: on its way out. It has no memory and no executable any more before its state
/// says so.
const EXITING: u64 = 0x4;

/// Whether the process has ended since, or is about to, so that whatever failed failed for that reason.
pub(super) fn is_gone(pid: ProcessId) -> bool {
    let text = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    let ends = |stat: Stat| matches!(stat.state, 'Z' | 'X' | 'x') || stat.flags & EXITING != 0;
    parse_stat(&String::from_utf8_lossy(&text)).is_none_or(ends)
}

pub(super) fn parse_stat(text: &str) -> Option<Stat> {
    // The name stands in parentheses and may contain anything, parentheses included.
    let (head, rest) = text.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    Some(Stat {
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        flags: fields.get(6)?.parse().ok()?,
        start_ticks: fields.get(19)?.parse().ok()?,
    })
}

/// What kind of program a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    /// 64-bit, of the architecture that hangspy was built for.
    Ours,
    /// 32-bit.
    Narrow,
    /// 64-bit of another architecture, run by an emulator.
    Foreign,
}

/// Looks at the first bytes of the executable.
///
/// # Errors
///
/// What the kernel said when the file could not be read.
pub(super) fn machine(pid: ProcessId) -> io::Result<Option<Machine>> {
    let mut head = [0; 20];
    File::open(format!("/proc/{pid}/exe"))?.read_exact(&mut head)?;
    Ok(parse_machine(&head))
}

/// The machine of an ELF file by its first 20 bytes; `None` when it is not ELF.
fn parse_machine(head: &[u8; 20]) -> Option<Machine> {
    /// `EM_X86_64`, `EM_AARCH64` (ELF, `e_machine`).
    const OURS: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let [0x7F, b'E', b'L', b'F', class, .., machine_low, machine_high] = *head else { return None };
    Some(match (class, u16::from_le_bytes([machine_low, machine_high])) {
        (1, _) => Machine::Narrow,
        (_, OURS) => Machine::Ours,
        _ => Machine::Foreign,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = "7 (a) b) (c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 424242 9 9 9\n";
        let stat = parse_stat(text).expect("a complete line");
        assert_eq!((stat.name.as_str(), stat.state, stat.start_ticks), ("a) b) (c", 'S', 424_242));
        assert_eq!(stat.flags & KERNEL_THREAD, 0);
        assert_eq!(parse_stat("7 (a) S 1"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn machines_are_told_apart() {
        let mut head = [0; 20];
        assert_eq!(parse_machine(&head), None);
        head[..5].copy_from_slice(&[0x7F, b'E', b'L', b'F', 1]);
        assert_eq!(parse_machine(&head), Some(Machine::Narrow));
        head[4] = 2;
        assert_eq!(parse_machine(&head), Some(Machine::Foreign));
        head[18] = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
        assert_eq!(parse_machine(&head), Some(Machine::Ours));
    }
}
