//! `/proc/PID/maps`: what a process has mapped, where, and how to open the very same file.
//!
//! The path in that file is one of the target's mount namespace or of its root; the file may have been deleted or
//! replaced since. So a path is believed only when its inode is the one that is mapped.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{major, makedev};

use crate::os::regular_file;
use crate::snapshot::{Address, ProcessId, Why};

/// So much of the list is read: a process may have 65,530 mappings unless an administrator allows more.
const LONGEST_LIST: u64 = 32 << 20;
/// So many files with instructions are looked for: a large application has some hundred libraries.
const MOST_PROGRAMS: usize = 4096;
/// So many mappings are kept of it.
const MOST_MAPPINGS: usize = 16_384;
/// So many bytes of paths: a mapping's own is a hundred.
const MOST_PATH_BYTES: usize = 2 << 20;
/// The longest line that is taken for one: a path, and a hundred bytes before it.
const LONGEST_LINE: usize = 4096 + 128;

/// How the kernel writes memory without a file that a program gave a name, as Python does since 3.15.
const NAMED_ANONYMOUS: &str = "[anon:";

/// A part of the address space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) writable: bool,
    /// Where in the file it starts.
    pub(super) offset: u64,
    /// The device of the file.
    pub(super) device: u64,
    /// 0 for memory without a file.
    pub(super) inode: u64,
    /// As the target sees it, empty or in brackets without a file; the kernel adds ` (deleted)` to one that is gone.
    pub(super) path: Arc<str>,
}

/// What of the address space of a process may lead to an interpreter, in order: the parts of files that have instructions, and
/// the writable memory that follows such a part. A process may have tens of thousands of others, in front of these.
///
/// # Errors
///
/// What the kernel said.
pub(super) fn read(pid: ProcessId) -> io::Result<Vec<Mapping>> {
    let mut programs: HashSet<(u64, u64)> = HashSet::new();
    each(pid, |mapping, has_instructions| {
        if has_instructions && mapping.has_file() {
            programs.insert((mapping.device, mapping.inode));
        }
        programs.len() < MOST_PROGRAMS
    })?;
    let mut mappings: Vec<Mapping> = Vec::new();
    let mut path_bytes = 0;
    each(pid, |mut mapping, _| {
        let last = mappings.last();
        let follows = last.is_some_and(|last| mapping.writable && last.end == mapping.start);
        if mapping.has_file() && programs.contains(&(mapping.device, mapping.inode)) || !mapping.has_file() && follows {
            // The parts of one file share its path.
            match last.filter(|last| last.path == mapping.path) {
                Some(last) => mapping.path = Arc::clone(&last.path),
                None => path_bytes += mapping.path.len(),
            }
            mappings.push(mapping);
        }
        mappings.len() < MOST_MAPPINGS && path_bytes < MOST_PATH_BYTES
    })?;
    Ok(mappings)
}

/// The writable memory without a file of a process, where its allocators keep objects: from where on, and how many bytes. Stacks
/// of threads, which follow a guard, are left out, and so is the heap of the C library.
///
/// # Errors
///
/// What the kernel said.
pub fn anonymous_memory(pid: ProcessId) -> io::Result<Vec<(Address, u64)>> {
    let mut found = Vec::new();
    let mut guarded_until = 0;
    each(pid, |mapping, has_instructions| {
        let nameless = mapping.inode == 0 && (mapping.path.is_empty() || mapping.path.starts_with(NAMED_ANONYMOUS));
        if nameless && !mapping.writable && !has_instructions {
            guarded_until = mapping.end;
        } else if nameless && mapping.writable && mapping.start != guarded_until {
            found.push((Address(mapping.start), mapping.end.saturating_sub(mapping.start)));
        }
        found.len() < MOST_MAPPINGS
    })?;
    Ok(found)
}

/// Hands over one mapping after the other, and whether it has instructions, for as long as more are wanted.
fn each(pid: ProcessId, mut take: impl FnMut(Mapping, bool) -> bool) -> io::Result<()> {
    let list = File::open(format!("/proc/{pid}/maps"))?;
    let mut lines = BufReader::new(list.take(LONGEST_LIST));
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(line.get(..LONGEST_LINE).unwrap_or(&line));
        let has_instructions = line.split(' ').nth(1).is_some_and(|rights| rights.contains('x'));
        if let Some(mapping) = parse_line(line.trim_end_matches('\n'))
            && !take(mapping, has_instructions)
        {
            return Ok(());
        }
    }
}

/// The path of the program that a process runs, as its mappings name it.
pub(super) fn program(pid: ProcessId) -> Option<String> {
    let path = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    Some(String::from_utf8_lossy(path.as_os_str().as_bytes()).into_owned())
}

pub(super) fn parse_line(line: &str) -> Option<Mapping> {
    let mut fields = line.splitn(6, ' ');
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    let small = |digits| u32::from_str_radix(digits, 16).ok();
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let offset = fields.next()?;
    let (above, below) = fields.next()?.split_once(':')?;
    let inode = fields.next()?.parse().ok()?;
    let path = fields.next().unwrap_or_default().trim_start_matches(' ').into();
    let device = makedev(small(above)?, small(below)?);
    let writable = rights.contains('w');
    Some(Mapping { start: number(start)?, end: number(end)?, writable, offset: number(offset)?, device, inode, path })
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

    /// Whether its name is that of an interpreter or of its library.
    pub(super) fn is_called_python(&self) -> bool {
        self.name().strip_prefix("lib").unwrap_or(self.name()).starts_with("python")
    }

    /// Whether its name is that of the library of an interpreter.
    pub(super) fn is_python_library(&self) -> bool {
        self.name().strip_prefix("libpython").is_some_and(|rest| rest.starts_with(['2', '3']))
    }

    /// Opens the file that is mapped here: the very one, which takes rights that root on the node has, or what stands at its
    /// path and is the same by its numbers.
    ///
    /// # Errors
    ///
    /// The reason why the last attempt failed; `Vanished` when another file stands there now.
    pub(super) fn open(&self, pid: ProcessId) -> Result<File, Why> {
        let mapped = PathBuf::from(format!("/proc/{pid}/map_files/{:x}-{:x}", self.start, self.end));
        let in_its_root = || regular_file::find(regular_file::root(pid)?, &self.path);
        // A path of a process in a root below ours is told from ours.
        let in_ours = || regular_file::find_here(Path::new(&*self.path));
        let the_same = |found: File| if self.is(&found) { Ok(found) } else { Err(Why::Vanished) };
        let found = regular_file::find_here(&mapped)
            .or_else(|_| in_its_root().and_then(the_same))
            .or_else(|_| in_ours().and_then(the_same))?;
        regular_file::open(&found)
    }

    /// Whether a file is the one that is mapped, by its numbers. File systems in layers number their devices one way for whoever
    /// asks for a file, and another way for whoever maps it: those have no major number.
    fn is(&self, found: &File) -> bool {
        found
            .metadata()
            .is_ok_and(|found| found.ino() == self.inode && (found.dev() == self.device || major(found.dev()) == 0))
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
        assert_eq!((mapping.inode, &*mapping.path), (262_170, "/opt/a b/lib (x).so (deleted)"));
        assert_eq!(mapping.device, makedev(0xfe, 1));
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
        let mapping = mappings.iter().find(|mapping| *mapping.path == *own.to_string_lossy()).unwrap();
        assert_eq!(mapping.open(pid).unwrap().metadata().unwrap().ino(), fs::metadata(own).unwrap().ino());
    }
}
