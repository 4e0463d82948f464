//! Files of a target: looked up in its root, and opened only when they are regular ones.
//!
//! Opening alone can do harm: it lets the writer of a FIFO go on, and a device can do anything. So a file is first only found,
//! then looked at, and then opened where it was found, whatever stands at its path by then.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::statfs::fstatfs;

use super::proc_file::reason;
use crate::snapshot::{ProcessId, Why};

/// File systems whose files are the kernel's words, many of them about whoever reads (`/proc/self`), some of them gone once
/// read: by the magic numbers of Linux `include/uapi/linux/magic.h`.
const OF_THE_KERNEL: [u32; 19] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0xf97c_ff8c, // selinuxfs
    0x4341_5d53, // smackfs
    0x5a3c_69f0, // apparmorfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x0765_5821, // resctrl
    0x6265_6570, // configfs
    0xcafe_4a11, // bpf
    0x6165_676c, // pstore
    0xde5e_81e4, // efivarfs
    0x4249_4e4d, // binfmt_misc
    0xabba_1974, // xenfs
    0x6c6f_6f70, // binderfs
    0x9fa2,      // usbfs
];

/// The root of a process.
///
/// # Errors
/// The reason why the kernel did not give it.
pub fn root(process: ProcessId) -> Result<File, Why> {
    find_here(Path::new(&format!("/proc/{process}/root")))
}

/// Finds what a path names below a root, which no link on the way leaves, and does not open it.
///
/// # Errors
/// The reason why the kernel did not find it; `NotInThisKernel` before Linux 5.6.
pub fn find(root: File, path: &str) -> Result<File, Why> {
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC).resolve(ResolveFlag::RESOLVE_IN_ROOT);
    Ok(File::from(openat2(root, path, how).map_err(|errno| reason(&errno.into()))?))
}

/// Finds what a path names for us, and does not open it.
///
/// # Errors
/// The reason why the kernel did not find it.
pub fn find_here(path: &Path) -> Result<File, Why> {
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).map_err(|error| reason(&error))
}

/// Opens for reading what was found.
///
/// # Errors
/// `Implausible` for anything but a regular file, and for the kernel's own words; otherwise the reason why it was not opened.
pub fn open(found: &File) -> Result<File, Why> {
    let system = fstatfs(found.as_fd()).map_err(|errno| reason(&errno.into()))?;
    if OF_THE_KERNEL.contains(&(system.filesystem_type().0 as u32)) {
        return Err(Why::Implausible);
    }
    open_also_of_the_kernel(found)
}

/// The same, also where the kernel's own words are what is wanted.
///
/// # Errors
/// `Implausible` for anything but a regular file; otherwise the reason why it was not opened.
pub(super) fn open_also_of_the_kernel(found: &File) -> Result<File, Why> {
    check(found)?;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).bits())
        .open(format!("/proc/self/fd/{}", found.as_raw_fd()))
        .map_err(|error| reason(&error))?;
    check(&opened)?;
    Ok(opened)
}

fn check(file: &File) -> Result<(), Why> {
    let data = file.metadata().map_err(|error| reason(&error))?;
    if data.is_file() { Ok(()) } else { Err(Why::Implausible) }
}
