//! Which processes `/proc` shows us, and whether it numbers them as system calls do.

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::proc_file::{SMALL, read_link, read_text};
use super::task_text::status_value;
use crate::snapshot::{ProcessId, Why};

/// How much of the list of mounts is read: a node with a thousand containers has some megabytes.
const MOST_MOUNTS: u64 = 4 * 1024 * 1024;

/// Number of the capability that sees through `hidepid` (Linux `include/uapi/linux/capability.h`, `fs/proc/base.c`).
const SYS_PTRACE: u32 = 19;

/// Where we run, which decides what a person can do about what is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    /// On a machine.
    #[default]
    Host,
    /// In a container that no Kubernetes knows.
    Container,
    /// In a pod.
    Pod,
}

/// Where we run.
#[must_use]
pub fn environment() -> Environment {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        return Environment::Pod;
    }
    // What podman and docker put into every container.
    let marks = ["/run/.containerenv", "/.dockerenv"];
    let marked = marks.iter().any(|mark| fs::exists(mark).unwrap_or(false));
    if marked { Environment::Container } else { Environment::Host }
}

/// Whether `/proc` is there at all: without it nothing can be seen of any process.
#[must_use]
pub fn is_mounted() -> bool {
    nix::sys::statfs::statfs("/proc").is_ok_and(|system| system.filesystem_type() == nix::sys::statfs::PROC_SUPER_MAGIC)
}

/// Our own number in `/proc`; `None` when it shows a pid namespace that we are not in.
#[must_use]
pub fn own_number() -> Option<ProcessId> {
    read_link("/proc/self").ok()?.parse().ok().map(ProcessId)
}

/// Whether `/proc` numbers processes as system calls do for us. It does not when only one of pid and mount namespace was
/// entered (`nsenter --pid`, `nsenter --mount`): then one number means two processes.
#[must_use]
pub fn numbers_are_ours() -> bool {
    own_number() == Some(ProcessId(std::process::id()))
}

/// Whether there is a process of this number and `/proc` hides it from us (`hidepid`).
#[must_use]
pub fn is_hidden(pid: ProcessId) -> bool {
    match read_text(format!("/proc/{pid}/stat"), SMALL) {
        // `hidepid=1` lists the process and shows nothing of it.
        Err(Why::NotPermitted) => true,
        Err(Why::Vanished) => numbers_are_ours() && exists(pid),
        _ => false,
    }
}

/// Signal 0 is never sent: the kernel only says whether there is somebody to send it to.
fn exists(pid: ProcessId) -> bool {
    let number = i32::try_from(pid.0).ok().filter(|number| *number > 0);
    number.is_some_and(|number| matches!(kill(Pid::from_raw(number), None), Ok(()) | Err(Errno::EPERM)))
}

/// Whether `/proc` is mounted so that it hides from us the processes of other users.
#[must_use]
pub fn hides_others() -> bool {
    let mounts = read_text("/proc/self/mountinfo", MOST_MOUNTS).unwrap_or_default();
    let status = read_text("/proc/self/status", SMALL).unwrap_or_default();
    mounted_hiding(&mounts, &status)
}

/// The same, from `/proc/self/mountinfo` and `/proc/self/status` (`has_pid_permissions` in Linux `fs/proc/base.c`).
fn mounted_hiding(mounts: &str, status: &str) -> bool {
    let capabilities = status_value(status, "CapEff").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    if capabilities.is_some_and(|set| set >> SYS_PTRACE & 1 == 1) {
        return false;
    }
    // The last mount on a place is the one that is seen.
    let Some(options) = mounts.lines().filter_map(proc_options).next_back() else { return false };
    let value = |name: &str| options.split(',').find_map(|option| option.strip_prefix(name)?.strip_prefix('='));
    let Some(mode) = value("hidepid").filter(|mode| !matches!(*mode, "0" | "off")) else { return false };
    // Members of a group see everything, but for `ptraceable`, which asks for the right itself.
    let groups = ["Gid", "Groups"].iter().filter_map(|name| status_value(status, name));
    let mut groups = groups.flat_map(str::split_ascii_whitespace);
    let member = groups.any(|group| group == value("gid").unwrap_or("0"));
    !member || matches!(mode, "4" | "ptraceable")
}

/// The options of the file system in a line of the list of mounts, if that is `/proc`.
fn proc_options(line: &str) -> Option<&str> {
    let (mount, kind) = line.split_once(" - ")?;
    let is_proc = mount.split(' ').nth(4) == Some("/proc") && kind.starts_with("proc ");
    kind.split(' ').nth(2).filter(|_| is_proc)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Gid:\t1000\t1000\t1000\t1000\nGroups:\t27 998\nCapEff:\t0000000000000000\n";

    fn mounted(options: &str) -> String {
        format!(
            "21 1 0:20 / / rw shared:1 - ext4 /dev/vda rw\n\
             22 21 0:21 / /proc rw,nosuid - proc proc {options}\n\
             23 22 0:22 / /proc/sys ro - proc proc rw\n"
        )
    }

    #[test]
    fn mounts_that_hide() {
        for hiding in ["rw,hidepid=2", "rw,hidepid=invisible", "rw,gid=44,hidepid=noaccess", "rw,hidepid=ptraceable"] {
            assert!(mounted_hiding(&mounted(hiding), STATUS), "{hiding}");
        }
        for showing in ["rw", "rw,hidepid=0", "rw,hidepid=off", "rw,gid=998,hidepid=invisible"] {
            assert!(!mounted_hiding(&mounted(showing), STATUS), "{showing}");
        }
        assert!(mounted_hiding(&mounted("rw,gid=998,hidepid=ptraceable"), STATUS));
        let capable = STATUS.replace("CapEff:\t0000000000000000", "CapEff:\t0000000000080000");
        assert!(!mounted_hiding(&mounted("rw,hidepid=2"), &capable));
        let covered = mounted("rw,hidepid=2") + &mounted("rw");
        assert!(!mounted_hiding(&covered, STATUS), "a mount that is covered by another counts for nothing");
        assert!(!mounted_hiding("", "") && !mounted_hiding("a - b\n - proc", ""));
    }

    #[test]
    fn of_ourselves() {
        let own = ProcessId(std::process::id());
        assert!(numbers_are_ours(), "the tests run in a pid namespace without a /proc of its own");
        assert!(is_mounted());
        assert_eq!(own_number(), Some(own));
        assert!(!is_hidden(own) && !is_hidden(ProcessId(5_000_000)) && !is_hidden(ProcessId(u32::MAX)));
        assert!(exists(own) && !exists(ProcessId(0)));
    }
}
