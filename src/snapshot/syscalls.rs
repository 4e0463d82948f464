//! System calls of Linux on x86-64 that a thread can be found waiting in: what each is for and which arguments say
//! what it waits on. Data from the kernel's `arch/x86/entry/syscalls/syscall_64.tbl`.

/// What a system call is for, as far as a diagnosis distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// Reads from a descriptor of any kind.
    Read,
    /// Writes to a descriptor of any kind.
    Write,
    /// Receives from a socket.
    Receive,
    /// Sends to a socket.
    Send,
    /// Connects a socket.
    Connect,
    /// Accepts a connection.
    Accept,
    /// Waits for any of several descriptors (`poll`, `select` and their kin).
    Poll,
    /// Waits for an epoll instance.
    Epoll,
    /// Waits for a lock, a condition or the GIL.
    Futex,
    /// Sleeps for a time.
    Sleep,
    /// Waits for a child process.
    WaitChild,
    /// Starts a process or thread; the parent of a `vfork` waits in it.
    Spawn,
    /// `flock`, always a lock on a file.
    FileLock,
    /// `fcntl`: waits only for a lock, when its command says so.
    FileControl,
    /// Opens a file or FIFO.
    Open,
    /// Other work on a file system: `stat`, `unlink`, `fsync`, ...
    FileSystem,
    /// Moves bytes between two descriptors.
    Copy,
    /// `io_uring_enter`.
    Ring,
    /// Waits for a signal.
    Signal,
    /// A device's own call.
    Device,
    /// Memory management: `mmap`, `madvise`, ...
    Memory,
}

/// Which arguments of a system call say what it waits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// None does.
    Nothing,
    /// This argument is a descriptor.
    Descriptor(usize),
    /// The first argument points to `struct pollfd`s, the second counts them.
    PollArray,
    /// The first argument bounds the descriptors; the next three point to bit sets.
    SelectSets,
    /// This argument points to a path.
    Path(usize),
}

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Syscall {
    /// The kernel's name.
    pub name: &'static str,
    /// What it is for.
    pub call: Call,
    /// What it waits on.
    pub operand: Operand,
}

/// `F_SETLKW`, the `fcntl` command that waits for a POSIX lock.
const WAIT_POSIX_LOCK: u64 = 7;
/// `F_OFD_SETLKW`, the same for a lock of the open file description.
const WAIT_OPEN_FILE_LOCK: u64 = 38;

impl Syscall {
    /// The call with this number; `None` for one that nobody waits in, or that is newer than this table.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        let row = TABLE.binary_search_by_key(&number, |row| row.0).ok().and_then(|index| TABLE.get(index))?;
        Some(Self { name: row.1, call: row.2, operand: row.3 })
    }

    /// Whether the call waits for a lock on a file.
    #[must_use]
    pub fn waits_for_file_lock(self, arguments: &[u64; 6]) -> bool {
        match self.call {
            Call::FileLock => true,
            Call::FileControl => matches!(arguments[1], WAIT_POSIX_LOCK | WAIT_OPEN_FILE_LOCK),
            _ => false,
        }
    }
}

type Row = (u32, &'static str, Call, Operand);

const FIRST: Operand = Operand::Descriptor(0);

/// Sorted by number.
const TABLE: &[Row] = &[
    (0, "read", Call::Read, FIRST),
    (1, "write", Call::Write, FIRST),
    (2, "open", Call::Open, Operand::Path(0)),
    (3, "close", Call::FileSystem, FIRST),
    (4, "stat", Call::FileSystem, Operand::Path(0)),
    (5, "fstat", Call::FileSystem, FIRST),
    (6, "lstat", Call::FileSystem, Operand::Path(0)),
    (7, "poll", Call::Poll, Operand::PollArray),
    (9, "mmap", Call::Memory, Operand::Nothing),
    (10, "mprotect", Call::Memory, Operand::Nothing),
    (11, "munmap", Call::Memory, Operand::Nothing),
    (16, "ioctl", Call::Device, FIRST),
    (17, "pread64", Call::Read, FIRST),
    (18, "pwrite64", Call::Write, FIRST),
    (19, "readv", Call::Read, FIRST),
    (20, "writev", Call::Write, FIRST),
    (21, "access", Call::FileSystem, Operand::Path(0)),
    (23, "select", Call::Poll, Operand::SelectSets),
    (26, "msync", Call::FileSystem, Operand::Nothing),
    (28, "madvise", Call::Memory, Operand::Nothing),
    (34, "pause", Call::Signal, Operand::Nothing),
    (35, "nanosleep", Call::Sleep, Operand::Nothing),
    (40, "sendfile", Call::Copy, FIRST),
    (42, "connect", Call::Connect, FIRST),
    (43, "accept", Call::Accept, FIRST),
    (44, "sendto", Call::Send, FIRST),
    (45, "recvfrom", Call::Receive, FIRST),
    (46, "sendmsg", Call::Send, FIRST),
    (47, "recvmsg", Call::Receive, FIRST),
    (56, "clone", Call::Spawn, Operand::Nothing),
    (57, "fork", Call::Spawn, Operand::Nothing),
    (58, "vfork", Call::Spawn, Operand::Nothing),
    (61, "wait4", Call::WaitChild, Operand::Nothing),
    (72, "fcntl", Call::FileControl, FIRST),
    (73, "flock", Call::FileLock, FIRST),
    (74, "fsync", Call::FileSystem, FIRST),
    (75, "fdatasync", Call::FileSystem, FIRST),
    (76, "truncate", Call::FileSystem, Operand::Path(0)),
    (77, "ftruncate", Call::FileSystem, FIRST),
    (78, "getdents", Call::FileSystem, FIRST),
    (80, "chdir", Call::FileSystem, Operand::Path(0)),
    (82, "rename", Call::FileSystem, Operand::Path(0)),
    (83, "mkdir", Call::FileSystem, Operand::Path(0)),
    (84, "rmdir", Call::FileSystem, Operand::Path(0)),
    (85, "creat", Call::Open, Operand::Path(0)),
    (86, "link", Call::FileSystem, Operand::Path(0)),
    (87, "unlink", Call::FileSystem, Operand::Path(0)),
    (88, "symlink", Call::FileSystem, Operand::Path(1)),
    (89, "readlink", Call::FileSystem, Operand::Path(0)),
    (90, "chmod", Call::FileSystem, Operand::Path(0)),
    (91, "fchmod", Call::FileSystem, FIRST),
    (128, "rt_sigtimedwait", Call::Signal, Operand::Nothing),
    (130, "rt_sigsuspend", Call::Signal, Operand::Nothing),
    (162, "sync", Call::FileSystem, Operand::Nothing),
    (202, "futex", Call::Futex, Operand::Nothing),
    (217, "getdents64", Call::FileSystem, FIRST),
    (230, "clock_nanosleep", Call::Sleep, Operand::Nothing),
    (232, "epoll_wait", Call::Epoll, FIRST),
    (247, "waitid", Call::WaitChild, Operand::Nothing),
    (257, "openat", Call::Open, Operand::Path(1)),
    (258, "mkdirat", Call::FileSystem, Operand::Path(1)),
    (262, "newfstatat", Call::FileSystem, Operand::Path(1)),
    (263, "unlinkat", Call::FileSystem, Operand::Path(1)),
    (264, "renameat", Call::FileSystem, Operand::Path(1)),
    (267, "readlinkat", Call::FileSystem, Operand::Path(1)),
    (269, "faccessat", Call::FileSystem, Operand::Path(1)),
    (270, "pselect6", Call::Poll, Operand::SelectSets),
    (271, "ppoll", Call::Poll, Operand::PollArray),
    (275, "splice", Call::Copy, FIRST),
    (277, "sync_file_range", Call::FileSystem, FIRST),
    (281, "epoll_pwait", Call::Epoll, FIRST),
    (285, "fallocate", Call::FileSystem, FIRST),
    (288, "accept4", Call::Accept, FIRST),
    (295, "preadv", Call::Read, FIRST),
    (296, "pwritev", Call::Write, FIRST),
    (299, "recvmmsg", Call::Receive, FIRST),
    (306, "syncfs", Call::FileSystem, FIRST),
    (307, "sendmmsg", Call::Send, FIRST),
    (316, "renameat2", Call::FileSystem, Operand::Path(1)),
    (326, "copy_file_range", Call::Copy, FIRST),
    (327, "preadv2", Call::Read, FIRST),
    (328, "pwritev2", Call::Write, FIRST),
    (332, "statx", Call::FileSystem, Operand::Path(1)),
    (426, "io_uring_enter", Call::Ring, FIRST),
    (435, "clone3", Call::Spawn, Operand::Nothing),
    (437, "openat2", Call::Open, Operand::Path(1)),
    (439, "faccessat2", Call::FileSystem, Operand::Path(1)),
    (441, "epoll_pwait2", Call::Epoll, FIRST),
    (449, "futex_waitv", Call::Futex, Operand::Nothing),
    (455, "futex_wait", Call::Futex, Operand::Nothing),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        for row in TABLE {
            assert_eq!(Syscall::of(row.0).map(|call| call.name), Some(row.1), "sort TABLE by number");
        }
        assert_eq!(Syscall::of(9999), None);
    }

    #[test]
    fn only_the_waiting_commands_of_fcntl_wait_for_a_lock() {
        let control = Syscall::of(72).expect("fcntl is in the table");
        assert!(control.waits_for_file_lock(&[3, WAIT_POSIX_LOCK, 0, 0, 0, 0]));
        assert!(control.waits_for_file_lock(&[3, WAIT_OPEN_FILE_LOCK, 0, 0, 0, 0]));
        assert!(!control.waits_for_file_lock(&[3, 1, 0, 0, 0, 0]), "F_GETFD never waits");
    }
}
