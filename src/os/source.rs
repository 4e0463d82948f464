//! Lines of a source file as the target sees it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};

use super::proc_file::reason;
use crate::snapshot::{ProcessId, Why};

/// A larger file is not source that a person wrote.
const LARGEST_FILE: u64 = 8 * 1024 * 1024;

/// How many characters of a line are kept.
pub const LONGEST_LINE: usize = 200;

/// The lines from `around - count` to `around + count` of a file, numbered from 1 and cut at [`LONGEST_LINE`].
///
/// The path is the target's, so it is looked up as if `/proc/PID/root` were the root: otherwise an absolute link inside
/// a container would lead to a file of ours. Nothing but a regular file is ever opened, because opening a FIFO lets its
/// writer go on and opening a device can do anything.
///
/// # Errors
/// `NotPermitted`, `Vanished`, `Implausible` for a path that is not absolute or not a regular file, `Bounded` for a file
/// above 8 MB, `NotInThisKernel` before Linux 5.6.
pub fn lines(process: ProcessId, file: &str, around: u32, count: u32) -> Result<Vec<(u32, String)>, Why> {
    if !file.starts_with('/') || file.contains('\0') {
        return Err(Why::Implausible);
    }
    let root = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC).bits())
        .open(format!("/proc/{process}/root"))
        .map_err(|error| reason(&error))?;
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC).resolve(ResolveFlag::RESOLVE_IN_ROOT);
    let place = File::from(openat2(root, file, how).map_err(|errno| reason(&errno.into()))?);
    let data = place.metadata().map_err(|error| reason(&error))?;
    if !data.is_file() {
        return Err(Why::Implausible);
    }
    if data.len() > LARGEST_FILE {
        return Err(Why::Bounded);
    }
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).bits())
        .open(format!("/proc/self/fd/{}", place.as_raw_fd()))
        .map_err(|error| reason(&error))?;
    let first = around.saturating_sub(count).max(1);
    let last = around.saturating_add(count);
    read_lines(BufReader::new(opened.take(LARGEST_FILE)), first, last)
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
            let text = String::from_utf8_lossy(&bytes);
            lines.push((number, text.trim_end_matches(['\n', '\r']).chars().take(LONGEST_LINE).collect()));
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> ProcessId {
        ProcessId(std::process::id())
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
        let found = lines(own(), path.to_str().unwrap(), 1, 1).unwrap();
        assert_eq!(found.first().map(|(number, text)| (*number, text.starts_with("//! Lines"))), Some((1, true)));
    }

    #[test]
    fn a_fifo_a_device_and_a_folder_are_refused_at_once() {
        let path = std::env::temp_dir().join(format!("hangspy-source-{}.fifo", std::process::id()));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let fifo = lines(own(), path.to_str().unwrap(), 1, 1);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(fifo, Err(Why::Implausible));
        assert_eq!(lines(own(), "/dev/zero", 1, 1), Err(Why::Implausible));
        assert_eq!(lines(own(), "/", 1, 1), Err(Why::Implausible));
    }

    #[test]
    fn names_that_are_no_paths_are_refused() {
        for name in ["<string>", "<frozen importlib._bootstrap>", "app.py", ""] {
            assert_eq!(lines(own(), name, 1, 1), Err(Why::Implausible), "{name}");
        }
        assert_eq!(lines(own(), "/no/such/file.py", 1, 1), Err(Why::Vanished));
        assert_eq!(lines(own(), "/a\0b", 1, 1), Err(Why::Implausible), "a name with a zero byte");
    }
}
