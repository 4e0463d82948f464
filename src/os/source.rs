//! Lines of a file as a process could read them itself: in its root, with its rights.

use std::io::{BufRead, BufReader, Read};
use std::thread;

use super::file_user::FileUser;
use super::proc_file::reason;
use super::program::Program;
use super::regular_file;
use crate::snapshot::{ProcessId, Why, source_without_secrets};

/// A larger file is not source that a person wrote.
const LARGEST_FILE: u64 = 8 * 1024 * 1024;

/// How many characters of a line are kept.
pub const LONGEST_LINE: usize = 200;

/// A process that may be asked for lines of files: which program it ran and as whom it read files when it was looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceReader {
    process: ProcessId,
    program: Program,
    user: FileUser,
}

impl SourceReader {
    /// Remembers what a process is now. To be made before anything is believed of its memory: a file that the memory names
    /// is read only while the process still is what it was then, so that nobody names a file, becomes root by `exec`, and
    /// has us read it.
    ///
    /// # Errors
    /// The reason why the kernel did not say.
    pub fn of(process: ProcessId) -> Result<Self, Why> {
        Ok(Self { process, program: Program::of(process)?, user: FileUser::of(process)? })
    }

    /// The lines from `around - count` to `around + count` of a file, numbered from 1 and cut at [`LONGEST_LINE`].
    ///
    /// The path is the process's, so it is looked up as if `/proc/PID/root` were the root: otherwise an absolute link inside
    /// a container would lead to a file of ours. Nothing but a regular file is ever opened, because opening a FIFO lets its
    /// writer go on and opening a device can do anything; and only one that the process itself may read, because its
    /// memory names whatever it likes.
    ///
    /// # Errors
    /// `NotPermitted`, `Vanished`, `Implausible` for a path that is not absolute or not a regular file, `Bounded` for a file
    /// above 8 MB, `NotInThisKernel` before Linux 5.6.
    pub fn lines(&self, file: &str, around: u32, count: u32) -> Result<Vec<(u32, String)>, Why> {
        if !file.starts_with('/') || file.contains('\0') {
            return Err(Why::Implausible);
        }
        let (first, last) = (around.saturating_sub(count).max(1), around.saturating_add(count));
        // A thread of its own, which does not get our rights back.
        thread::scope(|scope| {
            let reader = thread::Builder::new().name("as the target".to_owned());
            let reader = reader.spawn_scoped(scope, || read_lines(BufReader::new(self.open(file)?), first, last));
            reader.map_err(|_| Why::Bounded)?.join().map_err(|_| Why::Implausible)?
        })
    }

    /// Opens a file with the rights of the process, which the calling thread keeps.
    fn open(&self, file: &str) -> Result<impl Read + use<>, Why> {
        let root = regular_file::root(self.process)?;
        // After the root was taken, so that it is this program's.
        if Self::of(self.process)? != *self {
            return Err(Why::NotPermitted);
        }
        self.user.become_in_this_thread()?;
        let opened = regular_file::open(&regular_file::find(root, file)?)?;
        let data = opened.metadata().map_err(|error| reason(&error))?;
        if !self.user.may_read(&data) {
            return Err(Why::NotPermitted);
        }
        if data.len() > LARGEST_FILE { Err(Why::Bounded) } else { Ok(opened.take(LARGEST_FILE)) }
    }
}

fn read_lines(mut reader: impl BufRead, first: u32, last: u32) -> Result<Vec<(u32, String)>, Why> {
    let mut lines = Vec::new();
    let mut bytes = Vec::new();
    for number in 1..=last {
        bytes.clear();
        let length = reader.read_until(b'\n', &mut bytes).map_err(|error| reason(&error))?;
        if length == 0 {
            break;
        }
        if number >= first {
            // Secrets are looked for as far as the line is told, and a little beyond.
            bytes.truncate(LONGEST_LINE * 8);
            let text = String::from_utf8_lossy(&bytes);
            let text = source_without_secrets(text.trim_end_matches(['\n', '\r']));
            lines.push((number, text.chars().take(LONGEST_LINE).collect()));
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_lines(file: &str, around: u32, count: u32) -> Result<Vec<(u32, String)>, Why> {
        SourceReader::of(ProcessId(std::process::id())).unwrap().lines(file, around, count)
    }

    #[test]
    fn lines_around_a_line() {
        let text = "one\ntwo\r\nthree\nfour\nfive";
        let read = |first, last| read_lines(text.as_bytes(), first, last).unwrap();
        assert_eq!(read(2, 3), [(2, "two".to_owned()), (3, "three".to_owned())]);
        assert_eq!(read(5, 9), [(5, "five".to_owned())]);
        assert!(read(6, 9).is_empty());
        assert_eq!(read_lines("ä".repeat(999).as_bytes(), 1, 1).unwrap()[0].1.chars().count(), LONGEST_LINE);
    }

    #[test]
    fn our_own_source_through_our_own_root() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/os/source.rs");
        let found = own_lines(path.to_str().unwrap(), 1, 1).unwrap();
        assert_eq!(found.first().map(|(number, text)| (*number, text.starts_with("//! Lines"))), Some((1, true)));
    }

    #[test]
    fn a_fifo_a_device_and_a_folder_are_refused_at_once() {
        let path = std::env::temp_dir().join(format!("hangspy-source-{}.fifo", std::process::id()));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let fifo = own_lines(path.to_str().unwrap(), 1, 1);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(fifo, Err(Why::Implausible));
        assert_eq!(own_lines("/dev/zero", 1, 1), Err(Why::Implausible));
        assert_eq!(own_lines("/", 1, 1), Err(Why::Implausible));
    }

    #[test]
    fn names_that_are_no_paths_are_refused() {
        for name in ["<string>", "<frozen importlib._bootstrap>", "app.py", ""] {
            assert_eq!(own_lines(name, 1, 1), Err(Why::Implausible), "{name}");
        }
        assert_eq!(own_lines("/no/such/file.py", 1, 1), Err(Why::Vanished));
        assert_eq!(own_lines("/a\0b", 1, 1), Err(Why::Implausible), "a name with a zero byte");
    }

    #[test]
    fn words_of_the_kernel_are_no_source() {
        for file in ["/proc/self/environ", "/proc/self/root/etc/passwd", "/sys/kernel/mm/transparent_hugepage/enabled"]
        {
            let refused = own_lines(file, 1, 1);
            assert!(refused.is_err(), "{file}: {refused:?}");
        }
    }
}
