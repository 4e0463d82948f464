//! The open descriptors of a process: `/proc/PID/fd` and `/proc/PID/fdinfo`.
//!
//! Reading where a descriptor leads never touches the file behind it: a `stat` of a file on a dead network file system
//! would hang us in the same way as the thread that we look at.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::fcntl::readlinkat;

use super::proc_file::{SMALL, numbered_entries, read_link, read_text, reason};
use super::sockets::socket_inode;
use super::{processes, threads};
use crate::snapshot::{ProcessId, ThreadId, Why};

/// How many descriptors of a process are followed: at a microsecond and a half each, 12 ms. The count of open ones is
/// not bounded by this.
pub const MOST_DESCRIPTORS: usize = 8192;

/// How many targets of an epoll descriptor are listed.
pub const MOST_EPOLL_TARGETS: usize = 1024;

/// How many links are read when the other holders of a pipe are looked for: about 50 ms at most.
const MOST_LINKS_FOR_HOLDERS: usize = 32_768;

/// How many other holders of a pipe are named.
const MOST_HOLDERS: usize = 8;

/// `/proc/PID/mountinfo` of a node with thousands of containers; a mount beyond this is treated as a foreign one.
const MOST_MOUNT_BYTES: u64 = 1024 * 1024;

/// File systems whose `stat` of an open file is answered from memory.
const LOCAL_FILE_SYSTEMS: [&str; 10] =
    ["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "overlay", "tmpfs", "ramfs", "devtmpfs"];

/// Where a descriptor leads, in the kernel's words: `socket:[123]`, `pipe:[7]`, `anon_inode:[eventpoll]` or a path.
///
/// # Errors
/// The reason why the kernel did not say; `Vanished` for a closed descriptor.
pub fn link(process: ProcessId, number: i32) -> Result<String, Why> {
    read_link(format!("/proc/{process}/fd/{number}"))
}

/// The folder `/proc/PID/fd`, kept open: reading a link by its number alone costs a fifth less than by its whole path (of
/// 1,000 sockets 2.7 ms instead of 3.4 were measured).
struct Folder(File);

impl Folder {
    fn open(process: ProcessId) -> Result<Self, Why> {
        File::open(format!("/proc/{process}/fd")).map(Self).map_err(|error| reason(&error))
    }

    /// Where a descriptor leads.
    fn link(&self, number: u32) -> Result<String, Why> {
        let target = readlinkat(&self.0, number.to_string().as_str()).map_err(|errno| reason(&errno.into()))?;
        Ok(target.to_string_lossy().into_owned())
    }
}

/// The open descriptors and where they lead, at most [`MOST_DESCRIPTORS`], by number.
///
/// # Errors
/// The reason why the kernel did not list them.
pub fn links(process: ProcessId) -> Result<Vec<(i32, String)>, Why> {
    let (numbers, _) = numbered_entries(format!("/proc/{process}/fd"), MOST_DESCRIPTORS)?;
    let folder = Folder::open(process)?;
    let mut links = Vec::with_capacity(numbers.len());
    for number in numbers {
        let Ok(descriptor) = i32::try_from(number) else { continue };
        match folder.link(number) {
            Ok(link) => links.push((descriptor, link)),
            // The folder is open to the process's user, what it lists is not: nothing known is not nothing there.
            Err(Why::NotPermitted) => return Err(Why::NotPermitted),
            // Closed meanwhile.
            Err(_) => {}
        }
    }
    Ok(links)
}

/// How many descriptors are open.
///
/// # Errors
/// The reason why the kernel did not say.
pub fn count(process: ProcessId) -> Result<u64, Why> {
    let folder = format!("/proc/{process}/fd");
    // Since Linux 6.2 the size of the folder is the number of open descriptors.
    let size = std::fs::metadata(&folder).map_err(|error| reason(&error))?.size();
    if size > 0 {
        return Ok(size);
    }
    let (numbers, cut) = numbered_entries(&folder, 1024 * 1024)?;
    if cut { Err(Why::Bounded) } else { u64::try_from(numbers.len()).map_err(|_| Why::Bounded) }
}

/// The name of the network namespace of a process, `net:[4026531840]`: equal for those that share one.
///
/// # Errors
/// The reason why the kernel did not say.
pub fn network_namespace(process: ProcessId) -> Result<String, Why> {
    read_link(format!("/proc/{process}/ns/net"))
}

/// The inodes of the sockets among these descriptors.
#[must_use]
pub fn socket_inodes(links: &[(i32, String)]) -> HashSet<u64> {
    links.iter().filter_map(|(_, link)| socket_inode(link)).collect()
}

/// The descriptors that an epoll descriptor watches, at most [`MOST_EPOLL_TARGETS`].
///
/// # Errors
/// The reason why the kernel did not say.
pub fn epoll_targets(process: ProcessId, number: i32) -> Result<Vec<i32>, Why> {
    let text = read_text(format!("/proc/{process}/fdinfo/{number}"), 16 * SMALL)?;
    Ok(parse_epoll_targets(&text))
}

/// The `tfd:` lines of a `/proc/PID/fdinfo/N`.
#[must_use]
pub fn parse_epoll_targets(text: &str) -> Vec<i32> {
    text.lines()
        .filter_map(|line| line.strip_prefix("tfd:")?.split_ascii_whitespace().next()?.parse().ok())
        .take(MOST_EPOLL_TARGETS)
        .collect()
}

/// The file system that a descriptor with a path is on: its type and what is mounted, `nfs4 10.0.3.7:/export`.
pub(super) fn mount(process: ProcessId, number: i32) -> Option<String> {
    let info = read_text(format!("/proc/{process}/fdinfo/{number}"), SMALL).ok()?;
    let mounts = read_text(format!("/proc/{process}/mountinfo"), MOST_MOUNT_BYTES).ok()?;
    let mount = info.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim();
    parse_mount(&mounts, mount)
}

/// The inode of a descriptor that has a path, when it is a FIFO on a file system that cannot make us wait.
pub(super) fn fifo_inode(process: ProcessId, number: i32, mount: &str) -> Option<u64> {
    let file_system = mount.split(' ').next()?;
    if !LOCAL_FILE_SYSTEMS.contains(&file_system) {
        return None;
    }
    let data = std::fs::metadata(format!("/proc/{process}/fd/{number}")).ok()?;
    data.file_type().is_fifo().then(|| data.ino())
}

/// Type and source of what is mounted with this number, from `/proc/PID/mountinfo`: the two words after the lone dash.
#[must_use]
pub fn parse_mount(mountinfo: &str, number: &str) -> Option<String> {
    let line = mountinfo.lines().find(|line| line.split(' ').next() == Some(number))?;
    let mut words = line.split_once(" - ")?.1.split(' ');
    let (kind, source) = (words.next()?, words.next()?);
    // What is mounted from nowhere in particular is named after its type.
    Some(if source == kind { kind.to_owned() } else { format!("{kind} {source}") })
}

/// `O_ACCMODE` (`include/uapi/asm-generic/fcntl.h`): reads 0, writes 1, both 2.
const ACCESS_MODE: u32 = 3;
const READS_AND_WRITES: u32 = 2;

/// Whether a descriptor reads, writes or both; `None` when the kernel does not say.
fn access_mode(process: ProcessId, number: impl std::fmt::Display) -> Option<u32> {
    let info = read_text(format!("/proc/{process}/fdinfo/{number}"), SMALL).ok()?;
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    u32::from_str_radix(flags.trim(), 8).ok().map(|flags| flags & ACCESS_MODE)
}

/// Which processes hold the other end of the pipe behind a descriptor, whose link is `wanted`, as far as we may look: pid
/// and name. The process itself is among them when it does.
pub(super) fn other_end(process: ProcessId, number: i32, wanted: &str) -> Vec<(u32, String)> {
    let own = access_mode(process, number);
    let is_other_end = |mode: Option<u32>| match (own, mode) {
        (Some(own), Some(mode)) => own != mode || mode == READS_AND_WRITES,
        _ => true,
    };
    let mut holders = Vec::new();
    let mut read = 0_usize;
    for other in processes::list().unwrap_or_default() {
        // Not permitted or gone: not visible.
        let Ok((numbers, _)) = numbered_entries(format!("/proc/{other}/fd"), MOST_DESCRIPTORS) else { continue };
        let Ok(folder) = Folder::open(other) else { continue };
        for held in numbers {
            read = read.saturating_add(1);
            if read > MOST_LINKS_FOR_HOLDERS || holders.len() >= MOST_HOLDERS {
                return holders;
            }
            if other == process && i32::try_from(held) == Ok(number) {
                continue;
            }
            if folder.link(held).is_ok_and(|link| link == wanted) && is_other_end(access_mode(other, held)) {
                holders.push((other.0, threads::kernel_name(other, ThreadId(other.0)).ok().unwrap_or_default()));
                break;
            }
        }
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoll_targets_are_the_tfd_lines() {
        let text = "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t52\n\
                    tfd:        7 events:       19 data:                7  pos:0 ino:238d sdev:8\n\
                    tfd:       12 events:        1 data:                c  pos:0 ino:238e sdev:8\n";
        assert_eq!(parse_epoll_targets(text), [7, 12]);
    }

    #[test]
    fn file_systems_by_mount_number() {
        let text = "23 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n\
                    231 23 0:45 / /mnt/my\\040share rw - nfs4 server:/x rw\n31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n";
        assert_eq!(parse_mount(text, "23").as_deref(), Some("ext4 /dev/vda"));
        assert_eq!(parse_mount(text, "231").as_deref(), Some("nfs4 server:/x"));
        assert_eq!(parse_mount(text, "2"), None);
        assert_eq!(parse_mount("23 1 254:0 / / rw - ext4", "23"), None, "a line that is cut");
    }

    #[test]
    fn the_other_end_of_a_pipe_is_not_a_copy_of_ours() {
        use std::os::fd::AsRawFd;
        let own = ProcessId(std::process::id());
        let (reader, writer) = std::io::pipe().unwrap();
        let copy = reader.try_clone().unwrap();
        let wanted = link(own, reader.as_raw_fd()).unwrap();
        let names = |holders: Vec<(u32, String)>| holders.into_iter().filter(|(pid, _)| *pid == own.0).count();
        assert_eq!(names(other_end(own, reader.as_raw_fd(), &wanted)), 1, "we have the writing end ourselves");
        drop(writer);
        assert_eq!(names(other_end(own, reader.as_raw_fd(), &wanted)), 0, "a copy of ours is not the other end");
        drop(copy);
    }

    #[test]
    fn our_own_descriptors() {
        let own = ProcessId(std::process::id());
        let open = links(own).unwrap();
        assert!(open.iter().any(|(number, _)| *number == 0), "standard input is not in {open:?}");
        assert!(count(own).unwrap() >= 3);
        assert_eq!(link(own, i32::MAX), Err(Why::Vanished));
    }
}
