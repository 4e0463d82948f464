//! `/proc/PID/maps`: what a process has mapped, where, and how to open the very same file.
//!
//! The path in that file is one of the target's mount namespace or of its root; the file may have been deleted or
//! replaced since. So a path is believed only when its inode is the one that is mapped.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::snapshot::ProcessId;

/// A part of the address space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) writable: bool,
    /// Where in the file it starts.
    pub(super) offset: u64,
    /// 0 for memory without a file.
    pub(super) inode: u64,
    /// As the target sees it, empty or in brackets without a file; the kernel adds ` (deleted)` to one that is gone.
    pub(super) path: String,
}

/// The address space of a process, in order.
///
/// # Errors
///
/// What the kernel said.
pub(super) fn read(pid: ProcessId) -> io::Result<Vec<Mapping>> {
    let text = fs::read(format!("/proc/{pid}/maps"))?;
    Ok(String::from_utf8_lossy(&text).lines().filter_map(parse_line).collect())
}

fn parse_line(line: &str) -> Option<Mapping> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let offset = fields.next()?;
    let inode = fields.nth(1)?.parse().ok()?;
    let path = fields.next().unwrap_or_default().trim_start_matches(' ').to_owned();
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    let writable = rights.contains('w');
    Some(Mapping { start: number(start)?, end: number(end)?, writable, offset: number(offset)?, inode, path })
}

impl Mapping {
    /// Whether a file is mapped here.
    pub(super) fn has_file(&self) -> bool {
        self.inode != 0 && self.path.starts_with('/')
    }

    /// The last part of its path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// Opens the file that is mapped here.
    ///
    /// # Errors
    ///
    /// What the kernel said to the last attempt.
    pub(super) fn open(&self, pid: ProcessId) -> io::Result<File> {
        for path in [format!("/proc/{pid}/root{}", self.path), self.path.clone()] {
            if let Ok(file) = File::open(path)
                && file.metadata().is_ok_and(|found| found.ino() == self.inode && found.is_file())
            {
                return Ok(file);
            }
        }
        File::open(PathBuf::from(format!("/proc/{pid}/map_files/{:x}-{:x}", self.start, self.end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_files_are_taken_apart() {
        let line =
            "7f12a0000000-7f12a0021000 r-xp 00002000 fe:01 262170                     /opt/a b/lib (x).so (deleted)";
        let mapping = parse_line(line).expect("a file is mapped");
        assert_eq!((mapping.start, mapping.end, mapping.offset), (0x7f12_a000_0000, 0x7f12_a002_1000, 0x2000));
        assert_eq!((mapping.inode, mapping.path.as_str()), (262_170, "/opt/a b/lib (x).so (deleted)"));
        assert!(mapping.has_file() && !mapping.writable);
        assert_eq!(mapping.name(), "lib (x).so (deleted)");
    }

    #[test]
    fn anonymous_memory_has_no_file_and_nonsense_is_left_out() {
        for line in ["7ffe-7fff rw-p 00000000 00:00 0 [stack]", "1-2 rw-p 0 00:00 0 ", "1-2 rw-p 0 00:00 0"] {
            let mapping = parse_line(line).expect("a part of the address space");
            assert!(mapping.writable && !mapping.has_file() && mapping.name().is_empty(), "{line}");
        }
        for line in ["1-2 rw-p 0 00:00", "", "x-y z", "1-2", "1-g r--p 0 00:00 0"] {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }

    #[test]
    fn our_own_program_is_mapped_and_can_be_opened() {
        let pid = ProcessId(std::process::id());
        let own = std::env::current_exe().unwrap();
        let mappings = read(pid).unwrap();
        let mapping = mappings.iter().find(|mapping| mapping.path == own.to_string_lossy()).unwrap();
        assert_eq!(mapping.open(pid).unwrap().metadata().unwrap().ino(), fs::metadata(own).unwrap().ino());
    }
}
