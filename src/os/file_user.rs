//! As whom a process reads files, and a thread of ours that reads as the same.

use std::os::unix::fs::MetadataExt;

use nix::unistd::{Gid, Uid, setfsgid, setfsuid};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_thread_groups};

use super::proc_file::{SMALL, read_text};
use super::task_text::status_value;
use crate::snapshot::{ProcessId, Why};

/// Where `/proc/PID/status` keeps the file-system one of the four users and of the four groups.
const FILE_SYSTEM: usize = 3;

/// The user and the groups by which the kernel decides what a process may do with files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileUser {
    user: u32,
    group: u32,
    groups: Vec<u32>,
}

impl FileUser {
    /// As whom a process reads files now.
    ///
    /// # Errors
    /// The reason why the kernel did not say.
    pub(super) fn of(process: ProcessId) -> Result<Self, Why> {
        parse(&read_text(format!("/proc/{process}/status"), SMALL)?).ok_or(Why::Implausible)
    }

    /// Makes the calling thread read files as this user does, for as long as the thread lives: the kernel keeps users,
    /// groups and capabilities by thread.
    ///
    /// Without the right to change our groups they stay as they are, and [`Self::may_read`] decides alone.
    ///
    /// # Errors
    /// `NotPermitted` when we may not become that user.
    pub(super) fn become_in_this_thread(&self) -> Result<(), Why> {
        let groups: Vec<_> = self.groups.iter().map(|group| rustix::thread::Gid::from_raw(*group)).collect();
        let _kept = set_thread_groups(&groups);
        setfsgid(Gid::from_raw(self.group));
        setfsuid(Uid::from_raw(self.user));
        // These calls return who one was before and never fail: asked once more, they tell whether they did it.
        let became = setfsuid(Uid::from_raw(self.user)).as_raw() == self.user
            && setfsgid(Gid::from_raw(self.group)).as_raw() == self.group;
        // Some capabilities open files whatever their modes say, and root keeps them when it becomes root.
        let none = CapabilitySet::empty();
        let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
        set_capabilities(None, none).map_err(|_| Why::NotPermitted)?;
        if became { Ok(()) } else { Err(Why::NotPermitted) }
    }

    /// Whether the mode of a file lets this user read it, whatever capabilities and access lists say.
    pub(super) fn may_read(&self, data: &std::fs::Metadata) -> bool {
        let right = if data.uid() == self.user {
            0o400
        } else if data.gid() == self.group || self.groups.contains(&data.gid()) {
            0o040
        } else {
            0o004
        };
        data.mode() & right != 0
    }
}

pub(super) fn parse(status: &str) -> Option<FileUser> {
    let one = |name| status_value(status, name)?.split_ascii_whitespace().nth(FILE_SYSTEM)?.parse().ok();
    let groups = status_value(status, "Groups")?.split_ascii_whitespace().map(|group| group.parse().ok());
    Some(FileUser { user: one("Uid")?, group: one("Gid")?, groups: groups.collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_user_is_the_last_of_four() {
        let status = "Name:\tUid:\t9\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t20 21 \nNStgid:\t7\n";
        assert_eq!(parse(status), Some(FileUser { user: 4, group: 8, groups: vec![20, 21] }));
        assert_eq!(parse(&status.replace("20 21 ", "")).map(|user| user.groups), Some(Vec::new()));
        assert_eq!(parse(&status.replace("Groups", "Group")), None);
        assert_eq!(parse(&status.replace("\t4\n", "\n")), None);
    }
}
